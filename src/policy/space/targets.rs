//! Everything that may be asked: an action and the resource it is asked of, decided together.

use std::collections::{BTreeMap, BTreeSet};

use super::accounts::Account;
use super::point::{Keys, Point, Usage, What};
use super::principals::both;
use super::reading::own_regions;
use super::{Reading, World};
use crate::policy::aws_owned::aws_buckets;
use crate::policy::bits::Bits;
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::catalogue::{self, Action};
use crate::policy::minterm::{Language, kinds};
use crate::policy::pattern::{Class, Pattern, Token, atoms};
use crate::policy::request::Presence;
use crate::policy::rules::Attachment;
use crate::policy::scope::{Membership, Scope, Standing};

/// Name of a bucket that nobody names.
const ANY_BUCKET: &str = "any-bucket";

/// Key of an object that nobody names.
const ANY_KEY: &str = "any-key";

/// Keys that the values of this dimension settle.
pub(super) const TARGET_KEYS: [&str; 4] =
    ["aws:resourceaccount", "s3:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"];

/// Everything that may be asked.
pub(super) fn targets(
    scope: &Scope,
    accounts: &[Account],
    reading: &Reading<'_>,
    world: World,
    instances: &[Pattern],
    budget: &mut Budget,
) -> Result<Vec<Point>, TooComplex> {
    let mut patterns = reading.resources.clone();
    patterns.extend(instances);
    let build = Targets { scope, accounts, reading, patterns };
    if world == World::Free {
        return build.everything(budget);
    }
    match scope.attachment {
        Attachment::Bucket | Attachment::AccessPoint => build.own(budget),
        Attachment::Endpoint | Attachment::GatewayEndpoint | Attachment::Identity => {
            let mut points = Vec::new();
            for service in services(scope, reading) {
                points.extend(if service == "s3" { build.buckets(budget)? } else { build.service(&service, budget)? });
            }
            Ok(points)
        }
    }
}

/// Prefixes of the actions that an endpoint can carry: its service's, where that is told, else those that the policy names, and
/// S3's where it names none.
fn services(scope: &Scope, reading: &Reading<'_>) -> BTreeSet<String> {
    if let Some(service) = &scope.service {
        return BTreeSet::from([service.clone()]);
    }
    let texts = reading.actions.iter().map(|pattern| pattern.instance().to_ascii_lowercase());
    let prefixes = texts.filter_map(|text| text.split_once(':').map(|(prefix, _)| prefix.to_owned()));
    let found: BTreeSet<String> = prefixes.filter(|prefix| !prefix.is_empty()).collect();
    if found.is_empty() { BTreeSet::from(["s3".to_owned()]) } else { found }
}

/// ARN of the bucket or access point that a policy belongs to: the scope's, else the first one that the policy names, else one that it
/// may mean.
fn own_resource(scope: &Scope, reading: &Reading<'_>) -> String {
    // The name of an access point stands behind the first slash, the key of a bucket's object does.
    let slash = usize::from(scope.attachment == Attachment::AccessPoint);
    let own = |text: &&str| text.match_indices('/').nth(slash).map_or(*text, |(at, _)| text.get(..at).unwrap_or(text)).to_owned();
    let named = || reading.resource_texts.iter().map(own).filter(|arn| arn.contains(":s3:") && !arn.contains('$'));
    let told = scope.resource.clone().or_else(|| named().find(|arn| !arn.contains(['*', '?'])));
    let meant = || named().map(|arn| arn.replace('*', "any").replace('?', "x")).next();
    told.or_else(meant).unwrap_or_else(|| match scope.attachment {
        Attachment::AccessPoint => {
            let region = scope.region_or_any();
            format!("arn:{}:s3:{region}:{}:accesspoint/any-access-point", scope.partition, scope.account)
        }
        _ => format!("arn:{}:s3:::{ANY_BUCKET}", scope.partition),
    })
}

struct Targets<'t, 'r> {
    scope: &'t Scope,
    accounts: &'t [Account],
    reading: &'t Reading<'r>,
    patterns: Vec<&'t Pattern>,
}

/// What policies make of every action of S3.
struct S3Table {
    /// For each action of the catalogue, which patterns match it and which keys it has.
    answers: Vec<Bits>,
    /// Actions that only a policy knows; they may exist.
    unknown: Vec<String>,
}

