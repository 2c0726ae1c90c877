//! The ways in which a bucket is open to everybody, and what of Block Public Access holds them back.

use super::access_points::{delegates, is_of_access_points};
use super::buckets::{doubt_of, grants, shown};
use crate::analyze::{Audit, Decided, Doubt, Evidence, Reading, Shown};
use crate::model::s3::{AccessPoint, AclGrant, Bucket, NetworkOrigin, PublicAccessBlock};
use crate::model::{Observed, RegionInventory};
use crate::policy::{Effect, Judge, Policy, PrincipalItem, Question, Statement, Verdict as Answered, means_every_action};

/// What is known of a yes-or-no matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Yes,
    No,
    Unsure(Doubt),
}

impl Told {
    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unsure(doubt) => Self::Unsure(doubt),
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, told) | (told, Self::Yes) => told,
            (Self::Unsure(one), Self::Unsure(two)) => Self::Unsure(Doubt::join([one.clone(), two]).unwrap_or(one)),
        }
    }

    /// Whether one of these is so.
    pub(super) fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::No, |sum, told| sum.not().and(told.not()).not())
    }
}

/// One way in which a bucket is open to everybody, or may be.
#[derive(Debug)]
pub(super) struct Way {
    /// What is open, as the end of a title.
    pub(super) how: String,
    /// The facts.
    pub(super) evidence: Vec<Evidence>,
    /// A request that comes in.
    pub(super) shown: Option<Shown>,
    /// The access point it leads through.
    pub(super) through: Option<String>,
    public: Told,
    masked: Told,
}

impl Way {
    /// Whether everybody comes in by it.
    pub(super) fn open(&self) -> Told {
        self.public.clone().and(self.masked.clone().not())
    }

    /// Whether everybody would, but for Block Public Access.
    pub(super) fn held_back(&self) -> Told {
        self.public.clone().and(self.masked.clone())
    }
}

/// Every way in which a bucket is open to everybody, or may be, held back or not.
pub(super) fn ways(audit: &Audit<'_>, bucket: &Bucket) -> Vec<Way> {
    let mut ways: Vec<Way> = policy_way(audit, bucket).into_iter().chain(acl_way(audit, bucket)).collect();
    ways.extend(access_point_ways(audit, bucket));
    ways
}

/// Whether everybody comes into a bucket.
pub(super) fn is_open(ways: &[Way]) -> Told {
    Told::any(ways.iter().map(Way::open))
}

/// Whether S3 for sure lets nobody in by the bucket's policy but AWS services and the owner's account.
///
/// It does where it calls the policy public and `RestrictPublicBuckets` is on.
pub(super) fn is_restricted(audit: &Audit<'_>, bucket: &Bucket) -> Told {
    policy_way(audit, bucket).map_or(Told::No, |way| way.held_back())
}

type Setting = Observed<Option<PublicAccessBlock>>;

fn settings<'i>(audit: &'i Audit<'_>, bucket: &'i Bucket) -> [(&'i Setting, &'static str); 2] {
    [(&bucket.public_access_block, "the bucket's"), (&audit.inventory.account_public_access_block, "the account's")]
}

