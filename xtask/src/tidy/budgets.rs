//! A file is one idea: lines of code have a budget.

use super::finding::Finding;

/// More lines than this are worth a look.
const WARN_LINES: usize = 500;
/// More lines than this hold a second idea.
const MAX_LINES: usize = 900;

/// Files over the budget, with the lines they have. An entry only shrinks:
/// when the file does, the entry must follow. New entries are not taken.
const OVER_BUDGET: &[(&str, usize)] = &[];

/// Checks all sources; the paths are below the root of the workspace.
pub(super) fn check(sources: &[(String, String)]) -> Vec<Finding> {
    check_against(sources, OVER_BUDGET)
}

fn check_against(sources: &[(String, String)], over_budget: &[(&str, usize)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, text) in sources.iter().filter(|(file, _)| !is_test(file)) {
        let lines = code_lines(text);
        let entry = over_budget.iter().find(|(path, _)| path == file).map(|(_, lines)| *lines);
        let allowed = entry.unwrap_or(MAX_LINES);
        if lines > allowed {
            findings.push(Finding::fault(
                file,
                lines,
                format!("{lines} lines without tests, {allowed} are allowed"),
                "find the second idea and give it its own file",
            ));
        } else if entry.is_some_and(|allowed| lines < allowed) {
            findings.push(Finding::fault(
                file,
                lines,
                format!("shrunk to {lines} lines, its entry still allows {allowed}"),
                "lower or remove the entry in xtask/src/tidy/budgets.rs",
            ));
        } else if lines > WARN_LINES && entry.is_none() {
            findings.push(Finding::warning(
                file,
                lines,
                format!("{lines} lines without tests"),
                "look for a second idea",
            ));
        }
    }
    for (path, _) in over_budget {
        if !sources.iter().any(|(file, _)| file == path) {
            findings.push(Finding::fault(
                "xtask/src/tidy/budgets.rs",
                1,
                format!("an entry for {path}, which is gone"),
                "remove the entry",
            ));
        }
    }
    findings
}

/// Files that hold tests only.
fn is_test(file: &str) -> bool {
    let mut folders: Vec<&str> = file.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    name == "tests.rs" || folders.contains(&"tests") || folders.contains(&"benches")
}

/// The lines outside the `#[cfg(test)]` items of a file that rustfmt laid out.
fn code_lines(text: &str) -> usize {
    let mut count = 0;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line != "#[cfg(test)]" {
            count += 1;
            continue;
        }
        // The item ends with its closing brace in the first column, or it is
        // a declaration of one line.
        for line in lines.by_ref() {
            let one_line = !line.starts_with("#[") && line.ends_with(';') && !line.starts_with(' ');
            if line == "}" || one_line {
                break;
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, lines: usize) -> (String, String) {
        (name.to_owned(), "let x = 1;\n".repeat(lines))
    }

    #[test]
    fn long_is_a_warning_and_too_long_a_fault() {
        let found = check_against(&[file("a.rs", 500), file("b.rs", 501), file("c.rs", 901)], &[]);
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "b.rs:501: warning: 501 lines without tests; look for a second idea",
                "c.rs:901: 901 lines without tests, 900 are allowed; \
                 find the second idea and give it its own file",
            ]
        );
    }

    #[test]
    fn tests_do_not_count() {
        let tests = "    fn t() {}\n".repeat(2000);
        let text = format!("fn a() {{}}\n\n#[cfg(test)]\nmod tests {{\n{tests}}}\nfn b() {{}}\n");
        assert_eq!(code_lines(&text), 3);
        assert_eq!(code_lines("#[cfg(test)]\nmod tests;\nfn b() {}\n"), 1);
        assert_eq!(check_against(&[file("crates/server/tests/a.rs", 2000)], &[]), []);
    }

    #[test]
    fn an_entry_of_the_allow_list_only_shrinks() {
        let list = [("a.rs", 1000)];
        assert_eq!(check_against(&[file("a.rs", 1000)], &list), []);
        assert_eq!(check_against(&[file("a.rs", 1001)], &list).len(), 1, "grown");
        assert_eq!(check_against(&[file("a.rs", 999)], &list).len(), 1, "shrunk");
        assert_eq!(check_against(&[], &list).len(), 1, "gone");
    }
}
