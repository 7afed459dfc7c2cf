//! `tidy`: the rules of the architecture that the compiler does not see.

mod arrows;
mod budgets;
mod events;
mod finding;
mod graph;
mod ledger;
mod manifests;
mod source;
mod text;
mod walls;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cmd;
use crate::workspace::Workspace;
use finding::{Finding, Weight};
use graph::Graph;

/// The catalogue of audit events.
const EVENTS: &str = "crates/model/src/event.rs";

/// The verb.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let findings = all(workspace)?;
    for finding in &findings {
        println!("{finding}");
    }
    let faults = findings.iter().filter(|finding| finding.weight == Weight::Fault).count();
    match faults {
        0 => Ok(()),
        1 => bail!("tidy: 1 rule is broken"),
        faults => bail!("tidy: {faults} rules are broken"),
    }
}

fn all(workspace: &Workspace) -> Result<Vec<Finding>> {
    let metadata =
        cmd::output(&mut workspace.cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    let graph = Graph::parse(&metadata, &workspace.root)?;
    let mut findings = arrows::check(&graph);
    if let Some(architecture) = read(workspace, Path::new("ARCHITECTURE.md"))? {
        findings.extend(arrows::check_table(&graph, &architecture));
    }
    for member in graph.members() {
        let path = member.manifest.as_path();
        let text = read(workspace, path)?.context("a member without a manifest")?;
        findings.extend(manifests::check_member(&path.to_string_lossy(), &text)?);
        if walls::stand_around(&member.name) {
            let tree = cmd::output(&mut workspace.cargo(&[
                "tree",
                "--package",
                &member.name,
                "--edges",
                "normal",
                "--prefix",
                "depth",
            ]))?;
            findings.extend(walls::check(&member.name, &path.to_string_lossy(), &tree));
        }
    }
    let root = read(workspace, Path::new("Cargo.toml"))?.context("no Cargo.toml")?;
    findings.extend(manifests::check_root("Cargo.toml", &root)?);
    if let Some(catalogue) = read(workspace, Path::new(EVENTS))? {
        findings.extend(events::check(EVENTS, &catalogue));
    }
    let mut sources = Vec::new();
    for path in workspace.files()? {
        let Some(text) = read(workspace, &path)? else { continue };
        let name = path.to_string_lossy().into_owned();
        findings.extend(text::check(&name, &text));
        if path.extension().is_some_and(|extension| extension == "rs") {
            findings.extend(source::check(&name, &text));
            sources.push((name, text));
        }
    }
    findings.extend(budgets::check(&sources));
    for page in ledger::PAGES {
        if let Some(text) = read(workspace, Path::new(page))? {
            findings.extend(ledger::check(page, &text, &sources));
        }
    }
    Ok(findings)
}

/// The file's text; nothing if it is not there or is no text.
fn read(workspace: &Workspace, path: &Path) -> Result<Option<String>> {
    match fs::read(workspace.root.join(path)) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
