//! Clocks that are ten years off, in both directions.

use std::process::Command;

use crate::host::{EVERY_ACCOUNT, Host};
use crate::run::run;
use crate::site::Site;

/// Puts itself between a program and the C library.
const LIBRARY: &str = "/usr/$LIB/faketime/libfaketimeMT.so.1";

/// Only the wall clock is wrong: time goes by as it does.
fn with_a_clock_off_by(offset: &str, mut command: Command) -> Command {
    command
        .env("LD_PRELOAD", LIBRARY)
        .env("FAKETIME", offset)
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("FAKETIME_DISABLE_SHM", "1");
    command
}

/// Enrols and works with a clock that is off by this much.
fn works_with_a_clock_off_by(offset: &str, name: &str) {
    let site = Site::start();
    let mut host = Host::new(name);
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    let off = |command| with_a_clock_off_by(offset, command);
    let year = |command: &mut Command| run(command.arg("+%Y"), b"").ok().trim().parse::<i32>();
    let (here, there) =
        (year(&mut Command::new("date")), year(&mut off(host.system.command("date"))));
    let years = here.expect("a year").abs_diff(there.expect("a year"));
    assert!((9..=11).contains(&years), "the clock is {years} years off");

    let enrol = ["enroll", "--server", &site.agents(), "--key-file", "-"];
    run(&mut off(host.agent_command(&enrol)), site.key().as_bytes()).ok();
    host.start(off(host.agent_command(&["run"])));

    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.cli(&["verify", &account]).ok();
    let check = run(&mut off(host.agent_command(&["check"])), b"");
    check.refused_with("this host's clock and the server's are 31");
    site.audit_is_intact();
}

#[test]
fn an_agent_ten_years_ahead_works() {
    works_with_a_clock_off_by("+10y", "ahead-host");
}

#[test]
fn an_agent_ten_years_behind_works() {
    works_with_a_clock_off_by("-10y", "behind-host");
}
