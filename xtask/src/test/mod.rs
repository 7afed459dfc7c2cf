//! `test`: the checks and the tests, and one closing line that counts them.

mod boot;
mod tally;

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValuesParser;
use sekisho_model::clock::{Clock as _, SystemClock};

use crate::cmd;
use crate::console;
use crate::demo;
use crate::r#gen;
use crate::loopback_gateway::LoopbackGateway;
use crate::setup::{self, Tool};
use crate::tidy;
use crate::workspace::Workspace;
use tally::Tally;

/// The arguments of `test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One part instead of everything; parts run tests only, no checks.
    #[arg(value_parser = PossibleValuesParser::new(parts_here()))]
    part: Option<String>,
}

/// A part of the tests and the folder without which it does not exist.
struct Part {
    name: &'static str,
    folder: &'static str,
    nextest_args: &'static [&'static str],
}

const PARTS: &[Part] = &[
    Part { name: "unit", folder: "crates", nextest_args: &["--workspace", "--lib", "--bins"] },
    Part {
        name: "sim",
        folder: "tests/sim",
        nextest_args: &["--package", "sekisho-sim", "--package", "sekisho-testkit"],
    },
    Part { name: "fuzz", folder: "tests/fuzz", nextest_args: &["--package", "sekisho-fuzz"] },
    Part {
        name: "http",
        folder: "crates/server/tests",
        nextest_args: &["--package", "sekisho-server", "--test", "*"],
    },
    Part { name: CONSOLE, folder: "console", nextest_args: &[] },
    Part { name: "e2e", folder: "tests/e2e", nextest_args: E2E },
    Part { name: "packages", folder: "packaging/deb", nextest_args: PACKAGES },
];

/// Tests that Node runs.
const CONSOLE: &str = "console";
const E2E: &[&str] = &["--package", "sekisho-e2e", "--test", "system", "--profile", "e2e"];
const PACKAGES: &[&str] = &["--package", "sekisho-e2e", "--test", "packages", "--profile", "e2e"];

/// Tests that share what is slow to start, here a PostgreSQL cluster: nextest
/// would start one for each test, in one process they share one.
struct OneProcess {
    package: &'static str,
    test: &'static str,
    /// Without this file it does not exist.
    source: &'static str,
}

const STORE_CONFORMANCE: OneProcess = OneProcess {
    package: "sekisho-store",
    test: "conformance",
    source: "crates/store/tests/conformance/main.rs",
};

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    let Some(name) = &args.part else { return everything(workspace) };
    let part = PARTS.iter().find(|part| part.name == name).context("unknown part of the tests")?;
    setup::ensure(workspace)?;
    let mut session = Session::default();
    if part.name == CONSOLE {
        console::possible(workspace)?;
        session.console(workspace);
        session.browser(workspace);
        return session.close();
    }
    if part.name == "packages" {
        // Whoever asks for them is not told that all is well without them.
        session.check("a machine that boots", boot::possible);
    }
    if part.name == "e2e" || part.name == "packages" {
        session.check("build", || build_programs(workspace));
    }
    session.tests(part.name, nextest(workspace, part.nextest_args));
    session.close()
}

