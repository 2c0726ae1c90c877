//! Entry of the command line program: parse, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    natless::cli::main()
}
