//! `vpc-endpoint-policy-breaks-aws-owned`.

use std::collections::{BTreeMap, BTreeSet};

use super::endpoint_policies::{Guarded, guarded};
use super::endpoints::answers_to_its_name;
use crate::analyze::check::declare_check;
use crate::analyze::checks::words::few;
use crate::analyze::{
    Audit, Doubt, Evidence, Failure, Pillar, Remediation, Repair, Resource, Severity, Shown, Subject, Verdict, repairs,
};
use crate::model::RegionInventory;
use crate::model::ec2::{EndpointKind, EndpointState, VpcEndpoint};
use crate::policy::{
    AwsBucket, Decision, Effect, Evaluation, Membership, Presence, Principal, PrincipalItem, Question, Request,
    Verdict as Answered, Witness, aws_buckets, evaluate,
};

declare_check! {
    /// ## What it does
    /// Finds S3 endpoints whose policy refuses what hosts ask of buckets that AWS owns, although an interface endpoint in the
    /// same VPC shows that they are needed: `ecr.dkr` the bucket with the layers of images, `ssm` those of Systems Manager, and
    /// the like. Each bucket is tried with a request of a role of the account, with the owner of the bucket left open.
    ///
    /// ## Why it matters
    /// These services hand out what they have through S3. Behind a policy that admits the own buckets only, images do not
    /// load and agents do not update, and the error names S3, not the policy.
    ///
    /// ## What it reads
    /// - `ec2:DescribeVpcEndpoints`: `PolicyDocument` of S3 endpoints; which services have endpoints in the VPC
    /// - `organizations:DescribeOrganization`: the organization that conditions may name
    ///
    /// ## When it stays silent
    /// A VPC without an interface endpoint that implies a bucket is not judged, nor is an S3 interface endpoint that nobody
    /// in the VPC finds by S3's name, nor a policy that lets nothing through (`vpc-endpoint-policy-denies-all`). Buckets of
    /// which only part of the name is known are left out. Package repositories show in no endpoint: a finding mentions
    /// them where they are shut out too. Where it hangs on who asks, or on the id of an account that owns the bucket, the
    /// answer is Unknown. Where only extras are shut out (agents for download, samples, scripts) the finding is low.
    ///
    /// ## References
    /// - [ECR guide: Amazon ECR interface VPC endpoints, minimum Amazon S3 bucket permissions](https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html)
    /// - [Systems Manager guide: SSM Agent communications with AWS managed S3 buckets](https://docs.aws.amazon.com/systems-manager/latest/userguide/ssm-agent-technical-details.html)
    pub(super) static CHECK = {
        id: "vpc-endpoint-policy-breaks-aws-owned",
        title: "S3 endpoint policy shuts out buckets of AWS that the VPC needs",
        severity: Severity::Medium,
        pillar: Pillar::Privilege,
        controls: &[],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Allow s3:GetObject on the objects of the buckets of AWS that the finding names, in a statement of its own without a condition on the resource's account.",
            command: "aws ec2 modify-vpc-endpoint --vpc-endpoint-id <vpc-endpoint-id> --policy-document file://<policy.json>",
            url: "https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html",
        },
        repair: Repair::Change(repairs::admit_aws_owned),
        evaluate: judge_endpoints,
    }
}

