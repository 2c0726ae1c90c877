//! Entry of the Lambda function: event in, the same run, report out.

use std::process::ExitCode;

fn main() -> ExitCode {
    natless::lambda::main()
}