/// Whether a switch is on in one of these settings.
fn switch(settings: &[(&Setting, &'static str)], is_on: fn(&PublicAccessBlock) -> bool) -> Told {
    let on = |(setting, _): &(&Setting, &str)| setting.known().and_then(Option::as_ref).is_some_and(is_on);
    if settings.iter().any(on) {
        return Told::Yes;
    }
    let doubts = settings
        .iter()
        .filter_map(|(setting, whose)| Some(Doubt::of_gap(format!("{whose} public access block was not read"), setting.gap()?)));
    Doubt::join(doubts).map_or(Told::No, Told::Unsure)
}

/// A policy: what there is to read of it, and the calls that read it.
struct Source<'i> {
    reading: &'i Reading,
    status: &'i Observed<Option<bool>>,
    call: &'static str,
    status_call: &'static str,
    name: &'i str,
}

/// What is known of whether a policy is public.
struct Publicness {
    public: Told,
    /// S3 says it is not, natless says it is.
    disputed: bool,
    evidence: Vec<Evidence>,
    shown: Option<Shown>,
}

impl Source<'_> {
    /// `None` without a policy, and of one that is surely not public. Where natless cannot tell, S3's own word decides.
    fn publicness(&self, audit: &Audit<'_>, bucket: &Bucket) -> Option<Publicness> {
        if matches!(self.reading, Reading::Decided(decided) if decided.verdict(Question::Public) == Some(Answered::No)) {
            return None;
        }
        let said = self.status.known().copied().flatten();
        let mut evidence = Vec::new();
        if let Some(public) = said {
            let fact = format!("S3 itself says that the policy is {}public", if public { "" } else { "not " });
            evidence.push(Evidence::new(fact, self.status_call, self.name));
        }
        let (public, disputed, shown) = match self.reading {
            Reading::Absent => return None,
            Reading::Unknown(_) if said == Some(true) => (Told::Yes, false, None),
            Reading::Unknown(doubt) => (Told::Unsure(doubt.clone()), false, None),
            Reading::Decided(decided) => {
                let answer = decided.answer(Question::Public)?;
                evidence.insert(0, Evidence::new(answer.why.clone(), self.call, self.name));
                let public = match (answer.verdict, said) {
                    (Answered::Yes, _) | (Answered::Unknown, Some(true)) => Told::Yes,
                    // No was told at once.
                    (Answered::No, _) | (Answered::Unknown, Some(false)) => Told::No,
                    (Answered::Unknown, None) => {
                        let mut doubt = doubt_of(audit, bucket, decided, &answer);
                        doubt.gaps.extend(self.status.gap().cloned());
                        Told::Unsure(doubt)
                    }
                };
                let disputed = answer.verdict == Answered::Yes && said == Some(false);
                (public, disputed, shown(decided, &answer).or_else(|| somebody(decided)))
            }
        };
        Some(Publicness { public, disputed, evidence, shown })
    }
}

/// A request of a stranger that passes.
fn somebody(decided: &Decided) -> Option<Shown> {
    let questions = [Question::Anonymous, Question::ExternalPrincipals];
    questions
        .into_iter()
        .filter(|question| decided.verdict(*question) == Some(Answered::Yes))
        .find_map(|question| Shown::of(decided, question))
}

/// The block cuts what S3 calls public, so not what S3 for its part calls not public.
fn masked(restricted: Told, disputed: bool, what: &str) -> Told {
    if restricted == Told::Yes && disputed {
        let why = format!("Block Public Access cuts what S3 calls public, and S3 does not call {what} public");
        return Told::Unsure(Doubt { why, gaps: Vec::new() });
    }
    restricted
}

fn bucket_source<'i>(audit: &'i Audit<'_>, bucket: &'i Bucket) -> Source<'i> {
    Source {
        reading: audit.policies.bucket(&bucket.name),
        status: &bucket.policy_is_public,
        call: "s3:GetBucketPolicy",
        status_call: "s3:GetBucketPolicyStatus",
        name: &bucket.name,
    }
}

fn policy_way(audit: &Audit<'_>, bucket: &Bucket) -> Option<Way> {
    let Publicness { public, disputed, evidence, shown } = bucket_source(audit, bucket).publicness(audit, bucket)?;
    let restricted = switch(&settings(audit, bucket), |block| block.restrict_public_buckets);
    let masked = masked(restricted, disputed, "the bucket's policy");
    Some(Way { how: "its policy is public".to_owned(), evidence, shown, through: None, public, masked })
}

/// Groups of everybody.
///
/// Source: S3 User Guide, "Access control list (ACL) overview", "Amazon S3 predefined groups".
const EVERYBODY: [(&str, &str); 2] =
    [("/groups/global/AllUsers", "everybody"), ("/groups/global/AuthenticatedUsers", "everybody who has an AWS account")];

fn acl_way(audit: &Audit<'_>, bucket: &Bucket) -> Option<Way> {
    let masked = switch(&settings(audit, bucket), |block| block.ignore_public_acls);
    let public_grant = |grant: &AclGrant| {
        let (_, who) = EVERYBODY.into_iter().find(|(uri, _)| grant.grantee.ends_with(uri))?;
        Some(format!("{} to {who}", grant.permission))
    };
    let (public, granted) = match bucket.acl.as_result() {
        Err(gap) => (Told::Unsure(Doubt::of_gap("the access control list was not read", gap)), Vec::new()),
        Ok(grants) => (Told::Yes, grants.iter().filter_map(public_grant).collect()),
    };
    if public == Told::Yes && granted.is_empty() {
        return None;
    }
    let how = format!("its access control list grants {}", granted.join(" and "));
    let evidence =
        granted.iter().map(|grant| Evidence::new(format!("grants {grant}"), "s3:GetBucketAcl", &bucket.name)).collect();
    Some(Way { how, evidence, shown: None, through: None, public, masked })
}

