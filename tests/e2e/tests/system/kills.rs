//! Real programs, killed with `kill -9` at random instants of a reset, again
//! and again: the value that works on the host is the one the server shows,
//! and no order is carried out twice.
//!
//! `cargo xtask prove never-lost` sets how many runs, and from which seed; the
//! test suite makes a few.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::database::PostgreSql;
use crate::host::Host;
use crate::run::until;
use crate::site::{Site, text};

/// How many runs, on each database.
const RUNS: &str = "SEKISHO_PROVE_RUNS";
/// Where the random instants come from.
const SEED: &str = "SEKISHO_PROVE_SEED";
/// Which database is not to be left out: `sqlite`, `postgres`; both if not set.
const DATABASE: &str = "SEKISHO_PROVE_DATABASE";

/// Runs of the test suite.
const FEW: u64 = 6;

const ACCOUNTS: [&str; 3] = ["svc-one", "svc-two", "svc-three"];

/// A reset takes about so long; cuts fall anywhere in it and around it.
const SPAN_MS: u64 = 450;

/// Notes each candidate before the real `chpasswd` gets it, and each refusal
/// after: a candidate that is begun twice was applied twice, or tried to be.
const COUNTING: &str = r#"
input=$(cat)
name=$(printf '%s' "$input" | sha256sum | cut -c1-64)
echo "$name" >> /run/begun
printf '%s\n' "$input" | /run/chpasswd "$@" || { code=$?; echo "$name" >> /run/refused; exit "$code"; }
"#;

/// Who is killed.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Server,
    Agent,
    Both,
    /// PostgreSQL, immediately; on SQLite the server is its own database.
    Database,
}

/// Random numbers that a seed gives again: splitmix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

struct World {
    database: Option<PostgreSql>,
    site: Site,
    host: Host,
    accounts: BTreeMap<&'static str, String>,
    kills: u64,
}

impl World {
    fn new(name: &str, database: Option<PostgreSql>) -> Self {
        let settings = database.as_ref().map(PostgreSql::settings).unwrap_or_default();
        let site = Site::start_on(&settings);
        let host = Host::enrolled(&site, name, &ACCOUNTS);
        let accounts: BTreeMap<_, _> =
            ACCOUNTS.into_iter().map(|name| (name, site.await_account(name))).collect();
        for account in accounts.values() {
            site.cli(&["reset", account]).ok();
        }
        host.wrap_chpasswd(COUNTING);
        Self { database, site, host, accounts, kills: 0 }
    }

    /// One run: resets, one to three kills among them, and then the truth.
    fn run(&mut self, dice: &mut Dice) {
        let asked = 1 + dice.roll(3) as usize;
        let orders: Vec<(&str, String)> = ACCOUNTS[..asked]
            .iter()
            .map(|name| (*name, self.site.give_reset(&self.accounts[name])))
            .collect();
        for _ in 0..=dice.roll(3) {
            std::thread::sleep(Duration::from_millis(dice.roll(SPAN_MS)));
            let victim = match dice.roll(if self.database.is_some() { 4 } else { 3 }) {
                0 => Victim::Server,
                1 => Victim::Agent,
                2 => Victim::Both,
                _ => Victim::Database,
            };
            self.kill(victim, dice);
        }
        for (name, order) in orders {
            self.settle(name, &order);
        }
    }

    fn kill(&mut self, victim: Victim, dice: &mut Dice) {
        self.kills += 1;
        let pause = Duration::from_millis(dice.roll(120));
        if matches!(victim, Victim::Server | Victim::Both) {
            self.site.kill();
        }
        if matches!(victim, Victim::Agent | Victim::Both) {
            self.host.kill_agent();
        }
        if let (Victim::Database, Some(database)) = (victim, &mut self.database) {
            database.tell("stop");
        }
        std::thread::sleep(pause);
        match victim {
            Victim::Server => self.site.serve(),
            Victim::Agent => self.host.start_agent(),
            Victim::Both if dice.roll(2) == 0 => {
                self.host.start_agent();
                self.site.serve();
            }
            Victim::Both => {
                self.site.serve();
                self.host.start_agent();
            }
            Victim::Database => {
                if let Some(database) = &mut self.database {
                    database.tell("start");
                }
            }
        }
    }

    /// Waits for the end of a reset and of everything that follows from it;
    /// then the one value the server shows is the one that works.
    fn settle(&mut self, name: &str, order: &str) {
        let mut order = order.to_owned();
        let ended = loop {
            let found = until(&format!("the end of order {order}"), 180, || {
                self.site.serve_if_it_ended();
                let shown = self.site.cli(&["orders", "show", &order, "--json"]);
                if shown.code == 4 {
                    return None; // the database may not be back yet
                }
                let shown: serde_json::Value = serde_json::from_str(&shown.ok()).expect("JSON");
                let state = text(&shown, "state");
                ["committed", "not_applied", "out_of_sync"]
                    .contains(&state.as_str())
                    .then_some(shown)
            });
            match text(&found["result"], "retried_as") {
                next if next.is_empty() => break found,
                next => order = next,
            }
        };
        assert_eq!(text(&ended, "state"), "committed", "{ended}");
        let value = self.site.reveal(&self.accounts[name]);
        assert!(self.host.takes(name, &value), "LOST: the host does not take what is shown");
    }

    /// No candidate was begun twice, but those the tool itself refused.
    fn applied_twice(&self) -> usize {
        let lines = |file: &str| self.host.bash(&format!("cat {file} 2>/dev/null || true"));
        let (begun, refused) = (lines("/run/begun"), lines("/run/refused"));
        let names: BTreeSet<&str> = begun.lines().collect();
        let count = |text: &str, name: &str| text.lines().filter(|line| *line == name).count();
        names.into_iter().filter(|name| count(&begun, name) > 1 + count(&refused, name)).count()
    }
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}

#[expect(clippy::print_stdout, reason = "what `prove` reads, and what replays a failure")]
fn prove(database: &str) {
    if std::env::var(DATABASE).is_ok_and(|only| only != database) {
        return;
    }
    let (runs, seed) = (setting(RUNS).unwrap_or(FEW), setting(SEED).unwrap_or(1));
    let postgres = (database == "postgres").then(PostgreSql::start);
    let mut world = World::new(&format!("killed-{database}"), postgres);
    for run in 0..runs {
        let seed = seed.wrapping_add(run);
        println!("run {run} of {runs} on {database}: {SEED}={seed} {RUNS}=1");
        world.run(&mut Dice(seed));
    }
    assert_eq!(world.applied_twice(), 0, "a candidate was begun twice");
    world.site.audit_is_intact();
    let kills = world.kills;
    println!(
        "proved: database={database} runs={runs} kills={kills} lost=0 applied_twice=0 seed={seed}"
    );
}

#[test]
fn killed_at_random_instants_on_sqlite_nothing_is_lost() {
    prove("sqlite");
}

#[test]
fn killed_at_random_instants_on_postgresql_nothing_is_lost() {
    prove("postgres");
}
