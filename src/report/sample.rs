//! An assessment with every variant and hostile text in it, for the tests of the formats.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Facts;
use crate::analyze::check::declare_check;
use crate::analyze::history::{Comparison, Record, TrendPoint, compare};
use crate::analyze::{
    Assessment, Audit, Check, CheckCounts, Doubt, Evidence, Finding, Pillar, Plan, PlanStep, Proof, Proposal, Remediation,
    Repair, Repaired, Resource, Score, Scores, Severity, Subject, UnknownSubject, WaivedWaste, WaiverNote,
};
use crate::cost::{Bill, BillLine, Unpriced, UsdRange};
use crate::fix::{Change, ChangeKind, Edit};
use crate::model::ec2::{Subnet, Vpc};
use crate::model::price::PriceItem;
use crate::model::{
    Account, Gap, GapId, GapKind, INVENTORY_SCHEMA, Inventory, Observed, Partition, RegionInventory, Scope, Tags,
};
use crate::network::{Destinations, End, Family, Hop, NatZone, Path, Segment};

/// A name that clears the screen, forges a line and reverses text, where it gets through.
pub(crate) const HOSTILE: &str = "evil\u{1b}[2J\nFAKE: all passed\u{202e}txt\u{9b}0m\u{e0041}";

fn none(_: &Audit<'_>) -> Vec<Subject> {
    Vec::new()
}

declare_check! {
    /// ## What it does
    /// Finds route tables that send `s3` to a NAT gateway although the VPC has a gateway endpoint.
    ///
    /// ## References
    /// - [VPC guide: Gateway endpoints](https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)
    pub(crate) static UNROUTED = {
        id: "vpc-gateway-endpoint-unrouted",
        title: "A gateway endpoint exists, but a subnet's route table is not associated with it",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Associate the route table with the gateway endpoint; traffic in flight to S3 is interrupted for a moment.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpce> --add-route-table-ids <rtb>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
        },
        repair: Repair::Decision("somebody has to look"),
        evaluate: none,
    }
}

declare_check! {
    /// ## What it does
    /// Finds NAT gateways that carry nothing.
    pub(crate) static IDLE = {
        id: "vpc-nat-gateway-idle",
        title: "NAT gateway carries no traffic",
        severity: Severity::Critical,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation { summary: "Delete the NAT gateway.", command: "", url: "https://docs.aws.amazon.com/" },
        repair: Repair::Decision("somebody has to look"),
        evaluate: none,
    }
}

/// The checks the sample's findings are of.
pub(crate) static CHECKS: [&Check; 2] = [&UNROUTED, &IDLE];

fn finding(check: &'static Check, number: u32, region: &str) -> Finding {
    Finding {
        id: format!("f{number:02}"),
        check: check.id,
        pillar: check.pillar,
        severity: check.severity,
        region: region.to_owned(),
        resource: Resource {
            kind: "route_table".to_owned(),
            id: format!("rtb-0{number:02}"),
            arn: Some(format!("arn:aws:ec2:{region}:111122223333:route-table/rtb-0{number:02}")),
            name: Some(format!("private-{number}")),
            vpc_id: Some("vpc-0aa".to_owned()),
        },
        related: vec!["vpce-0aa".to_owned(), "subnet-0bb".to_owned(), "nat-0cc".to_owned()],
        service: Some("s3".to_owned()),
        title: format!("route table rtb-0{number:02} sends s3 of 3 subnets to nat-0cc although vpce-0aa could carry it"),
        detail: "Every byte is billed by the NAT gateway.".to_owned(),
        evidence: vec![Evidence {
            fact: "0.0.0.0/0 leads to nat-0cc".to_owned(),
            source: format!("ec2:DescribeRouteTables rtb-0{number:02}"),
        }],
        measured_bytes: (number == 9).then_some(1_234_567_890_123),
        witness: None,
        repair: Repaired::Person("somebody has to look".to_owned()),
        waiver: None,
        lapsed: None,
    }
}

