//! `vpc-interface-endpoint-blocks-clients`.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoints::{Clients, Occupancy, aws_service, few};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Doubt, Evidence, Failure, Pillar, Remediation, Resource, Severity, Subject, Verdict};
use crate::model::RegionInventory;
use crate::model::ec2::{Direction, EndpointKind, EndpointState, InterfaceKind, RulePeer, VpcEndpoint};
use crate::network::{Admission, Family};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints of AWS services whose security groups, or the network ACLs on the way, refuse TCP
    /// 443 from a subnet of their VPC.
    ///
    /// ## Why it matters
    /// With private DNS on, the service's name leads to the endpoint and nowhere else: clients in that subnet do not fall back
    /// to the NAT gateway, they time out.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `Groups`, `SubnetIds`, `DnsOptions.DnsRecordIpType`
    /// - `ec2:DescribeSecurityGroupRules`: rules for TCP 443 into the endpoint's groups
    /// - `ec2:DescribeNetworkAcls`: the ACLs of the client's and of the endpoint's subnets, both directions
    /// - `ec2:DescribeNetworkInterfaces`: which clients sit where, and which groups they carry
    /// - `ec2:DescribeSubnets`: the subnets of the VPC
    ///
    /// ## When it stays silent
    /// Subnets that hold only parts of the network (NAT gateways, load balancers, transit gateway attachments) or managed
    /// stores: they call no service. With private DNS off, only subnets with workloads in them count. An endpoint that admits
    /// clients by a group they carry is taken at its word where some client carries the group: subnets without such a client
    /// are left out on purpose. That does not hold for the VPC's default group, which admits itself unless somebody changes
    /// it, nor for a refusal by a network ACL. Services that do not speak on port 443 are not judged. IPv6 counts where the
    /// endpoint's names have AAAA records. Groups, ACLs or interfaces that were not read give Unknown where they decide.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint, security groups](https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html)
    /// - [VPC guide: Network ACLs](https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-blocks-clients",
        title: "Interface endpoint refuses HTTPS from subnets of its VPC",
        severity: Severity::High,
        pillar: Pillar::Egress,
        since: "0.1.0",
        remediation: Remediation {
            summary: "Admit TCP 443 from the client subnets in the endpoint's security group, and in the network ACLs with the ports of the answers.",
            command: "aws ec2 authorize-security-group-ingress --group-id <group-id> --protocol tcp --port 443 --cidr <client-cidr>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        },
        evaluate: judge_endpoints,
    }
}

/// Services whose clients use other ports: a group without 443 is right for them.
///
/// Sources: Amazon SES guide "Setting up VPC endpoints with Amazon SES" (SMTP), Amazon Keyspaces guide "Using Amazon Keyspaces
/// with interface VPC endpoints" (9142), AWS Transfer Family guide "Create a server in a virtual private cloud" (SFTP), and
/// for `iot.data` MQTT on 8883.
const NOT_ON_443: [&str; 5] = ["email-smtp", "cassandra", "cassandra-fips", "transfer.server", "iot.data"];

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let occupancy = Occupancy::of(region);
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let judged = aws_service(endpoint, name)
                .filter(|service| endpoint.state == EndpointState::Available && !NOT_ON_443.contains(service));
            subjects.push(match judged {
                Some(service) => {
                    let verdict = judge(audit, name, region, &occupancy, endpoint, service);
                    Subject::new(name, resource, verdict).about_service(service)
                }
                None => Subject::new(name, resource, Verdict::NotApplicable),
            });
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// One subnet that does not get through.
struct Refusal {
    subnet_id: String,
    family: Family,
    by: String,
    reason: String,
}

fn judge(
    audit: &Audit<'_>,
    name: &str,
    region: &RegionInventory,
    occupancy: &Occupancy,
    endpoint: &VpcEndpoint,
    service: &str,
) -> Verdict {
    let scope = Scope::of(region, endpoint);
    let (mut refusals, mut doubts, mut looked_at) = (Vec::new(), Vec::new(), false);
    for subnet in audit.network.subnets_of(name, &endpoint.vpc_id) {
        let unsure = match occupancy.may_call(&subnet.id, endpoint) {
            Ok(true) => None,
            Ok(false) => continue,
            Err(doubt) => Some(doubt),
        };
        looked_at = true;
        let seen = occupancy.clients(&subnet.id) == Clients::Present;
        for family in audit.network.families(subnet) {
            if !has_records(endpoint, family) {
                continue;
            }
            match audit.network.admits_443(name, &endpoint.id, &subnet.id, family) {
                Admission::Admits { .. } => {}
                Admission::Unknown(obstacle) => doubts.push(Doubt::from(obstacle)),
                Admission::Refused { by, reason } => match (&scope, &unsure) {
                    (Scope::ClientsWithGroup, _) if !by.starts_with("acl-") => {}
                    (Scope::GroupWithoutClients, _) if !by.starts_with("acl-") && !seen => {}
                    (Scope::Unsure(doubt), _) if !by.starts_with("acl-") => doubts.push(doubt.clone()),
                    (_, Some(doubt)) => doubts.push(doubt.clone()),
                    (_, None) => refusals.push(Refusal { subnet_id: subnet.id.clone(), family, by, reason }),
                },
            }
        }
    }
    if !refusals.is_empty() {
        return Verdict::Fail(Box::new(blocked(endpoint, service, &refusals)));
    }
    if let Some(gap) = &region.subnets.gap {
        doubts.push(Doubt::of_gap(format!("not every subnet of {} was read", endpoint.vpc_id), gap));
    }
    match Doubt::join(doubts) {
        Some(doubt) => Verdict::Unknown(doubt),
        None if looked_at => Verdict::Pass,
        None => Verdict::NotApplicable,
    }
}

