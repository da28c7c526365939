//! How the outside reaches a service: an Ingress on AWS's load balancer, or a route of the Gateway API.
//!
//! On the load balancer the environment's class carries what is common (the firewall by its computed name, the TLS
//! policy, one load balancer for all), so that whoever may write an Ingress cannot change it. Certificates are found in ACM by
//! host name. The Gateway API is for what implements it in the cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::TypedLocalObjectReference;
use k8s_openapi::api::networking::v1::{
    HTTPIngressPath, HTTPIngressRuleValue, Ingress, IngressBackend, IngressClass,
    IngressClassParametersReference, IngressClassSpec, IngressRule, IngressServiceBackend,
    IngressSpec, ServiceBackendPort,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use seaworthy_definition::model::{EdgeKind, Platform, Route, Service};
use serde_json::{Value, json};

use super::metadata::{Workload, map, platform_metadata};
use super::object::{CustomResource, Object};
use crate::Scope;

/// The gateway of the platform, where the edge is one.
const GATEWAY: &str = "edge";

/// The route of a service; `None` where nobody outside reaches it, or where the edge knows its routes itself.
pub(super) fn object(platform: &Platform, service: &Service) -> Option<Object> {
    let route = service.route.as_ref()?;
    match platform.edge.kind {
        EdgeKind::Alb => Some(ingress(platform, service, route)),
        EdgeKind::EnvoyGateway => Some(http_route(platform, service, route)),
        // The tunnel's own configuration lists host names and the kube services behind them.
        EdgeKind::CloudflareTunnel => None,
    }
}

fn ingress(platform: &Platform, service: &Service, route: &Route) -> Object {
    let workload = Workload::new(platform, service.name.as_str());
    let mut annotations = map(&[
        // As long as the notice that a pod gives before it stops.
        (
            "alb.ingress.kubernetes.io/target-group-attributes",
            "deregistration_delay.timeout_seconds=20,load_balancing.algorithm.type=least_outstanding_requests",
        ),
    ]);
    if let Some(probe) = &service.probes.readiness {
        let mut health = |name: &str, value: String| {
            let name = format!("alb.ingress.kubernetes.io/healthcheck-{name}");
            annotations.insert(name, value);
        };
        let port = service.ports.get(&probe.port).copied();
        health("path", probe.path.clone());
        health(
            "port",
            port.map_or_else(String::new, |port| port.to_string()),
        );
        // AWS allows 5 to 300 seconds.
        health(
            "interval-seconds",
            super::seconds(probe.period).clamp(5, 300).to_string(),
        );
        annotations.insert(
            "alb.ingress.kubernetes.io/success-codes".to_owned(),
            "200-399".to_owned(),
        );
    }
    let metadata = ObjectMeta {
        annotations: Some(annotations),
        ..workload.metadata()
    };
    Object::new(Ingress {
        metadata,
        spec: Some(IngressSpec {
            ingress_class_name: Some(platform.name.to_string()),
            rules: Some(vec![IngressRule {
                host: Some(route.host.clone()),
                http: Some(HTTPIngressRuleValue {
                    paths: vec![HTTPIngressPath {
                        path: Some(route.path.clone()),
                        path_type: "Prefix".to_owned(),
                        backend: IngressBackend {
                            service: Some(IngressServiceBackend {
                                name: service.name.to_string(),
                                port: Some(ServiceBackendPort {
                                    name: service.main_port().map(|(name, _)| name.to_string()),
                                    number: None,
                                }),
                            }),
                            resource: None::<TypedLocalObjectReference>,
                        },
                    }],
                }),
            }]),
            ..IngressSpec::default()
        }),
        ..Ingress::default()
    })
}

/// An object of the Gateway API.
fn gateway_object(kind: &'static str, metadata: ObjectMeta, spec: Value) -> Object {
    Object::new(CustomResource {
        api_version: "gateway.networking.k8s.io/v1",
        kind,
        metadata,
        spec,
    })
}

fn http_route(platform: &Platform, service: &Service, route: &Route) -> Object {
    let workload = Workload::new(platform, service.name.as_str());
    let port = service.main_port().map(|(_, port)| port);
    let spec = json!({
        "parentRefs": [{ "name": GATEWAY, "sectionName": listener(service) }],
        "hostnames": [route.host],
        "rules": [{
            "matches": [{ "path": { "type": "PathPrefix", "value": route.path } }],
            "timeouts": { "request": format!("{}s", super::seconds(route.timeout)) },
            "backendRefs": [{ "name": service.name.as_str(), "port": port }],
        }],
    });
    gateway_object("HTTPRoute", workload.metadata(), spec)
}

fn listener(service: &Service) -> String {
    format!("https-{}", service.name)
}

/// What the routes of an environment share: the load balancer's class, or the gateway.
pub(super) fn edge(scope: Scope<'_>) -> Vec<Object> {
    let mut routed: Vec<_> = scope
        .platform
        .services
        .values()
        .filter_map(|service| Some((service, service.route.as_ref()?)))
        .collect();
    routed.sort_by_key(|(service, _)| service.name.clone());
    if routed.is_empty() {
        return Vec::new();
    }
    match scope.platform.edge.kind {
        EdgeKind::Alb => vec![class(scope), class_parameters(scope)],
        EdgeKind::EnvoyGateway => vec![gateway(scope, &routed), redirect(scope)],
        EdgeKind::CloudflareTunnel => Vec::new(),
    }
}

fn class_metadata(scope: Scope<'_>) -> ObjectMeta {
    ObjectMeta {
        namespace: None,
        ..platform_metadata(&scope.platform.name, scope.platform.name.as_str())
    }
}

fn class(scope: Scope<'_>) -> Object {
    Object::new(IngressClass {
        metadata: class_metadata(scope),
        spec: Some(IngressClassSpec {
            controller: Some("ingress.k8s.aws/alb".to_owned()),
            parameters: Some(IngressClassParametersReference {
                api_group: Some("elbv2.k8s.aws".to_owned()),
                kind: "IngressClassParams".to_owned(),
                name: scope.platform.name.to_string(),
                ..IngressClassParametersReference::default()
            }),
        }),
    })
}

fn class_parameters(scope: Scope<'_>) -> Object {
    let names = scope.names();
    let mut attributes = BTreeMap::from([
        ("idle_timeout.timeout_seconds", "60"),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
    ]);
    if scope.environment.protected {
        attributes.insert("deletion_protection.enabled", "true");
    }
    let attributes: Vec<_> = attributes
        .into_iter()
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    let mut spec = json!({
        // Only this platform's namespace may join its load balancer.
        "namespaceSelector": { "matchLabels": {
            "kubernetes.io/metadata.name": super::metadata::namespace(&scope.platform.name),
        } },
        "group": { "name": names.prefix() },
        "loadBalancerName": names.load_balancer("edge"),
        "scheme": "internet-facing",
        "targetType": "ip",
        "listeners": [{ "protocol": "HTTP", "port": 80 }, { "protocol": "HTTPS", "port": 443 }],
        "sslRedirectPort": "443",
        "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "loadBalancerAttributes": attributes,
    });
    if scope.platform.edge.waf {
        spec["wafv2AclName"] = Value::from(names.web_acl());
    }
    Object::new(CustomResource {
        api_version: "elbv2.k8s.aws/v1beta1",
        kind: "IngressClassParams",
        metadata: class_metadata(scope),
        spec,
    })
}

fn gateway(scope: Scope<'_>, routed: &[(&Service, &Route)]) -> Object {
    let mut listeners = vec![json!({ "name": "http", "port": 80, "protocol": "HTTP" })];
    listeners.extend(routed.iter().map(|(service, route)| {
        json!({
            "name": listener(service),
            "hostname": route.host,
            "port": 443,
            "protocol": "HTTPS",
            // cert-manager makes it, as the annotation asks.
            "tls": { "certificateRefs": [{ "name": format!("{}-tls", service.name) }] },
        })
    }));
    let metadata = ObjectMeta {
        annotations: Some(map(&[("cert-manager.io/cluster-issuer", "letsencrypt")])),
        ..platform_metadata(&scope.platform.name, GATEWAY)
    };
    let spec = json!({ "gatewayClassName": "envoy", "listeners": listeners });
    gateway_object("Gateway", metadata, spec)
}

/// Plain HTTP is only answered with where HTTPS is.
fn redirect(scope: Scope<'_>) -> Object {
    let metadata = platform_metadata(&scope.platform.name, "https-redirect");
    let spec = json!({
        "parentRefs": [{ "name": GATEWAY, "sectionName": "http" }],
        "rules": [{ "filters": [{
            "type": "RequestRedirect",
            "requestRedirect": { "scheme": "https", "statusCode": 301 },
        }] }],
    });
    gateway_object("HTTPRoute", metadata, spec)
}