pub(crate) fn gap(region: &str, operation: &str, kind: GapKind, code: &str, resource: Option<&str>) -> (GapId, Gap) {
    let gap = Gap {
        account: Some("111122223333".to_owned()),
        region: region.to_owned(),
        service: "ec2".to_owned(),
        operation: operation.to_owned(),
        action: format!("ec2:{operation}"),
        resource: resource.map(str::to_owned),
        kind,
        code: code.to_owned(),
        message: format!("not allowed {HOSTILE}"),
        request_id: resource.map(|_| "req-1".to_owned()),
    };
    (gap.id(), gap)
}

fn ends() -> Vec<End> {
    let text = str::to_owned;
    vec![
        End::InterfaceEndpoint { endpoint_id: text("vpce-0if"), vpc_id: text("vpc-0aa"), same_zone: true },
        End::GatewayEndpoint { endpoint_id: text("vpce-0aa") },
        End::Nat { nat_gateway_id: text("nat-0cc"), vpc_id: text("vpc-0aa"), zone: NatZone::Same },
        End::Nat { nat_gateway_id: text("nat-0cc"), vpc_id: text("vpc-0aa"), zone: NatZone::Other },
        End::Nat { nat_gateway_id: text("nat-0dd"), vpc_id: text("vpc-0aa"), zone: NatZone::Regional },
        End::Internet { gateway_id: text("igw-0aa") },
        End::None { reason: text("no default route") },
        End::Blackhole { target_id: text("nat-0gone") },
        End::Blocked { by: text("sg-0aa"), reason: text("no rule admits TCP 443") },
        End::LeavesView { via: text("tgw-attach-0aa"), reason: text("attachment of another account") },
        End::Appliance { id: text("eni-0aa") },
        End::Unknown {
            reason: text("route tables were not read"),
            gaps: vec![GapId::new("eu-west-1", "ec2", "DescribeRouteTables", None)],
        },
    ]
}

fn path(subnet: &str, service: &str, family: Family, segments: Vec<Segment>) -> Path {
    Path {
        region: "eu-west-1".into(),
        subnet_id: subnet.into(),
        service: service.into(),
        family,
        start: None,
        segments: segments.into(),
    }
}

fn segment(destinations: Destinations, end: End) -> Segment {
    let hop = Hop {
        kind: "route_table",
        id: "rtb-0aa".to_owned(),
        reason: format!("0.0.0.0/0 leads to nat-0cc {HOSTILE}"),
        source: "ec2:DescribeRouteTables rtb-0aa".to_owned(),
    };
    Segment { destinations, hops: vec![hop.into()], end }
}

fn paths() -> Vec<Path> {
    let block = || vec!["198.51.100.0/24".parse().unwrap()];
    let mut paths = Vec::new();
    for subnet in ["subnet-0aa", "subnet-0bb", "subnet-0cc"] {
        let alone = subnet == "subnet-0cc";
        for (number, end) in ends().into_iter().enumerate() {
            let end = if alone { End::Internet { gateway_id: "igw-0aa".to_owned() } } else { end };
            paths.push(path(subnet, &format!("service{number}"), Family::Ipv4, vec![segment(Destinations::Public, end)]));
        }
        let split = vec![
            segment(Destinations::Prefixes(block()), End::GatewayEndpoint { endpoint_id: "vpce-0aa".to_owned() }),
            segment(Destinations::PossiblyWithin(block()), End::Internet { gateway_id: "igw-0aa".to_owned() }),
            segment(
                Destinations::Name,
                End::Nat { nat_gateway_id: "nat-0cc".to_owned(), vpc_id: "vpc-0aa".to_owned(), zone: NatZone::Same },
            ),
        ];
        paths.push(path(subnet, "s3", Family::Ipv4, if alone { Vec::new() } else { split }));
        let v6 = vec![segment(Destinations::Public, End::Internet { gateway_id: "eigw-0aa".to_owned() })];
        paths.push(path(subnet, "s3", Family::Ipv6, v6));
    }
    paths
}

