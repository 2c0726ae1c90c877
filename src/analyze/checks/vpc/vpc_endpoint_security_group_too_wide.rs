//! `vpc-endpoint-security-group-too-wide`.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::connected::{Connected, is_wider_than_private};
use crate::analyze::check::declare_check;
use crate::analyze::checks::group_rules::{Rules, blocks_of, describe};
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, SecurityGroupRule, VpcEndpoint};
use crate::network::{Transport, covered};

declare_check! {
    /// ## What it does
    /// Finds security groups of interface endpoints whose inbound rules admit addresses beyond the blocks of the endpoint's VPC
    /// and of the networks it is connected with: active peers, VPCs on the same transit gateways, and whatever routes of the
    /// VPC lead to over a transit gateway, virtual private gateway, core network, local gateway, peering connection or
    /// appliance. A default route to a transit or virtual private gateway stands for all private ranges. `0.0.0.0/0` is always
    /// too wide. One finding per group.
    ///
    /// ## Why it matters
    /// The group decides who may use the endpoint, and with it the way to an AWS service that its policy trusts. Rules that
    /// admit more than anybody needs let in the next network that somebody connects, without a decision.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: groups of interface endpoints
    /// - `ec2:DescribeSecurityGroupRules`: their inbound rules, TCP, UDP or all traffic
    /// - `ec2:DescribeManagedPrefixLists`, `ec2:GetManagedPrefixListEntries`: lists in rules and routes
    /// - `ec2:DescribeVpcs`, `ec2:DescribeVpcPeeringConnections`, `ec2:DescribeTransitGatewayAttachments`,
    ///   `ec2:DescribeRouteTables`: the VPC and what it is connected with
    ///
    /// ## When it stays silent
    /// Rules that name a group are as narrow as can be. Endpoints that another account or an AWS service keeps, and endpoints
    /// that are gone, are not judged. Routes to internet gateways, NAT gateways and inspection endpoints connect no network.
    /// Where rules, routes, connections or blocks were not read, or the VPC belongs to another account, a source that might be
    /// a connected network gives Unknown; one that holds a whole private range and public addresses too fails all the same.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint, security groups](https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html)
    /// - [PrivateLink guide: Interface endpoint considerations](https://docs.aws.amazon.com/vpc/latest/privatelink/vpce-interface.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-security-group-too-wide",
        title: "Group of an interface endpoint admits more than its networks",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Admit the blocks or groups of the clients, and revoke the rule that admits more.",
            command: "aws ec2 revoke-security-group-ingress --group-id <group-id> --security-group-rule-ids <rule-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        },
        repair: Repair::Change(repairs::narrow_endpoint_group),
        evaluate: judge_groups,
    }
}

fn judge_groups(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let mut endpoints: BTreeMap<&str, Vec<&VpcEndpoint>> = BTreeMap::new();
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| is_judged(&audit.inventory.account.id, endpoint)) {
            for group in &endpoint.group_ids {
                endpoints.entry(group).or_default().push(endpoint);
            }
        }
        let vpcs: BTreeSet<&str> = endpoints.values().flatten().map(|endpoint| endpoint.vpc_id.as_str()).collect();
        let connected: BTreeMap<&str, Connected> =
            vpcs.into_iter().map(|vpc| (vpc, Connected::of(audit, name, region, vpc))).collect();
        let Some(rules) = audit.rules(name) else { continue };
        for (group_id, endpoints) in endpoints {
            let case = Case { region, group_id, endpoints: &endpoints, connected: &connected };
            let resource = Resource::security_group_id(audit.inventory, name, group_id);
            subjects.push(Subject::new(name, resource, case.judge(rules)));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

fn is_judged(account: &str, endpoint: &VpcEndpoint) -> bool {
    let alive = match &endpoint.state {
        EndpointState::PendingAcceptance | EndpointState::Pending | EndpointState::Available | EndpointState::Partial => true,
        EndpointState::Deleting
        | EndpointState::Deleted
        | EndpointState::Rejected
        | EndpointState::Failed
        | EndpointState::Expired
        | EndpointState::Other(_) => false,
    };
    alive && endpoint.is_in_hands_of(account) && endpoint.kind == EndpointKind::Interface
}

/// One group, and the endpoints that carry it.
struct Case<'c> {
    region: &'c RegionInventory,
    group_id: &'c str,
    endpoints: &'c [&'c VpcEndpoint],
    connected: &'c BTreeMap<&'c str, Connected>,
}

