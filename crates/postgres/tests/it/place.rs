//! Where data may be.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use seaworthy_postgres::{AccountError, Server, StartError};

use crate::{Place, eighteen, is_root, number};

/// Root hands the server to another user, who may be locked out; anybody else runs it themselves.
#[tokio::test]
async fn the_folder_that_is_in_the_way_is_named() {
    let place = Place::new();
    let private = place.path().join("private");
    fs::create_dir(&private).unwrap();
    fs::set_permissions(&private, fs::Permissions::from_mode(0o700)).unwrap();
    let mut options = place.options(&eighteen().await);
    options.folder = private.join("deeper").join("cluster");

    let started = Server::start(options).await;
    if is_root() {
        let error = started.unwrap_err();
        let StartError::Account(AccountError::CannotEnter { folder, mode, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!((folder, *mode), (&private.canonicalize().unwrap(), 0o700));
        assert!(error.to_string().contains("chmod o+x"), "{error}");
    } else {
        assert_eq!(number(&started.unwrap(), "SELECT 1").await, 1);
    }
}

#[tokio::test]
async fn names_with_spaces_quotes_and_letters_beyond_ascii_work() {
    let place = Place::new();
    let mut options = place.options(&eighteen().await);
    options.folder = place.path().join("it's a \"folder\" – ünïcode");
    let server = Server::start(options.clone()).await.unwrap();
    assert_eq!(number(&server, "SELECT 1").await, 1);
    drop(server);
    let server = Server::start(options).await.unwrap();
    assert_eq!(number(&server, "SELECT 2").await, 2);
}

#[tokio::test]
async fn a_folder_may_be_given_relative_to_the_current_one() {
    let place = Place::new();
    let up = "../".repeat(std::env::current_dir().unwrap().components().count());
    let mut options = place.options(&eighteen().await);
    let relative = place.cluster().strip_prefix("/").unwrap().to_owned();
    options.folder = std::path::Path::new(&up).join(relative);
    let server = Server::start(options).await.unwrap();
    assert!(place.cluster().join("data").is_dir());
    let client = server.connect(&server.superuser_config()).await.unwrap();
    client.batch_execute("SELECT 1").await.unwrap();
}
