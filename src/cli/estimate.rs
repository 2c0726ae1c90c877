//! `natless estimate`: what a list of quantities would cost.

use clap::Args;
use rust_decimal::Decimal;

use super::terms::{self, TermsArgs};
use super::{TextFormat, terminal};
use crate::cost::{Prices, WhatIf, estimate};
use crate::error::{Error, exit};
use crate::model::price::PriceItem;
use crate::report::estimate::{estimate_json, estimate_text};

const AFTER_HELP: &str = "\
Examples:
  natless estimate --region us-east-1 --nat-hours 730 --nat-gb 100
  natless estimate --region eu-west-1 --endpoint-hours 2190 --endpoint-gb 500 --format json
  natless estimate --region us-east-1                  the break-even alone

Exit codes: 0, or 3 where a quantity has no price in the region.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct EstimateArgs {
    /// Region whose prices hold
    #[arg(long, value_name = "REGION")]
    region: String,
    /// Hours of zonal NAT gateways, all together
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    nat_hours: Option<Decimal>,
    /// GB through zonal NAT gateways
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    nat_gb: Option<Decimal>,
    /// Hours of regional NAT gateways, times the zones they are active in
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    regional_nat_hours: Option<Decimal>,
    /// GB through regional NAT gateways
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    regional_nat_gb: Option<Decimal>,
    /// Hours of interface endpoints, times their zones
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    endpoint_hours: Option<Decimal>,
    /// GB through interface endpoints, all of the region together
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    endpoint_gb: Option<Decimal>,
    /// Hours of Gateway Load Balancer endpoints
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    gwlb_endpoint_hours: Option<Decimal>,
    /// GB through Gateway Load Balancer endpoints
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    gwlb_endpoint_gb: Option<Decimal>,
    /// Hours of transit gateway attachments, all together
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    tgw_attachment_hours: Option<Decimal>,
    /// GB sent into transit gateways
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    tgw_gb: Option<Decimal>,
    /// Hours of public IPv4 addresses, all together
    #[arg(long, value_name = "HOURS", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    public_ipv4_hours: Option<Decimal>,
    /// GB that cross zones; billed in both
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    cross_zone_gb: Option<Decimal>,
    /// GB out to the internet
    #[arg(long, value_name = "GB", value_parser = terms::quantity, allow_negative_numbers = true, help_heading = "Quantities per month")]
    internet_gb: Option<Decimal>,
    #[command(flatten)]
    terms: TermsArgs,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

pub(super) fn run(args: &EstimateArgs) -> Result<u8, Error> {
    let quantities = [
        (PriceItem::NatHour, args.nat_hours),
        (PriceItem::NatGb, args.nat_gb),
        (PriceItem::RegionalNatHour, args.regional_nat_hours),
        (PriceItem::RegionalNatGb, args.regional_nat_gb),
        (PriceItem::InterfaceEndpointHour, args.endpoint_hours),
        (PriceItem::InterfaceEndpointGb, args.endpoint_gb),
        (PriceItem::GwlbEndpointHour, args.gwlb_endpoint_hours),
        (PriceItem::GwlbEndpointGb, args.gwlb_endpoint_gb),
        (PriceItem::TgwAttachmentHour, args.tgw_attachment_hours),
        (PriceItem::TgwGb, args.tgw_gb),
        (PriceItem::PublicIpv4Hour, args.public_ipv4_hours),
        (PriceItem::CrossZoneGb, args.cross_zone_gb),
        (PriceItem::InternetGb, args.internet_gb),
    ];
    let quantities = quantities.into_iter().filter_map(|(item, quantity)| Some((item, quantity?))).collect();
    let what_if = WhatIf { region: args.region.clone(), quantities };
    let found = estimate(&what_if, Prices::embedded(), &args.terms.over(crate::cost::Terms::default()));
    match args.format {
        TextFormat::Text => terminal::print(&estimate_text(&found, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&estimate_json(&found)?)?,
    }
    let unpriced = !found.complete || (found.lines.is_empty() && found.break_even.is_none());
    Ok(if unpriced { exit::INCOMPLETE } else { exit::CLEAN })
}
