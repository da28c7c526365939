//! What right definitions mean, and that nothing is said about them.

use seaworthy_definition::Definition;
use seaworthy_definition::model::*;
use seaworthy_diagnostics::text::{self, Colour};

/// Resolves what must be right.
fn platform_in(text: &str, environment: Option<&str>) -> Platform {
    let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
    let said = text::render(&definition.check(), &[definition.source()], Colour::Never);
    assert_eq!(said, "", "{text}");
    definition.resolve(environment).0
}

fn platform(text: &str) -> Platform {
    platform_in(text, None)
}

/// A platform with one service.
fn service(keys: &str) -> Service {
    let keys = format!("    {}\n", keys.replace('\n', "\n    "));
    let text = format!(
        "platform: harbour\nservices:\n  orders:\n{keys}databases:\n  ledger-book: {{}}\nsecrets:\n  token: {{}}\nbuckets:\n  files: {{}}\n"
    );
    platform(&text)
        .services
        .swap_remove("orders")
        .expect("the service is there")
}

#[test]
fn the_counter_of_the_design() {
    let text = include_str!("../../../../examples/counter/seaworthy.yaml");
    let base = platform(text);
    assert_eq!(base.name.as_str(), "counter");
    assert_eq!(base.environment, None);
    let names: Vec<&str> = base.services.keys().map(ServiceName::as_str).collect();
    assert_eq!(names, ["api", "web"]);
    let api = &base.services["api"];
    assert_eq!(
        api.source,
        ServiceSource::Build(Build {
            context: "../..".into(),
            kind: BuildKind::Cargo("counter-api".into())
        })
    );
    assert_eq!(
        api.main_port().map(|(name, port)| (name.as_str(), port)),
        Some(("http", 3030))
    );
    assert_eq!(
        api.probes
            .readiness
            .as_ref()
            .map(|p| (p.port.as_str(), p.period, p.failure_threshold)),
        Some(("admin", Span::seconds(5), 3))
    );
    assert_eq!(
        api.probes.startup.as_ref().map(|p| p.failure_threshold),
        Some(30)
    );
    assert_eq!(
        api.uses.iter().map(Resource::name).collect::<Vec<_>>(),
        ["counter"]
    );
    assert!(api.env["DB_PASSWORD"].is_secret());
    assert!(!api.env["DB_HOST"].is_secret());
    assert_eq!(
        api.resources,
        Resources {
            cpu: MilliCpu(100),
            memory: Bytes(128 << 20)
        }
    );
    assert_eq!(
        (api.scale.min, api.scale.max, api.scale.cpu),
        (2, 20, Some(Share(700_000)))
    );
    let slo = api.slo.as_ref().expect("it has objectives");
    assert_eq!(slo.availability, Some(Share(999_000)));
    assert_eq!(slo.window, Span::seconds(30 * 86_400));
    assert_eq!(slo.latency[&Share(990_000)].to_string(), "300ms");
    assert_eq!(api.route, None);
    let web = &base.services["web"];
    assert_eq!(
        web.uses.iter().map(Resource::name).collect::<Vec<_>>(),
        ["api"]
    );
    assert_eq!(
        web.route
            .as_ref()
            .map(|r| (r.host.as_str(), r.path.as_str(), r.timeout)),
        Some(("counter.example.com", "/", Span::seconds(60)))
    );
    let database = &base.databases["counter"];
    assert_eq!(
        (
            database.version,
            database.backup.keep.map(|span| span.to_string())
        ),
        (18, Some("3y".into()))
    );
    assert_eq!(database.backup.restore_test, Some(Rhythm::Weekly));

    let production = platform_in(text, Some("production"));
    assert_eq!(
        production.environment.as_ref().map(EnvironmentName::as_str),
        Some("production")
    );
    assert_eq!(
        production.services["api"].scale.min, 3,
        "the override counts"
    );
    assert_eq!(production.services["api"].scale.max, 20, "maps merge");
    assert_eq!(production.services["web"].scale, base.services["web"].scale);
    let environment = &production.environments["production"];
    assert!(environment.protected);
    assert_eq!(environment.zones, 3);
    assert_eq!(
        environment
            .budget
            .as_ref()
            .map(ToString::to_string)
            .as_deref(),
        Some("600 USD/month")
    );
    let development = &production.environments["development"];
    assert!(!development.protected);
    assert_eq!(development.zones, 2);
    let awake = development.awake.as_ref().expect("it sleeps at night");
    assert_eq!(
        (
            awake.days,
            awake.from,
            awake.until,
            awake.time_zone.as_str()
        ),
        ((0, 4), 420, 1200, "Europe/Paris")
    );
}

