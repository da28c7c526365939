//! Starting: anew, again, and where something is in the way.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use seaworthy_postgres::{Server, StartError, running_on};

use crate::{Place, eighteen, execute, fifteen, is_root, number};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_new_folder_gets_a_cluster_that_survives_a_restart() {
    let place = Place::new();
    let options = place.options(&eighteen().await);

    let server = Server::start(options.clone()).await.unwrap();
    assert!(server.created());
    execute(&server, "CREATE TABLE kept AS SELECT 42 AS n").await;
    assert!(server.stop(PATIENCE).await.success());

    let server = Server::start(options).await.unwrap();
    assert!(!server.created());
    assert_eq!(number(&server, "SELECT n FROM kept").await, 42);
}

#[tokio::test]
async fn listens_on_loopback_only_and_has_no_socket_file() {
    let place = Place::with_cluster(&eighteen().await).await;
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let client = server.connect(&server.superuser_config()).await.unwrap();
    let row = client
        .query_one("SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')", &[])
        .await
        .unwrap();
    assert_eq!((row.get(0), row.get(1)), ("127.0.0.1", ""));

    // What the system says, not what the setting says: fourth field of the table is the state, 0A for listening.
    let listening: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| table.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let port = format!(":{:04X}", server.port());
            (fields.get(3) == Some(&"0A") && fields[1].ends_with(&port))
                .then(|| fields[1].to_owned())
        })
        .collect();
    if cfg!(target_os = "linux") {
        assert_eq!(listening, [format!("0100007F:{:04X}", server.port())]);
    }
}

#[tokio::test]
async fn secrets_belong_to_their_owners_and_the_server_is_not_root() {
    let place = Place::new();
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    let mode = |name: &str| fs::metadata(place.cluster().join(name)).unwrap().mode() & 0o777;
    for secret in ["superuser-password", "tls/ca.key", "tls/server.key"] {
        assert_eq!(mode(secret), 0o600, "{secret}");
    }
    assert_eq!(mode("tls/ca.crt"), 0o644);
    assert_eq!(mode("data"), 0o700);
    assert!(!place.cluster().join("superuser-password.initdb").exists());

    let owner = |name: &str| fs::metadata(place.cluster().join(name)).unwrap().uid();
    let me = rustix::process::geteuid().as_raw();
    assert_eq!(owner("tls/ca.key"), me);
    assert_eq!(owner("superuser-password"), me);
    assert_eq!(owner("tls/server.key"), owner("data"));
    assert_eq!(is_root(), owner("data") != me);
    if cfg!(target_os = "linux") {
        let process = fs::metadata(format!("/proc/{}", server.pid())).unwrap();
        assert_ne!(process.uid(), 0);
        assert_eq!(process.uid(), owner("data"));
    }
}

#[tokio::test]
async fn what_a_killed_initdb_left_is_cleared_away() {
    let place = Place::new();
    fs::create_dir_all(place.cluster().join("data.new/base")).unwrap();
    fs::write(place.cluster().join("data.new/PG_VERSION"), "18\n").unwrap();
    let server = Server::start(place.options(&eighteen().await))
        .await
        .unwrap();
    assert!(server.created());
    assert!(!place.cluster().join("data.new").exists());
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let place = Place::with_cluster(&eighteen().await).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let wanted = taken.local_addr().unwrap().port();
    let mut options = place.options(&eighteen().await);
    options.port = Some(wanted);
    let error = Server::start(options.clone()).await.unwrap_err();
    assert!(
        matches!(error, StartError::PortTaken { port } if port == wanted),
        "{error:?}"
    );

    drop(taken);
    let server = Server::start(options).await.unwrap();
    assert_eq!(server.port(), wanted);
}

#[tokio::test]
async fn data_of_another_major_is_never_opened() {
    let place = Place::with_cluster(&fifteen().await).await;
    Server::start(place.options(&fifteen().await))
        .await
        .unwrap()
        .stop(PATIENCE)
        .await;
    let before = fs::read(place.cluster().join("data/global/pg_control")).unwrap();

    let error = Server::start(place.options(&eighteen().await))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StartError::OtherMajor {
                data_major: 15,
                wanted: 18,
                ..
            }
        ),
        "{error:?}"
    );
    let message = error.to_string();
    assert!(
        message.contains("keep version 15, or upgrade the data to 18"),
        "{message}"
    );
    assert_eq!(
        before,
        fs::read(place.cluster().join("data/global/pg_control")).unwrap()
    );
}

#[tokio::test]
async fn damaged_data_is_told_from_other_trouble() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    Server::start(options.clone())
        .await
        .unwrap()
        .stop(PATIENCE)
        .await;
    let control = place.cluster().join("data/global/pg_control");
    let mut bytes = fs::read(&control).unwrap();
    bytes[100] ^= 0xff;
    fs::write(&control, bytes).unwrap();

    let error = Server::start(options).await.unwrap_err();
    let StartError::Corrupt { lines, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        lines.iter().any(|line| line.contains("checksum")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_password_of_another_cluster_is_told() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    Server::start(options.clone())
        .await
        .unwrap()
        .stop(PATIENCE)
        .await;
    fs::write(
        place.cluster().join("superuser-password"),
        "of another cluster",
    )
    .unwrap();

    let error = Server::start(options.clone()).await.unwrap_err();
    assert!(matches!(error, StartError::Refused { .. }), "{error:?}");
    assert!(!format!("{error}{error:?}").contains("of another cluster"));
    assert_eq!(
        running_on(&place.cluster()),
        None,
        "the refusing server is not left running"
    );

    fs::remove_file(place.cluster().join("superuser-password")).unwrap();
    let error = Server::start(options).await.unwrap_err();
    assert!(
        matches!(error, StartError::ReadPassword { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_left_of_data_is_not_taken_for_none() {
    let place = Place::with_cluster(&eighteen().await).await;
    let password = fs::read(place.cluster().join("superuser-password")).unwrap();
    fs::remove_file(place.cluster().join("data/PG_VERSION")).unwrap();

    let error = Server::start(place.options(&eighteen().await))
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::ReadVersion { .. }), "{error:?}");
    assert!(place.cluster().join("data/base").is_dir());
    assert_eq!(
        fs::read(place.cluster().join("superuser-password")).unwrap(),
        password
    );
}

#[tokio::test]
async fn two_servers_never_share_data() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    let first = Server::start(options.clone()).await.unwrap();
    let error = Server::start(options).await.unwrap_err();
    assert!(
        matches!(error, StartError::AlreadyRunning { pid, .. } if pid == first.pid()),
        "{error:?}"
    );
    assert_eq!(number(&first, "SELECT 1").await, 1);
}