fn judge_endpoints(audit: &Audit<'_>) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in &audit.inventory.regions {
        let buckets = aws_buckets(name);
        for endpoint in region.vpc_endpoints.values() {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let judged = judge(audit, (name, region), endpoint, &buckets);
            let (verdict, shown) = judged.unwrap_or_else(|doubt| (Verdict::Unknown(doubt), None));
            subjects.push(Subject::new(name, resource, verdict).shown_by(shown));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// `buckets`: those of AWS for the region.
fn judge(
    audit: &Audit<'_>,
    (name, region): (&str, &RegionInventory),
    endpoint: &VpcEndpoint,
    buckets: &[AwsBucket],
) -> Result<(Verdict, Option<Shown>), Doubt> {
    const SILENT: (Verdict, Option<Shown>) = (Verdict::NotApplicable, None);
    let of_s3 = crate::model::service_slug(&endpoint.service_name, name) == "s3";
    if !of_s3 || (endpoint.kind == EndpointKind::Interface && !answers_to_its_name(audit.inventory, region, endpoint)?) {
        return Ok(SILENT);
    }
    let Some(guarded) = guarded(audit, name, region, endpoint)? else { return Ok(SILENT) };
    if guarded.holds(Question::AllowsNothing).is_ok_and(|nothing| nothing.is_some()) {
        return Ok(SILENT);
    }
    let implying = implying(audit, name, &endpoint.vpc_id);
    let asker = Asker::new(&guarded);
    // What a Deny makes of a key that may be anything is for the asker.
    let lets_all = guarded.decided.verdict(Question::AllowsEverything) == Some(Answered::Yes)
        && guarded.decided.policy.statements.iter().all(|statement| statement.effect == Effect::Allow);
    let (mut needed, mut refused, mut doubts) = (0, Vec::new(), Vec::new());
    for bucket in buckets {
        let Some(by) = bucket.implied_by.and_then(|service| implying.get(service)).filter(|_| !bucket.name.contains('*')) else {
            continue;
        };
        needed += 1;
        if lets_all {
            continue;
        }
        match asker.ask(bucket) {
            Passage::Passes => {}
            Passage::Refused(witness) => refused.push(Refused { bucket, by, witness }),
            Passage::Unclear => doubts.push(Doubt {
                why: format!(
                    "whether the policy of {} lets requests to bucket {} of AWS through hangs on who asks and whose account owns it",
                    endpoint.id, bucket.name
                ),
                gaps: guarded.unread.into_iter().cloned().collect(),
            }),
        }
    }
    if let Some(first) = refused.first() {
        let shown = Shown::new(&first.witness, &guarded.decided.policy);
        return Ok((Verdict::Fail(Box::new(shut_out(&guarded, &asker, &refused, buckets))), Some(shown)));
    }
    doubts.extend(region.vpc_endpoints.gap.as_ref().map(|gap| {
        Doubt::of_gap(format!("which services have an interface endpoint in {} was not read to the end", endpoint.vpc_id), gap)
    }));
    let rest = if needed == 0 { Verdict::NotApplicable } else { Verdict::Pass };
    Ok((Doubt::join(doubts).map_or(rest, Verdict::Unknown), None))
}

/// Services with an available interface endpoint in a VPC, and one that shows it.
fn implying<'a>(audit: &Audit<'a>, name: &str, vpc_id: &str) -> BTreeMap<&'a str, &'a str> {
    let stands = |one: &&VpcEndpoint| one.kind == EndpointKind::Interface && one.state == EndpointState::Available;
    let of_vpc = audit.endpoints_in(name, vpc_id).iter().copied().filter(stands);
    of_vpc.map(|one| (crate::model::service_slug(&one.service_name, name), one.id.as_str())).collect()
}

/// A bucket that the policy shuts out.
struct Refused<'a> {
    bucket: &'a AwsBucket,
    /// Endpoint that shows the need.
    by: &'a str,
    witness: Box<Witness>,
}

impl Refused<'_> {
    /// Whether the service itself works without the bucket: what it holds is for download once, or a sample.
    fn is_extra(&self) -> bool {
        matches!(self.bucket.purpose, "other" | "cloudwatch-agent") || self.bucket.name.ends_with("-examples")
    }
}

/// What becomes of a request.
enum Passage {
    Passes,
    Refused(Box<Witness>),
    Unclear,
}

/// Asks an S3 endpoint policy about buckets whose owner is AWS, under an account id that nobody publishes.
struct Asker<'a> {
    guarded: &'a Guarded<'a>,
    /// Who may ask; the first one stands for any role.
    principals: Vec<Principal>,
    /// Who may own the bucket: account and organization.
    owners: Vec<(String, Option<String>)>,
    /// Condition keys that hold for every request.
    context: BTreeMap<String, Presence>,
}

/// An account id and an organization id that nobody has: AWS's are not published.
const OWNER: (&str, &str) = ("999999999999", "o-0000000000");

impl<'a> Asker<'a> {
    fn new(guarded: &'a Guarded<'a>) -> Self {
        let (policy, scope) = (&guarded.decided.policy, &guarded.decided.scope);
        let any_role = format!("arn:{}:iam::{}:role/any-role", scope.partition, scope.account);
        let mut principals = vec![Principal::parse(Some(&any_role))];
        let named =
            policy.statements.iter().filter_map(|statement| statement.principal.as_ref()).flat_map(|element| &element.items);
        principals.extend(named.filter_map(|item| match item {
            PrincipalItem::Aws(arn) if arn.contains(&format!("::{}:role/", scope.account)) => Some(Principal::parse(Some(arn))),
            _ => None,
        }));
        Self { guarded, principals, owners: owners(guarded), context: context(guarded) }
    }

