//! TLS as clients see it.

use std::fs;
use std::time::Duration;

use seaworthy_postgres::{ConnectError, Server, connect};
use seaworthy_testkit::postgres::Postgres;
use tokio_postgres::Config;

use crate::{Place, eighteen};

async fn encrypted(server: &Server, config: &Config) -> bool {
    let client = server.connect(config).await.unwrap();
    client
        .query_one(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
            &[],
        )
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn connections_are_encrypted_and_the_server_is_verified_under_each_name() {
    let postgres = Postgres::start().await;
    let server = postgres.server();
    assert!(encrypted(server, &server.superuser_config()).await);
    let (user, password) = {
        let config = server.superuser_config();
        (
            config.get_user().unwrap().to_owned(),
            config.get_password().unwrap().to_owned(),
        )
    };
    let mut by_name = server.superuser_config();
    by_name = {
        let mut config = Config::new();
        config
            .host("localhost")
            .port(server.port())
            .user(user)
            .password(password);
        config.dbname("postgres").ssl_mode(by_name.get_ssl_mode());
        config
    };
    assert!(encrypted(server, &by_name).await);

    // Any other name is not in the certificate, even though it leads to the same place.
    let mut by_wrong_name = by_name.clone();
    by_wrong_name = {
        let mut config = Config::new();
        config
            .host("db.example.com")
            .hostaddr("127.0.0.1".parse().unwrap())
            .port(server.port());
        config
            .user(by_wrong_name.get_user().unwrap())
            .password(by_wrong_name.get_password().unwrap());
        config
            .dbname("postgres")
            .ssl_mode(by_wrong_name.get_ssl_mode());
        config
    };
    let error = server.connect(&by_wrong_name).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Connect(_)), "{error:?}");
    assert!(
        format!("{error:?}").contains("NotValidForName"),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_authority_is_refused() {
    let (postgres, other) = tokio::join!(Postgres::start(), Postgres::start());
    let config = postgres.server().superuser_config();
    connect(&config, postgres.ca_file()).await.unwrap();
    let error = connect(&config, other.ca_file()).await.unwrap_err();
    assert!(
        format!("{error:?}").contains("InvalidCertificate"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_over_loopback_too() {
    let postgres = Postgres::start().await;
    for password in ["", "wrong"] {
        let config = postgres.config("postgres", "postgres", password);
        postgres.server().connect(&config).await.unwrap_err();
    }
}

#[tokio::test]
async fn the_authority_stays_and_is_renewed_only_when_it_must_be() {
    let place = Place::with_cluster(&eighteen().await).await;
    let options = place.options(&eighteen().await);
    let authority = || fs::read(place.cluster().join("tls/ca.crt")).unwrap();
    let restart = async |server: Server| {
        server.stop(Duration::from_secs(20)).await;
        let server = Server::start(options.clone()).await.unwrap();
        server.connect(&server.superuser_config()).await.unwrap();
        server
    };

    let server = Server::start(options.clone()).await.unwrap();
    let (first, first_leaf) = (
        authority(),
        fs::read(place.cluster().join("tls/server.crt")).unwrap(),
    );
    let server = restart(server).await;
    assert_eq!(authority(), first, "clients keep trusting it");
    assert_ne!(
        fs::read(place.cluster().join("tls/server.crt")).unwrap(),
        first_leaf,
        "the server's own is always fresh"
    );

    // One that ends in ten days.
    let key =
        rcgen::KeyPair::from_pem(&fs::read_to_string(place.cluster().join("tls/ca.key")).unwrap())
            .unwrap();
    let mut params = rcgen::CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_after = (std::time::SystemTime::now() + Duration::from_hours(240)).into();
    let expiring = params.self_signed(&key).unwrap().pem();
    fs::write(place.cluster().join("tls/ca.crt"), &expiring).unwrap();
    let server = restart(server).await;
    assert_ne!(authority(), expiring.as_bytes());

    // A key that is not its own, and no key at all.
    fs::write(
        place.cluster().join("tls/ca.key"),
        rcgen::KeyPair::generate().unwrap().serialize_pem(),
    )
    .unwrap();
    let server = restart(server).await;
    let second = authority();
    fs::remove_file(place.cluster().join("tls/ca.key")).unwrap();
    restart(server).await;
    assert_ne!(authority(), second);
}
