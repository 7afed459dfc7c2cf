//! The programs as they are shipped: release profile, stripped, and without
//! the folders of the machine that built them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::contents::{PRODUCTS, Product};
use super::package::Arch;
use crate::cmd;
use crate::console;
use crate::workspace::Workspace;

/// The gateway is small, and what a request costs is what it is measured by: it is
/// optimised as a whole. The server is not: beside other builds on two cores that was
/// stopped after fifteen minutes.
pub(crate) const WHOLE: [&str; 4] =
    ["--config", "profile.release.lto=\"fat\"", "--config", "profile.release.codegen-units=1"];

/// Builds the programs of these products for a processor; the folder they are in.
pub(super) fn programs(
    workspace: &Workspace,
    products: &[&Product],
    arch: Arch,
) -> Result<PathBuf> {
    let target = arch.target();
    if Arch::here() == Some(arch) || has_std(target) {
        build(workspace, products, |verb| {
            let mut command = workspace.cargo(&[verb, "--release", "--locked", "--target", target]);
            cross_tools(&mut command, arch)?;
            Ok(command)
        })?;
        return Ok(workspace.target.join(target).join("release"));
    }
    // Without a standard library for that processor it is built, too: from the
    // sources that fit Debian's compiler, by features that are not stable.
    let sources = Path::new("/usr/lib/rustlib/src/rust/library/std");
    if !Path::new("/usr/bin/cargo").exists() || !sources_are_there(sources) {
        bail!(
            "this toolchain has no standard library for {target}. With rustup: rustup target add \
             {target}; on Debian: apt-get install rustc-web cargo-web rust-web-src \
             gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
        );
    }
    let folder = workspace.target.join("cross");
    build(workspace, products, |verb| {
        let mut command = Command::new("/usr/bin/cargo");
        command
            .current_dir(&workspace.root)
            .args([verb, "--release", "--locked", "--target", target])
            .args(["-Z", "build-std=std,panic_abort"])
            .env("RUSTC", "/usr/bin/rustc")
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("RUSTUP_TOOLCHAIN")
            .env("CARGO_TARGET_DIR", &folder);
        cross_tools(&mut command, arch)?;
        Ok(command)
    })?;
    Ok(folder.join(target).join("release"))
}

fn build(
    workspace: &Workspace,
    products: &[&Product],
    cargo: impl Fn(&str) -> Result<Command>,
) -> Result<()> {
    let (alone, linked): (Vec<&Product>, Vec<&Product>) =
        products.iter().copied().partition(|product| product.is_static);
    if !linked.is_empty() {
        // What is shipped holds the console.
        console::possible(workspace)?;
        console::build(workspace)?;
        let mut command = cargo("build")?;
        for product in linked {
            command.args(["--package", product.krate]);
        }
        shipped(workspace, &mut command)?;
    }
    for product in alone {
        // The flag is for the program only, not for what builds it.
        let mut command = cargo("rustc")?;
        command.args(WHOLE);
        command.args(["--package", product.krate, "--bin", product.name]);
        command.args(["--", "-C", "target-feature=+crt-static"]);
        shipped(workspace, &mut command)?;
    }
    Ok(())
}

fn shipped(workspace: &Workspace, command: &mut Command) -> Result<()> {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")));
    let mut folders = vec![(workspace.root.clone(), "/sekisho")];
    folders.extend(cargo_home.map(|home| (home, "/cargo")));
    // The folders would stand in messages, and differ from machine to machine.
    let rust: Vec<String> = folders
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    let c: Vec<String> = folders
        .iter()
        .map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display()))
        .collect();
    command.env("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}")).env("CFLAGS", c.join(" "));
    cmd::run(command)
}

fn cross_tools(command: &mut Command, arch: Arch) -> Result<()> {
    if Arch::here() == Some(arch) {
        return Ok(());
    }
    let (gcc, variable) = match arch {
        Arch::Arm64 => ("aarch64-linux-gnu-gcc", "AARCH64_UNKNOWN_LINUX_GNU"),
        Arch::Amd64 => ("x86_64-linux-gnu-gcc", "X86_64_UNKNOWN_LINUX_GNU"),
    };
    if !cmd::on_path(gcc) {
        bail!(
            "there is no {gcc}; on Debian: apt-get install gcc-{}-linux-gnu",
            gcc.split('-').next().unwrap_or_default().replace("x86_64", "x86-64")
        );
    }
    command
        .env(format!("CARGO_TARGET_{variable}_LINKER"), gcc)
        .env(format!("CC_{}", arch.target().replace('-', "_")), gcc);
    Ok(())
}

fn has_std(target: &str) -> bool {
    let mut command = Command::new("rustc");
    let printed = cmd::output(command.args(["--print", "target-libdir", "--target", target]));
    printed.is_ok_and(|folder| {
        std::fs::read_dir(folder.trim()).is_ok_and(|mut files| files.next().is_some())
    })
}

fn sources_are_there(std: &Path) -> bool {
    if std.is_dir() {
        return true;
    }
    let root = cmd::output(Command::new("/usr/bin/rustc").args(["--print", "sysroot"]));
    root.is_ok_and(|root| Path::new(root.trim()).join("lib/rustlib/src/rust/library/std").is_dir())
}

/// Starts a program of another processor in an emulator and shows what it
/// says; `None` where there is no emulator.
pub(super) fn smoke(folder: &Path, arch: Arch) -> Result<Option<String>> {
    if Arch::here() == Some(arch) || !cmd::on_path("qemu-aarch64") || arch != Arch::Arm64 {
        return Ok(None);
    }
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new("qemu-aarch64");
        command.args(["-L", "/usr/aarch64-linux-gnu"]).arg(folder.join(program)).args(args);
        cmd::output(&mut command)
    };
    let mut said = String::new();
    for product in PRODUCTS {
        said.push_str(&run(product.name, &["--version"])?);
    }
    // Its settings are read, checked and explained: more than a greeting.
    run("sekisho-agent", &["settings"])?;
    Ok(Some(said))
}
