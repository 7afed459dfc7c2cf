//! Shell completions.

use clap::{Command, ValueEnum};
use clap_complete::Shell as Generator;

/// A shell that completes our command lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The GNU shell.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
}

impl Shell {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];
}

/// The script that completes `command` in `shell`.
pub fn completions(mut command: Command, shell: Shell) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut command, name, &mut script);
    String::from_utf8(script).expect("made from texts")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    fn command() -> Command {
        Command::new("tool")
            .version("1")
            .arg(Arg::new("loud").long("loud").global(true).num_args(0))
            .subcommand(Command::new("sing").arg(Arg::new("song").long("song")))
    }

    #[test]
    fn verbs_and_flags_are_offered() {
        for shell in Shell::ALL {
            let script = completions(command(), shell);
            for word in ["sing", "song", "loud", "version"] {
                assert!(script.contains(word), "{shell:?} lacks {word}");
            }
        }
    }
}
