//! The server's end of the link: HTTP/2, of which the gateway is the client.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, SignatureScheme};
use sekisho_wire::gateway::{CALL_ALPN, LINK_ALPN};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::{Certified, Site};

/// Who dials a gateway's private listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The site's server.
    Server,
    /// A gateway of the site.
    Gateway,
    /// Somebody without a certificate.
    Nobody,
}

/// Dials the private listener and says that it speaks the link's protocol.
///
/// # Errors
/// When the gateway does not answer, or does not want it.
///
/// # Panics
/// When keys cannot be made.
pub async fn connect(
    site: &Site,
    address: SocketAddr,
    who: Who,
) -> Result<TlsStream<TcpStream>, String> {
    let shown = match who {
        Who::Server => Some(site.link_server()),
        Who::Gateway => Some(site.link_gateway()),
        Who::Nobody => None,
    };
    dial(shown.as_ref(), address, LINK_ALPN).await
}

/// Dials a connection for calls, as the server.
///
/// # Errors
/// When the gateway does not answer, or does not want it.
///
/// # Panics
/// When keys cannot be made.
pub async fn connect_for_calls(
    site: &Site,
    address: SocketAddr,
) -> Result<TlsStream<TcpStream>, String> {
    dial(Some(&site.link_server()), address, CALL_ALPN).await
}

/// TLS to `address` by this certificate.
///
/// # Errors
/// When nobody answers there, or does not want it.
///
/// # Panics
/// When the certificate is not the key's.
pub async fn dial(
    shown: Option<&Certified>,
    address: SocketAddr,
    alpn: &[u8],
) -> Result<TlsStream<TcpStream>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    // Without it every small answer waits for an acknowledgement.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    shake_hands(shown, stream, alpn).await
}

/// TLS over a connection by this certificate.
///
/// # Errors
/// When the other end does not want it.
///
/// # Panics
/// When the certificate is not the key's.
pub async fn shake_hands<T: AsyncRead + AsyncWrite + Unpin>(
    shown: Option<&Certified>,
    stream: T,
    alpn: &[u8],
) -> Result<TlsStream<T>, String> {
    let mut config = match shown {
        Some(shown) => {
            client().with_client_auth_cert(shown.tls_chain(), shown.tls_key()).expect("its own")
        }
        None => client().with_no_client_auth(),
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    let name = ServerName::try_from("gateway.invalid").expect("a name");
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| error.to_string())
}

/// A TLS client that believes everybody: the pin of the pairing string is not
/// the question here.
///
/// # Panics
/// Never: TLS 1.3 is known.
pub fn client() -> ConfigBuilder<ClientConfig, WantsClientCert> {
    client_with(rustls::crypto::aws_lc_rs::default_provider())
}

/// [`client`] with these suites and groups.
///
/// # Panics
/// When TLS 1.3 is not possible with them.
pub fn client_with(provider: CryptoProvider) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
}

/// Serves what comes over a connection until it ends.
pub async fn serve<F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: impl Fn(Request<Incoming>) -> F + Send,
) where
    F: Future<Output = Response<Answer>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // As the server allows.
    builder.max_concurrent_streams(1024);
    // How it ends does not matter.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// [`serve`] for a connection that carries one call at a time.
pub async fn serve_calls<F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    answer: impl Fn(Request<Incoming>) -> F + Send,
) where
    F: Future<Output = Response<Answer>> + Send + 'static,
{
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    // How it ends does not matter.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The body of an answer.
pub enum Answer {
    /// Nothing.
    Empty,
    /// All of it.
    Whole(Option<Bytes>),
    /// The control stream.
    Frames(mpsc::Receiver<Bytes>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Empty => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Frames(frames) => frames.poll_recv(cx).map(|b| b.map(|b| Ok(Frame::data(b)))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Self::Whole(None) => SizeHint::with_exact(0),
            Self::Empty | Self::Frames(_) => SizeHint::default(),
        }
    }
}

#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}
