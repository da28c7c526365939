//! How the connection to PostgreSQL is protected: the server's certificate is checked unless somebody says not to.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use service_kit::Environment;

/// What `DB_SSLMODE` came to.
#[derive(Clone, Debug)]
pub(crate) enum Tls {
    /// `verify-full` or `require`; never a fallback to plain text.
    On(Arc<ClientConfig>),
    /// `disable`.
    Off,
}

/// Reads `DB_SSLMODE` and `DB_SSLROOTCERT`.
pub(crate) fn read(env: &mut Environment) -> Tls {
    match env.optional("DB_SSLMODE").as_deref() {
        None | Some("verify-full") => verify_full(env),
        Some("require") => Tls::On(Arc::new(
            client()
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider())))
                .with_no_client_auth(),
        )),
        Some("disable") => Tls::Off,
        Some(other) => {
            env.problem(format!(
                "`DB_SSLMODE` is `{other}`, expected `verify-full` (the default), `require` (any certificate) or \
                 `disable` (plain text)"
            ));
            Tls::Off
        }
    }
}

fn verify_full(env: &mut Environment) -> Tls {
    let Some(path) = env.optional("DB_SSLROOTCERT") else {
        env.problem(
            "`DB_SSLROOTCERT` is not set: give the file of the certificate authority that the database's certificate \
             must come from, or set `DB_SSLMODE=disable` for plain text",
        );
        return Tls::Off;
    };
    let mut roots = RootCertStore::empty();
    match CertificateDer::pem_file_iter(&path) {
        Err(error) => env.problem(format!(
            "`DB_SSLROOTCERT` names `{path}`, which cannot be read: {error}"
        )),
        Ok(certificates) => {
            let (good, _ignored) = roots.add_parsable_certificates(certificates.flatten());
            if good == 0 {
                env.problem(format!(
                    "`DB_SSLROOTCERT` names `{path}`, which holds no certificate in PEM"
                ));
            }
        }
    }
    Tls::On(Arc::new(
        client().with_root_certificates(roots).with_no_client_auth(),
    ))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn client() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring has the cipher suites of TLS 1.2 and 1.3")
}

/// `require`: encrypted, but to whoever answers.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
