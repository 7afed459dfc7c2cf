//! The table of a bench and its JSON.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sekisho_model::clock::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};

use super::Machine;

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

impl Aim {
    fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    fn shown(self) -> String {
        match self {
            Self::AtMost(most) => format!("≤ {}", number(most)),
            Self::AtLeast(least) => format!("≥ {}", number(least)),
        }
    }
}

#[derive(Debug)]
struct Row {
    label: String,
    /// `None`: the run was too short for it.
    value: Option<f64>,
    unit: &'static str,
    aim: Option<Aim>,
}

/// The figures of one run.
#[derive(Debug)]
pub struct Report {
    bench: &'static str,
    machine: Machine,
    quick: bool,
    rows: Vec<Row>,
    figures: Map<String, Value>,
    versions: Map<String, Value>,
    remarks: Vec<String>,
}

impl Report {
    /// An empty report.
    pub fn new(bench: &'static str, machine: Machine, quick: bool) -> Self {
        Self {
            bench,
            machine,
            quick,
            rows: Vec::new(),
            figures: Map::new(),
            versions: Map::new(),
            remarks: Vec::new(),
        }
    }

    /// Adds a figure: a row of the table, and a key of the JSON.
    pub fn figure(&mut self, key: &str, label: &str, value: f64, unit: &'static str) {
        self.add(key, label, value, unit, None);
    }

    /// [`figure`](Self::figure) with what it should be.
    pub fn aimed(&mut self, key: &str, label: &str, value: f64, unit: &'static str, aim: Aim) {
        self.add(key, label, value, unit, Some(aim));
    }

    /// A figure that this run was too short for: a row, and `null`.
    pub fn too_short_for(&mut self, key: &str, label: &str) {
        self.rows.push(Row { label: label.to_owned(), value: None, unit: "", aim: None });
        self.figures.insert(key.to_owned(), Value::Null);
    }

    fn add(&mut self, key: &str, label: &str, value: f64, unit: &'static str, aim: Option<Aim>) {
        self.rows.push(Row { label: label.to_owned(), value: Some(value), unit, aim });
        self.figures.insert(key.to_owned(), json!(rounded(value)));
    }

    /// A row of the table that is no key of the JSON: see [`put`](Self::put).
    pub fn line(&mut self, label: &str, value: f64, unit: &'static str, aim: Option<Aim>) {
        self.rows.push(Row { label: label.to_owned(), value: Some(value), unit, aim });
    }

    /// A key of the JSON that is no row of the table. Its numbers are rounded as
    /// those of figures are.
    pub fn put(&mut self, key: &str, value: Value) {
        self.figures.insert(key.to_owned(), all_rounded(value));
    }

    /// Says which version of something was measured.
    pub fn version(&mut self, of: &str, version: &str) {
        self.versions.insert(of.to_owned(), json!(version.trim()));
    }

    /// Says what a reader must know about a figure.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }

