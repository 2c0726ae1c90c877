//! The policies of an account, each read and decided once for all checks.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::HashMap;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::audit::Carry;
use super::{Doubt, Settings};
use crate::fix::without_buckets_of_aws;
use crate::model::ec2::{EndpointKind, VpcEndpoint};
use crate::model::s3::{AccessPoint, AclGrant, Bucket};
use crate::model::{Inventory, Observed, service_slug};
use crate::policy::{
    Answer, Attachment, Judge, KnownResources, Membership, Policy, PolicyKind, Presence, Question, Request, Scope,
    Verdict as Decision, Witness, parse, telling_context,
};

/// The policies of an account.
#[derive(Debug)]
pub struct Policies {
    base: Base,
    /// By name.
    buckets: HashMap<String, Reading>,
    endpoints: ByRegion,
    access_points: ByRegion,
}

/// What is known of the policies of things of a region, by the region and their ids.
type ByRegion = HashMap<String, HashMap<String, Reading>>;

fn by_region(readings: Vec<(&str, &str, Reading)>) -> ByRegion {
    let mut by_region = ByRegion::default();
    for (region, id, reading) in readings {
        let of_region = match by_region.get_mut(region) {
            Some(of_region) => of_region,
            None => by_region.entry(region.to_owned()).or_default(),
        };
        of_region.insert(id.to_owned(), reading);
    }
    by_region
}

fn of<'r>(readings: &'r ByRegion, region: &str, id: &str) -> &'r Reading {
    readings.get(region).and_then(|of_region| of_region.get(id)).unwrap_or(&Reading::Absent)
}

/// What is known of a policy.
#[derive(Debug, Clone)]
pub enum Reading {
    /// There is none.
    Absent,
    /// It was read and decided.
    Decided(Arc<Decided>),
    /// It was not read, or is no valid policy.
    Unknown(Doubt),
}

/// A policy and the answers about it.
#[derive(Debug)]
pub struct Decided {
    /// The policy.
    pub policy: Policy,
    /// Whose it is, and who counts as inside.
    pub scope: Scope,
    /// Policies that differ in nothing but the name of what they are attached to share them.
    answers: Arc<Answers>,
    /// Names that stand in shared answers, and what each stands for here.
    names: Vec<(&'static str, String)>,
}

/// A request that shows a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The request and what decided it.
    pub witness: Witness,
    /// The condition keys that a reader needs, by documented spelling.
    pub context: Vec<(String, Presence)>,
}

impl Shown {
    /// A witness with what a reader of the policy needs of its context.
    #[must_use]
    pub fn new(witness: &Witness, policy: &Policy) -> Self {
        Self { context: telling_context(&witness.request, policy), witness: witness.clone() }
    }

    /// The witness of an answer about a policy; `None` where the answer has none.
    #[must_use]
    pub fn of(decided: &Decided, question: Question) -> Option<Self> {
        let answer = decided.answer(question)?;
        Some(Self::new(answer.witness.as_deref()?, &decided.policy))
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.witness.request
    }
}

impl Decided {
    /// What is known about a question that fits what the policy is attached to.
    #[must_use]
    pub fn verdict(&self, question: Question) -> Option<Decision> {
        self.answers.get(&question).map(|answer| answer.verdict)
    }

    /// The answer to such a question.
    #[must_use]
    pub fn answer(&self, question: Question) -> Option<Cow<'_, Answer>> {
        let answer = self.answers.get(&question)?;
        Some(if self.names.is_empty() { Cow::Borrowed(answer) } else { Cow::Owned(answer.renamed(&self.names)) })
    }

    /// The same, where strangers who get to nothing but the buckets of AWS that hosts need are no strangers: AWS's own examples admit
    /// everybody there, because layers of images are fetched with signatures of AWS and packages without any.
    ///
    /// Source: ECR guide, "Amazon ECR interface VPC endpoints", minimum Amazon S3 bucket permissions.
    fn but_for_buckets_of_aws(mut self, text: &str) -> Self {
        let strangers = self.verdict(Question::ExternalPrincipals);
        if self.scope.service.as_deref() != Some("s3") || strangers == Some(Decision::No) {
            return self;
        }
        let policy = without_buckets_of_aws(text, &self.scope).and_then(|text| parse(&text, PolicyKind::Resource).ok());
        if let Some(policy) = policy {
            let answer = Judge::new(&policy, &self.scope).answer(Question::ExternalPrincipals);
            if answer.verdict == Decision::No {
                Arc::make_mut(&mut self.answers).insert(Question::ExternalPrincipals, answer);
            }
        }
        self
    }
}

