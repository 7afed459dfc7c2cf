//! `/gateway-settings`: what holds for all gateways.

use axum::extract::State;
use sekisho_model::event::Event;
use sekisho_model::name::DnsName;
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, GatewaySettings, Only};
use sekisho_wire::gateway::{LINK_MAJOR, Limits, Rate};
use serde::{Deserialize, Serialize};

use super::configure::{out_of_bounds, read_limits};
use crate::app::{App, SharedApp};
use crate::http::{Authenticated, IfMatch, Json, Problem, Tagged};

/// So many at once, refilled evenly.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RateView {
    /// In 1,000 seconds, so that less than one in a second can be said.
    per_1000_s: u64,
    /// At once, at most.
    burst: u32,
}

/// The limits of every gateway.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsView {
    /// Only count and report what would be refused.
    dry_run: bool,
    /// Connections at once.
    connections: u32,
    /// Connections at once from one address (IPv6: one /64), without an approved
    /// certificate.
    connections_per_address: u32,
    /// Connections at once of one device.
    connections_per_device: u32,
    /// TLS handshakes of all.
    handshakes: RateView,
    /// TLS handshakes from one address.
    handshakes_per_address: RateView,
    /// TLS handshakes begun and not ended.
    handshakes_in_flight: u32,
    /// Enrolments and questions about them from one address.
    enrolment_per_address: RateView,
    /// Enrolments and questions about them of all.
    enrolment: RateView,
    /// Enrolments and questions about them in progress.
    enrolment_in_flight: u32,
    /// Calls of one device.
    per_device: RateView,
    /// Calls in progress at this server.
    relayed_in_flight: u32,
    /// Refusals of one address in a minute after which it is banned; 0: never.
    ban_after: u32,
    /// How long a ban lasts, in seconds.
    ban_s: u32,
    /// Memory a gateway may use, in bytes.
    memory_bytes: u64,
    /// Streams at once that pass through.
    pass_through: u32,
}

/// What holds for all gateways.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct GatewaySettingsView {
    /// The limits in force.
    limits: LimitsView,
    /// The limits that the program brings along.
    usual_limits: LimitsView,
    /// The name or address by which agents and people reach the site from
    /// outside.
    public_name: Option<String>,
    /// The server's own name, of its settings.
    server_name: String,
    /// The version of the link this server speaks: gateways of another one do
    /// not work with it.
    link_major: u16,
    /// Counts changes.
    version: i64,
}

/// What is to hold for all gateways; what is left out stays.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GatewaySettingsChange {
    /// The limits; `null`: those that the program brings along.
    #[serde(default, deserialize_with = "given")]
    limits: Option<Option<LimitsView>>,
    /// The name or address by which agents and people reach the site from
    /// outside; `null`: none. It enters the certificates at once.
    #[serde(default, deserialize_with = "given")]
    public_name: Option<Option<String>>,
}

