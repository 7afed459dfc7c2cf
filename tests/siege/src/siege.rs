//! The siege: quiet and attacked stretches, one after the other, and what agents
//! feel of them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use sekisho_gatewaykit::{NAME, Site};
use sekisho_wire::gateway::{Limits, RouteLine, route_lines};

use crate::attacks::Attack;
use crate::double::Double;
use crate::field::Field;
use crate::findings::Findings;
use crate::legit::{Agents, Latencies};
use crate::program::{Program, Settings};
use crate::report::{Report, Row, median, p99};
use crate::witness::Witness;

/// After an attack, for connections to end.
const SETTLE: Duration = Duration::from_secs(1);

/// Between two passes: attackers are many, and not without bounds.
const BREATH: Duration = Duration::from_millis(50);

/// Before the first stretch: agents connect, the program is read from its disk.
const WARM_UP: Duration = Duration::from_secs(4);

/// What is to be done.
pub struct Plan {
    /// The gateway.
    pub settings: Settings,
    /// The limits it is given, and held to.
    pub limits: Limits,
    /// Which attacks.
    pub attacks: Vec<&'static Attack>,
    /// The length of a stretch; an attack whose pass takes longer has it longer.
    pub seconds: u64,
    /// Stretches of each attack.
    pub rounds: usize,
    /// Agents at work.
    pub agents: usize,
    /// The seed of what is random.
    pub seed: u64,
}

/// A gateway at work and its server's double. Dropping it ends the gateway.
pub struct Place {
    program: Program,
    double: Double,
    findings: Findings,
}

