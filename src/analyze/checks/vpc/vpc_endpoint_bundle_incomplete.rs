//! `vpc-endpoint-bundle-incomplete`.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoints::aws_service;
use crate::analyze::check::declare_check;
use crate::analyze::checks::occupancy::Occupancy;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointState, Subnet, VpcEndpoint};
use crate::network::{Destinations, End, Path, Segment};

declare_check! {
    /// ## What it does
    /// Finds VPCs with an interface endpoint of a service that AWS documents as working only together with others, where the
    /// others are reached through a NAT gateway or not at all:
    ///
    /// - Amazon ECR: `ecr.api`, `ecr.dkr` and Amazon S3, where the image layers lie
    /// - AWS Systems Manager: `ssm` and `ssmmessages`
    /// - Amazon ECS on EC2: `ecs`, `ecs-agent` and `ecs-telemetry`
    ///
    /// ## Why it matters
    /// The endpoint is paid for, and the heavy part of the traffic still goes through the NAT gateway (image layers come from
    /// S3), or the feature fails where there is no other way out.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: the members of each bundle in the VPC
    /// - `ec2:DescribeRouteTables` and whatever else the path from each subnet to each member passes
    /// - `ec2:DescribeNetworkInterfaces`: which subnets hold clients, and whether there are instances
    ///
    /// ## When it stays silent
    /// Only subnets that reach a member of the bundle through an interface endpoint count. A member that is reached by any
    /// endpoint, here or in a central VPC, or straight over an internet gateway, is not missed. `ec2messages` is never
    /// demanded: SSM Agent 3.3.40.0 and later does without it. The bundles of Systems Manager and ECS are agents on instances:
    /// a VPC without instances is not asked for them, since `ssmmessages` alone serves ECS Exec, `ssm` alone parameters, and
    /// `ecs` alone the API. Where instances run and use no more than that, waive the finding. A path that cannot be told
    /// gives Unknown, never Pass.
    ///
    /// ## References
    /// - [Amazon ECR guide: Amazon ECR interface VPC endpoints (AWS PrivateLink)](https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html)
    /// - [Systems Manager guide: Improve the security of EC2 instances by using VPC endpoints](https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html)
    /// - [Amazon ECS guide: Amazon ECS interface VPC endpoints (AWS PrivateLink)](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-bundle-incomplete",
        title: "Endpoint lacks the others it works with",
        severity: Severity::Medium,
        pillar: Pillar::Egress,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Make the missing endpoints: interface endpoints with private DNS on, and a gateway endpoint for Amazon S3.",
            command: "aws ec2 create-vpc-endpoint --vpc-id <vpc-id> --vpc-endpoint-type Interface --service-name com.amazonaws.<region>.<service> --subnet-ids <subnet-id> --security-group-ids <group-id> --private-dns-enabled",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        },
        repair: Repair::Change(repairs::complete_bundle),
        evaluate: judge_vpcs,
    }
}

/// Services that only work together.
struct Bundle {
    /// Short name of the first member, which stands for the bundle.
    service: &'static str,
    name: &'static str,
    /// Members with interface endpoints.
    members: &'static [&'static str],
    /// Whether Amazon S3 belongs to it, by whatever endpoint.
    with_s3: bool,
    /// Whether only an agent on instances needs the members together: alone, each serves functions and tasks as well.
    on_instances: bool,
    /// Why the members need each other.
    why: &'static str,
}

static BUNDLES: [Bundle; 3] = [
    Bundle {
        service: "ecr.api",
        name: "Amazon ECR",
        members: &["ecr.api", "ecr.dkr"],
        with_s3: true,
        on_instances: false,
        why: "An image pull asks ecr.api for permission, ecr.dkr for the manifest, and fetches the layers from Amazon S3.",
    },
    Bundle {
        service: "ssm",
        name: "AWS Systems Manager",
        members: &["ssm", "ssmmessages"],
        with_s3: false,
        on_instances: true,
        why: "SSM Agent registers with ssm and takes sessions and commands from ssmmessages. A VPC that uses ssm for parameters \
              alone needs no more: waive this there.",
    },
    Bundle {
        service: "ecs",
        name: "Amazon ECS",
        members: &["ecs", "ecs-agent", "ecs-telemetry"],
        with_s3: false,
        on_instances: true,
        why: "The container agent talks to all three; those without an endpoint it reaches over public addresses.",
    },
];

