//! Backups: the whole database in one file that only the recovery key opens.
//!
//! A backup is a snapshot: every row of every table at one moment, in a form
//! that either database takes. The vault's data keys travel in it in clear,
//! inside the seal: the key-encryption key is in no backup, and whoever
//! restores gives the site a new one.
//!
//! - [`make`] writes a backup, reads it back, and only then gives it its name.
//! - [`restore`] fills an empty database, all or nothing.
//! - [`drill`] restores beside the running site and looks at everything.

mod contents;
mod drill;
mod file;
mod inspect;
mod keep;
mod make;
mod restore;

use std::path::Path;

use sekisho_model::Timestamp;
use sekisho_model::id::SiteId;
use serde::Serialize;

pub use drill::{Drill, Drilled, drill};
pub use inspect::Inspected;
pub use make::{Made, make};
pub use restore::{Restored, restore};

/// How far a long work is.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// What is done now: `write`, `check`, `copy`, … .
    pub step: &'static str,
    /// The table at hand.
    pub table: &'static str,
    /// Rows done in this step.
    pub rows: u64,
    /// Rows in all, if they were counted.
    pub total: Option<u64>,
}

/// Somebody who is told about progress.
pub type Watch<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// What a backup says about itself to anybody. Nothing of it is proved before
/// the recovery key has opened the backup.
#[derive(Clone, Debug)]
pub struct Label {
    /// The site.
    pub site: SiteId,
    /// The moment that is in it.
    pub created_at: Timestamp,
    /// The version of the program that made it.
    pub product: String,
}

/// Reads the label of a backup.
///
/// # Errors
/// When it cannot be read or is no backup.
pub fn label(path: &Path) -> anyhow::Result<Label> {
    let sealed = file::Sealed::open(path)?;
    let header = sealed.header();
    Ok(Label {
        site: header.site,
        created_at: header.created_at,
        product: header.product.chars().take(64).collect(),
    })
}

/// Times for people: RFC 3339.
fn as_text<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}
