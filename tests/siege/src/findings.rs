//! What the judges found.

use std::sync::{Arc, Mutex};

/// Violations that are kept word for word; the others are counted.
const KEPT: usize = 200;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// While this attack was under way.
    pub attack: String,
    /// What was seen.
    pub what: String,
}

#[derive(Debug, Default)]
struct Found {
    attack: String,
    count: u64,
    kept: Vec<Violation>,
}

/// What all judges found. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Findings(Arc<Mutex<Found>>);

impl Findings {
    /// What is found from now on is found during this.
    pub fn during(&self, attack: &str) {
        attack.clone_into(&mut self.0.lock().expect("no holder panics").attack);
    }

    /// Something that must not be.
    pub fn violation(&self, what: impl Into<String>) {
        let mut found = self.0.lock().expect("no holder panics");
        found.count += 1;
        if found.kept.len() < KEPT {
            let violation = Violation { attack: found.attack.clone(), what: what.into() };
            found.kept.push(violation);
        }
    }

    /// A violation, unless it is so.
    pub fn check(&self, is_so: bool, what: impl FnOnce() -> String) {
        if !is_so {
            self.violation(what());
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.lock().expect("no holder panics").count
    }

    /// The first of them.
    pub fn all(&self) -> Vec<Violation> {
        self.0.lock().expect("no holder panics").kept.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_kept_with_their_attack() {
        let findings = Findings::default();
        findings.during("smuggling");
        findings.check(true, || unreachable!("it is so"));
        for n in 0..500 {
            findings.clone().check(false, || format!("the {n}th"));
        }
        assert_eq!((findings.count(), findings.all().len()), (500, KEPT));
        let first = Violation { attack: "smuggling".to_owned(), what: "the 0th".to_owned() };
        assert_eq!(findings.all()[0], first);
    }
}