impl Policies {
    /// Reads and decides every policy of an inventory.
    pub(super) fn new(inventory: &Inventory, settings: &Settings, carry: &Carry<'_>) -> Self {
        let base = Base::new(inventory, settings, carry);
        let buckets: Vec<&Bucket> = inventory.buckets.values().collect();
        let (mut endpoints, mut access_points) = (Vec::new(), Vec::new());
        for (region, data) in &inventory.regions {
            endpoints.extend(data.vpc_endpoints.values().map(|endpoint| (region, endpoint)));
            access_points.extend(data.access_points.values().map(|point| (region, point)));
        }
        // Each policy is decided by itself, on whichever core is free.
        let buckets: Vec<(String, Reading)> =
            buckets.into_par_iter().map(|bucket| (bucket.name.clone(), base.bucket(bucket))).collect();
        let endpoints: Vec<(&str, &str, Reading)> = endpoints
            .into_par_iter()
            .map(|(region, endpoint)| (region.as_str(), endpoint.id.as_str(), base.endpoint(region, endpoint)))
            .collect();
        let access_points: Vec<(&str, &str, Reading)> = access_points
            .into_par_iter()
            .map(|(region, point)| (region.as_str(), point.name.as_str(), base.access_point(region, point)))
            .collect();
        let (endpoints, access_points) = (by_region(endpoints), by_region(access_points));
        Self { buckets: buckets.into_iter().collect(), base, endpoints, access_points }
    }

    /// The policy of a bucket of the inventory.
    #[must_use]
    pub fn bucket(&self, name: &str) -> &Reading {
        self.buckets.get(name).unwrap_or(&Reading::Absent)
    }

    /// The policy of an endpoint of the inventory.
    #[must_use]
    pub fn endpoint(&self, region: &str, id: &str) -> &Reading {
        of(&self.endpoints, region, id)
    }

    /// Whose policy that of a new gateway endpoint would be, and who counts as inside.
    #[must_use]
    pub fn scope_of_new_gateway(&self, region: &str, service_name: &str, vpc_id: &str) -> Scope {
        self.base.endpoint_scope(region, service_name, ("", vpc_id), &EndpointKind::Gateway)
    }

    /// Whose policy that of an endpoint is, and who counts as inside.
    #[must_use]
    pub fn scope_of_endpoint(&self, region: &str, endpoint: &VpcEndpoint) -> Scope {
        self.base.scope_of_endpoint(region, endpoint)
    }

    /// Whose policy that of a bucket is, and who counts as inside.
    #[must_use]
    pub fn scope_of_bucket(&self, region: &str, bucket: &str) -> Scope {
        self.base.scope_of_bucket(Some(region.to_owned()), bucket)
    }

    /// The policy of an access point of the inventory.
    #[must_use]
    pub fn access_point(&self, region: &str, name: &str) -> &Reading {
        of(&self.access_points, region, name)
    }
}

/// What all scopes of one account share.
#[derive(Debug)]
struct Base {
    scope: Scope,
    /// The same without endpoints and VPCs: for policies that name none.
    without_networks: Arc<KnownResources>,
    /// Stands for the endpoints and VPCs.
    networks: Vec<u8>,
    /// Stands for the account and who counts as inside.
    circle: Vec<u8>,
    memo: Arc<Memo>,
}

/// Decisions that were made, by all that they rest on: an audit of a changed account decides again only what has changed.
#[derive(Debug, Default)]
pub(super) struct Memo {
    readings: Mutex<HashMap<Key, Reading>>,
    /// The answers alone.
    answers: Mutex<HashMap<Key, Arc<Answers>>>,
}

type Answers = BTreeMap<Question, Answer>;

impl Memo {
    /// What is known for a key, or what is worked out for it. A thread that panicked left no decision half made: they go in whole.
    fn get<T: Clone>(map: &Mutex<HashMap<Key, T>>, key: Key, work: impl FnOnce() -> T) -> T {
        let known = map.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = work();
            map.lock().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
            made
        })
    }
}

/// A digest of what a decision rests on.
type Key = Vec<u8>;