/// Access points add to who may ask, not to what the bucket's policy lets in: both have to let a stranger in.
///
/// Source: S3 User Guide, "Configuring IAM policies for using access points".
fn access_point_ways(audit: &Audit<'_>, bucket: &Bucket) -> Vec<Way> {
    if lets_in(audit, bucket, None) == Told::No {
        return Vec::new();
    }
    let own = bucket.region.known().map(String::as_str);
    let regions: Vec<(&str, &RegionInventory)> = audit.regions().filter(|(name, _)| own.is_none_or(|own| own == *name)).collect();
    let mut ways = Vec::new();
    let mut unread: Vec<Doubt> =
        bucket.region.gap().map(|gap| Doubt::of_gap("where the bucket lies was not read", gap)).into_iter().collect();
    if regions.is_empty() {
        unread.push(Doubt { why: "access points of the bucket's region were not read".to_owned(), gaps: Vec::new() });
    }
    for (region, data) in regions {
        let leads_here = |point: &&AccessPoint| {
            point.bucket == bucket.name
                && point.bucket_account.as_ref().is_none_or(|account| *account == audit.inventory.account.id)
        };
        ways.extend(
            data.access_points.values().filter(leads_here).filter_map(|point| access_point_way(audit, bucket, region, point)),
        );
        unread.extend(data.access_points.gap.as_ref().map(|gap| Doubt::of_gap("not every access point was read", gap)));
    }
    if let Some(doubt) = Doubt::join(unread) {
        let masked = switch(&settings(audit, bucket), |block| block.restrict_public_buckets);
        let how = "an access point may be public".to_owned();
        ways.push(Way { how, evidence: Vec::new(), shown: None, through: None, public: Told::Unsure(doubt), masked });
    }
    ways
}

fn access_point_way(audit: &Audit<'_>, bucket: &Bucket, region: &str, point: &AccessPoint) -> Option<Way> {
    if point.network_origin == NetworkOrigin::Vpc {
        return None;
    }
    let source = Source {
        reading: audit.policies.access_point(region, &point.name),
        status: &point.policy_is_public,
        call: "s3control:GetAccessPointPolicy",
        status_call: "s3control:GetAccessPointPolicyStatus",
        name: &point.name,
    };
    let Publicness { public, disputed, evidence, shown } = source.publicness(audit, bucket)?;
    let [of_bucket, of_account] = settings(audit, bucket);
    let settings = [(&point.public_access_block, "the access point's"), of_bucket, of_account];
    let restricted = switch(&settings, |block| block.restrict_public_buckets);
    Some(Way {
        how: format!("its access point {} is public", point.name),
        evidence,
        shown,
        through: Some(point.arn.clone()),
        public: public.and(lets_in(audit, bucket, Some(point))),
        masked: masked(restricted, disputed, "the access point's policy"),
    })
}

/// Whether the bucket's policy lets everybody in who comes through an access point, or through any.
fn lets_in(audit: &Audit<'_>, bucket: &Bucket, point: Option<&AccessPoint>) -> Told {
    let decided = match audit.policies.bucket(&bucket.name) {
        Reading::Absent => return Told::No,
        Reading::Unknown(doubt) => return Told::Unsure(doubt.clone()),
        Reading::Decided(decided) => decided,
    };
    let Some(policy) = as_seen_through_access_points(&decided.policy) else {
        return bucket_source(audit, bucket).publicness(audit, bucket).map_or(Told::No, |found| found.public);
    };
    if Judge::new(&policy, &decided.scope).answer(Question::Public).verdict == Answered::No {
        return Told::No;
    }
    let denies = policy.statements.iter().any(|statement| statement.effect == Effect::Deny);
    let passes_on = |statement: &Statement, point: &AccessPoint| {
        means_every_action(&statement.action, "s3")
            && names_everybody(statement)
            && delegates(statement, point, &decided.scope.account)
    };
    if point.is_some_and(|point| !denies && grants(&decided.policy).any(|statement| passes_on(statement, point))) {
        return Told::Yes;
    }
    let why = "whether the bucket's policy lets everybody in through its access points takes a closer look".to_owned();
    Told::Unsure(Doubt { why, gaps: Vec::new() })
}

