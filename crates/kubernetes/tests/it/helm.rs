//! Local charts.

use crate::{one, read};

const HELPERS: &str = "{{- define \"web.name\" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix \"-\" -}}
{{- end -}}
{{- define \"web.labels\" }}
app.kubernetes.io/name: {{ include \"web.name\" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
";

const SERVICE: &str = "{{- if .Values.service.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-{{ include \"web.name\" . }}
  labels: {{- include \"web.labels\" . | nindent 4 }}
  annotations:
    {{- with .Values.service.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  type: {{ .Values.service.type | default \"ClusterIP\" | quote }}
  ports:
    {{- range $name, $port := .Values.service.ports }}
    - name: {{ $name }}
      port: {{ $port }}
    {{- end }}
  selector: {{ include \"web.labels\" . | nindent 4 }}
{{- end }}
";

const VALUES: &str = "service:
  enabled: true
  annotations:
    a/b: c
  ports:
    http: 80
    admin: 8081
";

#[test]
fn templates_are_run_and_places_are_kept() {
    let read = read(&[
        (
            "charts/web/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("charts/web/values.yaml", VALUES),
        ("charts/web/templates/_helpers.tpl", HELPERS),
        ("charts/web/templates/service.yaml", SERVICE),
    ]);
    let cluster = read.cluster("default");
    assert!(!cluster.incomplete, "{:?}", read.facts.unseen);
    let service = one(cluster, "Service");
    assert_eq!(service.name(), Some("web-web"));
    assert_eq!(
        service.label("app.kubernetes.io/name").unwrap().str(),
        Some("web")
    );
    let annotation = service.annotation("a/b").unwrap();
    assert_eq!(read.at(annotation), "charts/web/values.yaml:4");
    let port = service.at("spec.ports.1.port").unwrap();
    assert_eq!(port.int(), Some(80));
    assert_eq!(read.at(port), "charts/web/templates/service.yaml:16");
    let origin = port.trail.origin().unwrap();
    assert_eq!(read.sources.line(origin), 6);
    assert_eq!(service.at("spec.type").unwrap().str(), Some("ClusterIP"));
}

#[test]
fn values_of_an_environment_win() {
    let read = read(&[
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("chart/values.yaml", VALUES),
        (
            "chart/values-prod.yaml",
            "service:\n  ports:\n    http: 8080\n    admin: null\n",
        ),
        ("chart/templates/_helpers.tpl", HELPERS),
        ("chart/templates/service.yaml", SERVICE),
    ]);
    let service = one(read.cluster("production"), "Service");
    let ports: Vec<_> = service
        .at("spec.ports")
        .unwrap()
        .items()
        .iter()
        .filter_map(|port| port.get("port")?.int())
        .collect();
    assert!(ports.contains(&8080), "{ports:?}");
}

#[test]
fn what_cannot_be_run_is_not_seen() {
    let read = read(&[
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
        ),
        ("chart/templates/a.yaml", "kind: {{ frobnicate .Values }}\n"),
    ]);
    assert!(read.cluster("default").incomplete);
    assert_eq!(read.facts.unseen.len(), 1);
}