/// Services whose endpoints clients use together with that of this one.
pub(super) fn partners(service: &str) -> Vec<&'static str> {
    let bundles = BUNDLES.iter().filter(|bundle| bundle.members.contains(&service));
    bundles.flat_map(|bundle| bundle.members).copied().filter(|member| *member != service).collect()
}

fn judge_vpcs(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let Some(occupancy) = audit.occupancy(name) else { continue };
        let mut by_vpc: BTreeMap<&str, Present<'_>> = BTreeMap::new();
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.state == EndpointState::Available) {
            if let Some(service) = aws_service(&audit.inventory.account.id, endpoint, name) {
                by_vpc.entry(&endpoint.vpc_id).or_default().entry(service).or_default().push(endpoint);
            }
        }
        for (vpc_id, present) in by_vpc {
            for bundle in &BUNDLES {
                let verdict = Case { audit, name, region, occupancy, vpc_id, present: &present, bundle }.judge();
                let resource = Resource::vpc_id(audit.inventory, name, vpc_id);
                subjects.push(Subject::new(name, resource, verdict).about_service(bundle.service));
            }
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// Available interface endpoints of a VPC, by service.
type Present<'a> = BTreeMap<&'a str, Vec<&'a VpcEndpoint>>;

/// One bundle in one VPC.
struct Case<'c> {
    audit: &'c Audit<'c>,
    name: &'c str,
    region: &'c RegionInventory,
    occupancy: &'c Occupancy<'c>,
    vpc_id: &'c str,
    present: &'c Present<'c>,
    bundle: &'static Bundle,
}

/// One subnet that misses one member.
struct Miss {
    subnet_id: String,
    service: &'static str,
    /// NAT gateways on the way; empty where there is no way.
    nat_gateways: BTreeSet<String>,
    why: String,
    source: String,
}

