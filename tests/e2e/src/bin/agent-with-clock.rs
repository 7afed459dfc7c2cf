//! The agent with a wall clock that is off: `agent-with-clock run|check
//! SECONDS CONFIG`. For tests; the product takes its clock from the system.

#![expect(clippy::print_stdout, reason = "the test reads it")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sekisho_agent::config::Config;
use sekisho_agent::run::{self, Surroundings};
use sekisho_agent::state::State;
use sekisho_agent::status::StatusFile;
use sekisho_model::clock::SystemClock;
use sekisho_model::rng::SystemRng;
use sekisho_model::{Clock, Timestamp};
use sekisho_platform::disk::RealDisk;
use sekisho_platform::{accounts, host};

/// The system's clock, off by so many seconds.
#[derive(Debug)]
struct Off(i64);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        let off = Duration::from_secs(self.0.unsigned_abs());
        let now = SystemClock.now();
        if self.0 < 0 { now.minus(off) } else { now.plus(off) }
    }

    fn elapsed(&self) -> Duration {
        SystemClock.elapsed()
    }
}

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let verb = words.next().context("which verb?")?;
    let clock = Arc::new(Off(words.next().context("how many seconds?")?.parse()?));
    let config_path = PathBuf::from(words.next().context("which settings?")?);
    let config = Config::load(&config_path, true)?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let state = State::new(Arc::new(RealDisk::open(&config.state_dir)?));
    let system_accounts = Arc::from(accounts::system_accounts(clock.clone())?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match verb.as_str() {
        "run" => {
            let parts = Surroundings {
                config_path,
                state,
                accounts: system_accounts,
                clock,
                rng: Arc::new(SystemRng),
                boot: host::facts()?.boot_id,
                host: host::facts()?.hostname,
                status: StatusFile::in_dir(&config.state_dir),
                config,
            };
            Ok(runtime.block_on(run::run(parts))?)
        }
        "check" => {
            let check =
                sekisho_agent::check::check(&config, &state, system_accounts, clock, &SystemRng);
            for line in runtime.block_on(check) {
                let mark = if line.ok { "ok" } else { "FAIL" };
                println!("{mark} {} {}", line.name, line.detail);
            }
            Ok(())
        }
        other => bail!("'{other}' is neither run nor check"),
    }
}
