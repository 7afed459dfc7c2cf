//! New keys in place of those that were lost with the database.
//!
//! A key enters a bundle only when a verified backup holds it, unless the
//! operator said otherwise. A server that was restored from an older backup all
//! the same may find bundles at its agents whose keys it never had: it cannot
//! open what they seal, or sign what they believe. The site root key is in
//! every backup; it signs one more bundle, with keys that are held.

use std::sync::Arc;

use sekisho_model::Rng;
use sekisho_model::event::Event;
use sekisho_seal::bundle::published;
use sekisho_seal::sign::SigningKey;
use sekisho_store::{Access as _, OperationContext, SiteKey, SiteKeyKind, Store};
use sekisho_vault::KeyRing;
use sekisho_wire::bundle::{Bundle, PublishedKey};

use super::live::{self, load_bundles};
use super::rotate::{
    Replaced, RotateError, hex, insert, made_event, new_key, nobody_is_ahead, public_half, retire,
};
use super::{ORDER_KEY_LIFE, RECEIPT_KEY_LIFE};

/// Publishes new keys if agents and this server share none to speak with: no
/// order key that the newest bundle names is held, or the receipt key that
/// agents seal to is not. Returns the new bundle's version.
///
/// # Errors
/// When a device has shown a bundle that was not taken over yet, or the
/// database or the vault fails.
pub(crate) async fn replace_lost(
    store: &Store,
    ring: &KeyRing,
    context: &OperationContext,
    rng: &Arc<dyn Rng>,
) -> Result<Option<u64>, RotateError> {
    let bundles = load_bundles(store, &live::anchor(store).await?).await?;
    let newest = bundles.trust.bundle();
    let mut work = store.begin(context).await?;
    let now = work.now();
    let mut lost = Vec::new();
    let mut sort = |named: &[PublishedKey], held: &[SiteKey]| {
        let is_held = |key: &&PublishedKey| held.iter().any(|row| row.public.0 == key.key);
        let (kept, gone): (Vec<_>, Vec<_>) = named.iter().partition(is_held);
        lost.extend(gone.into_iter().map(|key| hex(&key.kid)));
        kept.into_iter().cloned().collect::<Vec<_>>()
    };
    let order_rows = work.site_keys().live(SiteKeyKind::Order).await?;
    let receipt_rows = work.site_keys().live(SiteKeyKind::Receipt).await?;
    let mut order_keys = sort(&newest.order_keys, &order_rows);
    let mut receipt_keys = sort(&newest.receipt_keys, &receipt_rows);
    let sealed_to = newest.receipt_keys.iter().max_by_key(|key| key.not_before);
    let can_sign = !order_keys.is_empty();
    let can_open = sealed_to.is_some_and(|key| receipt_keys.contains(key));
    if can_sign && can_open {
        work.rollback().await?;
        return Ok(None);
    }
    work.site().lock().await?;
    nobody_is_ahead(&work, &bundles).await?;
    for (kind, needed, keys, life) in [
        (Replaced::Order, !can_sign, &mut order_keys, ORDER_KEY_LIFE),
        (Replaced::Receipt, !can_open, &mut receipt_keys, RECEIPT_KEY_LIFE),
    ] {
        if needed {
            let key = new_key(ring, kind, now, rng.as_ref())?;
            keys.push(published(public_half(&key)?, now, Some(now.plus(life))));
            work.record(made_event(kind, &key));
            work.site_keys().insert(key).await?;
        }
    }
    for (rows, keys) in [(&order_rows, &order_keys), (&receipt_rows, &receipt_keys)] {
        retire(&work, rows, keys, &bundles).await?;
    }
    let root = &live::live(store, SiteKeyKind::SiteRoot).await?[0];
    let root = SigningKey::from_secret(&live::open(ring, root)?).map_err(anyhow::Error::from)?;
    let next = Bundle { order_keys, receipt_keys, ..newest.clone() };
    let bundle = insert(&work, &bundles, next, &root).await?;
    tracing::warn!(bundle, ?lost, "lost keys of the site are replaced");
    work.record(Event::LostKeysReplaced { bundle, lost });
    work.commit().await.map(drop)?;
    Ok(Some(bundle))
}
