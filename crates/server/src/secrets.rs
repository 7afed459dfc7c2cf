//! Where sealed values stand: the place each is bound to in the vault, so
//! that a value moved to another row cannot be opened.

use sekisho_model::Secret;
use sekisho_model::id::{
    DeviceSessionId, EnrolmentKeyId, SecretVersionId, ServerCertificateId, SiteKeyId, TotpFactorId,
};
use sekisho_store::{Blob, SecretVersion};
use sekisho_vault::{Place, VaultError};

use crate::app::App;

/// A version of a password.
pub fn version_place(id: &SecretVersionId) -> Place<'_> {
    Place { table: "secret_versions", row: id.as_bytes(), field: "sealed" }
}

/// The secret of an enrolment key.
pub fn enrolment_key_place(id: &EnrolmentKeyId) -> Place<'_> {
    Place { table: "enrolment_keys", row: id.as_bytes(), field: "sealed_secret" }
}

/// The private half of a site key.
pub fn site_key_place(id: &SiteKeyId) -> Place<'_> {
    Place { table: "site_keys", row: id.as_bytes(), field: "sealed_private" }
}

/// The secret that an authenticator app shares with this server.
pub fn totp_place(id: &TotpFactorId) -> Place<'_> {
    Place { table: "totp_factors", row: id.as_bytes(), field: "sealed_secret" }
}

/// The key of an uploaded certificate.
pub fn certificate_place(id: &ServerCertificateId) -> Place<'_> {
    Place { table: "server_certificates", row: id.as_bytes(), field: "sealed_key" }
}

/// The MAC keys of a device session.
pub fn session_place(id: &DeviceSessionId) -> Place<'_> {
    Place { table: "device_sessions", row: id.as_bytes(), field: "sealed_keys" }
}

/// Opens a version of a password. Only the reveal path and the making of
/// orders call this.
///
/// # Errors
/// When the value was changed or moved, or its vault key is missing.
pub fn open_version(app: &App, version: &SecretVersion) -> Result<Secret, VaultError> {
    open(app, version_place(&version.id), &version.sealed)
}

/// Seals a new version of a password: the blob and its vault key version.
///
/// # Errors
/// When the value is too long.
pub fn seal_version(
    app: &App,
    id: &SecretVersionId,
    value: &Secret,
) -> Result<(Blob, i64), VaultError> {
    seal(app, version_place(id), value)
}

/// Opens a sealed value at its place.
///
/// # Errors
/// When the value was changed or moved, or its vault key is missing.
pub fn open(app: &App, place: Place<'_>, sealed: &Blob) -> Result<Secret, VaultError> {
    app.vault.open(place, sealed)
}

/// Seals a value for its place: the blob and its vault key version.
///
/// # Errors
/// When the value is too long.
pub fn seal(app: &App, place: Place<'_>, value: &Secret) -> Result<(Blob, i64), VaultError> {
    let ring = app.vault.ring();
    let sealed = ring.seal(place, value, app.rng.as_ref())?;
    let version = i64::from(ring.active_version());
    Ok((Blob(sealed.into_bytes()), version))
}
