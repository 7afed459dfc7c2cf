//! The real programs, killed with `kill -9`: a test of the whole system that is
//! told how often.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use sekisho_model::clock::{Clock as _, SystemClock};

use super::figures::Figures;
use crate::cmd;
use crate::workspace::Workspace;

/// What the test reads.
const RUNS: &str = "SEKISHO_PROVE_RUNS";
const SEED: &str = "SEKISHO_PROVE_SEED";
const DATABASE: &str = "SEKISHO_PROVE_DATABASE";

/// Builds the programs and the test.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    println!("prove: building the programs");
    cmd::run(&mut workspace.cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
    cmd::run(test(workspace).arg("--no-run"))
}

fn test(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo(&["test", "--quiet"]);
    command.args(["--package", "sekisho-e2e", "--test", "system", "kills::"]);
    command
}

/// Runs it. What it finds is in the figures, and on the terminal.
pub(super) fn run(workspace: &Workspace, database: &str, runs: u64, seed: u64) -> Result<Figures> {
    println!("prove: {runs} runs of real processes on {database}");
    let started = SystemClock.elapsed();
    let mut command = test(workspace);
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    command.env(RUNS, runs.to_string()).env(SEED, seed.to_string()).env(DATABASE, database);
    let (shown, ours) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(ours.try_clone()?).stderr(ours);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{}` could not be started", cmd::show(&command)))?;
    // Our ends of the pipe go with the command.
    drop(command);
    let mut found = Figures {
        kind: "processes",
        database: database.to_owned(),
        planned: runs,
        seed,
        ..Figures::default()
    };
    for line in BufReader::new(shown).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        if is_worth_showing(&line) {
            println!("{line}");
        }
        read(&line, &mut found);
    }
    let status = child.wait()?;
    if !status.success() && found.lost + found.applied_twice + found.other == 0 {
        found.other = 1;
    }
    let took = SystemClock.elapsed().saturating_sub(started).as_secs_f64();
    found.seconds = (took * 10.0).round() / 10.0;
    Ok(found)
}

/// Everything but the runner's own words and its dots.
fn is_worth_showing(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with("running ") && !line.chars().all(|c| c == '.')
}

/// What a line of the test says.
fn read(line: &str, found: &mut Figures) {
    let number = |key: &str| {
        let words = line.split([' ', ',']);
        words.filter_map(|word| word.strip_prefix(key)).find_map(|number| number.parse().ok())
    };
    if line.contains("run ") && line.contains(RUNS) {
        // The runs before this one ended well.
        found.cases = words_after(line, "run ").unwrap_or(found.cases);
    } else if line.contains("LOST:") {
        found.lost += 1;
    } else if line.contains("was begun twice") {
        found.applied_twice += 1;
    } else if line.contains("proved: ") {
        found.cases = number("runs=").unwrap_or(found.cases);
        found.faults = number("kills=").unwrap_or(found.faults);
    }
}

fn words_after(line: &str, what: &str) -> Option<u64> {
    let (_, rest) = line.split_once(what)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(lines: &[&str]) -> Figures {
        let mut found = Figures::default();
        for line in lines {
            read(line, &mut found);
        }
        found
    }

    #[test]
    fn the_closing_line_is_what_counts() {
        let found = after(&[
            "run 0 of 2 on sqlite: SEKISHO_PROVE_SEED=5 SEKISHO_PROVE_RUNS=1",
            "run 1 of 2 on sqlite: SEKISHO_PROVE_SEED=6 SEKISHO_PROVE_RUNS=1",
            "proved: database=sqlite runs=2 kills=4 lost=0 applied_twice=0 seed=5",
        ]);
        assert_eq!((found.cases, found.faults, found.lost), (2, 4, 0));
    }

    #[test]
    fn a_value_that_is_not_taken_is_a_lost_one() {
        let found = after(&[
            "run 1 of 2 on sqlite: SEKISHO_PROVE_SEED=6 SEKISHO_PROVE_RUNS=1",
            "thread 'x' panicked at kills.rs:1:1:",
            "LOST: the host does not take what is shown",
        ]);
        assert_eq!((found.cases, found.lost, found.applied_twice), (1, 1, 0));
        assert_eq!(after(&["a candidate was begun twice"]).applied_twice, 1);
    }
}
