//! The agent's program.

use std::process::ExitCode;

fn main() -> ExitCode {
    sekisho_agent::command::main()
}
