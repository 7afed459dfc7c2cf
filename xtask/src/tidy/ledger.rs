//! The ledger of other people's holes names tests that exist.

use super::finding::Finding;

/// Both languages.
pub(super) const PAGES: [&str; 2] = ["docs/cve-ledger.md", "docs/ja/cve-ledger.md"];

/// Finds names of tests on a page that no source has.
pub(super) fn check(page: &str, text: &str, sources: &[(String, String)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with("| [CVE-")) {
        let unknown = tests_in(line).filter(|name| !exists(name, sources));
        findings.extend(unknown.map(|name| {
            Finding::fault(
                page,
                index + 1,
                format!("there is no test `{name}`"),
                "name the one that shows it now, or say why none is needed",
            )
        }));
    }
    findings
}

/// Words in backquotes that look like the name of a test.
fn tests_in(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|word| {
        word.matches('_').count() >= 2
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    })
}

fn exists(name: &str, sources: &[(String, String)]) -> bool {
    let function = format!("fn {name}(");
    sources.iter().any(|(_, text)| text.contains(&function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_gone_is_a_fault() {
        let sources = [("a.rs".to_owned(), "#[test]\nfn paths_are_exact_here() {}\n".to_owned())];
        let row = |name: &str| format!("text\n| [CVE-1](x) | `..` | `decide`, `{name}` | tested |");
        assert_eq!(check("p.md", &row("paths_are_exact_here"), &sources), []);
        let found = check("p.md", &row("paths_were_exact_here"), &sources);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].line, &*found[0].wrong),
            (2, "there is no test `paths_were_exact_here`")
        );
    }
}