/// A change with hostile text in it, as ids of a forged snapshot could bring it.
fn proposal() -> Proposal {
    let edit = Edit::AssociateRouteTables {
        region: "eu-west-1".to_owned(),
        endpoint_id: "vpce-0aa".to_owned(),
        route_table_ids: vec![format!("rtb-001{HOSTILE}")],
    };
    let change = Change {
        kind: ChangeKind::AssociateRouteTable,
        title: format!("associate rtb-001{HOSTILE} with vpce-0aa"),
        edits: vec![edit],
        hazards: vec!["Open connections to s3 from these subnets drop.".to_owned()],
    };
    Proposal { change, proof: Proof::Proven, saving: Ok(UsdRange { low: Decimal::ZERO, high: Decimal::new(4125, 2) }) }
}

fn plan(findings: &[Finding]) -> Plan {
    let Proposal { change, proof, saving } = proposal();
    let step = PlanStep {
        change,
        findings: findings.iter().take(2).map(|finding| finding.id.clone()).collect(),
        check: UNROUTED.id,
        severity: Severity::High,
        proof,
        alone: saving.clone(),
        adds: saving.clone(),
    };
    let unknown = PlanStep {
        proof: Proof::NotRun,
        findings: findings.iter().skip(2).take(1).map(|finding| finding.id.clone()).collect(),
        alone: Err("it was not tried".to_owned()),
        adds: Err("it was not tried".to_owned()),
        ..step.clone()
    };
    Plan { steps: vec![step, unknown], avoidable: saving.ok() }
}

fn bill() -> Bill {
    let line = |item: PriceItem, quantity: (i64, i64), rate: Decimal| BillLine {
        region: "eu-west-1".to_owned(),
        resource_kind: "nat_gateway",
        resource_id: "nat-0aa".to_owned(),
        item,
        quantity: (Decimal::from(quantity.0), Decimal::from(quantity.1)),
        rate,
        amount: UsdRange { low: rate * Decimal::from(quantity.0), high: rate * Decimal::from(quantity.1) },
        basis: "measured on 14 of 14 days, scaled to 730 hours".to_owned(),
        source: "a price list".to_owned(),
        as_of: jiff::civil::date(2026, 1, 1),
    };
    let lines = vec![
        line(PriceItem::NatHour, (730, 730), Decimal::new(48, 3)),
        line(PriceItem::CrossZoneGb, (0, 1719), Decimal::new(1, 2)),
    ];
    let total = lines.iter().map(|line| line.amount).sum();
    let unpriced = vec![Unpriced {
        region: "cn-north-1".to_owned(),
        resource_kind: "nat_gateway",
        resource_id: HOSTILE.to_owned(),
        item: Some(PriceItem::NatHour),
        why: "cn-north-1 has no price for it".to_owned(),
    }];
    let mut bill = Bill::default();
    (bill.lines, bill.unpriced, bill.total) = (lines, unpriced, total);
    bill
}

