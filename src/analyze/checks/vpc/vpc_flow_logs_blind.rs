//! `vpc-flow-logs-blind`.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{FlowLog, NatAvailability, NatGateway, NatGatewayState};

declare_check! {
    /// ## What it does
    /// Finds VPCs with a NAT gateway that no flow log sees well enough to tell whose bytes go where. A log sees a zonal gateway
    /// where it watches the VPC, the subnet of the gateway, or its network interfaces; a regional one has no interface, and a
    /// log of the gateway itself sees it. It has to be active and delivered, to record accepted traffic (`ALL` or `ACCEPT`),
    /// and to have these fields: `interface-id` (`resource-id` for a regional gateway) to pick the gateway's records;
    /// `pkt-srcaddr` and `pkt-dstaddr` for the client and the far end, whom `srcaddr` and `dstaddr` alone hide behind the
    /// gateway's address; `pkt-src-aws-service` and `pkt-dst-aws-service` for the AWS service; `bytes`; and for the direction
    /// `flow-direction`, or both of `srcaddr` and `dstaddr` (a zonal gateway's own address tells it). One finding per VPC.
    ///
    /// ## Why it matters
    /// The metrics of a NAT gateway say how much went through, not who sent it or to which service. Without a record nobody can
    /// say which endpoint would pay, nor, after a break-in, what left the network. The default format has none of the `pkt-`
    /// fields.
    ///
    /// ## What it reads
    /// - `ec2:DescribeNatGateways`: gateways with their subnets and interfaces
    /// - `ec2:DescribeFlowLogs`: what is watched, `FlowLogStatus`, `TrafficType`, `LogFormat`, `DeliverLogsErrorMessage`
    ///
    /// ## When it stays silent
    /// VPCs without a NAT gateway, and gateways that are deleted or failed. Whether records are kept, and for how long, is not
    /// looked at, nor is what Transit Gateway Flow Logs record. AWS does not document whether a log of the VPC records its
    /// regional NAT gateways: where only such a log has the fields, the VPC is Unknown. So is one where NAT gateways or flow
    /// logs were not read and nothing else is wrong.
    ///
    /// ## References
    /// - [VPC guide: Flow log records](https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html)
    /// - [VPC guide: Flow log record examples, NAT gateway](https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html)
    /// - [Security Hub guide: EC2.6 VPC flow logging should be enabled in all VPCs](https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6)
    pub(super) static CHECK = {
        id: "vpc-flow-logs-blind",
        title: "No flow log tells whose traffic a NAT gateway carries",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Log the network interfaces of the NAT gateway in a format that has the fields; an existing log cannot be changed.",
            command: "aws ec2 create-flow-logs --resource-type NetworkInterface --resource-ids <nat-interface-id> --traffic-type ALL --log-destination-type s3 --log-destination <bucket-arn> --log-format '${interface-id} ${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${bytes} ${start} ${end} ${action} ${log-status}'",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/working-with-flow-logs.html",
        },
        repair: Repair::Decision("where flow logs go, and what they may cost, has to be chosen"),
        evaluate: judge_vpcs,
    }
}

/// Fields that a record has to have, whatever the gateway.
const NEEDED: [&str; 5] = ["pkt-srcaddr", "pkt-dstaddr", "pkt-src-aws-service", "pkt-dst-aws-service", "bytes"];

fn judge_vpcs(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let mut vpcs: BTreeMap<&str, Vec<&NatGateway>> = BTreeMap::new();
        for nat in region.nat_gateways.values().filter(|nat| is_there(nat)) {
            vpcs.entry(&nat.vpc_id).or_default().push(nat);
        }
        for (vpc_id, nats) in vpcs {
            let verdict = judge(region, vpc_id, &nats);
            subjects.push(Subject::new(name, Resource::vpc_id(audit.inventory, name, vpc_id), verdict));
        }
        subjects.extend(Subject::unlisted(name, "nat_gateway", &region.nat_gateways));
    }
    subjects
}

fn is_there(nat: &NatGateway) -> bool {
    match &nat.state {
        NatGatewayState::Pending | NatGatewayState::Available => true,
        NatGatewayState::Failed | NatGatewayState::Deleting | NatGatewayState::Deleted | NatGatewayState::Other(_) => false,
    }
}

fn judge(region: &RegionInventory, vpc_id: &str, nats: &[&NatGateway]) -> Verdict {
    let (mut blind, mut doubts) = (Vec::new(), Vec::new());
    for nat in nats {
        match sight(region, nat) {
            Sight::Seen => {}
            Sight::Unsure(doubt) => doubts.push(doubt),
            Sight::Blind(logs) => blind.push((*nat, logs)),
        }
    }
    if let Some(gap) = &region.flow_logs.gap {
        if !blind.is_empty() {
            doubts.push(Doubt::of_gap("not every flow log was read", gap));
        }
    } else if !blind.is_empty() {
        return Verdict::Fail(Box::new(not_told(vpc_id, &blind)));
    }
    let unread = |gap| Doubt::of_gap(format!("not every NAT gateway of {vpc_id} was read"), gap);
    doubts.extend(region.nat_gateways.gap.as_ref().map(unread));
    Doubt::join(doubts).map_or(Verdict::Pass, Verdict::Unknown)
}

