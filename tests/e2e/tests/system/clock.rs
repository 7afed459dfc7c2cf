//! Clocks that are ten years off, in both directions.
//!
//! The wall clock of a process cannot be set without setting the machine's,
//! so the agent that runs here is the product's with another clock put in:
//! `src/bin/agent-with-clock.rs`.

use std::process::Command;

use crate::host::{CONFIG, EVERY_ACCOUNT, Host};
use crate::run::run;
use crate::site::Site;

const TEN_YEARS_S: i64 = 10 * 365 * 24 * 3600;

/// Works with a clock that is off by so much.
fn works_with_a_clock_off_by(seconds: i64, name: &str) {
    let site = Site::start();
    let mut host = Host::new(name);
    host.add("svc-one");
    host.settings(EVERY_ACCOUNT);
    host.enrol(&site, &site.key()).ok();
    let off = |verb: &str| {
        let mut command: Command = host.system.command(env!("CARGO_BIN_EXE_agent-with-clock"));
        command.args([verb, &seconds.to_string(), CONFIG]);
        command
    };
    let check = run(&mut off("check"), b"").ok();
    assert!(check.contains("FAIL clock"), "{check}");
    let apart = format!("are {TEN_YEARS_S} s apart");
    let nearly = format!("are {} s apart", TEN_YEARS_S - 1);
    assert!(check.contains(&apart) || check.contains(&nearly), "{check}");
    assert_eq!(check.matches("FAIL").count(), 1, "only the clock is wrong: {check}");

    let command = off("run");
    host.start(command);
    let account = site.await_account("svc-one");
    site.cli(&["reset", &account]).ok();
    assert!(host.takes("svc-one", &site.reveal(&account)));
    site.cli(&["verify", &account]).ok();
    // What the server writes down is its own time.
    let far = "select count(*) from orders where abs(finished_at - created_at) > 3600000";
    assert_eq!(site.sql(far), "0");
    site.audit_is_intact();
}

#[test]
fn an_agent_ten_years_ahead_works() {
    works_with_a_clock_off_by(TEN_YEARS_S, "ahead-host");
}

#[test]
fn an_agent_ten_years_behind_works() {
    works_with_a_clock_off_by(-TEN_YEARS_S, "behind-host");
}
