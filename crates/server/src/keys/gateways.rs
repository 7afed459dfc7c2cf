//! The trust bundle that tells agents which gateways there are.

use sekisho_model::event::Event;
use sekisho_model::gateway::{GatewayTls, PublicAddress};
use sekisho_seal::sign::SigningKey;
use sekisho_store::{Access as _, Gateway, OperationContext, SiteKeyKind, UnitOfWork};
use sekisho_wire::bundle::{Bundle, PublishedGateway, TlsCheck};

use super::live::{self, Bundles, load_bundles};
use super::rotate::{RotateError, insert, may_publish};
use super::watch;
use crate::app::App;

/// What is needed to publish, read before the unit of work begins: a unit of
/// work reads nothing around itself.
pub(crate) struct Publisher {
    root: SigningKey,
    bundles: Bundles,
}

impl Publisher {
    /// Opens the site root key.
    ///
    /// # Errors
    /// When the database or the vault fails.
    pub(crate) async fn open(app: &App) -> Result<Self, RotateError> {
        let store = &app.store;
        let root = &live::live(store, SiteKeyKind::SiteRoot).await?[0];
        let root = live::open(&app.vault.ring(), root)?;
        let root = SigningKey::from_secret(&root).map_err(anyhow::Error::from)?;
        Ok(Self { root, bundles: load_bundles(store, &live::anchor(store).await?).await? })
    }

    /// Publishes the gateways that count in this unit of work, if the newest
    /// bundle names others. Returns the version.
    ///
    /// # Errors
    /// [`RotateError::Raced`]: the unit of work is spent. With every other error
    /// it can go on without a bundle.
    pub(crate) async fn publish(&self, work: &mut UnitOfWork) -> Result<Option<u64>, RotateError> {
        let gateways = named(&work.gateways().active().await?);
        let newest = self.bundles.trust.bundle();
        if newest.gateways == gateways {
            return Ok(None);
        }
        may_publish(work, &self.bundles).await?;
        let addresses = gateways.iter().map(|one| one.address.clone()).collect();
        let next = Bundle { gateways, ..newest.clone() };
        let bundle = insert(work, &self.bundles, next, &self.root).await?;
        work.record(Event::GatewaysPublished { bundle, addresses });
        Ok(Some(bundle))
    }
}

/// Publishes the gateways that count, if the newest bundle names others.
///
/// # Errors
/// When nothing may be published now, or the database or the vault fails.
pub(crate) async fn publish(
    app: &App,
    context: &OperationContext,
) -> Result<Option<u64>, RotateError> {
    let is_named = named(&app.store.read().gateways().active().await?);
    if app.keys.bundles().trust.bundle().gateways == is_named {
        return Ok(None);
    }
    let publisher = Publisher::open(app).await?;
    let mut work = app.store.begin(context).await?;
    let published = publisher.publish(&mut work).await?;
    if published.is_none() {
        work.rollback().await?;
        return Ok(None);
    }
    work.commit().await.map(drop)?;
    watch::look(app).await?;
    Ok(published)
}

/// The entries of gateways, those with the greatest share first.
fn named(gateways: &[Gateway]) -> Vec<PublishedGateway> {
    let addresses = gateways.iter().flat_map(|gateway| &gateway.public);
    let mut named: Vec<PublishedGateway> = addresses.filter_map(entry).collect();
    named.sort_by_key(|one| std::cmp::Reverse(one.weight));
    named
}

fn entry(public: &PublicAddress) -> Option<PublishedGateway> {
    let tls = match &public.tls {
        GatewayTls::SiteCa => TlsCheck::SiteCa,
        GatewayTls::SystemRoots => TlsCheck::SystemRoots,
        GatewayTls::PinnedKey(key) => {
            let key = data_encoding::HEXLOWER_PERMISSIVE.decode(key.as_bytes()).ok()?;
            TlsCheck::PinnedKey(key.try_into().ok()?)
        }
    };
    Some(PublishedGateway { address: public.address.clone(), weight: public.weight, tls })
}
