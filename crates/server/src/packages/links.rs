//! Links with which one package can be downloaded without signing in: they
//! expire, cannot be guessed, can be revoked, and lead to that file only.

use std::time::Duration;

use sekisho_model::Secret;
use sekisho_model::event::Event;
use sekisho_model::id::PackageLinkId;
use sekisho_policy::action::{RevokePackageLink, SharePackage};
use sekisho_policy::{Facts, Granted};
use sekisho_store::{Access as _, Hash, OperationContext, Package, PackageLink};
use sekisho_vault::token;

use crate::app::App;
use crate::http::Problem;

/// What the text in a link begins with.
pub const PREFIX: &str = "sekisho_dl";

/// A link works so long if nothing else is said.
pub const DEFAULT_VALID: Duration = Duration::from_secs(24 * 3600);

/// No link works for longer.
pub const MAX_VALID: Duration = Duration::from_secs(7 * 24 * 3600);

/// Nobody copies a link faster.
const MIN_VALID: Duration = Duration::from_secs(60);

/// Why there is nothing at the end of a link: it does not say which of all
/// reasons it is.
pub const MISSING: Problem = Problem::NotFound { what: "package link" };

/// Makes a link. The text in it exists only here.
///
/// # Errors
/// A time that is too short or too long.
pub async fn create(
    app: &App,
    context: &OperationContext,
    granted: Granted<SharePackage, Package>,
    valid_for: Option<Duration>,
) -> Result<(PackageLink, Secret), Problem> {
    let valid_for = valid_for.unwrap_or(DEFAULT_VALID);
    if !(MIN_VALID..=MAX_VALID).contains(&valid_for) {
        let detail = format!(
            "'valid_for_s' is {}; give {} to {} seconds (7 days)",
            valid_for.as_secs(),
            MIN_VALID.as_secs(),
            MAX_VALID.as_secs(),
        );
        return Err(Problem::invalid("valid_for_s", detail));
    }
    let (created_by, package) = (granted.by(), granted.into_row());
    let text = token::generate(PREFIX, app.rng.as_ref());
    let link = PackageLink {
        id: PackageLinkId::at(context.now, app.rng.as_ref()),
        package: package.id,
        token_hash: Hash(token::hash(&text)),
        created_by,
        created_at: context.now,
        expires_at: context.now.plus(valid_for),
        revoked_at: None,
    };
    let mut work = app.store.begin(context).await?;
    work.packages().insert_link(link.clone()).await?;
    work.record(Event::PackageLinkCreated {
        link: link.id,
        package: package.id,
        expires_at: link.expires_at,
    });
    work.commit().await.map(drop)?;
    Ok((link, text))
}

/// The facts for a decision about a link: it is its maker's.
pub fn facts(link: PackageLink) -> Facts<PackageLink> {
    Facts::owned_by(link.created_by, link)
}

/// Revokes a link.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(
    app: &App,
    context: &OperationContext,
    granted: Granted<RevokePackageLink, PackageLink>,
) -> Result<(), Problem> {
    let link = granted.into_row();
    let mut work = app.store.begin(context).await?;
    if work.packages().revoke_link(link.id).await? {
        work.record(Event::PackageLinkRevoked { link: link.id });
        work.commit().await.map(drop)?;
    }
    Ok(())
}

/// What a link leads to.
///
/// # Errors
/// [`MISSING`] when it is over, was revoked or never was.
pub async fn follow(app: &App, text: String) -> Result<Package, Problem> {
    let text = Secret::from(text.as_str());
    if !token::is_well_formed(PREFIX, &text) {
        return Err(MISSING);
    }
    let packages = app.store.read().packages();
    let link = packages.find_link_by_token(Hash(token::hash(&text))).await?.ok_or(MISSING)?;
    if link.revoked_at.is_some() || link.expires_at <= app.clock.now() {
        return Err(MISSING);
    }
    packages.find(link.package).await?.ok_or(MISSING)
}
