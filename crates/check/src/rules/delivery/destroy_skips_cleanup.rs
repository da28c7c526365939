//! A teardown destroys the cluster before what its controllers made in the cloud is gone.

use seaworthy_facts::delivery::{Command, Doer, What};
use seaworthy_facts::{Text, Value, normalized};
use seaworthy_link::World;

use crate::{Finding, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    name: "destroy-skips-cleanup",
    severity: Severity::Costly,
    page: include_str!("destroy-skips-cleanup.md"),
    check,
};

fn check(world: &World, findings: &mut Vec<Finding>) {
    let roots: Vec<Text> = world
        .facts
        .terraform
        .roots
        .iter()
        .filter(|root| root.resources("aws_eks_cluster").next().is_some())
        .map(|root| normalized(&root.folder).into())
        .collect();
    for script in &world.facts.delivery.scripts {
        if Doer::Script(script).is_document() {
            continue;
        }
        let destroy = script.deeds.iter().find(|deed| {
            deed.called_at.is_empty()
                && matches!(&deed.what, What::Terraform { verb, folder, .. } if &**verb == "destroy" && roots.contains(folder))
        });
        let Some(destroy) = destroy else { continue };
        let before: Vec<&Command> = script
            .commands
            .iter()
            .take_while(|command| command.span != destroy.span)
            .collect();
        // Something that waits for the deletion to be done.
        let waits = before.iter().any(|command| {
            let words: Vec<&str> = command.words.iter().filter_map(Value::str).collect();
            words.first() == Some(&"kubectl")
                && words.contains(&"wait")
                && words.iter().any(|word| word.contains("delete"))
        });
        let hurried = before.iter().rfind(|command| {
            let words: Vec<&str> = command.words.iter().filter_map(Value::str).collect();
            words.first() == Some(&"kubectl")
                && words.contains(&"delete")
                && words.contains(&"--wait=false")
                && words.iter().any(|word| {
                    matches!(
                        *word,
                        "pvc"
                            | "ns"
                            | "namespace"
                            | "svc"
                            | "service"
                            | "ingress"
                            | "persistentvolumeclaim"
                            | "namespaces"
                            | "services"
                    )
                })
        });
        let Some(hurried) = hurried.filter(|_| !waits) else {
            continue;
        };
        let volumes = before.iter().find(|command| {
            let words: Vec<&str> = command.words.iter().filter_map(Value::str).collect();
            words.contains(&"delete")
                && words.contains(&"--wait=false")
                && words
                    .iter()
                    .any(|word| matches!(*word, "pvc" | "persistentvolumeclaim"))
        });
        let first = volumes.copied().unwrap_or(hurried);
        findings.push(
            Finding::new(
                "the cluster is destroyed while its volumes and load balancers are still being deleted: they stay, and cost",
            )
            .at(first.span, "`--wait=false` returns before the controller has deleted anything in the cloud")
            .and(destroy.span, "this takes away the controller that would have done it")
            .hint("wait: drop `--wait=false`, or `kubectl wait --for=delete` before the destroy")
            .about([world.sources.path(script.file).to_owned()]),
        );
    }
}