    /// Prints the table, and writes the JSON if a file was named.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(&self, json: Option<&Path>) -> Result<()> {
        println!("\n{}", self.table());
        if let Some(path) = json {
            let text = serde_json::to_string_pretty(&self.json())?;
            fs::write(path, text + "\n")
                .with_context(|| format!("the figures cannot be written to {}", path.display()))?;
            println!("written to {}", path.display());
        }
        Ok(())
    }

    fn table(&self) -> String {
        let cells: Vec<[String; 4]> = self
            .rows
            .iter()
            .map(|row| {
                let verdict = match (row.aim, row.value) {
                    (None, _) | (_, None) => "",
                    (Some(aim), Some(value)) if aim.is_met_by(value) => "met",
                    (Some(_), Some(_)) => "MISSED",
                };
                let value = match row.value {
                    Some(value) => format!("{} {}", number(value), row.unit).trim().to_owned(),
                    None => "run too short".to_owned(),
                };
                let aim = row.aim.map(Aim::shown).unwrap_or_default();
                [row.label.clone(), value, aim, verdict.to_owned()]
            })
            .collect();
        let width = |column: usize| {
            cells.iter().map(|cell| cell[column].chars().count()).max().unwrap_or(0)
        };
        let widths = [width(0), width(1), width(2)];
        let mut out = format!("bench {}: {}\n", self.bench, self.machine.line());
        let versions: Vec<String> = self
            .versions
            .iter()
            .map(|(of, version)| format!("{of} {}", version.as_str().unwrap_or_default()))
            .collect();
        out.push_str(&format!("versions: {}\n", versions.join(", ")));
        if self.quick {
            out.push_str("a QUICK run: it shows that everything works, not how fast it is\n");
        }
        for [label, value, aim, verdict] in &cells {
            let line = format!(
                "  {label:<0$}  {value:>1$}  {aim:<2$}  {verdict}",
                widths[0], widths[1], widths[2]
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
        for remark in &self.remarks {
            out.push_str(&format!("  - {remark}\n"));
        }
        out
    }

    fn json(&self) -> Value {
        let mut all = self.figures.clone();
        all.insert("bench".to_owned(), json!(self.bench));
        all.insert("at".to_owned(), json!(SystemClock.now().to_string()));
        all.insert("quick".to_owned(), json!(self.quick));
        all.insert("machine".to_owned(), json!(self.machine));
        all.insert("versions".to_owned(), json!(self.versions));
        all.insert("remarks".to_owned(), json!(self.remarks));
        Value::Object(all)
    }
}

fn all_rounded(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or(Value::Null, |n| json!(rounded(n))),
        Value::Array(values) => values.into_iter().map(all_rounded).collect(),
        Value::Object(values) => {
            values.into_iter().map(|(key, value)| (key, all_rounded(value))).collect()
        }
        other => other,
    }
}

/// Four significant digits: what is behind them is noise.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

/// A number for people: four significant digits, thousands apart.
fn number(value: f64) -> String {
    let value = rounded(value);
    if value.abs() < 1000.0 {
        return format!("{value}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 && digit.is_ascii_digit() {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let machine = Machine {
            cpu: "CPU".to_owned(),
            cores: 2,
            memory_bytes: 4_000_000_000,
            kernel: "6.1".to_owned(),
            system: "Debian".to_owned(),
            scratch: "ext4".to_owned(),
            load_before: 0.5,
        };
        Report::new("fleet", machine, false)
    }

    #[test]
    fn an_aim_is_met_or_missed() {
        let mut report = report();
        report.aimed("rss", "memory", 39_999.6, "B", Aim::AtMost(40_000.0));
        report.aimed("ratio", "ratio", 0.1234567, "", Aim::AtLeast(0.5));
        let table = report.table();
        assert!(table.contains("memory  40,000 B  ≤ 40,000  met"), "{table}");
        assert!(table.contains("0.1235  ≥ 0.5     MISSED"), "{table}");
        report.too_short_for("cpu", "time");
        assert_eq!(report.json()["cpu"], Value::Null);
        assert!(report.table().contains("run too short"));
        assert_eq!(report.json()["ratio"], 0.1235);
        assert_eq!(report.json()["machine"]["cores"], 2);
    }

    #[test]
    fn tables_in_the_json_are_rounded_and_their_lines_are_shown() {
        let mut report = report();
        report.put("rows", json!([{ "name": "ours", "p99_ms": 1.234567 }]));
        report.line("ours: 99th percentile", 1.234567, "ms", Some(Aim::AtMost(1.0)));
        assert_eq!(report.json()["rows"], json!([{ "name": "ours", "p99_ms": 1.235 }]));
        assert!(report.table().contains("1.235 ms  ≤ 1  MISSED"), "{}", report.table());
    }

    #[test]
    fn numbers_are_short() {
        for (value, shown) in
            [(0.0, "0"), (0.000123456, "0.0001235"), (999.96, "1,000"), (1_234_567.0, "1,235,000")]
        {
            assert_eq!(number(value), shown);
        }
    }
}
