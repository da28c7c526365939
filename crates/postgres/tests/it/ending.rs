//! Ending: asked to, killed, and together with the process that started it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use seaworthy_postgres::{Server, StartError, running_on, stop_leftover};

use crate::{Place, as_owner_of, eighteen, execute, number};

const PATIENCE: Duration = Duration::from_secs(20);

/// A process of the test's own, ended with it.
struct Stranger(Child);

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn stop_does_not_wait_for_clients() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let client = server.connect(&server.superuser_config()).await.unwrap();
    let sleeping = tokio::spawn(async move { client.batch_execute("SELECT pg_sleep(60)").await });
    tokio::time::sleep(Duration::from_millis(100)).await;

    let began = Instant::now();
    assert!(server.stop(PATIENCE).await.success());
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(sleeping.await.unwrap().is_err());
    assert_eq!(running_on(&place.cluster()), None);
}

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    let mut server = Server::start(options.clone()).await.unwrap();
    execute(&server, "CREATE TABLE kept (n int)").await;
    for n in 1..=5 {
        execute(&server, &format!("INSERT INTO kept VALUES ({n})")).await;
        // A client in the middle of something, so that a child outlives the postmaster for a moment.
        let client = server.connect(&server.superuser_config()).await.unwrap();
        let busy = tokio::spawn(async move {
            client
                .batch_execute("SELECT count(*) FROM generate_series(1, 100000000)")
                .await
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!server.kill().await.success());
        server = Server::start(options.clone()).await.unwrap();
        assert_eq!(number(&server, "SELECT count(*)::int FROM kept").await, n);
        assert!(busy.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn its_end_is_seen() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let pid = rustix::process::Pid::from_raw(server.pid().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::QUIT).unwrap();
    tokio::time::timeout(PATIENCE, server.exited())
        .await
        .expect("the end is noticed");
    assert!(
        server
            .last_log_lines(5)
            .iter()
            .any(|line| line.contains("immediate shutdown"))
    );
}

#[tokio::test]
async fn dropping_ends_it() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    assert_eq!(running_on(&place.cluster()), Some(server.pid()));
    drop(server);
    assert_eq!(running_on(&place.cluster()), None);
}

const SUPERVISED: &str = "SEAWORTHY_TEST_SUPERVISED";

/// Not a test of its own: the process that the next two start and kill. By itself it has nothing to do.
#[tokio::test]
async fn supervisor() {
    let Some(folder) = std::env::var_os(SUPERVISED) else {
        return;
    };
    let place = std::path::PathBuf::from(folder);
    let mut options = Place::new().options(&eighteen().await);
    (options.folder, options.log) = (place.join("cluster"), place.join("postgres.log"));
    println!("\nbegin");
    let server = Server::start(options).await.unwrap();
    println!("up {}", server.pid());
    std::future::pending::<()>().await;
}

fn supervisor_of(place: &Place) -> (Stranger, impl Iterator<Item = String>) {
    let mut supervisor = Stranger(
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "ending::supervisor"])
            .env(SUPERVISED, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let output = BufReader::new(supervisor.0.stdout.take().unwrap());
    (supervisor, output.lines().map(Result::unwrap))
}

#[tokio::test]
async fn it_ends_with_a_killed_supervisor_or_is_found_by_the_next() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    for _ in 0..3 {
        let (mut supervisor, mut output) = supervisor_of(&place);
        let up = output
            .find(|line| line.starts_with("up "))
            .expect("the supervisor is up");
        let pid: u32 = up["up ".len()..].parse().unwrap();
        assert_eq!(running_on(&place.cluster()), Some(pid));

        supervisor.0.kill().unwrap();
        supervisor.0.wait().unwrap();
        if cfg!(target_os = "linux") {
            let deadline = Instant::now() + PATIENCE;
            while running_on(&place.cluster()).is_some() {
                assert!(
                    Instant::now() < deadline,
                    "the server outlives its supervisor"
                );
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        stop_leftover(&place.cluster(), PATIENCE).await.unwrap();
        let server = Server::start(options.clone()).await.unwrap();
        assert_eq!(number(&server, "SELECT 7").await, 7);
        server.stop(PATIENCE).await;
    }
    assert!(place.log().contains("fast shutdown") || !cfg!(target_os = "linux"));
}

#[tokio::test]
async fn a_supervisor_killed_during_a_first_start_leaves_nothing_in_the_way() {
    for milliseconds in [5, 100, 250, 400, 600, 900] {
        let place = Place::new();
        let (mut supervisor, mut output) = supervisor_of(&place);
        output
            .find(|line| line == "begin")
            .expect("the supervisor begins");
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        supervisor.0.kill().unwrap();
        supervisor.0.wait().unwrap();

        stop_leftover(&place.cluster(), PATIENCE).await.unwrap();
        let server = Server::start(place.options(&eighteen().await))
            .await
            .unwrap();
        assert_eq!(number(&server, "SELECT 7").await, 7);
        let left: Vec<_> = fs::read_dir(place.cluster())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["data", "tls", "superuser-password"].contains(&name.as_str()))
            .collect();
        assert!(left.is_empty(), "{left:?} after {milliseconds} ms");
    }
}

#[tokio::test]
async fn a_leftover_server_is_found_and_ended() {
    let place = Place::with_cluster(&eighteen().await).await;
    let installation = eighteen().await;
    let options = place.options(&installation);
    let server = Server::start(options.clone()).await.unwrap();
    execute(&server, "CREATE TABLE kept AS SELECT 42 AS n").await;
    let data = server.data();
    server.stop(PATIENCE).await;
    assert!(
        !stop_leftover(&place.cluster(), PATIENCE).await.unwrap(),
        "there is none yet"
    );

    let mut postgres = Command::new(installation.bin().join("postgres"));
    postgres.arg("-D").arg(&data).args([
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_directories=",
    ]);
    as_owner_of(&data, &mut postgres);
    let stranger = Stranger(
        postgres
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let deadline = Instant::now() + PATIENCE;
    while running_on(&place.cluster()) != Some(stranger.0.id()) {
        assert!(Instant::now() < deadline, "the leftover is found");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let error = Server::start(options.clone()).await.unwrap_err();
    assert!(
        matches!(error, StartError::AlreadyRunning { pid, .. } if pid == stranger.0.id()),
        "{error:?}"
    );
    assert!(stop_leftover(&place.cluster(), PATIENCE).await.unwrap());
    let server = Server::start(options).await.unwrap();
    assert_eq!(number(&server, "SELECT n FROM kept").await, 42);
}

/// After a reboot the process id in the lock file may belong to anybody.
#[tokio::test]
async fn a_lock_file_that_names_a_stranger_is_not_believed() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    let server = Server::start(options.clone()).await.unwrap();
    let lock = server.data().join("postmaster.pid");
    let text = fs::read_to_string(&lock).unwrap();
    server.kill().await;

    let mut sleep = Command::new("sleep");
    sleep.arg("60");
    as_owner_of(&place.cluster().join("data"), &mut sleep);
    let stranger = Stranger(sleep.spawn().unwrap());
    let (_, rest) = text.split_once('\n').unwrap();
    fs::write(&lock, format!("{}\n{rest}", stranger.0.id())).unwrap();

    assert!(
        !stop_leftover(&place.cluster(), PATIENCE).await.unwrap(),
        "a stranger is left alone"
    );
    let server = Server::start(options).await;
    if cfg!(target_os = "linux") {
        assert_eq!(number(&server.unwrap(), "SELECT 1").await, 1);
    }
}
