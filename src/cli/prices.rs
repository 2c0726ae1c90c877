//! `natless prices`: the prices that bills are made with.

use clap::Args;

use super::nearest::nearest;
use super::{TextFormat, terminal};
use crate::cost::Prices;
use crate::error::{Error, exit};
use crate::report::estimate;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  natless prices eu-west-1\n  natless prices --format json | jq '.regions[].region'")]
pub(super) struct PricesArgs {
    /// Region; every region that has prices where none is named
    #[arg(value_name = "REGION")]
    regions: Vec<String>,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

pub(super) fn run(args: &PricesArgs) -> Result<u8, Error> {
    let prices = Prices::embedded();
    if let Some(unknown) = args.regions.iter().find(|region| prices.of_region(region).next().is_none()) {
        return Err(Error::UnknownName {
            kind: "region",
            name: unknown.clone(),
            nearest: nearest(unknown, prices.regions()),
            help: "natless has no prices for it, and calls everything there unpriced; `natless prices` lists the regions it has",
            unread: Vec::new(),
        });
    }
    let regions: Vec<&str> =
        if args.regions.is_empty() { prices.regions().collect() } else { args.regions.iter().map(String::as_str).collect() };
    match args.format {
        TextFormat::Text => terminal::print(&estimate::prices_text(prices, &regions, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&estimate::prices_json(prices, &regions)?)?,
    }
    Ok(exit::CLEAN)
}
