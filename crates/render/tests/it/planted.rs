//! Faults that real platforms had, each by the number that it has in the list of faults to plant. Here are those that a
//! rendered tree shows; those that need AWS are in `seaworthy`'s tests of platforms and `seaworthy-provision`'s.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hcl_edit::structure::{Body, Structure};
use seaworthy_definition::Definition;
use seaworthy_diagnostics::Severity;
use seaworthy_render::opentofu::{Root, RootName, roots};
use seaworthy_render::{Input, Rendered};

use crate::platforms::{Platform, all, definition, rendered};
use crate::written::{blocks, calls, modules, modules_with, resource, source, statements, value};

const SMALL: &str = "platform: counter
services:
  web:
    image: example.com/web@sha256:0000000000000000000000000000000000000000000000000000000000000000
    port: 8080
";

/// OIDC trust for any branch or an old name of the repository; a policy of an administrator.
#[test]
fn planted_fault_10_no_role_trusts_more_than_one_environment_of_one_repository_or_may_do_everything()
 {
    for pattern in [
        "github.com/acme/*",
        "github.com/*/counter",
        "github.com/acme/count?r",
        "github.com/acme",
    ] {
        let text = format!("{SMALL}repository: {pattern}\n");
        assert!(
            !errors(&text).is_empty(),
            "`{pattern}` is taken for a repository"
        );
    }
    let text =
        with_environments("  production: { account: \"111111111111\", region: eu-west-3 }\n");
    let of = |name: &str| {
        infra(&rendered(
            "renamed",
            &format!("{text}repository: github.com/acme/{name}\n"),
        ))
    };
    assert!(of("counter-old").contains("counter-old"));
    assert!(
        !of("renamed").contains("counter-old"),
        "the former name stays"
    );

    for (file, text) in modules() {
        for administrator in ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"] {
            // A network policy of EKS is called so as well, and opens Kubernetes only.
            let named = text.contains(&format!(":aws:policy/{administrator}"));
            assert!(!named, "{file} gives {administrator}");
        }
        for (id, statement) in statements(&text, "aws_iam_policy_document") {
            let everything = ["actions", "not_actions"].iter().any(|key| {
                value(statement.body.get_attribute(key)).is_some_and(|said| said.contains("\"*\""))
            });
            let allows = statement.body.get_attribute("effect").is_none();
            assert!(!(everything && allows), "{file}: {id} allows everything");
        }
        let trusts_github = text.contains("token.actions.githubusercontent.com:sub");
        if trusts_github {
            assert!(
                !text.contains("StringLike"),
                "{file}: subjects are compared by patterns"
            );
        }
    }
}

/// A second environment of one account makes the OIDC provider again.
#[test]
fn planted_fault_11_an_account_has_one_oidc_provider_whatever_its_environments() {
    let providers = |rendered: &Rendered| -> Vec<String> {
        let files = rendered
            .tree
            .iter()
            .filter(|(path, _)| path.ends_with("main.tf"));
        files
            .filter(|(path, file)| {
                !path.starts_with("infra/modules/") && file.text.contains("modules/github-oidc\"")
            })
            .map(|(path, _)| path.to_owned())
            .collect()
    };
    let mut environments = String::new();
    for number in 1..5 {
        let region = 1 + number % 3;
        let _ = writeln!(
            environments,
            "  e{number}: {{ account: \"111111111111\", region: eu-west-{region} }}"
        );
        let text = format!(
            "{}repository: github.com/acme/counter\n",
            with_environments(&environments)
        );
        let found = providers(&rendered("environments", &text));
        assert_eq!(found, ["infra/accounts/111111111111/shared/main.tf"]);
    }
    let made: Vec<&String> = modules_with("aws_iam_openid_connect_provider");
    assert_eq!(made, ["github-oidc"]);
}

/// Backups in a bucket that is emptied on destroy, keeps no versions and never ends, and that nobody may read.
#[test]
fn planted_fault_13_dumps_are_locked_versioned_kept_and_can_be_restored() {
    let module = modules();
    let dumps = &module["dump-bucket/main.tf"];
    let body: Body = dumps.parse().expect("it is HCL");
    let bucket = resource(&body, "aws_s3_bucket");
    assert!(bucket.body.get_attribute("force_destroy").is_none());
    assert_eq!(
        value(bucket.body.get_attribute("object_lock_enabled")).as_deref(),
        Some("true")
    );
    assert!(dumps.contains("status = \"Enabled\""));
    for kind in [
        "aws_s3_bucket_versioning",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_object_lock_configuration",
    ] {
        resource(&body, kind);
    }
    let mut seen = 0;
    for platform in all() {
        let tree = platform.render().tree;
        for (path, file) in tree
            .iter()
            .filter(|(path, _)| path.ends_with("/data/main.tf"))
        {
            let body: Body = file.text.parse().expect("it is HCL");
            let calls = calls(&body);
            if !calls.iter().any(|call| source(call) == "dump-bucket") {
                continue;
            }
            seen += 1;
            let services = path.replace("/data/", "/services/");
            let services = &tree.get(&services).expect("it has identities").text;
            for right in ["dump_write_policy", "dump_restore_policy"] {
                assert!(services.contains(right), "{path}: nobody has the {right}");
            }
            for call in calls.iter().filter(|call| source(call) == "bucket") {
                let force = value(call.body.get_attribute("force_destroy"));
                assert_eq!(force.as_deref(), Some("false"), "{path}: {:?}", call.labels);
            }
        }
    }
    assert!(seen > 1, "only {seen} environments keep dumps");
}

