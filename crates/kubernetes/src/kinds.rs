//! What is known of Kubernetes' own kinds: their scope, and the lists that patches merge by a key.

/// Kinds that have no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "Namespace",
    "Node",
    "PersistentVolume",
    "StorageClass",
    "VolumeAttachment",
    "CSIDriver",
    "CSINode",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "PriorityClass",
    "RuntimeClass",
    "IngressClass",
    "PodSecurityPolicy",
    "CertificateSigningRequest",
    "FlowSchema",
    "PriorityLevelConfiguration",
    "ClusterIssuer",
    "ClusterSecretStore",
    "ClusterExternalSecret",
    "ClusterPolicy",
    "ClusterImagePolicy",
    "NodePool",
    "EC2NodeClass",
    "NodeClass",
    "Provisioner",
    "AWSNodeTemplate",
    "GatewayClass",
    "IngressClassParams",
    "ENIConfig",
    "ClusterTriggerAuthentication",
    "VolumeSnapshotClass",
    "VolumeSnapshotContent",
    "ComponentStatus",
];

/// Whether a kind has no namespace, as far as that is known without its definition.
pub(crate) fn is_cluster_wide(kind: &str) -> bool {
    CLUSTER_WIDE.contains(&kind)
}

/// API groups whose files are settings of a tool and never reach a cluster as objects.
pub(crate) fn is_tool_configuration(api_version: &str, kind: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    matches!(
        group,
        "skaffold"
            | "eksctl.io"
            | "kind.x-k8s.io"
            | "k3d.io"
            | "kubeadm.k8s.io"
            | "kustomize.config.k8s.io"
            | "config.kubernetes.io"
            | "kpt.dev"
            | "backstage.io"
            | "audit.k8s.io"
            | "apiserver.config.k8s.io"
            | "apiserver.k8s.io"
            | "kubelet.config.k8s.io"
            | "kubescheduler.config.k8s.io"
            | "kubeproxy.config.k8s.io"
            | "client.authentication.k8s.io"
            | "client.config.k8s.io"
            | "tekton.dev.config"
            | "builtin"
            | "score.dev"
            | "node.eks.aws"
            | "controller-runtime.sigs.k8s.io"
    ) || (kind == "Config" && matches!(api_version, "v1" | "v1alpha1"))
        || (kind == "Cluster" && group.starts_with("kind."))
}

/// The key by which a strategic merge patch merges a list of Kubernetes' own kinds; `None`: the list is replaced.
/// `path` is the field's name, `parent` that of the field that holds it.
pub(crate) fn merge_key(field: &str, parent: &str) -> Option<&'static str> {
    Some(match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "imagePullSecrets"
        | "volumes"
        | "secrets"
        | "webhooks"
        | "resourceClaims" => "name",
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        "topologySpreadConstraints" => "topologyKey",
        "conditions" | "readinessGates" => "type",
        "ownerReferences" => "uid",
        "ports" if parent == "spec" => "port",
        "ports" => "containerPort",
        _ => return None,
    })
}

/// Whether objects of this API are Kubernetes' own, so that lists in them merge by key. Lists in others are replaced.
pub(crate) fn is_builtin(api_version: &str) -> bool {
    match api_version.split_once('/') {
        None => true,
        Some((group, _)) => {
            !group.contains('.')
                || group.ends_with(".k8s.io")
                    && matches!(
                        group,
                        "networking.k8s.io"
                            | "rbac.authorization.k8s.io"
                            | "storage.k8s.io"
                            | "admissionregistration.k8s.io"
                            | "apiextensions.k8s.io"
                            | "apiregistration.k8s.io"
                            | "scheduling.k8s.io"
                            | "coordination.k8s.io"
                            | "discovery.k8s.io"
                            | "node.k8s.io"
                            | "flowcontrol.apiserver.k8s.io"
                            | "events.k8s.io"
                            | "certificates.k8s.io"
                    )
        }
    }
}
