//! `fuzz`: libFuzzer on the parsers of foreign bytes (`tests/fuzz`).
//!
//! Coverage is counted by flags that a stable compiler knows, so that no other
//! toolchain is needed. The C++ part of libFuzzer needs a C++ compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::dist::Arch;
use crate::workspace::Workspace;

/// What makes a program count where it has been.
const FLAGS: [&str; 9] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=yes",
    "-Coverflow-checks=yes",
    "--cfg=fuzzing",
];

/// The arguments of `fuzz`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which parser; one after another if not given.
    target: Option<String>,
    /// How long on each parser.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    if !cmd::on_path("c++") {
        bail!("libFuzzer needs a C++ compiler; on Debian: apt-get install g++");
    }
    let work = workspace.target.join("fuzz");
    let corpus = work.join("corpus");
    println!("fuzz: writing seeds");
    let package = ["--package", "sekisho-fuzz", "--bin", "sekisho-fuzz-seeds"];
    cmd::run(
        workspace.cargo(&["run", "--quiet", "--locked"]).args(package).arg("--").arg(&corpus),
    )?;
    let names = names(&corpus)?;
    let chosen: Vec<&String> = match &args.target {
        Some(name) => names.iter().filter(|known| *known == name).collect(),
        None => names.iter().collect(),
    };
    if chosen.is_empty() {
        let name = args.target.as_deref().unwrap_or_default();
        bail!("there is no parser '{name}'; there are: {}", names.join(", "));
    }
    let program = build(workspace, &work)?;
    let finds = work.join("finds");
    fs::create_dir_all(&finds)?;
    let mut broken = Vec::new();
    for name in chosen {
        println!("fuzz: {name} for {} s", args.seconds);
        let mut command = Command::new(&program);
        command
            .env("SEKISHO_FUZZ_TARGET", name)
            .args([
                &format!("-max_total_time={}", args.seconds),
                "-max_len=65536",
                "-timeout=10",
                "-rss_limit_mb=2048",
                "-print_final_stats=1",
                &format!("-artifact_prefix={}/{name}-", finds.display()),
            ])
            .arg(corpus.join(name));
        let kept = workspace.root.join("tests/fuzz/corpus").join(name);
        if kept.is_dir() {
            command.arg(kept);
        }
        if cmd::run(&mut command).is_err() {
            broken.push(name.clone());
        }
    }
    if !broken.is_empty() {
        bail!(
            "{} break a promise; the inputs are in {}: mend, and keep them in tests/fuzz/corpus",
            broken.join(", "),
            finds.display()
        );
    }
    Ok(())
}

/// The parsers that seeds were written for.
fn names(corpus: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(corpus).context("no seeds were written")? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Builds the fuzzer; its path. For this machine's target by name, so that
/// programs that run while it is built are not made to count.
fn build(workspace: &Workspace, work: &Path) -> Result<PathBuf> {
    println!("fuzz: building the fuzzer");
    let target = Arch::here().context("the fuzzer is built for amd64 and arm64 only")?.target();
    let mut command = workspace.cargo(&["build", "--quiet", "--locked", "--profile", "prove"]);
    command
        .args(["--package", "sekisho-fuzz", "--bin", "sekisho-fuzz", "--features", "libfuzzer"])
        .args(["--target", target])
        .env("CARGO_TARGET_DIR", work)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    cmd::run(&mut command)?;
    Ok(work.join(target).join("prove/sekisho-fuzz"))
}
