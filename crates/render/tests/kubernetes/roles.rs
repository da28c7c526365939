//! The step that makes database roles, run as the job runs it: the rendered command and script, a real `psql`, a real
//! PostgreSQL, and a master role without a superuser's rights, as RDS gives one.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use seaworthy_testkit::postgres::Postgres;
use seaworthy_testkit::tools;
use serde_json::Value;

use crate::tree::{Platform, platforms};

const PASSWORDS: [(&str, &str); 3] = [
    ("master", "Master0secret"),
    ("counter_owner", "Owner0secret"),
    ("api", "Api0secret"),
];

#[tokio::test]
async fn the_job_makes_roles_and_run_again_changes_nothing() {
    let postgres = Postgres::start().await;
    let superuser = postgres.connect_as_superuser().await;
    superuser
        .batch_execute("CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'Master0secret'")
        .await
        .expect("the superuser may");
    superuser
        .batch_execute("CREATE DATABASE counter OWNER master")
        .await
        .expect("the superuser may");

    let folder = tempfile::tempdir().expect("a folder");
    let job = Job::rendered(folder.path());
    for time in ["first", "second"] {
        let output = job.run(&postgres, "false");
        assert!(
            output.status.success(),
            "the {time} time: {}",
            talk(&output)
        );
        assert!(!talk(&output).contains("secret"), "{}", talk(&output));
    }

    let as_role = |role: &str, sql: &str| psql(&postgres, role, sql);
    // The owner makes tables, the service fills them and makes none.
    let made = as_role(
        "counter_owner",
        "CREATE TABLE counters (n int); SELECT 'made'",
    );
    assert!(made.status.success(), "{}", talk(&made));
    let filled = as_role(
        "api",
        "INSERT INTO counters VALUES (1); SELECT count(*) FROM counters",
    );
    assert!(filled.status.success(), "{}", talk(&filled));
    let refused = as_role("api", "CREATE TABLE mine (n int)");
    assert!(
        talk(&refused).contains("permission denied"),
        "{}",
        talk(&refused)
    );
    // What was stored is a verifier.
    let stored = superuser
        .query(
            "SELECT rolpassword FROM pg_authid WHERE rolname IN ('api', 'counter_owner')",
            &[],
        )
        .await
        .expect("the superuser may");
    assert_eq!(stored.len(), 2);
    for row in stored {
        assert!(row.get::<_, String>(0).starts_with("SCRAM-SHA-256$"));
    }
    // Nobody else gets in.
    superuser
        .batch_execute("CREATE ROLE stranger LOGIN PASSWORD 'Stranger0secret'")
        .await
        .expect("the superuser may");
    let stranger = run_psql(&postgres, "stranger", "Stranger0secret", "SELECT 1");
    assert!(
        talk(&stranger).contains("permission denied for database"),
        "{}",
        talk(&stranger)
    );

    // Where nobody migrates, the service acts as the owner.
    let output = job.run(&postgres, "true");
    assert!(output.status.success(), "{}", talk(&output));
    let mine = as_role(
        "api",
        "CREATE TABLE mine (n int); SELECT tableowner FROM pg_tables WHERE tablename = 'mine'",
    );
    assert!(
        String::from_utf8_lossy(&mine.stdout).contains("counter_owner"),
        "{}",
        talk(&mine)
    );
}

/// The step as it is rendered.
struct Job {
    /// `/bin/sh -c …`, with the script where it stands here.
    command: Vec<String>,
    /// The variables that it is given.
    env: Vec<String>,
}

impl Job {
    fn rendered(folder: &Path) -> Self {
        let counter = platforms()
            .into_iter()
            .find(|platform| platform.name == "counter");
        let tree = counter
            .as_ref()
            .map(Platform::render)
            .expect("it is an example")
            .tree;
        let read = |file: &str| -> Value {
            let path = format!("gitops/services/api/migration/base/{file}.yaml");
            yaml_serde::from_str(&tree.get(&path).expect("it is rendered").text)
                .expect("it is YAML")
        };
        let script = folder.join("roles.sql");
        let text = read("configmap")["data"]["roles.sql"]
            .as_str()
            .map(str::to_owned);
        fs::write(&script, text.expect("it holds the script")).expect("a file");

        let step = read("job")["spec"]["template"]["spec"]["initContainers"][0].clone();
        let texts = |value: &Value, key: Option<&str>| -> Vec<String> {
            let items = value.as_array().expect("it is a list").iter();
            items
                .filter_map(|item| key.map_or(Some(item), |key| item.get(key))?.as_str())
                .map(str::to_owned)
                .collect()
        };
        let command = texts(&step["command"], None);
        Self {
            command: command
                .into_iter()
                .map(|part| part.replace("/sql/roles.sql", &script.display().to_string()))
                .collect(),
            env: texts(&step["env"], Some("name")),
        }
    }

    fn run(&self, postgres: &Postgres, acts_as_owner: &str) -> Output {
        let port = postgres.port().to_string();
        let ca = postgres.ca_file().display().to_string();
        let mut given = vec![
            ("PGHOST", "127.0.0.1"),
            ("PGPORT", port.as_str()),
            ("PGDATABASE", "counter"),
            ("PGUSER", "master"),
            ("PGPASSWORD", PASSWORDS[0].1),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", ca.as_str()),
            ("OWNER", PASSWORDS[1].0),
            ("OWNER_PASSWORD", PASSWORDS[1].1),
            ("ROLE", PASSWORDS[2].0),
            ("ROLE_PASSWORD", PASSWORDS[2].1),
            ("ACTS_AS_OWNER", acts_as_owner),
        ];
        given.sort_unstable();
        let names: Vec<_> = given.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, self.env, "the job is given other variables");
        // In a session of its own: a container has no terminal to ask for passwords at either.
        Command::new("setsid")
            .arg("--wait")
            .args(&self.command)
            .env_clear()
            .envs(given)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::null())
            .output()
            .expect("the shell starts")
    }
}

fn psql(postgres: &Postgres, role: &str, sql: &str) -> Output {
    let password = PASSWORDS.iter().find(|(name, _)| *name == role);
    run_psql(postgres, role, password.expect("it is listed").1, sql)
}

fn run_psql(postgres: &Postgres, role: &str, password: &str, sql: &str) -> Output {
    Command::new(tools::program("psql"))
        .args(["--no-psqlrc", "--no-password", "--set=ON_ERROR_STOP=1"])
        .arg(format!("--command={sql}"))
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", postgres.port().to_string())
        .env("PGDATABASE", "counter")
        .env("PGUSER", role)
        .env("PGPASSWORD", password)
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", postgres.ca_file())
        .output()
        .expect("psql starts")
}

fn talk(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
