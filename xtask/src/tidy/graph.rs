//! The crates of the workspace and the arrows between them, from
//! `cargo metadata`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The crates of the workspace. Dev-dependencies are no arrows: a test may
/// look at everything.
pub(super) struct Graph {
    members: Vec<Member>,
}

/// A crate of the workspace.
pub(super) struct Member {
    pub(super) name: String,
    /// Below the root of the workspace.
    pub(super) manifest: PathBuf,
    /// The names of the other members that it uses.
    pub(super) arrows: Vec<String>,
}

impl Graph {
    /// Reads the output of `cargo metadata --no-deps --format-version 1`.
    pub(super) fn parse(json: &str, root: &Path) -> Result<Self> {
        let metadata: Metadata = serde_json::from_str(json).context("reading cargo metadata")?;
        let names: Vec<String> =
            metadata.packages.iter().map(|package| package.name.clone()).collect();
        let members = metadata
            .packages
            .into_iter()
            .map(|package| Member {
                arrows: package
                    .dependencies
                    .into_iter()
                    .filter(|dep| dep.kind.as_deref() != Some("dev") && names.contains(&dep.name))
                    .map(|dep| dep.name)
                    .collect(),
                manifest: package
                    .manifest_path
                    .strip_prefix(root)
                    .unwrap_or(&package.manifest_path)
                    .to_owned(),
                name: package.name,
            })
            .collect();
        Ok(Self { members })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<MetadataDependency>,
}

#[derive(Deserialize)]
struct MetadataDependency {
    name: String,
    kind: Option<String>,
}

#[cfg(test)]
impl Graph {
    /// A graph with these members and arrows.
    pub(super) fn fixture(members: &[(&str, &[&str])]) -> Self {
        let member = |(name, arrows): &(&str, &[&str])| Member {
            name: (*name).to_owned(),
            manifest: format!("crates/{name}/Cargo.toml").into(),
            arrows: arrows.iter().map(|to| (*to).to_owned()).collect(),
        };
        Self { members: members.iter().map(member).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{"packages": [
        {"name": "sekisho-agent", "manifest_path": "/w/crates/agent/Cargo.toml", "dependencies": [
            {"name": "sekisho-wire", "kind": null},
            {"name": "sekisho-model", "kind": "build"},
            {"name": "sekisho-server", "kind": "dev"},
            {"name": "tokio", "kind": null}
        ]},
        {"name": "sekisho-wire", "manifest_path": "/w/crates/wire/Cargo.toml", "dependencies": []},
        {"name": "sekisho-model", "manifest_path": "/w/crates/model/Cargo.toml", "dependencies": []},
        {"name": "sekisho-server", "manifest_path": "/w/crates/server/Cargo.toml", "dependencies": []}
    ]}"#;

    #[test]
    fn arrows_are_the_members_that_a_program_or_its_build_uses() {
        let graph = Graph::parse(METADATA, Path::new("/w")).expect("valid metadata");
        let agent = &graph.members()[0];
        assert_eq!(agent.arrows, ["sekisho-wire", "sekisho-model"]);
        assert_eq!(agent.manifest, Path::new("crates/agent/Cargo.toml"));
    }
}
