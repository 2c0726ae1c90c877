//! One subnet's way to one service, explained hop by hop, for people.

use anstyle::Style;

use super::names::{Names, with_name};
use super::page::{BAD, FAINT, GOOD, NAME, PLAIN, Page, STRONG, Span, WARN};
use super::text;
use crate::model::Inventory;
use crate::model::ec2::Subnet;
use crate::network::{Destinations, End, NatZone, Path, Segment};

/// Address blocks named per way; more are counted.
const BLOCKS_NAMED: usize = 4;

/// The paths of one subnet to one service, and where they lie.
#[derive(Debug, Clone, Copy)]
pub struct PathView<'a> {
    /// The account.
    pub inventory: &'a Inventory,
    /// Region of subnet and service.
    pub region: &'a str,
    /// The subnet.
    pub subnet: &'a Subnet,
    /// Short name of the service.
    pub service: &'a str,
    /// One path per IP version.
    pub paths: &'a [Path],
}

/// The explanation for a terminal of this many columns, with style codes.
#[must_use]
pub fn render(view: &PathView<'_>, columns: usize) -> String {
    let mut page = Page::new(columns);
    let names = Names::of(view.inventory);
    let subnet = with_name(&view.subnet.id, view.subnet.tags.get("Name").map(String::as_str));
    page.line(0, &[Span::new(subnet, STRONG), Span::plain(" to "), Span::new(view.service, STRONG)]);
    page.line(0, &[Span::new(format!("{} in {}", view.subnet.zone, names.vpc(&view.subnet.vpc_id)), FAINT)]);
    for path in view.paths {
        page.gap();
        write_path(&mut page, path);
    }
    page.finish()
}

fn write_path(page: &mut Page, path: &Path) {
    if path.segments.is_empty() {
        page.line(
            0,
            &[
                Span::new(path.family.to_string(), STRONG),
                Span::new(format!("  the subnet has no {} addresses", path.family), FAINT),
            ],
        );
        return;
    }
    for (number, segment) in path.segments.iter().enumerate() {
        if number > 0 {
            page.gap();
        }
        let (word, style, end) = describe_end(&segment.end);
        let label = [Span::new(path.family.to_string(), STRONG), Span::plain("  "), Span::new(format!("{word}  "), style.bold())];
        page.hanging(&label, label.iter().map(Span::width).sum(), &end, PLAIN);
        page.paragraph(6, &describe_destinations(segment), FAINT);
        write_hops(page, path, segment);
    }
}

fn write_hops(page: &mut Page, path: &Path, segment: &Segment) {
    for (number, hop) in path.hops(segment).enumerate() {
        let kind = hop.kind.replace('_', " ");
        page.line(
            2,
            &[Span::new(format!("{:>2}  ", number + 1), FAINT), Span::plain(format!("{kind} ")), Span::new(&hop.id, NAME)],
        );
        page.paragraph(6, &hop.reason, PLAIN);
        page.paragraph(6, &format!("told by {}", hop.source), FAINT);
    }
}

pub(super) fn describe_destinations(segment: &Segment) -> String {
    let blocks = |nets: &[ipnet::IpNet]| text::list(&nets.iter().map(ToString::to_string).collect::<Vec<_>>(), BLOCKS_NAMED);
    match &segment.destinations {
        Destinations::Name => "for the addresses that the service's name resolves to in the VPC".to_owned(),
        Destinations::Prefixes(nets) => format!("for {} of the service's prefix list: {}", count_blocks(nets), blocks(nets)),
        Destinations::Public => "for the service's public addresses".to_owned(),
        Destinations::PossiblyWithin(nets) => format!("only if the service has addresses in {}", blocks(nets)),
    }
}

fn count_blocks(nets: &[ipnet::IpNet]) -> String {
    text::count(text::len(nets), "block", "blocks")
}