impl Case<'_> {
    fn judge(&self) -> Verdict {
        let here: Vec<&VpcEndpoint> =
            self.bundle.members.iter().filter_map(|member| self.present.get(member)).flatten().copied().collect();
        if here.is_empty() {
            return Verdict::NotApplicable;
        }
        let absent = self.bundle.members.iter().copied().filter(|member| !self.present.contains_key(member));
        let wanted: Vec<&'static str> = absent.chain(self.bundle.with_s3.then_some("s3")).collect();
        if wanted.is_empty() {
            return Verdict::Pass;
        }
        if self.bundle.on_instances {
            match self.has_instances() {
                Ok(true) => {}
                Ok(false) => return Verdict::NotApplicable,
                Err(doubt) => return Verdict::Unknown(doubt),
            }
        }
        self.judge_paths(&here, &wanted)
    }

    fn judge_paths(&self, here: &[&VpcEndpoint], wanted: &[&'static str]) -> Verdict {
        let (mut misses, mut doubts, mut looked_at) = (Vec::new(), Vec::new(), false);
        for subnet in self.audit.network.subnets_of(self.name, self.vpc_id) {
            match self.uses_bundle(subnet, here) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(doubt) => {
                    doubts.push(doubt);
                    continue;
                }
            }
            looked_at = true;
            for service in wanted {
                match self.way_to(subnet, service) {
                    Way::Fine => {}
                    Way::Missed(miss) => misses.push(miss),
                    Way::Unclear(doubt) => doubts.push(doubt),
                }
            }
        }
        if !misses.is_empty() {
            return Verdict::Fail(Box::new(self.incomplete(here, &misses)));
        }
        if let Some(gap) = &self.region.subnets.gap {
            doubts.push(Doubt::of_gap(format!("not every subnet of {} was read", self.vpc_id), gap));
        }
        match Doubt::join(doubts) {
            Some(doubt) => Verdict::Unknown(doubt),
            None if looked_at => Verdict::Pass,
            None => Verdict::NotApplicable,
        }
    }

    fn has_instances(&self) -> Result<bool, Doubt> {
        let interfaces = &self.region.network_interfaces;
        let any = interfaces.values().any(|interface| interface.vpc_id == self.vpc_id && interface.instance_id.is_some());
        match &interfaces.gap {
            Some(gap) if !any => Err(Doubt::of_gap(format!("whether instances run in {} was not read", self.vpc_id), gap)),
            _ => Ok(any),
        }
    }

    /// Whether clients of a subnet reach a member of the bundle through an interface endpoint.
    fn uses_bundle(&self, subnet: &Subnet, here: &[&VpcEndpoint]) -> Result<bool, Doubt> {
        let mut doubts = Vec::new();
        let mut calls = false;
        for endpoint in here {
            match self.occupancy.may_call(&subnet.id, endpoint) {
                Ok(may_call) => calls |= may_call,
                Err(doubt) => doubts.push(doubt),
            }
        }
        if !calls {
            return Doubt::join(doubts).map_or(Ok(false), Err);
        }
        for service in self.bundle.members.iter().filter(|member| self.present.contains_key(*member)) {
            for segment in self.paths(subnet, service).into_iter().flat_map(|path| path.segments.to_vec()) {
                match segment.end {
                    End::InterfaceEndpoint { .. } => return Ok(true),
                    End::Unknown { reason, gaps } => doubts.push(Doubt { why: reason, gaps }),
                    _ => {}
                }
            }
        }
        Doubt::join(doubts).map_or(Ok(false), Err)
    }

    /// The paths of a subnet to a service, which the matrix has only for services with endpoints or traffic.
    fn paths(&self, subnet: &Subnet, service: &str) -> Vec<Path> {
        match self.audit.paths_to(self.name, &subnet.id, service) {
            [] => {
                let network = &self.audit.network;
                let families = network.families(subnet).into_iter();
                families.map(|family| network.path(self.name, &subnet.id, service, family)).collect()
            }
            known => known.to_vec(),
        }
    }

    /// The way to a member: through a NAT gateway in any IP version is a miss; else one IP version that arrives is enough.
    fn way_to(&self, subnet: &Subnet, service: &'static str) -> Way {
        let mut ends = Ends::default();
        let mut source = format!("ec2:DescribeRouteTables {}", subnet.id);
        for path in self.paths(subnet, service) {
            // A block that may hold none of the service's addresses proves nothing, unless all blocks go the same way.
            let possible = |segment: &Segment| matches!(segment.destinations, Destinations::PossiblyWithin(_));
            let only_possible = path.segments.iter().all(possible);
            if only_possible && !path.segments.windows(2).all(|pair| matches!(pair, [a, b] if a.end == b.end)) {
                let why = format!("routes divide the internet for {}, and which of them takes {service} is not known", subnet.id);
                ends.doubts.push(Doubt { why, gaps: Vec::new() });
                continue;
            }
            let (mut some, mut all) = (false, true);
            for segment in path.segments.iter().filter(|segment| only_possible || !possible(segment)) {
                if let Some(hop) = segment.hops.iter().find(|hop| hop.kind == "route_table") {
                    source.clone_from(&hop.source);
                }
                some = true;
                all &= ends.add(segment.end.clone(), &subnet.id, service);
            }
            ends.arrives |= some && all;
        }
        let Ends { arrives, nat_gateways, nowhere, doubts } = ends;
        let subnet_id = subnet.id.clone();
        if !nat_gateways.is_empty() {
            let told = nat_gateways.iter().map(|id| self.audit.network.as_told(id.clone(), id));
            let why = format!("goes through {}", told.collect::<Vec<_>>().join(" and "));
            return Way::Missed(Miss { subnet_id, service, nat_gateways, why, source });
        }
        match Doubt::join(doubts) {
            _ if arrives => Way::Fine,
            Some(doubt) => Way::Unclear(doubt),
            None if nowhere.is_empty() => Way::Fine,
            None => {
                let why = format!("has no way: {}", nowhere.into_iter().collect::<Vec<_>>().join("; "));
                Way::Missed(Miss { subnet_id, service, nat_gateways, why, source })
            }
        }
    }

    fn incomplete(&self, here: &[&VpcEndpoint], misses: &[Miss]) -> Failure {
        let Self { vpc_id, bundle, .. } = self;
        let services: Vec<&str> = misses.iter().map(|miss| miss.service).collect::<BTreeSet<_>>().into_iter().collect();
        let subnets: Vec<&str> = misses.iter().map(|miss| miss.subnet_id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
        let nats: BTreeSet<&str> = misses.iter().flat_map(|miss| &miss.nat_gateways).map(String::as_str).collect();
        let nats: Vec<&str> = nats.into_iter().collect();
        let consequence = if nats.is_empty() {
            format!("There is no way from {} to {}.", few(&subnets), services.join(" and "))
        } else {
            format!("From {}, traffic to {} goes through {}, or nowhere.", few(&subnets), services.join(" and "), few(&nats))
        };
        let repair = match services.as_slice() {
            ["s3"] => "Make a gateway endpoint for S3 and associate it with the route tables of these subnets.",
            services if services.contains(&"s3") => {
                "Make the missing interface endpoints, and for S3 a gateway endpoint that is associated with the route tables of these subnets."
            }
            _ => "Make the missing endpoints, with private DNS on.",
        };
        let mut evidence: Vec<Evidence> = here
            .iter()
            .map(|endpoint| {
                let fact = format!("available endpoint to {} in {vpc_id}", endpoint.service_name);
                Evidence::new(fact, "ec2:DescribeVpcEndpoints", &endpoint.id)
            })
            .collect();
        evidence.extend(misses.iter().map(|miss| Evidence {
            fact: format!("traffic of {} to {} {}", miss.subnet_id, miss.service, miss.why),
            source: miss.source.clone(),
        }));
        let related = here.iter().map(|endpoint| endpoint.id.as_str()).chain(subnets.iter().copied()).chain(nats.iter().copied());
        Failure {
            title: format!("{vpc_id} has endpoints for {}, and none in use for {}", bundle.name, services.join(" and ")),
            detail: format!("{} {consequence} {repair}", bundle.why),
            related: related.map(str::to_owned).collect(),
            evidence,
            severity: None,
        }
    }
}

