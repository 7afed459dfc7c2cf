//! The server behind nginx and the relay: TLS with a certificate from both
//! sides, one thread, what comes goes back. It holds a wait as the gateway does.

use std::convert::Infallible;
use std::future::pending;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Context as _, Result};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::tls::{self, UPSTREAM};

/// Serves until it is killed. The first line it prints is its port.
pub(crate) fn run(folder: &Path) -> Result<()> {
    let acceptor = TlsAcceptor::from(tls::server(folder, UPSTREAM)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.context("a connection")?;
            while connections.try_join_next().is_some() {}
            connections.spawn(serve(acceptor.clone(), stream));
        }
    })
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (io, service) = (TokioIo::new(stream), service_fn(answer));
    // How a connection ends does not matter.
    if is_h2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(io, service).await;
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.method() == Method::GET {
        // A wait: it ends with its connection.
        pending::<()>().await;
    }
    let body = request.into_body().collect().await.map(|body| body.to_bytes());
    Ok(Response::new(Full::new(body.unwrap_or_default())))
}
