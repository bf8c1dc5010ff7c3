//! Whose certificate headquarters may show: one that leads to a root in `ca_file`, or one that is itself in `ca_file`.
//!
//! The second is for the commonest small headquarters: one self-signed certificate, made with one `openssl` command,
//! copied to the stations. Such a certificate calls itself an authority, and the usual check refuses an authority as a
//! server. Being named is stronger than being vouched for, so its dates are not looked at either: a station without a
//! clock reaches the headquarters it was given. The handshake's signature and the name are checked in both cases.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Why certificates cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Not PEM.
    #[error("read the PEM text: {0}")]
    Pem(rustls::pki_types::pem::Error),
    /// PEM of something else.
    #[error("there is no certificate in it")]
    Empty,
    /// A certificate that cannot be used.
    #[error("use a certificate in it")]
    Tls(#[from] Error),
    /// A set of certificates that cannot be used.
    #[error("use the certificates in it")]
    Roots(#[from] rustls::client::VerifierBuilderError),
}

/// TLS for a station that trusts the certificates in `pem` and nothing else.
///
/// # Errors
/// When the text holds no usable certificate.
pub fn client_config(pem: &[u8]) -> Result<ClientConfig, TrustError> {
    let named =
        CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(TrustError::Pem)?;
    if named.is_empty() {
        return Err(TrustError::Empty);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for certificate in &named {
        roots.add(certificate.clone())?;
    }
    let roots =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build()?;
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trust { named, roots, provider }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[derive(Debug)]
struct Trust {
    named: Vec<CertificateDer<'static>>,
    roots: Arc<WebPkiServerVerifier>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.named.iter().any(|named| named == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        self.roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
