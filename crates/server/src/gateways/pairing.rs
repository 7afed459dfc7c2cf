//! Pairing: a gateway prints one string, a person brings it here, and both ends
//! know each other's keys from then on. Nothing secret goes over the network: the
//! secret of the string is a pre-shared key, and the answer proves that the
//! gateway knows it, too.

use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use sekisho_model::event::Event;
use sekisho_model::gateway::{GatewayState, GatewayTls, LinkDirection, PublicAddress};
use sekisho_model::id::GatewayId;
use sekisho_model::name::Label;
use sekisho_pki::SiteCa;
use sekisho_policy::{Granted, action};
use sekisho_seal::gateway::{PairingText, open_pairing_answer, seal_pairing};
use sekisho_seal::sha256;
use sekisho_store::{Access as _, Gateway, Hash, OperationContext, StoreError, folded};
use sekisho_wire::gateway::{
    LINK_MAJOR, MAX_PAIRING_BYTES, PAIRING_PATH, Pairing, PairingAnswer, PairingOffer,
};
use sekisho_wire::{MEDIA_TYPE, cbor};
use serde::Serialize;

use super::pin::{self, DialError};
use crate::app::App;
use crate::http::Problem;
use crate::keys::{self, Publisher, RotateError};

/// For an answer of the gateway.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a person wants.
pub(super) struct Wanted {
    pub(super) text: String,
    pub(super) name: Label,
    /// Where agents reach it; empty: at the site's public name.
    pub(super) public: Vec<PublicAddress>,
    /// The classic direction: where the gateway dials this server.
    pub(super) dial: Option<String>,
}

/// Makes a gateway one of the site.
///
/// # Errors
/// A conflict whose word says what is in the way: `gateway_unreachable`,
/// `gateway_other_key`, `gateway_not_waiting`, `pairing_expired`,
/// `pairing_secret_wrong`, `pairing_used`, `gateway_version`,
/// `gateway_paired_already`, `name_taken`.
pub(super) async fn pair(
    app: &App,
    context: &OperationContext,
    granted: Granted<action::PairGateway, ()>,
    wanted: Wanted,
) -> Result<Gateway, Problem> {
    let (text, public) = judge(app, &wanted).await?;
    let id = GatewayId::at(context.now, app.rng.as_ref());
    let (offer, answer) = exchange(app, &text, id, &wanted.name, wanted.dial.clone()).await?;
    let direction = match wanted.dial {
        Some(_) => LinkDirection::GatewayDials,
        None => LinkDirection::ServerDials,
    };
    let gateway = Gateway {
        id,
        folded_name: folded(&wanted.name),
        name: wanted.name,
        state: GatewayState::Active,
        direction,
        address: text.address.clone(),
        agents: answer.agents.chars().filter(|c| !c.is_control()).take(300).collect(),
        public,
        key_sha256: Hash(text.key_sha256),
        pass_through: false,
        pass_through_names: Vec::new(),
        dry_run: false,
        software: program_version(&offer),
        link_major: offer.link_major,
        status: None,
        last_contact_at: None,
        paired_by: granted.by(),
        paired_at: context.now,
        revoked_by: None,
        revoked_at: None,
        revoked_reason: None,
        version: 1,
    };
    let kept = keep(app, context, &gateway).await;
    kept.inspect_err(|error| {
        tracing::error!(
            error = error.detail(),
            "the gateway has accepted its pairing, which could not be stored here; print a new \
             pairing string there (`sekisho-gateway pair --again`) and bring that"
        );
    })?;
    app.gateways.change();
    Ok(gateway)
}

/// What is to be compared before a gateway is paired.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct PairingCheckView {
    /// Where it answers, `host:port`.
    address: String,
    /// SHA-256 of the key of its link, to compare with what the gateway shows.
    key_sha256: String,
    /// The version of its program.
    software: String,
    /// The version of the link it speaks.
    link_major: u16,
}

/// Looks whether a gateway can be paired like this: everything but the proof of
/// the secret, which uses the string up.
///
/// # Errors
/// Those of [`pair`].
pub(super) async fn check(app: &App, wanted: &Wanted) -> Result<PairingCheckView, Problem> {
    let (text, _) = judge(app, wanted).await?;
    let text = &text;
    let asked =
        over(
            text,
            |mut client| async move { offer(&mut client, text).await.map(|(offer, _)| offer) },
        );
    let offer = asked.await?;
    Ok(PairingCheckView {
        address: text.address.clone(),
        key_sha256: data_encoding::HEXLOWER.encode(&text.key_sha256),
        software: program_version(&offer),
        link_major: offer.link_major,
    })
}