impl S3Table {
    /// One action of each kind that policies can tell apart, among those that are wanted.
    fn actions(&self, wanted: impl Fn(&Action) -> bool) -> Vec<(&str, Usage)> {
        let mut seen: Vec<&Bits> = Vec::new();
        let mut found = Vec::new();
        for (action, answers) in catalogue::s3().iter().zip(&self.answers).filter(|(action, _)| wanted(action)) {
            if !seen.contains(&answers) {
                seen.push(answers);
                found.push((action.name.as_str(), Usage::Both));
            }
        }
        found.extend(self.unknown.iter().map(|name| (name.as_str(), Usage::May)));
        found
    }
}

/// Who owns a resource, and in which search that holds.
type Owner<'o> = (Option<&'o Account>, Standing, Usage);

impl<'t> Targets<'t, '_> {
    /// The bucket or access point itself and its objects.
    fn own(&self, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
        let own = own_resource(self.scope, self.reading);
        let objects = if self.scope.attachment == Attachment::AccessPoint { format!("{own}/object/") } else { format!("{own}/") };
        let container = match self.scope.attachment {
            Attachment::AccessPoint => |action: &Action| action.on_access_point || action.on_bucket,
            _ => |action: &Action| action.on_bucket,
        };
        let owner: Owner<'_> = (self.accounts.first(), Standing::Inside, Usage::Both);
        let mut points = Vec::new();
        let keys = self.keys_of(&objects, budget)?;
        let table = self.s3_table(budget)?;
        for (action, usage) in table.actions(|action| action.on_object) {
            points.extend(keys.iter().filter_map(|arn| self.point(action, arn, owner, usage)));
        }
        for (action, usage) in table.actions(container) {
            points.extend(self.point(action, &own, owner, usage));
        }
        Ok(points)
    }

    /// Buckets and objects of anybody, as an endpoint may lead to them.
    fn buckets(&self, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
        let prefix = format!("arn:{}:s3:::", self.scope.partition);
        let language = Language {
            prefix: &prefix,
            allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | '_'),
            never_last: None,
            min: 1,
            max: None,
            sample: ANY_BUCKET,
            closing: "/",
        };
        let table = self.s3_table(budget)?;
        let objects = table.actions(|action| action.on_object);
        let containers = table.actions(|action| action.on_bucket);
        let named: BTreeSet<&str> = self.reading.resource_texts.iter().filter_map(|text| bucket_of(text)).collect();
        let strangers = self.strangers();
        let mut places: Vec<(String, Vec<Owner<'_>>)> = Vec::new();
        for arn in kinds(&self.patterns, &language, budget)? {
            let name = arn.strip_prefix(&prefix).unwrap_or_default();
            if self.scope.known.buckets.contains(name) {
                continue;
            }
            // A name that a policy spells out is one bucket, and whose it is was not read. Any other is free for a stranger.
            let owners = if named.contains(name) { self.owners_of_named() } else { strangers.clone() };
            places.push((arn, owners));
        }
        let own: Vec<Owner<'_>> = vec![(self.accounts.first(), Standing::Inside, Usage::Both)];
        for name in self.told_apart(&self.scope.known.buckets, &prefix, budget)? {
            places.push((name, own.clone()));
        }
        if self.scope.known.buckets.is_empty() {
            places.push((format!("{prefix}{ANY_BUCKET}-of-the-account"), own));
        }
        for bucket in aws_buckets(self.scope.region_or_any()) {
            // Of AWS's buckets only those matter that a policy names; others are like any bucket of somebody else. A name that is not
            // told in full may be anybody's.
            if !bucket.name.contains('*')
                && named
                    .iter()
                    .any(|text| !is_all(text) && Pattern::wildcard(&atoms(text).collect::<Vec<_>>()).matches(&bucket.name))
            {
                let arn = format!("{prefix}{}", bucket.name);
                places.retain(|(other, _)| *other != arn);
                places.push((arn, vec![(None, Standing::Inside, Usage::Both)]));
            }
        }
        let mut points = Vec::new();
        for (bucket, owners) in &places {
            let keys = self.keys_of(&format!("{bucket}/"), budget)?;
            for owner in owners {
                for (action, usage) in &objects {
                    points.extend(keys.iter().filter_map(|arn| self.point(action, arn, *owner, *usage)));
                }
                for (action, usage) in &containers {
                    points.extend(self.point(action, bucket, *owner, *usage));
                }
            }
        }
        Ok(points)
    }

    /// Resources of anybody in other services than S3.
    fn service(&self, service: &str, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
        let partition = &self.scope.partition;
        let actions = self.actions(&format!("{service}:"), "AnyAction", budget)?;
        let prefix = format!("arn:{partition}:{service}:");
        // An endpoint leads to its own region, and to what has none.
        let mut regions = own_regions(&self.patterns, &prefix, self.scope, budget)?;
        regions.push(String::new());
        let ownerless = self.reading.resource_texts.iter().any(|text| text.split(':').nth(4) == Some(""));
        let mut places: Vec<(String, Owner<'_>)> = vec![("*".to_owned(), (None, Standing::Inside, Usage::Both))];
        for account in self.accounts {
            let owner: Owner<'_> = (Some(account), account.standing, account.usage);
            let ids = [account.id.as_str()].into_iter().chain(ownerless.then_some(""));
            for prefix in ids
                .flat_map(|id| regions.iter().map(move |region| (id, region)))
                .map(|(id, region)| format!("{prefix}{region}:{id}:"))
            {
                let language = Language {
                    prefix: &prefix,
                    allows: |_| true,
                    never_last: None,
                    min: 1,
                    max: None,
                    sample: "any-resource",
                    closing: "",
                };
                places.extend(kinds(&self.patterns, &language, budget)?.into_iter().map(|arn| (arn, owner)));
            }
        }
        let mut points = Vec::new();
        for action in &actions {
            for (arn, owner) in &places {
                points.extend(self.point(action, arn, *owner, Usage::Both));
            }
        }
        Ok(points)
    }

    /// Every action of every service with every resource.
    fn everything(&self, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
        let services = Language {
            prefix: "",
            allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
            never_last: None,
            min: 1,
            max: None,
            sample: "any-service",
            closing: ":",
        };
        let mut actions = Vec::new();
        for service in kinds(&self.reading.actions, &services, budget)? {
            actions.extend(self.actions(&format!("{service}:"), "AnyAction", budget)?);
        }
        let arns = Language {
            prefix: "arn:",
            allows: |_| true,
            never_last: None,
            min: 1,
            max: None,
            sample: "aws:any-service:us-east-1:999999999999:any-resource",
            closing: "",
        };
        let mut resources = kinds(&self.patterns, &arns, budget)?;
        resources.push("*".to_owned());
        let owners: Vec<Owner<'_>> = if self.reading.any_key(&TARGET_KEYS) {
            self.accounts.iter().map(|account| (Some(account), account.standing, account.usage)).collect()
        } else {
            vec![(None, Standing::Unsure, Usage::Both)]
        };
        let mut points = Vec::new();
        budget.spend(actions.len() * resources.len() * owners.len())?;
        for action in &actions {
            for resource in &resources {
                points.extend(owners.iter().filter_map(|owner| self.point(action, resource, *owner, Usage::Both)));
            }
        }
        Ok(points)
    }

    /// Keys of objects behind a prefix.
    fn keys_of(&self, prefix: &str, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let language = Language { prefix, allows: |_| true, never_last: None, min: 1, max: None, sample: ANY_KEY, closing: "" };
        kinds(&self.patterns, &language, budget)
    }

    /// One bucket of each kind that the patterns can tell apart, as an ARN.
    fn told_apart(&self, buckets: &BTreeSet<String>, prefix: &str, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        // Of most patterns it is known beforehand which names they can tell from others, so that not every bucket has to be tried.
        let (mut patterns, mut named, mut all) = (Vec::new(), BTreeSet::new(), false);
        for pattern in &self.patterns {
            budget.spend(1 + prefix.len() / 4)?;
            match Tells::of(pattern, prefix) {
                Tells::Nothing => continue,
                Tells::Bucket(name) => named.extend(buckets.get(&name)),
                Tells::Beginning(text) => {
                    named.extend(buckets.range(text.clone()..).take_while(|name| name.starts_with(&text)));
                }
                Tells::Anything => all = true,
            }
            patterns.push(*pattern);
        }
        if all {
            named.extend(buckets);
        } else {
            // One stands for all that no pattern tells from each other.
            let other = buckets.iter().find(|name| !named.contains(name));
            named.extend(other);
        }
        let mut found: BTreeMap<Vec<bool>, String> = BTreeMap::new();
        for name in named {
            budget.spend(2 * patterns.len())?;
            let arn = format!("{prefix}{name}");
            let object = format!("{arn}/{ANY_KEY}");
            let answers = patterns.iter().flat_map(|pattern| {
                [pattern.matches(&arn), pattern.matches(&object), pattern.may_begin_with(&format!("{arn}/"))]
            });
            found.entry(answers.collect()).or_insert(arn);
        }
        Ok(found.into_values().collect())
    }

    fn strangers(&self) -> Vec<Owner<'t>> {
        self.accounts.iter().skip(1).map(|account| (Some(account), account.standing, account.usage)).collect()
    }

    /// Who may own a bucket that a policy names and the account's own list does not have.
    fn owners_of_named(&self) -> Vec<Owner<'t>> {
        let mut owners: Vec<Owner<'t>> = Vec::new();
        for account in self.accounts {
            if account.id == self.scope.account && self.scope.known.all_buckets {
                continue;
            }
            owners.extend(both(account.usage, Usage::May).map(|usage| (Some(account), account.standing, usage)));
        }
        // In no organization, with every bucket listed, it is somebody else's.
        let foreign = self.scope.known.all_buckets
            && self.scope.organization == Membership::None
            && self.scope.trusted_accounts.is_empty()
            && self.scope.trusted_organizations.is_empty();
        owners.push((None, if foreign { Standing::Outside } else { Standing::Unsure }, Usage::Must));
        owners
    }

    /// What policies and the keys they ask for make of every action of S3.
    fn s3_table(&self, budget: &mut Budget) -> Result<S3Table, TooComplex> {
        let asked: Vec<&str> = self.reading.tests.keys().copied().filter(|key| catalogue::is_s3_key(key)).collect();
        let patterns: BTreeSet<&Pattern> = self.reading.actions.iter().copied().collect();
        budget.spend(catalogue::s3().len() * (1 + patterns.len()))?;
        let mut known = vec![false; patterns.len()];
        let mut answers = Vec::with_capacity(catalogue::s3().len());
        for action in catalogue::s3() {
            let mut own = Bits::none(patterns.len() + asked.len());
            for ((at, pattern), known) in patterns.iter().enumerate().zip(&mut known) {
                if pattern.matches(&action.name) {
                    own.add(at);
                    *known = true;
                }
            }
            (0..).zip(&asked).filter(|(_, key)| action.has_key(key)).for_each(|(at, _)| own.add(patterns.len() + at));
            answers.push(own);
        }
        let unknown = patterns.iter().zip(known).filter(|(_, known)| !known).map(|(pattern, _)| pattern.instance());
        let unknown = unknown.filter(|name| name.to_ascii_lowercase().starts_with("s3:")).collect();
        Ok(S3Table { answers, unknown })
    }

    /// Actions behind a prefix that policies can tell apart.
    fn actions(&self, prefix: &str, sample: &str, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let language =
            Language { prefix, allows: |c| c.is_ascii_alphanumeric(), never_last: None, min: 1, max: None, sample, closing: "" };
        kinds(&self.reading.actions, &language, budget)
    }

    fn point(&self, action: &str, resource: &str, owner: Owner<'_>, usage: Usage) -> Option<Point> {
        let (account, standing, of_owner) = owner;
        let usage = both(usage, of_owner)?;
        let id = account.map_or(Presence::Undetermined, |account| Presence::one(account.id.as_str()));
        let organization = account.map_or(&Presence::Undetermined, |account| &account.organization);
        let paths = account.map_or(&Presence::Undetermined, |account| &account.paths);
        let more = [("s3:resourceaccount", &id), ("aws:resourceorgid", organization), ("aws:resourceorgpaths", paths)];
        let asked = more.into_iter().filter(|(key, _)| self.reading.key(key));
        let mut keys: Keys = asked.map(|(key, presence)| (key.into(), presence.clone())).collect();
        keys.push(("aws:resourceaccount".into(), id));
        let what = What::Target { action: action.to_owned(), resource: resource.to_owned(), standing };
        Some(Point { keys, what, usage })
    }
}

