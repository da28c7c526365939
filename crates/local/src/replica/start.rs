//! One run of a replica's process, from start to end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use seaworthy_definition::model::{PortName, Probe};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::diagnosis::{self, Observation, Verdict};
use super::{Ended, Life};
use crate::event::ReplicaPhase;
use crate::failure::Failure;
use crate::logs::LastLines;
use crate::probe::{self, Outcome};
use crate::process::journal::{Container, Remembered};
use crate::process::{inspect, signal_group, spawn};
use crate::{ports, variables};

/// Without a startup probe somebody has to say when a start has failed.
const START_LIMIT: Duration = Duration::from_mins(2);

/// While a replica is not ready it is asked at least this often, whatever the declared period: somebody is waiting.
const IMPATIENT: Duration = Duration::from_millis(500);

/// How many lines of output a message shows.
const SHOWN_LINES: usize = 15;

/// A port of this run: its name, the number declared, and where it is.
#[derive(Debug, Clone)]
pub(super) struct Assigned {
    pub(super) name: PortName,
    pub(super) declared: u16,
    pub(super) address: SocketAddr,
}

/// The process of this run.
struct Running {
    child: Child,
    pid: u32,
    ports: Vec<Assigned>,
    last_lines: LastLines,
    readers: Vec<JoinHandle<()>>,
    began: Instant,
    _remembered: Remembered,
}

/// Why we stopped waiting for something.
enum Interrupted {
    Stop,
    Exit(io::Result<ExitStatus>),
    Failure(Failure),
}

impl Life {
    pub(super) async fn run_once(&self) -> Ended {
        let mut running = match self.start_process().await {
            Ok(running) => running,
            Err(failure) => {
                return Ended::Failed {
                    failure,
                    hopeless: true,
                };
            }
        };
        let interrupted = self.supervise(&mut running).await;
        let ended = self.conclude(&mut running, interrupted).await;
        if let Some(container) = self.container() {
            // Its client has ended; the container may not have.
            let _ = tokio::task::spawn_blocking(move || container.remove()).await;
        }
        ended
    }

    /// The container of this replica, where it is one.
    fn container(&self) -> Option<Container> {
        let name = self.spec.container.as_ref()?;
        Some(Container {
            engine: self.spec.program.clone(),
            name: format!("{name}-{}", self.number),
        })
    }

    async fn conclude(&self, running: &mut Running, interrupted: Interrupted) -> Ended {
        match interrupted {
            Interrupted::Stop => {
                self.finish(running).await;
                Ended::Stopped
            }
            Interrupted::Exit(status) => {
                self.shared.pool.remove(&self.number.to_string());
                // What the process left in its group goes with it.
                signal_group(running.pid, Signal::KILL);
                running.drain_output().await;
                Ended::Failed {
                    failure: self.exit_failure(running, status),
                    hopeless: false,
                }
            }
            Interrupted::Failure(failure) => {
                self.shared.pool.remove(&self.number.to_string());
                running
                    .end(self.spec.stop_grace.min(Duration::from_secs(5)))
                    .await;
                let failure = failure
                    .log(running.last_lines.last(SHOWN_LINES))
                    .on_disk(&self.shared.data);
                let hopeless = !self.state.borrow().was_ready;
                Ended::Failed { failure, hopeless }
            }
        }
    }

    async fn start_process(&self) -> Result<Running, Failure> {
        let service = self.spec.service.as_str();
        if let Some(failure) = diagnosis::foreign(&self.spec) {
            return Err(failure);
        }
        let ports = self.assign_ports()?;
        let command = self.command(&ports);
        let mut child = spawn::spawn(command).await.map_err(|error| {
            diagnosis::not_started(&self.spec, &error).on_disk(&self.shared.data)
        })?;
        let pid = child.id().unwrap_or_default();
        let remembered = self
            .shared
            .journal
            .remember(
                pid,
                &format!("{service}, replica {}", self.number),
                self.container(),
            )
            .map_err(|error| {
                signal_group(pid, Signal::KILL);
                Failure::new(service, "what runs could not be written down")
                    .caused_by(&error)
                    .on_disk(&self.shared.data)
            })?;
        let last_lines = LastLines::default();
        let mut readers = Vec::new();
        if let Some(stream) = child.stdout.take() {
            readers.push(tokio::spawn(self.shared.log.clone().read(
                self.number,
                stream,
                last_lines.clone(),
            )));
        }
        if let Some(stream) = child.stderr.take() {
            readers.push(tokio::spawn(self.shared.log.clone().read(
                self.number,
                stream,
                last_lines.clone(),
            )));
        }
        if let Some(main) = self.main(&ports) {
            self.shared.pool.add(&self.number.to_string(), main.address);
        }
        self.set(ReplicaPhase::Starting, "its process was started", |state| {
            state.pid = Some(pid);
        });
        Ok(Running {
            child,
            pid,
            ports,
            last_lines,
            readers,
            began: Instant::now(),
            _remembered: remembered,
        })
    }

