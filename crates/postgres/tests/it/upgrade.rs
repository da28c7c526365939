//! Moving data to a newer version.

use std::time::Duration;

use seaworthy_postgres::{DatabaseSpec, Server, ServiceRole, UpgradeError, running_on, upgrade};

use crate::{Place, eighteen, fifteen};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn everything_arrives_and_the_old_data_stays() {
    let (old, new) = (fifteen().await, eighteen().await);
    let (old_place, new_place) = (Place::with_cluster(&old).await, Place::new());
    let server = Server::start(old_place.options(&old)).await.unwrap();
    let specs = ["counter", "it's \"odd\""].map(|name| DatabaseSpec {
        name,
        owner: "o",
        owner_password: "p",
        group: "g",
    });
    for spec in &specs {
        server.ensure_database(spec).await.unwrap();
    }
    server
        .ensure_service_role(&ServiceRole {
            name: "s",
            password: "secret",
            group: "g",
        })
        .await
        .unwrap();
    for spec in &specs {
        let owner = server
            .connect(&server.config(spec.name, "o", "p"))
            .await
            .unwrap();
        owner
            .batch_execute(
                "CREATE TABLE counter (id serial PRIMARY KEY, n bigint NOT NULL, note text);
                 INSERT INTO counter (n, note) SELECT n, 'CREATE ROLE postgres;' FROM generate_series(1, 10000) n;
                 REVOKE DELETE ON counter FROM g",
            )
            .await
            .unwrap();
    }
    server.stop(PATIENCE).await;

    upgrade(&old, &old_place.cluster(), &new, &new_place.cluster())
        .await
        .unwrap();
    assert_eq!(
        (
            running_on(&old_place.cluster()),
            running_on(&new_place.cluster())
        ),
        (None, None)
    );

    for (place, installation, version) in [(&new_place, &new, "18"), (&old_place, &old, "15")] {
        let server = Server::start(place.options(installation)).await.unwrap();
        assert!(!server.created());
        for spec in &specs {
            // Under its old password, with its old rights.
            let service = server
                .connect(&server.config(spec.name, "s", "secret"))
                .await
                .unwrap();
            let row = service
                .query_one(
                    "SELECT sum(n)::bigint, current_setting('server_version') FROM counter",
                    &[],
                )
                .await
                .unwrap();
            assert_eq!(row.get::<_, i64>(0), 50_005_000);
            assert!(row.get::<_, &str>(1).starts_with(version));
            service
                .batch_execute("INSERT INTO counter (n) VALUES (0)")
                .await
                .unwrap();
            service
                .batch_execute("DELETE FROM counter")
                .await
                .unwrap_err();
            server.ensure_database(spec).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_place_with_data_is_never_overwritten() {
    let (old, new) = (fifteen().await, eighteen().await);
    let (old_place, new_place) = (Place::with_cluster(&old).await, Place::new());
    for (place, installation) in [(&old_place, &old), (&new_place, &new)] {
        Server::start(place.options(installation))
            .await
            .unwrap()
            .stop(PATIENCE)
            .await;
    }
    let error = upgrade(&old, &old_place.cluster(), &new, &new_place.cluster())
        .await
        .unwrap_err();
    assert!(
        matches!(error, UpgradeError::NewFolderExists(_)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_failed_upgrade_leaves_nothing_at_the_new_place() {
    let (old, new) = (fifteen().await, eighteen().await);
    let (old_place, new_place) = (Place::with_cluster(&old).await, Place::new());
    let server = Server::start(old_place.options(&old)).await.unwrap();
    // An extension whose library the new version lacks cannot be restored.
    crate::execute(
        &server,
        "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/pg_trgm', 'gtrgm_in'",
    )
    .await;
    std::fs::create_dir(new_place.cluster()).unwrap();
    crate::execute(
        &server,
        "UPDATE pg_proc SET probin = '$libdir/nothing_here' WHERE proname = 'f'",
    )
    .await;
    server.stop(PATIENCE).await;

    let error = upgrade(&old, &old_place.cluster(), &new, &new_place.cluster())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, UpgradeError::Tool { tool: "psql", said, .. } if said.contains("nothing_here")),
        "{error:?}"
    );
    assert_eq!(std::fs::read_dir(new_place.cluster()).unwrap().count(), 0);
    assert_eq!(
        (
            running_on(&old_place.cluster()),
            running_on(&new_place.path().join("cluster.upgrading"))
        ),
        (None, None)
    );
    let server = Server::start(old_place.options(&old)).await.unwrap();
    assert_eq!(crate::number(&server, "SELECT 1").await, 1);
}
