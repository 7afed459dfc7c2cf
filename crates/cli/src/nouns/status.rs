//! `sekisho status`.

use std::time::Duration;

use crate::api::shapes::{AuditReader, PublicSystem, System};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::output::text::{safe, span};

pub(crate) async fn run(app: &App) -> Result<Exit> {
    match app.api() {
        Ok(mut api) => {
            let body = api.get("/system").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                show(app, body.read()?)?;
            }
            Ok(Exit::Ok)
        }
        // Whoever has not signed in sees what everybody may know.
        Err(CliError::NotSignedIn(sentence)) => {
            let body = app.anonymous()?.get("/system/public").await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
                return Ok(Exit::Ok);
            }
            let system: PublicSystem = body.read()?;
            app.out.facts(&[
                ("server", app.server().ok().map(|server| server.to_string())),
                ("product", system.product),
                ("version", system.version),
                ("site", system.site),
            ])?;
            if system.setup_needed {
                app.out.note("The first administrator is missing: run sekisho setup.");
            } else {
                app.out.note(&format!("For more: {sentence}"));
            }
            Ok(Exit::Ok)
        }
        Err(error) => Err(error),
    }
}

fn show(app: &App, system: System) -> Result<()> {
    let uptime = system.uptime_s.map(|seconds| span(Duration::from_secs(seconds)));
    if let Some(recovery) = &system.recovery {
        app.out.warn(&format!("the site is in recovery: {}", safe(&recovery.reason)));
    }
    if let Some(held) = &system.audit_held {
        app.out.warn(&format!("secrets and changes wait: {}", safe(held)));
    }
    for AuditReader { name, waiting, lag_s, problem } in &system.audit_readers {
        if let Some(problem) = problem {
            let since = span(Duration::from_secs(*lag_s));
            app.out.warn(&format!(
                "the audit log is not delivered to {name} ({waiting} wait, the oldest for \
                 {since}): {}",
                safe(problem)
            ));
        }
    }
    let or_never = |at| app.out.maybe_time(at).or_else(|| Some("never".to_owned()));
    app.out.facts(&[
        ("server", app.server().ok().map(|server| server.to_string())),
        ("version", Some(system.version)),
        ("site", Some(system.site)),
        ("fingerprint", system.site_fingerprint),
        ("database", system.database),
        ("trust bundle", system.bundle_version.map(|version| version.to_string())),
        ("recovery", system.recovery.map(|recovery| recovery.reason)),
        ("last backup", or_never(system.last_backup_at)),
        ("last drill", or_never(system.last_drill_at)),
        ("up for", uptime),
    ])
}
