//! What a service's name resolves to inside a VPC.
//!
//! Sources: AWS PrivateLink guide, "Access an AWS service using an interface VPC endpoint" (private DNS names need DNS
//! support and DNS host names); Route 53 guide, "Considerations when working with a private hosted zone" (the most specific
//! zone answers, and a name it has no record of does not exist).

use std::net::IpAddr;
use std::sync::Arc;

use super::index::RegionIndex;
use super::{End, Family, Hop, Network, Obstacle};
use crate::model::ec2::{EndpointState, Subnet, Vpc, VpcEndpoint};
use crate::model::route53::{HostedZone, RecordSet};
use crate::model::{Partition, service_slug};

/// What a service's name resolves to.
#[derive(Debug, Clone)]
pub(super) enum Answer<'a> {
    /// The service's public addresses. The hops tell why nothing private answers, where something stands by.
    Public(Vec<Arc<Hop>>),
    /// The interfaces of an endpoint of this region.
    Endpoint { region: &'a str, endpoint: &'a VpcEndpoint, hop: Arc<Hop> },
    /// Nothing that a packet could be sent to, or nothing that is known.
    End { hops: Vec<Arc<Hop>>, end: End },
}

/// Services whose host names do not follow from the name of their endpoint service.
///
/// Source: AWS General Reference, "AWS service endpoints".
const HOSTS: [(&str, &str); 3] =
    [("kinesis-streams", "kinesis"), ("kinesis-firehose", "firehose"), ("s3express", "s3express-control")];

/// The service's name: the private DNS name that AWS tells, else the one that follows from the endpoint service.
pub(super) fn service_name(index: &RegionIndex<'_>, service: &str) -> String {
    let partition = Partition::of_region(index.name);
    let end = format!("{}.{}", index.name, partition.dns_suffix());
    let host = HOSTS
        .iter()
        .find(|(slug, _)| *slug == service)
        .map_or_else(|| service.split('.').rev().collect::<Vec<_>>().join("."), |(_, host)| (*host).to_owned());
    let usual = format!("{host}.{end}");
    let full = ["com.amazonaws", "cn.com.amazonaws"].map(|prefix| format!("{prefix}.{}.{service}", index.name));
    let told = full
        .iter()
        .map(String::as_str)
        .chain([service])
        .find_map(|name| index.data.endpoint_services.get(name))
        .map(|service| service.private_dns_names.as_slice())
        .unwrap_or_default();
    let mut names: Vec<&str> = told.iter().map(|name| name.strip_prefix("*.").unwrap_or(name)).collect();
    names.sort_unstable();
    if names.contains(&usual.as_str()) {
        return usual;
    }
    names.iter().find(|name| name.ends_with(&end)).or(names.first()).map_or(usual, |name| (*name).to_owned())
}

/// Whether an endpoint is for a service of this region.
fn is_for(endpoint: &VpcEndpoint, service: &str, region: &str) -> bool {
    service_slug(&endpoint.service_name, region) == service
        && endpoint.service_region.as_deref().is_none_or(|other| other == region)
}

/// Whether private names are answered in a VPC.
fn private_names(vpc: &Vpc) -> Result<bool, Obstacle> {
    let attributes = [(&vpc.dns_support, "DNS support"), (&vpc.dns_hostnames, "DNS host names")];
    if attributes.iter().any(|(attribute, _)| attribute.known() == Some(&false)) {
        return Ok(false);
    }
    match attributes.iter().find_map(|(attribute, name)| Some((attribute.gap()?, name))) {
        Some((gap, name)) => Err(Obstacle::gap(format!("whether {} has {name} on was not read", vpc.id), gap)),
        None => Ok(true),
    }
}

/// Whether the endpoint's private name has addresses of an IP version.
///
/// Source: EC2 API reference, `DnsOptions`; "service-defined" makes A records for the private name.
fn answers_in(endpoint: &VpcEndpoint, family: Family) -> bool {
    let records = endpoint.dns_record_ip_type.as_deref().or(endpoint.ip_address_type.as_deref()).unwrap_or("ipv4");
    match family {
        Family::Ipv4 => records != "ipv6",
        Family::Ipv6 => matches!(records, "ipv6" | "dualstack"),
    }
}

