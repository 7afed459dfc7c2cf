//! `/me/preferences`.

use axum::extract::State;
use sekisho_model::user::{Density, Language, Theme};
use sekisho_policy::{Facts, action};
use sekisho_store::{Access as _, Preferences};
use serde::{Deserialize, Serialize};

use crate::app::SharedApp;
use crate::http::{Authenticated, Json, Problem};

/// How somebody likes the console.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreferencesView {
    /// `ja` or `en`; `null`: as the browser says.
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
    /// `auto`, `light` or `dark`.
    #[schema(value_type = String)]
    theme: Theme,
    /// `normal` or `compact`.
    #[schema(value_type = String)]
    density: Density,
    /// Whether single keys do something (WCAG 2.1.4).
    shortcuts: bool,
    /// Whether the list of first steps was put away.
    start_dismissed: bool,
}

impl Default for PreferencesView {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::Auto,
            density: Density::Normal,
            shortcuts: true,
            start_dismissed: false,
        }
    }
}

impl From<Preferences> for PreferencesView {
    fn from(row: Preferences) -> Self {
        Self {
            language: row.language,
            theme: row.theme,
            density: row.density,
            shortcuts: row.shortcuts,
            start_dismissed: row.start_dismissed,
        }
    }
}

/// Shows how the caller likes the console; the defaults if they never said.
#[utoipa::path(
    get, path = "/me/preferences", tag = "session",
    responses((status = 200, description = "The preferences", body = PreferencesView)),
)]
pub(super) async fn show_preferences(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<PreferencesView>, Problem> {
    caller.decide(action::ViewPreferences, Facts::nothing())?.into_row();
    let found = app.store.read().preferences().find(caller.user.id).await?;
    Ok(Json(found.map(PreferencesView::from).unwrap_or_default()))
}

/// Says how the caller likes the console.
#[utoipa::path(
    put, path = "/me/preferences", tag = "session", request_body = PreferencesView,
    responses((status = 200, description = "The preferences", body = PreferencesView)),
)]
pub(super) async fn put_preferences(
    State(app): State<SharedApp>,
    caller: Authenticated,
    Json(wanted): Json<PreferencesView>,
) -> Result<Json<PreferencesView>, Problem> {
    caller.decide(action::ChangePreferences, Facts::nothing())?.into_row();
    let row = Preferences {
        user: caller.user.id,
        language: wanted.language,
        theme: wanted.theme,
        density: wanted.density,
        shortcuts: wanted.shortcuts,
        start_dismissed: wanted.start_dismissed,
        changed_at: caller.now,
    };
    let work = app.store.begin(&caller.context()).await?;
    work.preferences().put(row).await?;
    work.commit_unaudited("how somebody likes the console to look").await.map(drop)?;
    Ok(Json(wanted))
}
