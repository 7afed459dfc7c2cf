//! What a siege came to: as a table for people, as JSON for programs.

use serde_json::{Value, json};

use crate::findings::Violation;

/// How much slower agents may be served while others attack.
const MOST_RATIO: f64 = 2.0;

/// How long one that comes anew may take meanwhile, 99th percentile: as long as a
/// wake-up may. It stands in one line with those who attack, since nobody knows who
/// it is before its handshake is over, and so is not held to the ratio. Whether it is
/// served at all is no matter of time: if not, that is a violation.
const MOST_NEWCOMER_MS: f64 = 1000.0;

/// One attack, all its stretches together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How many times something was tried.
    pub attempts: u64,
    /// The same in the stretch that had the fewest.
    pub fewest_attempts: u64,
    /// With fewer in a stretch the attack was not carried out.
    pub least_attempts: u64,
    /// Calls of agents in the quiet stretches beside it, 99th percentile, in
    /// milliseconds.
    pub quiet_p99_ms: f64,
    /// The same while it was under way.
    pub attacked_p99_ms: f64,
    /// The median over the rounds of what the second is to the first.
    pub ratio: f64,
    /// Agents that came anew: TCP, TLS and a first answer, 99th percentile of all
    /// rounds together, in milliseconds.
    pub newcomer_quiet_p99_ms: f64,
    /// The same while it was under way.
    pub newcomer_attacked_p99_ms: f64,
    /// Most memory of the gateway meanwhile, in bytes.
    pub memory_peak_bytes: u64,
    /// Violations meanwhile.
    pub violations: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One for each attack.
    pub rows: Vec<Row>,
    /// The memory that the gateway may use, in bytes: its own limit.
    pub memory_budget_bytes: u64,
    /// Calls of agents that were answered.
    pub legit_calls: u64,
    /// All violations.
    pub violations: u64,
    /// The first of them.
    pub found: Vec<Violation>,
    /// The seed of what is random.
    pub seed: u64,
    /// The length of a stretch, in seconds.
    pub seconds: u64,
    /// Stretches of each attack.
    pub rounds: usize,
    /// Agents at work.
    pub agents: usize,
}

impl Report {
    /// The worst ratio of all attacks.
    pub fn ratio(&self) -> f64 {
        self.rows.iter().map(|row| row.ratio).fold(0.0, f64::max)
    }

    /// The most memory that there was.
    pub fn memory_peak_bytes(&self) -> u64 {
        self.rows.iter().map(|row| row.memory_peak_bytes).max().unwrap_or(0)
    }

    /// What was missed, one sentence each.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        if self.violations > 0 {
            missed.push(format!("{} violations", self.violations));
        }
        for row in self.rows.iter().filter(|row| row.ratio > MOST_RATIO) {
            missed.push(format!(
                "{}: agents' p99 is {:.2} times that of quiet; at most {MOST_RATIO} is allowed",
                row.name, row.ratio
            ));
        }
        for row in self.rows.iter().filter(|row| row.fewest_attempts < row.least_attempts) {
            missed.push(format!(
                "{}: not carried out: {} tries in a stretch; it takes {}",
                row.name, row.fewest_attempts, row.least_attempts
            ));
        }
        for row in &self.rows {
            let (quiet, attacked) = (row.newcomer_quiet_p99_ms, row.newcomer_attacked_p99_ms);
            if quiet <= 0.0 || attacked <= 0.0 {
                missed.push(format!("{}: no agent came anew", row.name));
            }
            if attacked > MOST_NEWCOMER_MS {
                missed.push(format!(
                    "{}: newcomers' p99 is {attacked:.0} ms; at most {MOST_NEWCOMER_MS} ms are allowed",
                    row.name
                ));
            }
        }
        if self.legit_calls == 0 || self.rows.iter().any(|row| row.attacked_p99_ms <= 0.0) {
            missed.push("agents were not served at all, so nothing was measured".to_owned());
        }
        let (peak, budget) = (self.memory_peak_bytes(), self.memory_budget_bytes);
        if peak > budget || peak == 0 {
            missed.push(format!("the gateway used {peak} bytes of memory; its budget is {budget}"));
        }
        missed
    }

    /// The figures.
    pub fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            json!({
                "name": row.name,
                "attempts": row.attempts,
                "fewest_attempts": row.fewest_attempts,
                "least_attempts": row.least_attempts,
                "quiet_p99_ms": rounded(row.quiet_p99_ms),
                "attacked_p99_ms": rounded(row.attacked_p99_ms),
                "legit_p99_ratio": rounded(row.ratio),
                "newcomer_quiet_p99_ms": rounded(row.newcomer_quiet_p99_ms),
                "newcomer_attacked_p99_ms": rounded(row.newcomer_attacked_p99_ms),
                "memory_peak_bytes": row.memory_peak_bytes,
                "violations": row.violations,
            })
        });
        let found = self.found.iter();
        json!({
            "legit_p99_ratio": rounded(self.ratio()),
            "memory_peak_bytes": self.memory_peak_bytes(),
            "violations": self.violations,
            "memory_budget_bytes": self.memory_budget_bytes,
            "legit_calls": self.legit_calls,
            "seed": self.seed,
            "seconds": self.seconds,
            "rounds": self.rounds,
            "agents": self.agents,
            "attacks": rows.collect::<Vec<_>>(),
            "found": found.map(|v| json!({ "attack": v.attack, "what": v.what })).collect::<Vec<_>>(),
        })
    }

    /// For people.
    pub fn table(&self) -> String {
        const HEAD: [&str; 10] = [
            "attack",
            "tries",
            "fewest, of least",
            "quiet p99",
            "attacked p99",
            "ratio",
            "newcomers p99",
            "attacked",
            "memory",
            "violations",
        ];
        let mut lines = vec![HEAD.map(str::to_owned)];
        lines.extend(self.rows.iter().map(|row| {
            [
                row.name.clone(),
                row.attempts.to_string(),
                format!("{} of {}", row.fewest_attempts, row.least_attempts),
                format!("{:.1} ms", row.quiet_p99_ms),
                format!("{:.1} ms", row.attacked_p99_ms),
                format!("{:.2}", row.ratio),
                format!("{:.1} ms", row.newcomer_quiet_p99_ms),
                format!("{:.1} ms", row.newcomer_attacked_p99_ms),
                format!("{:.1} MiB", row.memory_peak_bytes as f64 / 1_048_576.0),
                row.violations.to_string(),
            ]
        }));
        let width = |column: usize| {
            lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
        let shown = lines.iter().map(|cells| {
            let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        });
        shown.collect()
    }
}