/// Whether the names that are the endpoint's own, which records of a zone lead to, have addresses of an IP version.
///
/// Source: EC2 API reference, `DnsOptions`; "service-defined" makes A and AAAA records for these names.
fn names_answer_in(endpoint: &VpcEndpoint, family: Family) -> bool {
    let both =
        endpoint.dns_record_ip_type.as_deref() == Some("service-defined") && endpoint.ip_address_type.as_deref() != Some("ipv4");
    answers_in(endpoint, family) || both && family == Family::Ipv6
}

fn hop(kind: &'static str, id: &str, reason: String, source: String) -> Arc<Hop> {
    Arc::new(Hop { kind, id: id.to_owned(), reason, source })
}

struct Query<'n, 'a> {
    network: &'n Network<'a>,
    index: &'n RegionIndex<'a>,
    subnet: &'a Subnet,
    vpc: &'a Vpc,
    service: &'n str,
    name: String,
    family: Family,
}

/// Resolves a service's name inside a subnet's VPC.
pub(super) fn resolve<'a>(
    network: &Network<'a>,
    index: &RegionIndex<'a>,
    subnet: &'a Subnet,
    service: &str,
    family: Family,
) -> Answer<'a> {
    match index.vpc(&subnet.vpc_id) {
        Ok(vpc) => Query { network, index, subnet, vpc, service, name: service_name(index, service), family }.answer(),
        Err(obstacle) => Answer::End { hops: Vec::new(), end: obstacle.into() },
    }
}