/// The string and where agents reach the gateway, if nothing here is in the way.
async fn judge(app: &App, wanted: &Wanted) -> Result<(PairingText, Vec<PublicAddress>), Problem> {
    let text = PairingText::parse(&wanted.text).map_err(|error| {
        Problem::invalid("pairing", format!("'pairing' is not usable: {error}"))
    })?;
    let reader = app.store.read();
    let active = reader.gateways().active().await?;
    if active.len() as u64 >= sekisho_store::Gateways::<sekisho_store::Reader>::MAX {
        return Err(Problem::conflict_of("too_many", "64 gateways are paired, which is the most"));
    }
    if let Some(row) = active.iter().find(|row| row.key_sha256.0 == text.key_sha256) {
        let detail = format!(
            "this gateway is paired already, as '{}'; to pair it anew, revoke it first",
            row.name
        );
        return Err(Problem::conflict_of("gateway_paired_already", detail));
    }
    if active.iter().any(|row| row.folded_name == folded(&wanted.name)) {
        return Err(StoreError::Conflict { what: sekisho_store::Unique::GatewayName }.into());
    }
    let public = match wanted.public.is_empty() {
        true => vec![usual_address(app).await?],
        false => wanted.public.clone(),
    };
    Ok((text, public))
}

/// Where agents reach a gateway if nobody says so: by the site's public name, on
/// the port of the agent plane.
async fn usual_address(app: &App) -> Result<PublicAddress, Problem> {
    let settings = app.store.read().gateways().settings().await?;
    let name = settings.and_then(|settings| settings.public_name);
    let name = name.unwrap_or_else(|| app.config.public_name.to_string());
    let port = app.config.listen.agents.port();
    let address =
        if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") };
    Ok(PublicAddress { address, weight: 10, tls: GatewayTls::SiteCa })
}

/// Row, event and trust bundle in one transaction. A bundle that may not be
/// published now is published later.
async fn keep(app: &App, context: &OperationContext, gateway: &Gateway) -> Result<(), Problem> {
    for _ in 0..TRIES {
        let publisher = Publisher::open(app).await.map_err(Problem::internal)?;
        let mut work = app.store.begin(context).await?;
        work.gateways().insert(gateway.clone()).await?;
        work.record(Event::GatewayPaired {
            gateway: gateway.id,
            name: gateway.name.to_string(),
            address: gateway.address.clone(),
            key: data_encoding::HEXLOWER.encode(&gateway.key_sha256.0),
            direction: gateway.direction,
        });
        match publisher.publish(&mut work).await {
            Err(RotateError::Raced) => continue,
            Err(error) => tracing::warn!(%error, "agents are told of the gateway later"),
            Ok(_) => {}
        }
        work.commit().await.map(drop)?;
        if let Err(error) = keys::look(app).await {
            tracing::warn!(error = format!("{error:#}"), "the new trust bundle is read later");
        }
        return Ok(());
    }
    Err(Problem::conflict("trust bundles were published at the same time; try again"))
}

/// Two who publish at a time: one of them tries again.
pub(super) const TRIES: usize = 3;

/// The two calls to the gateway.
async fn exchange(
    app: &App,
    text: &PairingText,
    id: GatewayId,
    name: &Label,
    dial: Option<String>,
) -> Result<(PairingOffer, PairingAnswer), Problem> {
    // Both go over the connection whose key was checked.
    over(text, |mut client| async move {
        let client = &mut client;
        let (offer, key) = offer(client, text).await?;
        let issued = app
            .keys
            .ca()
            .issue_gateway(&offer.request, id, app.clock.now(), app.rng.as_ref())
            .map_err(Problem::internal)?;
        let pairing = Pairing {
            anchor: app.keys.anchor().clone(),
            bundles: app.keys.bundles().chain.clone(),
            gateway: id,
            name: name.to_string(),
            chain: std::iter::once(issued.der).chain(issued.chain).map(Into::into).collect(),
            dial,
        };
        let (envelope, exporter) = seal_pairing(&pairing, text, &key, app.rng.as_ref())
            .map_err(|error| not_a_gateway(text, error))?;
        let body = cbor::encode(&envelope);
        let (status, body) = call(client, text, Method::POST, body).await?;
        expect_ok(status, text)?;
        let answer = open_pairing_answer(&body, &exporter).map_err(|_| {
            // Only who knows the secret could have written it.
            Problem::conflict_of(
                "pairing_secret_wrong",
                "the gateway's answer does not prove that it knows the secret of this pairing \
                 string; print a new one there (`sekisho-gateway pair --again`)",
            )
        })?;
        if answer.gateway != id {
            return Err(not_a_gateway(text, "its answer is for another gateway"));
        }
        Ok((offer, answer))
    })
    .await
}

