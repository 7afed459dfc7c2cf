//! Every manifest inherits the workspace's lints and versions.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::finding::Finding;

const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// The manifest of a member: lints and versions come from the workspace.
pub(super) fn check_member(file: &str, text: &str) -> Result<Vec<Finding>> {
    let manifest: Table = text.parse().with_context(|| format!("reading {file}"))?;
    let mut findings = Vec::new();
    let inherits = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .is_some_and(|inherited| inherited.as_bool() == Some(true));
    if !inherits {
        findings.push(Finding::fault(
            file,
            line_of(text, "[lints]"),
            "the lints of the workspace are not inherited",
            "write `[lints]` and `workspace = true`",
        ));
    }
    let mut tables: Vec<&Table> = dependency_tables(&manifest).collect();
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        tables.extend(targets.values().filter_map(Value::as_table).flat_map(dependency_tables));
    }
    for (name, dependency) in tables.into_iter().flatten() {
        let inherits = dependency.get("workspace").and_then(Value::as_bool) == Some(true);
        if !inherits {
            findings.push(Finding::fault(
                file,
                line_of(text, name),
                format!("the dependency `{name}` does not come from the workspace"),
                "name its version once in [workspace.dependencies] and write `workspace = true`",
            ));
        }
    }
    Ok(findings)
}

/// The manifest of the workspace: its dependencies come from the registry at
/// a stated version, or are the workspace's own crates.
pub(super) fn check_root(file: &str, text: &str) -> Result<Vec<Finding>> {
    let manifest: Table = text.parse().with_context(|| format!("reading {file}"))?;
    let dependencies = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    let mut findings = Vec::new();
    for (name, dependency) in dependencies.into_iter().flatten() {
        let fault =
            |wrong: String, todo: &str| Finding::fault(file, line_of(text, name), wrong, todo);
        if dependency.get("git").is_some() {
            findings.push(fault(
                format!("`{name}` comes from a git repository"),
                "use a released version",
            ));
        }
        let version = dependency.as_str().or_else(|| dependency.get("version")?.as_str());
        let own = dependency.get("path").is_some();
        if version.is_none_or(|version| version.contains('*')) && !own {
            findings.push(fault(format!("`{name}` has no stated version"), "state the version"));
        }
    }
    Ok(findings)
}

fn dependency_tables(manifest: &Table) -> impl Iterator<Item = &Table> {
    KINDS.into_iter().filter_map(|kind| manifest.get(kind).and_then(Value::as_table))
}

/// The line that begins with these words, from 1; 1 if none does.
fn line_of(text: &str, start: &str) -> usize {
    let at = text.lines().position(|line| {
        line.trim_start()
            .trim_start_matches('"')
            .strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', '=', '"']))
    });
    at.map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"a\"\n[lints]\nworkspace = true\n\
         [dependencies]\nserde.workspace = true\ntokio = { workspace = true, features = [\"fs\"] }\n";

    #[test]
    fn a_manifest_that_inherits_is_silent() {
        assert_eq!(check_member("Cargo.toml", GOOD).expect("valid"), []);
    }

    #[test]
    fn missing_lints_are_a_fault() {
        let found = check_member("Cargo.toml", "[package]\nname = \"a\"\n").expect("valid");
        assert_eq!(found.len(), 1);
        assert!(found[0].wrong.contains("lints"));
    }

    #[test]
    fn a_version_of_its_own_is_a_fault_in_every_kind_of_table() {
        for table in ["dependencies", "dev-dependencies", "target.'cfg(unix)'.dependencies"] {
            let text = format!("[lints]\nworkspace = true\n[{table}]\nlibc = \"0.2\"\n");
            let found = check_member("Cargo.toml", &text).expect("valid");
            assert_eq!(found.len(), 1, "{table}");
            assert_eq!(found[0].line, text.lines().count(), "{table}");
        }
    }

    #[test]
    fn the_root_takes_released_versions_only() {
        let text = "[workspace.dependencies]\na = { path = \"a\" }\nb = \"1\"\n\
             c = { git = \"https://example.org/c\" }\nd = \"*\"\n";
        let found = check_root("Cargo.toml", text).expect("valid");
        let wrongs: Vec<(usize, &str)> =
            found.iter().map(|finding| (finding.line, finding.wrong.as_str())).collect();
        assert_eq!(
            wrongs,
            [
                (4, "`c` comes from a git repository"),
                (4, "`c` has no stated version"),
                (5, "`d` has no stated version"),
            ]
        );
    }
}
