//! The run: a site, its gateway under supervision, a fleet and callers through
//! it; upgrades in a row, then upgrades in which something is killed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sekisho_link::Endpoint;
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_model::rng::{SeededRng, uniform};
use sekisho_seal::enrolment_key::EnrolmentKeyText;
use sekisho_siege::{Program, Settings};
use sekisho_testkit::fleet::{Fleet, Plan};

use crate::callers::Callers;
use crate::orders::Orders;
use crate::report::Report;
use crate::site::{NAME, Site};
use crate::supervisor::{Supervisor, children, is_alive};
use crate::troubles::Troubles;
use crate::{Cli, say, since};

/// How many agents of the fleet begin in a second.
const BEGIN_PER_S: u32 = 60;

/// All agents wait after this time at the latest.
const BEGIN: Duration = Duration::from_secs(120);

/// After a kill the service must be there again within this time.
const BACK: Duration = Duration::from_secs(60);

/// A kill comes at a random moment of this time after an upgrade was begun.
const MOMENTS_MS: u32 = 3_000;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    /// The process that works.
    Old,
    /// The process that is to take over, or has.
    New,
    /// The command that upgrades.
    Helper,
}

impl Victim {
    fn any(rng: &SeededRng) -> Self {
        match uniform(rng, 3) {
            0 => Self::Old,
            1 => Self::New,
            _ => Self::Helper,
        }
    }
}

/// Everything that runs.
struct Stage<'c> {
    cli: &'c Cli,
    gateway: Supervisor,
    agents: Endpoint,
}

pub(crate) async fn run(cli: &Cli) -> Result<Report> {
    let began = SystemClock.elapsed();
    let troubles = Troubles::listen();
    let mut report =
        Report { planned: cli.times, agents: cli.agents, seed: cli.seed, ..Report::default() };
    say("starting server and gateway");
    let site = Rc::new(Site::start(&cli.programs).await?);
    let stage = Stage::new(cli, &site).await?;
    let key = Arc::new(EnrolmentKeyText::parse(&site.key().await?)?);
    let fleet = stage.enrol(&key).await?;
    let callers = Callers::start(&stage.agents, &key, cli.rate).await?;
    say("the fleet begins");
    fleet.start();
    stage.await_waiting().await?;
    let orders = Orders::start(site.clone(), cli.agents).await?;
    // What agents said while they began is no trouble of an upgrade.
    let (before, failed) = (troubles.count(), callers.tally.failed());
    drop(callers.tally.words());

    for n in 1..=cli.times {
        let words = format!("upgrade {n}");
        match stage.upgrade(&words).await {
            Ok(took) => {
                report.upgrades += 1;
                say(&format!(
                    "upgrade {n} of {} done in {:.1} s: {} requests, {} failed, {} agents troubled",
                    cli.times,
                    took.as_secs_f64(),
                    callers.tally.requests(),
                    callers.tally.failed() - failed,
                    troubles.count() - before,
                ));
            }
            Err(error) => {
                say(&format!("upgrade {n} FAILED: {error:#}"));
                report.wrong.push(format!("upgrade {n}: {error:#}"));
            }
        }
    }
    report.failed_requests = callers.tally.failed() - failed;
    report.agents_troubled = troubles.count() - before;
    report.wrong.extend(callers.tally.words());
    if report.agents_troubled > 0 {
        report.wrong.extend(troubles.words());
    }
    if stage.gateway.restarts() > 0 {
        report.wrong.push("the gateway ended by itself and was started again".to_owned());
        report.upgrades = 0;
    }

    if cli.kill {
        let failed = callers.tally.failed();
        stage.kill_around(&mut report).await?;
        report.failed_at_kills = callers.tally.failed() - failed;
    }
    report.requests = callers.tally.requests();
    say("waiting for the last orders");
    let outcome = orders.finish(&site, &fleet).await?;
    report.orders = outcome.given;
    report.lost_orders = outcome.lost;
    report.begun_twice = outcome.begun_twice;
    report.wrong.extend(outcome.wrong);
    report.wrong.truncate(50);
    report.seconds = since(began).as_secs_f64();
    if !report.missed().is_empty() {
        println!("the gateway's log ends:\n{}", stage.gateway.with(|program| program.log()));
        println!("the server's log ends:\n{}", site.log());
    }
    Ok(report)
}

impl<'c> Stage<'c> {
    async fn new(cli: &'c Cli, site: &Site) -> Result<Self> {
        let settings = Settings::new(cli.programs.join("sekisho-gateway"))?;
        let agents = Endpoint { host: NAME.to_owned(), port: settings.agents.port() };
        let gateway = Supervisor::start(Program::install(settings)?)?;
        let printed = gateway.with(|program| program.ask(&["pair", "--json"]))?;
        let text = printed["pairing_string"].as_str().context("a pairing string")?;
        site.pair(text, agents.port).await?;
        let stage = Self { cli, gateway, agents };
        stage
            .until("the gateway serves", BACK, |status| {
                let names = &status["status"]["certificate"]["names"];
                let named =
                    names.as_array().is_some_and(|names| names.iter().any(|name| name == NAME));
                status["serving"] == true && named
            })
            .await?;
        // The office's limits come with the next configuration.
        tokio::time::sleep(Duration::from_secs(8)).await;
        Ok(stage)
    }

