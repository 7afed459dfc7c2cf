//! Associating and dissociating (A-100…A-105).
//!
//! Dissociation holds back every order of an agent; nothing is uninstalled.
//! What an agent has taken already it finishes and reports: receipts are always
//! accepted. How often it looks whether it is still dissociated is said in
//! minutes, other intervals in seconds. The agent hears of it in the
//! answer to a fetch, which carries the session's MAC; until then it gets no
//! orders either.

use sekisho_model::event::Event;
use sekisho_policy::Granted;
use sekisho_policy::action::ManageAgent;
use sekisho_store::{Access as _, Device, OperationContext};

use super::refuse_limit;
use crate::app::App;
use crate::http::Problem;
use crate::orders;

/// The shortest interval at which a dissociated agent looks, in minutes.
pub const MIN_EVERY_MIN: u32 = 1;

/// The longest, in minutes: a day.
pub const MAX_EVERY_MIN: u32 = 24 * 60;

/// What is to be done with an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It may work.
    Associated,
    /// It may not, and looks every so many seconds whether it may.
    Dissociated {
        /// Seconds between looks.
        look_every_s: u32,
    },
}

/// Reads the interval of a dissociation.
///
/// # Errors
/// Names the field and the bounds.
pub fn interval(every_min: u32) -> Result<Wanted, Problem> {
    if (MIN_EVERY_MIN..=MAX_EVERY_MIN).contains(&every_min) {
        return Ok(Wanted::Dissociated { look_every_s: every_min * 60 });
    }
    Err(Problem::invalid(
        "interval_min",
        format!(
            "'interval_min' is {every_min}; give {MIN_EVERY_MIN} to {MAX_EVERY_MIN} minutes (24 \
             hours)"
        ),
    ))
}

/// Whether that would change something about an agent.
///
/// # Errors
/// Why it cannot be done.
pub fn would_change(device: &Device, wanted: Wanted) -> Result<bool, Problem> {
    let what = match wanted {
        Wanted::Associated => "associated",
        Wanted::Dissociated { .. } => "dissociated",
    };
    if device.resource.is_none() {
        return Err(Problem::conflict(format!(
            "the agent on {} serves no resource and cannot be {what}; remap it first",
            device.host
        )));
    }
    refuse_limit(device, what)?;
    Ok(match wanted {
        Wanted::Associated => device.is_dissociated(),
        Wanted::Dissociated { look_every_s } => device.look_every_s != Some(look_every_s),
    })
}

/// Does it. An agent that waits for orders hears of it at once, one that
/// rests at its next look.
///
/// # Errors
/// Why it cannot be done; nothing is changed then.
pub async fn change(
    app: &App,
    context: &OperationContext,
    granted: Granted<ManageAgent, Device>,
    wanted: Wanted,
) -> Result<Device, Problem> {
    let by = granted.by();
    let mut work = app.store.begin(context).await?;
    let device = super::lock(&work, granted.row()).await?;
    granted.into_row();
    if !would_change(&device, wanted)? {
        return Ok(device);
    }
    let resource = device.resource.ok_or(super::MISSING)?;
    let version = device.version;
    let next = match wanted {
        Wanted::Associated => device.associated(),
        Wanted::Dissociated { look_every_s } => Device {
            look_every_s: Some(look_every_s),
            dissociated_at: device.dissociated_at.or(Some(context.now)),
            dissociated_by: Some(by),
            ..device
        },
    };
    let device = work.devices().update(next, version).await?;
    work.record(match wanted {
        Wanted::Associated => Event::AgentAssociated { device: device.id, resource },
        Wanted::Dissociated { look_every_s } => {
            Event::AgentDissociated { device: device.id, resource, every_min: look_every_s / 60 }
        }
    });
    work.wake(device.id);
    let committed = work.commit().await?;
    orders::tell(app, &committed, &[]);
    Ok(device)
}
