//! What a client checks the certificate of a database against.
//!
//! The roots are public and differ by region. Their config map is named after its content, so that new roots mean new
//! pods.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use k8s_openapi::api::core::v1::{ConfigMap, Container, PodSpec};
use seaworthy_knowledge::Knowledge;
use sha2::{Digest, Sha256};

use super::metadata::platform_metadata;
use super::object::Object;
use super::pod;
use crate::Scope;

/// The file, for `sslrootcert`.
pub(super) const FILE: &str = "/etc/rds/ca.pem";
const FOLDER: &str = "/etc/rds";
const VOLUME: &str = "rds-certificates";

/// The roots of the environment's region; `None` where the dated table does not have it.
pub(super) fn object(scope: Scope<'_>) -> Option<Object> {
    let pem = Knowledge.rds_certificates(scope.region)?;
    Some(Object::new(ConfigMap {
        metadata: platform_metadata(&scope.platform.name, &name(scope)),
        data: Some(BTreeMap::from([("ca.pem".to_owned(), pem.to_owned())])),
        immutable: Some(true),
        ..ConfigMap::default()
    }))
}

fn name(scope: Scope<'_>) -> String {
    let pem = Knowledge.rds_certificates(scope.region).unwrap_or_default();
    named_after(VOLUME, pem)
}

/// A name that changes with the content.
pub(super) fn named_after(name: &str, content: &str) -> String {
    let digest = HEXLOWER.encode(&Sha256::digest(content.as_bytes()));
    format!("{name}-{}", &digest[..8])
}

/// Adds the file to a pod and one of its containers.
pub(super) fn mount(scope: Scope<'_>, pod: &mut PodSpec, container: &mut Container) {
    let volumes = pod.volumes.get_or_insert_default();
    if !volumes.iter().any(|volume| volume.name == VOLUME) {
        volumes.push(pod::files(VOLUME, &name(scope)));
    }
    let mounts = container.volume_mounts.get_or_insert_default();
    mounts.push(pod::read_only(VOLUME, FOLDER));
}