/// Whether the service's name has records of this IP version.
///
/// "Service defined" gives A records to private names (PrivateLink guide, "DNS record IP type"); endpoints from before that
/// option have A records.
fn has_records(endpoint: &VpcEndpoint, family: Family) -> bool {
    let records = endpoint.dns_record_ip_type.as_deref().or(endpoint.ip_address_type.as_deref()).unwrap_or("ipv4");
    match family {
        Family::Ipv4 => records != "ipv6",
        Family::Ipv6 => matches!(records, "ipv6" | "dualstack"),
    }
}

/// Whom the endpoint's groups are meant for.
enum Scope {
    /// Whoever needs it.
    Anyone,
    /// Clients that carry a group, and there are some.
    ClientsWithGroup,
    /// Clients that carry a group, and nobody does: a client that is there is shut out, one that may come is not.
    GroupWithoutClients,
    /// Clients that carry a group, and whether there are any was not read.
    Unsure(Doubt),
}

impl Scope {
    fn of(region: &RegionInventory, endpoint: &VpcEndpoint) -> Self {
        let rules = region.security_group_rules.values().filter(|rule| {
            rule.direction == Direction::Ingress && endpoint.group_ids.contains(&rule.group_id) && rule.covers_tcp(443)
        });
        let (mut named, mut perhaps) = (BTreeSet::new(), BTreeMap::new());
        for rule in rules {
            let RulePeer::Group { id, .. } = &rule.peer else { continue };
            match region.security_groups.find(id) {
                Ok(Some(group)) if group.id == rule.group_id && group.name == "default" => {}
                Err(gap) if *id == rule.group_id => {
                    perhaps.insert(id.as_str(), gap);
                }
                Ok(_) | Err(_) => {
                    named.insert(id.as_str());
                }
            }
        }
        let carried = |group: &str| {
            region.network_interfaces.values().any(|interface| {
                interface.kind != InterfaceKind::VpcEndpoint
                    && !endpoint.network_interface_ids.contains(&interface.id)
                    && interface.group_ids.iter().any(|own| own == group)
            })
        };
        if named.iter().any(|group| carried(group)) {
            return Self::ClientsWithGroup;
        }
        if let Some((group, gap)) = perhaps.iter().find(|(group, _)| carried(group)) {
            return Self::Unsure(Doubt::of_gap(format!("whether {group} is a default group was not read"), gap));
        }
        match &region.network_interfaces.gap {
            Some(gap) if !named.is_empty() || !perhaps.is_empty() => {
                let why = format!("whether a client carries a group that {} admits was not read", endpoint.id);
                Self::Unsure(Doubt::of_gap(why, gap))
            }
            _ if named.is_empty() => Self::Anyone,
            _ => Self::GroupWithoutClients,
        }
    }
}

fn blocked(endpoint: &VpcEndpoint, service: &str, refusals: &[Refusal]) -> Failure {
    let subnets: Vec<&str> =
        refusals.iter().map(|refusal| refusal.subnet_id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    // The groups of an endpoint refuse together: their ids come joined.
    let refusers: BTreeSet<&str> = refusals.iter().flat_map(|refusal| refusal.by.split(", ")).collect();
    let consequence = if endpoint.private_dns {
        "The service's name leads to the endpoint, so clients there time out rather than take another way."
    } else {
        "Clients there that call the endpoint time out."
    };
    let repair = if refusers.iter().all(|id| id.starts_with("acl-")) {
        "Let TCP 443 through to the endpoint, and its answers (TCP 1024-65535) back."
    } else {
        "Admit TCP 443 from these subnets, or from a group that their clients carry."
    };
    let mut evidence = vec![Evidence::new(
        format!(
            "available {service} endpoint, private DNS {}, groups {}",
            if endpoint.private_dns { "on" } else { "off" },
            few(&endpoint.group_ids)
        ),
        "ec2:DescribeVpcEndpoints",
        &endpoint.id,
    )];
    evidence.extend(refusals.iter().map(|Refusal { subnet_id, family, by, reason }| {
        let operation = if by.starts_with("acl-") { "ec2:DescribeNetworkAcls" } else { "ec2:DescribeSecurityGroupRules" };
        Evidence::new(format!("{subnet_id}, {family}: {reason}"), operation, by)
    }));
    Failure {
        title: format!("{} to {service} refuses TCP 443 from {}", endpoint.id, few(&subnets)),
        detail: format!(
            "HTTPS from {} to the endpoint is refused by {}. {consequence} {repair}",
            few(&subnets),
            refusers.iter().copied().collect::<Vec<_>>().join(" and ")
        ),
        related: subnets
            .iter()
            .copied()
            .chain(refusers.iter().copied().filter(|id| *id != endpoint.id))
            .map(str::to_owned)
            .collect(),
        evidence,
        severity: None,
    }
}
