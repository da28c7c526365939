//! A TCP relay between the api and PostgreSQL that can cut, refuse, stall, and point somewhere else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The relay; ends with the value.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Raised to cut everything that goes through it.
    cut: watch::Sender<u64>,
    accepting: JoinHandle<()>,
}

struct Shared {
    /// The port on 127.0.0.1 that it leads to.
    target: AtomicU16,
    refuses: AtomicBool,
    stalls: AtomicBool,
    denies_tls: AtomicBool,
}

impl Proxy {
    pub(crate) async fn start(target: u16) -> Self {
        Self::start_on(([127, 0, 0, 1], 0).into(), target).await
    }

    pub(crate) async fn start_on(address: SocketAddr, target: u16) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free address");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            target: AtomicU16::new(target),
            refuses: AtomicBool::new(false),
            stalls: AtomicBool::new(false),
            denies_tls: AtomicBool::new(false),
        });
        let (cut, cuts) = watch::channel(0);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&shared), cuts));
        Self {
            address,
            shared,
            cut,
            accepting,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends every connection, with a reset to both sides.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|number| *number += 1);
    }

    /// Refuses new connections, or no longer.
    pub(crate) fn refuse(&self, refuse: bool) {
        self.shared.refuses.store(refuse, Ordering::SeqCst);
    }

    /// Accepts and moves nothing, or no longer; what stalls now stays so until it is cut.
    pub(crate) fn stall(&self, stall: bool) {
        self.shared.stalls.store(stall, Ordering::SeqCst);
        if stall {
            self.cut.send_modify(|_| {});
        }
    }

    /// Answers a request for TLS as a server without it does.
    pub(crate) fn deny_tls(&self) {
        self.shared.denies_tls.store(true, Ordering::SeqCst);
    }

    /// Leads new connections somewhere else.
    pub(crate) fn lead_to(&self, target: u16) {
        self.shared.target.store(target, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, cuts: watch::Receiver<u64>) {
    while let Ok((client, _)) = listener.accept().await {
        reset_on_close(&client);
        if !shared.refuses.load(Ordering::SeqCst) {
            tokio::spawn(relay(client, Arc::clone(&shared), cuts.clone()));
        }
    }
}

async fn relay(mut client: TcpStream, shared: Arc<Shared>, mut cuts: watch::Receiver<u64>) {
    let number = *cuts.borrow_and_update();
    let target = ([127, 0, 0, 1], shared.target.load(Ordering::SeqCst));
    let Ok(mut server) = TcpStream::connect(SocketAddr::from(target)).await else {
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    reset_on_close(&server);
    if shared.denies_tls.load(Ordering::SeqCst) {
        // A length and a code, as PostgreSQL's protocol has it; the answer is one byte.
        let mut request = [0; 8];
        let denied = async {
            client.read_exact(&mut request).await?;
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
            client.write_all(b"N").await
        };
        if denied.await.is_err() {
            return;
        }
    }
    loop {
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server), if !shared.stalls.load(Ordering::SeqCst) => return,
            changed = cuts.changed() => {
                if changed.is_err() || *cuts.borrow_and_update() != number {
                    return;
                }
            }
        }
    }
}

/// Otherwise what was sent last still arrives, and a cut would be too kind.
fn reset_on_close(stream: &TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(std::time::Duration::ZERO))
        .expect("a socket can be told not to linger");
}
