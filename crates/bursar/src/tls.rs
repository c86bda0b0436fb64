//! `--tls real-names`: the sandbox under the documented host names.
//!
//! Clients with built-in addresses run unmodified against it once two things are told to the
//! machine they run on: the names' addresses, and the authority that signed their certificates.
//! The authority is made at the first start and stays in the data folder. It may sign for the
//! documented names only, so that trusting it endangers nothing else; and nothing installs it.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bursar_kernel::{Clock, Rng};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SerialNumber,
    date_time_ymd,
};
use tokio_rustls::rustls;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What the authority may sign for: these names and those below them.
const PERMITTED: [&str; 2] = ["api.concursolutions.com", "concurcdc.cn"];
/// What it may not: what is permitted of names says nothing of bare addresses.
const ADDRESSES: [GeneralSubtree; 2] = [
    GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
    GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
];
/// Certificates are made anew at each start, so this is for how long it may run.
const CERTIFICATE_LIFE: Duration = Duration::from_hours(365 * 24);
/// For how long the authority can be trusted.
const AUTHORITY_LIFE: Duration = Duration::from_hours(10 * 365 * 24);
/// A client's clock may be this much behind.
const BACKDATED: Duration = Duration::from_hours(24);

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or written.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key in the file is none.
    #[error(
        "the certificate authority's key in {path} cannot be read: {source}; remove the folder \
         to get a new authority"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: rcgen::Error,
    },
    /// A certificate cannot be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificates cannot be served.
    #[error("cannot serve the certificates: {0}")]
    Serve(#[from] rustls::Error),
}

/// The host name of a data center, its pages' name, and its other names.
///
/// Source: platform/base-uris.markdown; the e-receipts recipe for China, whose other names are
/// those of the pages that print another. Names of pages there are `Inferred`.
pub fn names(data_center: &str) -> Vec<String> {
    match data_center {
        "cn" => [
            "apa1.concurcdc.cn",
            "www-apa1.concurcdc.cn",
            "cn.api.concurcdc.cn",
            "cn.api.concursolutions.com",
        ]
        .map(str::to_owned)
        .into(),
        id => ["", "www-"]
            .map(|www| format!("{www}{id}.api.concursolutions.com"))
            .into(),
    }
}

/// The sandbox's own certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: PathBuf,
}

impl Authority {
    /// The one in `folder`, made there if there is none.
    pub fn open(folder: &Path, clock: &Clock, rng: &Rng) -> Result<Self, TlsError> {
        let (key_path, certificate) = (folder.join("ca.key"), folder.join("ca.pem"));
        if !certificate.exists() {
            make(folder, &key_path, &certificate, clock, rng)?;
        }
        let text = fs::read_to_string(&key_path).map_err(at(&key_path))?;
        let key = KeyPair::from_pem(&text).map_err(|source| TlsError::Key {
            path: key_path,
            source,
        })?;
        let issuer = Issuer::new(authority(clock, rng), key);
        Ok(Self {
            issuer,
            certificate,
        })
    }

    /// Where its certificate is, for clients to trust.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// A new certificate for `names`, ready to be served.
    pub fn serve(
        &self,
        names: Vec<String>,
        clock: &Clock,
        rng: &Rng,
    ) -> Result<Arc<ServerConfig>, TlsError> {
        let (certificate, key) = self.sign(names, clock, rng)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn sign(
        &self,
        names: Vec<String>,
        clock: &Clock,
        rng: &Rng,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "Bursar sandbox");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        date(&mut params, clock, rng, CERTIFICATE_LIFE);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        Ok((certificate.der().clone(), key))
    }
}

/// Writes a new authority: its key first, so that there is never a certificate without one.
fn make(
    folder: &Path,
    key_path: &Path,
    certificate: &Path,
    clock: &Clock,
    rng: &Rng,
) -> Result<(), TlsError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(at(folder))?;
    let key = KeyPair::generate()?;
    let own = authority(clock, rng).self_signed(&key)?;
    write(key_path, 0o600, &key.serialize_pem())?;
    write(certificate, 0o644, &own.pem())
}

