//! Debian packages: an `ar` archive of two tarballs (deb(5)). Written here, so
//! that every developer's machine makes the same bytes.

use std::fmt::Write as _;
use std::io::Write as _;

use anyhow::Result;

use super::package::{MAINTAINER, Package};
use super::tarball::{Member, tar_gz};

/// The name of the package's file.
pub(super) fn file_name(package: &Package) -> String {
    format!("{}_{}_{}.deb", package.name, package.version, package.arch.debian())
}

/// The package's bytes.
pub(super) fn bytes(package: &Package) -> Result<Vec<u8>> {
    let mut deb = b"!<arch>\n".to_vec();
    let time_s = package.time_s;
    append(&mut deb, "debian-binary", time_s, b"2.0\n")?;
    append(&mut deb, "control.tar.gz", time_s, &control_tarball(package)?)?;
    let data: Vec<Member<'_>> = package
        .entries
        .iter()
        .map(|entry| Member {
            path: where_debian_looks(&entry.path),
            content: &entry.content,
            mode: entry.mode,
        })
        .collect();
    append(&mut deb, "data.tar.gz", time_s, &tar_gz(&data, time_s)?)?;
    Ok(deb)
}

/// Debian's zsh looks elsewhere for what packages bring.
fn where_debian_looks(path: &str) -> String {
    path.replace("usr/share/zsh/site-functions/", "usr/share/zsh/vendor-completions/")
}

/// A member of an `ar` archive: a header of 60 bytes, the content, and a line
/// feed where the next header would begin at an odd byte.
fn append(ar: &mut Vec<u8>, name: &str, time_s: u64, content: &[u8]) -> Result<()> {
    writeln!(ar, "{name:<16}{time_s:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, "100644", content.len())?;
    ar.extend_from_slice(content);
    if content.len() % 2 == 1 {
        ar.push(b'\n');
    }
    Ok(())
}

fn control_tarball(package: &Package) -> Result<Vec<u8>> {
    let control = control(package);
    let settings: String = package
        .entries
        .iter()
        .filter(|entry| entry.is_settings)
        .map(|entry| format!("/{}\n", entry.path))
        .collect();
    let mut members =
        vec![Member { path: "control".to_owned(), content: control.as_bytes(), mode: 0o644 }];
    if !settings.is_empty() {
        members.push(Member {
            path: "conffiles".to_owned(),
            content: settings.as_bytes(),
            mode: 0o644,
        });
    }
    for (name, script) in package.deb_scripts {
        members.push(Member { path: (*name).to_owned(), content: script.as_bytes(), mode: 0o755 });
    }
    tar_gz(&members, package.time_s)
}

fn control(package: &Package) -> String {
    let glibc = package.glibc.as_ref().map(|version| format!("libc6 (>= {version})"));
    let depends: Vec<String> = glibc
        .into_iter()
        .chain(package.deb_depends.iter().map(|depend| (*depend).to_owned()))
        .collect();
    let size_kib =
        package.entries.iter().map(|entry| entry.content.len()).sum::<usize>().div_ceil(1024);
    let mut text = format!(
        "Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: {MAINTAINER}\n\
         Installed-Size: {size_kib}\nSection: {}\nPriority: optional\n",
        package.name,
        package.version,
        package.arch.debian(),
        package.section,
    );
    // A text takes every line.
    let _ = writeln!(text, "Depends: {}", depends.join(", "));
    let _ = writeln!(text, "Description: {}", package.summary);
    for line in package.description.lines() {
        let _ = writeln!(text, " {}", if line.is_empty() { "." } else { line });
    }
    text
}
