//! Split DNS: one name, of which LAN and WAN may see different addresses. What
//! each of them will reach.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use axum::extract::State;
use sekisho_policy::{Facts, action};
use sekisho_store::Access as _;
use serde::Serialize;

use super::configure::host_of;
use super::routes::find;
use crate::app::SharedApp;
use crate::http::{Authenticated, Json, PathId, Problem};
use sekisho_model::id::Gateway as GatewayKind;

/// A resolver that takes longer does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The port of the discard service (RFC 863): one is needed to ask for a way.
const NO_PORT: u16 = 9;

/// Kept for documentation (RFC 5737): no machine has it.
const FOREIGN: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 254));

/// What a name leads to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NameCheckView {
    /// The name, of a public address of the gateway or the site's public name.
    name: String,
    /// The addresses it has where this server asks: what agents in the LAN see.
    here: Vec<String>,
    /// Why it was not found.
    problem: Option<String>,
    /// What agents in the LAN reach by it: `server`, `gateway`, `elsewhere` (a load
    /// balancer or NAT in front of the server, a missing entry in the inner DNS, or
    /// a mistake) or `nothing`.
    lan_reaches: &'static str,
    /// The addresses it has where the gateway asks, which is as near to the
    /// outside as the site can look.
    there: Vec<String>,
    /// Why the gateway did not find it.
    there_problem: Option<String>,
    /// What agents outside reach by it, as far as these addresses tell:
    /// `gateway`, `server` (the gateway asks an inner resolver, or DNS is not
    /// split), `elsewhere` (a NAT in front of the gateway, or a mistake),
    /// `nothing`; `null`: the gateway has not said.
    wan_reaches: Option<&'static str>,
    /// Whether the gateway's public certificate is for this name, so that agents
    /// outside that reach the gateway by it accept it; `null`: it has not said.
    gateway_certificate: Option<bool>,
}

/// The result of a look at the names.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NameChecksView {
    /// Name by name.
    names: Vec<NameCheckView>,
    /// The addresses of this server.
    server: Vec<String>,
    /// The addresses of the gateway's private listener, and from where it is
    /// connected.
    gateway: Vec<String>,
}

/// Look what the names of a gateway lead to from here. One name that leads to
/// the server inside and to the gateway outside is split DNS, and fine.
#[utoipa::path(
    get, path = "/gateways/{id}/names", tag = "gateways",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "Name by name", body = NameChecksView),
        (status = 404, description = "`not_found`"),
    ),
)]
pub(super) async fn check_names(
    State(app): State<SharedApp>,
    caller: Authenticated,
    PathId(id): PathId<GatewayKind>,
) -> Result<Json<NameChecksView>, Problem> {
    let found = find(&app, id).await?;
    let gateway = caller.decide(action::ViewGateways, Facts::of_site(found))?.into_row();
    let settings = app.store.read().gateways().settings().await?;
    let mut names: BTreeSet<String> = gateway
        .public
        .iter()
        .filter_map(|public| host_of(&public.address))
        .map(str::to_owned)
        .collect();
    names.extend(settings.and_then(|settings| settings.public_name));

    let listening = [app.config.listen.agents.ip(), app.config.listen.api.ip()];
    let is_server = |address: IpAddr| {
        listening.iter().any(|listens| match listens.is_unspecified() {
            true => is_own(address),
            false => *listens == address,
        })
    };
    let mut server = BTreeSet::new();
    let seen = app.gateways.seen(gateway.id);
    let mut link: BTreeSet<IpAddr> = BTreeSet::new();
    for address in
        seen.instances.iter().map(|it| it.peer.as_str()).chain([gateway.address.as_str()])
    {
        if let Some(host) = host_of(address) {
            link.extend(resolve(host).await.unwrap_or_default());
        }
    }
    let status = seen.instances.iter().filter_map(|instance| instance.status.as_ref()).next_back();
    let certificate = status.and_then(|status| status.certificate.as_ref());
    let mut checked = Vec::new();
    for name in names {
        let (here, problem) = match resolve(&name).await {
            Ok(found) => (found, None),
            Err(problem) => (BTreeSet::new(), Some(problem)),
        };
        // Both may be on one machine; an address of the gateway's says more.
        let lan_reaches = reaches(&here, |address| link.contains(&address), is_server);
        let told = status.and_then(|status| status.names.iter().find(|seen| seen.name == name));
        let there: BTreeSet<IpAddr> = told
            .map(|seen| seen.addresses.iter().filter_map(|one| one.parse().ok()).collect())
            .unwrap_or_default();
        let wan_reaches = told
            .map(|told| reaches(&there, |address| told.own || link.contains(&address), is_server));
        server.extend(here.iter().chain(&there).copied().filter(|address| is_server(*address)));
        checked.push(NameCheckView {
            there: shown(&there),
            there_problem: told.and_then(|seen| seen.problem.clone()),
            wan_reaches,
            gateway_certificate: certificate
                .map(|one| one.names.iter().any(|certified| covers(certified, &name))),
            here: shown(&here),
            problem,
            lan_reaches,
            name,
        });
    }
    server.extend(listening.into_iter().filter(|listens| !listens.is_unspecified()));
    Ok(Json(NameChecksView { names: checked, server: shown(&server), gateway: shown(&link) }))
}

