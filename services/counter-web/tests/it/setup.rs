//! The service under test, and the two kinds of api behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use seaworthy_testkit::postgres::{Postgres, TestDatabase};
use seaworthy_testkit::service::{Service, ServiceOptions, program};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const WEB: &str = env!("CARGO_BIN_EXE_counter-web");

/// How counter-web is configured before an api.
pub(crate) fn web(api: &str) -> ServiceOptions {
    ServiceOptions::new(WEB)
        .variable("API_URL", api)
        .variable("SHUTDOWN_DELAY_MS", 200)
}

/// A real counter-api on a real PostgreSQL.
pub(crate) struct Counter {
    pub(crate) api: Service,
    /// Ends with the value.
    pub(crate) postgres: Postgres,
}

impl Counter {
    pub(crate) async fn start() -> Self {
        Self::start_with(|options| options).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(ServiceOptions) -> ServiceOptions) -> Self {
        let api = tokio::task::spawn_blocking(|| program("counter-api"))
            .await
            .unwrap();
        let postgres = Postgres::start().await;
        let database = postgres.create_database("counter").await;
        let migration = connected(&api, &postgres, &database, true).argument("migrate");
        let ended = migration.run().await;
        assert!(ended.status.success(), "{:#?}", ended.lines);
        let options = change(connected(&api, &postgres, &database, false));
        Self {
            api: options.start().await.ready().await,
            postgres,
        }
    }
}

fn connected(
    api: &std::path::Path,
    postgres: &Postgres,
    database: &TestDatabase,
    owner: bool,
) -> ServiceOptions {
    let (user, password) = if owner {
        (&database.owner, &database.owner_password)
    } else {
        (&database.user, &database.password)
    };
    ServiceOptions::new(api)
        .variable("DB_HOST", "127.0.0.1")
        .variable("DB_PORT", postgres.port())
        .variable("DB_NAME", &database.name)
        .variable("DB_USERNAME", user)
        .secret("DB_PASSWORD", password)
        .variable("DB_SSLROOTCERT", postgres.ca_file().display())
        .variable("SHUTDOWN_DELAY_MS", 200)
}

/// An api that answers as the test wants, and counts how often it is asked; ends with the value.
pub(crate) struct FakeApi {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl FakeApi {
    pub(crate) async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(Request) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send,
    {
        Self::start_on(([127, 0, 0, 1], 0).into(), answer).await
    }

    pub(crate) async fn start_on<F, A>(address: SocketAddr, answer: F) -> Self
    where
        F: Fn(Request) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send,
    {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            count.fetch_add(1, Ordering::SeqCst);
            answer(request)
        });
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self {
            address,
            asked,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("it is bound")
}