/// The assessment.
pub(crate) fn assessment() -> Assessment {
    let mut findings: Vec<Finding> = (1..=17).map(|number| finding(&UNROUTED, number, "eu-west-1")).collect();
    findings.push(finding(&IDLE, 30, "us-east-1"));
    let mut named = finding(&IDLE, 31, "us-east-1");
    named.resource.name = Some(HOSTILE.to_owned());
    named.title = format!("nat {HOSTILE}");
    named.severity = Severity::Low;
    named.service = None;
    findings.push(named);
    let mut waived = finding(&IDLE, 32, "us-east-1");
    waived.waiver = Some(WaiverNote {
        reason: "disaster recovery standby".to_owned(),
        owner: Some("network team".to_owned()),
        until: Some(jiff::civil::date(2027, 3, 31)),
    });
    findings.push(waived);
    let mut lapsed = finding(&IDLE, 33, "us-east-1");
    lapsed.lapsed = Some(WaiverNote {
        reason: "standby until the move".to_owned(),
        owner: None,
        until: Some(jiff::civil::date(2026, 11, 1)),
    });
    findings.push(lapsed);
    if let Some(first) = findings.first_mut() {
        first.repair = Repaired::Change(Box::new(proposal()));
    }
    let gaps: BTreeMap<GapId, Gap> = (1..=17)
        .map(|n| gap(&format!("r-{n}"), "DescribeNatGateways", GapKind::Denied, "UnauthorizedOperation", None))
        .chain([
            gap("eu-west-1", "DescribeRouteTables", GapKind::Throttled, "RequestLimitExceeded", None),
            gap("eu-west-1", "DescribeVpcAttribute", GapKind::ServerError, "InternalError", Some("vpc-0aa")),
            gap("us-east-1", "DescribeVpcs", GapKind::TimedOut, "Interrupted", None),
            gap("us-west-2", "DescribeVpcs", GapKind::Malformed, "XmlDecodeError", None),
            gap("us-west-3", "DescribeVpcs", GapKind::Unsupported, "InvalidAction", None),
            gap("us-west-4", "DescribeVpcs", GapKind::TimedOut, "DispatchFailure", None),
        ])
        .collect();
    let doubt = |gaps: Vec<GapId>| Doubt { why: "route tables were not read".to_owned(), gaps };
    let unknown = [vec![GapId::new("eu-west-1", "ec2", "DescribeRouteTables", None)], Vec::new()]
        .map(|gaps| UnknownSubject {
            id: format!("u{:02}", gaps.len()),
            check: UNROUTED.id,
            region: "eu-west-1".to_owned(),
            resource: finding(&UNROUTED, 40, "eu-west-1").resource,
            service: Some("dynamodb".to_owned()),
            doubt: doubt(gaps),
        })
        .to_vec();
    let score = |score, grade, coverage| Score { score, grade, coverage };
    Assessment {
        bill: bill(),
        plan: plan(&findings),
        waived: WaivedWaste { findings: 1, saving: Some(UsdRange::exact(Decimal::new(4_123, 2))), unpriced: 0 },
        settings_id: "0123456789abcdef".to_owned(),
        terms: crate::cost::Terms::default(),
        usage: std::sync::Arc::default(),
        account: Account {
            id: "111122223333".to_owned(),
            partition: Partition::Aws,
            caller_arn: "arn:aws:sts::111122223333:assumed-role/audit/natless".to_owned(),
        },
        organization_id: Some("o-a1b2c3d4e5".to_owned()),
        taken_at: "2026-11-23T02:00:00Z".parse().unwrap(),
        regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        lookback_days: 14,
        scores: Scores {
            overall: score(Some(59.0), Some('F'), 0.98),
            pillars: BTreeMap::from([
                (Pillar::Egress, score(Some(64.0), Some('D'), 1.0)),
                (Pillar::Cost, score(None, None, 0.4)),
                (Pillar::Privilege, score(None, None, 1.0)),
            ]),
        },
        findings,
        unknown,
        severities: CHECKS.into_iter().map(|check| (check.id, check.severity)).collect(),
        checks: BTreeMap::from([
            (UNROUTED.id, CheckCounts { pass: 3, fail: 17, waived: 0, unknown: 2, not_applicable: 5 }),
            (IDLE.id, CheckCounts { pass: 0, fail: 3, waived: 1, unknown: 0, not_applicable: 0 }),
        ]),
        gaps: gaps.into_iter().collect(),
        paths: paths(),
        inventory_counts: BTreeMap::from([("nat_gateways".to_owned(), 3)]),
        notes: vec!["waiver for `vpc-nat-gateway-idle` ran out on 2026-01-01".to_owned()],
    }
}

