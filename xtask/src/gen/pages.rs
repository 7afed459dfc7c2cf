//! What the programs print about themselves.

use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{Generated, settings_ja};
use crate::cmd;
use crate::workspace::Workspace;

/// A file that is the output of a hidden subcommand.
struct Page {
    path: &'static str,
    /// The same in Japanese.
    japanese: Option<&'static str>,
    program: &'static str,
    subcommand: &'static str,
}

const PAGES: &[Page] = &[
    Page {
        path: "docs/api/openapi.json",
        japanese: None,
        program: "sekisho-server",
        subcommand: "openapi",
    },
    Page {
        path: "docs/reference/server-settings.md",
        japanese: Some("docs/reference/server-settings.ja.md"),
        program: "sekisho-server",
        subcommand: "settings-reference",
    },
    Page {
        path: "docs/reference/agent-settings.md",
        japanese: Some("docs/reference/agent-settings.ja.md"),
        program: "sekisho-agent",
        subcommand: "settings-reference",
    },
    Page {
        path: "docs/reference/gateway-settings.md",
        japanese: Some("docs/reference/gateway-settings.ja.md"),
        program: "sekisho-gateway",
        subcommand: "settings",
    },
];

/// Builds the programs and asks each for its pages.
pub(super) fn from_programs(workspace: &Workspace) -> Result<Vec<Generated>> {
    cmd::run(&mut workspace.cargo(&[
        "build",
        "--quiet",
        "--package",
        "sekisho-server",
        "--package",
        "sekisho-agent",
        "--package",
        "sekisho-gateway",
        "--bins",
    ]))?;
    let mut files = Vec::new();
    let mut translated = Vec::new();
    for page in PAGES {
        let mut command = Command::new(workspace.binary(page.program));
        let content =
            ask(command.arg(page.subcommand)).with_context(|| format!("making {}", page.path))?;
        if let Some(path) = page.japanese {
            files.push(Generated { path, content: settings_ja::page(&content)? });
            translated.push(content.clone());
        }
        files.push(Generated { path: page.path, content });
    }
    settings_ja::all_used(&translated)?;
    Ok(files)
}

/// What the command prints, with exactly one line feed at its end.
fn ask(command: &mut Command) -> Result<String> {
    let printed = cmd::output(command)?;
    let text = printed.trim_end();
    if text.is_empty() {
        bail!("`{}` printed nothing", cmd::show(command));
    }
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_with_one_line_feed_and_is_never_empty() {
        assert_eq!(ask(Command::new("printf").arg("a\n\n")).expect("prints"), "a\n");
        assert!(ask(Command::new("true").arg("x")).is_err());
    }
}
