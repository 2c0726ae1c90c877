//! `vpc-interface-endpoint-unprofitable`.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::endpoints::aws_service;
use super::idle_endpoints::is_young;
use super::naming_policies::NamingPolicies;
use super::outside_callers::serves_others;
use super::vpc_endpoint_bundle_incomplete::partners;
use super::vpc_interface_endpoint_where_gateway_serves::is_needed;
use crate::analyze::check::declare_check;
use crate::analyze::checks::occupancy::{Clients, Occupancy};
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::cost::{BreakEven, Measured, cents, exact, rounded};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, NatGatewayState, VpcEndpoint};
use crate::model::price::PriceItem;
use crate::network::{Destinations, ELSEWHERE, End, Family, NatZone, Segment};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints of AWS services that carry less than what makes them cheaper than a NAT gateway of
    /// their VPC, which is in use anyway and which their clients would take instead.
    ///
    /// ## Why it matters
    /// An endpoint is billed by the hour in each of its zones, and in return its GB is cheaper than that of a NAT gateway. Below
    /// the break-even (hours times the price of an hour, by the difference of the two prices of a GB) it costs more than it saves.
    /// The hours of the NAT gateway do not count: it stays.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: service, zones, private DNS
    /// - `cloudwatch:GetMetricData`: `AWS/PrivateLinkEndpoints` `BytesProcessed` and the bytes of the NAT gateways
    /// - `ec2:DescribeRouteTables`, `ec2:DescribeSubnets`, `ec2:DescribeNatGateways`, `ec2:DescribeNetworkInterfaces`: which clients
    ///   there are, and their way out
    /// - `s3:GetBucketPolicy`, `s3:GetAccessPointPolicy`: policies that name the endpoint or its VPC
    /// - `ec2:DescribeVpnGateways`, `ec2:DescribeTransitGatewayAttachments`, `ec2:DescribeVpcPeeringConnections`,
    ///   `route53:ListResourceRecordSets`: who else may call the endpoint
    /// - Prices: the list that natless brings along, or that of the account where it was read
    ///
    /// ## When it stays silent
    /// The endpoint is needed where a client has no other way out, where other networks may call it (a central endpoint), or where
    /// the policy of a bucket or access point asks for it or its VPC. Without a NAT gateway in use there is nothing to compare it
    /// with. An endpoint without traffic is the matter of `vpc-interface-endpoint-idle`, one for S3 or `DynamoDB` that of
    /// `vpc-interface-endpoint-where-gateway-serves`. One made within the window has too few days. Private APIs
    /// (`execute-api`) have no other way in. One that costs less than `thresholds.unprofitable_usd` more (any cent unless set) is in
    /// order. Policies of other services, of identities and of the organization are not read:
    /// waive the finding where one names the endpoint, or where traffic must not pass a NAT gateway. Prices, traffic or policies
    /// that were not read give Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: CloudWatch metrics for AWS PrivateLink](https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html)
    /// - [VPC guide: Pricing for NAT gateways](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-unprofitable",
        title: "Interface endpoint costs more than the NAT gateway beside it would",
        severity: Severity::Low,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the endpoint, or take it out of zones without need, unless something other than cost asks for it.",
            command: "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html",
        },
        repair: Repair::Change(repairs::delete_unneeded),
        evaluate: judge_endpoints,
    }
}

/// Services that nobody reaches but through an endpoint, as far as the endpoint's clients use them.
///
/// Source: API Gateway guide, "Private REST APIs in API Gateway"; Transfer Family guide, "Create a server in a virtual private cloud".
const ENDPOINT_ONLY: [&str; 2] = ["execute-api", "transfer.server"];

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    let policies = NamingPolicies::of(audit);
    for (name, region) in audit.regions() {
        let Some(occupancy) = audit.occupancy(name) else { continue };
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            subjects.push(match aws_service(account, endpoint, name) {
                Some(service) => {
                    let case = Case { audit, name, region, occupancy, policies: &policies, endpoint, service };
                    Subject::new(name, resource, case.judge().unwrap_or_else(Verdict::Unknown)).about_service(service)
                }
                None => Subject::new(name, resource, Verdict::NotApplicable),
            });
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// One endpoint.
struct Case<'c> {
    audit: &'c Audit<'c>,
    name: &'c str,
    region: &'c RegionInventory,
    occupancy: &'c Occupancy<'c>,
    policies: &'c NamingPolicies<'c>,
    endpoint: &'c VpcEndpoint,
    service: &'c str,
}

