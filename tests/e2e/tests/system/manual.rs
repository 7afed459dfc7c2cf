//! Man pages and completions of the real programs: whatever `--help` shows is
//! in them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::run::{program, run};

const PROGRAMS: [&str; 3] = ["sekisho", "sekisho-server", "sekisho-agent"];
const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// What `--help` of a verb shows.
struct Help {
    /// The program and the verb, with spaces.
    path: Vec<String>,
    /// Long options, without their dashes.
    options: BTreeSet<String>,
    verbs: Vec<String>,
}

/// The help of a program and of all its verbs.
fn helps(name: &str) -> Vec<Help> {
    let mut open = vec![vec![name.to_owned()]];
    let mut helps = Vec::new();
    while let Some(path) = open.pop() {
        let mut command = Command::new(program(name));
        command.args(&path[1..]).arg("--help");
        let help = read_help(path, &run(&mut command, b"").ok());
        open.extend(
            help.verbs.iter().map(|verb| [&help.path[..], std::slice::from_ref(verb)].concat()),
        );
        helps.push(help);
    }
    helps
}

fn read_help(path: Vec<String>, text: &str) -> Help {
    let mut help = Help { path, options: BTreeSet::new(), verbs: Vec::new() };
    let mut in_verbs = false;
    for line in text.lines() {
        if !line.starts_with(' ') {
            in_verbs = line == "Commands:";
            continue;
        }
        let word = line.split_whitespace().next().unwrap_or_default();
        if in_verbs && line.starts_with("  ") && !line.starts_with("   ") && word != "help" {
            help.verbs.push(word.to_owned());
        }
        if line.trim_start().starts_with('-')
            && let Some((_, rest)) = line.split_once("--")
        {
            let option: String =
                rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            help.options.insert(option);
        }
    }
    help
}

#[test]
fn every_option_is_on_the_page_of_its_verb() {
    for name in PROGRAMS {
        let folder = tempfile::tempdir().expect("a folder");
        run(Command::new(program(name)).arg("man-pages").arg(folder.path()), b"").ok();
        let section = if name == "sekisho" { "1" } else { "8" };
        let helps = helps(name);
        assert!(helps.len() > 5, "{name}: the verbs were not found");
        let mut expected = BTreeSet::new();
        for help in &helps {
            let file = format!("{}.{section}", help.path.join("-"));
            let page = fs::read_to_string(folder.path().join(&file))
                .unwrap_or_else(|error| panic!("{file}: {error}"))
                .replace('\\', "");
            // The help option is on no page: it is the page.
            for option in help.options.iter().filter(|option| *option != "help") {
                assert!(page.contains(&format!("--{option}")), "{file} lacks --{option}");
            }
            for verb in &help.verbs {
                assert!(page.contains(verb), "{file} lacks the verb {verb}");
            }
            assert!(page.contains("EXIT STATUS"), "{file}");
            expected.insert(file);
        }
        let written: BTreeSet<String> = fs::read_dir(folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(written, expected, "one page for each verb that --help shows");
        let page = fs::read_to_string(folder.path().join(format!("{name}.{section}")));
        let page = page.expect("the program's page");
        for part in ["FILES", "EXAMPLES", "SEE ALSO"] {
            assert!(page.contains(part), "{name} lacks {part}");
        }
    }
}

#[test]
fn every_option_and_verb_is_completed_in_each_shell() {
    for name in PROGRAMS {
        let helps = helps(name);
        for shell in SHELLS {
            let mut command = Command::new(program(name));
            let script = run(command.args(["completions", shell]), b"").ok();
            // fish names long options without dashes.
            let dashes = if shell == "fish" { "-l " } else { "--" };
            for help in &helps {
                // clap's fish scripts go two verbs deep and no deeper.
                let is_too_deep = shell == "fish" && help.path.len() > 3;
                for option in help.options.iter().filter(|_| !is_too_deep) {
                    assert!(
                        script.contains(&format!("{dashes}{option}")),
                        "{shell}: {} lacks {option}",
                        help.path.join(" ")
                    );
                }
                for verb in &help.verbs {
                    assert!(script.contains(verb.as_str()), "{shell}: no verb {verb}");
                }
            }
        }
    }
}

#[test]
fn bash_completes_what_was_begun() {
    let script = run(Command::new(program("sekisho")).args(["completions", "bash"]), b"").ok();
    let begun = r#"
        COMP_WORDS=(sekisho keys cr); COMP_CWORD=2; COMP_LINE="sekisho keys cr"
        _sekisho sekisho cr keys; echo "${COMPREPLY[*]}"
        COMP_WORDS=(sekisho reset web/root --no); COMP_CWORD=3
        _sekisho sekisho --no web/root; echo "${COMPREPLY[*]}""#;
    let mut bash = Command::new("bash");
    let printed = run(bash.args(["--norc", "-s"]), format!("{script}\n{begun}").as_bytes()).ok();
    assert_eq!(printed.lines().collect::<Vec<_>>(), ["create", "--no-wait"]);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    for name in PROGRAMS {
        let mut command = Command::new(program(name));
        run(command.args(["man-pages", "/nonexistent/man"]), b"").refused_with("/nonexistent/man");
    }
}
