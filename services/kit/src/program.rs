//! The life of a service: variables, listening, serving, draining, exit code.
//!
//! | exit code | meaning |
//! | --- | --- |
//! | 0 | told to stop, and everything in flight was finished |
//! | 1 | could not start (an address is taken), or work was cut off at the end of the grace time |
//! | 2 | the configuration is not usable; nothing was opened |
//!
//! On SIGTERM: readiness answers 503 at once, requests are served as before for the drain delay (a balancer needs a
//! moment to follow), then nothing new is accepted and what is in flight is finished. SIGINT is somebody at a
//! terminal: the same without the delay. A second signal ends it at once.

use std::net::{SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use prometheus::{GaugeVec, Opts, Registry};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::Level;

use crate::admin;
use crate::environment::Environment;
use crate::health::Health;
use crate::log::{self, chain};
use crate::metrics::RequestMetrics;
use crate::process::ProcessCollector;
use crate::server::{self, Limits, Phase, Served};
use crate::trace::Traces;

/// What a service is called and where it listens unless told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name in logs, traces and metrics.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The default main port.
    pub port: u16,
    /// The default admin port; `None` for a service without probes and metrics of their own.
    pub admin_port: Option<u16>,
}

/// What the kit gives a service to build itself with.
#[derive(Clone, Debug)]
pub struct Kit {
    /// What the probes answer; the service says when it has started and whether it is ready.
    pub health: Health,
    /// Where its own metrics go.
    pub registry: Registry,
    /// The request metrics.
    pub requests: RequestMetrics,
    /// Where spans come from.
    pub traces: Traces,
    /// Faults to show under test.
    pub faults: Faults,
}

/// What a service is.
#[derive(Clone, Debug)]
pub struct App {
    /// Its routes on the main port.
    pub router: Router,
    /// Names a path for labels, from a closed list.
    pub endpoint: fn(&str) -> &'static str,
    /// Whether each request is a line at `info`.
    pub log_requests: bool,
}

/// Faults that can be asked for on the admin port when `FAULT_INJECTION=true`, so that alerts are seen to fire.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    hang: Arc<AtomicBool>,
}

