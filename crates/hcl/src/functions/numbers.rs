//! Functions of numbers and truth.

use seaworthy_facts::{Data, Value};

use super::Arguments;
use crate::evaluate::{failed, is_open, number};

pub(super) fn call(name: &str, arguments: &Arguments<'_, '_>) -> Option<Value> {
    let first = || arguments.get(0)?.number();
    let value = match name {
        "ceil" => first()?.ceil(),
        "floor" => first()?.floor(),
        "abs" => first()?.abs(),
        "signum" => first()?.signum(),
        "max" => numbers(arguments)?.into_iter().reduce(f64::max)?,
        "min" => numbers(arguments)?.into_iter().reduce(f64::min)?,
        "pow" => first()?.powf(arguments.get(1)?.number()?),
        "log" => first()?.log(arguments.get(1)?.number()?),
        "sum" => {
            let items = arguments.get(0)?.items();
            if is_open(items) {
                return None;
            }
            items.iter().map(Value::number).sum::<Option<f64>>()?
        }
        "parseint" => {
            let base = u32::try_from(arguments.int(1)?).ok()?;
            if !(2..=36).contains(&base) {
                return None;
            }
            i64::from_str_radix(arguments.str(0)?, base).ok()? as f64
        }
        "tonumber" => {
            let value = arguments.get(0)?;
            return match &value.data {
                Data::Number(_) | Data::Null => Some(value.clone()),
                Data::Text(text) if text.literal().is_some() && value.number().is_none() => {
                    Some(failed("tonumber", arguments.span))
                }
                _ => Some(number(value.number()?, arguments.span)),
            };
        }
        "tobool" => {
            let value = arguments.get(0)?;
            return match &value.data {
                Data::Bool(_) | Data::Null => Some(value.clone()),
                _ => Some(arguments.value(Data::Bool(value.bool()?))),
            };
        }
        "sensitive" | "nonsensitive" | "ephemeralasnull" => return arguments.get(0).cloned(),
        _ => return None,
    };
    value.is_finite().then(|| number(value, arguments.span))
}

fn numbers(arguments: &Arguments<'_, '_>) -> Option<Vec<f64>> {
    arguments.values.iter().map(Value::number).collect()
}
