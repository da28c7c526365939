//! What a workload acts as.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::metadata::Workload;
use super::object::Object;

/// The service account of a workload.
///
/// Its identity in AWS is a Pod Identity association, which names it from the other side: nothing stands here. No
/// token for the API server is mounted, since no workload talks to it.
pub(super) fn object(workload: Workload<'_>) -> Object {
    Object::new(ServiceAccount {
        metadata: workload.metadata(),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    })
}
