//! Arrows between the crates of the workspace point down.

use super::finding::Finding;
use super::graph::Graph;

/// The layers of the architecture, by package. An arrow goes to a lower layer.
const LAYERS: &[(u8, &[&str])] = &[
    (0, &["sekisho-model"]),
    (1, &["sekisho-wire", "sekisho-seal", "sekisho-policy", "sekisho-session"]),
    (2, &["sekisho-store", "sekisho-vault", "sekisho-pki"]),
    (
        3,
        &[
            "sekisho-link",
            "sekisho-platform",
            "sekisho-bus",
            "sekisho-console-assets",
            "sekisho-manual",
        ],
    ),
    (
        4,
        &[
            "sekisho-server",
            "sekisho-agent",
            "sekisho-gateway",
            "sekisho-connect",
            "sekisho-pop",
            "sekisho-cli",
        ],
    ),
    (
        TOP,
        &[
            "xtask",
            "sekisho-testkit",
            "sekisho-gatewaykit",
            "sekisho-sim",
            "sekisho-e2e",
            "sekisho-fuzz",
        ],
    ),
];

/// What is above the products: tools and tests, which may use each other.
const TOP: u8 = 5;

/// Arrows inside one layer that the architecture allows.
const SAME_LAYER: &[(&str, &str)] = &[("sekisho-seal", "sekisho-wire")];

/// Names that invite everything and so end up holding the world.
const CATCH_ALL: &[&str] = &["common", "util", "utils", "shared", "helpers", "misc"];

/// Finds arrows that point up or sideways, and crates without a layer.
pub(super) fn check(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in graph.members() {
        let manifest = package.manifest.to_string_lossy();
        let fault = |wrong: String, todo: &str| Finding::fault(&*manifest, 1, wrong, todo);
        let short = package.name.strip_prefix("sekisho-").unwrap_or(&package.name);
        if CATCH_ALL.contains(&short) {
            findings.push(fault(
                format!("a crate named `{short}`"),
                "name it after the one idea it holds, or put the code where it is used",
            ));
        }
        let Some(from) = layer(&package.name) else {
            findings.push(fault(
                format!("`{}` is not in the table of the architecture", package.name),
                "give it a layer in ARCHITECTURE.md and in xtask/src/tidy/arrows.rs",
            ));
            continue;
        };
        for target in &package.arrows {
            let Some(to) = layer(target) else { continue };
            let allowed = to < from
                || from == TOP
                || (to == from && SAME_LAYER.contains(&(&package.name, target)));
            if !allowed {
                let way = if to == from { "sideways" } else { "up" };
                findings.push(fault(
                    format!(
                        "an arrow points {way}: `{}` (layer {from}) to `{target}` (layer {to})",
                        package.name
                    ),
                    "move what both need to a lower layer",
                ));
            }
        }
    }
    findings
}

/// Finds crates that the table in `ARCHITECTURE.md` does not name.
pub(super) fn check_table(graph: &Graph, architecture: &str) -> Vec<Finding> {
    let rows: Vec<&str> =
        architecture.lines().filter(|line| line.trim_start().starts_with('|')).collect();
    graph
        .members()
        .iter()
        .filter_map(|package| package.name.strip_prefix("sekisho-"))
        .filter(|short| !rows.iter().any(|row| row.contains(&format!("`{short}`"))))
        .map(|short| {
            Finding::fault(
                "ARCHITECTURE.md",
                1,
                format!("no table row for the crate `{short}`"),
                "say in one row what it holds and must never see",
            )
        })
        .collect()
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(_, names)| names.contains(&name)).map(|(layer, _)| *layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrongs(packages: &[(&str, &[&str])]) -> Vec<String> {
        check(&Graph::fixture(packages)).into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn down_is_allowed_and_so_is_seal_to_wire() {
        let found = wrongs(&[
            ("sekisho-server", &["sekisho-store", "sekisho-model"]),
            ("sekisho-seal", &["sekisho-wire"]),
            ("xtask", &["sekisho-model"]),
            ("sekisho-e2e", &["xtask"]),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn up_is_a_fault() {
        let found = wrongs(&[("sekisho-model", &["sekisho-wire"])]);
        assert_eq!(
            found,
            ["an arrow points up: `sekisho-model` (layer 0) to `sekisho-wire` (layer 1)"]
        );
    }

    #[test]
    fn sideways_is_a_fault() {
        let found = wrongs(&[("sekisho-agent", &["sekisho-server"])]);
        assert_eq!(
            found,
            ["an arrow points sideways: `sekisho-agent` (layer 4) to `sekisho-server` (layer 4)"]
        );
    }

    #[test]
    fn a_crate_without_a_layer_is_a_fault() {
        let found = wrongs(&[("sekisho-blob", &[])]);
        assert_eq!(found, ["`sekisho-blob` is not in the table of the architecture"]);
    }

    #[test]
    fn a_catch_all_crate_is_a_fault() {
        assert!(wrongs(&[("sekisho-common", &[])]).contains(&"a crate named `common`".to_owned()));
    }

    #[test]
    fn every_crate_has_a_row_in_the_table() {
        let graph = Graph::fixture(&[("sekisho-wire", &["sekisho-model"])]);
        let found = check_table(&graph, "text about `wire`\n| 0 | `model` | words |\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].wrong, "no table row for the crate `wire`");
    }
}
