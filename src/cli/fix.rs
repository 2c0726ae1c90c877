//! `natless fix`: writes the changes that repair findings, each proven on the account that the ones before it leave.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::source::SourceArgs;
use super::{GlobalArgs, terminal};
use crate::analyze::{Simulation, simulate};
use crate::error::{Error, exit};
use crate::files;
use crate::fix::{self, Rendered, Rendering};
use crate::report::simulation;

const AFTER_HELP: &str = "\
natless only writes files: nothing is changed until somebody runs them.

Examples:
  natless fix --snapshot account.json --format cli
  natless fix --snapshot account.json --format terraform --out fixes
  natless fix --replay mocks/accounts/three-tier --check vpc-gateway-endpoint-unrouted --format cli

Exit codes: 0 where every chosen finding is repaired by what was written; 1 where some are not; 3 where the account was not read whole.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct FixArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Language of the changes
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    format: FixFormat,
    /// Write files into a folder [default: to stdout]
    #[arg(long, value_name = "DIR", help_heading = "Report")]
    out: Option<PathBuf>,
}

/// Languages of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FixFormat {
    /// fix.tf
    Terraform,
    /// One template per region.
    Cloudformation,
    /// fix.sh and undo.sh with commands of the AWS CLI; stdout gets the first
    Cli,
}

impl From<FixFormat> for Rendering {
    fn from(format: FixFormat) -> Self {
        match format {
            FixFormat::Terraform => Self::Terraform,
            FixFormat::Cloudformation => Self::CloudFormation,
            FixFormat::Cli => Self::Cli,
        }
    }
}

pub(super) fn run(args: &FixArgs, global: &GlobalArgs) -> Result<u8, Error> {
    if let Some(folder) = &args.out {
        files::make_folder(folder)?;
    }
    let source = args.source.read(global)?;
    let found = simulate(&source.inventory, &source.settings, &|finding| args.source.chooses(finding));
    args.source.check_findings(found.before.findings.iter())?;
    let rendered = render(&found, args.format.into());
    match &args.out {
        None => {
            if args.format == FixFormat::Cloudformation && rendered.files.len() > 1 {
                return Err(Error::Usage {
                    problem: "there is one template per region, and stdout takes one",
                    help: "give a folder with `--out DIR`, or one `--region`",
                });
            }
            // The undo is another script: both in one stream would make the changes and take them back.
            if let Some((_, text)) = rendered.files.first() {
                terminal::print_plain(text)?;
            }
        }
        Some(folder) => {
            // Changes without their undo are worse than none.
            for (name, _) in &rendered.files {
                files::check_writable(&folder.join(name), "changes")?;
            }
            for (name, text) in &rendered.files {
                let path = folder.join(name);
                let mode = if text.starts_with("#!") { 0o755 } else { 0o644 };
                files::write_whole(&path, "changes", Some(mode), |file| file.write_all(text.as_bytes()))?;
                if !global.quiet {
                    terminal::notice(&format!("wrote {}", path.display()));
                }
            }
        }
    }
    let open = found.before.findings.iter().filter(|finding| args.source.chooses(finding));
    let repaired = |id: &String| found.steps.iter().any(|step| step.findings.contains(id));
    let left: Vec<_> = open.filter(|finding| !repaired(&finding.id)).collect();
    if !global.quiet {
        for line in simulation::left_open(&found, &left, &rendered.by_hand) {
            terminal::notice(&line);
        }
    }
    Ok(if source.interrupted {
        exit::INTERRUPTED
    } else if !left.is_empty() {
        exit::FINDINGS
    } else if !source.inventory.gaps.is_empty() {
        exit::INCOMPLETE
    } else {
        exit::CLEAN
    })
}

fn render(found: &Simulation, rendering: Rendering) -> Rendered {
    let header = simulation::header(found);
    let steps: Vec<fix::PlanStep<'_>> = found
        .steps
        .iter()
        .map(|step| fix::PlanStep { change: &step.change, notes: simulation::notes(step, &found.before) })
        .collect();
    fix::render(&fix::Plan { header: &header, steps: &steps }, rendering)
}
