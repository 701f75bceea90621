//! TLS from one secret: who knows it can make itself a certificate of the cluster, and trusts those
//! that have one. There is nothing to issue, to copy or to renew.

use std::fmt;
use std::sync::Arc;

use ballista_core::extension::EndpointOverrideFn;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ED25519,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};

use crate::Error;

/// The name in every certificate of a cluster, whatever the machine is called.
const NAME: &str = "part.cluster.cuulong.invalid";
/// The fewest letters of a secret. The public key of the cluster's authority can be had by who
/// listens on the network: it must not be possible to try secrets against it.
const LEAST_LETTERS: usize = 32;
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410 §7).
const ED25519_PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// What one part of a cluster shows to the others, and expects of them.
#[derive(Clone)]
pub struct Tls {
    authority: Certificate,
    identity: Identity,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Of the cluster's secret.
    pub fn new(secret: Option<&SecretString>) -> Result<Tls, Error> {
        let advice = "print one with `cuulong cluster secret` and give the same one to every part, in \
                      CUULONG_CLUSTER_SECRET or as cluster_secret in the file";
        let Some(secret) = secret else {
            return Err(Error::Settings(format!("a cluster needs a secret, and none is set: {advice}")));
        };
        let secret = secret.expose_secret();
        if secret.chars().count() < LEAST_LETTERS {
            let text = format!("the cluster's secret has fewer than {LEAST_LETTERS} letters: {advice}");
            return Err(Error::Settings(text));
        }
        // Another provider may be in place already: it serves as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        made(secret)
            .map_err(|error| Error::Settings(format!("the cluster's certificates cannot be made: {error}")))
    }

    /// For a server: it speaks to those only who have a certificate of the cluster.
    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new().identity(self.identity.clone()).client_ca_root(self.authority.clone())
    }

    fn client(&self) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .identity(self.identity.clone())
            .ca_certificate(self.authority.clone())
            .domain_name(NAME)
    }

    /// An endpoint that speaks to a part of the cluster only.
    pub(crate) fn endpoint(&self, endpoint: Endpoint) -> Result<Endpoint, tonic::transport::Error> {
        endpoint.tls_config(self.client())
    }

    /// The same, for connections that Ballista makes itself.
    pub(crate) fn for_ballista(&self) -> EndpointOverrideFn {
        let tls = self.clone();
        Arc::new(move |endpoint| Ok(tls.endpoint(endpoint)?))
    }
}

fn made(secret: &str) -> Result<Tls, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "a Cuu Long cluster");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    // The same secret makes the same key: that is all that the parts have in common.
    let seed = Sha256::new_with_prefix(b"cuulong cluster authority v1\0").chain_update(secret).finalize();
    let key = [ED25519_PKCS8.as_slice(), seed.as_slice()].concat();
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key), &PKCS_ED25519)?;
    let certificate = authority.self_signed(&key)?;
    let issuer = Issuer::new(authority, key);

    let mut part = CertificateParams::new(vec![NAME.to_owned()])?;
    part.distinguished_name.push(DnType::CommonName, "a part of a Cuu Long cluster");
    part.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    let own = KeyPair::generate_for(&PKCS_ED25519)?;
    let shown = part.signed_by(&own, &issuer)?;
    Ok(Tls {
        authority: Certificate::from_pem(certificate.pem()),
        identity: Identity::from_pem(shown.pem(), own.serialize_pem()),
    })
}
