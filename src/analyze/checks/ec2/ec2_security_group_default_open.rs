//! `ec2-security-group-default-open`.

use crate::analyze::check::declare_check;
use crate::analyze::checks::group_rules::{Rules, describe};
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Control, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{SecurityGroup, SecurityGroupRule};

declare_check! {
    /// ## What it does
    /// Finds default security groups that have any rule, inbound or outbound. AWS makes one with every VPC, with a rule that
    /// admits its own members and one that lets everything out: as made, it fails.
    ///
    /// ## Why it matters
    /// Whatever is launched without a group of its own lands in the default group, and may then talk to everything else that
    /// somebody forgot to think about. Without rules, a forgotten group shows at once: nothing works. The default group cannot
    /// be deleted, so emptying it is all that can be done.
    ///
    /// ## What it reads
    /// - `ec2:DescribeSecurityGroups`: groups named `default`, a name that AWS keeps for itself
    /// - `ec2:DescribeSecurityGroupRules`: their rules
    /// - `ec2:DescribeNetworkInterfaces`: who carries the group, so that nobody is cut off by the repair
    ///
    /// ## When it stays silent
    /// Default groups of VPCs that another account shares with this one. Rules that were not read give Unknown where none was
    /// seen. VPCs that nothing runs in are judged too, those that AWS makes in every region included.
    ///
    /// ## References
    /// - [VPC guide: Default security groups for your VPCs](https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html)
    /// - [Security Hub guide: EC2.2 VPC default security groups should not allow inbound or outbound traffic](https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2)
    pub(super) static CHECK = {
        id: "ec2-security-group-default-open",
        title: "Default security group has rules",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[Control::fsbp("EC2.2"), Control::cis("1.4.0", "5.3"), Control::cis("3.0.0", "5.4"), Control::cis("5.0.0", "5.5"), Control::nist("AC-4"), Control::nist("AC-4(21)"), Control::nist("SC-7"), Control::nist("SC-7(4)"), Control::nist("SC-7(5)"), Control::nist("SC-7(11)"), Control::nist("SC-7(16)"), Control::nist("SC-7(21)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Give every interface that carries the group one of its own, then revoke every rule of the default group.",
            command: "aws ec2 revoke-security-group-ingress --group-id <group-id> --security-group-rule-ids <rule-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
        },
        repair: Repair::Change(repairs::empty_default),
        evaluate: judge_groups,
    }
}

fn judge_groups(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let Some(rules) = audit.rules(name) else { continue };
        for group in region.security_groups.values() {
            let judged = group.name == "default" && group.owner_id == audit.inventory.account.id;
            let verdict = if judged { judge(region, group, rules) } else { Verdict::NotApplicable };
            subjects.push(Subject::new(name, Resource::security_group(audit.inventory, name, group), verdict));
        }
        subjects.extend(Subject::unlisted(name, "security_group", &region.security_groups));
    }
    subjects
}

fn judge(region: &RegionInventory, group: &SecurityGroup, rules: &Rules<'_>) -> Verdict {
    match (rules.of_group(&group.id), rules.doubt_about(&group.id)) {
        ([], None) => Verdict::Pass,
        ([], Some(doubt)) => Verdict::Unknown(doubt),
        (found, _) => Verdict::Fail(Box::new(open(region, group, found))),
    }
}

fn open(region: &RegionInventory, group: &SecurityGroup, rules: &[&SecurityGroupRule]) -> Failure {
    let SecurityGroup { id, vpc_id, .. } = group;
    let carriers: Vec<&str> = region
        .network_interfaces
        .values()
        .filter(|interface| interface.group_ids.contains(id))
        .map(|interface| interface.id.as_str())
        .collect();
    let care = match carriers.as_slice() {
        [] if region.network_interfaces.is_complete() => "No interface carries it, so that nobody misses its rules.".to_owned(),
        [] => "Whether an interface carries it was not read.".to_owned(),
        carriers => format!("It is carried by {}: give these a group of their own first.", few(carriers)),
    };
    let mut evidence = vec![Evidence::new(format!("{id} is the default group of {vpc_id}"), "ec2:DescribeSecurityGroups", id)];
    evidence.extend(rules.iter().map(|rule| Evidence::new(describe(rule), "ec2:DescribeSecurityGroupRules", id)));
    evidence.extend(
        carriers.iter().map(|eni| Evidence::new(format!("{eni} carries the group"), "ec2:DescribeNetworkInterfaces", eni)),
    );
    let many = if rules.len() == 1 { "a rule".to_owned() } else { format!("{} rules", rules.len()) };
    Failure {
        title: format!("Default group {id} of {vpc_id} has {many}"),
        detail: format!(
            "What is launched in {vpc_id} without a group of its own gets this one and what its rules allow. {care} Then revoke its rules."
        ),
        related: std::iter::once(vpc_id.as_str()).chain(carriers).map(str::to_owned).collect(),
        evidence,
        severity: None,
    }
}
