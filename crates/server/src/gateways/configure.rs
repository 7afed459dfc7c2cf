//! What a gateway works by, made from the database and the settings.

use sekisho_model::Timestamp;
use sekisho_seal::gateway::sign_gateway_config;
use sekisho_store::{Access, Gateway, StoreError};
use sekisho_wire::gateway::{
    GatewayConfig, Limits, Office as WireOffice, PassThrough, Rate, route_lines,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::app::App;

/// Revoked devices in a configuration, at most: what
/// [`MAX_CONFIG_BYTES`](sekisho_wire::gateway::MAX_CONFIG_BYTES) has room for.
const MAX_REVOKED: u64 = 100_000;

/// The limits of an office, as they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OfficeLimits {
    /// Connections at once, for the whole office.
    #[schema(minimum = 1, maximum = 100_000)]
    pub(super) connections: u32,
    /// TLS handshakes in a second, for the whole office.
    #[schema(minimum = 1, maximum = 10_000)]
    pub(super) handshakes_per_s: u32,
    /// Enrolments and questions about them in a second, for the whole office.
    #[schema(minimum = 1, maximum = 1_000)]
    pub(super) enrolments_per_s: u32,
}

impl Default for OfficeLimits {
    fn default() -> Self {
        Self { connections: 1000, handshakes_per_s: 50, enrolments_per_s: 10 }
    }
}

/// A configuration without its version and its time.
pub(super) async fn compose(
    app: &App,
    at: &impl Access,
    gateway: &Gateway,
) -> Result<GatewayConfig, StoreError> {
    let settings = at.gateways().settings().await?;
    let limits = settings.as_ref().and_then(|settings| settings.limits.clone());
    let mut limits = read_limits(limits);
    limits.dry_run |= gateway.dry_run;
    let public_name = settings.and_then(|settings| settings.public_name);
    let mut public_names: Vec<String> = Vec::new();
    let hosts = gateway.public.iter().filter_map(|public| host_of(&public.address));
    for name in hosts.map(str::to_owned).chain(public_name) {
        if !public_names.contains(&name) {
            public_names.push(name);
        }
    }
    let offices = at.offices().all().await?;
    let offices = offices
        .into_iter()
        .filter(|office| office.gateways.is_empty() || office.gateways.contains(&gateway.id));
    let offices = offices.map(|office| {
        let limits: OfficeLimits = serde_json::from_value(office.limits).unwrap_or_default();
        WireOffice {
            name: office.name.to_string(),
            networks: office.networks,
            connections: limits.connections,
            handshakes: Rate::per_second(
                limits.handshakes_per_s.into(),
                limits.handshakes_per_s.saturating_mul(4),
            ),
            enrolment: Rate::per_second(
                limits.enrolments_per_s.into(),
                limits.enrolments_per_s.saturating_mul(10),
            ),
        }
    });
    let trust = app.keys.ca().trust();
    Ok(GatewayConfig {
        site: app.keys.site(),
        gateway: gateway.id,
        version: 0,
        issued: Timestamp::EPOCH,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        routes: route_lines(),
        tls: app.config.tls.policy(),
        limits,
        offices: offices.collect(),
        ca_roots: vec![ByteBuf::from(trust.root().to_vec())],
        ca_issuing: trust.issuing_chain().map(|der| ByteBuf::from(der.to_vec())).collect(),
        revoked: at.devices().shut_out(MAX_REVOKED).await?,
        public_names,
        pass_through: gateway
            .pass_through
            .then(|| PassThrough { names: gateway.pass_through_names.clone() }),
    })
}

/// Signs a configuration as the next version.
pub(super) fn sign(app: &App, config: &GatewayConfig, version: u64) -> Vec<u8> {
    let now = app.clock.now();
    let config = GatewayConfig { version, issued: now, ..config.clone() };
    sign_gateway_config(&config, &app.keys.order_key(now))
}

/// The limits that are kept; those that the program brings along if none are.
pub(super) fn read_limits(kept: Option<serde_json::Value>) -> Limits {
    let Some(kept) = kept else { return Limits::default() };
    serde_json::from_value(kept).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limits of gateways are not readable; the usual ones are used");
        Limits::default()
    })
}

/// The host of `host:port`, without brackets.
pub(super) fn host_of(address: &str) -> Option<&str> {
    let (host, _) = address.rsplit_once(':')?;
    Some(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
}

/// Numbers outside of which a limit is a mistake: its name, the value, the
/// smallest and the largest.
pub(super) fn out_of_bounds(limits: &Limits) -> Option<(&'static str, u64, u64, u64)> {
    const MIB: u64 = 1024 * 1024;
    const MAX_RATE: u64 = 1_000_000_000;
    let of = |rate: Rate| rate.per_1000_s;
    let bounds = [
        ("connections", u64::from(limits.connections), 16, 1_000_000),
        ("connections_per_address", limits.connections_per_address.into(), 1, 100_000),
        ("connections_per_device", limits.connections_per_device.into(), 2, 100),
        ("handshakes", of(limits.handshakes), 1000, MAX_RATE),
        ("handshakes_per_address", of(limits.handshakes_per_address), 100, MAX_RATE),
        ("handshakes_in_flight", limits.handshakes_in_flight.into(), 1, 100_000),
        ("enrolment_per_address", of(limits.enrolment_per_address), 1, MAX_RATE),
        ("enrolment", of(limits.enrolment), 1, MAX_RATE),
        ("enrolment_in_flight", limits.enrolment_in_flight.into(), 1, 10_000),
        ("per_device", of(limits.per_device), 100, MAX_RATE),
        ("relayed_in_flight", limits.relayed_in_flight.into(), 4, 100_000),
        ("ban_after", limits.ban_after.into(), 0, 1_000_000),
        ("ban_s", limits.ban_s.into(), 1, 7 * 24 * 3600),
        ("memory_bytes", limits.memory_bytes, 64 * MIB, 1024 * 1024 * MIB),
        ("pass_through", limits.pass_through.into(), 1, 100_000),
    ];
    let rates = [
        ("handshakes", limits.handshakes),
        ("handshakes_per_address", limits.handshakes_per_address),
        ("enrolment_per_address", limits.enrolment_per_address),
        ("enrolment", limits.enrolment),
        ("per_device", limits.per_device),
    ];
    let bursts = rates.map(|(name, rate)| (name, u64::from(rate.burst), 1, 1_000_000));
    bounds.into_iter().chain(bursts).find(|(_, value, least, most)| value < least || value > most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_limits_are_within_their_bounds_and_others_are_named() {
        assert_eq!(out_of_bounds(&Limits::default()), None);
        let none = Limits { connections_per_device: 1, ..Limits::default() };
        assert_eq!(out_of_bounds(&none), Some(("connections_per_device", 1, 2, 100)));
        let never = Rate { per_1000_s: 2000, burst: 0 };
        let none = Limits { per_device: never, ..Limits::default() };
        assert_eq!(out_of_bounds(&none), Some(("per_device", 0, 1, 1_000_000)));
    }

    #[test]
    fn hosts_are_read_without_brackets() {
        assert_eq!(host_of("vault.example.jp:8383"), Some("vault.example.jp"));
        assert_eq!(host_of("[2001:db8::1]:8383"), Some("2001:db8::1"));
        assert_eq!(host_of("vault.example.jp"), None);
    }
}
