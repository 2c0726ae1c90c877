//! `vpc-interface-endpoint-duplicate`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::endpoints::subject_of;
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, VpcEndpoint};

declare_check! {
    /// ## What it does
    /// Finds available interface endpoints that another one of the same VPC and service stands beside in the same zone. Of
    /// several the one with private DNS on is kept, then the one in most zones, then the oldest; the others are reported.
    ///
    /// ## Why it matters
    /// Each endpoint is billed for every hour and zone. A second one adds no availability within a zone, and only one of them can
    /// answer for the service's own name.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: VPC, service, subnets, private DNS, security groups, policy and creation time
    /// - `ec2:DescribeSubnets`: the zone of each subnet
    ///
    /// ## When it stays silent
    /// Endpoints in different zones, in different VPCs or to the same service of different regions are needed. Endpoints of another
    /// account, and those that an AWS service made and keeps, are left out. Two endpoints with different policies or security
    /// groups, for two groups of clients, are reported: waive the finding where that is meant. With endpoints or zones not read
    /// the answer is Unknown.
    ///
    /// ## References
    /// - [PrivateLink guide: Access an AWS service using an interface VPC endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html)
    /// - [PrivateLink guide: Configure an interface endpoint](https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html)
    pub(super) static CHECK = {
        id: "vpc-interface-endpoint-duplicate",
        title: "Interface endpoint repeats the work of another one",
        severity: Severity::Medium,
        pillar: Pillar::Cost,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Lead the clients to the endpoint that stays, with the zones, security groups and policy that they need, then delete the other one.",
            command: "aws ec2 delete-vpc-endpoints --vpc-endpoint-ids <vpc-endpoint-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/privatelink/delete-interface-endpoint.html",
        },
        repair: Repair::Change(repairs::delete_unneeded),
        evaluate: judge_endpoints,
    }
}

/// VPC, service and region of the service.
type Group<'a> = (&'a str, &'a str, &'a str);

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let (mut subjects, account) = (Vec::new(), &audit.inventory.account.id);
    for (name, region) in audit.regions() {
        let mut groups: BTreeMap<Group<'_>, Vec<&VpcEndpoint>> = BTreeMap::new();
        for endpoint in region.vpc_endpoints.values().filter(|endpoint| endpoint.kind == EndpointKind::Interface) {
            if endpoint.state == EndpointState::Available && endpoint.is_in_hands_of(account) {
                let of = endpoint.service_region.as_deref().unwrap_or(name);
                groups.entry((&endpoint.vpc_id, &endpoint.service_name, of)).or_default().push(endpoint);
            } else {
                let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
                subjects.push(Subject::new(name, resource, Verdict::NotApplicable));
            }
        }
        for group in groups.into_values() {
            for (endpoint, verdict) in judge_group(region, &group) {
                subjects.push(subject_of(audit, name, endpoint, verdict));
            }
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// An endpoint and the zones it stands in, by id and name.
struct Placed<'a> {
    endpoint: &'a VpcEndpoint,
    zones: BTreeMap<&'a str, &'a str>,
}

impl<'a> Placed<'a> {
    fn of(region: &'a RegionInventory, endpoint: &'a VpcEndpoint) -> Result<Self, Doubt> {
        let mut zones = BTreeMap::new();
        for id in &endpoint.subnet_ids {
            match region.subnets.find(id) {
                Ok(Some(subnet)) => drop(zones.insert(subnet.zone_id.as_str(), subnet.zone.as_str())),
                Ok(None) => {
                    let why = format!("{} names {id}, which the account's subnets do not list", endpoint.id);
                    return Err(Doubt { why, gaps: Vec::new() });
                }
                Err(gap) => return Err(Doubt::of_gap(format!("the zone of {id} was not read"), gap)),
            }
        }
        Ok(Self { endpoint, zones })
    }

    /// The lowest stays.
    fn rank(&self) -> (bool, Reverse<usize>, Option<jiff::Timestamp>, &str) {
        (!self.endpoint.private_dns, Reverse(self.zones.len()), self.endpoint.created_at, &self.endpoint.id)
    }

    fn shared_with(&self, other: &Self) -> Vec<&'a str> {
        self.zones.iter().filter(|(id, _)| other.zones.contains_key(*id)).map(|(_, zone)| *zone).collect()
    }
}

