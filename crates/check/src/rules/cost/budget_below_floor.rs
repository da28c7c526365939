//! A monthly budget below what the declared resources cost when nobody uses them.

use seaworthy_facts::terraform::{Resource, Root};
use seaworthy_facts::{Span, Value};
use seaworthy_knowledge::prices::Prices;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "budget-below-floor",
    severity: Severity::Costly,
    page: include_str!("budget-below-floor.md"),
    check,
};

const HOURS: f64 = 730.0;

/// Something that costs all the time.
struct Part {
    dollars: f64,
    what: String,
    span: Span,
}

fn check(world: &World, findings: &mut Vec<Finding>) {
    let prices = world.knowledge.prices();
    for (_, budget) in world.facts.terraform.resources("aws_budgets_budget") {
        let monthly = budget.str("time_unit") == Some("MONTHLY");
        let dollars = budget.str("limit_unit").is_none_or(|unit| unit == "USD");
        // A budget that is filtered is for a part of the account only.
        let filtered = budget.at("cost_filter").is_some() || budget.at("cost_filters").is_some();
        let Some(limit) = budget
            .at("limit_amount")
            .filter(|_| monthly && dollars && !filtered)
        else {
            continue;
        };
        let Some(amount) = limit.number() else {
            continue;
        };
        // Configurations may be for different accounts: the dearest one alone must fit.
        let dearest = world
            .facts
            .terraform
            .roots
            .iter()
            .map(|root| parts(world, root, prices))
            .max_by(|a, b| sum(a).total_cmp(&sum(b)));
        let Some(mut parts) = dearest else { continue };
        let floor = sum(&parts);
        if floor <= amount {
            continue;
        }
        parts.sort_by(|a, b| b.dollars.total_cmp(&a.dollars));
        let mut finding = Finding::new(format!(
            "the budget of {amount} dollars a month is below what this costs when nobody uses it, about {floor:.0}: it is passed in every month that runs through"
        ))
        .at(limit.span, format!("{amount} dollars a month"));
        for part in parts.iter().take(6) {
            finding = finding.and(
                part.span,
                format!("{}: about {:.0} a month", part.what, part.dollars),
            );
        }
        findings.push(
            finding
                .trail(limit)
                .assume(format!(
                    "on-demand prices of us-east-1, read on {}; storage and traffic are left out",
                    prices.read
                ))
                .about([budget.address.to_string()]),
        );
    }
}

fn sum(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.dollars).sum()
}

fn parts(world: &World, root: &Root, prices: &Prices) -> Vec<Part> {
    let mut parts = Vec::new();
    for cluster in root.resources("aws_eks_cluster") {
        let extended = cluster
            .at("version")
            .and_then(Value::scalar)
            .and_then(|version| world.knowledge.support().kubernetes(&version))
            .is_some_and(|version| version.standard <= world.today);
        let hour = if extended {
            prices.cluster_extended
        } else {
            prices.cluster
        };
        parts.push(Part {
            dollars: hour * HOURS,
            what: "the control plane".into(),
            span: cluster.span,
        });
    }
    let gateways: Vec<&Resource> = root
        .resources("aws_nat_gateway")
        .filter(|gateway| gateway.key != Some(seaworthy_facts::terraform::InstanceKey::Unknown))
        .collect();
    if let Some(first) = gateways.first() {
        parts.push(Part {
            dollars: prices.nat_gateway
                * HOURS
                * f64::from(u16::try_from(gateways.len()).unwrap_or(0)),
            what: format!("NAT gateways, {} of them", gateways.len()),
            span: super::nat::place(root, first),
        });
    }
    for nodes in root.resources("aws_eks_node_group") {
        let desired = nodes
            .at("scaling_config.desired_size")
            .and_then(Value::number)
            .unwrap_or(0.0);
        let kind = nodes
            .at("instance_types")
            .and_then(|types| types.each().first())
            .and_then(Value::str);
        let spot = nodes.str("capacity_type") == Some("SPOT");
        if let Some(hour) = kind.and_then(|kind| prices.instances.get(kind))
            && !spot
            && desired > 0.0
        {
            parts.push(Part {
                dollars: hour * HOURS * desired,
                what: format!("{desired} of {}", kind.unwrap_or_default()),
                span: nodes.span,
            });
        }
    }
    for database in root.resources("aws_db_instance") {
        let class = database.at("instance_class");
        let twice = if database.at("multi_az").and_then(Value::bool) == Some(true) {
            2.0
        } else {
            1.0
        };
        if let Some((class, hour)) =
            class.and_then(|class| Some((class, prices.databases.get(class.str()?)?)))
        {
            parts.push(Part {
                dollars: hour * HOURS * twice,
                what: "the database".into(),
                span: class.span,
            });
        }
    }
    parts
}
