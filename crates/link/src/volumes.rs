//! Volumes that pods ask for: claims, templates of claims, and what charts are told to keep.

use seaworthy_facts::kubernetes::{Cluster, Origin};
use seaworthy_facts::{Span, Value};

/// A volume that is asked for.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Who asks, in words: "chart `grafana`", "StatefulSet `db`".
    pub who: String,
    /// Where.
    pub span: Span,
    /// The storage class it names.
    pub class: Option<&'a Value>,
    /// The nodes that its pods are sent to.
    pub selector: Option<&'a Value>,
    /// It may be mounted by one node only, as volumes of EBS are; as far as it says.
    pub one_node: bool,
}

/// Every volume that the objects and charts of a cluster ask for.
pub fn asked(cluster: &Cluster) -> Vec<Asked<'_>> {
    let mut asked = Vec::new();
    for object in &cluster.objects {
        if matches!(object.origin, Origin::Summary { .. }) {
            continue;
        }
        let name = object.name().unwrap_or_default();
        let who = format!("{} `{name}`", object.kind);
        if &*object.kind == "PersistentVolumeClaim"
            // A claim that names its volume needs nobody to make one.
            && object.at("spec.volumeName").is_none()
            && let Some(spec) = object.body.get("spec")
        {
            let selector = selector_of_user(cluster, name);
            asked.push(claim(who.clone(), spec, object.name.span, selector));
        }
        for template in object
            .at("spec.volumeClaimTemplates")
            .map_or(&[][..], Value::items)
        {
            let Some(spec) = template.get("spec") else {
                continue;
            };
            let span = template
                .at("metadata.name")
                .map_or(spec.span, |name| name.span);
            let selector = object.pods().and_then(|pods| pods.spec.get("nodeSelector"));
            asked.push(claim(who.clone(), spec, span, selector));
        }
    }
    for release in &cluster.releases {
        let chart = release.chart.text().unwrap_or_default();
        kept(&release.values, &format!("chart `{chart}`"), &mut asked);
    }
    asked
}

fn claim<'a>(who: String, spec: &'a Value, span: Span, selector: Option<&'a Value>) -> Asked<'a> {
    let many = spec
        .get("accessModes")
        .map_or(&[][..], Value::items)
        .iter()
        .filter_map(Value::str)
        .any(|mode| matches!(mode, "ReadWriteMany" | "ReadOnlyMany"));
    Asked {
        who,
        span,
        class: spec.get("storageClassName"),
        selector,
        one_node: !many,
    }
}

/// The node selector of whoever mounts a claim.
fn selector_of_user<'a>(cluster: &'a Cluster, claim: &str) -> Option<&'a Value> {
    cluster.workloads().find_map(|workload| {
        let pods = workload.pods()?;
        let volumes = pods.spec.get("volumes")?;
        let mounts = volumes.items().iter().any(|volume| {
            volume
                .at("persistentVolumeClaim.claimName")
                .and_then(Value::str)
                == Some(claim)
        });
        mounts.then(|| pods.spec.get("nodeSelector")).flatten()
    })
}

/// What the values of a chart keep: `persistence.enabled`, and claim templates, at any depth.
fn kept<'a>(values: &'a Value, who: &str, asked: &mut Vec<Asked<'a>>) {
    values.walk(&mut |part| {
        let selector = part.get("nodeSelector");
        if let Some(persistence) = part.get("persistence")
            && let Some(enabled) = persistence.get("enabled")
            && enabled.bool() == Some(true)
            && persistence.get("existingClaim").is_none()
            && persistence.get("type").and_then(Value::str) != Some("emptyDir")
        {
            asked.push(Asked {
                who: who.to_owned(),
                span: enabled.span,
                class: persistence
                    .get("storageClassName")
                    .or_else(|| persistence.get("storageClass")),
                selector,
                one_node: true,
            });
        }
        for path in [
            "storageSpec.volumeClaimTemplate.spec",
            "storage.volumeClaimTemplate.spec",
        ] {
            if let Some(spec) = part.at(path) {
                let place = part.at(path.trim_end_matches(".spec")).unwrap_or(spec);
                asked.push(claim(who.to_owned(), spec, place.span, selector));
            }
        }
    });
}