    async fn enrol(&self, key: &Arc<EnrolmentKeyText>) -> Result<Fleet> {
        let plan = Plan {
            server: self.agents.clone(),
            key: key.clone(),
            agents: self.cli.agents,
            threads: 2,
            begin_per_s: Some(BEGIN_PER_S),
        };
        say(&format!("enrolling {} agents through the gateway", self.cli.agents));
        tokio::task::spawn_blocking(move || {
            Fleet::enrol(&plan, |done| {
                if done % 100 == 0 {
                    say(&format!("{done} enrolled"));
                }
            })
        })
        .await?
    }

    fn status(&self) -> Result<serde_json::Value> {
        self.gateway.with(|program| program.status())
    }

    async fn until(
        &self,
        what: &str,
        limit: Duration,
        is_so: impl Fn(&serde_json::Value) -> bool,
    ) -> Result<Duration> {
        let began = SystemClock.elapsed();
        loop {
            if self.status().is_ok_and(|status| is_so(&status)) {
                return Ok(since(began));
            }
            if since(began) > limit {
                let log = self.gateway.with(|program| program.log());
                bail!("in vain for {} s: {what}\n{log}", limit.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Until almost all agents wait: some are carrying something out.
    async fn await_waiting(&self) -> Result<()> {
        let most = self.cli.agents as u64 * 95 / 100;
        self.until("all agents wait", BEGIN, |status| {
            status["status"]["parked"].as_u64().unwrap_or(0) >= most
        })
        .await
        .map(drop)
    }

    /// A program that is another file than the one that is installed.
    fn next(&self, words: &str) -> Result<PathBuf> {
        use std::io::Write as _;
        let from = self.cli.programs.join("sekisho-gateway");
        let file = self.gateway.with(|program| program.copy(&from, "next"))?;
        let mut open = std::fs::OpenOptions::new().append(true).open(&file)?;
        write!(open, "\n{words}")?;
        Ok(file)
    }

    fn command(&self, words: &str) -> Result<Command> {
        let file = self.next(words)?.display().to_string();
        let drain = self.cli.drain.to_string();
        let mut command = self.gateway.with(|program| {
            let backups = program.path("backups").display().to_string();
            program.command(&[
                "upgrade",
                &file,
                "--backup-dir",
                &backups,
                "--drain",
                &drain,
                "--json",
            ])
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// One upgrade, from the command to the end of the former process.
    async fn upgrade(&self, words: &str) -> Result<Duration> {
        let (old, began) = (self.gateway.main(), SystemClock.elapsed());
        let mut command = self.command(words)?;
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        let done: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let new = done["pid"].as_u64().context("a process")?;
        let limit = Duration::from_secs(self.cli.drain + 30);
        while is_alive(old) {
            if since(began) > limit {
                bail!("process {old} does not leave");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if u64::from(self.gateway.main()) != new {
            bail!("the supervisor was told of {}, not of {new}", self.gateway.main());
        }
        Ok(since(began))
    }

    /// As many upgrades again, in each of which something is killed.
    async fn kill_around(&self, report: &mut Report) -> Result<()> {
        let rng = SeededRng::new(self.cli.seed);
        for n in 1..=self.cli.times {
            let victim = Victim::any(&rng);
            let moment = Duration::from_millis(u64::from(uniform(&rng, MOMENTS_MS)));
            let killed = self.kill_in_upgrade(n, victim, moment).await?;
            report.kills += 1;
            // Whoever works now must serve: with the server, under its own name.
            let served = |status: &serde_json::Value| status["serving"] == true;
            match self.until("the service comes back", BACK, served).await {
                Ok(took) => {
                    report.came_back += 1;
                    report.slowest_back_s = report.slowest_back_s.max(took.as_secs_f64());
                    say(&format!(
                        "kill {n} of {}: {victim:?} {killed} after {:.1} s, back after {:.1} s, \
                         {} restarts",
                        self.cli.times,
                        moment.as_secs_f64(),
                        took.as_secs_f64(),
                        self.gateway.restarts(),
                    ));
                }
                Err(error) => report.wrong.push(format!("kill {n}, {victim:?}: {error:#}")),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    async fn kill_in_upgrade(&self, n: u32, victim: Victim, moment: Duration) -> Result<String> {
        let old = self.gateway.main();
        let mut helper = self.command(&format!("killed {n}"))?.spawn()?;
        tokio::time::sleep(moment).await;
        let target = match victim {
            Victim::Old => Some(old),
            // Before it was started there is nobody but the one that works.
            Victim::New => children(old).first().copied().or(Some(self.gateway.main())),
            Victim::Helper => Some(helper.id()),
        };
        let target = target.filter(|target| is_alive(*target));
        if let Some(target) = target {
            let pid = target.to_string();
            let killed = Command::new("kill").args(["-9", &pid]).stderr(Stdio::null()).status()?;
            anyhow::ensure!(killed.success() || !is_alive(target), "{pid} cannot be killed");
        }
        // The command ends by itself when the gateway is gone, or was killed.
        let ended = tokio::task::spawn_blocking(move || helper.wait()).await??;
        let what = target.map_or_else(|| "gone already".to_owned(), |pid| format!("({pid})"));
        // Only then does the supervisor's look say anything.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Ok(format!("{what}, the command {}", if ended.success() { "done" } else { "not done" }))
    }
}
