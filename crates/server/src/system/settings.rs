//! `GET /system/settings`.

use axum::extract::State;
use sekisho_policy::{Facts, action};
use serde::Serialize;

use crate::app::SharedApp;
use crate::config::{Source, Told};
use crate::http::{Authenticated, ItemList, Json, Problem};

/// A setting of the server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct SettingView {
    /// Its key in the configuration file, with dots for tables.
    key: &'static str,
    /// What holds; `null`: nothing was given and there is no fixed default, or
    /// it is not shown.
    value: Option<String>,
    /// Whether something was given that is not shown, because it may hold a
    /// password.
    hidden: bool,
    /// Where it was given: `default` (nowhere), `file`, `environment`,
    /// `command_line`.
    source: &'static str,
    /// The configuration file it was given in.
    file: Option<String>,
    /// The environment variable that stands over the file.
    environment: &'static str,
    /// What holds when it is not given; `null`: see `meaning`.
    default: Option<&'static str>,
    /// The unit of a number, or what kind of value it is.
    unit: &'static str,
    /// What it does, in English.
    meaning: &'static str,
}

impl From<&Told> for SettingView {
    fn from(told: &Told) -> Self {
        let setting = told.setting;
        let (source, file) = match &told.source {
            Source::Default => ("default", None),
            Source::File(path) => ("file", Some(path.display().to_string())),
            Source::Environment(_) => ("environment", None),
            Source::Flag => ("command_line", None),
        };
        Self {
            key: setting.key,
            value: told.text.clone(),
            hidden: told.is_hidden,
            source,
            file,
            environment: setting.env,
            default: Some(setting.default).filter(|text| !text.is_empty()),
            unit: setting.unit,
            meaning: setting.meaning,
        }
    }
}

/// Lists the settings this server began with: what was given, and where. None
/// is a secret; secrets are in files, whose names are shown. They change in the
/// configuration file or the environment, with a restart.
#[utoipa::path(
    get, path = "/system/settings", tag = "system",
    responses(
        (status = 200, description = "All settings", body = ItemList<SettingView>),
        (status = 403, description = "Only administrators and auditors see them"),
    ),
)]
pub(super) async fn show_settings(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<ItemList<SettingView>>, Problem> {
    caller.decide(action::ViewSystem, Facts::nothing())?.into_row();
    Ok(Json(ItemList::complete(app.config.told.iter().map(SettingView::from).collect())))
}
