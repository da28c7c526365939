//! Which fields of which kinds hold names of other objects.
//!
//! Read in the API references of Kubernetes, Flux, Argo, cert-manager, External Secrets, KEDA, Karpenter, Istio,
//! Strimzi and the Gateway API. They change rarely and only by addition.

use seaworthy_facts::Text;
use seaworthy_facts::kubernetes::Object;

/// A field that names an object.
pub(super) struct Field {
    /// The kinds that have it.
    pub(super) from: &'static [&'static str],
    /// Where: `[]` stands for each item of a list.
    pub(super) path: &'static str,
    /// What it names.
    pub(super) to: To,
}

/// How a field names an object.
pub(super) enum To {
    /// Its name, as it is.
    Name(&'static str),
    /// `name` or `namespace/name`.
    Slashed(&'static str),
    /// The host of a Service: `name`, `name.namespace.svc.cluster.local`. Others are of the world outside.
    Host(&'static str),
    /// A map with `name`, and `kind`, `namespace` and `key` where it says them.
    Object(&'static str),
}

impl Field {
    /// The field's own name.
    pub(super) fn says(&self) -> &'static str {
        let last = self.path.rsplit('.').next().unwrap_or(self.path);
        if matches!(last, "name" | "name[]") {
            let before = self.path.rsplit('.').nth(1).unwrap_or(last);
            return before.trim_end_matches("[]");
        }
        last.trim_end_matches("[]")
    }
}

/// The label by which Strimzi's objects name their cluster.
pub(super) const STRIMZI: &str = "strimzi.io/cluster";

/// The kind that Strimzi's label means on an object.
pub(super) fn labelled(object: &Object) -> Option<&'static str> {
    let api = object.api_version.str().unwrap_or_default();
    if !api.starts_with("kafka.strimzi.io/") {
        return None;
    }
    match &*object.kind {
        "KafkaTopic" | "KafkaUser" | "KafkaNodePool" | "KafkaRebalance" => Some("Kafka"),
        "KafkaConnector" => Some("KafkaConnect"),
        _ => None,
    }
}

/// Names that are there without anybody making them.
pub(super) fn is_built_in(kind: &str, name: &Text) -> bool {
    let Some(name) = name.literal() else {
        return false;
    };
    match kind {
        "ServiceAccount" | "AppProject" => name == "default",
        "PriorityClass" => name.starts_with("system-"),
        "ClusterRole" | "Role" => {
            name.starts_with("system:")
                || matches!(name, "cluster-admin" | "admin" | "edit" | "view")
        }
        // The cluster, OpenShift and Istio write these into every namespace.
        "ConfigMap" => matches!(
            name,
            "kube-root-ca.crt" | "openshift-service-ca.crt" | "istio-ca-root-cert"
        ),
        "StorageClass" => matches!(
            name,
            "gp2" | "standard" | "standard-rwo" | "premium-rwo" | "default" | "managed-csi"
        ),
        "Gateway" => name == "mesh",
        "Namespace" => {
            matches!(
                name,
                "default" | "kube-system" | "kube-public" | "kube-node-lease"
            )
        }
        _ => false,
    }
}

const fn field(from: &'static [&'static str], path: &'static str, to: To) -> Field {
    Field { from, path, to }
}

/// In the description of pods.
pub(super) const PODS: &[Field] = &[
    field(&[], "serviceAccountName", To::Name("ServiceAccount")),
    field(&[], "serviceAccount", To::Name("ServiceAccount")),
    field(&[], "priorityClassName", To::Name("PriorityClass")),
    field(&[], "runtimeClassName", To::Name("RuntimeClass")),
    field(&[], "volumes[].configMap", To::Object("ConfigMap")),
    field(
        &[],
        "volumes[].projected.sources[].configMap",
        To::Object("ConfigMap"),
    ),
    field(
        &[],
        "volumes[].persistentVolumeClaim.claimName",
        To::Name("PersistentVolumeClaim"),
    ),
    field(
        &[],
        "volumes[].csi.volumeAttributes.secretProviderClass",
        To::Name("SecretProviderClass"),
    ),
];

/// In a container.
pub(super) const CONTAINERS: &[Field] = &[
    field(
        &[],
        "env[].valueFrom.configMapKeyRef",
        To::Object("ConfigMap"),
    ),
    field(&[], "envFrom[].configMapRef", To::Object("ConfigMap")),
];

const ROUTES: &[&str] = &["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];
const BINDINGS: &[&str] = &["RoleBinding", "ClusterRoleBinding"];

/// In objects of certain kinds.
pub(super) const OBJECTS: &[Field] = &[
    field(&["StatefulSet"], "spec.serviceName", To::Name("Service")),
    field(
        &["StatefulSet"],
        "spec.volumeClaimTemplates[].spec.storageClassName",
        To::Name("StorageClass"),
    ),
    field(
        &["PersistentVolumeClaim"],
        "spec.storageClassName",
        To::Name("StorageClass"),
    ),
    field(
        &["Ingress"],
        "spec.ingressClassName",
        To::Name("IngressClass"),
    ),
    field(&["IngressClass"], "spec.parameters", To::Object("")),
    field(BINDINGS, "roleRef", To::Object("")),
    field(BINDINGS, "subjects[]", To::Object("")),
    field(
        &["HorizontalPodAutoscaler"],
        "spec.scaleTargetRef",
        To::Object(""),
    ),
    field(&["VerticalPodAutoscaler"], "spec.targetRef", To::Object("")),
    field(&["APIService"], "spec.service", To::Object("Service")),
    field(
        &[
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ],
        "webhooks[].clientConfig.service",
        To::Object("Service"),
    ),
    field(
        &["TargetGroupBinding"],
        "spec.serviceRef",
        To::Object("Service"),
    ),
    // Gateway API, Istio
    field(
        &["Gateway"],
        "spec.gatewayClassName",
        To::Name("GatewayClass"),
    ),
    field(ROUTES, "spec.parentRefs[]", To::Object("Gateway")),
    field(ROUTES, "spec.rules[].backendRefs[]", To::Object("Service")),
    field(
        &["VirtualService"],
        "spec.gateways[]",
        To::Slashed("Gateway"),
    ),
    field(
        &["VirtualService"],
        "spec.http[].route[].destination.host",
        To::Host("Service"),
    ),
    field(
        &["VirtualService"],
        "spec.tcp[].route[].destination.host",
        To::Host("Service"),
    ),
    field(&["DestinationRule"], "spec.host", To::Host("Service")),
    // cert-manager
    field(&["Certificate"], "spec.issuerRef", To::Object("Issuer")),
    // External Secrets, Secrets Store CSI
    field(
        &["ExternalSecret"],
        "spec.secretStoreRef",
        To::Object("SecretStore"),
    ),
    field(
        &["ExternalSecret"],
        "spec.dataFrom[].sourceRef.generatorRef",
        To::Object(""),
    ),
    field(
        &["ExternalSecret"],
        "spec.data[].sourceRef.storeRef",
        To::Object("SecretStore"),
    ),
    field(
        &["ClusterExternalSecret"],
        "spec.externalSecretSpec.secretStoreRef",
        To::Object("SecretStore"),
    ),
    field(
        &["PushSecret"],
        "spec.secretStoreRefs[]",
        To::Object("SecretStore"),
    ),
    field(
        &["SecretStore", "ClusterSecretStore"],
        "spec.provider.aws.auth.jwt.serviceAccountRef",
        To::Object("ServiceAccount"),
    ),
    // KEDA, Karpenter
    field(
        &["ScaledObject"],
        "spec.scaleTargetRef",
        To::Object("Deployment"),
    ),
    field(
        &["ScaledObject", "ScaledJob"],
        "spec.triggers[].authenticationRef",
        To::Object("TriggerAuthentication"),
    ),
    field(
        &["NodePool"],
        "spec.template.spec.nodeClassRef",
        To::Object("EC2NodeClass"),
    ),
    field(
        &["Provisioner"],
        "spec.providerRef",
        To::Object("AWSNodeTemplate"),
    ),
    // Argo
    field(&["Application"], "spec.project", To::Name("AppProject")),
    field(
        &["Rollout"],
        "spec.strategy.canary.stableService",
        To::Name("Service"),
    ),
    field(
        &["Rollout"],
        "spec.strategy.canary.canaryService",
        To::Name("Service"),
    ),
    field(
        &["Rollout"],
        "spec.strategy.blueGreen.activeService",
        To::Name("Service"),
    ),
    field(
        &["Rollout"],
        "spec.strategy.blueGreen.previewService",
        To::Name("Service"),
    ),
    field(
        &["Rollout"],
        "spec.strategy.canary.steps[].analysis.templates[].templateName",
        To::Name("AnalysisTemplate"),
    ),
    field(
        &["CronWorkflow"],
        "spec.workflowSpec.workflowTemplateRef",
        To::Object("WorkflowTemplate"),
    ),
    field(
        &["Workflow"],
        "spec.workflowTemplateRef",
        To::Object("WorkflowTemplate"),
    ),
    // Flux
    field(&["Kustomization"], "spec.sourceRef", To::Object("")),
    field(
        &["Kustomization"],
        "spec.dependsOn[]",
        To::Object("Kustomization"),
    ),
    field(
        &["HelmRelease"],
        "spec.chart.spec.sourceRef",
        To::Object(""),
    ),
    field(&["HelmRelease"], "spec.chartRef", To::Object("")),
    field(
        &["HelmRelease"],
        "spec.dependsOn[]",
        To::Object("HelmRelease"),
    ),
    field(&["HelmRelease"], "spec.valuesFrom[]", To::Object("")),
    field(&["HelmChart"], "spec.sourceRef", To::Object("")),
    field(
        &["ImagePolicy"],
        "spec.imageRepositoryRef",
        To::Object("ImageRepository"),
    ),
    field(&["ImageUpdateAutomation"], "spec.sourceRef", To::Object("")),
    field(&["Alert"], "spec.providerRef", To::Object("Provider")),
    field(&["Alert"], "spec.eventSources[]", To::Object("")),
    field(&["Receiver"], "spec.resources[]", To::Object("")),
];

/// Annotations that hold names.
pub(super) const ANNOTATIONS: &[(&str, &str)] = &[
    ("cert-manager.io/cluster-issuer", "ClusterIssuer"),
    ("cert-manager.io/issuer", "Issuer"),
    ("cloud.google.com/backend-config", "BackendConfig"),
    ("beta.cloud.google.com/backend-config", "BackendConfig"),
    ("networking.gke.io/v1beta1.FrontendConfig", "FrontendConfig"),
    (
        "networking.gke.io/managed-certificates",
        "ManagedCertificate",
    ),
    ("kubernetes.io/ingress.class", "IngressClass"),
];
