//! Changing and revoking a gateway.

use std::time::Duration;

use sekisho_model::event::Event;
use sekisho_model::gateway::{GatewayState, GatewayTls, PublicAddress};
use sekisho_model::id::{GatewayId, UserId};
use sekisho_model::name::{DnsName, Label};
use sekisho_policy::{Granted, action};
use sekisho_store::{Access as _, Gateway, OperationContext, folded};
use sekisho_wire::gateway::ToGateway;

use super::configure::host_of;
use super::pairing::TRIES;
use crate::app::App;
use crate::config::HostPort;
use crate::http::{IfMatch, Problem};
use crate::keys::{self, Publisher, RotateError};

/// What is to be different; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub(super) name: Option<Label>,
    pub(super) address: Option<String>,
    pub(super) public: Option<Vec<PublicAddress>>,
    pub(super) pass_through: Option<bool>,
    pub(super) pass_through_names: Option<Vec<String>>,
    pub(super) dry_run: Option<bool>,
}

/// Public addresses of one gateway, at most.
const MAX_PUBLIC: usize = 8;

/// How long a gateway that is revoked has to let its agents go.
const FAREWELL: Duration = Duration::from_millis(500);

/// How soon it is seen that it has.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Names that pass through one gateway, at most.
const MAX_NAMES: usize = 16;

const MISSING: Problem = Problem::NotFound { what: "gateway" };

/// A gateway that counts no more can only be looked at.
fn revoked() -> Problem {
    Problem::conflict_of("gateway_revoked", "this gateway was revoked; pair it anew to use it")
}

/// Changes a gateway. A new trust bundle tells agents of other addresses.
pub(super) async fn change(
    app: &App,
    context: &OperationContext,
    granted: Granted<action::ManageGateway, Gateway>,
    read: IfMatch,
    change: Change,
) -> Result<Gateway, Problem> {
    let id = granted.into_row().id;
    for _ in 0..TRIES {
        let publisher = Publisher::open(app).await.map_err(Problem::internal)?;
        let mut work = app.store.begin(context).await?;
        let before = work.gateways().lock(id).await?.ok_or(MISSING)?;
        read.check(before.version)?;
        if before.state == GatewayState::Revoked {
            return Err(revoked());
        }
        let (after, fields) = apply(app, &before, change.clone())?;
        if fields.is_empty() {
            work.rollback().await?;
            return Ok(before);
        }
        let after = work.gateways().update(after, before.version).await?;
        work.record(Event::GatewayChanged { gateway: id, fields });
        match publisher.publish(&mut work).await {
            Err(RotateError::Raced) => continue,
            Err(error) => tracing::warn!(%error, "agents are told of the change later"),
            Ok(_) => {}
        }
        work.commit().await.map(drop)?;
        look(app).await;
        if before.pass_through && !after.pass_through {
            app.gateways.close_tunnels(id);
        }
        return Ok(after);
    }
    Err(raced())
}

/// Revokes a gateway: its connections end at once, its key counts for nothing,
/// and agents learn that it is gone.
pub(super) async fn revoke(
    app: &App,
    context: &OperationContext,
    granted: Granted<action::ManageGateway, Gateway>,
    reason: String,
) -> Result<Gateway, Problem> {
    let by = granted.by();
    let id = granted.into_row().id;
    part(app, id).await;
    let revoked = revoke_once(app, context, id, by, reason).await;
    // Nothing of it is left when it was revoked.
    app.gateways.part(id, false);
    revoked
}

async fn revoke_once(
    app: &App,
    context: &OperationContext,
    id: GatewayId,
    by: UserId,
    reason: String,
) -> Result<Gateway, Problem> {
    for _ in 0..TRIES {
        let publisher = Publisher::open(app).await.map_err(Problem::internal)?;
        let mut work = app.store.begin(context).await?;
        let before = work.gateways().lock(id).await?.ok_or(MISSING)?;
        if before.state == GatewayState::Revoked {
            work.rollback().await?;
            app.gateways.close(id);
            return Ok(before);
        }
        let version = before.version;
        let after = Gateway {
            state: GatewayState::Revoked,
            pass_through: false,
            revoked_by: Some(by),
            revoked_at: Some(context.now),
            revoked_reason: Some(reason.clone()),
            ..before
        };
        let after = work.gateways().update(after, version).await?;
        let name = after.name.to_string();
        work.record(Event::GatewayRevoked { gateway: id, name, reason: reason.clone() });
        match publisher.publish(&mut work).await {
            Err(RotateError::Raced) => continue,
            // It counts no more in any case; agents find it closed.
            Err(error) => tracing::warn!(%error, "agents are told of the revocation later"),
            Ok(_) => {}
        }
        work.commit().await.map(drop)?;
        app.gateways.close(id);
        look(app).await;
        return Ok(after);
    }
    Err(raced())
}