/// A rule that refuses addresses of one family only.
#[test]
fn planted_fault_16_the_firewall_has_no_rule_for_one_family_of_addresses() {
    let modules = modules();
    let firewall = &modules["web-acl/main.tf"];
    let body: Body = firewall.parse().expect("it is HCL");
    let acl = resource(&body, "aws_wafv2_web_acl");
    let kinds: BTreeSet<String> = blocks(&acl.body, "statement")
        .iter()
        .flat_map(|statement| statement.body.iter().filter_map(Structure::as_block))
        .map(|block| block.ident.to_string())
        .collect();
    // Managed groups and a limit by client see both; a set of addresses is of one family.
    let both = ["managed_rule_group_statement", "rate_based_statement"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(both));
    assert!(modules_with("aws_wafv2_ip_set").is_empty());
    // The whole internet is let in, or named ranges, but never one family of it by mistake.
    for (file, text) in &modules {
        let (four, six) = (text.contains("\"0.0.0.0/0\""), text.contains("\"::/0\""));
        assert!(four || !six, "{file} names the whole of IPv6 only");
    }
}

/// A node group in one subnet, one NAT gateway and a database in one zone, in production.
#[test]
fn planted_fault_17_nothing_of_a_protected_environment_stands_in_one_zone() {
    let mut seen = 0;
    for platform in all() {
        let definition = definition(&platform.name, &platform.text);
        let input = Input::new(&definition, &[]);
        let rendered = platform.render();
        for scope in input.scopes().filter(|scope| scope.environment.protected) {
            seen += 1;
            let text = |root: &str| {
                let path = format!("infra/{}/{root}/main.tf", scope.environment.name);
                rendered
                    .tree
                    .get(&path)
                    .map_or("", |file| file.text.as_str())
                    .to_owned()
            };
            let network: Body = text("network").parse().expect("it is HCL");
            let network = calls(&network)[0].clone();
            let zones: u32 = value(network.body.get_attribute("zones"))
                .and_then(|zones| zones.parse().ok())
                .expect("a number");
            assert!(zones >= 2, "{}: {zones} zones", platform.name);
            let nat = value(network.body.get_attribute("nat"));
            assert_eq!(nat.as_deref(), Some("\"per-zone\""), "{}", platform.name);
            let cluster: Body = text("cluster").parse().expect("it is HCL");
            for call in calls(&cluster) {
                // Every subnet of a kind, and never one that is picked.
                if let Some(subnets) = value(call.body.get_attribute("subnet_ids")) {
                    assert!(
                        subnets.ends_with("_subnet_ids"),
                        "{}: {subnets}",
                        platform.name
                    );
                }
            }
            let data: Body = text("data").parse().expect("it is HCL");
            for call in calls(&data) {
                let standby = match source(call) {
                    "rds-postgres" => {
                        value(call.body.get_attribute("multi_az")).as_deref() == Some("true")
                    }
                    "aurora-postgres" => value(call.body.get_attribute("instances"))
                        .is_some_and(|instances| instances.contains("\"2\"")),
                    _ => true,
                };
                assert!(
                    standby,
                    "{}: {:?} has no standby",
                    platform.name, call.labels
                );
            }
        }
    }
    assert!(seen > 4, "only {seen} protected environments");
    let one = with_environments(
        "  production: { account: \"111111111111\", region: eu-west-3, zones: 1 }\n",
    );
    assert!(!errors(&one).is_empty(), "one zone is taken");
}

/// An elastic address in the state of a cluster: whoever destroys the cluster loses the address that others allow.
#[test]
fn planted_fault_18_addresses_stand_in_the_state_of_the_network_only() {
    assert_eq!(modules_with("aws_eip"), ["network"]);
    for platform in all() {
        for root in all_roots(&platform) {
            if root.modules.contains(&"network") {
                assert_eq!(
                    root.name,
                    RootName::Network,
                    "{}: {}",
                    platform.name,
                    root.folder
                );
            }
        }
    }
}