impl<'a> Query<'_, 'a> {
    fn unknown(obstacle: Obstacle) -> Answer<'a> {
        Answer::End { hops: Vec::new(), end: obstacle.into() }
    }

    fn answer(&self) -> Answer<'a> {
        let all = self.index.interface_endpoints_of(&self.vpc.id).iter().copied();
        let own: Vec<&VpcEndpoint> = all.filter(|endpoint| is_for(endpoint, self.service, self.index.name)).collect();
        let takes_name = |endpoint: &&VpcEndpoint| endpoint.private_dns && !endpoint.private_dns_only_for_inbound_resolver;
        let available = own.iter().copied().find(|endpoint| takes_name(endpoint) && endpoint.state == EndpointState::Available);
        let names = private_names(self.vpc);
        if names == Ok(false) {
            // Neither endpoints nor zones matter then.
            return Answer::Public(available.map(|endpoint| self.switched_off(endpoint)).into_iter().collect());
        }
        if let Some(endpoint) = available {
            return match names {
                Ok(_) => self.own_endpoint(endpoint),
                Err(obstacle) => Self::unknown(obstacle),
            };
        }
        if let Some(endpoint) = own.iter().find(|endpoint| takes_name(endpoint) && endpoint.state == EndpointState::Partial) {
            return Self::unknown(Obstacle::new(format!("{} works only in part (state partial)", endpoint.id)));
        }
        if let Some(gap) = self.index.data.vpc_endpoints.gap.as_ref().filter(|_| !self.index.is_told(&self.vpc.id)) {
            let reason = format!("not every endpoint of {} was read, so one for {} may be missing", self.vpc.id, self.service);
            return Self::unknown(Obstacle::gap(reason, gap));
        }
        if !self.index.sees_all_of(&self.vpc.id) {
            return Self::unknown(Obstacle::new(format!(
                "{} belongs to account {}, whose endpoints this account does not see",
                self.vpc.id, self.vpc.owner_id
            )));
        }
        self.zones(&own, names)
    }

    fn switched_off(&self, endpoint: &VpcEndpoint) -> Arc<Hop> {
        let reason = format!(
            "{} has private DNS on, but {} has DNS support or DNS host names off, so {} keeps its public addresses",
            endpoint.id, self.vpc.id, self.name
        );
        hop("vpc", &self.vpc.id, reason, format!("ec2:DescribeVpcAttribute {}", self.vpc.id))
    }

    fn own_endpoint(&self, endpoint: &'a VpcEndpoint) -> Answer<'a> {
        if answers_in(endpoint, self.family) {
            let reason = format!(
                "{} resolves to the interfaces of {}: private DNS, DNS support and DNS host names are on",
                self.name, endpoint.id
            );
            let source = format!("ec2:DescribeVpcEndpoints {}", endpoint.id);
            return Answer::Endpoint { region: self.index.name, endpoint, hop: hop("vpc", &self.vpc.id, reason, source) };
        }
        self.other_family(&endpoint.id, "ec2:DescribeVpcEndpoints")
    }

    /// The private name has no address of this IP version.
    fn other_family(&self, id: &str, call: &str) -> Answer<'a> {
        let reason = format!("{id} gives {} no {} address", self.name, self.family);
        match self.family {
            Family::Ipv4 => {
                let end = End::None { reason: reason.clone() };
                Answer::End { hops: vec![hop("vpc", &self.vpc.id, reason, format!("{call} {id}"))], end }
            }
            Family::Ipv6 if self.subnet.dns64 => Self::unknown(Obstacle::new(format!(
                "{reason}, and AWS does not document what DNS64 makes of the endpoint's IPv4 addresses"
            ))),
            Family::Ipv6 => {
                let reason = format!("{reason}; over IPv6 there is the dual-stack name, which it does not answer for");
                Answer::Public(vec![hop("vpc", &self.vpc.id, reason, format!("{call} {id}"))])
            }
        }
    }

    fn zones(&self, own: &[&VpcEndpoint], names: Result<bool, Obstacle>) -> Answer<'a> {
        let zones = match self.vpc.hosted_zones.as_result() {
            Ok(zones) => zones,
            Err(gap) => {
                let reason =
                    format!("the private hosted zones of {} were not read, and one may answer for {}", self.vpc.id, self.name);
                return Self::unknown(Obstacle::gap(reason, gap));
            }
        };
        let holds = |zone: &&HostedZone| {
            self.name.strip_suffix(zone.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let Some(zone) = zones.iter().filter(holds).max_by_key(|zone| (zone.name.len(), std::cmp::Reverse(&zone.id))) else {
            return Answer::Public(Vec::new());
        };
        if zone.owning_service.is_some() {
            // The zone AWS keeps for an endpoint: the endpoint's own switches, looked at above, tell more.
            if !own.is_empty() {
                return Answer::Public(Vec::new());
            }
            let owner = zone.owning_service.as_deref().unwrap_or_default();
            let reason =
                format!("zone {} of {owner} answers for {}, and no endpoint of {} explains it", zone.id, self.name, self.vpc.id);
            return Self::unknown(Obstacle::new(reason));
        }
        match names {
            Err(obstacle) => Self::unknown(obstacle),
            Ok(_) => self.zone(zone),
        }
    }

    fn zone(&self, zone: &HostedZone) -> Answer<'a> {
        let records = match self.network.private_zone(&zone.id) {
            Ok(Some(private)) => &private.records,
            Ok(None) => {
                let hidden = match zone.owning_account.as_deref() {
                    Some(owner) if owner == self.index.account => "whose records were not read".to_owned(),
                    Some(owner) => format!("whose records only account {owner} sees"),
                    None => "whose records only its owner sees".to_owned(),
                };
                let reason = format!("zone {} ({}), {hidden}, answers for {}", zone.id, zone.name, self.name);
                return Self::unknown(Obstacle::new(reason));
            }
            Err(gap) => {
                let reason = format!("zone {} answers for {}, and its records were not read", zone.id, self.name);
                return Self::unknown(Obstacle::gap(reason, gap));
            }
        };
        let wanted = match self.family {
            Family::Ipv4 => "A",
            Family::Ipv6 => "AAAA",
        };
        let answering = self.answering(records, &zone.name);
        let typed = |kind: &str| answering.iter().copied().find(|record| record.record_type == kind);
        match typed(wanted).or_else(|| typed("CNAME")) {
            Some(record) => self.record_target(zone, record),
            None if self.family == Family::Ipv6 && typed("A").is_some() => {
                self.other_family(&zone.id, "route53:ListResourceRecordSets")
            }
            None => {
                let reason = format!("zone {} answers for {} and has no {wanted} record of it", zone.id, self.name);
                let hop = hop("hosted_zone", &zone.id, reason.clone(), format!("route53:ListResourceRecordSets {}", zone.id));
                Answer::End { hops: vec![hop], end: End::None { reason } }
            }
        }
    }

    /// The records that answer for the name itself, by exact match or wildcard; else for the names below it.
    ///
    /// A wildcard answers for no name that has a record of its own, of whatever type (RFC 4592, "The Role of Wildcards in the
    /// Domain Name System").
    fn answering<'r>(&self, records: &'r [RecordSet], zone: &str) -> Vec<&'r RecordSet> {
        let mut names = vec![self.name.clone()];
        let mut rest = self.name.as_str();
        while rest != zone
            && let Some((_, parent)) = rest.split_once('.')
        {
            names.push(format!("*.{parent}"));
            rest = parent;
        }
        names.push(format!("*.{}", self.name));
        let plain = |name: &str| name.replace("\\052", "*").trim_end_matches('.').to_ascii_lowercase();
        let called = |name: &String| records.iter().filter(|record| plain(&record.name) == *name).collect::<Vec<_>>();
        names.iter().map(called).find(|found| !found.is_empty()).unwrap_or_default()
    }

    fn record_target(&self, zone: &HostedZone, record: &RecordSet) -> Answer<'a> {
        let texts = || record.alias.iter().chain(&record.values);
        let source = format!("route53:ListResourceRecordSets {}", zone.id);
        let ids: Vec<&str> = texts().filter_map(|text| endpoint_id(text)).collect();
        let mut found: Vec<(&'a str, &'a VpcEndpoint)> = ids.iter().filter_map(|id| self.endpoint(id)).collect();
        if ids.is_empty() {
            let addresses = texts().filter_map(|text| text.parse::<IpAddr>().ok());
            found = addresses.flat_map(|address| self.endpoints_at(address)).map(|one| (self.index.name, one)).collect();
        }
        found.dedup_by_key(|(_, endpoint)| &endpoint.id);
        let target = ids.first().map_or_else(|| texts().next().cloned().unwrap_or_default(), |id| (*id).to_owned());
        match found.as_slice() {
            [(_, endpoint)]
                if endpoint.state == EndpointState::Available && !ids.is_empty() && !names_answer_in(endpoint, self.family) =>
            {
                self.other_family(&endpoint.id, "ec2:DescribeVpcEndpoints")
            }
            [(region, endpoint)] if endpoint.state == EndpointState::Available => {
                let reason = format!("{} resolves to the interfaces of {}: zone {} says so", self.name, endpoint.id, zone.id);
                Answer::Endpoint { region, endpoint, hop: hop("hosted_zone", &zone.id, reason, source) }
            }
            [(_, endpoint)] => {
                let reason = format!("{} resolves to {}, which is {}", self.name, endpoint.id, endpoint.state);
                Answer::End { hops: vec![hop("hosted_zone", &zone.id, reason.clone(), source)], end: End::None { reason } }
            }
            [] => {
                let data = &self.index.data;
                // An address is told by the interfaces, and whose they are by the endpoints.
                let interfaces = data.network_interfaces.gap.as_ref().filter(|_| ids.is_empty());
                let end = match data.vpc_endpoints.gap.as_ref().or(interfaces) {
                    Some(gap) => Obstacle::gap(format!("{target} is not among the endpoints that were read"), gap).into(),
                    None => End::LeavesView {
                        via: zone.id.clone(),
                        reason: format!("{} resolves to {target}, which is no endpoint of this account", self.name),
                    },
                };
                let reason = format!("{} resolves to {target}: zone {} says so", self.name, zone.id);
                Answer::End { hops: vec![hop("hosted_zone", &zone.id, reason, source)], end }
            }
            _ => Self::unknown(Obstacle::new(format!("zone {} leads {} to several endpoints", zone.id, self.name))),
        }
    }

    /// Endpoints with an interface at this address. What is at it in the subnet's own VPC is nearer than what other VPCs of
    /// the same addresses have there.
    fn endpoints_at(&self, address: IpAddr) -> Vec<&'a VpcEndpoint> {
        let all = self.index.endpoints_at(address);
        let own: Vec<&VpcEndpoint> = all.iter().copied().filter(|endpoint| endpoint.vpc_id == self.vpc.id).collect();
        if own.is_empty() { all.to_vec() } else { own }
    }

    fn endpoint(&self, id: &str) -> Option<(&'a str, &'a VpcEndpoint)> {
        let here = self.index.data.vpc_endpoints.get(id).map(|endpoint| (self.index.name, endpoint));
        here.or_else(|| self.network.regions.values().find_map(|region| Some((region.name, region.data.vpc_endpoints.get(id)?))))
    }
}