    fn ask(&self, bucket: &AwsBucket) -> Passage {
        let mut refused = None;
        let mut all_refused = true;
        for principal in &self.principals {
            let answers: Vec<(Request, Evaluation)> =
                self.owners.iter().map(|owner| self.put(principal, owner, bucket, None)).collect();
            if answers.iter().all(|(_, evaluation)| evaluation.decision.passes()) {
                return Passage::Passes;
            }
            all_refused &= answers.iter().all(|(_, evaluation)| evaluation.decision.refuses());
            refused = refused.or_else(|| answers.into_iter().next());
        }
        // A condition on the role's ARN may hold for the role that asks.
        let open = Some(Presence::Undetermined);
        let first = self.principals.first().into_iter();
        all_refused &= first
            .flat_map(|principal| self.owners.iter().map(|owner| self.put(principal, owner, bucket, open.clone())))
            .all(|(_, evaluation)| evaluation.decision.refuses());
        match refused {
            Some((request, Evaluation { decision, statements })) if all_refused => {
                Passage::Refused(Box::new(Witness { request, decision, statements }))
            }
            _ => Passage::Unclear,
        }
    }

    fn put(
        &self,
        principal: &Principal,
        (account, organization): &(String, Option<String>),
        bucket: &AwsBucket,
        arn: Option<Presence>,
    ) -> (Request, Evaluation) {
        let mut context = self.context.clone();
        let told = organization.clone().map_or(Presence::Absent, Presence::One);
        context.insert("aws:resourceorgid".to_owned(), told);
        let path = organization.as_ref().map_or(Presence::Absent, |id| Presence::Many(vec![format!("{id}/r-0000/ou-0000/")]));
        context.insert("aws:resourceorgpaths".to_owned(), path);
        context.extend(arn.map(|arn| ("aws:principalarn".to_owned(), arn)));
        let (scope, policy) = (&self.guarded.decided.scope, &self.guarded.decided.policy);
        let resource = format!("arn:{}:s3:::{}/any-key", scope.partition, bucket.name);
        let request = Request::new(principal.clone(), action(bucket), resource, Some(account), context);
        let evaluation = evaluate(policy, scope.attachment, &[], &request);
        (request, evaluation)
    }
}

/// What is asked of a bucket: some are written to.
fn action(bucket: &AwsBucket) -> &'static str {
    if bucket.is_written() { "s3:PutObject" } else { "s3:GetObject" }
}

/// Who may own a bucket of AWS: an account that nobody names, in an organization or in none, or one that the policy names and
/// that is not inside.
fn owners(guarded: &Guarded<'_>) -> Vec<(String, Option<String>)> {
    let (policy, scope) = (&guarded.decided.policy, &guarded.decided.scope);
    let (account, organization) = (OWNER.0.to_owned(), OWNER.1.to_owned());
    let mut owners = BTreeSet::from([(account.clone(), None), (account.clone(), Some(organization))]);
    let inside = |id: &str| {
        let member = match &scope.organization {
            Membership::In { accounts: Some(accounts), .. } => accounts.contains(id),
            Membership::In { accounts: None, .. } | Membership::None | Membership::Unknown => false,
        };
        id == scope.account || member || scope.trusted_accounts.contains(id)
    };
    for condition in policy.statements.iter().flat_map(|statement| &statement.conditions) {
        match condition.key.to_ascii_lowercase().as_str() {
            "aws:resourceaccount" | "s3:resourceaccount" => {
                let others = condition.values.iter().filter(|id| id.len() == 12 && !inside(id));
                owners.extend(others.map(|id| (id.clone(), None)));
            }
            "aws:resourceorgid" | "aws:resourceorgpaths" => {
                let ids = condition.values.iter().filter_map(|value| value.split('/').next());
                let others = ids.filter(|id| {
                    id.starts_with("o-") && scope.organization_id() != Some(*id) && !scope.trusted_organizations.contains(*id)
                });
                owners.extend(others.map(|id| (account.clone(), Some(id.to_owned()))));
            }
            _ => {}
        }
    }
    owners.into_iter().collect()
}

/// Keys that role and resource tell of themselves, in lower case.
const TOLD: [&str; 7] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:principalisawsservice",
    "aws:principalservicename",
    "aws:resourceaccount",
    "s3:resourceaccount",
];

