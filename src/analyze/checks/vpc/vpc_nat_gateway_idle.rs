//! `vpc-nat-gateway-idle`.

use super::nat_gateways::{Clients, Routed};
use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{NatGateway, NatGatewayState};
use crate::model::traffic::{NatGatewayTraffic, Traffic};

declare_check! {
    /// ## What it does
    /// Finds available NAT gateways that nobody uses: no active route of a table with a subnet behind it leads to the gateway,
    /// or it sent 0 bytes in both directions on every day of the lookback window.
    ///
    /// ## Why it matters
    /// A NAT gateway is billed for every hour it exists, used or not, and so is each of its public addresses.
    ///
    /// ## What it reads
    /// - `ec2:DescribeNatGateways`: state and creation time
    /// - `ec2:DescribeRouteTables` and `ec2:DescribeSubnets`: which subnets are routed to it
    /// - `cloudwatch:GetMetricData`: `AWS/NATGateway` `BytesOutToDestination`, `BytesOutToSource` and `ConnectionAttemptCount`,
    ///   Sum per day
    ///
    /// ## When it stays silent
    /// A gateway with any traffic in the window is in use, whatever the tables say now. One that is younger than the window is
    /// judged by the routes alone. 0 bytes count only where the metrics cover every day of the window: missing days, an unread
    /// metric or an incomplete list of tables give Unknown, never Pass.
    ///
    /// ## References
    /// - [VPC guide: Monitor NAT gateways with Amazon CloudWatch](https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway-cloudwatch.html)
    /// - [VPC guide: Pricing for NAT gateways](https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-pricing.html)
    pub(super) static CHECK = {
        id: "vpc-nat-gateway-idle",
        title: "NAT gateway is used by nobody",
        severity: Severity::High,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the NAT gateway, and release its Elastic IP addresses if nothing else needs them.",
            command: "aws ec2 delete-nat-gateway --nat-gateway-id <nat-gateway-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html",
        },
        repair: Repair::Change(repairs::delete_idle),
        evaluate: judge_gateways,
    }
}

fn judge_gateways(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let routed = Routed::of(region);
        for nat in region.nat_gateways.values() {
            let verdict = judge(audit, name, region, &routed, nat);
            subjects.push(Subject::new(name, Resource::nat_gateway(audit.inventory, name, nat), verdict));
        }
        subjects.extend(Subject::unlisted(name, "nat_gateway", &region.nat_gateways));
    }
    subjects
}

fn judge(audit: &Audit<'_>, name: &str, region: &RegionInventory, routed: &Routed<'_>, nat: &NatGateway) -> Verdict {
    if nat.state != NatGatewayState::Available {
        return Verdict::NotApplicable;
    }
    let Some(silence) = Silence::of(&region.traffic, nat) else { return Verdict::Pass };
    let clients = routed.clients(audit, name, nat);
    match (clients.any(), silence) {
        (Ok(false), _) => Verdict::Fail(Box::new(unrouted(nat, &clients))),
        (_, Silence::Whole(days)) => Verdict::Fail(Box::new(silent(nat, &clients, days))),
        (Ok(true), Silence::TooShort) => Verdict::Pass,
        (Ok(true), Silence::NotKnown(doubt)) | (Err(doubt), Silence::TooShort) => Verdict::Unknown(doubt),
        (Err(tables), Silence::NotKnown(metrics)) => {
            Doubt::join([tables, metrics]).map_or(Verdict::NotApplicable, Verdict::Unknown)
        }
    }
}

/// What is known about a gateway of which no traffic is known.
enum Silence {
    /// Not a byte, on each of these many days.
    Whole(u32),
    /// Made after the window began, and nothing so far: too early to say.
    TooShort,
    NotKnown(Doubt),
}

impl Silence {
    /// `None` for a gateway that carried something.
    fn of(traffic: &Traffic, nat: &NatGateway) -> Option<Self> {
        let young = nat.created_at.zip(traffic.from).is_some_and(|(created, from)| created > from);
        let (window, not_known) = (traffic.window_days(), |why: String| Self::NotKnown(Doubt { why, gaps: Vec::new() }));
        match traffic.nat_gateway(&nat.id) {
            Ok(Some(measured)) if used(measured) => None,
            _ if young => Some(Self::TooShort),
            Ok(Some(measured)) if window > 0 && measured.days_reported() >= window => Some(Self::Whole(window)),
            Ok(Some(measured)) => Some(not_known(format!(
                "the metrics of {} cover {} of the {window} days of the window",
                nat.id,
                measured.days_reported()
            ))),
            Ok(None) => Some(not_known(format!("no metrics of {} were read", nat.id))),
            Err(gap) => Some(Self::NotKnown(Doubt::of_gap(format!("the metrics of {} were not read", nat.id), gap))),
        }
    }
}

fn used(measured: &NatGatewayTraffic) -> bool {
    measured.billed_bytes() > 0 || measured.connection_attempts.sum > 0
}

fn unrouted(nat: &NatGateway, clients: &Clients<'_>) -> Failure {
    let fact = format!("no route table that a subnet uses has an active route to {}", nat.id);
    let mut evidence = vec![available(nat), Evidence::new(fact, "ec2:DescribeRouteTables", "*")];
    evidence.extend(clients.evidence(nat));
    Failure {
        title: format!("No subnet is routed to NAT gateway {}", nat.id),
        detail: "The gateway is billed by the hour, and no packet can reach it. Delete it and release its addresses, or add the route that is missing.".to_owned(),
        related: related(nat, clients),
        evidence,
        severity: None,
    }
}

fn silent(nat: &NatGateway, clients: &Clients<'_>, days: u32) -> Failure {
    let fact = format!("0 bytes in both directions on each of the last {days} days");
    let mut evidence = vec![available(nat), Evidence::new(fact, "cloudwatch:GetMetricData", &nat.id)];
    evidence.extend(clients.evidence(nat));
    Failure {
        title: format!("NAT gateway {} carried nothing for {days} days", nat.id),
        detail: format!(
            "Routes lead to the gateway, yet it sent no byte in {days} days, and it is billed by the hour. Delete it together with the \
             routes and release its addresses; if it stands by for an emergency, waive this finding with an end date."
        ),
        related: related(nat, clients),
        evidence,
        severity: None,
    }
}

fn available(nat: &NatGateway) -> Evidence {
    Evidence::new(format!("{} is {} and {}", nat.id, nat.state, nat.availability), "ec2:DescribeNatGateways", &nat.id)
}

fn related(nat: &NatGateway, clients: &Clients<'_>) -> Vec<String> {
    let tables = clients.tables.iter().map(|(table, _)| table.id.clone());
    tables.chain(nat.addresses.iter().filter_map(|address| address.allocation_id.clone())).collect()
}
