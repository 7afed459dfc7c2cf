//! The program `sekisho`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    sekisho_cli::main()
}