/// The policy to requests that meet every condition on the access point they come through; `None` where it has none of these.
fn as_seen_through_access_points(policy: &Policy) -> Option<Policy> {
    let mut seen = policy.clone();
    let mut changed = false;
    for statement in seen.statements.iter_mut().filter(|statement| statement.effect == Effect::Allow) {
        let before = statement.conditions.len();
        statement.conditions.retain(|condition| !is_of_access_points(condition));
        changed |= statement.conditions.len() < before;
    }
    changed.then_some(seen)
}

fn names_everybody(statement: &Statement) -> bool {
    statement.principal.as_ref().is_some_and(|principal| !principal.negated && principal.items.contains(&PrincipalItem::Anyone))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::analyze::{Settings, Severity, Subject, Verdict, checks, fixtures};

    fn judge(check: &str, bucket: &Value) -> Subject {
        let inventory =
            fixtures::inventory(&json!({ "account_public_access_block": { "known": null }, "buckets": { "data": bucket } }));
        let settings = Settings::default();
        (checks::find(check).expect("a check").evaluate)(&Audit::new(&inventory, &settings)).remove(0)
    }

    fn policy(statement: &Value) -> Value {
        json!({ "known": json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string() })
    }

    fn severity(subject: &Subject) -> Option<Severity> {
        match &subject.verdict {
            Verdict::Fail(failure) => failure.severity,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn doubt_loses_against_what_settles_the_matter() {
        let doubt = || Told::Unsure(Doubt { why: "so".to_owned(), gaps: Vec::new() });
        assert_eq!(Told::any([Told::No, doubt(), Told::Yes]), Told::Yes);
        assert_eq!(Told::any([Told::No, doubt()]), doubt());
        assert_eq!(Told::any([]), Told::No);
        assert_eq!(doubt().and(Told::No), Told::No);
        assert_eq!(doubt().and(Told::Yes), doubt());
    }

    /// The block holds back what S3 calls public, which is not what natless calls so.
    #[test]
    fn a_block_is_not_trusted_where_s3_calls_the_policy_not_public() {
        let everybody =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*" });
        let block = json!({ "known": { "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true,
            "restrict_public_buckets": true } });
        let bucket = |said: bool| json!({ "policy": policy(&everybody), "policy_is_public": { "known": said }, "public_access_block": block });
        assert_eq!(judge("s3-bucket-public", &bucket(true)).verdict, Verdict::Pass);
        assert!(matches!(judge("s3-bucket-public", &bucket(false)).verdict, Verdict::Unknown(_)));
    }

    #[test]
    fn a_public_bucket_shows_a_request_and_what_s3_says() {
        let everybody =
            json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*" });
        let bucket = json!({ "policy": policy(&everybody), "policy_is_public": { "known": true } });
        let subject = judge("s3-bucket-public", &bucket);
        assert!(subject.witness.is_some());
        let Verdict::Fail(failure) = subject.verdict else { panic!("{:?}", subject.verdict) };
        assert_eq!(failure.title, "Bucket data is public: its policy is public");
        let facts: Vec<(&str, &str)> = failure.evidence.iter().map(|one| (one.fact.as_str(), one.source.as_str())).collect();
        assert_eq!(
            facts,
            [
                ("statement 1 makes it public: it names everybody", "s3:GetBucketPolicy data"),
                ("S3 itself says that the policy is public", "s3:GetBucketPolicyStatus data"),
            ]
        );
    }

    #[test]
    fn severities_follow_whom_a_grant_is_to() {
        let all = |principal: &Value| {
            json!({ "policy": policy(&json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:*",
                "Resource": "arn:aws:s3:::data/*" })) })
        };
        let wild = |principal: &Value| severity(&judge("s3-bucket-wildcard-actions", &all(principal)));
        assert_eq!(wild(&json!({ "AWS": "arn:aws:iam::111122223333:role/app" })), Some(Severity::Low));
        assert_eq!(wild(&json!({ "AWS": ["111122223333", "444455556666"] })), None);
        assert_eq!(wild(&json!("*")), None);
        let negated = |effect: &str| {
            json!({ "policy": policy(&json!({ "Effect": effect, "NotPrincipal": { "AWS": "111122223333" }, "Action": "s3:*",
                "Resource": "arn:aws:s3:::data/*" })) })
        };
        assert_eq!(severity(&judge("s3-bucket-not-principal", &negated("Allow"))), Some(Severity::High));
        assert_eq!(severity(&judge("s3-bucket-not-principal", &negated("Deny"))), None);
    }
}