/// Word, style and sentence of an end.
pub(super) fn describe_end(end: &End) -> (&'static str, Style, String) {
    match end {
        End::InterfaceEndpoint { endpoint_id, vpc_id, same_zone } => {
            let zone = if *same_zone { "in the subnet's zone" } else { "in another zone" };
            ("interface endpoint", GOOD, format!("{endpoint_id} of {vpc_id}, {zone}"))
        }
        End::GatewayEndpoint { endpoint_id } => ("gateway endpoint", GOOD, format!("{endpoint_id}, free of charge")),
        End::Nat { nat_gateway_id, vpc_id, zone } => {
            let zone = match zone {
                NatZone::Same => "in the subnet's zone",
                NatZone::Other => "in another zone",
                NatZone::Regional => "in every zone",
            };
            ("NAT gateway", WARN, format!("{nat_gateway_id} of {vpc_id}, {zone}; billed per GB"))
        }
        End::Internet { gateway_id } => ("internet", PLAIN, format!("through {gateway_id}")),
        End::None { reason } => ("no way", BAD, reason.clone()),
        End::Blackhole { target_id } => ("blackhole", BAD, format!("the route's target {target_id} is gone")),
        End::Blocked { by, reason } => ("blocked", BAD, format!("by {by}: {reason}")),
        End::LeavesView { via, reason } => ("leaves view", NAME, format!("through {via}: {reason}")),
        End::Appliance { id } => ("appliance", NAME, format!("{id} forwards by rules of its own")),
        End::Unknown { reason, gaps } => {
            let gaps: Vec<&str> = gaps.iter().map(|gap| gap.0.as_str()).collect();
            let not_read =
                if gaps.is_empty() { String::new() } else { format!(" (not read: {})", text::list(&gaps, BLOCKS_NAMED)) };
            ("unknown", NAME, format!("{reason}{not_read}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Family;
    use crate::report::sample;

    fn explain(subnet: &str, service: &str, family: Family) -> String {
        let (assessment, inventory) = (sample::assessment(), sample::inventory());
        let asked = |path: &&Path| &*path.subnet_id == subnet && &*path.service == service && path.family == family;
        let paths: Vec<Path> = assessment.paths.iter().filter(asked).cloned().collect();
        let subnet = inventory.regions["eu-west-1"].subnets.get(subnet).unwrap();
        let view = PathView { inventory: &inventory, region: "eu-west-1", subnet, service, paths: &paths };
        anstream::adapter::strip_str(&render(&view, 80)).to_string()
    }

    #[test]
    fn every_end_is_named_and_every_line_fits() {
        let words = [
            "interface endpoint",
            "gateway endpoint",
            "NAT gateway",
            "NAT gateway",
            "NAT gateway",
            "internet",
            "no way",
            "blackhole",
            "blocked",
            "leaves view",
            "appliance",
            "unknown",
        ];
        for (number, word) in words.into_iter().enumerate() {
            let text = explain("subnet-0aa", &format!("service{number}"), Family::Ipv4);
            assert!(text.contains(&format!("\nIPv4  {word}  ")), "{text}");
            assert!(text.contains("told by ec2:DescribeRouteTables rtb-0aa"), "{text}");
            assert!(text.lines().all(|line| text::width(line) <= 80 && !line.chars().any(text::is_hostile)), "{text}");
        }
    }

    #[test]
    fn a_split_path_tells_which_addresses_go_where() {
        let text = explain("subnet-0aa", "s3", Family::Ipv4);
        assert!(text.contains("for 1 block of the service's prefix list: 198.51.100.0/24"), "{text}");
        assert!(text.contains("only if the service has addresses in 198.51.100.0/24"), "{text}");
    }

    #[test]
    fn no_addresses_and_what_was_not_read_are_said() {
        assert!(explain("subnet-0cc", "s3", Family::Ipv4).contains("IPv4  the subnet has no IPv4 addresses"));
        let unknown = explain("subnet-0aa", "service11", Family::Ipv4);
        assert!(unknown.contains("(not read:") && unknown.contains("eu-west-1/ec2:DescribeRouteTables)"), "{unknown}");
    }
}