/// Tells `null` from what was left out.
fn given<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// See what holds for all gateways.
#[utoipa::path(
    get, path = "/gateway-settings", tag = "gateways",
    responses((status = 200, description = "What holds", body = GatewaySettingsView)),
)]
pub(super) async fn show_gateway_settings(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Tagged<GatewaySettingsView>, Problem> {
    caller.decide(action::ViewGateways, Facts::nothing())?.into_row();
    let settings = app.store.read().gateways().settings().await?;
    Ok(view(&app, settings))
}

/// Change what holds for all gateways. They work by it within seconds.
#[utoipa::path(
    patch, path = "/gateway-settings", tag = "gateways", request_body = GatewaySettingsChange,
    params(("If-Match" = String, Header, description = "The ETag of what you read")),
    responses(
        (status = 200, description = "What holds now", body = GatewaySettingsView),
        (status = 400, description = "A limit is outside of its bounds, or the name is none"),
        (status = 412, description = "`stale`"),
        (status = 428, description = "`precondition_required`"),
    ),
)]
pub(super) async fn change_gateway_settings(
    State(app): State<SharedApp>,
    caller: Authenticated,
    read: IfMatch,
    Json(body): Json<GatewaySettingsChange>,
) -> Result<Tagged<GatewaySettingsView>, Problem> {
    caller.decide(action::ManageGatewaySettings, Facts::nothing())?.into_row();
    let mut work = app.store.begin(&caller.context()).await?;
    let before = work.gateways().settings().await?;
    let version = before.as_ref().map_or(0, |before| before.version);
    read.check(version)?;
    let mut after = before.clone().unwrap_or(GatewaySettings {
        only: Only,
        limits: None,
        public_name: None,
        changed_at: caller.now,
        version: 0,
    });
    if let Some(limits) = body.limits {
        let limits = limits.map(Limits::from);
        let former = read_limits(after.limits.clone());
        let next = limits.clone().unwrap_or_default();
        if let Some((field, found, least, most)) = out_of_bounds(&next) {
            let detail = format!("'limits.{field}' is {found}; give {least} to {most}");
            return Err(Problem::invalid(format!("limits.{field}"), detail));
        }
        let fields = different(&former, &next);
        if !fields.is_empty() {
            work.record(Event::GatewayLimitsChanged { fields });
        }
        after.limits = limits.map(serde_json::to_value).transpose().map_err(Problem::internal)?;
    }
    if let Some(name) = body.public_name {
        let name = name.map(|name| public_name(&name)).transpose()?;
        if name != after.public_name {
            work.record(Event::PublicNameChanged { name: name.clone() });
        }
        after.public_name = name;
    }
    if !work.has_events() {
        work.rollback().await?;
        return Ok(view(&app, before));
    }
    after.changed_at = caller.now;
    let renames = before.and_then(|before| before.public_name) != after.public_name;
    let after = work.gateways().put_settings(after, version).await?;
    work.commit().await.map(drop)?;
    if renames {
        // Shown from the next connection on, without a restart.
        app.certificate.renew(&app).await.map_err(Problem::Internal)?;
    }
    Ok(view(&app, Some(after)))
}

/// A DNS name or an address, in lower case.
fn public_name(text: &str) -> Result<String, Problem> {
    let text = text.trim().to_lowercase();
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Ok(text);
    }
    text.parse::<DnsName>().map(|_| text.clone()).map_err(|error| {
        let detail = format!("'public_name' is '{text}', which is no name or address: {error}");
        Problem::invalid("public_name", detail)
    })
}

fn view(app: &App, settings: Option<GatewaySettings>) -> Tagged<GatewaySettingsView> {
    let version = settings.as_ref().map_or(0, |settings| settings.version);
    let limits = settings.as_ref().and_then(|settings| settings.limits.clone());
    let body = GatewaySettingsView {
        limits: read_limits(limits).into(),
        usual_limits: Limits::default().into(),
        public_name: settings.and_then(|settings| settings.public_name),
        server_name: app.config.public_name.to_string(),
        link_major: LINK_MAJOR,
        version,
    };
    Tagged { version, body }
}

/// The names of the limits that differ.
fn different(before: &Limits, after: &Limits) -> Vec<String> {
    let value = |limits| serde_json::to_value(limits).ok();
    let (Some(before), Some(after)) = (value(before), value(after)) else { return Vec::new() };
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else {
        return Vec::new();
    };
    let differs = |(name, value): &(&String, &serde_json::Value)| before.get(*name) != Some(*value);
    after.iter().filter(differs).map(|(name, _)| name.clone()).collect()
}

impl From<Rate> for RateView {
    fn from(rate: Rate) -> Self {
        Self { per_1000_s: rate.per_1000_s, burst: rate.burst }
    }
}

impl From<RateView> for Rate {
    fn from(view: RateView) -> Self {
        Self { per_1000_s: view.per_1000_s, burst: view.burst }
    }
}

/// Both have the same fields.
macro_rules! same {
    ($($plain:ident),+; $($rate:ident),+) => {
        impl From<Limits> for LimitsView {
            fn from(limits: Limits) -> Self {
                Self { $($plain: limits.$plain,)+ $($rate: limits.$rate.into(),)+ }
            }
        }

        impl From<LimitsView> for Limits {
            fn from(view: LimitsView) -> Self {
                Self { $($plain: view.$plain,)+ $($rate: view.$rate.into(),)+ }
            }
        }
    };
}
same! {
    dry_run, connections, connections_per_address, connections_per_device, handshakes_in_flight,
    enrolment_in_flight, relayed_in_flight, ban_after, ban_s, memory_bytes, pass_through;
    handshakes, handshakes_per_address, enrolment_per_address, enrolment, per_device
}