impl Faults {
    /// Where a worker hangs for ever once `POST /fault/hang` was called.
    pub async fn hang_point(&self) {
        if self.hang.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

/// Connections that may wait to be accepted.
const QUEUE: i32 = 4096;

/// What every service is configured by.
struct Settings {
    level: Level,
    listen: SocketAddr,
    admin: Option<SocketAddr>,
    grace: Duration,
    delay: Duration,
    collector: Option<String>,
    service_name: String,
    probes_on_main: bool,
    faults: bool,
}

impl Settings {
    fn read(program: &Program, env: &mut Environment) -> Self {
        let level = level(env);
        let listen = env.listen("LISTEN_ADDR", "PORT", program.port);
        let admin = program
            .admin_port
            .map(|port| env.listen("ADMIN_ADDR", "PORT_ADMIN", port));
        if admin == Some(listen) && listen.port() != 0 {
            env.problem(format!(
                "the main and the admin port are both `{listen}`: give them one each"
            ));
        }
        let grace = env.number("SHUTDOWN_GRACE_MS", 0..=600_000, 25_000);
        let delay = env.number("SHUTDOWN_DELAY_MS", 0..=600_000, 3_000.min(grace / 2));
        if delay > grace {
            env.problem(
                "`SHUTDOWN_DELAY_MS` is more than `SHUTDOWN_GRACE_MS`: nothing in flight could be finished",
            );
        }
        let collector = env.optional("OTEL_EXPORTER_OTLP_ENDPOINT");
        if let Some(endpoint) = &collector {
            let plain = endpoint
                .parse::<http::Uri>()
                .is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
            if !plain {
                env.problem(
                    "`OTEL_EXPORTER_OTLP_ENDPOINT` is not an `http://host:port`: traces go to a collector nearby, \
                     in plain HTTP",
                );
            }
        }
        Self {
            level,
            listen,
            admin,
            grace: Duration::from_millis(grace),
            delay: Duration::from_millis(delay),
            collector,
            service_name: env
                .optional("OTEL_SERVICE_NAME")
                .unwrap_or_else(|| program.name.to_owned()),
            probes_on_main: program.admin_port.is_some() && env.switch("PROBES_ON_MAIN", false),
            faults: program.admin_port.is_some() && env.switch("FAULT_INJECTION", false),
        }
    }
}

/// `LOG_LEVEL`, which every command of a service reads.
pub fn level(env: &mut Environment) -> Level {
    match env.optional("LOG_LEVEL").as_deref() {
        None | Some("info") => Level::INFO,
        Some("error") => Level::ERROR,
        Some("warn") => Level::WARN,
        Some("debug") => Level::DEBUG,
        Some("trace") => Level::TRACE,
        Some(other) => {
            env.problem(format!(
                "`LOG_LEVEL` is `{other}`, expected `error`, `warn`, `info`, `debug` or `trace`"
            ));
            Level::INFO
        }
    }
}

/// Runs a service to its end. `read` takes its own variables, `build` makes it within the runtime; what `build`
/// returns as an error is something the configuration could not have told.
pub fn run<C, F, E>(
    program: &Program,
    read: impl FnOnce(&mut Environment) -> C,
    build: impl FnOnce(C, Kit) -> F,
) -> ExitCode
where
    F: Future<Output = Result<App, E>>,
    E: std::error::Error + 'static,
{
    let mut env = Environment::of_the_process();
    let settings = Settings::read(program, &mut env);
    let own = read(&mut env);
    log::start(program.name, settings.level);
    if let Err(error) = env.finish() {
        tracing::error!("{error}");
        return ExitCode::from(2);
    }
    match start(program, settings, own, build) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// What can go wrong between good configuration and serving.
#[derive(Debug, thiserror::Error)]
enum StartError<E: std::error::Error + 'static> {
    #[error("cannot listen on `{address}`")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("the runtime cannot start")]
    Runtime(#[source] std::io::Error),
    #[error("the metrics cannot be registered")]
    Metrics(#[from] prometheus::Error),
    #[error(transparent)]
    Traces(#[from] crate::trace::StartTracesError),
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
    #[error("the service cannot be built")]
    Build(#[source] E),
}

fn start<C, F, E>(
    program: &Program,
    settings: Settings,
    own: C,
    build: impl FnOnce(C, Kit) -> F,
) -> Result<ExitCode, StartError<E>>
where
    F: Future<Output = Result<App, E>>,
    E: std::error::Error + 'static,
{
    let main = listen(settings.listen)?;
    let admin = settings.admin.map(listen).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    let code = runtime.block_on(live(program, settings, own, build, main, admin));
    // Nothing that still runs is worth waiting for: all that was promised is done.
    runtime.shutdown_background();
    code
}

async fn live<C, F, E>(
    program: &Program,
    settings: Settings,
    own: C,
    build: impl FnOnce(C, Kit) -> F,
    main: TcpListener,
    admin: Option<TcpListener>,
) -> Result<ExitCode, StartError<E>>
where
    F: Future<Output = Result<App, E>>,
    E: std::error::Error + 'static,
{
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;

    let traces = match &settings.collector {
        Some(endpoint) => Traces::start(settings.service_name.clone(), program.version, endpoint)?,
        None => Traces::default(),
    };
    let registry = registry(program)?;
    let requests = RequestMetrics::register(&registry)?;
    let kit = Kit {
        health: Health::new(),
        registry: registry.clone(),
        requests: requests.clone(),
        traces: traces.clone(),
        faults: Faults::default(),
    };
    let health = kit.health.clone();

    // The probes answer while the service is still being built.
    let (phases, phase) = watch::channel(Phase::Serving);
    let admin_address = admin.as_ref().and_then(|admin| admin.local_addr().ok());
    if let Some(listener) = admin {
        let mut router = admin::router(&health, &registry);
        if settings.faults {
            tracing::warn!("faults can be injected: `POST /fault/hang` on the admin port");
            router = router.merge(faults(&kit.faults));
        }
        serve_admin(listener, router)?;
    }
    let faults = kit.faults.clone();
    let app = build(own, kit).await.map_err(StartError::Build)?;

    let beat = health.heartbeat("runtime", Duration::from_secs(10));
    tokio::spawn(async move {
        loop {
            faults.hang_point().await;
            beat.beat();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });

    let mut router = app.router;
    if settings.probes_on_main {
        router = router.merge(admin::probes(&health));
    }
    let address = main.local_addr().unwrap_or(settings.listen);
    let listener = tokio::net::TcpListener::from_std(main)
        .map_err(|source| StartError::Listen { address, source })?;
    tracing::info!(
        version = program.version,
        address = %address,
        admin = admin_address.map(tracing::field::display),
        "listening on {address}"
    );
    let serving = tokio::spawn(server::serve(
        listener,
        Served {
            router,
            metrics: Some(requests.clone()),
            endpoint: app.endpoint,
            traces: traces.clone(),
            log_requests: app.log_requests,
            limits: Limits::default(),
        },
        phase,
    ));

    let delay = tokio::select! {
        _ = terminate.recv() => settings.delay,
        _ = interrupt.recv() => Duration::ZERO,
    };
    let deadline = Instant::now() + settings.grace;
    health.draining();
    tracing::info!(delay_ms = delay.as_secs_f64() * 1e3, "stopping");
    let drained = async {
        let _ = phases.send(Phase::Leaving);
        tokio::time::sleep(delay).await;
        let _ = phases.send(Phase::Closing);
        serving.await.is_ok()
    };
    let finished = tokio::select! {
        drained = tokio::time::timeout_at(deadline.into(), drained) => drained == Ok(true),
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
    };
    let cut_off = requests.in_flight();
    // What is left of the grace time, but at least a moment, is for the last spans.
    let rest = deadline
        .saturating_duration_since(Instant::now())
        .clamp(Duration::from_millis(100), Duration::from_secs(2));
    let _ = tokio::time::timeout(rest, traces.stop()).await;
    if finished || cut_off == 0 {
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    } else {
        tracing::error!(requests = cut_off, "stopped before everything was answered");
        Ok(ExitCode::FAILURE)
    }
}

fn listen<E: std::error::Error + 'static>(
    address: SocketAddr,
) -> Result<TcpListener, StartError<E>> {
    let open = || {
        let listener = TcpListener::bind(address)?;
        // The standard library asks for a queue of 128, which a burst of new connections overruns.
        rustix::net::listen(&listener, QUEUE)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    open().map_err(|source| StartError::Listen { address, source })
}

fn registry(program: &Program) -> Result<Registry, prometheus::Error> {
    let registry = Registry::new();
    registry.register(Box::new(ProcessCollector::new()?))?;
    let build = GaugeVec::new(
        Opts::new("build_info", "What runs: always 1, the labels tell."),
        &["service", "version"],
    )?;
    build
        .with_label_values(&[program.name, program.version])
        .set(1.0);
    registry.register(Box::new(build))?;
    Ok(registry)
}

/// Serves the admin port on a thread of its own until the process ends.
fn serve_admin<E: std::error::Error + 'static>(
    listener: TcpListener,
    router: Router,
) -> Result<(), StartError<E>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    std::thread::Builder::new()
        .name("admin".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        tracing::error!(error = %error, "the admin port cannot be served");
                        return;
                    }
                };
                let (_open, phase) = watch::channel(Phase::Serving);
                let served = Served {
                    router,
                    metrics: None,
                    endpoint: |_| "admin",
                    traces: Traces::default(),
                    log_requests: false,
                    limits: Limits {
                        connections: 256,
                        ..Limits::default()
                    },
                };
                server::serve(listener, served, phase).await;
            });
        })
        .map_err(StartError::Runtime)?;
    Ok(())
}

fn faults(faults: &Faults) -> Router {
    let faults = faults.clone();
    Router::new().route(
        "/fault/hang",
        post(async move || {
            tracing::warn!("hanging on request");
            faults.hang.store(true, Ordering::Relaxed);
            "hanging\n"
        }),
    )
}
