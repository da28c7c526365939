//! Functions of address ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use seaworthy_facts::{Data, Value};

use super::Arguments;

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Value> {
    match name {
        "cidrsubnet" => {
            let bits = u8::try_from(arguments.int(1)?).ok()?;
            let number = u128::try_from(arguments.int(2)?).ok()?;
            let net = subnet(range(arguments)?, bits, number)?;
            Some(arguments.string(net.to_string()))
        }
        "cidrsubnets" => {
            let whole = range(arguments)?;
            let mut next: u128 = address(whole.network());
            let mut items = Vec::new();
            for bits in &arguments.values[1..] {
                let prefix = whole
                    .prefix_len()
                    .checked_add(u8::try_from(bits.int()?).ok()?)?;
                if prefix > whole.max_prefix_len() {
                    return None;
                }
                let size = 1u128.checked_shl(u32::from(whole.max_prefix_len() - prefix))?;
                // Each begins at a multiple of its size.
                next = next.checked_add(size - 1)? / size * size;
                let net = net(whole, next, prefix)?;
                if !whole.contains(&net) {
                    return None;
                }
                next = next.checked_add(size)?;
                let base = arguments.get(0)?;
                items.push(seaworthy_facts::Value {
                    trail: base.trail.via(base.span, "cut out of this range"),
                    ..arguments.string(net.to_string())
                });
            }
            Some(arguments.value(Data::List(items)))
        }
        "cidrhost" => {
            let whole = range(arguments)?;
            let number = arguments.int(1)?;
            let (first, last) = (address(whole.network()), address(whole.broadcast()));
            let at = if number < 0 {
                last.checked_sub(u128::from(number.unsigned_abs()) - 1)?
            } else {
                first.checked_add(u128::from(number.unsigned_abs()))?
            };
            let host = net(whole, at, whole.max_prefix_len())?.addr();
            whole
                .contains(&host)
                .then(|| arguments.string(host.to_string()))
        }
        "cidrnetmask" => match range(arguments)? {
            IpNet::V4(net) => Some(arguments.string(net.netmask().to_string())),
            IpNet::V6(_) => None,
        },
        _ => None,
    }
}

fn range(arguments: &Arguments<'_, '_>) -> Option<IpNet> {
    Some(arguments.str(0)?.parse::<IpNet>().ok()?.trunc())
}

fn subnet(whole: IpNet, bits: u8, number: u128) -> Option<IpNet> {
    let prefix = whole.prefix_len().checked_add(bits)?;
    if prefix > whole.max_prefix_len() || (bits < 128 && number >> bits > 0) {
        return None;
    }
    let shift = u32::from(whole.max_prefix_len() - prefix);
    let offset = number.checked_shl(shift)?;
    net(whole, address(whole.network()).checked_add(offset)?, prefix)
}

fn address(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

/// A range of the same family as `like`.
fn net(like: IpNet, address: u128, prefix: u8) -> Option<IpNet> {
    Some(match like {
        IpNet::V4(_) => {
            let address = Ipv4Addr::from(u32::try_from(address).ok()?);
            IpNet::V4(Ipv4Net::new(address, prefix).ok()?)
        }
        IpNet::V6(_) => IpNet::V6(Ipv6Net::new(Ipv6Addr::from(address), prefix).ok()?),
    })
}
