//! A CNAME where a zone begins. The zone's own SOA and NS stand there, and a CNAME allows no other record beside it.

use seaworthy_facts::terraform::{Mode, Root};
use seaworthy_facts::{Same, Span, Text, Value};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "apex-cname",
    severity: Severity::Breaks,
    page: include_str!("apex-cname.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for root in &world.facts.terraform.roots {
        for record in root.resources("aws_route53_record") {
            let Some(kind) = record.at("type").filter(|kind| kind.str() == Some("CNAME")) else {
                continue;
            };
            let (Some(name), Some(zone)) = (record.at("name"), record.at("zone_id")) else {
                continue;
            };
            let Some((zone_name, span)) = zone_of(root, zone) else {
                continue;
            };
            if !is_apex(name, &zone_name, zone) {
                continue;
            }
            findings.push(
                Finding::new(format!(
                    "a CNAME cannot stand at the top of its zone `{zone_name}`: Route 53 refuses it"
                ))
                .at(kind.span, "a CNAME")
                .and(span, format!("the zone's own name is `{zone_name}`"))
                .hint("use an `A` record with an `alias` block")
                .link(name.span, "the record's name")
                .trail(name)
                .about([record.address.to_string()]),
            );
        }
        // A zone of Azure or Google says its top as `@` or with its own name and a full stop.
        for record in root.resources("google_dns_record_set") {
            let Some(kind) = record.at("type").filter(|kind| kind.str() == Some("CNAME")) else {
                continue;
            };
            let zone = record
                .at("managed_zone")
                .and_then(Value::as_unknown)
                .and_then(|unknown| root.find(unknown.resource.as_deref()?));
            let Some(dns_name) = zone.and_then(|zone| zone.at("dns_name")) else {
                continue;
            };
            let (Some(name), Some(zone_name)) =
                (record.at("name").and_then(Value::text), dns_name.text())
            else {
                continue;
            };
            if name.same(&zone_name) == Same::Always {
                findings.push(
                    Finding::new(format!(
                        "a CNAME cannot stand at the top of its zone `{zone_name}`: Cloud DNS refuses it"
                    ))
                    .at(kind.span, "a CNAME")
                    .and(dns_name.span, "the zone's own name is the record's")
                    .about([record.address.to_string()]),
                );
            }
        }
    }
}

/// The name of a zone and where it is said, for a zone that is made or looked up here.
fn zone_of(root: &Root, zone: &Value) -> Option<(Text, Span)> {
    let address = zone.as_unknown()?.resource.as_deref()?;
    let zone = root.find(address)?;
    let looked_up = zone.mode == Mode::Data && zone.at("zone_id").is_some();
    if &*zone.kind != "aws_route53_zone" || looked_up {
        return None;
    }
    let name = zone.at("name")?;
    Some((trimmed(&name.text()?), name.span))
}

/// The record's name is empty (which the provider takes for the zone's), the zone's own, or an attribute of the zone.
fn is_apex(name: &Value, zone_name: &Text, zone: &Value) -> bool {
    if let Some(unknown) = name.as_unknown() {
        return unknown.path() == Some("name")
            && unknown.resource == zone.as_unknown().and_then(|zone| zone.resource.clone());
    }
    let Some(text) = name.text() else {
        return false;
    };
    text.is_empty() || trimmed(&text).same(zone_name) == Same::Always
}

fn trimmed(text: &Text) -> Text {
    match text.literal() {
        Some(literal) => Text::from(literal.trim_end_matches('.')),
        None => text.clone(),
    }
}