/// What a name with these addresses leads to.
fn reaches(
    addresses: &BTreeSet<IpAddr>,
    is_gateway: impl Fn(IpAddr) -> bool,
    is_server: impl Fn(IpAddr) -> bool,
) -> &'static str {
    let any = |is: &dyn Fn(IpAddr) -> bool| addresses.iter().any(|address| is(*address));
    if addresses.is_empty() {
        "nothing"
    } else if any(&is_gateway) {
        "gateway"
    } else if any(&is_server) {
        "server"
    } else {
        "elsewhere"
    }
}

/// Whether an address is one of this machine's. Nothing is sent.
fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let binds = |address: IpAddr| UdpSocket::bind((address, 0));
    if address.is_unspecified() || address.is_multicast() || binds(address).is_err() {
        return false;
    }
    // Where the kernel binds to foreign addresses, too, as for a shared one that moves
    // between machines (`ip_nonlocal_bind`), the way to it must begin at it.
    let way = binds(any).and_then(|socket| {
        socket.connect((address, NO_PORT))?;
        socket.local_addr()
    });
    way.is_ok_and(|way| way.ip() == address) || binds(FOREIGN).is_err()
}

/// Whether a name of a certificate is good for a name (RFC 9525 §6.3): a star
/// stands for the whole first label.
fn covers(certified: &str, name: &str) -> bool {
    match certified.strip_prefix("*.") {
        Some(parent) if name.parse::<IpAddr>().is_err() => name
            .split_once('.')
            .is_some_and(|(first, rest)| !first.is_empty() && rest.eq_ignore_ascii_case(parent)),
        _ => certified.eq_ignore_ascii_case(name),
    }
}

fn shown(addresses: &BTreeSet<IpAddr>) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

/// The addresses of a name as this machine's resolver says them.
async fn resolve(name: &str) -> Result<BTreeSet<IpAddr>, String> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok([address].into());
    }
    match tokio::time::timeout(PATIENCE, tokio::net::lookup_host((name, 0))).await {
        Ok(Ok(found)) => Ok(found.map(|address| address.ip().to_canonical()).collect()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("the resolver did not answer in {} s", PATIENCE.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> BTreeSet<IpAddr> {
        texts.iter().map(|text| text.parse().expect("an address")).collect()
    }

    /// with one name for both sides, a missing entry inside must show.
    #[test]
    fn one_name_for_both_sides_leads_where_its_addresses_do() {
        let [own, gateway] = ["192.0.2.1", "203.0.113.5"];
        let found = |texts: &[&str]| {
            let is = |one: &'static str| move |address: IpAddr| address.to_string() == one;
            reaches(&addresses(texts), is(gateway), is(own))
        };
        assert_eq!(found(&[own]), "server");
        assert_eq!(found(&[gateway]), "gateway");
        assert_eq!(found(&[own, gateway]), "gateway");
        assert_eq!(found(&["198.51.100.7"]), "elsewhere");
        assert_eq!(found(&[]), "nothing");
    }

    #[test]
    fn only_addresses_of_this_machine_are_its_own() {
        assert!(is_own(Ipv4Addr::LOCALHOST.into()));
        assert!(is_own(Ipv4Addr::new(127, 0, 1, 1).into()), "as Debian names a machine");
        // Reserved for documentation: no machine has them.
        for other in ["192.0.2.77", "198.51.100.7", "2001:db8::7", "0.0.0.0", "224.0.0.1"] {
            assert!(!is_own(other.parse().expect("an address")), "{other}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (certified, name, good) in [
            ("gw.example.jp", "gw.example.jp", true),
            ("gw.example.jp", "GW.example.JP", true),
            ("*.example.jp", "gw.example.jp", true),
            ("*.example.jp", "example.jp", false),
            ("*.example.jp", "a.gw.example.jp", false),
            ("*.jp", "gw.example.jp", false),
            ("gw.example.jp", "*.example.jp", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("*.0.2.7", "192.0.2.7", false),
        ] {
            assert_eq!(covers(certified, name), good, "{certified} for {name}");
        }
    }
}