impl Place {
    /// Starts and pairs it; it works by these limits and routes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn new(settings: &Settings, limits: &Limits, routes: Vec<RouteLine>) -> Result<Self> {
        let findings = Findings::default();
        let witness = Witness::new(findings.clone());
        let double = Double::new(Arc::new(Site::new()), limits.clone(), routes, witness);
        let mut program = Program::install(settings.clone())?;
        program.start(&[])?;
        let printed = program.ask(&["pair", "--json"])?;
        let text = printed["pairing_string"].as_str().context("a pairing string")?;
        double.pair(text, settings.private)?;
        // It takes the link a moment after the pairing.
        let began = crate::elapsed();
        while let Err(error) = double.dial(settings.private) {
            if crate::since(began) > Duration::from_secs(20) {
                return Err(error.context("the gateway does not take the link"));
            }
            thread::sleep(Duration::from_millis(50));
        }
        program.until("the gateway serves", |status| {
            let names = &status["status"]["certificate"]["names"];
            status["serving"] == true && names[0] == NAME
        })?;
        Ok(Self { program, double, findings })
    }

    /// What was found so far.
    pub const fn findings(&self) -> &Findings {
        &self.findings
    }

    /// The field before it. `limits`: what the gateway is held to.
    pub fn field(&self, limits: &Limits, seed: u64) -> Field {
        let agents = self.program.settings().agents;
        let (site, witness) = (self.double.site().clone(), self.double.witness().clone());
        Field::new(site, agents, limits.clone(), witness, self.findings.clone(), seed)
    }

    /// One pass of an attack, with nobody else there.
    ///
    /// # Errors
    /// When the gateway has ended.
    pub fn pass(&mut self, field: &Field, attack: &Attack) -> Result<u64> {
        self.findings.during(attack.name);
        attacked(self, field, attack, Duration::ZERO)
    }

    /// Lets time pass while `done` says that it shall; the gateway must live.
    fn watch(&mut self, mut done: impl FnMut() -> bool) -> Result<()> {
        while !done() {
            if !self.program.is_alive() {
                self.findings.violation("the gateway has ended");
                anyhow::bail!("the gateway has ended:\n{}", self.program.log());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn rest(&mut self, length: Duration) -> Result<()> {
        let began = crate::elapsed();
        self.watch(|| crate::since(began) >= length)
    }
}

/// What the stretches of one attack came to.
#[derive(Default)]
struct Stretches {
    /// Of each stretch.
    attempts: Vec<u64>,
    quiet: Vec<Latencies>,
    attacked: Vec<Latencies>,
    memory_peak_bytes: u64,
    violations: u64,
}

impl Stretches {
    fn row(&self, attack: &Attack) -> Row {
        let of = |stretches: &[Latencies]| {
            stretches.iter().map(|stretch| p99(&stretch.calls)).collect::<Vec<f64>>()
        };
        let (quiet, attacked) = (of(&self.quiet), of(&self.attacked));
        let ratios = attacked.iter().zip(&quiet).map(|(attacked, quiet)| attacked / quiet);
        // Newcomers are too few for a percentile of each stretch.
        let newcomers = |stretches: &[Latencies]| {
            let all = stretches.iter().flat_map(|stretch| &stretch.newcomers);
            p99(&all.copied().collect::<Vec<f64>>())
        };
        Row {
            name: attack.name.to_owned(),
            attempts: self.attempts.iter().sum(),
            fewest_attempts: self.attempts.iter().copied().min().unwrap_or(0),
            least_attempts: attack.least,
            ratio: median(&ratios.collect::<Vec<f64>>()),
            quiet_p99_ms: median(&quiet),
            attacked_p99_ms: median(&attacked),
            newcomer_quiet_p99_ms: newcomers(&self.quiet),
            newcomer_attacked_p99_ms: newcomers(&self.attacked),
            memory_peak_bytes: self.memory_peak_bytes,
            violations: self.violations,
        }
    }
}

/// Lays it. `say` hears how it goes.
///
/// # Errors
/// When the gateway cannot be started, or ends.
pub fn lay(plan: &Plan, say: &dyn Fn(&str)) -> Result<Report> {
    say("starting the gateway and the server's double");
    let mut place = Place::new(&plan.settings, &plan.limits, route_lines())?;
    let findings = place.findings.clone();
    let agents = Agents::start(&place.double, plan.settings.agents, plan.agents, findings.clone());
    let field = place.field(&plan.limits, plan.seed);
    place.rest(WARM_UP)?;
    agents.take();
    let mut all: Vec<Stretches> = plan.attacks.iter().map(|_| Stretches::default()).collect();
    for round in 1..=plan.rounds {
        for (attack, stretches) in plan.attacks.iter().zip(&mut all) {
            findings.during("quiet");
            let length = Duration::from_secs(plan.seconds);
            agents.take();
            place.rest(length)?;
            stretches.quiet.push(agents.take());
            findings.during(attack.name);
            let before = findings.count();
            forget_peak(place.program.pid());
            stretches.attempts.push(attacked(&mut place, &field, attack, length)?);
            stretches.attacked.push(agents.take());
            let peak = peak_bytes(place.program.pid()).context("the gateway's memory")?;
            stretches.memory_peak_bytes = stretches.memory_peak_bytes.max(peak);
            let new = findings.count() - before;
            stretches.violations += new;
            let row = Stretches {
                attempts: stretches.attempts.last().copied().into_iter().collect(),
                quiet: stretches.quiet.last().cloned().into_iter().collect(),
                attacked: stretches.attacked.last().cloned().into_iter().collect(),
                ..Stretches::default()
            };
            let row = row.row(attack);
            say(&format!(
                "round {round} of {}: {}: {} tries, p99 {:.1} → {:.1} ms, of newcomers {:.1} → {:.1} ms, \
                 {:.1} MiB, {new} violations",
                plan.rounds,
                attack.name,
                row.attempts,
                row.quiet_p99_ms,
                row.attacked_p99_ms,
                row.newcomer_quiet_p99_ms,
                row.newcomer_attacked_p99_ms,
                peak as f64 / 1_048_576.0,
            ));
            for found in findings.all().iter().rev().take(new.min(5).try_into().unwrap_or(5)) {
                say(&format!("  VIOLATION: {}: {}", found.attack, found.what));
            }
            place.rest(SETTLE)?;
        }
    }
    let calls = agents.calls();
    drop(agents);
    Ok(Report {
        rows: plan.attacks.iter().zip(&all).map(|(attack, all)| all.row(attack)).collect(),
        memory_budget_bytes: plan.limits.memory_bytes,
        legit_calls: calls,
        violations: findings.count(),
        found: findings.all(),
        seed: plan.seed,
        seconds: plan.seconds,
        rounds: plan.rounds,
        agents: plan.agents,
    })
}

/// Passes of an attack for so long, in the time that all others leave: attackers
/// have machines of their own, and must not take the gateway's.
fn attacked(place: &mut Place, field: &Field, attack: &Attack, length: Duration) -> Result<u64> {
    thread::scope(|scope| {
        let attacking = scope.spawn(|| {
            run_when_idle();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let (runtime, began) = (runtime.expect("a runtime"), crate::elapsed());
            let mut attempts = 0;
            loop {
                attempts += runtime.block_on(attack.pass(field));
                thread::sleep(BREATH);
                if crate::since(began) >= length {
                    return attempts;
                }
            }
        });
        place.watch(|| attacking.is_finished())?;
        attacking.join().map_err(|_| anyhow::anyhow!("the attack {} broke", attack.name))
    })
}

/// `SCHED_IDLE` for the calling thread (sched(7)): who else wakes takes its place at
/// once. The nicest of levels is not enough: it finishes its slice of some
/// milliseconds first. What cannot be had is done without.
fn run_when_idle() {
    let Ok(thread) = std::fs::read_link("/proc/thread-self") else { return };
    let Some(thread) = thread.file_name().and_then(|name| name.to_str()) else { return };
    let mut command = std::process::Command::new("chrt");
    command.args(["--idle", "--pid", "0", thread]);
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let _ = command.status();
}

/// The most resident memory of a process since [`forget_peak`], in bytes.
fn peak_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// From now on; where that may not be, since its start.
fn forget_peak(process: u32) {
    let _ = std::fs::write(format!("/proc/{process}/clear_refs"), "5");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_the_median_of_rounds_that_lie_side_by_side() {
        let calls = |ms: f64| Latencies { calls: vec![ms; 10], newcomers: vec![ms * 3.0] };
        let stretches = Stretches {
            attempts: vec![70, 9, 80],
            quiet: vec![calls(1.0), calls(2.0), calls(10.0)],
            attacked: vec![calls(1.5), calls(8.0), calls(11.0)],
            ..Stretches::default()
        };
        let row = stretches.row(&crate::ATTACKS[0]);
        assert_eq!((row.ratio, row.quiet_p99_ms, row.attacked_p99_ms), (1.5, 2.0, 8.0));
        assert_eq!(row.newcomer_attacked_p99_ms, 33.0, "of all rounds together");
        assert_eq!((row.attempts, row.fewest_attempts), (159, 9));
        assert_eq!(row.least_attempts, crate::ATTACKS[0].least);
    }
}