/// The NAT gateways that clients of the VPC would take.
struct Nats<'c> {
    ids: BTreeSet<&'c str>,
    /// Whether some bytes cross zones on the way there.
    crossing: bool,
}

/// From how many GB a month an endpoint pays.
struct Threshold {
    break_even: BreakEven,
    /// Price of a GB that crosses zones to the NAT gateway and back, both sides; 0 where none does.
    crossing: Decimal,
    gb: Decimal,
}

impl Threshold {
    /// What a GB costs less through the endpoint than through the NAT gateway, list price in US dollars.
    fn gain(&self) -> Decimal {
        self.break_even.nat_gb - self.break_even.endpoint_gb + self.crossing
    }
}

impl<'c> Case<'c> {
    fn judge(&self) -> Result<Verdict, Doubt> {
        let endpoint = self.endpoint;
        if endpoint.state != EndpointState::Available || endpoint.subnet_ids.is_empty() || ENDPOINT_ONLY.contains(&self.service) {
            return Ok(Verdict::NotApplicable);
        }
        let young = is_young(self.region, endpoint);
        let measured = match self.measured() {
            // There may not even be a whole day of metrics.
            Err(_) if young => return Ok(Verdict::NotApplicable),
            measured => measured?,
        };
        if measured.gb.is_zero() {
            return Ok(Verdict::NotApplicable);
        }
        match is_needed(self.audit, self.name, self.region, endpoint, self.service) {
            None => {}
            Some(Ok(_)) => return Ok(Verdict::NotApplicable),
            Some(Err(doubt)) => return Err(doubt),
        }
        let plain = self.threshold(false)?;
        if measured.gb >= plain.gb {
            return Ok(Verdict::Pass);
        }
        if young {
            return Ok(Verdict::NotApplicable);
        }
        if serves_others(self.audit, self.name, self.region, endpoint)? {
            return Ok(Verdict::NotApplicable);
        }
        let Some(nats) = self.nats()? else { return Ok(Verdict::NotApplicable) };
        let threshold = if nats.crossing { self.threshold(true)? } else { plain };
        let lost = (threshold.gb - measured.gb) * threshold.gain() * self.audit.costing.terms.paid_share();
        if measured.gb >= threshold.gb || lost < self.audit.settings.thresholds.unprofitable_usd {
            return Ok(Verdict::Pass);
        }
        if self.policies.ask_for(endpoint, self.service)? {
            return Ok(Verdict::NotApplicable);
        }
        Ok(Verdict::Fail(Box::new(self.unprofitable(measured, &threshold, &nats))))
    }