/// What the gateway offers, and the key a pairing is sealed to: it waits, has the
/// key of the string, and speaks this server's version of the link.
async fn offer(
    client: &mut SendRequest<Full<Bytes>>,
    text: &PairingText,
) -> Result<(PairingOffer, [u8; 32]), Problem> {
    let (status, body) = call(client, text, Method::GET, Vec::new()).await?;
    expect_ok(status, text)?;
    let offer: PairingOffer =
        cbor::decode(&body, MAX_PAIRING_BYTES).map_err(|error| not_a_gateway(text, error))?;
    if offer.link_major != LINK_MAJOR {
        return Err(Problem::conflict_of(
            "gateway_version",
            format!(
                "the gateway (version {}) speaks version {} of the link, this server speaks \
                 {LINK_MAJOR}; install versions that belong together",
                offer.version, offer.link_major
            ),
        ));
    }
    let key = SiteCa::key_of_request(&offer.request).map_err(|error| not_a_gateway(text, error))?;
    if sha256(key.spki()) != text.key_sha256 {
        return Err(not_a_gateway(text, "it wants a certificate for another key"));
    }
    let key = offer.key;
    Ok((offer, key))
}

fn program_version(offer: &PairingOffer) -> String {
    offer.version.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// Makes calls over a connection whose key was checked.
async fn over<T, F>(
    text: &PairingText,
    calls: impl FnOnce(SendRequest<Full<Bytes>>) -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Problem>>,
{
    let stream = pin::dial(&text.address, text.key_sha256, None, b"http/1.1").await?;
    let (client, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable(&text.address, error))?;
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        done = calls(client) => done,
        // What came before the end is in the calls' hands.
        Err(error) = connection.as_mut() => Err(unreachable(&text.address, error)),
    }
}

async fn call(
    client: &mut SendRequest<Full<Bytes>>,
    text: &PairingText,
    method: Method,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), Problem> {
    let request = Request::builder()
        .method(method)
        .uri(PAIRING_PATH)
        .header(header::HOST, text.address.as_str())
        .header(header::CONTENT_TYPE, MEDIA_TYPE)
        .body(Full::from(body))
        .map_err(Problem::internal)?;
    let answered = async {
        client.ready().await.map_err(|error| unreachable(&text.address, error))?;
        let answer = client.send_request(request).await;
        let answer = answer.map_err(|error| unreachable(&text.address, error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_PAIRING_BYTES).collect().await;
        let body = body.map_err(|error| unreachable(&text.address, error))?;
        Ok((status, body.to_bytes()))
    };
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(answered) => answered,
        Err(_) => Err(unreachable(&text.address, format!("no answer in {} s", PATIENCE.as_secs()))),
    }
}

/// What the gateway says, as a status.
fn expect_ok(status: StatusCode, text: &PairingText) -> Result<(), Problem> {
    let address = &text.address;
    let again = "print a new pairing string there (`sekisho-gateway pair --again`)";
    Err(match status {
        StatusCode::OK => return Ok(()),
        StatusCode::NOT_FOUND => Problem::conflict_of(
            "gateway_not_waiting",
            format!("the gateway at {address} does not wait to be paired; {again}"),
        ),
        StatusCode::GONE => Problem::conflict_of(
            "pairing_expired",
            format!("the pairing string has expired, or a newer one was printed; {again}"),
        ),
        StatusCode::CONFLICT => Problem::conflict_of(
            "pairing_used",
            format!("the pairing string was used already; {again}"),
        ),
        StatusCode::FORBIDDEN => Problem::conflict_of(
            "pairing_secret_wrong",
            format!("the gateway does not accept the secret of this pairing string; {again}"),
        ),
        other => not_a_gateway(text, format!("it answers with status {other}")),
    })
}

fn not_a_gateway(text: &PairingText, problem: impl std::fmt::Display) -> Problem {
    let address = &text.address;
    Problem::conflict_of(
        "gateway_unreadable",
        format!("what answers at {address} does not behave like a gateway: {problem}"),
    )
}

fn unreachable(address: &str, problem: impl std::fmt::Display) -> Problem {
    let detail = format!("the connection to {address} has ended: {problem}");
    Problem::conflict_of("gateway_unreachable", detail)
}

impl From<DialError> for Problem {
    fn from(error: DialError) -> Self {
        let word = match &error {
            DialError::Unreachable { .. } | DialError::Refused { .. } => "gateway_unreachable",
            DialError::OtherKey { .. } => "gateway_other_key",
        };
        Self::conflict_of(word, error)
    }
}
