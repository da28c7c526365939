//! A budget that tells nobody.

use seaworthy_facts::Value;
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "budget-without-alarm",
    severity: Severity::Costly,
    page: include_str!("budget-without-alarm.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    for (root, budget) in world.facts.terraform.resources("aws_budgets_budget") {
        // An action of its own tells somebody, or stops something.
        let acted_on = root.resources("aws_budgets_budget_action").any(|action| {
            action.at("budget_name").is_some_and(|name| {
                name.refers_to(&budget.address)
                    || (name.str().is_some() && name.str() == budget.str("name"))
            })
        });
        if budget.at("notification").is_some() || acted_on {
            continue;
        }
        let limit = budget.at("limit_amount");
        let amount = limit.and_then(Value::scalar).unwrap_or_default();
        let mut finding = Finding::new(format!(
            "budget `{}` has no notification: whoever passes its limit{} hears of it on the bill",
            budget.plain_address,
            if amount.is_empty() {
                String::new()
            } else {
                format!(" of {amount}")
            }
        ))
        .at(budget.span, "tells nobody")
        .about([budget.address.to_string()]);
        if let Some(limit) = limit {
            finding = finding.trail(limit);
        }
        findings.push(finding);
    }
}
