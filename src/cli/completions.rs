//! `natless completions` and `natless man`: what shells and `man` need to know, made from the command line itself.

use clap::{Args, Command};
use clap_complete::Shell;

use super::nearest::nearest;
use super::terminal;
use crate::error::{Error, exit};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  natless completions bash > /etc/bash_completion.d/natless\n  natless completions zsh > ~/.zfunc/_natless\n  natless completions fish > ~/.config/fish/completions/natless.fish"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  natless man > natless.1\n  natless man scan | man -l -")]
pub(super) struct ManArgs {
    /// Subcommand whose page is printed [default: that of natless itself]
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn completions(args: &CompletionsArgs, mut program: Command) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "natless", &mut script);
    terminal::print_plain(&String::from_utf8_lossy(&script))?;
    Ok(exit::CLEAN)
}

pub(super) fn man(args: &ManArgs, mut program: Command) -> Result<u8, Error> {
    // Fills in the options of every subcommand, and their names as they are typed.
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| Error::UnknownName {
            kind: "command",
            name: name.clone(),
            nearest: nearest(name, program.get_subcommands().map(Command::get_name)),
            help: "`natless --help` lists them all",
            unread: Vec::new(),
        })?,
    };
    let mut text = Vec::new();
    let failed = |source| Error::Write { what: "page", path: "standard output".into(), source };
    clap_mangen::Man::new(page).render(&mut text).map_err(failed)?;
    terminal::print_plain(&String::from_utf8_lossy(&text))?;
    Ok(exit::CLEAN)
}
