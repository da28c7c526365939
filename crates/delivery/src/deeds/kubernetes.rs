//! `kubectl`, `kustomize` and `kapp`.

use std::sync::Arc;

use seaworthy_facts::delivery::What;
use seaworthy_facts::{Text, Value};

use super::options::Options;
use super::{Line, State, Written, line};

const KUBECTL: &[&str] = &[
    "f",
    "filename",
    "k",
    "kustomize",
    "n",
    "namespace",
    "context",
    "kubeconfig",
    "l",
    "selector",
    "o",
    "output",
    "c",
    "container",
    "timeout",
    "for",
    "from-literal",
    "from-file",
    "from-env-file",
    "docker-server",
    "docker-username",
    "docker-password",
    "docker-email",
    "cert",
    "key",
    "image",
    "cluster",
    "user",
    "s",
    "server",
    "as",
    "type",
    "p",
    "patch",
    "patch-file",
    "replicas",
    "field-manager",
    "field-selector",
    "grace-period",
    "request-timeout",
    "token",
    "duration",
    "address",
    "prune-allowlist",
    "v",
    "tail",
    "since",
    "revision",
    "port",
    "target-port",
    "name",
    "clusterrole",
    "role",
    "serviceaccount",
    "group",
    "schedule",
    "rule",
    "class",
    "hard",
    "verb",
    "resource",
];

pub(super) fn kubectl(here: &Line<'_>, state: &State) -> Vec<What> {
    let options = Options::new(here.arguments, KUBECTL);
    let namespace = options.one(&["n", "namespace"]);
    let verb = options.word(0);
    match verb {
        "apply" | "delete" | "replace" | "create" if names_files(&options) => {
            if verb != "delete" && is_dry(&options) {
                return Vec::new();
            }
            apply(here, &options, namespace, verb == "delete", state)
        }
        "create" | "label" | "annotate" if is_dry(&options) && verb != "create" => Vec::new(),
        "create" => created(&options, namespace),
        "label" | "annotate" => marked(&options, namespace, verb),
        "set" if options.word(1) == "image" => set_image(&options),
        "get" | "describe" | "port-forward" | "delete" | "rollout" | "exec" | "logs" | "scale"
        | "patch" | "edit" | "wait" | "expose" | "autoscale" | "cordon" | "set" => {
            touched(&options, namespace.as_ref(), verb)
        }
        _ => Vec::new(),
    }
}

fn names_files(options: &Options) -> bool {
    options.has(&["f", "filename", "k", "kustomize"])
}

fn is_dry(options: &Options) -> bool {
    options.given.iter().any(|(name, value)| {
        name == "dry-run" && value.as_ref().and_then(Value::str) != Some("none")
    })
}

fn apply(
    here: &Line<'_>,
    options: &Options,
    namespace: Option<Value>,
    delete: bool,
    state: &State,
) -> Vec<What> {
    let kustomizations: Vec<Value> = options.all(&["k", "kustomize"]).cloned().collect();
    let mut what = Vec::new();
    if !kustomizations.is_empty() {
        what.push(What::Apply {
            paths: kustomizations,
            kustomize: true,
            namespace: namespace.clone(),
            delete,
            text: None,
        });
    }
    let mut paths = Vec::new();
    for path in options.all(&["f", "filename"]) {
        if path.str() == Some("-") {
            what.extend(piped(here, namespace.as_ref(), delete));
            continue;
        }
        match path.str().and_then(|path| state.written.get(path)) {
            Some(Written::Kustomization(folder)) => what.push(What::Apply {
                paths: vec![folder.clone()],
                kustomize: true,
                namespace: namespace.clone(),
                delete,
                text: None,
            }),
            Some(Written::Text(text)) => what.push(What::Apply {
                paths: vec![path.clone()],
                kustomize: false,
                namespace: namespace.clone(),
                delete,
                text: Some(text.clone()),
            }),
            Some(Written::File(file)) => paths.push(file.clone()),
            None => paths.extend(super::images::split_commas(path)),
        }
    }
    if !paths.is_empty() {
        what.push(What::Apply {
            paths,
            kustomize: false,
            namespace,
            delete,
            text: None,
        });
    }
    what
}

