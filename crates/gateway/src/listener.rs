//! Listening addresses. What happens on an accepted connection is in [`crate::session`].

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::broadcast,
    time::timeout,
};
use tokio_util::task::TaskTracker;

use crate::{
    event::{AccessEvent, Events},
    phase::{Phase, Phases},
    pool::Pool,
    proxy::{Context, Target},
    route::{Destination, RouteTable, Timeouts},
    session,
};

/// The data plane of one process: opens listeners, and tells what passes through them.
#[derive(Clone)]
pub struct Gateway {
    events: Events,
    limits: Limits,
}

/// How patient listeners are with clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a request's head, from its first byte to its last.
    pub head: Duration,
    /// For the next request on an idle connection.
    pub idle: Duration,
}

impl Default for Limits {
    /// 10 s for a head. 2 min of idleness: longer than clients keep their connections (Go 90 s),
    /// so that it is they who close, and no request crosses a close on the wire.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_mins(2),
        }
    }
}

/// What a listener serves.
pub enum Routes {
    /// The public gateway: by host and path, adding `X-Forwarded-*` and `X-Request-Id` as a
    /// load balancer does.
    Table(RouteTable),
    /// The address of one service: every request goes to its pool, with the headers the client
    /// sent, as between two services of a cluster. See [`Timeouts::between_services`].
    Service(Arc<Pool>, Timeouts),
}

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody else has it.
    #[error("the address {0} is taken")]
    Taken(SocketAddr),
    /// Reachable from other machines.
    #[error("{0} is not a loopback address, and the gateway listens on nothing else")]
    NotLoopback(SocketAddr),
    /// Anything else: a privileged port, no IPv6 …
    #[error("cannot listen on {addr}")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// How a shutdown ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every request was answered.
    Clean,
    /// The deadline passed first.
    Cut {
        /// Connections closed in the middle of a request.
        connections: usize,
    },
}

impl Default for Gateway {
    fn default() -> Self {
        Self::new()
    }
}

impl Gateway {
    /// A gateway without listeners.
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A gateway with other limits than the defaults.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            events: Events::new(),
            limits,
        }
    }

    /// Every request that ends from now on, on any listener. A receiver that falls more than
    /// a thousand behind loses the oldest; requests never wait for receivers.
    pub fn events(&self) -> broadcast::Receiver<Arc<AccessEvent>> {
        self.events.subscribe()
    }

    /// Listens on a loopback address (port 0: any free port) and serves until shut down.
    ///
    /// Needs a tokio runtime around it.
    pub fn bind(&self, addr: SocketAddr, routes: Routes) -> Result<Listener, BindError> {
        if !addr.ip().to_canonical().is_loopback() {
            return Err(BindError::NotLoopback(addr));
        }
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken(addr),
            _ => BindError::Listen { addr, source },
        };
        let socket = listen(addr).map_err(failed)?;
        let local_addr = socket.local_addr().map_err(failed)?;
        let target = match routes {
            Routes::Table(table) => Target::Table(ArcSwap::from_pointee(table)),
            Routes::Service(pool, timeouts) => {
                Target::Service(Arc::new(Destination { pool, timeouts }))
            }
        };
        let listener = Listener {
            local_addr,
            connections: TaskTracker::new(),
            context: Arc::new(Context {
                target,
                local_addr,
                events: self.events.clone(),
                limits: self.limits,
                tunnels: TaskTracker::new(),
                phases: Phases::new(),
            }),
        };
        tokio::spawn(accept(
            socket,
            Arc::clone(&listener.context),
            listener.connections.clone(),
        ));
        Ok(listener)
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = match addr {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of the run before in TIME_WAIT do not keep the next run out.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(1024)
}

/// One listening address. Dropping it closes everything at once; see [`Listener::shutdown`].
pub struct Listener {
    local_addr: SocketAddr,
    connections: TaskTracker,
    context: Arc<Context>,
}

impl Listener {
    /// The address, with the port that was free if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves by another table from the next request on; those under way are not touched.
    /// `false` if this listener serves one service and has no table.
    pub fn replace_routes(&self, table: RouteTable) -> bool {
        match &self.context.target {
            Target::Table(current) => {
                current.store(Arc::new(table));
                true
            }
            Target::Service(_) => false,
        }
    }

    /// Stops accepting, lets requests in flight end (`connection: close`), at most for
    /// `deadline`, then closes what is left. Tunnels have no end to wait for; they are closed
    /// as soon as the requests are done.
    pub async fn shutdown(self, deadline: Duration) -> Stopped {
        self.context.phases.enter(Phase::Stopping);
        self.connections.close();
        let stopped = match timeout(deadline, self.connections.wait()).await {
            Ok(()) => Stopped::Clean,
            Err(_) => Stopped::Cut {
                connections: self.connections.len(),
            },
        };
        self.context.phases.enter(Phase::Cut);
        self.connections.wait().await;
        self.context.tunnels.close();
        self.context.tunnels.wait().await;
        stopped
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.context.phases.enter(Phase::Cut);
    }
}

async fn accept(socket: TcpListener, context: Arc<Context>, connections: TaskTracker) {
    // Counts as a connection, so that a shutdown waits until the port is free.
    let accepting = connections.token();
    loop {
        let accepted = tokio::select! {
            biased;
            () = context.phases.reached(Phase::Stopping) => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, addr)) => {
                let serving = session::serve(stream, addr, Arc::clone(&context));
                connections.spawn(serving);
            }
            // The client was gone before it was greeted, or the process has no descriptors
            // left; a short rest keeps the latter from spinning.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    drop(socket);
    drop(accepting);
}
