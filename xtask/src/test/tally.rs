//! Counting passed and failed tests from what the runners print.

use std::fmt;
use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Tally {
    /// What a line adds: the closing lines of nextest, of libtest and of vitest
    /// count, every other line is nothing.
    pub(super) fn of_line(line: &str) -> Self {
        let plain = without_colour(line);
        let counts = if let Some(rest) = plain.trim_start().strip_prefix("Summary [") {
            rest.split_once(" run: ").map(|(_, counts)| counts)
        } else if let Some(counts) = plain.trim_start().strip_prefix("Tests  ") {
            Some(counts)
        } else {
            plain.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")).map(|r| r.1)
        };
        let mut tally = Self::default();
        for count in counts.unwrap_or_default().split([',', ';', '|']) {
            let mut words = count.split_whitespace();
            let number = words.next().and_then(|number| number.parse::<u64>().ok());
            let (Some(number), Some(what)) = (number, words.next()) else { continue };
            match what {
                "passed" => tally.passed += number,
                // nextest: `failed`, `exec failed`, `timed out`.
                "failed" | "exec" | "timed" => tally.failed += number,
                _ => {}
            }
        }
        tally
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// The line without ANSI colour sequences.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            for escaped in chars.by_ref() {
                if escaped.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_vitest() {
        let line = "      Tests  2 failed | 24 passed | 1 skipped (27)";
        assert_eq!(Tally::of_line(line), Tally { passed: 24, failed: 2 });
        assert_eq!(Tally::of_line(" Test Files  1 failed | 4 passed (5)"), Tally::default());
    }

    #[test]
    fn the_closing_line_of_nextest() {
        let line = "     Summary [   4.210s] 12 tests run: 9 passed (1 slow), 1 failed, 1 exec failed, 1 timed out, 3 skipped";
        assert_eq!(Tally::of_line(line), Tally { passed: 9, failed: 3 });
    }

    #[test]
    fn the_closing_line_of_nextest_in_colour_and_cut_short() {
        let line = "\u{1b}[31;1m     Summary\u{1b}[0m [   0.010s] \u{1b}[1m3/5\u{1b}[0m tests run: \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m1\u{1b}[0m \u{1b}[31;1mfailed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped";
        assert_eq!(Tally::of_line(line), Tally { passed: 2, failed: 1 });
    }

    #[test]
    fn the_closing_line_of_libtest() {
        let line = "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        assert_eq!(Tally::of_line(line), Tally { passed: 3, failed: 1 });
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["5 passed, 0 failed", "        PASS [ 0.004s] a::b", "running 3 tests", ""] {
            assert_eq!(Tally::of_line(line), Tally::default(), "{line}");
        }
    }

    #[test]
    fn the_line_that_other_programs_read() {
        assert_eq!(Tally { passed: 7, failed: 0 }.to_string(), "7 passed, 0 failed");
    }
}