/// The sample's assessment beside an older one that lacks a finding, has another and could not judge a third.
pub(crate) struct Sample {
    pub(crate) assessment: Assessment,
    pub(crate) inventory: Inventory,
    pub(crate) comparison: Comparison,
    pub(crate) trend: Vec<TrendPoint>,
    pub(crate) first_seen: BTreeMap<String, jiff::Timestamp>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        let assessment = assessment();
        let now = Record::from(&assessment);
        let mut before = Record { taken_at: "2026-11-22T02:00:00Z".parse().unwrap(), ..now.clone() };
        let gone = before.findings.iter_mut().find(|finding| finding.id == "f02").unwrap();
        gone.id = "f99".to_owned();
        before.findings.iter_mut().find(|finding| finding.id == "f03").unwrap().severity = Severity::Medium;
        before.findings.iter_mut().find(|finding| finding.id == "f31").unwrap().title = format!("old {HOSTILE}");
        before.unknown.push(before.findings.iter().find(|finding| finding.id == "f04").unwrap().subject.clone());
        before.findings.retain(|finding| finding.id != "f04");
        let comparison = compare(&before, &now).unwrap();
        let trend = [&before, &now].map(TrendPoint::from).to_vec();
        let first_seen = before.findings.iter().map(|finding| (finding.id.clone(), before.taken_at)).collect();
        Self { assessment, inventory: inventory(), comparison, trend, first_seen }
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        let Self { assessment, inventory, comparison, trend, first_seen } = self;
        Facts { assessment, inventory, checks: &CHECKS, comparison: Some(comparison), trend, first_seen }
    }
}

/// An inventory with the subnets of the paths.
pub(crate) fn inventory() -> Inventory {
    let mut region = RegionInventory::default();
    for (id, name) in [("subnet-0aa", "private-a"), ("subnet-0bb", HOSTILE), ("subnet-0cc", "public-a")] {
        region.subnets.items.insert(id.to_owned(), subnet(id, name));
    }
    let vpc = Vpc {
        id: "vpc-0aa".to_owned(),
        owner_id: "111122223333".to_owned(),
        ipv4_cidrs: Vec::new(),
        ipv6_cidrs: Vec::new(),
        is_default: false,
        dhcp_options_id: None,
        dns_support: Observed::Known(true),
        dns_hostnames: Observed::Known(true),
        hosted_zones: Observed::Known(Vec::new()),
        tags: Tags::from([("Name".to_owned(), "prod".to_owned())]),
    };
    region.vpcs.items.insert(vpc.id.clone(), vpc);
    Inventory {
        schema: INVENTORY_SCHEMA.to_owned(),
        natless: "0.1.0".to_owned(),
        taken_at: "2026-11-23T02:00:00Z".parse().unwrap(),
        account: assessment().account,
        scope: Scope { enabled_regions: Observed::Known(vec!["eu-west-1".to_owned()]), lookback_days: 14 },
        organization: Observed::Known(None),
        regions: BTreeMap::from([("eu-west-1".to_owned(), region)]),
        buckets: crate::model::Listing::default(),
        account_public_access_block: Observed::Known(None),
        private_zones: crate::model::Listing::default(),
        live_prices: None,
        gaps: BTreeMap::new(),
    }
}

fn subnet(id: &str, name: &str) -> Subnet {
    Subnet {
        id: id.to_owned(),
        vpc_id: "vpc-0aa".to_owned(),
        owner_id: "111122223333".to_owned(),
        zone: "eu-west-1a".to_owned(),
        zone_id: "euw1-az1".to_owned(),
        ipv4_cidr: Some("10.0.0.0/24".parse().unwrap()),
        ipv6_cidrs: Vec::new(),
        map_public_ip_on_launch: false,
        dns64: false,
        ipv6_native: false,
        available_ipv4_addresses: 250,
        tags: Tags::from([("Name".to_owned(), name.to_owned())]),
    }
}