#[test]
fn short_forms_are_long_ones() {
    assert_eq!(
        service(
            "run: [app]\nport: 8080\nscale: 3\nroute: orders.example.com\nprobes: { readiness: /ready }\nmetrics: /stats"
        ),
        service(
            "run: [app]\nports: { http: 8080 }\nscale: { min: 3, max: 3 }\nroute: { host: orders.example.com, path: /, timeout: 60s }\n\
             probes: { readiness: { path: /ready, port: http, period: 10s, timeout: 1s, initial_delay: 0s } }\nmetrics: { path: /stats, port: http }"
        )
    );
    assert_eq!(
        service("build: .").source,
        service("build: { context: ., dockerfile: Dockerfile }").source
    );
    let command = service("build: { command: [make, app] }\nrun: [./app]");
    assert_eq!(
        command.source,
        ServiceSource::Build(Build {
            context: ".".into(),
            kind: BuildKind::Command(vec!["make".into(), "app".into()])
        })
    );
    assert_eq!(
        service("image: ghcr.io/acme/orders:1").source,
        ServiceSource::Image("ghcr.io/acme/orders:1".into())
    );
    assert_eq!(service("run: [app]").source, ServiceSource::Run);
}

#[test]
fn what_scales_aims_at_something() {
    let scale = |keys: &str| service(&format!("run: [app]\nscale: {{ {keys} }}")).scale;
    assert_eq!(scale("min: 2, max: 8").cpu, Some(Share(800_000)));
    assert_eq!(scale("min: 2, max: 8, requests: 50").cpu, None);
    assert_eq!(scale("min: 2").cpu, None);
    let one = scale("max: 1");
    assert_eq!((one.min, one.max), (1, 1));
}

#[test]
fn references_are_found_and_escaped() {
    let orders = service(
        "run: [app]\nenv:\n  DSN: \"x://${ledger-book.user}:${ledger-book.password}@h\"\n  LITERAL: $${ledger-book.host}\n  AT: ${files.region}\nuses: [token]",
    );
    assert_eq!(
        orders.env["DSN"].parts,
        [
            Part::Literal("x://".into()),
            Part::Reference(Reference::Database(
                DatabaseName::new("ledger-book"),
                DatabaseAttribute::User
            )),
            Part::Literal(":".into()),
            Part::Reference(Reference::Database(
                DatabaseName::new("ledger-book"),
                DatabaseAttribute::Password
            )),
            Part::Literal("@h".into()),
        ]
    );
    assert!(
        orders.env["DSN"].is_secret(),
        "one secret part makes the whole a secret"
    );
    assert_eq!(
        orders.env["LITERAL"],
        Template::literal("${ledger-book.host}")
    );
    assert_eq!(
        orders.uses.iter().map(Resource::name).collect::<Vec<_>>(),
        ["ledger-book", "files", "token"]
    );
    assert_eq!(DatabaseName::new("ledger-book").sql(), "ledger_book");
}

#[test]
fn the_main_port_is_http_or_the_first() {
    let main = |ports: &str| {
        let orders = service(&format!(
            "run: [app]\nports: {{ {ports} }}\nprobes: {{ liveness: / }}"
        ));
        let main = orders.main_port().expect("it has ports").0.to_string();
        assert_eq!(
            orders
                .probes
                .liveness
                .expect("it has a probe")
                .port
                .as_str(),
            main
        );
        main
    };
    assert_eq!(main("admin: 9090, http: 8080"), "http");
    assert_eq!(main("grpc: 9000, admin: 9090"), "grpc");
}

#[test]
fn anchors_merge_keys_and_keys_of_ones_own_are_fine() {
    let platform = platform(
        "\
platform: harbour
x-note: anything at all
x-service: &service
  port: 8080
  env: { LOG_LEVEL: info }
services:
  orders:
    <<: *service
    run: [app]
    x-owner: ann
  billing:
    <<: [*service]
    run: &app [app]
    env: { LOG_LEVEL: debug }
  mail:
    run: *app
",
    );
    assert_eq!(platform.services["orders"].ports["http"], 8080);
    assert_eq!(
        platform.services["billing"].env["LOG_LEVEL"],
        Template::literal("debug")
    );
    assert_eq!(platform.services["mail"].run, ["app"]);
}

