//! TLS: the operator's certificate, or one that the node signs itself and keeps.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file.
    #[error("cannot use `{path}`")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// What is in a file.
    #[error("`{path}` holds no certificate or key that can be used: {reason}")]
    Content {
        /// Which.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Making a certificate.
    #[error("cannot make a certificate")]
    Making(#[from] rcgen::Error),
}

/// TLS with the operator's certificate and key, or with one that is kept in the folder; it is made
/// there when there is none.
pub fn acceptor(given: Option<(&Path, &Path)>, folder: &Path) -> Result<TlsAcceptor, TlsError> {
    let (certificate, key) = match given {
        Some((certificate, key)) => (certificate.to_path_buf(), key.to_path_buf()),
        None => kept(folder)?,
    };
    let content = |path: &Path| {
        let path = path.display().to_string();
        move |reason: String| TlsError::Content { path: path.clone(), reason }
    };
    let wrong = content(&certificate);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(|error| content(&key)(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| wrong(error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The certificate that the node signed itself, and its key.
fn kept(folder: &Path) -> Result<(PathBuf, PathBuf), TlsError> {
    let (certificate, key) = (folder.join("sqlwire.crt"), folder.join("sqlwire.key"));
    if certificate.exists() && key.exists() {
        return Ok((certificate, key));
    }
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    write_secret(&key, &made.signing_key.serialize_pem())?;
    std::fs::write(&certificate, made.cert.pem()).map_err(file(&certificate))?;
    Ok((certificate, key))
}

/// Writes what nobody else may read.
fn write_secret(path: &Path, text: &str) -> Result<(), TlsError> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut opened = options.open(path).map_err(file(path))?;
    opened.write_all(text.as_bytes()).map_err(file(path))
}

fn file(path: &Path) -> impl Fn(std::io::Error) -> TlsError {
    let path = path.display().to_string();
    move |source| TlsError::File { path: path.clone(), source }
}
