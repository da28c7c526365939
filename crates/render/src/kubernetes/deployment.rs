//! The pods of a service: how they start, prove that they are well, spread, and stop.

use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, HTTPGetAction, Lifecycle, LifecycleHandler, Probe, SleepAction,
    TCPSocketAction, TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use seaworthy_definition::model::{self, Service, Span};

use super::metadata::Workload;
use super::object::Object;
use super::scale::Scaling;
use super::variables::{Asker, Variables};
use super::{certificates, image, pod, seconds};
use crate::Scope;

/// The deployment of a service.
pub(super) fn object(scope: Scope<'_>, service: &Service) -> Object {
    let workload = Workload::new(scope.platform, service.name.as_str());
    let asker = Asker::workload(service.name.as_str());
    let variables = Variables::of(scope, &service.env, &asker);

    let mut spec = pod::spec(service.name.as_str(), pod::NONROOT);
    let mut container = container(scope, service, &variables);
    if variables.needs_certificates() {
        certificates::mount(scope, &mut spec, &mut container);
    }
    spec.containers = vec![container];
    spec.topology_spread_constraints = spread(service, workload);
    // Notice, then drain, then a moment for the last log lines to leave.
    spec.termination_grace_period_seconds = Some(notice(service) + seconds(service.stop_grace) + 5);

    Object::new(Deployment {
        metadata: workload.metadata(),
        spec: Some(DeploymentSpec {
            // A number in git would be put back each time that an autoscaler has changed it.
            replicas: match Scaling::of(scope.environment, service) {
                Scaling::Fixed(replicas) => Some(super::count(replicas)),
                Scaling::Horizontal | Scaling::Scheduled => None,
            },
            selector: workload.selector(),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::String("25%".to_owned())),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            min_ready_seconds: Some(10),
            progress_deadline_seconds: Some(300),
            revision_history_limit: Some(3),
            template: pod::template(workload, &variables, spec),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    })
}

fn container(scope: Scope<'_>, service: &Service, variables: &Variables) -> Container {
    let ports: Vec<_> = super::ports(service)
        .into_iter()
        .map(|(name, port)| ContainerPort {
            name: Some(name.to_string()),
            container_port: i32::from(port),
            ..ContainerPort::default()
        })
        .collect();
    let notice = notice(service);
    Container {
        name: service.name.to_string(),
        image: Some(image::reference(scope, service)),
        ports: (!ports.is_empty()).then_some(ports),
        env: variables.for_container(Some(service)),
        startup_probe: service.probes.startup.as_ref().map(probe),
        readiness_probe: readiness(service),
        liveness_probe: service.probes.liveness.as_ref().map(probe),
        lifecycle: (notice > 0).then(|| Lifecycle {
            // The kubelet's own sleep: images without a shell have no `sleep`.
            pre_stop: Some(LifecycleHandler {
                sleep: Some(SleepAction { seconds: notice }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        resources: Some(pod::resources(&service.resources)),
        security_context: Some(pod::container_security()),
        volume_mounts: Some(vec![pod::tmp()]),
        ..Container::default()
    }
}

/// Without a probe of its own a service counts as ready when its main port accepts a connection, as on a laptop.
fn readiness(service: &Service) -> Option<Probe> {
    if let Some(declared) = &service.probes.readiness {
        return Some(probe(declared));
    }
    let (name, _) = service.main_port()?;
    Some(Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::String(name.to_string()),
            ..TCPSocketAction::default()
        }),
        period_seconds: Some(10),
        ..Probe::default()
    })
}

fn probe(probe: &model::Probe) -> Probe {
    let whole = |span: Span| Some(i32::try_from(seconds(span)).unwrap_or(i32::MAX));
    let threshold = |number: u32| Some(super::count(number));
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(probe.path.clone()),
            port: IntOrString::String(probe.port.to_string()),
            ..HTTPGetAction::default()
        }),
        initial_delay_seconds: whole(probe.initial_delay).filter(|seconds| *seconds > 0),
        period_seconds: whole(probe.period),
        timeout_seconds: whole(probe.timeout),
        success_threshold: threshold(probe.success_threshold).filter(|number| *number > 1),
        failure_threshold: threshold(probe.failure_threshold),
        ..Probe::default()
    }
}

/// How long a pod that is to stop goes on as if nothing were, in seconds: until nobody sends it new requests. A load
/// balancer of AWS needs longer to hear of it than the nodes' own tables do.
fn notice(service: &Service) -> i64 {
    match (&service.route, service.main_port()) {
        (Some(_), _) => 20,
        (None, Some(_)) => 5,
        (None, None) => 0,
    }
}

/// Over zones strictly, so that the loss of one leaves the others running; over nodes where that is possible.
fn spread(service: &Service, workload: Workload<'_>) -> Option<Vec<TopologySpreadConstraint>> {
    if service.scale.max < 2 {
        return None;
    }
    let over = |topology: &str, otherwise: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: topology.to_owned(),
        when_unsatisfiable: otherwise.to_owned(),
        label_selector: Some(workload.selector()),
        // Each version is spread by itself: pods of the one that leaves do not count.
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        node_taints_policy: Some("Honor".to_owned()),
        ..TopologySpreadConstraint::default()
    };
    Some(vec![
        over("topology.kubernetes.io/zone", "DoNotSchedule"),
        over("kubernetes.io/hostname", "ScheduleAnyway"),
    ])
}
