//! The class of persistent volumes. EKS marks none as the default since 1.30.

use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seaworthy_definition::model::Compute;

use crate::Scope;
use crate::kubernetes::object::Object;

/// Encrypted general purpose disks, made in the zone of the pod that asks.
pub(super) fn class(scope: Scope<'_>) -> Object {
    let provisioner = match scope.platform.cluster.compute {
        Compute::Auto => "ebs.csi.eks.amazonaws.com",
        _ => "ebs.csi.aws.com",
    };
    let map = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    };
    Object::new(StorageClass {
        metadata: ObjectMeta {
            name: Some("gp3".to_owned()),
            annotations: Some(map(&[(
                "storageclass.kubernetes.io/is-default-class",
                "true",
            )])),
            ..ObjectMeta::default()
        },
        provisioner: provisioner.to_owned(),
        parameters: Some(map(&[("type", "gp3"), ("encrypted", "true")])),
        allow_volume_expansion: Some(true),
        reclaim_policy: Some("Delete".to_owned()),
        volume_binding_mode: Some("WaitForFirstConsumer".to_owned()),
        ..StorageClass::default()
    })
}