impl Base {
    fn new(inventory: &Inventory, settings: &Settings, carry: &Carry<'_>) -> Self {
        let mut scope = Scope::new(Attachment::Bucket, &inventory.account.id);
        inventory.account.partition.as_str().clone_into(&mut scope.partition);
        scope.organization = match &inventory.organization {
            Observed::Unknown(_) => Membership::Unknown,
            Observed::Known(None) => Membership::None,
            Observed::Known(Some(organization)) => Membership::In {
                id: organization.id.clone(),
                accounts: match &organization.accounts {
                    Observed::Known(Some(accounts)) => Some(accounts.keys().cloned().collect()),
                    Observed::Known(None) | Observed::Unknown(_) => None,
                },
            },
        };
        scope.trusted_accounts.clone_from(&settings.trust.accounts);
        scope.trusted_organizations.clone_from(&settings.trust.organizations);
        let regions = || inventory.regions.values();
        let endpoints = regions().flat_map(|region| region.vpc_endpoints.values());
        let own_vpcs = regions().flat_map(|region| region.vpcs.values()).filter(|vpc| vpc.owner_id == inventory.account.id);
        let buckets = KnownResources {
            buckets: Arc::clone(&carry.buckets.names),
            all_buckets: carry.buckets.complete,
            ..KnownResources::default()
        };
        let endpoints: BTreeMap<String, String> =
            endpoints.map(|endpoint| (endpoint.id.clone(), endpoint.vpc_id.clone())).collect();
        let vpcs: BTreeSet<String> = own_vpcs.map(|vpc| vpc.id.clone()).collect();
        let networks = Sha256::digest(format!("{endpoints:?}{vpcs:?}")).to_vec();
        let own = format!("{scope:?}{}", carry.buckets.complete);
        let circle = Sha256::new().chain_update(own).chain_update(&carry.buckets.digest).finalize().to_vec();
        scope.known = Arc::new(KnownResources { endpoints, vpcs, ..buckets.clone() });
        Self { scope, circle, without_networks: Arc::new(buckets), networks, memo: Arc::clone(&carry.memo) }
    }

    /// What a policy says, decided once for the same text in the same place.
    fn decided(&self, text: &str, what: &str, mut scope: Scope, finish: impl FnOnce(Decided) -> Decided) -> Reading {
        let names_networks = text.as_bytes().windows(3).any(|part| part.eq_ignore_ascii_case(b"vpc"));
        if !names_networks {
            scope.known = Arc::clone(&self.without_networks);
        }
        let key = |text: &str, scope: &Scope| -> Key {
            let Scope { attachment, region, resource, service, endpoint, canonical_user, .. } = scope;
            let place =
                format!("{attachment:?} {region:?} {resource:?} {service:?} {endpoint:?} {canonical_user:?} {}", text.len());
            let hasher = Sha256::new().chain_update(&self.circle).chain_update(place).chain_update(text);
            hasher.chain_update(if names_networks { self.networks.as_slice() } else { &[] }).finalize().to_vec()
        };
        Memo::get(&self.memo.readings, key(text, &scope), || {
            let policy = match parse(text, PolicyKind::Resource) {
                Ok(policy) => policy,
                Err(error) => {
                    let why = format!("{what} is not as natless knows policies: {error}");
                    return Reading::Unknown(Doubt { why, gaps: Vec::new() });
                }
            };
            let Some((alike, names)) = nameless(text, &scope, names_networks) else {
                let (answers, names) = (Arc::new(answers(&policy, &scope)), Vec::new());
                return Reading::Decided(Arc::new(finish(Decided { policy, scope, answers, names })));
            };
            let shared = Memo::get(&self.memo.answers, key(&alike.text, &alike.scope), || {
                let Ok(policy) = parse(&alike.text, PolicyKind::Resource) else { return Arc::default() };
                let (answers, names) = (Arc::new(answers(&policy, &alike.scope)), Vec::new());
                finish(Decided { policy, scope: alike.scope.clone(), answers, names }).answers
            });
            Reading::Decided(Arc::new(Decided { policy, scope, answers: shared, names }))
        })
    }

    fn observed(&self, text: &Observed<Option<String>>, what: &str, scope: Scope) -> Reading {
        match text {
            Observed::Unknown(gap) => Reading::Unknown(Doubt::of_gap(format!("{what} was not read"), gap)),
            Observed::Known(None) => Reading::Absent,
            Observed::Known(Some(text)) => self.decided(text, what, scope, |decided| decided),
        }
    }

    fn scope_of_bucket(&self, region: Option<String>, bucket: &str) -> Scope {
        Scope { resource: Some(format!("arn:{}:s3:::{bucket}", self.scope.partition)), region, ..self.scope.clone() }
    }

    fn bucket(&self, bucket: &Bucket) -> Reading {
        let scope = Scope { canonical_user: owner(bucket), ..self.scope_of_bucket(bucket.region.known().cloned(), &bucket.name) };
        self.observed(&bucket.policy, &format!("the policy of bucket {}", bucket.name), scope)
    }

    fn endpoint_scope(&self, region: &str, service_name: &str, (id, vpc_id): (&str, &str), kind: &EndpointKind) -> Scope {
        let attachment = if *kind == EndpointKind::Gateway { Attachment::GatewayEndpoint } else { Attachment::Endpoint };
        Scope {
            attachment,
            region: Some(region.to_owned()),
            service: action_prefix(service_slug(service_name, region)).map(str::to_owned),
            endpoint: Some((id.to_owned(), vpc_id.to_owned())),
            ..self.scope.clone()
        }
    }