    fn measured(&self) -> Result<&'c Measured, Doubt> {
        let id = &self.endpoint.id;
        self.audit.costing.monthly(self.name, id).ok_or_else(|| {
            let gap = self.region.traffic.vpc_endpoint(id).err();
            Doubt { why: format!("the traffic of {id} was not read"), gaps: gap.into_iter().cloned().collect() }
        })
    }

    fn threshold(&self, crosses: bool) -> Result<Threshold, Doubt> {
        let unpriced = |what: &str| Doubt { why: format!("no price of {what} in {} is known", self.name), gaps: Vec::new() };
        let costing = &self.audit.costing;
        let break_even = costing.break_even(self.name).ok_or_else(|| unpriced("endpoints and NAT gateways"))?;
        let crossing = if crosses {
            let price = costing.prices.get(self.name, PriceItem::CrossZoneGb);
            // Billed in the zone that the bytes leave and in the one they come to.
            price.ok_or_else(|| unpriced("data between zones"))?.marginal(Decimal::ZERO) * Decimal::TWO
        } else {
            Decimal::ZERO
        };
        let zones = Decimal::from(self.endpoint.subnet_ids.len());
        let hours = zones * break_even.hours * break_even.endpoint_hour;
        let threshold = Threshold { break_even, crossing, gb: Decimal::ZERO };
        Ok(Threshold { gb: hours.checked_div(threshold.gain()).unwrap_or_default(), ..threshold })
    }

    /// `None` where a client has no such way, or where the NAT gateway may go itself.
    fn nats(&self) -> Result<Option<Nats<'c>>, Doubt> {
        let vpc_id = &self.endpoint.vpc_id;
        let (mut nats, mut seen) = (Nats { ids: BTreeSet::new(), crossing: false }, false);
        let mut possible = Vec::new();
        for subnet in self.audit.network.subnets_of(self.name, vpc_id) {
            match self.occupancy.clients(&subnet.id) {
                Clients::Present => {
                    seen = true;
                    match self.way_out(&subnet.id)? {
                        Way::Out(ways) => nats.take(ways),
                        Way::Other => return Ok(None),
                    }
                }
                Clients::Possible => possible.push(subnet.id.as_str()),
                Clients::None => {}
            }
        }
        if !seen {
            // Somebody called the endpoint, and is not there just now.
            for subnet_id in possible {
                if let Way::Out(ways) = self.way_out(subnet_id)? {
                    nats.take(ways);
                }
            }
        }
        let gaps = [&self.region.network_interfaces.gap, &self.region.subnets.gap];
        let doubts =
            gaps.into_iter().flatten().map(|gap| Doubt::of_gap(format!("the clients in {vpc_id} were not all read"), gap));
        if let Some(doubt) = Doubt::join(doubts) {
            return Err(doubt);
        }
        Ok((!nats.ids.is_empty() && self.stay(&nats)?).then_some(nats))
    }

    /// How packets leave a subnet for the public addresses of a service, by IPv4.
    fn way_out(&self, subnet_id: &str) -> Result<Way<'c>, Doubt> {
        let ways = &self.audit.costing.ways_out;
        let wanted = (self.name, subnet_id, ELSEWHERE, Family::Ipv4);
        let found = ways.binary_search_by(|path| (&*path.region, &*path.subnet_id, &*path.service, path.family).cmp(&wanted));
        let segments = found.ok().and_then(|at| ways.get(at)).map_or(&[][..], |path| &*path.segments);
        let public: Vec<&Segment> = segments.iter().filter(|segment| segment.destinations == Destinations::Public).collect();
        let told = if public.is_empty() { segments.iter().collect() } else { public };
        if told.is_empty() {
            return Ok(Way::Other);
        }
        let mut out = Vec::new();
        for segment in told {
            match &segment.end {
                End::Nat { nat_gateway_id, vpc_id, zone } if *vpc_id == self.endpoint.vpc_id => {
                    out.push((nat_gateway_id.as_str(), *zone));
                }
                End::Internet { .. } => {}
                End::Unknown { reason, gaps } => return Err(Doubt { why: reason.clone(), gaps: gaps.clone() }),
                End::Nat { .. }
                | End::InterfaceEndpoint { .. }
                | End::GatewayEndpoint { .. }
                | End::None { .. }
                | End::Blackhole { .. }
                | End::Blocked { .. }
                | End::LeavesView { .. }
                | End::Appliance { .. } => return Ok(Way::Other),
            }
        }
        Ok(Way::Out(out))
    }

    /// Whether every one of these gateways is available and carries something anyway.
    fn stay(&self, nats: &Nats<'_>) -> Result<bool, Doubt> {
        let mut doubts = Vec::new();
        for id in &nats.ids {
            let why = || format!("whether {id} is in use was not read");
            match self.region.nat_gateways.find(id) {
                Ok(Some(nat)) if nat.state == NatGatewayState::Available => {}
                Ok(_) => return Ok(false),
                Err(gap) => doubts.push(Doubt::of_gap(why(), gap)),
            }
            match self.region.traffic.nat_gateway(id) {
                Ok(Some(measured)) if measured.billed_bytes() > 0 => {}
                Ok(Some(measured)) if measured.days_reported() > 0 => return Ok(false),
                Ok(_) => doubts.push(Doubt { why: why(), gaps: Vec::new() }),
                Err(gap) => doubts.push(Doubt::of_gap(why(), gap)),
            }
        }
        Doubt::join(doubts).map_or(Ok(true), Err)
    }

    fn unprofitable(&self, measured: &Measured, threshold: &Threshold, nats: &Nats<'_>) -> Failure {
        let (VpcEndpoint { id, vpc_id, subnet_ids, .. }, service) = (self.endpoint, self.service);
        let BreakEven { endpoint_gb, nat_gb, .. } = &threshold.break_even;
        let (carried, needed) = (rounded(measured.gb, 1), rounded(threshold.gb, 1));
        let over = (threshold.gb - measured.gb) * (nat_gb - endpoint_gb + threshold.crossing);
        let over = cents(over * self.audit.costing.terms.paid_share());
        let gateways: Vec<&str> = nats.ids.iter().copied().collect();
        let mut detail = format!(
            "{} stays anyway and would carry that for ${over} less a month. Delete the endpoint if it is there to save NAT bytes. Keep it, \
             and waive this finding, if traffic to {service} must not pass a NAT gateway or a policy that natless does not read names it.",
            few(&gateways)
        );
        let beside = self.partners_beside();
        if !beside.is_empty() {
            detail =
                format!("{detail} Clients use it together with the endpoint for {}, which is judged by itself.", few(&beside));
        }
        Failure {
            title: format!("{id} to {service} carries {carried} GB a month and pays from {needed} GB"),
            detail,
            related: gateways
                .iter()
                .map(|id| (*id).to_owned())
                .chain([vpc_id.clone()])
                .chain(subnet_ids.iter().cloned())
                .collect(),
            evidence: self.evidence(measured, threshold, &gateways),
            severity: None,
        }
    }

    fn evidence(&self, measured: &Measured, threshold: &Threshold, gateways: &[&str]) -> Vec<Evidence> {
        let VpcEndpoint { id, vpc_id, subnet_ids, .. } = self.endpoint;
        let zones = if let [_] = subnet_ids.as_slice() { "1 zone".to_owned() } else { format!("{} zones", subnet_ids.len()) };
        let Measured { gb, days, window_days } = measured;
        let mut evidence = vec![
            Evidence::new(format!("{id} stands in {zones}: {}", few(subnet_ids)), "ec2:DescribeVpcEndpoints", id),
            Evidence::new(
                format!("{} GB a month, from {days} of the {window_days} days of the window", rounded(*gb, 1)),
                "cloudwatch:GetMetricData",
                id,
            ),
            self.priced(threshold.break_even.in_words(), PriceItem::InterfaceEndpointHour),
        ];
        if !threshold.crossing.is_zero() {
            let words = format!(
                "bytes that cross zones on the way to the NAT gateway cost ${} more per GB, which leaves {} GB for {zones}",
                exact(threshold.crossing),
                rounded(threshold.gb, 1)
            );
            evidence.push(self.priced(words, PriceItem::CrossZoneGb));
        }
        let routed = |gateway: &&str| {
            let fact = format!("clients in {vpc_id} leave by {gateway}, which carries other traffic");
            Evidence::new(fact, "ec2:DescribeRouteTables", vpc_id)
        };
        evidence.extend(gateways.iter().map(routed));
        evidence
    }

    /// A fact that rests on a price.
    fn priced(&self, fact: String, item: PriceItem) -> Evidence {
        let known = self.audit.costing.prices.get(self.name, item);
        let day = known.map_or_else(String::new, |price| format!(", as of {}", price.as_of));
        Evidence { fact, source: format!("prices: {}{day}", self.name) }
    }

    /// Services that clients use together with this one and that have an endpoint beside it.
    fn partners_beside(&self) -> Vec<&'static str> {
        let beside = |partner: &&str| {
            self.region.vpc_endpoints.values().any(|other| {
                other.vpc_id == self.endpoint.vpc_id
                    && other.state == EndpointState::Available
                    && aws_service(&self.audit.inventory.account.id, other, self.name) == Some(*partner)
            })
        };
        partners(self.service).into_iter().filter(beside).collect()
    }
}