fn judge_group<'a>(region: &'a RegionInventory, group: &[&'a VpcEndpoint]) -> Vec<(&'a VpcEndpoint, Verdict)> {
    let all = |doubt: &Doubt| group.iter().map(|endpoint| (*endpoint, Verdict::Unknown(doubt.clone()))).collect();
    if let Some(gap) = &region.vpc_endpoints.gap {
        return all(&Doubt::of_gap("whether another endpoint for the service stands in the VPC was not read", gap));
    }
    if let [only] = group {
        return vec![(*only, Verdict::Pass)];
    }
    let mut placed = match group.iter().map(|endpoint| Placed::of(region, endpoint)).collect::<Result<Vec<_>, _>>() {
        Ok(placed) => placed,
        Err(doubt) => return all(&doubt),
    };
    placed.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let (mut staying, mut judged): (Vec<Placed<'_>>, _) = (Vec::new(), Vec::new());
    for own in placed {
        if let Some(stays) = staying.iter().find(|stays| !own.shared_with(stays).is_empty()) {
            judged.push((own.endpoint, Verdict::Fail(Box::new(duplicate(&own, stays)))));
        } else {
            // What only shares zones with an endpoint that goes is needed in its place.
            judged.push((own.endpoint, Verdict::Pass));
            staying.push(own);
        }
    }
    judged
}

fn duplicate(own: &Placed<'_>, stays: &Placed<'_>) -> Failure {
    let (VpcEndpoint { id, vpc_id, service_name, .. }, other) = (own.endpoint, &stays.endpoint.id);
    let shared = own.shared_with(stays);
    let lost: Vec<&str> = own.zones.iter().filter(|(id, _)| !stays.zones.contains_key(*id)).map(|(_, zone)| *zone).collect();
    let mut detail = format!(
        "Both stand in {} of {vpc_id} and are billed by the hour. Lead the clients of {id} to {other}, then delete {id}.",
        few(&shared)
    );
    if !lost.is_empty() {
        detail = format!("{detail} Add a subnet of {} to {other} first: only {id} stands there.", few(&lost));
    }
    let differ: Vec<&str> = [
        ("security groups", set(&own.endpoint.group_ids) != set(&stays.endpoint.group_ids)),
        ("policies", own.endpoint.policy != stays.endpoint.policy),
    ]
    .into_iter()
    .filter_map(|(what, differs)| differs.then_some(what))
    .collect();
    if !differ.is_empty() {
        let differ = differ.join(" and ");
        detail = format!(
            "{detail} Their {differ} differ: make sure that {other} serves both, or waive this finding if that is meant."
        );
    }
    let stands = |one: &Placed<'_>| {
        let zones: Vec<&str> = one.zones.values().copied().collect();
        let dns = if one.endpoint.private_dns { "on" } else { "off" };
        let fact = format!("{} to {service_name} stands in {}, private DNS {dns}", one.endpoint.id, few(&zones));
        Evidence::new(fact, "ec2:DescribeVpcEndpoints", &one.endpoint.id)
    };
    Failure {
        title: format!("{id} repeats the work of {other} in {}", few(&shared)),
        detail,
        related: vec![other.clone(), vpc_id.clone()],
        evidence: vec![stands(own), stands(stays)],
        severity: None,
    }
}

fn set(ids: &[String]) -> BTreeSet<&str> {
    ids.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::analyze::fixtures::failures;

    /// Endpoints for one service: id, zones, whether private DNS is on, and the day of January it was made on.
    fn pairs(endpoints: &[(&str, &str, bool, u32)]) -> Vec<(String, String)> {
        let of_service = endpoints.iter().map(|(id, zones, private_dns, day)| {
            let subnets: Vec<String> = zones.chars().map(|zone| format!("subnet-0{zone}")).collect();
            let created = format!("2026-01-{day:02}T00:00:00Z");
            let service = "com.amazonaws.eu-west-1.sqs";
            let endpoint = json!({ "kind": "Interface", "service_name": service, "private_dns": private_dns, "subnet_ids": subnets, "created_at": created });
            ((*id).to_owned(), endpoint)
        });
        let found = failures(
            &CHECK,
            &json!({ "regions": { "eu-west-1": {
                "vpcs": { "vpc-0aa": {} },
                "subnets": { "subnet-0a": {}, "subnet-0b": { "zone": "eu-west-1b" }, "subnet-0c": { "zone": "eu-west-1c" } },
                "vpc_endpoints": of_service.collect::<serde_json::Map<_, _>>(),
            } } }),
        );
        found.into_iter().map(|one| (one.evidence[0].source.clone(), one.related[0].clone())).collect()
    }

    fn goes(id: &str, stays: &str) -> (String, String) {
        (format!("ec2:DescribeVpcEndpoints {id}"), stays.to_owned())
    }

    #[test]
    fn private_dns_then_zones_then_age_then_the_id_decides_which_one_stays() {
        assert_eq!(pairs(&[("vpce-1", "abc", false, 1), ("vpce-2", "a", true, 2)]), [goes("vpce-1", "vpce-2")]);
        assert_eq!(pairs(&[("vpce-1", "a", false, 1), ("vpce-2", "ab", false, 2)]), [goes("vpce-1", "vpce-2")]);
        assert_eq!(pairs(&[("vpce-1", "a", false, 2), ("vpce-2", "a", false, 1)]), [goes("vpce-1", "vpce-2")]);
        assert_eq!(pairs(&[("vpce-1", "a", false, 1), ("vpce-2", "a", false, 1)]), [goes("vpce-2", "vpce-1")]);
    }

    #[test]
    fn an_endpoint_that_goes_does_not_make_another_one_go() {
        let chain = [("vpce-1", "ab", true, 1), ("vpce-2", "bc", false, 1), ("vpce-3", "c", false, 1)];
        assert_eq!(pairs(&chain), [goes("vpce-2", "vpce-1")]);
    }

    #[test]
    fn what_the_other_one_lacks_is_told() {
        let found = failures(
            &CHECK,
            &json!({ "regions": { "eu-west-1": {
                "vpcs": { "vpc-0aa": {} },
                "subnets": { "subnet-0a": {}, "subnet-0b": { "zone": "eu-west-1b" } },
                "vpc_endpoints": {
                    "vpce-1": { "kind": "Interface", "subnet_ids": ["subnet-0a"], "private_dns": true, "group_ids": ["sg-1"] },
                    "vpce-2": { "kind": "Interface", "subnet_ids": ["subnet-0a", "subnet-0b"], "policy": "{}" },
                },
            } } }),
        );
        assert!(found[0].detail.contains("Add a subnet of eu-west-1b to vpce-1 first"), "{found:?}");
        assert!(found[0].detail.contains("Their security groups and policies differ"), "{found:?}");
    }
}