    fn scope_of_endpoint(&self, region: &str, endpoint: &VpcEndpoint) -> Scope {
        self.endpoint_scope(region, &endpoint.service_name, (&endpoint.id, &endpoint.vpc_id), &endpoint.kind)
    }

    fn endpoint(&self, region: &str, endpoint: &VpcEndpoint) -> Reading {
        let scope = self.scope_of_endpoint(region, endpoint);
        let Some(text) = &endpoint.policy else { return Reading::Absent };
        self.decided(text, &format!("the policy of {}", endpoint.id), scope, |decided| decided.but_for_buckets_of_aws(text))
    }

    fn access_point(&self, region: &str, point: &AccessPoint) -> Reading {
        let scope = Scope {
            attachment: Attachment::AccessPoint,
            resource: Some(point.arn.clone()),
            region: Some(region.to_owned()),
            ..self.scope.clone()
        };
        self.observed(&point.policy, &format!("the policy of access point {}", point.name), scope)
    }
}

fn answers(policy: &Policy, scope: &Scope) -> Answers {
    Judge::new(policy, scope).answers().into_iter().map(|answer| (answer.question, answer)).collect()
}

/// A policy in which what it is attached to has a name that stands for any.
struct Alike {
    text: String,
    scope: Scope,
}

/// Stands for the bucket that a policy belongs to.
const THIS_BUCKET: &str = "natless-this-bucket";
/// Stand for the endpoint that a policy belongs to, and for its VPC.
const THIS_ENDPOINT: (&str, &str) = ("vpce-0natlessthis", "vpc-0natlessthis");

/// The policy without the name of what it is attached to, and what each stand-in stands for; `None` where the name may matter.
///
/// A name of a bucket does not matter where the policy has it in ARNs of that bucket alone and has no other ARN of S3: then nothing tells
/// it from another one. That of an endpoint does not where the policy asks for no network.
fn nameless(text: &str, scope: &Scope, names_networks: bool) -> Option<(Alike, Vec<(&'static str, String)>)> {
    match scope.attachment {
        Attachment::Bucket => {
            let arn = scope.resource.as_deref()?;
            let (beginning, name) = arn.rsplit_once(":::")?;
            let this = format!("{beginning}:::{THIS_BUCKET}");
            let mut alike = String::with_capacity(text.len());
            let mut rest = text;
            while let Some((before, behind)) = rest.split_once(arn) {
                if !behind.starts_with(['"', '/']) {
                    return None;
                }
                alike.push_str(before);
                alike.push_str(&this);
                rest = behind;
            }
            alike.push_str(rest);
            let lower = alike.to_ascii_lowercase();
            let arns = |text: &str| lower.matches(text).count();
            // As a source the bucket is one that the account is known to have.
            let told = arns(":s3") == arns(&this) && !["${", "sourcearn", name].iter().any(|text| lower.contains(text));
            let scope = Scope { resource: Some(this), ..scope.clone() };
            told.then(|| (Alike { text: alike, scope }, vec![(THIS_BUCKET, name.to_owned())]))
        }
        Attachment::Endpoint | Attachment::GatewayEndpoint if !names_networks => {
            let (id, vpc) = scope.endpoint.clone()?;
            let (this, this_vpc) = THIS_ENDPOINT;
            let scope = Scope { endpoint: Some((this.to_owned(), this_vpc.to_owned())), ..scope.clone() };
            Some((Alike { text: text.to_owned(), scope }, vec![(this, id), (this_vpc, vpc)]))
        }
        _ => None,
    }
}

/// Canonical user id of the bucket's owner, where the access control list tells it.
fn owner(bucket: &Bucket) -> Option<String> {
    let own = |grant: &&AclGrant| grant.is_owner && grant.grantee_type == "CanonicalUser";
    bucket.acl.known()?.iter().find(own).map(|grant| grant.grantee.clone())
}

/// The prefix of a service's actions, where the name of its endpoint service tells it.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS services"; PrivateLink guide, "AWS services
/// that integrate with AWS PrivateLink".
fn action_prefix(slug: &str) -> Option<&str> {
    let head = slug.split('.').next().unwrap_or(slug);
    match head {
        "monitoring" => Some("cloudwatch"),
        "email-smtp" | "email" => Some("ses"),
        "kinesis-streams" => Some("kinesis"),
        "kinesis-firehose" => Some("firehose"),
        "sync-states" => Some("states"),
        "git-codecommit" => Some("codecommit"),
        "s3-global" => Some("s3"),
        // What these carry has prefixes that their names do not tell.
        "com" | "cn" | "aws" | "bedrock-runtime" | "rds-data" => None,
        "ecr" | "codeartifact" | "codeconnections" => Some(head),
        _ if slug.contains('.') => None,
        _ => Some(head),
    }
}
