//! Every summary of a chart can be read, and answers are right for the ones that are asked most.

use seaworthy_facts::{FileId, Span, Text, Value, yaml};

use super::{Known, no_values};
use crate::Knowledge;

fn values(text: &str) -> Value {
    let source = seaworthy_diagnostics::SourceFile::new(FileId(0), "values.yaml", text);
    yaml::read(&source).documents.remove(0).value
}

#[test]
fn every_summary_can_be_read() {
    for (name, chart) in Knowledge.charts() {
        let chart = chart.unwrap_or_else(|| panic!("the summary of {name} is no TOML of its form"));
        assert_eq!(chart.name, name);
        assert!(!chart.repositories.is_empty(), "{name} says who serves it");
        assert!(chart.knows(&["nosuchkey"]) != Known::Yes(None), "{name}");
    }
}

#[test]
fn names_follow_the_release() {
    let chart = Knowledge.chart("external-dns", None).unwrap();
    let none = no_values(Span::new(FileId(0), 0..0));
    let name = |release: &str, values: &Value| {
        chart
            .named("{external-dns}", &Text::from(release), None, values)
            .to_string()
    };
    assert_eq!(name("dns", &none), "dns-external-dns");
    assert_eq!(name("external-dns", &none), "external-dns");
    assert_eq!(name("my-external-dns-2", &none), "my-external-dns-2");
    assert_eq!(name("dns", &values("fullnameOverride: x")), "x");
    assert_eq!(name("dns", &values("nameOverride: y")), "dns-y");
}

#[test]
fn keys_are_known_or_not() {
    let chart = Knowledge.chart("external-dns", None).unwrap();
    assert_eq!(
        chart.knows(&["serviceAccount", "create"]),
        Known::Yes(Some("true".into()))
    );
    assert_eq!(
        chart.knows(&["serviceAccount", "annotations", "eks"]),
        Known::Open
    );
    assert_eq!(
        chart.knows(&["serviceAccount.create"]),
        Known::No {
            holder: String::new(),
            key: "serviceAccount.create".into()
        }
    );
    assert!(chart.keys_below(&["serviceAccount"]).contains(&"create"));
    assert!(!chart.keys_below(&["serviceAccount"]).contains(&"service"));
}

#[test]
fn a_chart_of_another_repository_is_another() {
    let of = |repository| {
        Knowledge
            .chart("metrics-server", Some(repository))
            .map(|chart| chart.source.as_str())
    };
    let ours = of("https://kubernetes-sigs.github.io/metrics-server/").unwrap();
    assert!(ours.contains("kubernetes-sigs"));
    assert_ne!(of("https://charts.bitnami.com/bitnami"), Some(ours));
    assert_eq!(of("https://charts.example.com"), None);
}

#[test]
fn switches_decide() {
    let chart = Knowledge.chart("external-dns", None).unwrap();
    let create = ["serviceAccount.create".to_owned()];
    assert_eq!(chart.on(&create, &values("a: 1")), Some(true));
    assert_eq!(
        chart.on(&create, &values("serviceAccount: {create: false}")),
        Some(false)
    );
}