/// The endpoint id in one of its DNS names: `vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com` is `vpce-0aa`.
pub(super) fn endpoint_id(name: &str) -> Option<&str> {
    let label = name.split('.').find(|label| label.starts_with("vpce-"))?;
    let rest = label.strip_prefix("vpce-")?;
    let length = "vpce-".len() + rest.find('-').unwrap_or(rest.len());
    label.get(..length)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{ACCOUNT, Build, REGION, gap, only};
    use super::*;
    use crate::model::Observed;
    use crate::model::ec2::EndpointService;

    fn build() -> Build {
        Build::new()
            .vpc("vpc-a", "10.0.0.0/16 2001:db8:0:0::/56")
            .subnet("subnet-c", "vpc-a", "10.0.1.0/24 2001:db8:0:1::/64", "a")
            .subnet("subnet-e", "vpc-a", "10.0.8.0/24 2001:db8:0:8::/64", "a")
            .open_acl("acl-a", "vpc-a", &["subnet-c", "subnet-e"])
            .main_table("rtb-a", "vpc-a", &["10.0.0.0/16 local", "2001:db8::/56 local", "0.0.0.0/0 igw-a", "::/0 igw-a"])
            .igw("igw-a", "vpc-a")
            .rules("sg-e", &["tcp 443 0.0.0.0/0", "tcp 443 ::/0"])
    }

    fn with_endpoint() -> Build {
        build().interface_endpoint("vpce-0aa", "vpc-a", "sqs", &["subnet-e"], &["sg-e"])
    }

    fn end(build: Build, family: Family) -> End {
        let inventory = build.done();
        only(&Network::new(&inventory).path(REGION, "subnet-c", "sqs", family)).end.clone()
    }

    fn word(build: Build) -> &'static str {
        end(build, Family::Ipv4).word()
    }

    fn unknown_because(build: Build, operation: &str) {
        match end(build, Family::Ipv4) {
            End::Unknown { gaps, .. } => assert_eq!(gaps, [gap(operation)]),
            other => panic!("{operation}: {other:?}"),
        }
    }

    #[test]
    fn an_available_endpoint_with_private_dns_takes_the_name() {
        let wanted = End::InterfaceEndpoint { endpoint_id: "vpce-0aa".into(), vpc_id: "vpc-a".into(), same_zone: true };
        assert_eq!(end(with_endpoint(), Family::Ipv4), wanted);
        assert_eq!(word(build()), "none", "no endpoint: public addresses, and no public address to leave with");
    }

    #[test]
    fn an_endpoint_to_another_region_does_not_take_the_name_of_this_one() {
        let of = |region: &str| word(with_endpoint().with_endpoint("vpce-0aa", |one| one.service_region = Some(region.into())));
        assert_eq!((of(REGION), of("us-east-1")), ("interface_endpoint", "none"));
    }

    #[test]
    fn each_switch_that_is_off_gives_the_name_back_to_the_public() {
        type Change = fn(&mut crate::model::RegionInventory);
        let endpoint: [(&str, Change); 5] = [
            ("private DNS off", |region| region.vpc_endpoints.items.get_mut("vpce-0aa").unwrap().private_dns = false),
            ("inbound resolver only", |region| {
                region.vpc_endpoints.items.get_mut("vpce-0aa").unwrap().private_dns_only_for_inbound_resolver = true;
            }),
            ("pending", |region| {
                region.vpc_endpoints.items.get_mut("vpce-0aa").unwrap().state = EndpointState::Pending;
            }),
            ("DNS support off", |region| {
                region.vpcs.items.get_mut("vpc-a").unwrap().dns_support = Observed::Known(false);
            }),
            ("DNS host names off", |region| {
                region.vpcs.items.get_mut("vpc-a").unwrap().dns_hostnames = Observed::Known(false);
            }),
        ];
        for (what, change) in endpoint {
            let mut build = with_endpoint();
            change(build.region());
            assert_eq!(word(build), "none", "{what}");
        }
    }

    #[test]
    fn what_was_not_read_and_decides_is_unknown() {
        let mut build = with_endpoint();
        build.region().vpcs.items.get_mut("vpc-a").unwrap().dns_support = Observed::Unknown(gap("DescribeVpcAttribute"));
        unknown_because(build, "DescribeVpcAttribute");

        let mut build = self::build();
        build.region().vpcs.items.get_mut("vpc-a").unwrap().hosted_zones = Observed::Unknown(gap("ListHostedZonesByVPC"));
        unknown_because(build, "ListHostedZonesByVPC");

        let mut build = self::build();
        build.region().vpc_endpoints.gap = Some(gap("DescribeVpcEndpoints"));
        unknown_because(build, "DescribeVpcEndpoints");

        let mut build = self::build();
        build.region().vpcs.items.clear();
        build.region().vpcs.gap = Some(gap("DescribeVpcs"));
        unknown_because(build, "DescribeVpcs");

        let mut build = self::build().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &[]);
        build.inventory.private_zones.items.clear();
        build.inventory.private_zones.gap = Some(gap("ListResourceRecordSets"));
        unknown_because(build, "ListResourceRecordSets");
    }

    #[test]
    fn what_was_not_read_and_does_not_decide_changes_nothing() {
        let mut build = with_endpoint();
        build.region().vpcs.items.get_mut("vpc-a").unwrap().hosted_zones = Observed::Unknown(gap("ListHostedZonesByVPC"));
        build.region().vpc_endpoints.gap = Some(gap("DescribeVpcEndpoints"));
        assert_eq!(word(build), "interface_endpoint");
        let mut build = self::build();
        build.region().vpcs.items.get_mut("vpc-a").unwrap().dns_hostnames = Observed::Unknown(gap("DescribeVpcAttribute"));
        assert_eq!(word(build), "none", "no endpoint and no zone, so the attribute does not matter");
    }

    #[test]
    fn a_zone_of_the_services_name_leads_to_an_endpoint() {
        let zone = |records: &[&str]| with_endpoint_unnamed().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], records);
        let alias = "sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c3d.sqs.eu-west-1.vpce.amazonaws.com";
        assert_eq!(word(zone(&[alias])), "interface_endpoint");
        assert_eq!(word(zone(&["sqs.eu-west-1.amazonaws.com A 10.0.8.5"])), "interface_endpoint");
        assert_eq!(word(zone(&["*.sqs.eu-west-1.amazonaws.com A 10.0.8.5"])), "interface_endpoint");
        let cname = "sqs.eu-west-1.amazonaws.com CNAME vpce-0aa-1b2c3d-eu-west-1a.sqs.eu-west-1.vpce.amazonaws.com";
        assert_eq!(word(zone(&[cname])), "interface_endpoint");
        assert_eq!(word(zone(&[])), "none", "the zone answers, and has no such name");
        assert_eq!(word(zone(&["sqs.eu-west-1.amazonaws.com A 192.0.2.9"])), "leaves_view");
        let foreign = "sqs.eu-west-1.amazonaws.com A alias vpce-0ff-1b2c3d.sqs.eu-west-1.vpce.amazonaws.com";
        assert_eq!(word(zone(&[foreign])), "leaves_view");
        assert_eq!(word(zone(&["sqs.eu-west-1.amazonaws.com TXT hello"])), "none");
    }

    fn with_endpoint_unnamed() -> Build {
        let mut build = with_endpoint();
        build.region().vpc_endpoints.items.get_mut("vpce-0aa").unwrap().private_dns = false;
        build
    }

    #[test]
    fn the_most_specific_zone_answers_and_a_parents_wildcard_counts() {
        let alias = "A alias vpce-0aa-1b2c3d.sqs.eu-west-1.vpce.amazonaws.com";
        let wide = format!("*.eu-west-1.amazonaws.com {alias}");
        let parent = || with_endpoint_unnamed().zone("Z1", "eu-west-1.amazonaws.com", &["vpc-a"], &[&wide]);
        assert_eq!(word(parent()), "interface_endpoint");
        assert_eq!(word(parent().zone("Z2", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &[])), "none");
        assert_eq!(word(with_endpoint_unnamed().zone("Z3", "example.com", &["vpc-a"], &[])), "none");
        // `notsqs...` is another name, not a parent.
        assert_eq!(word(with_endpoint_unnamed().zone("Z4", "qs.eu-west-1.amazonaws.com", &["vpc-a"], &[&wide])), "none");
    }

    #[test]
    fn a_zone_that_aws_keeps_is_explained_by_the_endpoint_or_not_at_all() {
        let managed = |mut build: Build| {
            let vpc = build.region().vpcs.items.get_mut("vpc-a").unwrap();
            vpc.hosted_zones = Observed::Known(vec![HostedZone {
                id: "Z9".into(),
                name: "sqs.eu-west-1.amazonaws.com".into(),
                owning_account: None,
                owning_service: Some("vpce.amazonaws.com".into()),
            }]);
            word(build)
        };
        assert_eq!(managed(with_endpoint()), "interface_endpoint");
        assert_eq!(managed(with_endpoint_unnamed()), "none");
        assert_eq!(managed(build()), "unknown");
    }

    #[test]
    fn a_zone_whose_records_are_not_seen_names_whoever_sees_them() {
        let hidden = |owner: Option<&str>| {
            let mut build = build().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &[]);
            build.inventory.private_zones.items.clear();
            if let Observed::Known(zones) = &mut build.region().vpcs.items.get_mut("vpc-a").unwrap().hosted_zones {
                zones[0].owning_account = owner.map(str::to_owned);
            }
            match end(build, Family::Ipv4) {
                End::Unknown { reason, .. } => reason,
                other => panic!("{other:?}"),
            }
        };
        assert!(hidden(Some(ACCOUNT)).contains("whose records were not read"));
        assert!(hidden(Some("444455556666")).contains("whose records only account 444455556666 sees"));
        assert!(hidden(None).contains("whose records only its owner sees"));
    }

    #[test]
    fn a_zone_with_ipv4_records_alone_leaves_the_dual_stack_name_to_the_public() {
        let zone = |record: &str| build().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &[record]);
        assert_eq!(end(zone("sqs.eu-west-1.amazonaws.com A 10.0.8.5"), Family::Ipv6).word(), "internet");
        assert_eq!(end(zone("sqs.eu-west-1.amazonaws.com TXT hello"), Family::Ipv6).word(), "none", "the name has no record");
        assert_eq!(end(zone("sqs.eu-west-1.amazonaws.com AAAA 2001:db8:0:8::5"), Family::Ipv4).word(), "none");
    }

    #[test]
    fn a_record_of_another_name_in_the_zone_does_not_answer() {
        let records = ["mail.sqs.eu-west-1.amazonaws.com A 192.0.2.9", "sqs.eu-west-1.amazonaws.com A 10.0.8.5"];
        assert_eq!(
            word(with_endpoint_unnamed().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &records)),
            "interface_endpoint"
        );
    }

    #[test]
    fn a_zone_may_lead_to_an_endpoint_that_is_out_of_service() {
        let alias = "sqs.eu-west-1.amazonaws.com A alias vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com";
        let build = with_endpoint_unnamed().with_endpoint("vpce-0aa", |endpoint| endpoint.state = EndpointState::Deleting).zone(
            "Z1",
            "sqs.eu-west-1.amazonaws.com",
            &["vpc-a"],
            &[alias],
        );
        match end(build, Family::Ipv4) {
            End::None { reason } => assert_eq!(reason, "sqs.eu-west-1.amazonaws.com resolves to vpce-0aa, which is deleting"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_shared_vpc_may_hold_endpoints_that_are_not_seen() {
        let mut build = build();
        build.region().vpcs.items.get_mut("vpc-a").unwrap().owner_id = "444455556666".into();
        assert_eq!(word(build), "unknown");
    }

    #[test]
    fn ipv6_needs_an_endpoint_with_aaaa_records() {
        assert_eq!(end(with_endpoint(), Family::Ipv6).word(), "internet", "the dual-stack name stays public");
        let dual = |kind: &str| {
            let mut build = with_endpoint();
            build.region().vpc_endpoints.items.get_mut("vpce-0aa").unwrap().dns_record_ip_type = Some(kind.into());
            build
        };
        assert_eq!(end(dual("dualstack"), Family::Ipv6).word(), "interface_endpoint");
        assert_eq!(end(dual("service-defined"), Family::Ipv6).word(), "internet");
        assert_eq!(end(dual("ipv6"), Family::Ipv4).word(), "none", "the name has no IPv4 address");
        let mut build = with_endpoint();
        build.region().subnets.items.get_mut("subnet-c").unwrap().dns64 = true;
        assert_eq!(end(build, Family::Ipv6).word(), "unknown");
    }

    #[test]
    fn names_follow_from_the_endpoint_service_unless_aws_tells_one() {
        let mut inventory = build().done();
        let told = EndpointService {
            name: "com.amazonaws.eu-west-1.ecr.dkr".into(),
            kinds: Vec::new(),
            zones: Vec::new(),
            owner: "amazon".into(),
            private_dns_names: vec!["*.dkr.ecr.eu-west-1.amazonaws.com".into(), "dkr-ecr.eu-west-1.on.aws".into()],
            policy_supported: true,
            acceptance_required: false,
        };
        inventory.regions.get_mut(REGION).unwrap().endpoint_services.items.insert(told.name.clone(), told);
        let network = Network::new(&inventory);
        let index = network.region(REGION).unwrap();
        assert_eq!(service_name(index, "ecr.dkr"), "dkr.ecr.eu-west-1.amazonaws.com");
        assert_eq!(service_name(index, "ecr.api"), "api.ecr.eu-west-1.amazonaws.com");
        assert_eq!(service_name(index, "s3"), "s3.eu-west-1.amazonaws.com");
        assert_eq!(service_name(index, "kinesis-streams"), "kinesis.eu-west-1.amazonaws.com");
    }

    #[test]
    fn a_record_of_another_type_takes_the_name_from_a_wildcard() {
        let target = "alias vpce-0aa-1b2c3d.sqs.eu-west-1.vpce.amazonaws.com";
        let dual = || with_endpoint_unnamed().with_endpoint("vpce-0aa", |one| one.dns_record_ip_type = Some("dualstack".into()));
        let zone = |records: &[&str]| dual().zone("Z1", "eu-west-1.amazonaws.com", &["vpc-a"], records);
        let (wide, exact) =
            (format!("*.eu-west-1.amazonaws.com AAAA {target}"), format!("sqs.eu-west-1.amazonaws.com A {target}"));
        assert_eq!(end(zone(&[&wide]), Family::Ipv6).word(), "interface_endpoint");
        assert_eq!(end(zone(&[&wide, &exact]), Family::Ipv6).word(), "internet");
    }

    #[test]
    fn a_record_of_a_zone_leads_to_no_addresses_that_the_endpoints_name_has_not() {
        let target = "alias vpce-0aa-1b2c3d.sqs.eu-west-1.vpce.amazonaws.com";
        let records = ["A", "AAAA"].map(|kind| format!("sqs.eu-west-1.amazonaws.com {kind} {target}"));
        let of_kind = |kind: &str, family| {
            let build = with_endpoint_unnamed().with_endpoint("vpce-0aa", |one| {
                one.ip_address_type = Some("dualstack".into());
                one.dns_record_ip_type = Some(kind.into());
            });
            end(build.zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &[&records[0], &records[1]]), family).word()
        };
        assert_eq!((of_kind("ipv4", Family::Ipv4), of_kind("ipv4", Family::Ipv6)), ("interface_endpoint", "internet"));
        assert_eq!((of_kind("ipv6", Family::Ipv4), of_kind("ipv6", Family::Ipv6)), ("none", "interface_endpoint"));
        let both = ("interface_endpoint", "interface_endpoint");
        assert_eq!((of_kind("service-defined", Family::Ipv4), of_kind("service-defined", Family::Ipv6)), both);
    }

    #[test]
    fn an_address_whose_interface_was_not_read_may_be_an_endpoints() {
        let records = ["sqs.eu-west-1.amazonaws.com A 10.0.8.5"];
        let mut build = with_endpoint_unnamed().zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &records);
        build.region().network_interfaces.items.clear();
        build.region().network_interfaces.gap = Some(gap("DescribeNetworkInterfaces"));
        unknown_because(build, "DescribeNetworkInterfaces");
    }

    #[test]
    fn an_address_of_the_own_vpc_is_not_that_of_another_vpc() {
        let records = ["sqs.eu-west-1.amazonaws.com A 10.0.8.5"];
        let build = with_endpoint_unnamed()
            .zone("Z1", "sqs.eu-west-1.amazonaws.com", &["vpc-a"], &records)
            .vpc("vpc-0", "10.0.0.0/16")
            .subnet("subnet-0", "vpc-0", "10.0.8.0/24", "a")
            .interface_endpoint("vpce-000", "vpc-0", "sqs", &["subnet-0"], &["sg-e"]);
        assert!(matches!(end(build, Family::Ipv4), End::InterfaceEndpoint { endpoint_id, .. } if endpoint_id == "vpce-0aa"));
    }

    #[test]
    fn endpoint_ids_are_read_from_names() {
        assert_eq!(endpoint_id("vpce-0aa-1b2c.sqs.eu-west-1.vpce.amazonaws.com"), Some("vpce-0aa"));
        assert_eq!(endpoint_id("\\052.vpce-0aa-1b2c.s3.eu-west-1.vpce.amazonaws.com"), Some("vpce-0aa"));
        assert_eq!(endpoint_id("sqs.eu-west-1.amazonaws.com"), None);
    }
}
