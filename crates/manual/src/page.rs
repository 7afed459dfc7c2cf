//! Man pages: one for the program and one for each of its verbs.
//!
//! The end of a help text (`after_help`) is written as paragraphs with a
//! heading, `Exit codes:` and `Example:`; here they become the sections of the
//! same meaning. A verb has the exit codes of its program.

use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// What the description of a command line does not hold.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// `1` for what everybody runs, `8` for what administrators run.
    pub section: &'static str,
    /// Files of the program, and what they are for.
    pub files: &'static [(&'static str, &'static str)],
    /// Pages to read next, like `sekisho(1)`.
    pub see_also: &'static [&'static str],
}

/// A man page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its name, like `sekisho-keys-create.1`.
    pub file_name: String,
    /// Its content.
    pub roff: String,
}

/// The heading in a help text, and the section on the page.
const SECTIONS: &[(&str, &str)] =
    &[("Exit codes:", "EXIT STATUS"), ("First steps:", "EXAMPLES"), ("Example", "EXAMPLES")];

/// The pages of a program: its own first, then those of its verbs.
pub fn pages(command: Command, about: &About) -> Vec<Page> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let root = command.get_name().to_owned();
    let exit_status: Vec<String> = paragraphs(&command)
        .into_iter()
        .filter(|paragraph| section_of(paragraph) == Some("EXIT STATUS"))
        .collect();
    let mut pages = Vec::new();
    collect(&command, &Program { root, exit_status, about }, &mut pages);
    pages
}

/// Writes the pages into a folder that exists.
///
/// # Errors
/// When a page cannot be written.
pub fn write_pages(command: Command, about: &About, folder: &Path) -> io::Result<()> {
    for page in pages(command, about) {
        std::fs::write(folder.join(page.file_name), page.roff)?;
    }
    Ok(())
}

/// What every page of a program has in common.
struct Program<'a> {
    root: String,
    exit_status: Vec<String>,
    about: &'a About,
}

fn collect(command: &Command, program: &Program<'_>, pages: &mut Vec<Page>) {
    pages.push(page(command, program));
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        collect(verb, program, pages);
    }
}

fn page(command: &Command, program: &Program<'_>) -> Page {
    let About { section, files, see_also } = *program.about;
    let man = Man::new(command.clone())
        .section(section)
        // An empty date would be left out, and its place taken by the source.
        .date(" ")
        .source(format!("{} {}", program.root, command.get_version().unwrap_or_default()).trim())
        .manual("Sekisho");
    let mut bytes = Vec::new();
    // What writes into memory cannot fail.
    let written = man
        .render_title(&mut bytes)
        .and_then(|()| man.render_name_section(&mut bytes))
        .and_then(|()| man.render_synopsis_section(&mut bytes))
        .and_then(|()| man.render_description_section(&mut bytes))
        .and_then(|()| man.render_options_section(&mut bytes))
        .and_then(|()| match command.get_subcommands().any(|verb| !verb.is_hide_set()) {
            true => man.render_subcommands_section(&mut bytes),
            false => Ok(()),
        });
    written.expect("memory takes all text");
    let mut roff = String::from_utf8(bytes).expect("made from texts");

    let is_root = command.get_name() == program.root;
    let mut rest = Roff::new();
    for paragraph in &program.exit_status {
        literal(&mut rest, "EXIT STATUS", paragraph);
    }
    if is_root && !files.is_empty() {
        rest.control("SH", ["FILES"]);
        for (path, meaning) in files {
            rest.control("TP", []).text([bold(*path)]).text([roman(*meaning)]);
        }
    }
    for paragraph in paragraphs(command) {
        match section_of(&paragraph) {
            Some("EXIT STATUS") => {}
            Some(section) => literal(&mut rest, section, &paragraph),
            None => {
                rest.control("SH", ["NOTES"]).text([roman(paragraph)]);
            }
        }
    }
    rest.control("SH", ["SEE ALSO"]);
    let own = format!("{}({section})", program.root);
    let others = see_also.iter().map(|page| (*page).to_owned());
    let pages: Vec<String> = (!is_root).then_some(own).into_iter().chain(others).collect();
    rest.text([roman(pages.join(", "))]);
    roff.push_str(&rest.render());
    Page { file_name: man.get_filename(), roff }
}

/// Lines that keep their breaks, without their heading.
fn literal(roff: &mut Roff, section: &str, paragraph: &str) {
    roff.control("SH", [section]).control("nf", []);
    let (heading, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    // `Exit codes: 0 done, …` says all of it beside the heading.
    if let Some((_, beside)) = heading.split_once(": ") {
        roff.text([roman(beside)]);
    }
    for line in rest.lines() {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    roff.control("fi", []);
}

fn section_of(paragraph: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(heading, _)| paragraph.starts_with(heading)).map(|(_, section)| *section)
}

fn paragraphs(command: &Command) -> Vec<String> {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.split("\n\n").filter(|part| !part.trim().is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    const ABOUT: About = About {
        section: "8",
        files: &[("/etc/tool.toml", "the settings")],
        see_also: &["other(1)"],
    };

    fn command() -> Command {
        Command::new("tool")
            .version("1.2")
            .about("Does things")
            .after_help("Exit codes:\n  0  done\n  1  not done\n\nFirst steps:\n  tool sing")
            .arg(Arg::new("loud").long("loud").global(true).num_args(0).help("Louder"))
            .subcommand(
                Command::new("sing")
                    .about("Sings")
                    .arg(Arg::new("song").long("song").help("Which one"))
                    .after_help("Example:\n  tool sing --song '.hidden'"),
            )
            .subcommand(Command::new("secretly").hide(true))
    }

    #[test]
    fn there_is_a_page_for_each_verb_that_is_shown() {
        let names: Vec<String> =
            pages(command(), &ABOUT).into_iter().map(|page| page.file_name).collect();
        assert_eq!(names, ["tool.8", "tool-sing.8"]);
    }

    #[test]
    fn a_page_has_options_exit_status_files_and_examples() {
        let pages = pages(command(), &ABOUT);
        let plain = |page: &Page| page.roff.replace('\\', "");
        let (root, sing) = (plain(&pages[0]), plain(&pages[1]));
        for part in
            ["--loud", "EXIT STATUS", "1  not done", "/etc/tool.toml", "tool sing", "other(1)"]
        {
            assert!(root.contains(part), "{part}: {root}");
        }
        for part in
            ["--song", "Which one", "--loud", "EXIT STATUS", "EXAMPLES", "tool(8), other(1)"]
        {
            assert!(sing.contains(part), "{part}: {sing}");
        }
        assert!(!sing.contains("FILES"), "files stand on the program's page");
        assert!(!root.contains("Exit codes"), "the heading is the section's");
    }

    #[test]
    fn the_same_command_gives_the_same_bytes() {
        assert_eq!(pages(command(), &ABOUT), pages(command(), &ABOUT));
    }
}
