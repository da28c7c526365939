//! The keys of one API server: its authority, its own certificate, its administrator's, and the key of service
//! accounts. Made for each server and gone with its folder.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// Where the keys are.
#[derive(Debug)]
pub(super) struct Keys {
    /// The authority's certificate.
    pub(super) ca: PathBuf,
    pub(super) server_certificate: PathBuf,
    pub(super) server_key: PathBuf,
    /// Signs the tokens of service accounts.
    pub(super) service_account_key: PathBuf,
    /// Checks them.
    pub(super) service_account_public_key: PathBuf,
    pub(super) admin_certificate: PathBuf,
    pub(super) admin_key: PathBuf,
}

/// Makes the keys and writes them into `folder`.
pub(super) fn write(folder: &Path) -> Keys {
    let save = |name: &str, pem: &str| {
        let path = folder.join(name);
        fs::write(&path, pem).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    };

    let authority_key = key();
    let mut authority = parameters("seaworthy-test", &[]);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca = authority
        .self_signed(&authority_key)
        .expect("it is complete");
    let issuer = Issuer::new(authority, authority_key);

    let server_key = key();
    let names = [
        "localhost",
        "kubernetes.default.svc",
        "127.0.0.1",
        // The first address of the service range is the API server's own.
        "10.96.0.1",
    ];
    let mut server = parameters("kube-apiserver", &names);
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let server = server
        .signed_by(&server_key, &issuer)
        .expect("it is complete");

    let admin_key = key();
    let mut admin = parameters("admin", &[]);
    admin
        .distinguished_name
        .push(DnType::OrganizationName, "system:masters");
    admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let admin = admin
        .signed_by(&admin_key, &issuer)
        .expect("it is complete");

    let service_accounts = key();
    Keys {
        ca: save("ca.crt", &ca.pem()),
        server_certificate: save("server.crt", &server.pem()),
        server_key: save("server.key", &server_key.serialize_pem()),
        service_account_key: save("service-account.key", &service_accounts.serialize_pem()),
        service_account_public_key: save("service-account.pub", &service_accounts.public_key_pem()),
        admin_certificate: save("admin.crt", &admin.pem()),
        admin_key: save("admin.key", &admin_key.serialize_pem()),
    }
}

impl Keys {
    /// A client's configuration for the administrator. JSON is YAML, too.
    pub(super) fn kubeconfig(&self, port: u16) -> String {
        let configuration = serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "test", "cluster": {
                "server": format!("https://127.0.0.1:{port}"),
                "certificate-authority": self.ca,
            }}],
            "users": [{ "name": "admin", "user": {
                "client-certificate": self.admin_certificate,
                "client-key": self.admin_key,
            }}],
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "admin" }}],
            "current-context": "test",
        });
        configuration.to_string()
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the system gives randomness")
}

fn parameters(name: &str, addresses: &[&str]) -> CertificateParams {
    let addresses = addresses.iter().map(|&address| address.to_owned());
    let mut parameters =
        CertificateParams::new(addresses.collect::<Vec<_>>()).expect("the names are valid");
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters
}