/// What is known of every such request. Other keys that the policy asks for may have any value.
fn context(guarded: &Guarded<'_>) -> BTreeMap<String, Presence> {
    let (policy, scope, endpoint) = (&guarded.decided.policy, &guarded.decided.scope, guarded.endpoint);
    let one = |value: &str| Presence::One(value.to_owned());
    let organization = match &scope.organization {
        Membership::In { id, .. } => one(id),
        Membership::None => Presence::Absent,
        Membership::Unknown => Presence::Undetermined,
    };
    let mut context: BTreeMap<String, Presence> = BTreeMap::new();
    let mut asked: BTreeSet<String> = BTreeSet::new();
    for statement in &policy.statements {
        asked.extend(statement.conditions.iter().map(|condition| condition.key.to_ascii_lowercase()));
        let texts = statement.conditions.iter().flat_map(|condition| &condition.values).chain(&statement.resource.patterns);
        let variables = texts.flat_map(|text| text.split("${").skip(1)).filter_map(|rest| rest.split(['}', ',']).next());
        asked.extend(variables.map(|key| key.trim().to_ascii_lowercase()));
    }
    context.extend(asked.into_iter().filter(|key| !TOLD.contains(&key.as_str())).map(|key| (key, Presence::Undetermined)));
    for (key, presence) in [
        ("aws:sourcevpce", one(&endpoint.id)),
        ("aws:sourcevpc", one(&endpoint.vpc_id)),
        ("aws:vpceaccount", one(&scope.account)),
        ("aws:vpceorgid", organization.clone()),
        ("aws:principalorgid", organization),
        ("aws:requestedregion", one(guarded.region)),
        ("aws:securetransport", one("true")),
        ("aws:viaawsservice", one("false")),
        ("aws:sourceip", Presence::Absent),
        ("aws:calledvia", Presence::Absent),
        ("aws:principalservicename", Presence::Absent),
    ] {
        context.insert(key.to_owned(), presence);
    }
    context
}

fn shut_out(guarded: &Guarded<'_>, asker: &Asker<'_>, refused: &[Refused<'_>], buckets: &[AwsBucket]) -> Failure {
    let endpoint = guarded.endpoint;
    let purposes: Vec<&str> = refused.iter().map(|one| one.bucket.purpose).collect::<BTreeSet<_>>().into_iter().collect();
    let names: Vec<&str> = refused.iter().map(|one| one.bucket.name.as_str()).collect();
    let implying: BTreeSet<&str> = refused.iter().map(|one| one.by).collect();
    let repositories: Vec<&str> = buckets
        .iter()
        .filter(|bucket| bucket.purpose == "package-repositories" && matches!(asker.ask(bucket), Passage::Refused(_)))
        .map(|bucket| bucket.name.as_str())
        .collect();
    let also = if repositories.is_empty() {
        String::new()
    } else {
        format!(" Package repositories of Amazon Linux are shut out as well ({}).", few(&repositories))
    };
    let grants = guarded.statements(Effect::Allow);
    let mut evidence: Vec<Evidence> = refused
        .iter()
        .map(|one| {
            let why = match (one.witness.decision, one.witness.statements.join(" and ")) {
                (Decision::ExplicitDeny, names) => format!("denied by {names}"),
                _ if grants.is_empty() => "no statement allows it".to_owned(),
                _ => format!("no Allow covers it ({grants})"),
            };
            guarded.evidence(format!("{} on objects of {}: {why}", one.witness.request.action, one.bucket.name))
        })
        .collect();
    evidence.extend(implying.iter().map(|id| {
        Evidence::new(format!("{id} stands in {} and implies the need", endpoint.vpc_id), "ec2:DescribeVpcEndpoints", id)
    }));
    Failure {
        title: format!(
            "Policy of {} shuts out buckets of AWS that {} needs: {}",
            endpoint.id,
            endpoint.vpc_id,
            purposes.join(", ")
        ),
        detail: format!(
            "Hosts in {} use {} and are refused what these services keep in S3: {}.{also} Allow these buckets in a statement of their own, \
             without a condition on the account or organization of the resource.",
            endpoint.vpc_id,
            few(&implying.iter().copied().collect::<Vec<_>>()),
            few(&names)
        ),
        related: implying.into_iter().map(str::to_owned).collect(),
        evidence,
        severity: refused.iter().all(Refused::is_extra).then_some(Severity::Low),
    }
}