    fn assign_ports(&self) -> Result<Vec<Assigned>, Failure> {
        self.spec
            .ports
            .iter()
            .map(|(name, declared)| {
                let port = ports::unused().ok_or_else(|| {
                    Failure::new(
                        self.spec.service.as_str(),
                        "no free port was found on this machine",
                    )
                })?;
                let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
                Ok(Assigned {
                    name: name.clone(),
                    declared: *declared,
                    address,
                })
            })
            .collect()
    }

    fn command(&self, ports: &[Assigned]) -> Command {
        let spec = &self.spec;
        let main = spec.main_port.as_ref().map(PortName::as_str);
        let given = ports
            .iter()
            .map(|port| (port.name.as_str(), port.address.port()));
        let variables = variables::port_variables(main, given);
        let mut command = Command::new(&spec.program);
        command
            .current_dir(&spec.folder)
            .env_clear()
            .envs(variables::inherited());
        if let Some(container) = self.container() {
            // The engine is the process; what is declared is for the container.
            command.args([
                "run",
                "--rm",
                "--network",
                "host",
                "--name",
                &container.name,
            ]);
            for (name, value) in variables.iter().chain(&spec.env) {
                // Only the name goes on the command line, which everybody on the machine can read.
                command.arg("--env").arg(name).env(name, value);
            }
            command.args(&spec.args);
        } else {
            command
                .envs(variables)
                .envs(spec.env.iter().cloned())
                .args(&spec.args);
        }
        command
    }

