//! The command line: one file per subcommand. Turns arguments into requests, and results into text and exit codes.

mod analyze;
mod checks;
mod completions;
mod config;
mod connection;
mod delivery;
mod diff;
mod estimate;
mod explain;
mod fix;
mod live;
mod merge;
mod nearest;
mod organization;
mod output;
mod path;
mod permissions;
mod policy;
mod prices;
mod progress;
mod scan;
mod signals;
mod simulate;
mod source;
mod terminal;
mod terms;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{ArgAction, Args, ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

use crate::error::{Error, exit};

/// Colours of the help texts.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Examples:
  natless scan                                    audit every enabled region
  natless scan --region eu-west-1 --profile dev   audit one region
  natless path subnet-0aa s3 --region eu-west-1   which way this one takes, hop by hop
  natless explain vpc-gateway-endpoint-missing    what a finding means, how to repair it
  natless permissions > policy.json               the IAM policy a scan needs

Exit codes:
  0    everything was read, and nothing was found at or above --fail-on
  1    findings at or above --fail-on, or a score under --min-score
  2    wrong usage: an option, a file or a name that cannot be used
  3    the scan is incomplete and otherwise clean
  4    nothing could be audited: no credentials, or no region answered
  130  stopped by Ctrl-C or SIGTERM; what was gathered of an account by then was written";

/// Audits an AWS account: which subnets reach AWS services through a NAT gateway although a VPC endpoint could carry the traffic
///
/// natless only reads the account it audits. What it cannot read is unknown, never a pass.
#[derive(Debug, Parser)]
#[command(name = "natless", version, styles = STYLES, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Clone, Args)]
struct GlobalArgs {
    /// When to use colours; `auto` also heeds `NO_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Display")]
    color: Color,
    /// Write nothing to stderr but errors
    #[arg(long, short, global = true, help_heading = "Display")]
    quiet: bool,
    /// Show no progress
    #[arg(long, global = true, help_heading = "Display")]
    no_progress: bool,
    /// Tell on stderr what is done; twice for more
    #[arg(long, short, global = true, action = ArgAction::Count, conflicts_with = "quiet", help_heading = "Display")]
    verbose: u8,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// Text for people or JSON for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TextFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read an account and audit it
    Scan(Box<scan::ScanArgs>),
    /// Audit a snapshot that an earlier scan wrote
    Analyze(analyze::AnalyzeArgs),
    /// Compare two reports of one account: new, fixed, changed, and what cannot be told
    Diff(diff::DiffArgs),
    /// Fold the reports of many accounts into one: totals, and the worst accounts first
    Merge(merge::MergeArgs),
    /// Explain which way a subnet reaches an AWS service, hop by hop
    Path(Box<path::PathArgs>),
    /// Decide policies from files: whom they let through, with proof
    Policy(policy::PolicyArgs),
    /// Write the changes that repair findings: Terraform, CloudFormation or AWS CLI
    Fix(Box<fix::FixArgs>),
    /// Show the account as if changes were made: scores and bill before and after
    Simulate(Box<simulate::SimulateArgs>),
    /// Price a list of quantities
    Estimate(Box<estimate::EstimateArgs>),
    /// Print the prices that bills are made with
    Prices(prices::PricesArgs),
    /// List the checks
    Checks(checks::ChecksArgs),
    /// Print the manual of a check
    Explain(explain::ExplainArgs),
    /// Print the IAM policy that a scan needs
    Permissions(permissions::PermissionsArgs),
    /// Check a settings file
    Config(config::ConfigArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    Man(completions::ManArgs),
}

/// Runs the program with the process's own arguments.
pub fn main() -> ExitCode {
    let matches = Cli::command().color(help_color(std::env::args_os())).try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(print_help(&error)),
    };
    terminal::set_color(cli.global.color);
    start_tracing(cli.global.verbose);
    signals::listen();
    match run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Prints a help text, or what is wrong with the arguments, and gives the exit code.
fn print_help(error: &clap::Error) -> u8 {
    let code = u8::try_from(error.exit_code()).unwrap_or(exit::USAGE);
    match error.print() {
        // Help for a closed pipe is no failure, help for a full disk is.
        Err(source) if source.kind() != std::io::ErrorKind::BrokenPipe && !error.use_stderr() => {
            let failed = Error::Write { what: "help", path: PathBuf::from("standard output"), source };
            terminal::error(&failed);
            failed.exit_code()
        }
        _ => code,
    }
}

/// What `--color` says, for the texts that are written before the arguments are understood.
fn help_color(arguments: impl Iterator<Item = OsString>) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    let mut named = false;
    for argument in arguments.skip(1).take_while(|argument| argument != "--") {
        let argument = argument.to_string_lossy();
        let value = if named { Some(argument.as_ref()) } else { argument.strip_prefix("--color=") };
        choice = match value {
            Some("never") => ColorChoice::Never,
            Some("always") => ColorChoice::Always,
            _ => choice,
        };
        named = argument == "--color";
    }
    choice
}

fn run(cli: Cli) -> Result<u8, Error> {
    let global = cli.global;
    match cli.command {
        Command::Scan(args) => scan::run(&args, &global),
        Command::Analyze(args) => analyze::run(&args, &global),
        Command::Diff(args) => diff::run(&args),
        Command::Merge(args) => merge::run(&args, &global),
        Command::Path(args) => path::run(&args, &global),
        Command::Policy(args) => policy::run(&args),
        Command::Fix(args) => fix::run(&args, &global),
        Command::Simulate(args) => simulate::run(&args, &global),
        Command::Estimate(args) => estimate::run(&args),
        Command::Prices(args) => prices::run(&args),
        Command::Checks(args) => checks::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Permissions(args) => permissions::run(&args),
        Command::Config(args) => config::run(&args),
        Command::Completions(args) => completions::completions(&args, Cli::command()),
        Command::Man(args) => completions::man(&args, Cli::command()),
    }
}

/// Messages of natless on stderr; of the SDK warnings only, because its lower levels show requests with their signatures.
fn start_tracing(verbose: u8) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let own = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let filter = Targets::new().with_default(LevelFilter::WARN).with_target(env!("CARGO_PKG_NAME"), own);
    let lines = tracing_subscriber::fmt::layer().with_writer(crate::log::writer).with_ansi(terminal::stderr_has_color());
    // Only a second call could fail.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    fn refused(line: &str) -> ErrorKind {
        parse(line).expect_err(line).kind()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_says_what_it_does() {
        for command in Cli::command().get_subcommands() {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn scan_takes_every_flag_together() {
        let line = "natless scan --profile p --region eu-west-1,us-east-1 --region us-west-2 --exclude-region us-west-1 \
                    --role-arn arn:aws:iam::111122223333:role/audit --external-id x --endpoint-url http://127.0.0.1:5000 \
                    --record rec --redact --snapshot s.json --out out --format terminal,json --config natless.toml \
                    --fail-on low --min-score 80 --lookback 7 --max-concurrency 8 --timeout 5 --quiet --no-progress --color never";
        parse(line).unwrap();
    }

    #[test]
    fn options_that_exclude_each_other_are_refused() {
        assert_eq!(refused("natless scan --replay a --record b"), ErrorKind::ArgumentConflict);
        assert_eq!(refused("natless scan --replay a --profile b"), ErrorKind::ArgumentConflict);
        for useless in ["--role-arn r", "--redact", "--lookback 7", "--endpoint-url http://127.0.0.1:1"] {
            assert_eq!(refused(&format!("natless scan --replay a {useless}")), ErrorKind::ArgumentConflict, "{useless}");
        }
        parse("natless scan --replay a --region eu-west-1 --timeout 5 --max-concurrency 1").unwrap();
        assert_eq!(refused("natless scan --redact"), ErrorKind::MissingRequiredArgument);
        assert_eq!(refused("natless scan --external-id x"), ErrorKind::MissingRequiredArgument);
        assert_eq!(refused("natless path subnet-0aa s3 --snapshot s.json --replay dir"), ErrorKind::ArgumentConflict);
        assert_eq!(refused("natless path subnet-0aa s3 --snapshot s.json --region eu-west-1"), ErrorKind::ArgumentConflict);
        assert_eq!(refused("natless scan -v --quiet"), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn a_snapshot_conflicts_with_every_option_of_a_connection_and_names_only_the_one_given() {
        let refused = parse("natless path subnet-0aa s3 --snapshot s.json --timeout 3").expect_err("refused").to_string();
        assert!(refused.contains("--timeout <SECONDS>") && !refused.contains("--profile"), "{refused}");
        let command = Cli::command();
        let path = command.find_subcommand("path").unwrap();
        let group = path.get_groups().find(|group| group.get_id() == "ConnectionArgs").unwrap();
        let mut members: Vec<&str> = group.get_args().map(clap::Id::as_str).collect();
        let mut named = connection::ALL.to_vec();
        members.sort_unstable();
        named.sort_unstable();
        assert_eq!(members, named);
    }

    #[test]
    fn help_heeds_the_colour_before_the_arguments_are_understood() {
        let asked = |line: &str| help_color(line.split_whitespace().map(OsString::from));
        assert_eq!(asked("natless --color never scan --fail-on x"), ColorChoice::Never);
        assert_eq!(asked("natless scan --fail-on x --color=always"), ColorChoice::Always);
        assert_eq!(asked("natless explain -- --color never"), ColorChoice::Auto);
        assert_eq!(asked("natless --color sometimes"), ColorChoice::Auto);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for line in [
            "natless scan --min-score 101",
            "natless scan --min-score NaN",
            "natless scan --lookback 0",
            "natless scan --lookback 456",
            "natless scan --max-concurrency 0",
            "natless scan --timeout 0",
            "natless scan --fail-on severe",
            "natless scan --format pdf",
            "natless scan --region ",
            "natless merge report.json --format html",
            "natless merge report.json --accounts 1234",
        ] {
            assert!(matches!(refused(line), ErrorKind::ValueValidation | ErrorKind::InvalidValue), "{line}");
        }
    }
}