/// How well a NAT gateway is seen.
enum Sight<'l> {
    Seen,
    /// The logs that look at it, and what each lacks.
    Blind(Vec<(&'l FlowLog, String)>),
    Unsure(Doubt),
}

fn sight<'l>(region: &'l RegionInventory, nat: &NatGateway) -> Sight<'l> {
    let regional = nat.availability == NatAvailability::Regional;
    let mut lacking = Vec::new();
    for log in region.flow_logs.values().filter(|log| watches(log, nat)) {
        match lacks(log, regional) {
            Some(why) => lacking.push((log, why)),
            None if regional && log.resource_id != nat.id => {
                let why = format!("AWS does not document whether {}, a log of {}, records {}", log.id, log.resource_id, nat.id);
                return Sight::Unsure(Doubt { why, gaps: Vec::new() });
            }
            None => return Sight::Seen,
        }
    }
    Sight::Blind(lacking)
}

/// Whether a log looks at a gateway: at its VPC, its subnet, every interface of it, or the regional gateway itself.
fn watches(log: &FlowLog, nat: &NatGateway) -> bool {
    let watched = log.resource_id.as_str();
    let mut interfaces = nat.addresses.iter().filter_map(|address| address.network_interface_id.as_deref()).peekable();
    watched == nat.id
        || watched == nat.vpc_id
        || nat.subnet_id.as_deref() == Some(watched)
        || interfaces.peek().is_some() && interfaces.all(|interface| interface == watched)
}

/// Why a log does not tell enough; `None` where it does.
fn lacks(log: &FlowLog, regional: bool) -> Option<String> {
    if log.status != "ACTIVE" {
        return Some(format!("its status is {}", log.status));
    }
    if let Some(error) = &log.delivery_error {
        return Some(format!("its records are not delivered ({error})"));
    }
    if log.traffic_type == "REJECT" {
        return Some("it records rejected traffic only".to_owned());
    }
    let fields = fields(&log.format);
    let mut missing: Vec<&str> = NEEDED.iter().copied().filter(|field| !fields.contains(field)).collect();
    let own = if regional { "resource-id" } else { "interface-id" };
    missing.extend((!fields.contains(own)).then_some(own));
    let sides = !regional && fields.contains("srcaddr") && fields.contains("dstaddr");
    missing.extend((!fields.contains("flow-direction") && !sides).then_some("flow-direction"));
    (!missing.is_empty()).then(|| format!("its records lack {}", missing.join(", ")))
}

/// Names of the fields of a format: `${version} ${interface-id}` has two.
fn fields(format: &str) -> BTreeSet<&str> {
    format.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.trim())).collect()
}

fn not_told(vpc_id: &str, blind: &[(&NatGateway, Vec<(&FlowLog, String)>)]) -> Failure {
    let nats: Vec<&str> = blind.iter().map(|(nat, _)| nat.id.as_str()).collect();
    let logs: BTreeMap<&str, (&FlowLog, &str)> =
        blind.iter().flat_map(|(_, logs)| logs).map(|(log, why)| (log.id.as_str(), (*log, why.as_str()))).collect();
    let mut evidence: Vec<Evidence> = blind
        .iter()
        .map(|(nat, _)| {
            let place = nat.subnet_id.as_deref().map_or_else(|| "regional".to_owned(), |subnet| format!("in {subnet}"));
            Evidence::new(format!("{} is {}, {place}", nat.id, nat.state), "ec2:DescribeNatGateways", &nat.id)
        })
        .collect();
    evidence.extend(logs.values().map(|(log, why)| {
        Evidence::new(format!("{} watches {}, and {why}", log.id, log.resource_id), "ec2:DescribeFlowLogs", &log.id)
    }));
    if blind.iter().any(|(_, logs)| logs.is_empty()) {
        let fact = format!("no flow log watches {vpc_id}, the subnet or the interfaces of every NAT gateway");
        evidence.push(Evidence::new(fact, "ec2:DescribeFlowLogs", "*"));
    }
    let why = match logs.values().collect::<Vec<_>>().as_slice() {
        [] => "No flow log looks at it.".to_owned(),
        [(log, why), ..] => format!("{} looks at it, and {why}.", log.id),
    };
    Failure {
        title: format!("No flow log tells whose traffic {} of {vpc_id} carries", few(&nats)),
        detail: format!(
            "{why} So nobody can say which clients and AWS services the bytes of {} belong to. A log of the gateway's network \
             interfaces with every needed field costs least; the format of an existing log cannot be changed.",
            few(&nats)
        ),
        related: nats.iter().copied().chain(logs.keys().copied()).map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_log_lacks_is_named_field_by_field() {
        let log = |format: &str| FlowLog {
            id: "fl-a".to_owned(),
            resource_id: "vpc-a".to_owned(),
            status: "ACTIVE".to_owned(),
            traffic_type: "ALL".to_owned(),
            destination_type: "s3".to_owned(),
            destination: None,
            format: format.to_owned(),
            aggregation_seconds: 600,
            delivery_error: None,
            tags: crate::model::Tags::new(),
        };
        let services = "${pkt-src-aws-service} ${pkt-dst-aws-service}";
        let most = format!("${{interface-id}} ${{srcaddr}} ${{dstaddr}} ${{pkt-srcaddr}} ${{pkt-dstaddr}} {services} ${{bytes}}");
        assert_eq!(lacks(&log(&most), false), None);
        assert_eq!(lacks(&log(&most), true).unwrap(), "its records lack resource-id, flow-direction");
        let without = most.replace("${dstaddr}", "").replace(services, "");
        assert_eq!(
            lacks(&log(&without), false).unwrap(),
            "its records lack pkt-src-aws-service, pkt-dst-aws-service, flow-direction"
        );
        let rejects = FlowLog { traffic_type: "REJECT".to_owned(), ..log(&most) };
        assert_eq!(lacks(&rejects, false).unwrap(), "it records rejected traffic only");
    }
}
