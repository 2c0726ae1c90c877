//! `s3-bucket-trusts-nat-address`.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::buckets::policy_says;
use super::perimeter::{Guarded, judge_policies, unread};
use crate::analyze::check::declare_check;
use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::checks::words::few;
use crate::analyze::{Audit, Evidence, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::ec2::{NatGateway, NatGatewayState};
use crate::policy::address_block;

declare_check! {
    /// ## What it does
    /// Finds buckets whose policy admits addresses (`aws:SourceIp` in an Allow, or spared by a Deny) among which is the public
    /// address of one of the account's NAT gateways.
    ///
    /// ## Why it matters
    /// As soon as an S3 endpoint takes over, requests no longer come from that address: `aws:SourceIp` is absent then, the Allow
    /// no longer grants and the Deny hits. A gateway endpoint that saves the NAT's charges breaks these clients at once. Until
    /// then everybody behind the NAT gateway is trusted alike.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the addresses that conditions name
    /// - `ec2:DescribeNatGateways`: public addresses
    /// - `ec2:DescribeRegions`: whether every region was scanned
    ///
    /// ## When it stays silent
    /// Blocks wider than /8 (IPv6: /32) name no network and are left out, as is what a Deny is aimed at. Deleted and failed
    /// gateways do not count. NAT gateways of other accounts are not known here. While a region or its NAT gateways were not
    /// read the answer is Unknown.
    ///
    /// ## References
    /// - [S3 guide: Controlling access from VPC endpoints with bucket policies](https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html)
    /// - [IAM guide: AWS global condition context keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html)
    pub(super) static CHECK = {
        id: "s3-bucket-trusts-nat-address",
        title: "Bucket policy trusts the address of a NAT gateway",
        severity: Severity::High,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Admit the endpoint by aws:SourceVpce or the VPC by aws:SourceVpc beside the address, make the endpoint, and remove the address afterwards.",
            command: "aws s3api put-bucket-policy --bucket <bucket> --policy file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
        },
        repair: Repair::Decision("admit the endpoint beside the address first, then move the traffic, then take the address out"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    judge_policies(audit, |guarded| (judge(audit, guarded), None))
}

fn judge(audit: &Audit<'_>, guarded: Guarded<'_>) -> Verdict {
    let inventory = audit.inventory;
    let named = networks(guarded.decided);
    let admitted = named.iter().filter(|one| one.key == Key::Address && one.is_admitted());
    let trusted: Vec<(&Network<'_>, IpNet)> =
        admitted.filter_map(|one| Some((one, address_block(one.value).filter(names_a_network)?))).collect();
    if trusted.is_empty() {
        return Verdict::NotApplicable;
    }
    let mut found = Vec::new();
    let own = inventory.regions.values().flat_map(|region| region.nat_gateways.values());
    // Behind a transit gateway or in a shared VPC the address is that of a sister's gateway.
    for nat in own.chain(audit.network.nat_gateways_of_sisters()).filter(|nat| serves(nat)) {
        for address in nat.addresses.iter().filter_map(|address| address.public_ip) {
            found.extend(trusted.iter().filter(|(_, block)| block.contains(&address)).map(|(one, _)| Trusted {
                network: one,
                nat,
                address,
            }));
        }
    }
    if !found.is_empty() {
        return Verdict::Fail(Box::new(failure(audit, guarded, &found)));
    }
    unread(inventory, "NAT gateways", |region| region.nat_gateways.gap.as_ref()).map_or(Verdict::Pass, Verdict::Unknown)
}

/// An address of a NAT gateway that a policy admits.
struct Trusted<'a> {
    network: &'a Network<'a>,
    nat: &'a NatGateway,
    address: IpAddr,
}

fn serves(nat: &NatGateway) -> bool {
    matches!(nat.state, NatGatewayState::Pending | NatGatewayState::Available)
}

/// A block that is nearly everything names nothing.
fn names_a_network(block: &IpNet) -> bool {
    block.prefix_len() >= if block.addr().is_ipv4() { 8 } else { 32 }
}

fn failure(audit: &Audit<'_>, guarded: Guarded<'_>, found: &[Trusted<'_>]) -> Failure {
    let bucket = guarded.bucket;
    let addresses: BTreeSet<(IpAddr, &str)> = found.iter().map(|one| (one.address, one.nat.id.as_str())).collect();
    let told: Vec<String> = addresses.iter().map(|(address, id)| format!("{address} of {id}")).collect();
    let vpcs: Vec<&str> = found.iter().map(|one| one.nat.vpc_id.as_str()).collect::<BTreeSet<_>>().into_iter().collect();
    let facts: BTreeSet<String> = found.iter().map(|one| one.network.told()).collect();
    let mut evidence: Vec<Evidence> = facts.into_iter().map(|fact| policy_says(bucket, fact)).collect();
    evidence.extend(
        addresses
            .iter()
            .map(|(address, id)| (audit.network.as_told(format!("{id} has public address {address}"), id), id))
            .map(|(fact, id)| Evidence::new(fact, "ec2:DescribeNatGateways", id)),
    );
    Failure {
        title: format!("Policy of bucket {} trusts the address {}", bucket.name, few(&told)),
        detail: format!(
            "As soon as an S3 endpoint takes over in {}, aws:SourceIp is absent from requests, and this condition no longer admits them. Admit \
             the endpoint by aws:SourceVpce or the VPC by aws:SourceVpc as well before it is made, and remove the address afterwards.",
            few(&vpcs)
        ),
        related: addresses.iter().map(|(_, id)| (*id).to_owned()).collect(),
        evidence,
        severity: None,
    }
}