/// How a subnet gets to a member of the bundle.
enum Way {
    /// Off the NAT gateways.
    Fine,
    Missed(Miss),
    Unclear(Doubt),
}

/// Where the traffic of a subnet to a service ends, all IP versions together.
#[derive(Default)]
struct Ends {
    /// Whether all of it arrives in one IP version.
    arrives: bool,
    nat_gateways: BTreeSet<String>,
    /// Why packets arrive nowhere.
    nowhere: BTreeSet<String>,
    doubts: Vec<Doubt>,
}

impl Ends {
    /// Takes note of one end; whether packets arrive there off the NAT gateways.
    fn add(&mut self, end: End, subnet_id: &str, service: &str) -> bool {
        match end {
            End::InterfaceEndpoint { .. } | End::GatewayEndpoint { .. } | End::Internet { .. } => return true,
            End::Nat { nat_gateway_id, .. } => {
                self.nat_gateways.insert(nat_gateway_id);
            }
            End::None { reason } | End::Blocked { reason, .. } => {
                self.nowhere.insert(reason);
            }
            End::Blackhole { target_id } => {
                self.nowhere.insert(format!("the route leads to {target_id}, which is gone"));
            }
            End::LeavesView { via, reason } => {
                let why = format!("the path from {subnet_id} to {service} leaves through {via}: {reason}");
                self.doubts.push(Doubt { why, gaps: Vec::new() });
            }
            End::Appliance { id } => {
                let why = format!("the path from {subnet_id} to {service} leads into {id}, which forwards by rules of its own");
                self.doubts.push(Doubt { why, gaps: Vec::new() });
            }
            End::Unknown { reason, gaps } => self.doubts.push(Doubt { why: reason, gaps }),
        }
        false
    }
}
