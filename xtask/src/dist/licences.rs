//! The licences of the libraries that are linked into a program, with their
//! texts: most ask for that.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::package::Arch;
use crate::cmd;
use crate::workspace::Workspace;

/// All libraries in a program, then each text once with those it is for.
pub(super) fn of(workspace: &Workspace, krate: &str, arch: Arch) -> Result<String> {
    let mut tree = workspace.cargo(&["tree", "--edges", "normal", "--prefix", "none"]);
    tree.args(["--format", "{p}", "--no-dedupe", "--target", arch.target(), "--package", krate]);
    let tree = cmd::output(&mut tree)?;
    let metadata = cmd::output(&mut workspace.cargo(&["metadata", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let mut known = BTreeMap::new();
    for package in metadata["packages"].as_array().context("cargo metadata lists no packages")? {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let key = format!("{} v{}", text("name"), text("version"));
        known.insert(key, (text("license"), text("manifest_path")));
    }

    let mut list = BTreeMap::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in tree.lines() {
        let key: String = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        if key.is_empty() || key.starts_with("sekisho-") || list.contains_key(&key) {
            continue;
        }
        let (licence, manifest) =
            known.get(&key).with_context(|| format!("cargo metadata does not know {key}"))?;
        list.insert(key.clone(), licence.clone());
        for text in texts_beside(Path::new(manifest))? {
            texts.entry(text).or_default().push(key.clone());
        }
    }

    let mut page = String::from("Libraries linked into this program\n\n");
    for (package, licence) in &list {
        writeln!(page, "{package}: {licence}")?;
    }
    let mut texts: Vec<(Vec<String>, String)> =
        texts.into_iter().map(|(text, packages)| (packages, text)).collect();
    texts.sort();
    for (packages, text) in texts {
        writeln!(
            page,
            "\n{}\nFor: {}\n\n{}",
            "=".repeat(78),
            packages.join(", "),
            text.trim_end()
        )?;
    }
    Ok(page)
}

/// The texts in the folder of a library.
fn texts_beside(manifest: &Path) -> Result<Vec<String>> {
    let folder = manifest.parent().context("a manifest is in a folder")?;
    let mut names: Vec<String> = fs::read_dir(folder)
        .with_context(|| format!("reading {}", folder.display()))?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| is_licence(name))
        .collect();
    names.sort();
    let read = |name: &String| fs::read(folder.join(name)).ok();
    let texts = names.iter().filter_map(read);
    Ok(texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect())
}

fn is_licence(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
        .iter()
        .any(|start| name.starts_with(start))
}