/// What comes through a pipe: of `kustomize build`, `cat`, `envsubst`, `helm template`, a dry run, or a heredoc.
fn piped(here: &Line<'_>, namespace: Option<&Value>, delete: bool) -> Vec<What> {
    let stdin = Value::string("-", here.command.span);
    let of = |paths: Vec<Value>, kustomize, text| {
        vec![What::Apply {
            paths,
            kustomize,
            namespace: namespace.cloned(),
            delete,
            text,
        }]
    };
    if let Some(text) = &here.command.input {
        return of(vec![stdin], false, Some(text.clone()));
    }
    let mut from = here.command.reads_from;
    let mut steps = 0;
    while let Some(command) = from.and_then(|at| here.commands.get(at)) {
        steps += 1;
        if steps > 8 {
            break;
        }
        let Some(source) = line(here.commands, command) else {
            break;
        };
        match source.program {
            "kustomize" => {
                let options = Options::new(source.arguments, &["o", "output", "load-restrictor"]);
                if options.word(0) == "build" {
                    let folder = options
                        .rest
                        .get(1)
                        .cloned()
                        .unwrap_or_else(|| Value::string(".", command.span));
                    return of(vec![folder], true, None);
                }
            }
            "kubectl" | "oc" | "k" => {
                let options = Options::new(source.arguments, KUBECTL);
                return match options.word(0) {
                    "kustomize" => {
                        let folder = options
                            .rest
                            .get(1)
                            .cloned()
                            .unwrap_or_else(|| Value::string(".", command.span));
                        of(vec![folder], true, None)
                    }
                    // `kubectl create … --dry-run -o yaml | kubectl apply -f -` creates it; noted at that command.
                    _ => Vec::new(),
                };
            }
            "helm" => return super::helm::template(&source, namespace.cloned()),
            "cat" | "envsubst" | "sed" | "yq" | "awk" | "jq" | "tee" | "echo" | "printf"
            | "kubeseal" | "gomplate" | "ytt" | "grep" => {
                if let Some(text) = &command.input {
                    return of(vec![stdin], false, Some(text.clone()));
                }
                if matches!(source.program, "echo" | "printf") {
                    let text = source.arguments.iter().rfind(|word| {
                        word.text()
                            .is_some_and(|text| text.to_string().contains(':'))
                    });
                    return of(vec![stdin], false, text.cloned());
                }
                if command.reads_from.is_none() {
                    return of(files_of(&source), false, None);
                }
            }
            "curl" | "wget" => {
                let urls: Vec<Value> = source
                    .arguments
                    .iter()
                    .filter(|word| {
                        word.text()
                            .is_some_and(|text| text.known_prefix().starts_with("http"))
                    })
                    .cloned()
                    .collect();
                return of(urls, false, None);
            }
            _ => break,
        }
        from = command.reads_from;
    }
    of(vec![stdin], false, None)
}

/// The files that a filter reads.
fn files_of(source: &Line<'_>) -> Vec<Value> {
    let options = Options::new(source.arguments, &["e", "i", "expression", "f"]);
    let skip = match source.program {
        "sed" => usize::from(!options.has(&["e", "expression"])),
        "yq" | "jq" | "awk" | "grep" => 1,
        _ => 0,
    };
    if source.program == "envsubst" {
        return Vec::new();
    }
    options.rest.iter().skip(skip).cloned().collect()
}

