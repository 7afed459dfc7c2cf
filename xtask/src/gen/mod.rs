//! `gen`: files that are made from the code. `--check` names the stale ones.

mod compatibility;
mod event_fields;
mod events;
mod pages;
mod settings_ja;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// The arguments of `gen`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail and name each file that is not up to date.
    #[arg(long)]
    check: bool,
}

/// A file that a verb owns.
struct Generated {
    /// Below the root of the workspace.
    path: &'static str,
    content: String,
}

/// The verb.
pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result<()> {
    if args.check {
        return check(workspace);
    }
    write(workspace, &events::pages()?)?;
    write(workspace, &compatibility::pages())?;
    write(workspace, &pages::from_programs(workspace)?)
}

/// Fails when a generated file is not what the code says.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut files = events::pages()?;
    files.extend(compatibility::pages());
    files.extend(pages::from_programs(workspace)?);
    let stale: Vec<&str> =
        files.iter().filter(|file| !is_current(workspace, file)).map(|file| file.path).collect();
    for path in &stale {
        println!("{path}:1: not what the code says; run `cargo xtask gen`");
    }
    if !stale.is_empty() {
        bail!("{} generated files are stale", stale.len());
    }
    Ok(())
}

fn write(workspace: &Workspace, files: &[Generated]) -> Result<()> {
    for file in files.iter().filter(|file| !is_current(workspace, file)) {
        let path = workspace.root.join(file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &file.content).with_context(|| format!("writing {}", file.path))?;
        println!("gen: wrote {}", file.path);
    }
    Ok(())
}

fn is_current(workspace: &Workspace, file: &Generated) -> bool {
    fs::read_to_string(workspace.root.join(file.path)).is_ok_and(|found| found == file.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_file_is_stale() {
        let folder = tempfile::tempdir().expect("scratch folder");
        let workspace =
            Workspace { root: folder.path().to_owned(), target: folder.path().join("target") };
        let file = Generated { path: "page.md", content: "new\n".to_owned() };
        assert!(!is_current(&workspace, &file), "missing");
        fs::write(folder.path().join("page.md"), "old\n").expect("written");
        assert!(!is_current(&workspace, &file), "changed");
        fs::write(folder.path().join("page.md"), "new\n").expect("written");
        assert!(is_current(&workspace, &file));
    }
}
