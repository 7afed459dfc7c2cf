//! What must never be in a program's tree of normal dependencies.
//!
//! The trees are those of `cargo tree`, package by package: with the features
//! that the package alone switches on, as it is built and shipped.

use super::finding::Finding;

/// A rule about one or more trees.
struct Wall {
    name: &'static str,
    trees: &'static [&'static str],
    /// Names of packages; a `*` at the end stands for any ending.
    banned: &'static [&'static str],
}

const PRODUCTS: &[&str] = &[
    "sekisho-server",
    "sekisho-agent",
    "sekisho-gateway",
    "sekisho-connect",
    "sekisho-pop",
    "sekisho-cli",
];

const WALLS: &[Wall] = &[
    Wall {
        name: "the DMZ rule",
        trees: &["sekisho-gateway"],
        banned: &[
            "sekisho-store",
            "sekisho-vault",
            "sqlx*",
            "sea-orm*",
            "sea-query*",
            "rusqlite",
            "libsqlite3-sys",
            "postgres*",
            "tokio-postgres",
            "openidconnect",
            "oauth2",
        ],
    },
    Wall {
        name: "the agent rule",
        trees: &["sekisho-agent"],
        banned: &["sekisho-server", "sekisho-store", "sekisho-vault"],
    },
    Wall {
        name: "the pure rule",
        trees: &[
            "sekisho-model",
            "sekisho-wire",
            "sekisho-seal",
            "sekisho-policy",
            "sekisho-session",
        ],
        banned: &[
            "tokio", "tokio-*", "hyper", "hyper-*", "axum", "axum-*", "rustls", "sqlx*", "sea-orm*",
        ],
    },
    Wall {
        name: "one TLS provider",
        trees: PRODUCTS,
        banned: &[
            "ring",
            "openssl",
            "openssl-sys",
            "native-tls",
            "boring",
            "boring-sys",
            "mbedtls*",
        ],
    },
    Wall {
        name: "state knows no web server",
        trees: &["sekisho-store", "sekisho-vault", "sekisho-pki", "sekisho-bus"],
        banned: &["axum", "axum-*"],
    },
    Wall {
        name: "adapters hold no state",
        trees: &["sekisho-link", "sekisho-platform"],
        banned: &["sekisho-store", "sekisho-vault"],
    },
];

/// Whether any rule is about the tree of this package.
pub(super) fn stand_around(package: &str) -> bool {
    WALLS.iter().any(|wall| wall.trees.contains(&package))
}

/// Finds what stands on the wrong side of a wall, in the output of
/// `cargo tree --edges normal --prefix depth` for one package.
pub(super) fn check(package: &str, manifest: &str, tree: &str) -> Vec<Finding> {
    let ways = ways(tree);
    let mut findings: Vec<Finding> = Vec::new();
    for wall in WALLS.iter().filter(|wall| wall.trees.contains(&package)) {
        for way in ways.iter().filter(|way| way.len() > 1) {
            let Some(reached) = way.last() else { continue };
            if !wall.banned.iter().any(|pattern| fits(pattern, reached)) {
                continue;
            }
            let finding = Finding::fault(
                manifest,
                1,
                format!("{} is broken by {}", wall.name, way.join(" → ")),
                "drop the dependency, or switch off the feature that brings it",
            );
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// The ways from the root to each line of the tree, as names of packages.
fn ways(tree: &str) -> Vec<Vec<&str>> {
    let mut way: Vec<&str> = Vec::new();
    let mut ways = Vec::new();
    for line in tree.lines() {
        let digits = line.chars().take_while(char::is_ascii_digit).count();
        let (depth, package) = line.split_at(digits);
        let (Ok(depth), Some(name)) = (depth.parse::<usize>(), package.split_whitespace().next())
        else {
            continue;
        };
        way.truncate(depth);
        way.push(name);
        ways.push(way.clone());
    }
    ways
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrongs(tree: &str) -> Vec<String> {
        let package = tree[1..].split(' ').next().expect("a root");
        check(package, "Cargo.toml", tree).into_iter().map(|finding| finding.wrong).collect()
    }

    #[test]
    fn the_gateway_holds_no_state_and_no_sql() {
        let tree = "0sekisho-gateway v0.1.0 (/x)\n1sekisho-pki v0.1.0 (/x)\n2time v1\n\
                    1sekisho-vault v0.1.0 (/x)\n1x v1\n2sqlx-core v0.9.0\n3y v1\n\
                    1sqlx-core v0.9.0 (*)\n";
        assert_eq!(
            wrongs(tree),
            [
                "the DMZ rule is broken by sekisho-gateway → sekisho-vault",
                "the DMZ rule is broken by sekisho-gateway → x → sqlx-core",
                "the DMZ rule is broken by sekisho-gateway → sqlx-core",
            ]
        );
    }

    #[test]
    fn the_agent_holds_no_vault_at_any_depth() {
        let tree = "0sekisho-agent v0.1.0\n1sekisho-pki v0.1.0\n2sekisho-vault v0.1.0\n";
        assert_eq!(
            wrongs(tree),
            ["the agent rule is broken by sekisho-agent → sekisho-pki → sekisho-vault"]
        );
    }

    #[test]
    fn pure_crates_know_no_runtime() {
        assert_eq!(
            wrongs("0sekisho-policy v0.1.0\n1tokio-util v0.7.0\n"),
            ["the pure rule is broken by sekisho-policy → tokio-util"]
        );
    }

    #[test]
    fn a_second_tls_provider_is_a_fault() {
        assert_eq!(
            wrongs("0sekisho-cli v0.1.0\n1rustls v0.23.0\n2ring v0.17.0\n"),
            ["one TLS provider is broken by sekisho-cli → rustls → ring"]
        );
    }

    #[test]
    fn state_and_adapters_have_their_walls() {
        assert_eq!(wrongs("0sekisho-store v0.1.0\n1axum-core v0.5.0\n").len(), 1);
        assert_eq!(wrongs("0sekisho-platform v0.1.0\n1sekisho-store v0.1.0\n").len(), 1);
    }

    #[test]
    fn what_is_allowed_is_silent() {
        let tree = "0sekisho-server v0.1.0\n1sekisho-store v0.1.0\n1rustls v0.23.0\n";
        assert_eq!(wrongs(tree), [""; 0]);
        assert!(stand_around("sekisho-server") && !stand_around("xtask"));
    }
}
