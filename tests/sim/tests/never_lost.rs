//! The reduced set of cases that runs with the other tests. The full set is
//! `cargo xtask prove never-lost`.

#[path = "never_lost/evil_gateway.rs"]
mod evil_gateway;

use sekisho_sim::{Broken, DatabaseKind, Ended, Simulator, Teeth};

/// Runs cases from a seed; the first that finds something fails the test with
/// what happened in it.
fn nothing_is_lost(database: DatabaseKind, cases: u64) {
    let mut simulator = Simulator::new(database, Teeth::None);
    let mut faults = 0;
    for seed in 1..=cases {
        let ended = simulator.case(seed, false);
        faults += ended.faults;
        if let Some(broken) = ended.broken {
            let trace = simulator.case(seed, true).trace.join("\n");
            panic!(
                "seed {seed}: {broken}\n{trace}\nreplay it: \
                 cargo xtask prove never-lost --database {database} --seed {seed} --replay"
            );
        }
    }
    assert!(faults > cases / 2, "only {faults} faults happened");
}

#[test]
fn no_password_is_lost_on_sqlite_in_memory() {
    nothing_is_lost(DatabaseKind::Memory, 300);
}

#[test]
fn no_password_is_lost_on_sqlite_files_that_lose_what_was_not_synced() {
    nothing_is_lost(DatabaseKind::Sqlite, 60);
}

#[test]
fn no_password_is_lost_on_postgresql_whose_server_dies() {
    nothing_is_lost(DatabaseKind::Postgres, 60);
}

/// One seed gives one schedule, one course and one end, however often.
fn equal_seeds_give_equal_cases(database: DatabaseKind, cases: u64) {
    let mut simulator = Simulator::new(database, Teeth::None);
    // A tooth, so that there are cases that find something.
    let mut others = Simulator::new(database, Teeth::LyingDisk);
    let mut found = 0;
    for seed in 1..=cases {
        for simulator in [&mut simulator, &mut others] {
            let (one, two) = (simulator.case(seed, true), simulator.case(seed, true));
            found += u64::from(one.broken.is_some());
            assert_eq!(
                (one.trace, one.faults, one.broken),
                (two.trace, two.faults, two.broken),
                "seed {seed}"
            );
        }
    }
    assert!(found > 0, "no case found anything");
}

#[test]
fn equal_seeds_give_equal_cases_in_memory() {
    equal_seeds_give_equal_cases(DatabaseKind::Memory, 40);
}

#[test]
fn equal_seeds_give_equal_cases_on_sqlite_files() {
    equal_seeds_give_equal_cases(DatabaseKind::Sqlite, 40);
}

#[test]
fn equal_seeds_give_the_same_schedule_on_every_database() {
    let mut memory = Simulator::new(DatabaseKind::Memory, Teeth::None);
    let mut files = Simulator::new(DatabaseKind::Sqlite, Teeth::None);
    for seed in 1..=20 {
        let planned = |ended: Ended| -> Vec<String> {
            let lines = ended.trace.into_iter().take_while(|line| line != "healing");
            lines.filter(|line| !line.starts_with(' ')).collect()
        };
        assert_eq!(planned(memory.case(seed, true)), planned(files.case(seed, true)));
    }
}

/// A simulator that finds nothing proves nothing: it must find these.
fn is_found(database: DatabaseKind, teeth: Teeth, within: u64, is_it: impl Fn(&Broken) -> bool) {
    let mut simulator = Simulator::new(database, teeth);
    let mut others = Vec::new();
    for seed in 1..=within {
        match simulator.case(seed, false).broken {
            Some(found) if is_it(&found) => return,
            Some(found) => others.push(found.to_string()),
            None => {}
        }
    }
    panic!("{teeth:?} was not found in {within} cases; only: {others:?}");
}

const fn is_lost(found: &Broken) -> bool {
    matches!(found, Broken::Lost(_))
}

#[test]
fn an_agents_disk_that_lies_about_its_syncs_loses_a_password() {
    is_found(DatabaseKind::Memory, Teeth::LyingDisk, 2_000, is_lost);
}

#[test]
fn an_agents_disk_that_lies_about_its_syncs_applies_an_order_twice() {
    let twice = |found: &Broken| matches!(found, Broken::AppliedTwice(_));
    is_found(DatabaseKind::Memory, Teeth::LyingDisk, 2_000, twice);
}

#[test]
fn account_files_that_say_synced_and_are_not_lose_a_password() {
    is_found(DatabaseKind::Memory, Teeth::LyingSync, 2_000, is_lost);
}

#[test]
fn a_database_that_acknowledges_what_it_then_loses_is_found_in_memory() {
    is_found(DatabaseKind::Memory, Teeth::LyingServerDisk, 500, is_lost);
}

#[test]
fn a_database_that_acknowledges_what_it_then_loses_is_found_on_files() {
    is_found(DatabaseKind::Sqlite, Teeth::LyingServerDisk, 500, is_lost);
}

#[test]
fn a_recovery_without_the_escrows_is_found() {
    is_found(DatabaseKind::Memory, Teeth::ForgetfulOperator, 2_000, is_lost);
}

#[test]
fn receipts_that_never_arrive_are_found() {
    let open = |found: &Broken| found.to_string().contains("still open");
    is_found(DatabaseKind::Memory, Teeth::LostReceipts, 20, open);
}

#[test]
fn an_agent_that_forgets_what_it_carried_out_is_found() {
    let twice = |found: &Broken| matches!(found, Broken::AppliedTwice(_));
    is_found(DatabaseKind::Memory, Teeth::UnnoticedRollback, 2_000, twice);
}
