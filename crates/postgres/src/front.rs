//! TLS in front of a PostgreSQL that was built without it.
//!
//! Some packaged builds leave TLS out, but clients must find on the laptop what they find in production. The front
//! takes the cluster's public port, answers PostgreSQL's request for TLS, and passes the bytes on to the server's own
//! port. It changes nothing in them: passwords are still checked by the server. Where the server has TLS itself,
//! there is no front.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;

/// A listener that serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Front {
    port: u16,
    task: JoinHandle<()>,
}

/// Why there is no TLS in front of the server.
#[derive(Debug, Error)]
pub enum FrontError {
    /// The port could not be taken.
    #[error("could not listen on port {port} of 127.0.0.1")]
    Listen {
        /// The port; 0 for a free one.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The server's certificate could not be read.
    #[error("could not read `{}`", .path.display())]
    ReadCertificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls_pki_types::pem::Error,
    },
    /// The server's certificate could not be used.
    #[error("could not use `{}`", .path.display())]
    UseCertificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
}

// What a client may send first, from the protocol's "message formats".
const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
/// The first byte of a TLS handshake: a client that goes without the request (`sslnegotiation=direct`).
const TLS_HANDSHAKE: u8 = 0x16;
/// As PostgreSQL's `authentication_timeout`: who says nothing for so long is disconnected.
const FIRST_WORD_WITHIN: Duration = Duration::from_mins(1);

impl Front {
    /// Listens on `port`, or a free one, in front of the server on `backend`.
    pub(crate) async fn start(
        port: u16,
        backend: u16,
        certificates: &Certificates,
    ) -> Result<Self, FrontError> {
        let acceptor = acceptor(certificates)?;
        let listen = |source| FrontError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(listen)?;
        let port = listener.local_addr().map_err(listen)?.port();
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((client, _)) => {
                        let acceptor = acceptor.clone();
                        // What ends one connection is that connection's own matter, and its client notices.
                        tokio::spawn(async move { serve(client, &acceptor, backend).await });
                    }
                    // Out of file descriptors, mostly: they come back when connections end.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Ok(Self { port, task })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, acceptor: &TlsAcceptor, backend: u16) -> io::Result<()> {
    client.set_nodelay(true)?;
    let wants_tls = tokio::time::timeout(FIRST_WORD_WITHIN, wants_tls(&mut client)).await??;
    let mut server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, backend))).await?;
    server.set_nodelay(true)?;
    if wants_tls {
        let mut client = tokio::time::timeout(FIRST_WORD_WITHIN, acceptor.accept(client)).await??;
        copy_bidirectional(&mut client, &mut server).await?;
    } else {
        copy_bidirectional(&mut client, &mut server).await?;
    }
    Ok(())
}

/// Reads requests that come before the session, answers them, and leaves everything else unread.
async fn wants_tls(client: &mut TcpStream) -> io::Result<bool> {
    let mut head = [0; 8];
    loop {
        let seen = client.peek(&mut head).await?;
        if seen == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if head[0] == TLS_HANDSHAKE {
            return Ok(true);
        }
        if seen < head.len() {
            // Eight bytes are sent as one packet; anything else is so slow that it may wait.
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        match u32::from_be_bytes([head[4], head[5], head[6], head[7]]) {
            SSL_REQUEST => {
                client.read_exact(&mut head).await?;
                client.write_all(b"S").await?;
                return Ok(true);
            }
            GSS_REQUEST => {
                client.read_exact(&mut head).await?;
                client.write_all(b"N").await?;
            }
            _ => return Ok(false),
        }
    }
}

fn acceptor(certificates: &Certificates) -> Result<TlsAcceptor, FrontError> {
    let path = certificates.server_certificate();
    let chain = CertificateDer::pem_file_iter(&path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|source| FrontError::ReadCertificate {
            path: path.clone(),
            source,
        })?;
    let key_path = certificates.server_key();
    let key =
        PrivateKeyDer::from_pem_file(&key_path).map_err(|source| FrontError::ReadCertificate {
            path: key_path,
            source,
        })?;
    let unusable = |source| FrontError::UseCertificate {
        path: path.clone(),
        source,
    };
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::ring::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .map_err(unusable)?
    .with_no_client_auth()
    .with_single_cert(chain, key)
    .map_err(unusable)?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
