//! `dist`: the packages for people, deb, rpm and tar.gz.
//!
//! The same sources give the same bytes: everything in a package has the time
//! of the last commit (or `SOURCE_DATE_EPOCH`), belongs to root and is sorted.

mod build;
mod contents;
mod deb;
mod licences;
mod package;
mod rpm;
mod tarball;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::cmd;
use crate::workspace::Workspace;
pub(crate) use build::WHOLE;
use contents::{PRODUCTS, Parts, Product};
pub use package::{Arch, Format};

/// The arguments of `dist`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// For which processor; this machine's if not given.
    #[arg(long, value_enum)]
    arch: Vec<Arch>,
    /// Where the packages go; `target/dist` if not given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Builds the programs for this machine, as they are in its packages; the
/// folder they are in.
///
/// # Errors
/// When there are no packages for this machine, or the build fails.
pub(crate) fn shipped_programs(workspace: &Workspace) -> Result<PathBuf> {
    programs(workspace, here()?)
}

/// The same of the gateway alone, which takes much less time.
///
/// # Errors
/// As [`shipped_programs`].
pub(crate) fn shipped_gateway(workspace: &Workspace) -> Result<PathBuf> {
    build::programs(workspace, &named(&["sekisho-gateway"]), here()?)
}

/// The same of server and gateway.
///
/// # Errors
/// As [`shipped_programs`].
pub(crate) fn shipped_server_and_gateway(workspace: &Workspace) -> Result<PathBuf> {
    build::programs(workspace, &named(&["sekisho-server", "sekisho-gateway"]), here()?)
}

fn named(names: &[&str]) -> Vec<&'static Product> {
    PRODUCTS.iter().filter(|product| names.contains(&product.name)).collect()
}

fn programs(workspace: &Workspace, arch: Arch) -> Result<PathBuf> {
    build::programs(workspace, &PRODUCTS.iter().collect::<Vec<_>>(), arch)
}

fn here() -> Result<Arch> {
    Arch::here().context("there are packages for amd64 and arm64 only")
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let here = here()?;
    let out = args.out.clone().unwrap_or_else(|| workspace.target.join("dist"));
    fs::create_dir_all(&out).with_context(|| format!("creating {}", out.display()))?;
    let archs = if args.arch.is_empty() { vec![here] } else { args.arch.clone() };
    let time_s = time_s(workspace)?;
    let mut names = Vec::new();
    for arch in archs {
        println!("dist: building for {}", arch.debian());
        let programs = programs(workspace, arch)?;
        let printers = if arch == here { programs.clone() } else { programs_of_here(workspace)? };
        let third_party = |product: &Product| licences::of(workspace, product.krate, arch);
        let parts = Parts {
            programs: &programs,
            printers: &printers,
            third_party: &third_party,
            arch,
            version: env!("CARGO_PKG_VERSION"),
            time_s,
        };
        names.extend(pack(&parts, &Format::ALL, &out)?);
        if arch != here {
            match build::smoke(&programs, arch)? {
                Some(said) => print!("dist: under an emulator:\n{said}"),
                None => println!("dist: {} NOT RUN: no emulator here", arch.debian()),
            }
        }
    }
    write_sums(&out, &names)?;
    for name in &names {
        let size = fs::metadata(out.join(name))?.len();
        println!("dist: {:>7} kB  {name}", size / 1000);
    }
    println!("dist: {} and SHA256SUMS are in {}", names.len(), out.display());
    Ok(())
}

/// Packs programs that are built already, for tests of the packages: as
/// `version`, without the licences of libraries.
///
/// # Errors
/// When a program is missing or a package cannot be written.
pub fn pack_for_test(
    programs: &Path,
    version: &str,
    formats: &[Format],
    out: &Path,
) -> Result<Vec<String>> {
    let arch = here()?;
    let third_party = |_: &Product| Ok("not listed in a test\n".to_owned());
    let parts = Parts {
        programs,
        printers: programs,
        third_party: &third_party,
        arch,
        version,
        time_s: 1_700_000_000,
    };
    let names = pack(&parts, formats, out)?;
    write_sums(out, &names)?;
    Ok(names)
}

/// Writes all packages of all products; their names.
fn pack(parts: &Parts<'_>, formats: &[Format], out: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for product in PRODUCTS {
        let package = product.package(parts)?;
        for format in formats {
            let (name, bytes) = match format {
                Format::Deb => (deb::file_name(&package), deb::bytes(&package)?),
                Format::Rpm => (rpm::file_name(&package), rpm::bytes(&package)?),
                Format::Tarball => (tarball::file_name(&package), tarball::bytes(&package)?),
            };
            fs::write(out.join(&name), bytes).with_context(|| format!("writing {name}"))?;
            names.push(name);
        }
    }
    Ok(names)
}

/// As `sha256sum --check` reads it.
fn write_sums(out: &Path, names: &[String]) -> Result<()> {
    let mut sums = String::new();
    for name in names {
        let digest = Sha256::digest(fs::read(out.join(name))?);
        writeln!(sums, "{}  {name}", HEXLOWER.encode(&digest))?;
    }
    fs::write(out.join("SHA256SUMS"), sums)?;
    Ok(())
}

