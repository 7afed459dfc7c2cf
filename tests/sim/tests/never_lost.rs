//! The reduced set of cases that runs with the other tests. The full set is
//! `cargo xtask prove never-lost`.

use sekisho_sim::{Broken, DatabaseKind, Simulator, Teeth};

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

#[test]
fn equal_seeds_give_equal_cases() {
    let mut simulator = Simulator::new(DatabaseKind::Memory, Teeth::None);
    for seed in 1..20 {
        let (one, two) = (simulator.case(seed, true), simulator.case(seed, true));
        assert_eq!((one.trace, one.faults), (two.trace, two.faults), "seed {seed}");
    }
}

/// A simulator that finds nothing proves nothing: it must find these.
fn is_found(teeth: Teeth, within: u64, is_it: impl Fn(&Broken) -> bool) {
    let mut simulator = Simulator::new(DatabaseKind::Memory, teeth);
    let found = (1..=within).find_map(|seed| simulator.case(seed, false).broken);
    let found = found.unwrap_or_else(|| panic!("{teeth:?} was not found in {within} cases"));
    assert!(is_it(&found), "{teeth:?} was found as {found}");
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_found() {
    is_found(Teeth::LyingDisk, 2_000, |_| true);
}

#[test]
fn a_recovery_without_the_escrows_is_found() {
    is_found(Teeth::ForgetfulOperator, 2_000, |found| matches!(found, Broken::Lost(_)));
}
