//! `natless path`: which way one subnet reaches one service.

use std::path::PathBuf;

use clap::Args;

use super::connection::{self, ConnectionArgs};
use super::live::Live;
use super::nearest::nearest;
use super::{GlobalArgs, TextFormat, terminal};
use crate::error::{Error, exit};
use crate::model::ec2::Subnet;
use crate::model::{Inventory, service_slug};
use crate::network::{End, Family, Network, Path};
use crate::report::path_text::{self, PathView};
use crate::report::path_v1;
use crate::{run, snapshot};

const AFTER_HELP: &str = "\
Examples:
  natless path subnet-0aa s3 --region eu-west-1
  natless path subnet-0aa com.amazonaws.eu-west-1.ecr.api --snapshot account.json
  natless path subnet-0aa dynamodb --replay mocks/accounts/three-tier --format json";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PathArgs {
    /// Id of the subnet
    #[arg(value_name = "SUBNET")]
    subnet: String,
    /// Service by its short name (s3, ecr.api) or by the name of its endpoint service
    #[arg(value_name = "SERVICE")]
    service: String,
    /// Take the account from a file that `natless scan --snapshot` wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = connection::ALL, help_heading = "Recording")]
    snapshot: Option<PathBuf>,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    format: TextFormat,
    #[command(flatten)]
    connection: ConnectionArgs,
}

pub(super) fn run(args: &PathArgs, global: &GlobalArgs) -> Result<u8, Error> {
    if let Some(path) = &args.snapshot {
        return explain(args, &snapshot::read(path)?);
    }
    let request = args.connection.request(jiff::Timestamp::now());
    let live = Live::start(global)?;
    let inventory = live.wait(|observer, stop| run::read_account(&request, observer, stop))?;
    let explained = explain(args, &inventory);
    if !live.interrupted() {
        return explained;
    }
    // That a stopped scan has not read the subnet is told, and is not what ended the run.
    if let Err(error) = explained {
        terminal::error(&error);
    }
    Ok(exit::INTERRUPTED)
}

fn explain(args: &PathArgs, inventory: &Inventory) -> Result<u8, Error> {
    let (region, subnet) = find_subnet(inventory, &args.subnet)?;
    let network = Network::new(inventory);
    let service = find_service(inventory, &network, region, &args.service)?;
    let paths: Vec<Path> =
        [Family::Ipv4, Family::Ipv6].into_iter().map(|family| network.path(region, &subnet.id, service, family)).collect();
    let view = PathView { inventory, region, subnet, service, paths: &paths };
    match args.format {
        TextFormat::Text => terminal::print(&path_text::render(&view, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&path_v1::render(&view)?)?,
    }
    let unknown = paths.iter().flat_map(|path| path.segments.iter()).any(|segment| matches!(segment.end, End::Unknown { .. }));
    Ok(if unknown { exit::INCOMPLETE } else { exit::CLEAN })
}

/// The subnet with this id, and its region.
fn find_subnet<'a>(inventory: &'a Inventory, id: &str) -> Result<(&'a str, &'a Subnet), Error> {
    let found = inventory.regions.iter().find_map(|(name, region)| region.subnets.get(id).map(|subnet| (name.as_str(), subnet)));
    found.ok_or_else(|| {
        let ids = inventory.regions.values().flat_map(|region| region.subnets.items.keys().map(String::as_str));
        let unread = inventory.regions.iter().filter(|(_, region)| !region.subnets.is_complete());
        Error::UnknownName {
            kind: "subnet",
            name: id.to_owned(),
            nearest: nearest(id, ids),
            help: "check that its region is among those that were read",
            unread: unread.map(|(name, _)| name.clone()).collect(),
        }
    })
}

/// The short name of this service, where the region has it.
fn find_service<'a>(inventory: &Inventory, network: &Network<'_>, region: &str, name: &'a str) -> Result<&'a str, Error> {
    let service = service_slug(name, region);
    let mut known = network.services(region);
    let offered = inventory.regions.get(region).map(|region| &region.endpoint_services);
    known.extend(offered.into_iter().flat_map(|offered| offered.items.keys()).map(|name| service_slug(name, region).to_owned()));
    // Without the list of services a name cannot be called wrong.
    if known.contains(service) || offered.is_none_or(|offered| !offered.is_complete()) {
        return Ok(service);
    }
    Err(Error::UnknownName {
        kind: "service",
        name: name.to_owned(),
        nearest: nearest(service, known.iter().map(String::as_str)),
        help: "name it as its endpoint service is named, such as `s3`, `ecr.api` or `secretsmanager`",
        unread: Vec::new(),
    })
}
