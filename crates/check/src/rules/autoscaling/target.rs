//! What an autoscaler scales.

use seaworthy_facts::kubernetes::{Cluster, Object};
use seaworthy_facts::{Same, Text, Value};

/// The workload that `scaleTargetRef` names for sure.
pub(super) fn target<'a>(cluster: &'a Cluster, scaler: &Object) -> Option<&'a Object> {
    let kind = scaler.at("spec.scaleTargetRef.kind")?.str()?;
    let name = scaler.at("spec.scaleTargetRef.name")?.text()?;
    let namespace = scaler.namespace.as_ref().and_then(Value::text);
    cluster.objects.iter().find(|object| {
        &*object.kind == kind
            && object.is_in(namespace.as_ref())
            && object
                .name
                .text()
                .is_some_and(|own: Text| own.same(&name) == Same::Always)
    })
}
