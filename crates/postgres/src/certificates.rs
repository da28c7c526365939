//! The certificate authority of one local cluster, and the server certificate that it signs.
//!
//! Clients verify the server on the laptop as they do in production, with an authority that nobody else
//! trusts. The authority's key never leaves the folder and stays with the caller; the server gets a new
//! certificate at each start (about a millisecond), so that only the authority can grow old.

use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use thiserror::Error;
use x509_cert::der::DecodePem;

use crate::account::Account;

/// The files of one cluster's TLS.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    folder: PathBuf,
}

/// Why the cluster's certificates could not be made.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file could not be written.
    #[error("could not write `{}`", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Making a key or a certificate failed.
    #[error("could not make the certificates of the local PostgreSQL")]
    Generate(#[from] rcgen::Error),
}

const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);
const RENEW_BEFORE: Duration = Duration::from_hours(30 * 24);

impl Certificates {
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The authority's certificate, which clients verify with.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.crt")
    }

    pub(crate) fn server_certificate(&self) -> PathBuf {
        self.folder.join("server.crt")
    }

    pub(crate) fn server_key(&self) -> PathBuf {
        self.folder.join("server.key")
    }

    /// Makes what is missing or about to expire, and a fresh server certificate that `account` may read.
    pub(crate) fn prepare(&self, account: Option<&Account>) -> Result<(), CertificateError> {
        fs::create_dir_all(&self.folder).map_err(|source| CertificateError::Write {
            path: self.folder.clone(),
            source,
        })?;
        let authority = match self.existing_authority() {
            Some(authority) => authority,
            None => self.make_authority()?,
        };

        let names = [
            "localhost".to_owned(),
            Ipv4Addr::LOCALHOST.to_string(),
            "::1".to_owned(),
        ];
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "localhost");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        // Clients that follow the standard to the letter, as Python's do, want to see which key signed.
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = validity();
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        self.write("server.key", &key.serialize_pem(), 0o600, account)?;
        self.write("server.crt", &certificate.pem(), 0o644, account)
    }

    fn existing_authority(&self) -> Option<Issuer<'static, KeyPair>> {
        let certificate = x509_cert::Certificate::from_pem(fs::read(self.ca_file()).ok()?).ok()?;
        let expires = certificate
            .tbs_certificate
            .validity
            .not_after
            .to_system_time();
        if expires < SystemTime::now() + RENEW_BEFORE {
            return None;
        }
        let key = KeyPair::from_pem(&fs::read_to_string(self.folder.join("ca.key")).ok()?).ok()?;
        // A certificate of another key would make a chain that no client accepts.
        let public = certificate
            .tbs_certificate
            .subject_public_key_info
            .subject_public_key;
        (public.as_bytes()? == key.public_key_raw()).then(|| Issuer::new(authority_params(), key))
    }

    fn make_authority(&self) -> Result<Issuer<'static, KeyPair>, CertificateError> {
        let key = KeyPair::generate()?;
        let params = authority_params();
        let certificate = params.self_signed(&key)?;
        self.write("ca.key", &key.serialize_pem(), 0o600, None)?;
        self.write("ca.crt", &certificate.pem(), 0o644, None)?;
        Ok(Issuer::new(params, key))
    }

    /// Written beside and renamed, so that a reader never sees half a file.
    fn write(
        &self,
        name: &str,
        text: &str,
        mode: u32,
        account: Option<&Account>,
    ) -> Result<(), CertificateError> {
        let path = self.folder.join(name);
        write_private(&path, text.as_bytes(), mode, account)
            .map_err(|source| CertificateError::Write { path, source })
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Seaworthy local PostgreSQL");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = validity();
    params
}

/// From yesterday, because clocks of virtual machines jump.
fn validity<T: From<SystemTime>>() -> (T, T) {
    let now = SystemTime::now();
    (
        T::from(now - Duration::from_hours(24)),
        T::from(now + TEN_YEARS),
    )
}

/// Writes a file with exactly this mode from its first byte on, atomically.
pub(crate) fn write_private(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    account: Option<&Account>,
) -> io::Result<()> {
    let beside = path.with_extension("new");
    let _ = fs::remove_file(&beside);
    let mut file = fs::File::options()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&beside)?;
    file.write_all(bytes)?;
    if let Some(account) = account {
        account.own(&beside)?;
    }
    fs::rename(&beside, path)
}