/// Two deployments of one platform whose names collide.
#[test]
fn planted_fault_27_deployments_side_by_side_share_no_name_and_no_state() {
    let platforms = all();
    let two = platforms
        .iter()
        .find(|platform| platform.name == "two-deployments");
    let two = two.expect("it is one of them");
    let tree = two.render().tree;
    let names = |environment: &str| -> BTreeSet<String> {
        tree.iter()
            .filter(|(path, _)| path.starts_with(&format!("infra/{environment}/")))
            .flat_map(|(_, file)| names(&file.text))
            .collect()
    };
    let (blue, green) = (names("blue"), names("green"));
    assert!(blue.len() > 10, "{blue:?}");
    let shared: Vec<&String> = blue.intersection(&green).collect();
    assert!(shared.is_empty(), "{shared:?}");
    let places: Vec<(String, String)> = all_roots(two)
        .into_iter()
        .map(|root| (root.bucket, root.key))
        .collect();
    let distinct: BTreeSet<&(String, String)> = places.iter().collect();
    assert_eq!(distinct.len(), places.len(), "{places:?}");

    let collides = with_environments(
        "  production: { account: \"111111111111\", region: eu-west-3, deployment: blue }\n  \
         production-blue: { account: \"111111111111\", region: eu-central-1 }\n",
    );
    let said = errors(&collides);
    assert!(
        said.iter()
            .any(|said| said.contains("one and the same in AWS")),
        "{said:?}"
    );
    assert!(errors(&collides.replacen("111111111111", "222222222222", 1)).is_empty());
}

/// An optional text that is empty counts as set.
#[test]
fn planted_fault_28_an_empty_text_is_refused_where_none_and_some_are_two_things() {
    let environment = |more: &str| {
        format!(
            "{}repository: github.com/acme/counter\n",
            with_environments(&format!(
                "  staging:\n    account: \"111111111111\"\n    region: eu-west-3\n{more}"
            ))
        )
    };
    let plain = infra(&rendered("plain", &environment("")));
    for (key, some) in [
        ("deployment", "blue"),
        ("existing:network", "vpc-0123456789abcdef0"),
        ("existing:cluster", "platform"),
        ("existing:zone", "example.com"),
        ("budget", "60 USD/month"),
        ("awake", "mon-fri 07:00-20:00 Europe/Paris"),
    ] {
        let line = |value: &str| match key.split_once(':') {
            Some((above, key)) => format!("    {above}: {{ {key}: {value} }}\n"),
            None => format!("    {key}: {value}\n"),
        };
        assert!(
            !errors(&environment(&line("\"\""))).is_empty(),
            "`{key}` may be empty"
        );
        let absent = infra(&rendered("absent", &environment("")));
        assert_eq!(absent, plain);
        // A zone shows in what a route needs, hours in what runs at them; all of them are taken.
        assert!(
            errors(&environment(&line(some))).is_empty(),
            "`{key}: {some}` is refused"
        );
    }
    let deployed = infra(&rendered(
        "deployed",
        &environment("    deployment: blue\n"),
    ));
    assert!(deployed.contains("counter-staging-blue") && !plain.contains("counter-staging-blue"));

    // The same in the modules: what may be null may not be empty.
    let mut seen = 0;
    for (file, text) in modules()
        .iter()
        .filter(|(file, _)| file.ends_with("/variables.tf"))
    {
        let body: Body = text.parse().expect("it is HCL");
        for variable in body.iter().filter_map(Structure::as_block) {
            let is_null = value(variable.body.get_attribute("default")).as_deref() == Some("null");
            let is_text = value(variable.body.get_attribute("type")).as_deref() == Some("string");
            if is_null && is_text {
                seen += 1;
                let name = variable.labels[0].as_str();
                let refuses = format!("var.{name} != \"\"");
                let checked = blocks(&variable.body, "validation")
                    .iter()
                    .any(|validation| {
                        value(validation.body.get_attribute("condition"))
                            .is_some_and(|condition| condition.contains(&refuses))
                    });
                assert!(checked, "{file}: `{name}` may be empty");
            }
        }
    }
    assert!(seen > 2, "only {seen} variables");
}

/// What is wrong with a definition.
fn errors(text: &str) -> Vec<String> {
    let (definition, _) = Definition::read("seaworthy.yaml", text.as_bytes());
    let found = definition.check().into_iter();
    found
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| diagnostic.message)
        .collect()
}

fn with_environments(environments: &str) -> String {
    format!("{SMALL}environments:\n{environments}")
}

/// Every file of the roots, one after the other.
fn infra(rendered: &Rendered) -> String {
    let files = rendered.tree.iter();
    files
        .filter(|(path, _)| path.starts_with("infra/") && !path.starts_with("infra/modules/"))
        .map(|(_, file)| file.text.as_str())
        .collect()
}

fn all_roots(platform: &Platform) -> Vec<Root> {
    let definition = definition(&platform.name, &platform.text);
    roots(&Input::new(&definition, &[]))
}

/// The texts in a root's file that begin as names of AWS things do.
fn names(text: &str) -> BTreeSet<String> {
    let texts = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    texts
        .filter(|line| !line.contains("bucket  ") && !line.contains("bucket ="))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .filter(|text| text.starts_with("counter-") && !text.contains(' '))
        .map(str::to_owned)
        .collect()
}
