//! What runs found: as a table for people, as JSON for programs.

use serde_json::{Value, json};

/// The figures of one kind of run on one database.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    /// `simulated` or `processes`.
    pub(super) kind: &'static str,
    pub(super) database: String,
    pub(super) cases: u64,
    /// How many there should have been: fewer if it was stopped.
    pub(super) planned: u64,
    pub(super) faults: u64,
    pub(super) lost: u64,
    pub(super) applied_twice: u64,
    /// Anything else that is not as it should be.
    pub(super) other: u64,
    /// Of the first case; the others follow.
    pub(super) seed: u64,
    pub(super) seconds: f64,
}

impl Figures {
    /// Whether everything was run and nothing was found.
    pub(super) fn is_clean(&self) -> bool {
        self.cases == self.planned && self.lost + self.applied_twice + self.other == 0
    }

    fn seeds(&self) -> String {
        match self.cases {
            0 => "-".to_owned(),
            cases => format!("{}–{}", self.seed, self.seed.wrapping_add(cases - 1)),
        }
    }

    fn cells(&self) -> [String; 9] {
        [
            self.kind.to_owned(),
            self.database.clone(),
            self.cases.to_string(),
            self.seeds(),
            self.faults.to_string(),
            self.lost.to_string(),
            self.applied_twice.to_string(),
            self.other.to_string(),
            format!("{:.0} s", self.seconds),
        ]
    }
}

const HEAD: [&str; 9] =
    ["run", "on", "cases", "seeds", "faults", "lost", "applied twice", "other", "took"];

/// Words on the left, numbers on the right.
const WORDS: usize = 2;

/// One line for each run.
pub(super) fn table(runs: &[Figures]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(runs.iter().map(Figures::cells));
    let width = |column: usize| {
        lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let shown = lines.iter().map(|cells| {
        let cells = cells.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column < WORDS { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    });
    shown.collect()
}

/// All runs together, and each by itself.
pub(super) fn json(runs: &[Figures], seed: u64) -> Value {
    let sum = |of: fn(&Figures) -> u64| runs.iter().map(of).sum::<u64>();
    let each = runs.iter().map(|run| {
        json!({
            "kind": run.kind,
            "database": run.database,
            "cases": run.cases,
            "faults": run.faults,
            "lost": run.lost,
            "applied_twice": run.applied_twice,
            "other": run.other,
            "seed": run.seed,
            "last_seed": run.seed.wrapping_add(run.cases.saturating_sub(1)),
            "seconds": run.seconds,
        })
    });
    json!({
        "cases": sum(|run| run.cases),
        "faults": sum(|run| run.faults),
        "lost": sum(|run| run.lost),
        "applied_twice": sum(|run| run.applied_twice),
        "other": sum(|run| run.other),
        "seed": seed,
        "runs": each.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(database: &str, cases: u64, lost: u64) -> Figures {
        Figures {
            kind: "simulated",
            database: database.to_owned(),
            cases,
            planned: cases,
            faults: 2,
            lost,
            seed: 3,
            ..Figures::default()
        }
    }

    #[test]
    fn the_total_adds_up_what_each_run_found() {
        let total = json(&[figures("memory", 5, 0), figures("sqlite", 7, 1)], 3);
        assert_eq!(
            (&total["cases"], &total["lost"], &total["seed"], &total["faults"]),
            (&json!(12), &json!(1), &json!(3), &json!(4))
        );
        assert_eq!(total["runs"][1]["last_seed"], 9);
    }

    #[test]
    fn a_run_that_stopped_early_or_found_something_is_not_clean() {
        assert!(figures("memory", 5, 0).is_clean());
        assert!(!figures("memory", 5, 1).is_clean());
        assert!(!Figures { planned: 6, ..figures("memory", 5, 0) }.is_clean());
    }

    #[test]
    fn the_table_names_the_seeds_of_each_run() {
        let shown = table(&[figures("memory", 10, 0)]);
        assert_eq!(
            shown,
            "run        on      cases  seeds  faults  lost  applied twice  other  took\n\
             simulated  memory     10   3–12       2     0              0      0   0 s\n"
        );
    }
}
