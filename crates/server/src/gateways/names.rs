//! Split DNS: one name, of which LAN and WAN may see different addresses. What
//! each of them will reach.

use std::collections::BTreeSet;
use std::net::IpAddr;
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

/// What a name leads to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct NameCheckView {
    /// The name, of a public address of the gateway or the site's public name.
    name: String,
    /// The addresses it has where this server asks: what agents in the LAN see.
    here: Vec<String>,
    /// Why it was not found.
    problem: Option<String>,
    /// What agents in the LAN reach by it: `server`, `gateway`, `elsewhere` or
    /// `nothing`.
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

    let mut server: BTreeSet<IpAddr> = [app.config.listen.api.ip(), app.config.listen.agents.ip()]
        .into_iter()
        .filter(|address| !address.is_unspecified())
        .collect();
    let own = app.config.public_name.to_string();
    server.extend(resolve(&own).await.unwrap_or_default());
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
        let lan_reaches = if here.is_empty() {
            "nothing"
        } else if name == own || here.iter().any(|address| server.contains(address)) {
            "server"
        } else if here.iter().any(|address| link.contains(address)) {
            "gateway"
        } else {
            "elsewhere"
        };
        let told = status.and_then(|status| status.names.iter().find(|seen| seen.name == name));
        let there: BTreeSet<IpAddr> = told
            .map(|seen| seen.addresses.iter().filter_map(|one| one.parse().ok()).collect())
            .unwrap_or_default();
        let wan_reaches = told.map(|told| {
            if there.is_empty() {
                "nothing"
            } else if told.own || there.iter().any(|address| link.contains(address)) {
                "gateway"
            } else if there.iter().any(|address| server.contains(address)) {
                "server"
            } else {
                "elsewhere"
            }
        });
        checked.push(NameCheckView {
            there: shown(&there),
            there_problem: told.and_then(|seen| seen.problem.clone()),
            wan_reaches,
            gateway_certificate: certificate.map(|one| one.names.contains(&name)),
            here: shown(&here),
            problem,
            lan_reaches,
            name,
        });
    }
    Ok(Json(NameChecksView { names: checked, server: shown(&server), gateway: shown(&link) }))
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
