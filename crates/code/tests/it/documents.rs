//! Prose, dashboards, settings files.

use seaworthy_facts::documents::ClaimKind;

use crate::read;

fn claims(line: &str) -> Vec<(ClaimKind, Option<f64>)> {
    let text = format!("# Shop\n\n{line}\n");
    let (_, facts) = read(&[("README.md", &text)]);
    facts
        .documents
        .claims
        .iter()
        .map(|claim| (claim.about, claim.number))
        .collect()
}

#[test]
fn plain_sentences_claim() {
    assert_eq!(
        claims("- Backups are retained for 30 days."),
        [(ClaimKind::Retention, Some(30.0))]
    );
    assert_eq!(
        claims("Orders must be preserved up to two years."),
        [(ClaimKind::Retention, Some(730.0))]
    );
    assert_eq!(
        claims("Deployments happen with zero downtime."),
        [(ClaimKind::NoDowntime, None)]
    );
    assert_eq!(
        claims("It is highly available (99.9%)."),
        [(ClaimKind::Availability, Some(99.9))]
    );
    assert_eq!(
        claims("Costs about $120 per month."),
        [(ClaimKind::Cost, Some(120.0))]
    );
}

#[test]
fn what_is_wished_or_about_something_else_is_no_claim() {
    for line in [
        "- [ ] backups retained for 30 days",
        "Logs are retained for 30 days.",
        "## High availability",
        "TODO: zero downtime deployments",
        "Wait 5 days.",
    ] {
        assert!(claims(line).is_empty(), "{line}");
    }
    assert!(claims("```\nzero downtime\n```").is_empty());
}

#[test]
fn paths_in_code_style() {
    let (sources, facts) = read(&[(
        "README.md",
        "See `infra/main.tf` and `k8s/`, not `kubectl apply`, `https://x/y.yaml` or `$HOME/x.sh`.\n",
    )]);
    let paths: Vec<&str> = facts
        .documents
        .paths
        .iter()
        .map(|(path, _)| &**path)
        .collect();
    assert_eq!(paths, ["infra/main.tf", "k8s/"]);
    assert_eq!(sources.slice(facts.documents.paths[0].1), "infra/main.tf");
}

#[test]
fn dashboards_and_env_files() {
    let dashboard = r#"{"schemaVersion": 1, "panels": [{"targets": [{"expr": "up"}]}, {"type": "row", "panels": [{"targets": [{"expr": "down"}]}]}], "templating": {"list": [{"name": "pod"}]}}"#;
    let (sources, facts) = read(&[
        ("d.json", dashboard),
        ("package.json", "{\"panels\": []}"),
        (".env", "# no\nA=1\nexport B=\"two\" # note\nnot a line\n"),
    ]);
    assert_eq!(facts.documents.dashboards.len(), 1);
    assert_eq!(facts.documents.dashboards[0].queries.len(), 2);
    assert_eq!(&*facts.documents.dashboards[0].variables[0].0, "pod");
    let entries = &facts.documents.env_files[0].entries;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[1].1.str(), Some("two"));
    assert_eq!(sources.line(entries[1].1.span), 3);
}
