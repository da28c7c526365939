//! What every pod of ours is like: not root, nothing writable but `/tmp`, no rights beyond its own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapVolumeSource, EmptyDirVolumeSource, PodSecurityContext, PodSpec,
    PodTemplateSpec, ResourceRequirements, SeccompProfile, SecurityContext, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seaworthy_definition::model::Resources;

use super::metadata::Workload;
use super::outputs;
use super::variables::Variables;

/// The user and group of images without a shell (`nonroot` of distroless, Chainguard and Wolfi).
pub(super) const NONROOT: i64 = 65_532;

/// The one folder that a program may write to.
const TMP: &str = "tmp";

/// A pod that runs as `user` under this service account; the caller adds its containers.
pub(super) fn spec(service_account: &str, user: i64) -> PodSpec {
    PodSpec {
        service_account_name: Some(service_account.to_owned()),
        automount_service_account_token: Some(false),
        // Variables for every kube service of the namespace are nobody's configuration.
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(user),
            run_as_group: Some(user),
            fs_group: Some(user),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                ..SeccompProfile::default()
            }),
            ..PodSecurityContext::default()
        }),
        volumes: Some(vec![scratch(TMP, "64Mi")]),
        ..PodSpec::default()
    }
}

/// The pods of a workload, which are made anew when a newer version of their secrets is asked for.
pub(super) fn template(
    workload: Workload<'_>,
    variables: &Variables,
    spec: PodSpec,
) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(workload.labels()),
            annotations: (!variables.remotes.is_empty()).then(outputs::secrets_version),
            ..ObjectMeta::default()
        }),
        spec: Some(spec),
    }
}

/// What a container may do: read its image, write to mounted folders, and nothing else.
pub(super) fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            ..Capabilities::default()
        }),
        ..SecurityContext::default()
    }
}

/// `/tmp`, which programs expect to be writable.
pub(super) fn tmp() -> VolumeMount {
    VolumeMount {
        name: TMP.to_owned(),
        mount_path: "/tmp".to_owned(),
        ..VolumeMount::default()
    }
}

/// A folder that lives as long as its pod.
pub(super) fn scratch(name: &str, limit: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource {
            size_limit: Some(Quantity(limit.to_owned())),
            ..EmptyDirVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// A config map as a folder of files.
pub(super) fn files(name: &str, config_map: &str) -> Volume {
    Volume {
        name: name.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: config_map.to_owned(),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// A folder that a container only reads.
pub(super) fn read_only(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        read_only: Some(true),
        ..VolumeMount::default()
    }
}

/// Requests, and memory's limit. CPU has none: throttling hurts more than it helps.
pub(super) fn resources(resources: &Resources) -> ResourceRequirements {
    let memory = Quantity(resources.memory.to_string());
    ResourceRequirements {
        requests: Some(BTreeMap::from([
            ("cpu".to_owned(), Quantity(resources.cpu.to_string())),
            ("memory".to_owned(), memory.clone()),
        ])),
        limits: Some(BTreeMap::from([("memory".to_owned(), memory)])),
        ..ResourceRequirements::default()
    }
}