/// All checks, then all tests. Each failed check counts as one failed.
pub(crate) fn everything(workspace: &Workspace) -> Result<()> {
    let mut session = Session::default();
    session.check("setup", || setup::ensure(workspace));
    session.check("format", || cmd::run(&mut workspace.cargo(&["fmt", "--all", "--check"])));
    // Before anything is compiled: the server takes the built console in.
    match console::possible(workspace) {
        Ok(()) => session.console(workspace),
        Err(why) => session.not_run(CONSOLE, &why),
    }
    session.check("clippy", || {
        let mut command = workspace.cargo(&["clippy", "--quiet", "--workspace", "--all-targets"]);
        cmd::run(command.args(locked()).args(["--", "-D", "warnings"]))
    });
    session.check("tidy", || tidy::run(workspace));
    session.check("generated files", || r#gen::check(workspace));
    let e2e = workspace.root.join("tests/e2e").is_dir();
    let store = workspace.root.join(STORE_CONFORMANCE.source).is_file();
    let mut all = vec!["--workspace"];
    if e2e {
        all.extend(["--exclude", "sekisho-e2e"]);
    }
    let others =
        format!("not binary_id({}::{})", STORE_CONFORMANCE.package, STORE_CONFORMANCE.test);
    if store {
        all.extend(["--filterset", &others]);
    }
    session.tests("tests", nextest(workspace, &all));
    if store {
        session.tests("store on both databases", one_process(workspace, &STORE_CONFORMANCE));
    }
    session.tests("examples in the documentation", doc_tests(workspace));
    if e2e {
        session.check("build", || build_programs(workspace));
        session.tests("e2e", nextest(workspace, E2E));
        match boot::possible() {
            Ok(()) => session.tests("packages", nextest(workspace, PACKAGES)),
            Err(why) => session.not_run("packages", &why),
        }
        session.browser(workspace);
    }
    session.close()
}

/// What has been run so far.
#[derive(Default)]
struct Session {
    total: Tally,
    lines: Vec<String>,
}

impl Session {
    fn check(&mut self, name: &str, check: impl FnOnce() -> Result<()>) {
        println!("── {name}");
        let started = SystemClock.elapsed();
        let outcome = check();
        if let Err(error) = &outcome {
            eprintln!("error: {error:#}");
            self.total.failed += 1;
        }
        self.note(name, started, if outcome.is_ok() { "ok" } else { "FAILED" });
    }

    fn tests(&mut self, name: &str, command: Command) {
        println!("── {name}");
        let started = SystemClock.elapsed();
        let tally = run_counting(command).unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            Tally { passed: 0, failed: 1 }
        });
        self.total += tally;
        self.note(name, started, &tally.to_string());
    }

    /// All of the console: what is checked, its tests, the build.
    fn console(&mut self, workspace: &Workspace) {
        self.check("console: lints, types", || console::check(workspace));
        self.tests(CONSOLE, console::tests(workspace));
        self.check("console: build", || console::build(workspace));
    }

    /// The built console in a browser, on the demo's server and host.
    fn browser(&mut self, workspace: &Workspace) {
        const NAME: &str = "console in a browser";
        if let Err(why) = console::can_be_seen(workspace) {
            return self.not_run(NAME, &why);
        }
        let visited = demo::visit(workspace, |site| {
            let gateway = LoopbackGateway::start(workspace)?;
            self.tests("console: gateways", console::gateways(workspace, site, &gateway, None));
            self.tests("console: every page", console::look(workspace, site, None));
            self.tests("console: by keyboard", console::walk(workspace, site));
            self.tests("console: in trouble", console::trouble(workspace, site));
            Ok(())
        });
        if let Err(error) = visited {
            self.check(NAME, || Err(error));
        }
        for (factor, settings) in console::FIRST_RUNS {
            let name = format!("console: first run with {factor}");
            let walked = demo::begin(workspace, settings, |site| {
                self.tests(&name, console::first_run(workspace, site, factor, None));
                Ok(())
            });
            if let Err(error) = walked {
                self.check(&name, || Err(error));
            }
        }
    }

    /// Says that a part cannot run here, where it happens and at the end.
    fn not_run(&mut self, name: &str, why: &anyhow::Error) {
        println!("── {name}\nNOT RUN: {why:#}");
        let first_line = format!("{why:#}").lines().next().unwrap_or_default().to_owned();
        self.lines.push(format!("{name:<32} NOT RUN: {first_line}"));
    }

    fn note(&mut self, name: &str, started: Duration, outcome: &str) {
        let took = SystemClock.elapsed().saturating_sub(started);
        self.lines.push(format!("{name:<32} {outcome:<24} {:>6.1} s", took.as_secs_f64()));
    }

    fn close(self) -> Result<()> {
        println!("──");
        for line in &self.lines {
            println!("{line}");
        }
        let summary = self.total.to_string();
        let failed = self.total.failed > 0;
        if failed {
            eprintln!("failed: the first cause stands above, under its heading");
        }
        // Nothing may follow this line: it is what other programs read.
        println!("{summary}");
        std::io::stdout().flush()?;
        if failed {
            std::process::exit(1);
        }
        Ok(())
    }
}

fn nextest(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Tool::Nextest.command(workspace);
    command.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]).args(locked());
    if in_ci() && !args.contains(&"--profile") {
        command.args(["--profile", "ci"]);
    }
    command.args(args);
    command
}

fn one_process(workspace: &Workspace, tests: &OneProcess) -> Command {
    let mut command = workspace.cargo(&["test", "--quiet", "--no-fail-fast"]);
    command.args(["--package", tests.package, "--test", tests.test]).args(locked());
    command
}

fn doc_tests(workspace: &Workspace) -> Command {
    let mut command =
        workspace.cargo(&["test", "--quiet", "--workspace", "--doc", "--no-fail-fast"]);
    command.args(locked());
    command
}

fn build_programs(workspace: &Workspace) -> Result<()> {
    cmd::run(workspace.cargo(&["build", "--quiet", "--workspace", "--bins"]).args(locked()))
}

/// In CI a lock file that is out of date is a fault, not a thing to update.
fn locked() -> &'static [&'static str] {
    if in_ci() { &["--locked"] } else { &[] }
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// Shows what the runner prints and adds up its closing lines.
fn run_counting(mut command: Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` could not be started", cmd::show(&command)))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        bail!("the test runner has no output");
    };
    let errors = std::thread::spawn(move || count_lines(stderr, |line| eprintln!("{line}")));
    let mut tally = count_lines(stdout, |line| println!("{line}"))?;
    tally += errors.join().map_err(|_| anyhow::anyhow!("reading the test runner failed"))??;
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        // It did not build, or the runner itself failed.
        tally.failed = 1;
    }
    Ok(tally)
}

fn count_lines(output: impl Read, show: impl Fn(&str)) -> Result<Tally> {
    let mut tally = Tally::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        show(&line);
        tally += Tally::of_line(&line);
    }
    Ok(tally)
}

/// The parts that exist in the checkout this command is run in.
fn parts_here() -> Vec<&'static str> {
    let root = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(std::path::PathBuf::from)
        .and_then(|xtask| xtask.parent().map(std::path::Path::to_owned))
        .unwrap_or_default();
    PARTS.iter().filter(|part| root.join(part.folder).is_dir()).map(|part| part.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_are_counted() {
        let tally = run_counting(shell(
            "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; \
             echo '     Summary [ 0.1s] 3 tests run: 2 passed, 1 failed, 0 skipped' >&2; exit 100",
        ))
        .expect("sh runs");
        assert_eq!(tally, Tally { passed: 4, failed: 1 });
    }

    #[test]
    fn a_runner_that_fails_without_counting_is_one_failure() {
        let tally =
            run_counting(shell("echo 'error: could not compile' >&2; exit 101")).expect("sh runs");
        assert_eq!(tally, Tally { passed: 0, failed: 1 });
    }
}
