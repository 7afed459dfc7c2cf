//! Packages of the agent, for download (A-030…A-034).
//!
//! An operator adds them on the server's machine; what they are is read from
//! the files themselves ([`inspect`]). The files lie in the data folder under
//! their SHA-256, their rows in the database. People with the permission *download
//! agent* download them, or make links for hosts where nobody signs in
//! ([`links`]). Keys are not in packages: see
//! [`enrolment_keys`](crate::enrolment_keys).

pub mod inspect;
pub mod links;
mod routes;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use data_encoding::HEXLOWER;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{PackageId, RequestId};
use sekisho_model::{Clock, Rng};
use sekisho_platform::files;
use sekisho_seal::sha256;
use sekisho_store::{Access as _, Hash, OperationContext, Package, Page, Store};

pub use routes::routes;

/// Longest package, in bytes.
pub const MAX_PACKAGE_BYTES: u64 = 128 * 1024 * 1024;

/// Where the files are.
pub fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("packages")
}

/// Where the file of a package is.
pub fn path(data_dir: &Path, package: &Package) -> PathBuf {
    folder(data_dir).join(HEXLOWER.encode(&package.sha256.0))
}

/// Puts a file up for download: checks that it is a package of the agent,
/// copies it, durably, and then says so. Returns the package, and whether it
/// is new.
///
/// # Errors
/// A file that cannot be read, is too long or is no package of ours; another
/// package of the same name.
pub async fn add(
    store: &Store,
    data_dir: &Path,
    file: &Path,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<(Package, bool)> {
    let shown = file.display();
    let length = std::fs::metadata(file).with_context(|| format!("{shown}"))?.len();
    if length > MAX_PACKAGE_BYTES {
        bail!("{shown} has {length} bytes; a package of the agent has at most {MAX_PACKAGE_BYTES}");
    }
    let bytes = std::fs::read(file).with_context(|| format!("{shown}"))?;
    let found = inspect::inspect(&bytes).with_context(|| format!("{shown}"))?;
    let now = clock.now();
    let package = Package {
        id: PackageId::at(now, rng),
        file: found.file_name(),
        format: found.format.as_str().to_owned(),
        platform: found.platform,
        architecture: found.architecture.to_owned(),
        agent_version: found.version,
        bytes: bytes.len() as u64,
        sha256: Hash(sha256(&bytes)),
        added_at: now,
    };
    if let Some(there) = store.read().packages().find_by_file(&package.file).await? {
        if there.sha256 == package.sha256 && path(data_dir, &there).exists() {
            return Ok((there, false));
        }
        if there.sha256 != package.sha256 {
            bail!(
                "there is another {} already, with other contents; remove it first \
                 (`sekisho-server packages remove {}`)",
                there.file,
                there.file
            );
        }
        // Its file was lost, for example with the data folder of another node.
        write(data_dir, &there, &bytes)?;
        return Ok((there, true));
    }
    // First the file, then the row: nobody is offered what is not there.
    write(data_dir, &package, &bytes)?;
    let mut work = store.begin(&context(clock, rng)).await?;
    work.packages().insert(package.clone()).await?;
    work.record(Event::PackageAdded {
        package: package.id,
        file: package.file.clone(),
        sha256: HEXLOWER.encode(&package.sha256.0),
    });
    work.commit().await.map(drop)?;
    Ok((package, true))
}

fn write(data_dir: &Path, package: &Package, bytes: &[u8]) -> anyhow::Result<()> {
    files::create_private_dir(&folder(data_dir))?;
    Ok(files::write_private(&path(data_dir, package), bytes)?)
}

/// Takes a package down, with every link to it.
///
/// # Errors
/// When there is none of that name.
pub async fn remove(
    store: &Store,
    data_dir: &Path,
    file: &str,
    clock: &dyn Clock,
    rng: &dyn Rng,
) -> anyhow::Result<Package> {
    let mut work = store.begin(&context(clock, rng)).await?;
    let Some(package) = work.packages().find_by_file(file).await? else {
        bail!("there is no package {file}; `sekisho-server packages list` shows what there is");
    };
    work.packages().remove(package.id).await?;
    work.record(Event::PackageRemoved { package: package.id, file: package.file.clone() });
    work.commit().await.map(drop)?;
    match std::fs::remove_file(path(data_dir, &package)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)
            .with_context(|| format!("{file} is not offered any more, but its file stays")),
        Ok(()) | Err(_) => Ok(package),
    }
}

/// Every package, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(store: &Store) -> anyhow::Result<Vec<Package>> {
    let mut all = Vec::new();
    let mut page = Page::first(sekisho_store::MAX_PAGE);
    loop {
        let some = store.read().packages().list(&page).await?;
        all.extend(some.items);
        match some.next {
            Some(next) => page = Page::after(next, sekisho_store::MAX_PAGE),
            None => return Ok(all),
        }
    }
}

fn context(clock: &dyn Clock, rng: &dyn Rng) -> OperationContext {
    let now = clock.now();
    let origin = Origin { request: RequestId::at(now, rng), address: None };
    OperationContext { actor: Actor::System, origin, now }
}