/// A gateway that is honest lets its agents go when it hears this, so that they
/// do not wait there for what cannot come, and ends its links. For one that does
/// not they are ended.
async fn part(app: &App, id: GatewayId) {
    app.gateways.part(id, true);
    for instance in app.gateways.seen(id).instances {
        // Who takes nothing any more is not waited for either.
        let _ = instance.control.try_send(ToGateway::Farewell);
    }
    let parted = async {
        while app.gateways.seen(id).connections > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let _ = tokio::time::timeout(FAREWELL, parted).await;
}

/// Asks every process of a gateway to lift bans.
pub(super) async fn lift(
    app: &App,
    context: &OperationContext,
    granted: Granted<action::ManageGateway, Gateway>,
    addresses: Vec<String>,
) -> Result<(), Problem> {
    let gateway = granted.into_row();
    let seen = app.gateways.seen(gateway.id);
    if seen.instances.is_empty() {
        return Err(Problem::conflict_of(
            "gateway_not_connected",
            "the gateway is not connected; its bans end with it, or by themselves",
        ));
    }
    let mut work = app.store.begin(context).await?;
    let event = Event::GatewayBansLifted { gateway: gateway.id, addresses: addresses.clone() };
    work.record(event);
    work.commit().await.map(drop)?;
    for instance in seen.instances {
        // A process that takes nothing any more has no bans either.
        let _ = instance.control.try_send(ToGateway::Lift(addresses.clone()));
    }
    Ok(())
}

fn raced() -> Problem {
    Problem::conflict("trust bundles were published at the same time; try again")
}

async fn look(app: &App) {
    if let Err(error) = keys::look(app).await {
        tracing::warn!(error = format!("{error:#}"), "the new trust bundle is read later");
    }
}

fn apply(app: &App, before: &Gateway, change: Change) -> Result<(Gateway, Vec<String>), Problem> {
    let mut after = before.clone();
    if let Some(name) = change.name {
        after.folded_name = folded(&name);
        after.name = name;
    }
    if let Some(address) = change.address {
        after.address = host_port("address", &address)?;
    }
    if let Some(public) = change.public {
        after.public = public_addresses(public)?;
    }
    if let Some(names) = change.pass_through_names {
        after.pass_through_names = server_names(names)?;
    }
    if let Some(pass_through) = change.pass_through {
        after.pass_through = pass_through;
        if pass_through && after.pass_through_names.is_empty() {
            let own = after.public.iter().filter_map(|public| host_of(&public.address));
            let own = own.map(str::to_owned).chain([app.config.public_name.to_string()]);
            let mut names: Vec<String> =
                own.filter(|name| name.parse::<DnsName>().is_ok()).collect();
            names.dedup();
            after.pass_through_names = names;
        }
    }
    if let Some(dry_run) = change.dry_run {
        after.dry_run = dry_run;
    }
    let fields = [
        ("name", before.name != after.name),
        ("address", before.address != after.address),
        ("public", before.public != after.public),
        ("pass_through", before.pass_through != after.pass_through),
        ("pass_through_names", before.pass_through_names != after.pass_through_names),
        ("dry_run", before.dry_run != after.dry_run),
    ];
    let fields = fields.into_iter().filter(|(_, differs)| *differs);
    Ok((after, fields.map(|(name, _)| name.to_owned()).collect()))
}

/// `host:port` as it is kept.
pub(super) fn host_port(field: &'static str, text: &str) -> Result<String, Problem> {
    let read = HostPort::parse(text.trim()).ok_or_else(|| {
        Problem::invalid(
            field,
            format!("'{field}' is '{text}', expected a host and a port like dmz.example.jp:8383"),
        )
    })?;
    Ok(read.to_string())
}

/// Where agents reach a gateway, checked.
pub(super) fn public_addresses(public: Vec<PublicAddress>) -> Result<Vec<PublicAddress>, Problem> {
    if public.is_empty() || public.len() > MAX_PUBLIC {
        let found = public.len();
        let detail = format!("'public' has {found} addresses, expected 1 to {MAX_PUBLIC}");
        return Err(Problem::invalid("public", detail));
    }
    public
        .into_iter()
        .map(|one| {
            let address = host_port("public", &one.address)?;
            if let GatewayTls::PinnedKey(key) = &one.tls
                && (key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()))
            {
                let detail = "'public' has a pinned key that is none: expected the SHA-256 of the \
                              public key in 64 hexadecimal digits";
                return Err(Problem::invalid("public", detail));
            }
            Ok(PublicAddress { address, ..one })
        })
        .collect()
}

fn server_names(names: Vec<String>) -> Result<Vec<String>, Problem> {
    if names.len() > MAX_NAMES {
        let detail = format!("'pass_through_names' has {} names, expected at most 16", names.len());
        return Err(Problem::invalid("pass_through_names", detail));
    }
    names
        .into_iter()
        .map(|name| {
            let name = name.trim().to_lowercase();
            let read = name.parse::<DnsName>();
            read.map(|_| name.clone()).map_err(|error| {
                let detail = format!("'pass_through_names' has '{name}', which is none: {error}");
                Problem::invalid("pass_through_names", detail)
            })
        })
        .collect()
}