/// The time that everything in the packages has.
fn time_s(workspace: &Workspace) -> Result<u64> {
    let text = match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text,
        Err(_) => cmd::output(Command::new("git").current_dir(&workspace.root).args([
            "log",
            "-1",
            "--format=%ct",
        ]))?,
    };
    let Ok(time_s) = text.trim().parse() else {
        bail!("SOURCE_DATE_EPOCH is '{text}'; expected seconds since 1970");
    };
    Ok(time_s)
}

/// The programs for this machine, to print the pages of another's.
fn programs_of_here(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = workspace.cargo(&["build", "--quiet", "--locked"]);
    for product in PRODUCTS {
        command.args(["--package", product.krate]);
    }
    cmd::run(&mut command)?;
    Ok(workspace.target.join("debug"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Programs that print a page, a script and nothing else.
    fn printers() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for product in PRODUCTS {
            let file = folder.path().join(product.name);
            let script = "#!/bin/sh\nif [ $1 = man-pages ]; then echo page > $2/page.1; \
                          else echo script; fi\n# GLIBC_2.31\0\0\0\n";
            fs::write(&file, script).expect("written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        folder
    }

    fn packed() -> (tempfile::TempDir, Vec<String>) {
        let (programs, out) = (printers(), tempfile::tempdir().expect("a folder"));
        let names =
            pack_for_test(programs.path(), "1.2.3", &Format::ALL, out.path()).expect("packed");
        (out, names)
    }

    /// The members of a compressed tarball and their modes.
    fn members(tarball: &[u8]) -> BTreeMap<String, (u32, Vec<u8>)> {
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(tarball));
        let entries = tar.entries().expect("a tarball");
        entries
            .map(|entry| {
                let mut entry = entry.expect("a member");
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("its content");
                let path = entry.path().expect("a path").display().to_string();
                (path, (entry.header().mode().expect("a mode"), content))
            })
            .collect()
    }

    #[test]
    fn the_same_sources_give_the_same_bytes() {
        let ((one, names), (two, _)) = (packed(), packed());
        assert_eq!(names.len(), 12, "four programs in three formats");
        for name in names.iter().map(String::as_str).chain(["SHA256SUMS"]) {
            let read = |out: &tempfile::TempDir| fs::read(out.path().join(name)).expect(name);
            assert!(read(&one) == read(&two), "{name} differs");
        }
    }

    #[test]
    fn the_sums_are_those_that_sha256sum_computes() {
        let (out, _) = packed();
        let mut command = Command::new("sha256sum");
        command.current_dir(out.path()).args(["--check", "--quiet", "SHA256SUMS"]);
        cmd::run(&mut command).expect("the sums are right");
    }

    #[test]
    fn a_tarball_has_everything_below_one_folder() {
        let (out, _) = packed();
        let tarball = fs::read(out.path().join(format!(
            "sekisho-agent-1.2.3-linux-{}.tar.gz",
            Arch::here().expect("known").debian()
        )));
        let members = members(&tarball.expect("written"));
        assert!(members.keys().all(|path| path.starts_with("sekisho-agent-1.2.3/")));
        let mode = |path: &str| members[&format!("sekisho-agent-1.2.3/{path}")].0;
        assert_eq!(mode("usr/bin/sekisho-agent"), 0o755);
        assert_eq!(mode("etc/sekisho/agent.toml"), 0o644);
        assert_eq!(mode("usr/lib/systemd/system/sekisho-agent.service"), 0o644);
    }

    #[test]
    fn a_deb_says_what_it_needs_and_keeps_settings() {
        let (out, names) = packed();
        let name = names.iter().find(|name| name.starts_with("sekisho-server_")).expect("a deb");
        let deb = fs::read(out.path().join(name)).expect("written");
        assert!(deb.starts_with(b"!<arch>\ndebian-binary   "));
        if !cmd::on_path("dpkg-deb") {
            eprintln!("no dpkg-deb here: only the beginning was looked at");
            return;
        }
        let file = out.path().join(name);
        let show = |args: &[&str]| {
            cmd::output(Command::new("dpkg-deb").args(args).arg(&file)).expect("dpkg-deb reads it")
        };
        let control = show(&["--field"]);
        for line in
            ["Package: sekisho-server", "Version: 1.2.3", "Depends: libc6 (>= 2.31), passwd"]
        {
            assert!(control.contains(line), "{line}: {control}");
        }
        let listed = show(&["--contents"]);
        assert!(listed.contains("-rwxr-xr-x root/root"), "{listed}");
        assert!(listed.contains(" etc/sekisho/server.toml"), "{listed}");
        assert!(listed.contains(" usr/share/zsh/vendor-completions/_sekisho-server"), "{listed}");
        let mut conffiles = Command::new("dpkg-deb");
        conffiles.arg("--info").arg(&file).arg("conffiles");
        assert_eq!(cmd::output(&mut conffiles).expect("there"), "/etc/sekisho/server.toml\n");
    }
}
