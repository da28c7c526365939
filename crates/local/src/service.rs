//! One service: its replicas, its place in the gateway, and how a new version replaces an old one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use seaworthy_definition::model::{Probe, Service};
use seaworthy_gateway::Pool;
use tokio::task::JoinHandle;

use crate::failure::Failure;
use crate::probe;
use crate::replica::{Replica, Shared, Spec};

/// A service of a running platform.
pub(crate) struct ServiceRun {
    shared: Shared,
    replicas: Mutex<Vec<Arc<Replica>>>,
    next_number: AtomicU32,
    outside: Mutex<Option<Outside>>,
}

/// A service that somebody runs by hand, in a debugger or an editor; we only send it traffic.
struct Outside {
    address: SocketAddr,
    asking: JoinHandle<()>,
}

/// The id of the replica that runs outside, in the pool.
const OUTSIDE: &str = "outside";

impl ServiceRun {
    pub(crate) fn new(shared: Shared) -> Self {
        Self {
            shared,
            replicas: Mutex::default(),
            next_number: AtomicU32::new(1),
            outside: Mutex::default(),
        }
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.shared.pool
    }

    pub(crate) fn replicas(&self) -> Vec<Arc<Replica>> {
        self.replicas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Where it is expected to listen when somebody runs it by hand.
    pub(crate) fn outside(&self) -> Option<SocketAddr> {
        self.outside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|outside| outside.address)
    }

    /// Brings the service to `n` replicas of `spec`, replacing those of another spec without a gap.
    pub(crate) async fn apply(&self, spec: &Arc<Spec>, n: u32) -> Result<Applied, Failure> {
        self.leave_outside();
        // One that never came up is as good as one of another spec.
        let old: Vec<Arc<Replica>> = self
            .replicas()
            .into_iter()
            .filter(|replica| *replica.spec != **spec || replica.state().failure.is_some())
            .collect();
        let applied = match (self.replicas().is_empty(), old.is_empty()) {
            (true, _) => Applied::Started,
            (false, true) if self.replicas().len() == n as usize => {
                let kept = self.replicas();
                let starting = kept.iter().filter(|replica| !replica.state().was_ready);
                try_join_all(starting.map(|replica| replica.ready())).await?;
                return Ok(Applied::Unchanged);
            }
            (false, true) => Applied::Scaled,
            (false, false) => Applied::Replaced,
        };
        self.replace(old, spec, n).await?;
        Ok(applied)
    }

    /// Replaces every replica by a new one of the same spec, without a gap.
    pub(crate) async fn restart(&self) -> Result<(), Failure> {
        let old = self.replicas();
        let Some(spec) = old.first().map(|replica| Arc::clone(&replica.spec)) else {
            return Ok(());
        };
        let n = u32::try_from(old.len()).unwrap_or(u32::MAX);
        self.replace(old, &spec, n).await
    }

    async fn replace(
        &self,
        mut old: Vec<Arc<Replica>>,
        spec: &Arc<Spec>,
        n: u32,
    ) -> Result<(), Failure> {
        let n = n as usize;
        // A program that takes its declared port whatever it is told cannot run beside its successor.
        if old.iter().any(|replica| replica.state().fixed_port) {
            self.stop_replicas(&old).await;
            old.clear();
        }
        if old.is_empty() {
            let missing = n.saturating_sub(self.replicas().len());
            let new: Vec<Arc<Replica>> = (0..missing).map(|_| self.start(spec)).collect();
            try_join_all(new.iter().map(|replica| replica.ready())).await?;
        }
        // One at a time, so that no more than one replica too many runs on this machine.
        while let Some(leaving) = old.pop() {
            if self.replicas().len() <= n {
                let arriving = self.start(spec);
                if let Err(failure) = arriving.ready().await {
                    self.stop_replicas(&[arriving]).await;
                    return Err(failure.hint("the version that ran before goes on running"));
                }
            }
            self.stop_replicas(&[leaving]).await;
        }
        let surplus: Vec<Arc<Replica>> = self.replicas().into_iter().skip(n).collect();
        self.stop_replicas(&surplus).await;
        let missing = n.saturating_sub(self.replicas().len());
        let new: Vec<Arc<Replica>> = (0..missing).map(|_| self.start(spec)).collect();
        try_join_all(new.iter().map(|replica| replica.ready())).await?;
        Ok(())
    }

    fn start(&self, spec: &Arc<Spec>) -> Arc<Replica> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let replica = Arc::new(Replica::start(
            number,
            Arc::clone(spec),
            self.shared.clone(),
        ));
        self.replicas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::clone(&replica));
        replica
    }

    async fn stop_replicas(&self, leaving: &[Arc<Replica>]) {
        join_all(leaving.iter().map(|replica| replica.stop())).await;
        self.replicas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|replica| !leaving.iter().any(|left| left.number == replica.number));
    }

    /// Ends every replica.
    pub(crate) async fn stop(&self) {
        self.leave_outside();
        self.shared.pool.set_reason("stopping");
        self.stop_replicas(&self.replicas()).await;
    }

    /// Sends traffic to a process that somebody runs by hand on `ports` (main port first, then by name).
    pub(crate) async fn run_outside(&self, service: &Service, port_of: impl Fn(&str) -> u16) {
        self.stop().await;
        let Some((main, _)) = service.main_port() else {
            return;
        };
        let loopback = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let address = loopback(port_of(main.as_str()));
        let pool = Arc::clone(&self.shared.pool);
        pool.add(OUTSIDE, address);
        pool.set_reason(&format!(
            "it runs outside of seaworthy, and nothing answers on {address} yet"
        ));
        let probe = service
            .probes
            .readiness
            .clone()
            .map(|probe| (loopback(port_of(probe.port.as_str())), probe));
        let asking = tokio::spawn(keep_asking(pool, address, probe));
        *self.outside.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Outside { address, asking });
    }

    fn leave_outside(&self) {
        if let Some(outside) = self
            .outside
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            outside.asking.abort();
            self.shared.pool.remove(OUTSIDE);
        }
    }
}

/// What bringing a service to its spec meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    Unchanged,
    Started,
    Scaled,
    Replaced,
}

async fn keep_asking(pool: Arc<Pool>, address: SocketAddr, probe: Option<(SocketAddr, Probe)>) {
    loop {
        let outcome = match &probe {
            Some((at, probe)) => probe::http(*at, &probe.path, probe.timeout.0).await,
            None => probe::connect(address, Duration::from_secs(1)).await,
        };
        pool.set_ready(OUTSIDE, outcome.is_healthy());
        if outcome.is_healthy() {
            pool.clear_reason();
        } else {
            pool.set_reason(&format!(
                "it runs outside of seaworthy, on {address}, and {outcome}"
            ));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
