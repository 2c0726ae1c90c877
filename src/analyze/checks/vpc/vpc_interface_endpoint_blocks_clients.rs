//! `vpc-interface-endpoint-blocks-clients`.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoints::{answers_to_its_name, aws_service};
use crate::analyze::check::declare_check;
use crate::analyze::checks::occupancy::{Clients, Occupancy};
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{Direction, EndpointKind, EndpointState, InterfaceKind, RulePeer, SecurityGroupRule, VpcEndpoint};
use crate::network::{Admission, Admissions, End, Family};

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
    /// stores: they call no service. An endpoint that the service's name does not lead to inside the VPC (private DNS off and
    /// no private hosted zone, or for inbound resolvers only) stands there for other networks: it is judged only if it admits
    /// nobody at all, and workloads sit there. An endpoint that admits clients by a group they carry is taken at its word
    /// where some client carries the group: subnets without such a client are left out on purpose. That does not hold for
    /// the VPC's default group, which admits itself unless somebody changes it, nor for a refusal by a network ACL. Where no
    /// client is in any refused subnet yet, the finding is medium. An ACL that lets answers through on some of the ports that
    /// clients choose gives Unknown; single ports denied below 32768 hurt nobody. Services that do not speak on port 443 are
    /// not judged. IPv6 counts where the endpoint's names have AAAA records. Groups, ACLs or interfaces that were not read give
    /// Unknown where they decide.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint, security groups](https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html)
    /// - [VPC guide: Network ACLs](https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html)
    /// - [VPC guide: Ephemeral ports](https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-blocks-clients",
        title: "Interface endpoint refuses HTTPS from subnets of its VPC",
        severity: Severity::High,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Admit TCP 443 from the client subnets in the endpoint's security group, and in the network ACLs with the ports of the answers.",
            command: "aws ec2 authorize-security-group-ingress --group-id <group-id> --protocol tcp --port 443 --cidr <client-cidr>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html",
        },
        repair: Repair::Change(repairs::admit_clients),
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
        let Some(occupancy) = audit.occupancy(name) else { continue };
        let (groups, mut admissions) = (Groups::of(region), audit.network.admissions(name));
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let judged = aws_service(&audit.inventory.account.id, endpoint, name)
                .filter(|service| endpoint.state == EndpointState::Available && !NOT_ON_443.contains(service));
            subjects.push(match judged {
                Some(service) => {
                    let case = Case { audit, name, region, occupancy, groups: &groups, endpoint };
                    Subject::new(name, resource, case.judge(service, &mut admissions)).about_service(service)
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

/// One endpoint.
struct Case<'c> {
    audit: &'c Audit<'c>,
    name: &'c str,
    region: &'c RegionInventory,
    occupancy: &'c Occupancy<'c>,
    groups: &'c Groups<'c>,
    endpoint: &'c VpcEndpoint,
}

/// What the subnets of the VPC meet with.
#[derive(Default)]
struct Found {
    refusals: Vec<Refusal>,
    doubts: Vec<Doubt>,
    looked_at: bool,
}

impl Case<'_> {
    fn judge(&self, service: &str, admissions: &mut Admissions<'_, '_>) -> Verdict {
        let named = answers_to_its_name(self.audit.inventory, self.region, self.endpoint);
        if named == Ok(false) && self.groups.admit_somebody(self.endpoint) {
            return Verdict::NotApplicable;
        }
        let Found { refusals, mut doubts, looked_at } = self.ask_subnets(service, admissions);
        let named = match named {
            Ok(named) => named,
            Err(doubt) if looked_at => return Verdict::Unknown(doubt),
            Err(_) => false,
        };
        if !refusals.is_empty() {
            return Verdict::Fail(Box::new(self.blocked(service, &refusals, named)));
        }
        if let Some(gap) = &self.region.subnets.gap {
            doubts.push(Doubt::of_gap(format!("not every subnet of {} was read", self.endpoint.vpc_id), gap));
        }
        match Doubt::join(doubts) {
            Some(doubt) => Verdict::Unknown(doubt),
            None if looked_at => Verdict::Pass,
            None => Verdict::NotApplicable,
        }
    }

    fn ask_subnets(&self, service: &str, admissions: &mut Admissions<'_, '_>) -> Found {
        let (scope, endpoint) = (self.groups.scope(self.region, self.endpoint), self.endpoint);
        let mut found = Found::default();
        for subnet in self.audit.network.subnets_of(self.name, &endpoint.vpc_id) {
            let unsure = match self.occupancy.may_call(&subnet.id, endpoint) {
                Ok(true) => self.occupancy.doubt_about(&subnet.id),
                Ok(false) => continue,
                Err(doubt) => Some(doubt),
            };
            found.looked_at = true;
            let seen = self.occupancy.clients(&subnet.id) == Clients::Present;
            for family in self.audit.network.families(subnet) {
                if !has_records(endpoint, family) || self.is_reached_from(&subnet.id, service, family) {
                    continue;
                }
                match admissions.on_443(&endpoint.id, &subnet.id, family) {
                    Admission::Admits { .. } => {}
                    Admission::Unknown(obstacle) => found.doubts.push(Doubt::from(obstacle)),
                    Admission::Refused { by, reason } => match (&scope, &unsure) {
                        (Scope::ClientsWithGroup, _) if !by.starts_with("acl-") => {}
                        (Scope::GroupWithoutClients, _) if !by.starts_with("acl-") && !seen => {}
                        (Scope::Unsure(doubt), _) if !by.starts_with("acl-") => found.doubts.push(doubt.clone()),
                        (_, Some(doubt)) => found.doubts.push(doubt.clone()),
                        (_, None) => found.refusals.push(Refusal { subnet_id: subnet.id.clone(), family, by, reason }),
                    },
                }
            }
        }
        found
    }

    /// Whether a path is known to end at the endpoint: then it admits the subnet.
    fn is_reached_from(&self, subnet_id: &str, service: &str, family: Family) -> bool {
        let ends_here = |end: &End| matches!(end, End::InterfaceEndpoint { endpoint_id, .. } if *endpoint_id == self.endpoint.id);
        let path = self.audit.path(self.name, subnet_id, service, family);
        path.is_some_and(|path| path.segments.iter().any(|segment| ends_here(&segment.end)))
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

/// What the groups of a region say about TCP 443, looked up once for all endpoints.
struct Groups<'g> {
    /// Rules that admit TCP 443, by the group they are part of.
    rules: BTreeMap<&'g str, Vec<&'g SecurityGroupRule>>,
    /// Groups that an interface carries which is no endpoint's.
    carried: BTreeSet<&'g str>,
}

impl<'g> Groups<'g> {
    fn of(region: &'g RegionInventory) -> Self {
        let mut rules: BTreeMap<&str, Vec<&SecurityGroupRule>> = BTreeMap::new();
        for rule in region.security_group_rules.values() {
            if rule.direction == Direction::Ingress && rule.covers_tcp(443) {
                rules.entry(&rule.group_id).or_default().push(rule);
            }
        }
        let of_endpoints: BTreeSet<&String> =
            region.vpc_endpoints.values().flat_map(|endpoint| &endpoint.network_interface_ids).collect();
        let others = region
            .network_interfaces
            .values()
            .filter(|interface| interface.kind != InterfaceKind::VpcEndpoint && !of_endpoints.contains(&interface.id));
        Self { rules, carried: others.flat_map(|interface| &interface.group_ids).map(String::as_str).collect() }
    }

    fn rules_of<'s>(&'s self, endpoint: &'s VpcEndpoint) -> impl Iterator<Item = &'g SecurityGroupRule> + 's {
        endpoint.group_ids.iter().filter_map(|group| self.rules.get(group.as_str())).flatten().copied()
    }

    /// Whether some rule of the endpoint's groups that was read admits TCP 443 from anywhere.
    fn admit_somebody(&self, endpoint: &VpcEndpoint) -> bool {
        self.rules_of(endpoint).next().is_some()
    }

    fn scope(&self, region: &RegionInventory, endpoint: &VpcEndpoint) -> Scope {
        let (mut named, mut perhaps) = (BTreeSet::new(), BTreeMap::new());
        for rule in self.rules_of(endpoint) {
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
        if named.iter().any(|group| self.carried.contains(group)) {
            return Scope::ClientsWithGroup;
        }
        if let Some((group, gap)) = perhaps.iter().find(|(group, _)| self.carried.contains(*group)) {
            return Scope::Unsure(Doubt::of_gap(format!("whether {group} is a default group was not read"), gap));
        }
        match &region.network_interfaces.gap {
            Some(gap) if !named.is_empty() || !perhaps.is_empty() => {
                let why = format!("whether a client carries a group that {} admits was not read", endpoint.id);
                Scope::Unsure(Doubt::of_gap(why, gap))
            }
            _ if named.is_empty() => Scope::Anyone,
            _ => Scope::GroupWithoutClients,
        }
    }
}

impl Case<'_> {
    /// `named`: the service's name leads to the endpoint inside the VPC.
    fn blocked(&self, service: &str, refusals: &[Refusal], named: bool) -> Failure {
        let endpoint = self.endpoint;
        let subnets: Vec<&str> =
            refusals.iter().map(|refusal| refusal.subnet_id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        // The groups of an endpoint refuse together: their ids come joined.
        let refusers: BTreeSet<&str> = refusals.iter().flat_map(|refusal| refusal.by.split(", ")).collect();
        let empty = self.occupancy.nobody_in(subnets.iter().copied());
        let consequence = match (named, empty) {
            (true, false) => "The service's name leads to the endpoint, so clients there time out rather than take another way.",
            (true, true) => "No client is there yet. The service's name leads to the endpoint, so the first one will time out.",
            (false, _) => "Its groups admit nobody on TCP 443, so whoever calls the endpoint times out.",
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
            severity: empty.then_some(Severity::Medium),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    #[test]
    fn a_refusal_that_hits_nobody_yet_is_medium_and_says_so() {
        let found = |interfaces: serde_json::Value| {
            let found = failures(
                &CHECK,
                &json!({ "regions": { "eu-west-1": {
                    "vpcs": { "vpc-0aa": {} }, "subnets": { "subnet-0app": {}, "subnet-0e": { "ipv4_cidr": "10.0.9.0/24" } },
                    "security_group_rules": { "sgr-0e": { "group_id": "sg-0e", "peer": { "ipv4": "10.0.9.0/24" } } },
                    "network_interfaces": interfaces,
                    "vpc_endpoints": { "vpce-0sqs": {
                        "kind": "Interface", "service_name": "com.amazonaws.eu-west-1.sqs", "private_dns": true,
                        "subnet_ids": ["subnet-0e"], "group_ids": ["sg-0e"],
                    } },
                } } }),
            );
            assert_eq!(found.len(), 1);
            (found[0].severity, found[0].detail.contains("No client is there yet"))
        };
        assert_eq!(found(json!({})), (Some(Severity::Medium), true));
        assert_eq!(found(json!({ "eni-0app": { "subnet_id": "subnet-0app" } })), (None, false));
    }
}