/// To three digits behind the point.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The 99th percentile; 0 of nothing.
pub(crate) fn p99(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() * 99).div_ceil(100);
    rank.checked_sub(1).and_then(|at| sorted.get(at)).copied().unwrap_or(0.0)
}

/// The middle one; 0 of nothing.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        even if even % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
        _ => sorted[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(change: impl FnOnce(&mut Report)) -> Vec<String> {
        let row = Row {
            name: "ping".to_owned(),
            attempts: 9,
            quiet_p99_ms: 2.0,
            attacked_p99_ms: 3.0,
            ratio: 1.5,
            fewest_attempts: 9,
            least_attempts: 9,
            newcomer_quiet_p99_ms: 3.0,
            newcomer_attacked_p99_ms: 999.0,
            memory_peak_bytes: 100,
            ..Row::default()
        };
        let mut report = Report {
            rows: vec![row.clone(), Row { name: "idle".to_owned(), ratio: 1.7, ..row }],
            memory_budget_bytes: 200,
            legit_calls: 10,
            ..Report::default()
        };
        change(&mut report);
        report.missed()
    }

    #[test]
    fn within_the_bounds_nothing_is_missed() {
        assert_eq!(report(|_| {}), [""; 0]);
    }

    #[test]
    fn what_is_beyond_them_is_named() {
        let ratio = report(|report| report.rows[1].ratio = 2.01);
        assert!(ratio[0].starts_with("idle: agents' p99 is 2.01 times"), "{ratio:?}");
        assert!(report(|report| report.rows[0].memory_peak_bytes = 201)[0].contains("memory"));
        assert!(report(|report| report.violations = 1)[0].contains("1 violations"));
        assert!(report(|report| report.legit_calls = 0)[0].contains("nothing was measured"));
        assert!(report(|report| report.rows[0].attacked_p99_ms = 0.0)[0].contains("not served"));
        assert_eq!(report(|report| report.rows.clear()).len(), 1, "no memory was seen");
        let late = report(|report| report.rows[1].newcomer_attacked_p99_ms = 1001.0);
        assert!(late[0].starts_with("idle: newcomers' p99 is 1001 ms"), "{late:?}");
        let none = report(|report| report.rows[0].newcomer_quiet_p99_ms = 0.0);
        assert_eq!(none, ["ping: no agent came anew"]);
    }

    #[test]
    fn an_attack_that_had_no_time_was_not_carried_out() {
        let starved = report(|report| report.rows[0].fewest_attempts = 8);
        assert_eq!(starved, ["ping: not carried out: 8 tries in a stretch; it takes 9"]);
    }

    #[test]
    fn the_contract_of_the_figures_is_kept() {
        let row = Row { name: "ping".to_owned(), ratio: 1.23456, ..Row::default() };
        let found = vec![Violation { attack: "ping".to_owned(), what: "x".to_owned() }];
        let json = Report { rows: vec![row], violations: 3, found, ..Report::default() }.json();
        assert_eq!(json["legit_p99_ratio"], 1.235);
        assert_eq!((&json["violations"], &json["memory_peak_bytes"]), (&json!(3), &json!(0)));
        assert_eq!(json["attacks"][0]["name"], "ping");
        assert_eq!(json["found"][0]["what"], "x");
    }

    #[test]
    fn percentile_and_median_are_of_the_samples() {
        let samples: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((p99(&samples), median(&samples)), (198.0, 100.5));
        assert_eq!((p99(&[7.0]), median(&[3.0, 1.0, 2.0]), p99(&[])), (7.0, 2.0, 0.0));
    }
}
