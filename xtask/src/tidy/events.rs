//! Numbers of audit events are unique for ever.

use std::collections::BTreeMap;

use super::finding::Finding;

/// Finds numbers that the catalogue gives to two events.
pub(super) fn check(file: &str, catalogue: &str) -> Vec<Finding> {
    let mut first: BTreeMap<u16, usize> = BTreeMap::new();
    let mut findings = Vec::new();
    for (line, code) in codes(catalogue) {
        match first.get(&code) {
            Some(before) => findings.push(Finding::fault(
                file,
                line,
                format!("event number {code} is already used in line {before}"),
                "take a number that was never used",
            )),
            None => {
                first.insert(code, line);
            }
        }
    }
    if first.is_empty() {
        findings.push(Finding::fault(
            file,
            1,
            "no event numbers found",
            "write them as `info(NNN, …)`, or teach xtask/src/tidy/events.rs the new form",
        ));
    }
    findings
}

/// The line and number of each `info(NNN, …`, also where rustfmt broke it.
fn codes(catalogue: &str) -> impl Iterator<Item = (usize, u16)> {
    catalogue.match_indices("info(").filter_map(|(at, start)| {
        let (number, _) = catalogue[at + start.len()..].split_once(',')?;
        let line = catalogue[..at].matches('\n').count() + 1;
        Some((line, number.trim().parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_used_twice_is_a_fault() {
        let catalogue = "A => info(100, \"a\", \"あ\"),\nB => {\n  info(101, \"b\", \"い\")\n}\n\
             C => info(\n    100,\n \"c\", \"う\"),\n";
        let found = check("event.rs", catalogue);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].line, 5);
        assert_eq!(found[0].wrong, "event number 100 is already used in line 1");
    }

    #[test]
    fn a_catalogue_that_cannot_be_read_is_a_fault() {
        assert_eq!(check("event.rs", "fn main() {}").len(), 1);
    }
}