/// A source beyond the networks of a VPC.
struct Excess<'c> {
    rule: &'c SecurityGroupRule,
    block: IpNet,
    vpc_id: &'c str,
}

impl<'c> Case<'c> {
    fn judge(&self, rules: &Rules<'c>) -> Verdict {
        let (mut excess, mut doubts) = (Vec::new(), Vec::new());
        for rule in rules.ingress_of(self.group_id).filter(|rule| has_ports(rule)) {
            match blocks_of(self.region, rule) {
                Ok(blocks) => self.compare(rule, &blocks, &mut excess, &mut doubts),
                Err(doubt) => doubts.push(doubt),
            }
        }
        if !excess.is_empty() {
            return Verdict::Fail(Box::new(self.too_wide(&excess)));
        }
        doubts.extend(rules.doubt_about(self.group_id));
        Doubt::join(doubts).map_or(Verdict::Pass, Verdict::Unknown)
    }

    fn compare(&self, rule: &'c SecurityGroupRule, blocks: &[IpNet], excess: &mut Vec<Excess<'c>>, doubts: &mut Vec<Doubt>) {
        let vpcs: BTreeSet<&str> = self.endpoints.iter().map(|endpoint| endpoint.vpc_id.as_str()).collect();
        for vpc_id in vpcs {
            let Some(connected) = self.connected.get(vpc_id) else { continue };
            for block in blocks.iter().filter(|block| !covered(**block, connected.blocks())) {
                if connected.doubts.is_empty() || is_wider_than_private(*block) {
                    excess.push(Excess { rule, block: *block, vpc_id });
                } else {
                    doubts.extend(connected.doubts.iter().cloned());
                }
            }
        }
    }

    fn too_wide(&self, excess: &[Excess<'_>]) -> Failure {
        let id = self.group_id;
        let rules: BTreeMap<&str, &SecurityGroupRule> = excess.iter().map(|one| (one.rule.id.as_str(), one.rule)).collect();
        let blocks: Vec<String> =
            excess.iter().map(|one| one.block).collect::<BTreeSet<_>>().iter().map(IpNet::to_string).collect();
        let endpoints: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.id.as_str()).collect();
        let vpcs: Vec<&str> = excess.iter().map(|one| one.vpc_id).collect::<BTreeSet<_>>().into_iter().collect();
        let mut evidence: Vec<Evidence> =
            rules.values().map(|rule| Evidence::new(describe(rule), "ec2:DescribeSecurityGroupRules", id)).collect();
        for endpoint in self.endpoints {
            evidence.push(Evidence::new(format!("{} carries {id}", endpoint.id), "ec2:DescribeVpcEndpoints", &endpoint.id));
        }
        for vpc_id in &vpcs {
            let Some(connected) = self.connected.get(vpc_id) else { continue };
            let list = |blocks: Vec<String>| if blocks.is_empty() { "no other network".to_owned() } else { few(&blocks) };
            let own = list(connected.own.iter().map(IpNet::to_string).collect());
            let others = list(connected.others.iter().map(IpNet::to_string).collect());
            evidence.push(Evidence::new(format!("{vpc_id} has {own}"), "ec2:DescribeVpcs", vpc_id));
            evidence.push(Evidence::new(format!("{vpc_id} is connected with {others}"), "ec2:DescribeRouteTables", vpc_id));
        }
        Failure {
            title: format!("{id} of {} admits {}, beyond its networks", few(&endpoints), few(&blocks)),
            detail: format!(
                "By {}, {} may use {}, which is more than {} and the networks it is connected with. Admit the blocks or groups of the \
                 clients instead.",
                few(&rules.keys().collect::<Vec<_>>()),
                few(&blocks),
                few(&endpoints),
                few(&vpcs)
            ),
            related: endpoints.iter().chain(&vpcs).map(|id| (*id).to_owned()).collect(),
            evidence,
            severity: None,
        }
    }
}

/// Whether a rule is about anything that an endpoint takes.
fn has_ports(rule: &SecurityGroupRule) -> bool {
    [Transport::Tcp, Transport::Udp].into_iter().any(|transport| transport.is_meant_by(&rule.protocol))
}
