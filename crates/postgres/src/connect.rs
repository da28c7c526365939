//! Connecting to a local server over TLS that is really verified.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Why a connection could not be made.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The authority's certificate could not be read.
    #[error("could not read the certificate authority `{}`", .path.display())]
    ReadAuthority {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The authority's certificate is not one.
    #[error("`{}` is not a certificate authority", .path.display())]
    UseAuthority {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// The server refused, or could not be reached.
    #[error("could not connect to PostgreSQL")]
    Connect(#[source] tokio_postgres::Error),
}

/// TLS for [`tokio_postgres`] that trusts `ca_file` and nothing else.
pub fn tls(ca_file: &Path) -> Result<MakeRustlsConnect, ConnectError> {
    let unreadable = |error: rustls_pki_types::pem::Error| ConnectError::ReadAuthority {
        path: ca_file.to_owned(),
        source: match error {
            rustls_pki_types::pem::Error::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
        },
    };
    let unusable = |source| ConnectError::UseAuthority {
        path: ca_file.to_owned(),
        source,
    };
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).map_err(unreadable)? {
        roots
            .add(certificate.map_err(unreadable)?)
            .map_err(unusable)?;
    }
    // The provider is named, so that nothing depends on which one the program has installed.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Connects with TLS, verified with `ca_file`; the connection is driven by a task of its own.
pub async fn connect(config: &Config, ca_file: &Path) -> Result<Client, ConnectError> {
    let (client, connection) = config
        .connect(tls(ca_file)?)
        .await
        .map_err(ConnectError::Connect)?;
    // It ends with the client, or with an error that the client's next call reports.
    tokio::spawn(connection);
    Ok(client)
}

/// Connects without TLS: for this crate's own errands over loopback, where the handshake would only cost time.
pub(crate) async fn connect_plainly(config: &Config) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
