//! Certificates of a test's own.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ALL_VERSIONS, ServerConfig, SupportedProtocolVersion};

/// An authority that vouches for whatever a test wants.
pub struct TestAuthority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// What a server shows of itself.
#[derive(Clone, Copy)]
pub struct Shown {
    /// Whose certificate.
    pub name: &'static str,
    /// The last year that it is good for, by the system's clock.
    pub until: i32,
    /// The versions of TLS that it speaks.
    pub versions: &'static [&'static SupportedProtocolVersion],
}

impl Shown {
    /// A good certificate for this name.
    pub fn good(name: &'static str) -> Self {
        Self {
            name,
            until: 2999,
            versions: ALL_VERSIONS,
        }
    }
}

impl TestAuthority {
    /// A new one.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "A test's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().expect("a key");
        let own = params.self_signed(&key).expect("a certificate");
        Self {
            pem: own.pem(),
            issuer: Issuer::new(params, key),
        }
    }

    /// Its certificate, for a client that trusts it.
    pub fn pem(&self) -> &[u8] {
        self.pem.as_bytes()
    }

    /// What a server needs to show that.
    pub fn server(&self, shown: Shown) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new([shown.name.to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(shown.until, 12, 31);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(shown.versions)
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            );
        Arc::new(config.expect("a server"))
    }
}
