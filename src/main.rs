//! Entry of the command line program: parse, run, exit code.

use std::process::ExitCode;

/// An account of a thousand VPCs is millions of small texts: with the system's allocator its analysis takes a fifth longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    natless::cli::main()
}