/// How packets leave a subnet.
enum Way<'c> {
    /// To the internet, by these NAT gateways of the VPC; straight where there is none.
    Out(Vec<(&'c str, NatZone)>),
    /// Not at all, or where another price holds.
    Other,
}

impl<'c> Nats<'c> {
    fn take(&mut self, ways: Vec<(&'c str, NatZone)>) {
        for (id, zone) in ways {
            self.ids.insert(id);
            self.crossing |= zone == NatZone::Other;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::Settings;
    use crate::analyze::fixtures::{self, failures};

    /// One endpoint that carried a GB in 14 days; the NAT gateway stands in `zone`, the clients in eu-west-1a.
    fn account(zone: &str, endpoints: &serde_json::Value) -> serde_json::Value {
        let mut region = json!({
            "vpcs": { "vpc-0aa": {} },
            "subnets": { "subnet-0a": {}, "subnet-0b": { "zone": "eu-west-1b" }, "subnet-0pub": { "zone": zone } },
            "network_interfaces": { "eni-0app": { "subnet_id": "subnet-0a" } },
            "nat_gateways": { "nat-0aa": { "subnet_id": "subnet-0pub" } },
            "route_tables": {
                "rtb-0a": { "subnets": ["subnet-0a"], "routes": ["0.0.0.0/0 -> nat-0aa"] },
                "rtb-0pub": { "subnets": ["subnet-0pub"], "routes": ["0.0.0.0/0 -> igw-0aa"] },
            },
            "traffic": { "nat_gateways": { "nat-0aa": 1 }, "vpc_endpoints": { "vpce-0dkr": 1_u64 << 30 } },
        });
        region["vpc_endpoints"] = endpoints.clone();
        json!({ "regions": { "eu-west-1": region } })
    }

    fn found(zone: &str, endpoints: &serde_json::Value) -> Failure {
        let mut found = failures(&CHECK, &account(zone, endpoints));
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    fn registry(more: &serde_json::Value) -> serde_json::Value {
        let subnets = ["subnet-0a", "subnet-0b"];
        let mut endpoints = json!({ "vpce-0dkr": {
            "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.ecr.dkr", "private_dns": true, "subnet_ids": subnets } });
        endpoints.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        endpoints
    }

    #[test]
    fn the_figures_are_told_with_what_they_rest_on() {
        let one = found("eu-west-1a", &registry(&json!({})));
        // 2 zones x 730 h x $0.011 / ($0.048 - $0.01), and a GB of 14 days over a month of 730 hours.
        assert_eq!(one.title, "vpce-0dkr to ecr.dkr carries 2.2 GB a month and pays from 422.6 GB");
        // 2 x 730 x 0.011 - 2.173 x 0.038
        assert!(one.detail.starts_with("nat-0aa stays anyway and would carry that for $15.98 less a month."), "{}", one.detail);
        let told = |text: &str| one.evidence.iter().any(|fact| fact.fact.contains(text));
        assert!(told("break-even is 211.3 GB per zone and month") && told("stands in 2 zones: subnet-0a, subnet-0b"));
        assert!(told("2.2 GB a month, from 14 of the 14 days") && !told("cross zones") && !one.detail.contains("together"));
    }

    #[test]
    fn bytes_that_cross_zones_lower_the_threshold() {
        let one = found("eu-west-1c", &registry(&json!({})));
        // 2 zones x 730 h x $0.011 / ($0.048 - $0.01 + $0.02)
        assert!(one.title.ends_with("pays from 276.9 GB"), "{}", one.title);
        assert!(one.evidence.iter().any(|fact| fact.fact.contains("cross zones") && fact.fact.contains("$0.02 more per GB")));
    }

    #[test]
    fn a_loss_below_the_threshold_is_in_order() {
        let mut inventory = fixtures::inventory(&account("eu-west-1a", &registry(&json!({}))));
        let mut failing = |usd: &str| {
            let settings = Settings::from_toml(&format!("[thresholds]\nunprofitable_usd = {usd}"), "natless.toml").unwrap();
            inventory.scope.lookback_days = 14;
            let audit = Audit::new(&inventory, &settings);
            judge_endpoints(&audit).iter().filter(|subject| matches!(subject.verdict, Verdict::Fail(_))).count()
        };
        // It loses $15.98.
        assert_eq!((failing("0"), failing("15.97"), failing("15.99")), (1, 1, 0));
    }

    #[test]
    fn the_rest_of_a_bundle_is_told() {
        let api = json!({ "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.ecr.api" });
        let one = found("eu-west-1a", &registry(&json!({ "vpce-0api": api })));
        assert!(one.detail.contains("together with the endpoint for ecr.api"), "{}", one.detail);
    }
}