pub(super) fn kustomize(here: &Line<'_>) -> Vec<What> {
    let options = Options::new(here.arguments, &["o", "output", "load-restrictor"]);
    match (options.word(0), options.word(1), options.word(2)) {
        ("edit", "set", "image") => options
            .rest
            .iter()
            .skip(3)
            .map(|image| What::SetImage {
                target: Some(Value::string("kustomization.yaml", here.command.span)),
                image: Some(image.clone()),
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn kapp(here: &Line<'_>) -> Vec<What> {
    let options = Options::new(here.arguments, &["f", "file", "a", "app", "n", "namespace"]);
    if options.word(0) != "deploy" {
        return Vec::new();
    }
    vec![What::Apply {
        paths: options.all(&["f", "file"]).cloned().collect(),
        kustomize: false,
        namespace: options.one(&["n", "namespace"]),
        delete: false,
        text: None,
    }]
}

fn created(options: &Options, namespace: Option<Value>) -> Vec<What> {
    let kind = kind_name(options.word(1));
    if !kind.starts_with(char::is_uppercase) {
        // `kubectl create token`
        return Vec::new();
    }
    // `create secret generic NAME`, `create service clusterip NAME`
    let at = if matches!(&*kind, "Secret" | "Service") {
        3
    } else {
        2
    };
    let Some(name) = options.rest.get(at) else {
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (option, value) in &options.given {
        let Some(value) = value else { continue };
        let Some(text) = value.text() else { continue };
        match option.as_str() {
            "from-literal" => {
                if let Some((key, literal)) = text.split_once('=') {
                    keys.push((key, with_text(value, literal)));
                }
            }
            "from-file" => {
                if let Some((key, file)) = text.split_once('=') {
                    keys.push((key, with_text(value, file)));
                } else {
                    let key = text
                        .rsplit_once('/')
                        .map_or_else(|| text.clone(), |(_, name)| name);
                    keys.push((key, value.clone()));
                }
            }
            "cert" => keys.push(("tls.crt".into(), value.clone())),
            "key" => keys.push(("tls.key".into(), value.clone())),
            "docker-server" => keys.push((".dockerconfigjson".into(), value.clone())),
            _ => {}
        }
    }
    vec![What::CreateObject {
        kind,
        name: name.clone(),
        namespace,
        keys,
    }]
}

fn with_text(value: &Value, text: Text) -> Value {
    Value {
        data: crate::fragment::value(text, value.span).data,
        ..value.clone()
    }
}

fn marked(options: &Options, namespace: Option<Value>, verb: &str) -> Vec<What> {
    let (kind, name, rest) = object_of(options, 1);
    let Some(kind) = kind else { return Vec::new() };
    let is_mark = |value: &&Value| {
        value
            .text()
            .is_some_and(|text| text.split_once('=').is_some())
    };
    let marks = rest
        .iter()
        .chain(name.iter())
        .filter(is_mark)
        .filter_map(|value| {
            let (key, mark) = value.text()?.split_once('=')?;
            Some((key, with_text(value, mark)))
        })
        .collect();
    let name = name.filter(|name| !is_mark(&name));
    vec![What::Mark {
        verb: verb.into(),
        kind,
        name,
        namespace,
        marks,
    }]
}

fn set_image(options: &Options) -> Vec<What> {
    let (_, name, rest) = object_of(options, 2);
    rest.iter()
        .filter_map(|value| {
            let (_, image) = value.text()?.split_once('=')?;
            Some(What::SetImage {
                target: name.clone(),
                image: Some(with_text(value, image)),
            })
        })
        .collect()
}

fn touched(options: &Options, namespace: Option<&Value>, verb: &str) -> Vec<What> {
    let at = match verb {
        // `rollout status deployment/x`
        "rollout" | "set" => 2,
        _ => 1,
    };
    if matches!(verb, "exec" | "logs") && !options.word(1).contains('/') {
        return Vec::new();
    }
    let (kind, name, _) = object_of(options, at);
    let (Some(kind), Some(name)) = (kind, name) else {
        return Vec::new();
    };
    vec![What::TouchObject {
        verb: verb.into(),
        kind,
        name,
        namespace: namespace.cloned(),
    }]
}

/// `deployment/api`, `deployment api`: kind, name, and the words after.
fn object_of(options: &Options, at: usize) -> (Option<Arc<str>>, Option<Value>, Vec<Value>) {
    let Some(first) = options.rest.get(at) else {
        return (None, None, Vec::new());
    };
    let after = |skip: usize| options.rest.iter().skip(skip).cloned().collect();
    if let Some((kind, name)) = first.text().and_then(|text| text.split_once('/')) {
        let kind = kind.literal().map(kind_name);
        return (kind, Some(with_text(first, name)), after(at + 1));
    }
    let kind = first.str().map(kind_name);
    (kind, options.rest.get(at + 1).cloned(), after(at + 2))
}

/// A kind as kinds are written, from any of the names that `kubectl` takes.
pub(crate) fn kind_name(word: &str) -> Arc<str> {
    let word = word.split('.').next().unwrap_or(word).to_lowercase();
    let known = match word.as_str() {
        "po" | "pod" | "pods" => "Pod",
        "deploy" | "deployment" | "deployments" => "Deployment",
        "sts" | "statefulset" | "statefulsets" => "StatefulSet",
        "ds" | "daemonset" | "daemonsets" => "DaemonSet",
        "rs" | "replicaset" | "replicasets" => "ReplicaSet",
        "svc" | "service" | "services" => "Service",
        "ing" | "ingress" | "ingresses" => "Ingress",
        "cm" | "configmap" | "configmaps" => "ConfigMap",
        "secret" | "secrets" => "Secret",
        "ns" | "namespace" | "namespaces" => "Namespace",
        "sa" | "serviceaccount" | "serviceaccounts" => "ServiceAccount",
        "pvc" | "persistentvolumeclaim" | "persistentvolumeclaims" => "PersistentVolumeClaim",
        "pv" | "persistentvolume" | "persistentvolumes" => "PersistentVolume",
        "job" | "jobs" => "Job",
        "cj" | "cronjob" | "cronjobs" => "CronJob",
        "no" | "node" | "nodes" => "Node",
        "hpa" | "horizontalpodautoscaler" | "horizontalpodautoscalers" => "HorizontalPodAutoscaler",
        "pdb" | "poddisruptionbudget" => "PodDisruptionBudget",
        "crd" | "crds" | "customresourcedefinition" | "customresourcedefinitions" => {
            "CustomResourceDefinition"
        }
        "sc" | "storageclass" | "storageclasses" => "StorageClass",
        "netpol" | "networkpolicy" | "networkpolicies" => "NetworkPolicy",
        "role" | "roles" => "Role",
        "rolebinding" | "rolebindings" => "RoleBinding",
        "clusterrole" | "clusterroles" => "ClusterRole",
        "clusterrolebinding" | "clusterrolebindings" => "ClusterRoleBinding",
        "externalsecret" | "externalsecrets" | "es" => "ExternalSecret",
        "secretstore" | "secretstores" => "SecretStore",
        "clustersecretstore" | "clustersecretstores" => "ClusterSecretStore",
        "application" | "applications" | "app" | "apps" => "Application",
        "certificate" | "certificates" | "cert" => "Certificate",
        "priorityclass" => "PriorityClass",
        "quota" | "resourcequota" => "ResourceQuota",
        "helmrelease" | "helmreleases" | "hr" => "HelmRelease",
        "kustomization" | "kustomizations" | "ks" => "Kustomization",
        "servicemonitor" | "servicemonitors" => "ServiceMonitor",
        _ => return word.into(),
    };
    known.into()
}
