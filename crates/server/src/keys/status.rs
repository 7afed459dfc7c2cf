//! What is known about the site's keys without opening them.

use std::fmt;

use sekisho_model::Timestamp;
use sekisho_seal::kid;
use sekisho_store::{Access as _, SiteKey, SiteKeyKind, Store};
use sekisho_wire::bundle::PublishedKey;
use serde::Serialize;

use super::live::{Bundles, anchor, ever_named, load_bundles};
use super::rotate::hex;
use crate::http::Time;

/// Trust bundles, and the keys that they bring.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SiteKeysStatus {
    /// The version of the newest trust bundle.
    pub bundle_version: u64,
    /// When it was published.
    pub bundle_since: Time,
    /// Approved devices.
    pub devices: u64,
    /// How many of them have not shown the newest bundle yet.
    pub devices_behind: u64,
    /// How many of them have shown a newer one: this database is older than it
    /// was.
    pub devices_ahead: u64,
    /// The order keys, then the receipt keys; those to come and in use first.
    pub keys: Vec<SiteKeyStatus>,
}

/// One key.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SiteKeyStatus {
    /// Its short id, as it is in bundles and orders.
    pub kid: String,
    /// `order` or `receipt`.
    pub kind: &'static str,
    /// `waiting`: made, and no bundle names it; `next`: agents are learning of
    /// it; `live`: in use; `former`: agents still believe it, or it still opens;
    /// `retired`: not used any more; `lost`: named by the newest bundle, and its
    /// private half is not here.
    pub state: &'static str,
    /// Since when it is in this state; for `next`, from when on it is used.
    pub since: Time,
    /// When it should have been replaced; for keys in use.
    pub replace_by: Option<Time>,
}

/// Looks the keys up.
///
/// # Errors
/// When the database holds no site or does not answer, or the bundles cannot
/// be believed.
pub async fn status(store: &Store, now: Timestamp) -> anyhow::Result<SiteKeysStatus> {
    let bundles = load_bundles(store, &anchor(store).await?).await?;
    let rows = store.read().site_keys().list().await?;
    let newest = bundles.trust.bundle();
    let mut keys = of_kind(&bundles, SiteKeyKind::Order, &newest.order_keys, &rows, now)?;
    keys.extend(of_kind(&bundles, SiteKeyKind::Receipt, &newest.receipt_keys, &rows, now)?);
    let held = store.read().devices().bundles_held().await?;
    let own = i64::try_from(newest.version)?;
    let count = |of: fn(i64, i64) -> bool| {
        let counted = held.iter().filter(|held| of(held.bundle_version, own));
        counted.map(|held| held.devices).sum()
    };
    Ok(SiteKeysStatus {
        bundle_version: newest.version,
        bundle_since: Time(newest.issued),
        devices: held.iter().map(|held| held.devices).sum(),
        devices_behind: count(|shown, own| shown < own),
        devices_ahead: count(|shown, own| shown > own),
        keys,
    })
}

/// The states, in the order in which they are shown.
const STATES: [&str; 6] = ["waiting", "next", "live", "former", "lost", "retired"];

fn of_kind(
    bundles: &Bundles,
    kind: SiteKeyKind,
    named: &[PublishedKey],
    rows: &[SiteKey],
    now: Timestamp,
) -> anyhow::Result<Vec<SiteKeyStatus>> {
    let before = ever_named(bundles)?;
    let rows: Vec<&SiteKey> = rows.iter().filter(|row| row.kind == kind).collect();
    let holds = |key: &PublishedKey| rows.iter().any(|row| row.public.0 == key.key);
    let begun = named.iter().filter(|key| key.not_before <= now && holds(key));
    let live = begun.max_by_key(|key| key.not_before).map(|key| key.kid);
    let one = |kid, state, since: Timestamp, replace_by: Option<Timestamp>| SiteKeyStatus {
        kid: hex(&kid),
        kind: kind.as_str(),
        state,
        since: Time(since),
        replace_by: replace_by.map(Time),
    };
    let mut keys: Vec<SiteKeyStatus> = Vec::new();
    for row in &rows {
        let kid = kid(&row.public.0);
        let entry = named.iter().find(|key| key.kid == kid);
        keys.push(match (entry, row.retired_at) {
            (Some(key), _) if Some(key.kid) == live => {
                one(kid, "live", key.not_before, key.not_after)
            }
            (Some(key), _) if key.not_before > now => one(kid, "next", key.not_before, None),
            (Some(key), _) => one(kid, "former", key.not_before, None),
            (None, Some(retired)) => one(kid, "retired", retired, None),
            (None, None) if before.contains(&kid) => one(kid, "former", row.created_at, None),
            (None, None) => one(kid, "waiting", row.created_at, None),
        });
    }
    let lost = named.iter().filter(|key| !holds(key));
    keys.extend(lost.map(|key| one(key.kid, "lost", key.not_before, None)));
    let rank = |state: &str| STATES.iter().position(|it| *it == state);
    keys.sort_by_key(|key| (rank(key.state), std::cmp::Reverse(key.since.0)));
    Ok(keys)
}

impl fmt::Display for SiteKeysStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "trust bundle {}, since {}", self.bundle_version, self.bundle_since.0)?;
        let (all, behind) = (self.devices, self.devices_behind);
        writeln!(f, "{behind} of {all} approved devices have not shown it yet")?;
        if self.devices_ahead > 0 {
            writeln!(f, "{} have shown a newer one: this database is old", self.devices_ahead)?;
        }
        for SiteKeyStatus { kid, kind, state, since, replace_by } in &self.keys {
            let since = since.0;
            match (*state, replace_by) {
                ("next", _) => writeln!(f, "{kind} key {kid}: next, used from {since} on")?,
                ("waiting", _) => writeln!(
                    f,
                    "{kind} key {kid}: waiting since {since} for a verified backup; then run \
                     `keys rotate {kind}` again"
                )?,
                (_, Some(Time(by))) => {
                    writeln!(f, "{kind} key {kid}: {state} since {since}, replace it by {by}")?;
                }
                (_, None) => writeln!(f, "{kind} key {kid}: {state}, since {since}")?,
            }
        }
        Ok(())
    }
}