    fn main<'a>(&self, ports: &'a [Assigned]) -> Option<&'a Assigned> {
        ports
            .iter()
            .find(|port| Some(&port.name) == self.spec.main_port.as_ref())
    }

    /// Follows the process until it ends, fails or is to stop.
    async fn supervise(&self, running: &mut Running) -> Interrupted {
        if let Err(interrupted) = self.until_ready(running).await {
            return interrupted;
        }
        self.keep_asking(running).await
    }

    /// Startup probe, then readiness, until both have succeeded.
    async fn until_ready(&self, running: &mut Running) -> Result<(), Interrupted> {
        if running.ports.is_empty() {
            // A worker: nobody can ask it, so it counts as ready when it has not ended at once.
            return self
                .wait(running, Duration::from_millis(500))
                .await
                .map(|()| self.ready(running));
        }
        let mut observation = Observation::new();
        if let Some(startup) = self.spec.probes.startup.clone() {
            let limit = startup.initial_delay.0 + startup.period.0 * startup.failure_threshold;
            self.gate(running, Some(&startup), "startup", limit, &mut observation)
                .await?;
        }
        let readiness = self.spec.probes.readiness.clone();
        let limit = if self.spec.probes.startup.is_some() {
            None
        } else {
            Some(START_LIMIT)
        };
        // After a startup probe Kubernetes waits for readiness without end, and so do we.
        self.gate(
            running,
            readiness.as_ref(),
            "readiness",
            limit.unwrap_or(Duration::MAX),
            &mut observation,
        )
        .await?;
        self.ready(running);
        Ok(())
    }

    fn ready(&self, running: &Running) {
        let address = self.main(&running.ports).map(|port| port.address);
        self.shared.pool.set_ready(&self.number.to_string(), true);
        self.set(ReplicaPhase::Ready, String::new(), |state| {
            state.address = address;
        });
    }

    /// Asks until `success_threshold` answers in a row are healthy.
    async fn gate(
        &self,
        running: &mut Running,
        probe: Option<&Probe>,
        kind: &str,
        limit: Duration,
        observation: &mut Observation,
    ) -> Result<(), Interrupted> {
        let mut successes = 0;
        // Soon at first, since most programs start in less than a second; then less often.
        let mut pause = Duration::from_millis(5);
        if let Some(probe) = probe {
            self.wait(running, probe.initial_delay.0).await?;
        }
        let began = Instant::now();
        loop {
            let mut outcome = self.ask(running, probe).await?;
            if outcome.is_healthy() && !self.answers_itself(running, probe) {
                outcome = Outcome::Broken("another program has its port".to_owned());
            }
            if outcome.is_healthy() {
                successes += 1;
                if successes >= probe.map_or(1, |probe| probe.success_threshold) {
                    return Ok(());
                }
            } else {
                successes = 0;
                let asked = probe.map_or_else(
                    || "its port".to_owned(),
                    |probe| format!("{kind} probe {}", probe.path),
                );
                if running.began.elapsed() > Duration::from_millis(300) {
                    self.set(ReplicaPhase::Starting, format!("{asked} {outcome}"), |_| ());
                }
                let verdict = observation.judge(
                    &self.spec,
                    running.pid,
                    &running.ports,
                    probe,
                    kind,
                    &outcome,
                );
                match verdict {
                    Verdict::Wait => {}
                    Verdict::Elsewhere(found) => self.adopt(running, &found),
                    Verdict::Failed(failure) => return Err(Interrupted::Failure(failure)),
                }
                if began.elapsed() >= limit {
                    return Err(Interrupted::Failure(diagnosis::too_slow(
                        &self.spec, &asked, &outcome, limit,
                    )));
                }
            }
            let most = probe.map_or(IMPATIENT, |probe| probe.period.0.min(IMPATIENT));
            self.wait(running, pause.min(most)).await?;
            pause = (pause * 3 / 2).min(IMPATIENT);
        }
    }

    /// Takes over where the process listens, when that is not where `PORT` said but will do.
    fn adopt(&self, running: &mut Running, found: &[Assigned]) {
        for found in found {
            for port in running
                .ports
                .iter_mut()
                .filter(|port| port.name == found.name)
            {
                port.address = found.address;
            }
        }
        if let Some(main) = self.main(&running.ports) {
            let fixed = main.address.port() == main.declared;
            self.shared.pool.remove(&self.number.to_string());
            self.shared.pool.add(&self.number.to_string(), main.address);
            self.state.send_modify(|state| state.fixed_port = fixed);
        }
    }

    async fn ask(
        &self,
        running: &mut Running,
        probe: Option<&Probe>,
    ) -> Result<Outcome, Interrupted> {
        let name = probe
            .map(|probe| &probe.port)
            .or(self.spec.main_port.as_ref());
        let Some(port) = running.ports.iter().find(|port| Some(&port.name) == name) else {
            return Ok(Outcome::Healthy);
        };
        let address = port.address;
        let asking = async {
            match probe {
                Some(probe) => probe::http(address, &probe.path, probe.timeout.0).await,
                None => probe::connect(address, Duration::from_secs(1)).await,
            }
        };
        tokio::select! {
            biased;
            status = running.child.wait() => Err(Interrupted::Exit(status)),
            () = self.stop.cancelled() => Err(Interrupted::Stop),
            outcome = asking => Ok(outcome),
        }
    }

    /// Whether it is this process that answers. Another one may have taken the port between our looking and its
    /// listening; then this one is about to fail, and must not be taken for ready meanwhile.
    fn answers_itself(&self, running: &Running, probe: Option<&Probe>) -> bool {
        let name = probe
            .map(|probe| &probe.port)
            .or(self.spec.main_port.as_ref());
        let port = running.ports.iter().find(|port| Some(&port.name) == name);
        // What a container listens on is not its client's.
        let (Some(port), None) = (port, &self.spec.container) else {
            return true;
        };
        let number = port.address.port();
        let own = inspect::listening(running.pid)
            .iter()
            .any(|there| there.port() == number);
        own || inspect::holder(number).is_none()
    }

    async fn wait(&self, running: &mut Running, duration: Duration) -> Result<(), Interrupted> {
        tokio::select! {
            biased;
            status = running.child.wait() => Err(Interrupted::Exit(status)),
            () = self.stop.cancelled() => Err(Interrupted::Stop),
            () = tokio::time::sleep(duration) => Ok(()),
        }
    }

    /// Readiness and liveness, each in its own rhythm, until something ends it.
    async fn keep_asking(&self, running: &mut Running) -> Interrupted {
        self.look_where_it_listens(running);
        let readiness = self.spec.probes.readiness.clone();
        let liveness = self.spec.probes.liveness.clone();
        let mut next_readiness = Instant::now()
            + readiness
                .as_ref()
                .map_or(Duration::ZERO, |probe| probe.period.0);
        let mut next_liveness = Instant::now()
            + liveness.as_ref().map_or(Duration::ZERO, |probe| {
                probe.initial_delay.0.max(probe.period.0)
            });
        let (mut ready, mut not_ready, mut not_alive) = (0_u32, 0_u32, 0_u32);
        loop {
            let next = match (&readiness, &liveness) {
                (Some(_), Some(_)) => next_readiness.min(next_liveness),
                (Some(_), None) => next_readiness,
                (None, Some(_)) => next_liveness,
                (None, None) => Instant::now() + Duration::from_hours(1),
            };
            if let Err(interrupted) = self
                .wait(running, next.saturating_duration_since(Instant::now()))
                .await
            {
                return interrupted;
            }
            let now = Instant::now();
            if let Some(probe) = &liveness
                && now >= next_liveness
            {
                next_liveness = now + probe.period.0;
                match self.ask(running, Some(probe)).await {
                    Err(interrupted) => return interrupted,
                    Ok(outcome) if outcome.is_healthy() => not_alive = 0,
                    Ok(outcome) => {
                        not_alive += 1;
                        if not_alive >= probe.failure_threshold {
                            return Interrupted::Failure(diagnosis::not_alive(
                                &self.spec, probe, &outcome, not_alive,
                            ));
                        }
                    }
                }
            }
            if let Some(probe) = &readiness
                && now >= next_readiness
            {
                let outcome = match self.ask(running, Some(probe)).await {
                    Err(interrupted) => return interrupted,
                    Ok(outcome) => outcome,
                };
                if outcome.is_healthy() {
                    (ready, not_ready) = (ready + 1, 0);
                    if ready == probe.success_threshold {
                        self.ready(running);
                    }
                } else {
                    (ready, not_ready) = (0, not_ready + 1);
                    if not_ready == probe.failure_threshold {
                        self.shared.pool.set_ready(&self.number.to_string(), false);
                    }
                    if not_ready >= probe.failure_threshold {
                        self.set(
                            ReplicaPhase::NotReady,
                            format!("readiness probe {} {outcome}", probe.path),
                            |_| (),
                        );
                    }
                }
                let is_ready = self.state.borrow().phase == ReplicaPhase::Ready;
                let period = if is_ready && not_ready == 0 {
                    probe.period.0
                } else {
                    probe.period.0.min(IMPATIENT)
                };
                next_readiness = now + period;
            }
        }
    }

    fn look_where_it_listens(&self, running: &Running) {
        let beyond = inspect::listening(running.pid)
            .iter()
            .any(|address| !address.ip().is_loopback());
        self.state
            .send_modify(|state| state.beyond_loopback = beyond);
    }

    /// Out of traffic first, then SIGTERM, then, after the grace, SIGKILL.
    async fn finish(&self, running: &mut Running) {
        self.set(ReplicaPhase::Stopping, "finishing what it is doing", |_| ());
        let id = self.number.to_string();
        self.shared.pool.drain(&id, self.spec.stop_grace).await;
        running.end(self.spec.stop_grace).await;
        self.shared.pool.remove(&id);
    }

    fn exit_failure(&self, running: &Running, status: io::Result<ExitStatus>) -> Failure {
        let lines = running.last_lines.last(SHOWN_LINES);
        let after = super::seconds(running.began.elapsed());
        let what = match status {
            Ok(status) => format!("`{}` {} after {after}", self.spec.service, describe(status)),
            Err(error) => format!("`{}` was lost after {after}: {error}", self.spec.service),
        };
        diagnosis::exited(&self.spec, what, lines).on_disk(&self.shared.data)
    }
}

impl Running {
    /// SIGTERM to the group, `grace` to end, SIGKILL to what is left.
    async fn end(&mut self, grace: Duration) {
        signal_group(self.pid, Signal::TERM);
        if tokio::time::timeout(grace, self.child.wait())
            .await
            .is_err()
        {
            signal_group(self.pid, Signal::KILL);
            let _ = self.child.wait().await;
        }
        signal_group(self.pid, Signal::KILL);
        self.drain_output().await;
    }

    /// Waits for the last lines; not long, since a grandchild may hold the pipe open.
    async fn drain_output(&mut self) {
        for reader in &mut self.readers {
            if tokio::time::timeout(Duration::from_millis(300), &mut *reader)
                .await
                .is_err()
            {
                reader.abort();
            }
        }
    }
}

/// An exit status for people.
pub(crate) fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}{}", signal_name(signal)),
        (None, None) => "ended".to_owned(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => " (SIGILL, an instruction this processor does not have)",
        6 => " (SIGABRT)",
        9 => " (SIGKILL; the system kills so when memory runs out)",
        11 => " (SIGSEGV)",
        15 => " (SIGTERM)",
        _ => "",
    }
}
