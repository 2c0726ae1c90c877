//! `ec2-address-unassociated`.

use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Control, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{Address, NatGatewayState};

declare_check! {
    /// ## What it does
    /// Finds Elastic IP addresses of Amazon's pool that nothing uses: no association, no interface, no instance, no NAT gateway.
    ///
    /// ## Why it matters
    /// Every public IPv4 address that Amazon provides is billed by the hour, idle ones included. An address that stands in an
    /// allow list of a partner and is used by nobody is also a door without an owner.
    ///
    /// ## What it reads
    /// - `ec2:DescribeAddresses`: association, pool, and the service that manages the address
    /// - `ec2:DescribeNatGateways`: addresses of NAT gateways
    ///
    /// ## When it stays silent
    /// Addresses that an AWS service manages, and addresses of a pool the customer brought (BYOIP): AWS does not bill those.
    /// An unused address of an IPAM pool gives Unknown: such a pool may hold brought or Amazon's addresses. So does one without
    /// an association while the list of NAT gateways is not complete.
    ///
    /// ## References
    /// - [VPC guide: Elastic IP addresses](https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html)
    /// - [EC2 guide: Bring your own IP addresses (BYOIP)](https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-byoip.html)
    /// - [VPC pricing: Public IPv4 addresses](https://aws.amazon.com/vpc/pricing/)
    pub(super) static CHECK = {
        id: "ec2-address-unassociated",
        title: "Elastic IP address is used by nothing",
        severity: Severity::Low,
        pillar: Pillar::Cost,
        controls: &[Control::nist("CM-8(1)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Release the address, unless it must stay yours: it cannot be claimed back for sure.",
            command: "aws ec2 release-address --allocation-id <allocation-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithEIPs.html",
        },
        repair: Repair::Change(repairs::release_address),
        evaluate: judge_addresses,
    }
}

fn judge_addresses(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        for address in region.addresses.values() {
            let verdict = judge(region, address);
            subjects.push(Subject::new(name, Resource::address(audit.inventory, name, address), verdict));
        }
        subjects.extend(Subject::unlisted(name, "address", &region.addresses));
    }
    subjects
}

fn judge(region: &RegionInventory, address: &Address) -> Verdict {
    // Service-managed addresses cannot be released by hand. Source: `ServiceManaged` of `Address` in the EC2 API reference.
    if address.service_managed.is_some() {
        return Verdict::NotApplicable;
    }
    if address.association_id.is_some() || address.network_interface_id.is_some() || address.instance_id.is_some() {
        return Verdict::Pass;
    }
    let holder = region.nat_gateways.values().find(|nat| {
        !matches!(nat.state, NatGatewayState::Deleted | NatGatewayState::Failed)
            && nat.addresses.iter().any(|own| own.allocation_id.as_deref() == Some(address.allocation_id.as_str()))
    });
    if holder.is_some() {
        return Verdict::Pass;
    }
    if let Some(gap) = &region.nat_gateways.gap {
        let why = format!("whether a NAT gateway holds {} was not read", address.public_ip);
        return Verdict::Unknown(Doubt::of_gap(why, gap));
    }
    match address.public_ipv4_pool.as_deref() {
        None | Some("amazon") => Verdict::Fail(Box::new(idle(address))),
        Some(pool) if pool.starts_with("ipam-pool-") => {
            let why = format!(
                "{} is unused, and whether its pool {pool} holds Amazon's addresses or brought ones is not read",
                address.public_ip
            );
            Verdict::Unknown(Doubt { why, gaps: Vec::new() })
        }
        Some(_) => Verdict::NotApplicable,
    }
}

fn idle(address: &Address) -> Failure {
    let Address { allocation_id, public_ip, .. } = address;
    let fact = format!("{public_ip} ({allocation_id}) has no association, interface or instance");
    let pool = format!("{public_ip} comes from pool {}", address.public_ipv4_pool.as_deref().unwrap_or("amazon"));
    Failure {
        title: format!("Elastic IP address {public_ip} is used by nothing"),
        detail: "Amazon bills every public IPv4 address by the hour, idle ones included. Release it; if an allow list names it, remove it there too.".to_owned(),
        related: Vec::new(),
        evidence: vec![
            Evidence::new(fact, "ec2:DescribeAddresses", allocation_id),
            Evidence::new(pool, "ec2:DescribeAddresses", allocation_id),
        ],
        severity: None,
    }
}
