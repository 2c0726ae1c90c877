//! `ec2-security-group-unused`.

use crate::analyze::check::declare_check;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::SecurityGroup;

declare_check! {
    /// ## What it does
    /// Finds security groups that nothing natless sees uses: no network interface carries the group, no rule of another group
    /// names it, no VPC endpoint lists it.
    ///
    /// ## Why it matters
    /// Nobody looks after a group that nobody uses, and the next one in need of "some group that works" takes it, with rules
    /// that were right for something else. Every group less is one less to review.
    ///
    /// ## What it reads
    /// - `ec2:DescribeSecurityGroups`: the groups
    /// - `ec2:DescribeNetworkInterfaces`: groups that interfaces carry
    /// - `ec2:DescribeSecurityGroupRules`: groups that rules of other groups name
    /// - `ec2:DescribeVpcEndpoints`: groups of endpoints
    ///
    /// ## When it stays silent
    /// Default groups, which cannot be deleted, and groups of other accounts. What keeps a group for later without having an
    /// interface now is not read: launch templates and launch configurations, Auto Scaling groups, ECS services, Batch, EMR and
    /// `SageMaker` set-ups that are scaled to nothing, Lambda functions that were never called, `CodeBuild` projects, Glue
    /// connections, and rules of other accounts that name the group over peering, a transit gateway or a shared VPC. Look there
    /// before a group is deleted; AWS itself refuses to delete one that an interface or a rule still uses. Lists of interfaces,
    /// rules or endpoints that are not complete give Unknown.
    ///
    /// ## References
    /// - [VPC guide: Delete a security group](https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html)
    /// - [Security Hub guide: EC2.22 Unused Amazon EC2 security groups should be removed](https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-22)
    pub(super) static CHECK = {
        id: "ec2-security-group-unused",
        title: "Security group is used by nothing",
        severity: Severity::Low,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Delete the group once no launch template, service definition or other account needs it.",
            command: "aws ec2 delete-security-group --group-id <group-id>",
            url: "https://docs.aws.amazon.com/vpc/latest/userguide/deleting-security-groups.html",
        },
        repair: Repair::Change(repairs::delete_unused),
        evaluate: judge_groups,
    }
}

fn judge_groups(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in audit.regions() {
        let Some(uses) = audit.uses(name) else { continue };
        let doubt = doubt(region);
        for group in region.security_groups.values() {
            let verdict = match &doubt {
                _ if group.name == "default" || group.owner_id != audit.inventory.account.id => Verdict::NotApplicable,
                _ if uses.is_used(&group.id) => Verdict::Pass,
                Some(doubt) => Verdict::Unknown(doubt.clone()),
                None => Verdict::Fail(Box::new(unused(group))),
            };
            subjects.push(Subject::new(name, Resource::security_group(audit.inventory, name, group), verdict));
        }
        subjects.extend(Subject::unlisted(name, "security_group", &region.security_groups));
    }
    subjects
}

/// Why a group without a use may have one.
fn doubt(region: &RegionInventory) -> Option<Doubt> {
    let gaps = [
        ("not every network interface was read", &region.network_interfaces.gap),
        ("not every security group rule was read", &region.security_group_rules.gap),
        ("not every VPC endpoint was read", &region.vpc_endpoints.gap),
    ];
    Doubt::join(gaps.into_iter().filter_map(|(why, gap)| Some(Doubt::of_gap(why, gap.as_ref()?))))
}

fn unused(group: &SecurityGroup) -> Failure {
    let SecurityGroup { id, name, vpc_id, .. } = group;
    Failure {
        title: format!("Security group {id} ({name}) is used by nothing that natless sees"),
        detail:
            "No interface, rule or endpoint uses the group. Launch templates, Auto Scaling groups, service definitions scaled to \
                 nothing and rules of other accounts are not read: look there, then delete it."
                .to_owned(),
        related: vec![vpc_id.clone()],
        evidence: vec![
            Evidence::new(format!("no interface carries {id}"), "ec2:DescribeNetworkInterfaces", "*"),
            Evidence::new(format!("no rule of another group names {id}"), "ec2:DescribeSecurityGroupRules", "*"),
            Evidence::new(format!("no endpoint lists {id}"), "ec2:DescribeVpcEndpoints", "*"),
        ],
        severity: None,
    }
}
