//! Another Sekisho server as witness.

use std::path::Path;

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use sekisho_seal::audit_head::SignedHead;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Failed, net};
use crate::config::{HostPort, TlsFiles, read_secret_file};

/// Longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// The part of a refusal that matters.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
}

/// Sends signed heads.
pub(super) async fn send(
    address: &HostPort,
    tls: &TlsFiles,
    token_file: &Path,
    heads: &[SignedHead],
) -> Result<(), Failed> {
    let (status, body) =
        post(address, tls, token_file, heads).await.map_err(Failed::Unreachable)?;
    if status.is_success() {
        return Ok(());
    }
    let told = match serde_json::from_slice::<Refusal>(&body) {
        Ok(refusal) => refusal,
        Err(_) => Refusal { code: String::new(), detail: String::new() },
    };
    let problem = format!("{address} answered {status}: {} {}", told.code, told.detail);
    match told.code.as_str() {
        "head_contradicted" | "head_forged" => Err(Failed::Refused(problem)),
        _ => Err(Failed::Unreachable(problem)),
    }
}

async fn post(
    address: &HostPort,
    tls: &TlsFiles,
    token_file: &Path,
    heads: &[SignedHead],
) -> Result<(StatusCode, Bytes), String> {
    let token = read_secret_file(token_file).map_err(|error| format!("{error:#}"))?;
    let token = token.expose_str().ok_or("the token file holds no text")?;
    let bearer = Zeroizing::new(format!("Bearer {token}"));
    let mut bearer = http::HeaderValue::from_str(&bearer)
        .map_err(|_| format!("{} holds no API token", token_file.display()))?;
    bearer.set_sensitive(true);
    let body = serde_json::to_vec(&serde_json::json!({ "heads": heads }))
        .expect("signed heads become JSON");
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/witness/heads")
        .header(header::HOST, address.to_string())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, bearer)
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| error.to_string())?;
    let stream = net::tls(address, tls).await?;
    let failed = |error: hyper::Error| format!("{address}: {error}");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| format!("{address}: {error}"))?.to_bytes();
        Ok((status, body))
    };
    let mut exchange = std::pin::pin!(exchange);
    let mut connection = std::pin::pin!(connection);
    // The connection must be driven while the answer is awaited.
    tokio::select! {
        done = &mut exchange => done,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await,
            Err(error) => Err(failed(error)),
        },
    }
}