#[test]
fn empty_maps_need_no_braces() {
    let platform = platform(
        "platform: harbour\nservices:\n  orders:\n    run: [app]\n    env:\n    probes:\ndatabases:\n  ledger:\nsecrets:\n  token:\n  other: what it is for\nbuckets:\nenvironments:\n  staging:\n",
    );
    assert_eq!(platform.databases["ledger"].version, 18);
    assert_eq!(
        platform.secrets["other"].description.as_deref(),
        Some("what it is for")
    );
    assert_eq!(platform.environments.len(), 1);
}

#[test]
fn everything_else_that_a_definition_may_hold() {
    let text = "\
platform: harbour
repository: { url: github.com/acme/harbour, id: 12, owner_id: 34 }
services:
  orders:
    was: sales
    build: { dockerfile: Dockerfile, target: release }
    port: 8080
    stop_grace: 2m
    resources: { cpu: 0.5, memory: 1.5Gi }
    scale: { min: 1, max: 4, requests: 50 }
databases:
  ledger: { version: 17, service: aurora, size: large, readers: 2, high_availability: true }
secrets:
  webhook: the channel of the team
jobs:
  report:
    service: orders
    command: [orders, report]
    schedule: \"*/15 6-18 1,15 jan-jun mon-fri\"
    time_zone: Europe/Paris
    env: { DB: \"${ledger.url}\" }
    timeout: 30m
buckets:
  files: { versioned: false, expire: 90d }
notify:
  team: { slack: webhook }
  boss: { mail: boss@example.com }
edge: { kind: envoy-gateway, cdn: true }
cluster:
  compute: self-managed
  secrets: secrets-store-csi
  logs: cloudwatch
  monitoring: own-cluster
  admins: [\"arn:aws:iam::111111111111:role/admin\"]
  public_access: [203.0.113.0/24]
delivery: { gitops: flux, ci: jenkins, gitops_repository: { url: github.com/acme/gitops, path: clusters } }
environments:
  production:
    account: \"011111111111\"
    region: us-gov-west-1
    deployment: blue
    existing: { network: vpc-0123456789abcdef0, cluster: shared, zone: example.com }
    notify: [team, boss]
    protected: false
    override:
      jobs: { report: { schedule: 0 4 * * * } }
      databases: { ledger: { size: medium } }
      cluster: { admins: [] }
";
    let platform = platform_in(text, Some("production"));
    let repository = platform.repository.expect("it has a repository");
    assert_eq!(
        (
            repository.host.as_str(),
            repository.owner.as_str(),
            repository.name.as_str()
        ),
        ("github.com", "acme", "harbour")
    );
    assert_eq!((repository.id, repository.owner_id), (Some(12), Some(34)));
    let orders = &platform.services["orders"];
    assert_eq!(orders.was, Some(ServiceName::new("sales")));
    assert_eq!(orders.stop_grace, Span::seconds(120));
    assert_eq!(
        orders.resources,
        Resources {
            cpu: MilliCpu(500),
            memory: Bytes(3 << 29)
        }
    );
    assert_eq!(orders.scale.requests, Some(50));
    let ledger = &platform.databases["ledger"];
    assert_eq!(
        (ledger.service, ledger.size, ledger.readers),
        (DatabaseService::Aurora, DatabaseSize::Medium, 2)
    );
    let report = &platform.jobs["report"];
    assert_eq!(
        (report.schedule.as_str(), report.timeout),
        ("0 4 * * *", Span::seconds(1800))
    );
    assert!(report.env["DB"].is_secret());
    assert_eq!(
        platform.buckets["files"]
            .expire
            .map(|span| span.to_string())
            .as_deref(),
        Some("90d")
    );
    assert_eq!(
        platform.notify["team"].channel,
        Channel::Slack(SecretName::new("webhook"))
    );
    assert_eq!(
        platform.edge,
        Edge {
            kind: EdgeKind::EnvoyGateway,
            waf: false,
            cdn: true,
            rate_limit: None
        }
    );
    assert_eq!(
        platform.cluster.admins,
        Vec::<String>::new(),
        "lists replace"
    );
    assert_eq!(platform.cluster.logs, Logs::CloudWatch);
    assert_eq!(
        platform.delivery.gitops_repository.expect("elsewhere").path,
        "clusters"
    );
    let environment = &platform.environments["production"];
    assert_eq!(environment.account.as_deref(), Some("011111111111"));
    assert_eq!(environment.existing.cluster.as_deref(), Some("shared"));
    assert_eq!(environment.notify.len(), 2);
}

#[test]
fn an_environment_that_does_not_exist_is_named() {
    let (definition, _) = Definition::read("seaworthy.yaml", b"platform: harbour\nservices:\n  orders: { run: [app] }\nenvironments:\n  production: {}\n");
    let (platform, diagnostics) = definition.resolve(Some("prod"));
    assert_eq!(platform.environment, None);
    assert_eq!(diagnostics[0].message, "no environment is called `prod`");
    assert_eq!(diagnostics[0].hints, ["did you mean `production`?"]);
}

#[test]
fn a_hundred_megabytes_are_refused_by_size() {
    let bytes = vec![b' '; 100 << 20];
    let (definition, diagnostics) = Definition::read("seaworthy.yaml", &bytes);
    let said = text::render(&diagnostics, &[definition.source()], Colour::Never);
    assert!(
        said.starts_with(
            "error[yaml/too-large]: the file is too large: 100 MiB, and at most 4 MiB are read"
        ),
        "{said}"
    );
    assert_eq!(definition.check(), diagnostics);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    let text = "\u{feff}platform: harbour\r\nservices:\r\n  orders:\r\n    run: [app]\r\n";
    assert_eq!(
        platform(text),
        platform(&text.replace(['\r', '\u{feff}'], ""))
    );
    let (definition, diagnostics) = Definition::read(
        "seaworthy.yaml",
        "\u{feff}platfrom: harbour\r\nservice:\r\n  orders: { run: [app] }\r\n".as_bytes(),
    );
    let said = text::render(&diagnostics, &[definition.source()], Colour::Never);
    assert_eq!(
        said,
        "\
error[definition/unknown-key]: unknown key `platfrom`
 --> seaworthy.yaml:1:1
  |
1 | platfrom: harbour
  | ^^^^^^^^
  |
hint: did you mean `platform`?

error[definition/unknown-key]: unknown key `service`
 --> seaworthy.yaml:2:1
  |
2 | service:
  | ^^^^^^^
  |
hint: did you mean `services`?
"
    );
}

#[test]
fn what_was_reported_is_not_reported_again() {
    // One mistake each, which could have many consequences.
    for text in [
        "platform: harbour\nservices:\n  orders: { run: [app], env: { A: \"${ledger.host}\" }, uses: [ledger] }\ndatabases: [ledger]\n",
        "platform: harbour\nservices:\n  orders: { run: [app], ports: [8080], probes: { readiness: { path: /, port: http } }, route: a.example.com }\n",
        "platform: harbour\nservices:\n  orders: { run: [app], port: high, probes: { readiness: / } }\n  web: { run: [app], env: { A: \"${orders.url}\" } }\n",
        "platform: harbour\nservices:\n  orders: { command: app }\n",
        "platform: harbour\nservices:\n  orders: { run: app }\n",
        "platform: harbour\nservices:\n  Orders: { run: [app], port: 80 }\n  web: { run: [app], env: { A: \"${Orders.url}\" } }\n",
        "platform: harbour\nservices:\n  orders: { run: [app], scale: { min: many, max: 5, cpu: 50% } }\n",
        "platform: harbour\nservices:\n  orders: { run: [app], scale: { max: many, cpu: 50% } }\n",
        "platform: harbour\nservices:\n  orders: { run: [app] }\nnotify: []\nenvironments:\n  production: { notify: [team] }\n",
        "platform: harbour\nservices: orders\njobs:\n  report: { service: orders, command: [a], schedule: 0 4 * * * }\n",
        "platfrom: harbour\nservices:\n  orders: { run: [app] }\n",
        "platform: Harbour\nservices:\n  orders: { run: [app] }\nenvironments:\n  a: {}\n  b: {}\n",
    ] {
        let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
        let diagnostics = definition.check();
        let said = text::render(&diagnostics, &[definition.source()], Colour::Never);
        assert_eq!(diagnostics.len(), 1, "{said}");
    }
}