fn authority(clock: &Clock, rng: &Rng) -> CertificateParams {
    let mut params = CertificateParams::default();
    let name = "Bursar sandbox: for local tests only";
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let permitted = PERMITTED.map(|name| GeneralSubtree::DnsName(name.to_owned()));
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted.into(),
        excluded_subtrees: ADDRESSES.to_vec(),
    });
    date(&mut params, clock, rng, AUTHORITY_LIFE);
    params
}

fn date(params: &mut CertificateParams, clock: &Clock, rng: &Rng, life: Duration) {
    let seconds = u64::try_from(clock.now().epoch_seconds()).unwrap_or(0);
    let now = date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_before = now - BACKDATED;
    params.not_after = now + life;
    params.serial_number = Some(SerialNumber::from_slice(&rng.bytes::<16>()));
}

fn write(path: &Path, mode: u32, text: &str) -> Result<(), TlsError> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(mode);
    let written = file.open(path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> TlsError {
    let path = path.to_owned();
    |source| TlsError::File { path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use bursar_kernel::Micros;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier as _;
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    const NOW: u64 = 1_795_253_400;

    fn clock() -> Clock {
        Clock::fake(Micros(i64::try_from(NOW).unwrap() * 1_000_000))
    }

    fn open(folder: &Path) -> Authority {
        Authority::open(&folder.join("tls"), &clock(), &Rng::system()).unwrap()
    }

    /// Whether a client that trusts the authority takes its certificate for this name.
    fn is_trusted(authority: &Authority, name: &str, at: u64) -> bool {
        let rng = Rng::system();
        let (leaf, _) = authority
            .sign(vec![name.to_owned()], &clock(), &rng)
            .unwrap();
        let root = CertificateDer::from_pem_file(authority.certificate()).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider);
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(at));
        let client = verifier.build().unwrap();
        client
            .verify_server_cert(&leaf, &[], &name, &[], now)
            .is_ok()
    }

    #[test]
    fn signs_for_the_documented_names_only() {
        let folder = tempfile::tempdir().unwrap();
        let authority = open(folder.path());
        let ids = [
            "us",
            "us2",
            "emea",
            "eu2",
            "cn",
            "glz",
            "apj1",
            "usg",
            "us-impl",
            "emea-impl",
        ];
        for name in ids.iter().flat_map(|id| names(id)) {
            assert!(is_trusted(&authority, &name, NOW), "{name}");
        }
        for name in [
            "bank.example",
            "www.concursolutions.com",
            "concursolutions.com",
            "127.0.0.1",
            "::1",
        ] {
            assert!(!is_trusted(&authority, name, NOW), "{name}");
        }
        let year = 366 * 24 * 3600;
        assert!(!is_trusted(
            &authority,
            "us.api.concursolutions.com",
            NOW + year
        ));
    }

    #[test]
    fn the_authority_stays_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(folder.path());
        let pem = fs::read(first.certificate()).unwrap();
        let mode = |name| {
            let path = folder.path().join("tls").join(name);
            path.metadata().unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode("ca.key"), mode("")), (0o600, 0o700));
        let again = open(folder.path());
        assert_eq!(fs::read(again.certificate()).unwrap(), pem);
        assert!(is_trusted(&again, "us.api.concursolutions.com", NOW));
        fs::write(folder.path().join("tls/ca.key"), "no key").unwrap();
        let broken = Authority::open(&folder.path().join("tls"), &clock(), &Rng::system());
        assert!(matches!(broken, Err(TlsError::Key { .. })));
    }

    #[test]
    fn names_are_those_of_the_documents() {
        assert_eq!(
            names("us"),
            [
                "us.api.concursolutions.com",
                "www-us.api.concursolutions.com"
            ]
        );
        assert_eq!(names("us-impl")[1], "www-us-impl.api.concursolutions.com");
        assert_eq!(names("cn")[0], "apa1.concurcdc.cn");
    }
}
