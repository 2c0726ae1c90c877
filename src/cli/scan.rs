//! `natless scan`: reads an account and audits it.

use std::path::PathBuf;

use clap::Args;

use super::GlobalArgs;
use super::connection::ConnectionArgs;
use super::delivery::{DeliveryArgs, Hands};
use super::live::Live;
use super::organization::{self, OrganizationArgs};
use super::output::OutputArgs;
use crate::collect::ScanRequest;
use crate::error::Error;
use crate::run::{self, Audited};
use crate::{files, snapshot};

const AFTER_HELP: &str = "\
Examples:
  natless scan
  natless scan --profile dev --region eu-west-1 --region us-east-1
  natless scan --role-arn arn:aws:iam::111122223333:role/audit --external-id abc
  natless scan --format json | jq '.findings[].title'
  natless scan --out reports --snapshot account.json --fail-on medium --min-score 80
  natless scan --out reports --history history
  natless scan --organization --role-name natless-audit --out reports
  natless scan --deliver-s3 s3://audit-reports/natless --deliver-sns arn:aws:sns:eu-west-1:111122223333:natless
  natless scan --format markdown --baseline last/report.json
  natless scan --replay mocks/accounts/three-tier";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(flatten)]
    pub(super) organization: OrganizationArgs,
    /// Keep all that was read in a file, for `natless analyze` and `natless path`
    #[arg(long, value_name = "FILE", help_heading = "Recording")]
    snapshot: Option<PathBuf>,
    /// Ask the AWS Price List API for today's prices, in place of the built-in ones (action pricing:GetProducts)
    #[arg(long, help_heading = "Account")]
    live_prices: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    pub(super) delivery: DeliveryArgs,
}

pub(super) fn run(args: &ScanArgs, global: &GlobalArgs) -> Result<u8, Error> {
    let plan = args.output.plan()?;
    if let Some(path) = &args.snapshot {
        files::check_writable(path, "snapshot")?;
    }
    let request = ScanRequest { live_prices: args.live_prices, ..args.connection.request(jiff::Timestamp::now()) };
    if args.organization.organization {
        return organization::run(args, plan, request, global);
    }
    let live = Live::start(global)?;
    let inventory = live.wait(|observer, stop| run::read_account(&request, observer, stop))?;
    let interrupted = live.interrupted();
    let kept = args.snapshot.as_deref().map_or(Ok(()), |path| snapshot::write(path, &inventory));
    let audited = Audited::new(inventory, &plan.settings);
    // A disk that is full costs the snapshot and not the report.
    let destinations = args.delivery.destinations();
    let hands = (!destinations.is_empty()).then_some(Hands { live: &live, request: &request, destinations: &destinations });
    let code = plan.deliver(audited, interrupted, hands.as_ref(), global)?;
    kept.map(|()| code)
}