/// Which names of buckets a pattern of resources tells from others.
enum Tells {
    /// None: it matches whatever follows the prefix, or nothing that has it.
    Nothing,
    /// This one.
    Bucket(String),
    /// Those that begin like this, from all others and perhaps from each other.
    Beginning(String),
    /// Perhaps any.
    Anything,
}

impl Tells {
    fn of(pattern: &Pattern, prefix: &str) -> Self {
        let states = pattern.behind(prefix);
        if states.is_empty() || pattern.takes_all_behind(prefix) {
            return Self::Nothing;
        }
        let mut places = states.iter();
        let (Some(at), None) = (places.next(), places.next()) else { return Self::Anything };
        let exact = |token: &Token| match token {
            Token::One(Class::Exact(c)) => Some(*c),
            _ => None,
        };
        let text: String = pattern.tokens().iter().skip(at).map_while(exact).collect();
        match text.split_once('/') {
            Some((name, _)) => Self::Bucket(name.to_owned()),
            None if text.is_empty() => Self::Anything,
            None => Self::Beginning(text),
        }
    }
}

/// The bucket part of a resource pattern.
fn bucket_of(text: &str) -> Option<&str> {
    text.splitn(6, ':').nth(5).map(|rest| rest.split('/').next().unwrap_or(rest))
}

/// Whether a pattern of names is nothing but wildcards.
fn is_all(text: &str) -> bool {
    text.chars().all(|c| c == '*')
}
