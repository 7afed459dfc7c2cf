//! Tarballs that are the same bytes for the same content: sorted, one time,
//! owned by root.

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

use super::package::Package;

/// A file in a tarball.
pub(super) struct Member<'a> {
    pub(super) path: String,
    pub(super) content: &'a [u8],
    pub(super) mode: u32,
}

/// The name of a package's tarball.
pub(super) fn file_name(package: &Package) -> String {
    format!("{}-{}-linux-{}.tar.gz", package.name, package.version, package.arch.debian())
}

/// A package for systems with another package manager: the same files below
/// one folder.
pub(super) fn bytes(package: &Package) -> Result<Vec<u8>> {
    let top = format!("{}-{}", package.name, package.version);
    let members: Vec<Member<'_>> = package
        .entries
        .iter()
        .map(|entry| Member {
            path: format!("{top}/{}", entry.path),
            content: &entry.content,
            mode: entry.mode,
        })
        .collect();
    tar_gz(&members, package.time_s)
}

/// A compressed tarball with the folders that its members are in.
pub(super) fn tar_gz(members: &[Member<'_>], time_s: u64) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut folders = BTreeSet::new();
    for member in members {
        let mut folder = String::new();
        for part in member.path.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev() {
            folder.push_str(part);
            folder.push('/');
            if folders.insert(folder.clone()) {
                let mut header = header(0o755, 0, time_s, tar::EntryType::Directory)?;
                tar.append_data(&mut header, &folder, std::io::empty())?;
            }
        }
        let size = u64::try_from(member.content.len())?;
        let mut header = header(member.mode, size, time_s, tar::EntryType::Regular)?;
        tar.append_data(&mut header, &member.path, member.content)
            .with_context(|| format!("packing {}", member.path))?;
    }
    gz(&tar.into_inner()?)
}

fn header(mode: u32, size: u64, time_s: u64, kind: tar::EntryType) -> Result<tar::Header> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(time_s);
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    Ok(header)
}

/// Compressed, without a name or a time.
pub(super) fn gz(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gz = GzBuilder::new().write(Vec::new(), Compression::new(7));
    gz.write_all(bytes)?;
    Ok(gz.finish()?)
}
