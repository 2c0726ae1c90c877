//! Everybody who may ask: one of each kind that policies can tell apart.

use std::borrow::Cow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::Reading;
use super::accounts::Account;
use super::point::{Keys, Point, Usage, What};
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::document::{Comparison, PrincipalItem};
use crate::policy::minterm::{Language, kinds, kinds_behind};
use crate::policy::pattern::{Pattern, atoms};
use crate::policy::request::{Identity, Presence, Principal, is_account};
use crate::policy::scope::{Scope, Standing};

/// Keys that the values of this dimension settle: those of the principal, and those of what a service acts for.
pub(super) const PRINCIPAL_KEYS: [&str; 15] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalisawsservice",
    "aws:principalservicename",
    SERVICE_NAMES,
    "aws:userid",
    "aws:username",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
];

/// Key of all names of a service. Each request is gone through with the one name that its policy tells; which others the service has, no
/// source tells.
pub(super) const SERVICE_NAMES: &str = "aws:principalservicenameslist";

/// Name of a role's session that nobody names.
const ANY_SESSION: &str = "any-session";

/// Characters of names and paths of IAM. Source: IAM User Guide, "IAM and AWS STS quotas", "IAM name requirements".
fn of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '=' | ',' | '.' | '@' | '-' | '_' | '/')
}

/// Everybody who may ask.
pub(super) fn principals(
    scope: &Scope,
    accounts: &[Account],
    reading: &Reading<'_>,
    budget: &mut Budget,
) -> Result<Vec<Point>, TooComplex> {
    // Of several requests that show the same, the first is shown: strangers at a bucket, own principals at an endpoint.
    let (first, last) =
        if scope.attachment.is_endpoint() { (None, Some(anonymous(reading))) } else { (Some(anonymous(reading)), None) };
    let mut points: Vec<Point> = first.into_iter().collect();
    let named: Vec<Pattern> = reading
        .principals
        .iter()
        .filter_map(|item| match item {
            PrincipalItem::Aws(text) => Some(Pattern::literal(text)),
            _ => None,
        })
        .collect();
    let mut patterns = reading.patterns(&["aws:principalarn"]);
    patterns.extend(&named);
    let directory = Names { scope, reading, patterns };
    let mut identities: BTreeMap<&str, Vec<Somebody>> = BTreeMap::new();
    for account in accounts {
        let own = match identities.entry(&account.id) {
            Entry::Occupied(own) => own.into_mut(),
            Entry::Vacant(none) => none.insert(directory.identities(account, budget)?),
        };
        for (identity, user_id, usage) in own.iter().cloned() {
            let standing = if usage == Usage::May && account.id != scope.account { Standing::Unsure } else { account.standing };
            let principal =
                Principal::Identity { partition: scope.partition.clone(), account: account.id.clone(), kind: identity };
            let mut keys = told(&principal, reading);
            let membership = [("aws:principalorgid", &account.organization), ("aws:principalorgpaths", &account.paths)];
            let asked = membership.into_iter().filter(|(key, _)| reading.key(key));
            keys.extend(asked.map(|(key, presence)| (key.into(), presence.clone())));
            keys.extend(user_id.map(|id| ("aws:userid".into(), Presence::One(id))));
            let Some(usage) = both(account.usage, usage) else { continue };
            points.push(Point { keys, what: What::Principal { principal, standing }, usage });
        }
    }
    points.extend(services(scope, accounts, reading, budget)?);
    points.extend(others(scope, reading));
    points.extend(last);
    Ok(points)
}

/// In which search two facts stand together.
pub(super) fn both(one: Usage, other: Usage) -> Option<Usage> {
    match (one, other) {
        (Usage::Both, usage) | (usage, Usage::Both) => Some(usage),
        (one, other) => (one == other).then_some(one),
    }
}

/// What a principal tells of the keys that policies ask for.
fn told(principal: &Principal, reading: &Reading<'_>) -> Keys {
    if !reading.any_key(&PRINCIPAL_KEYS) {
        return Vec::new();
    }
    let asked = principal.keys().into_iter().filter(|(key, _)| reading.key(key));
    asked.map(|(key, presence)| (Cow::Borrowed(key), presence)).collect()
}

fn anonymous(reading: &Reading<'_>) -> Point {
    let principal = Principal::Anonymous;
    let keys = told(&principal, reading);
    Point { keys, what: What::Principal { principal, standing: Standing::Outside }, usage: Usage::Both }
}

/// Somebody of an account, with a unique id where policies ask for one, and in which search they stand.
type Somebody = (Identity, Option<String>, Usage);

/// The names that policies can tell apart, account by account.
struct Names<'n, 'r> {
    scope: &'n Scope,
    reading: &'n Reading<'r>,
    patterns: Vec<&'n Pattern>,
}

impl Names<'_, '_> {
    /// Everybody in an account, with a unique id where policies ask for one.
    fn identities(&self, account: &Account, budget: &mut Budget) -> Result<Vec<Somebody>, TooComplex> {
        let (partition, id) = (&self.scope.partition, &account.id);
        let mut found = Vec::new();
        let roles = self.kinds(&format!("arn:{partition}:iam::{id}:role/"), "any-role", budget)?;
        let session = |role: String, session: &str| Identity::Role { role, path_known: true, session: Some(session.to_owned()) };
        let mut identities: BTreeSet<Identity> = roles.iter().map(|role| session(role.clone(), ANY_SESSION)).collect();
        for item in &self.reading.principals {
            let PrincipalItem::Aws(text) = item else { continue };
            let Principal::Identity { account: a, kind: Identity::Role { role: named, session: Some(own), .. }, .. } =
                Principal::parse(Some(text))
            else {
                continue;
            };
            if a == *id {
                let paths = roles.iter().filter_map(|role| role.rsplit_once('/')).map(|(path, _)| format!("{path}/{named}"));
                let all: Vec<String> = paths.chain([named.clone()]).collect();
                identities.extend(all.iter().map(|role| session(role.clone(), &own)));
                identities.extend(all.into_iter().map(|role| session(role, ANY_SESSION)));
            }
        }
        identities.extend(self.users(account, budget)?.into_iter().map(Identity::User));
        if self.reading.any_key(&["aws:principalarn", "aws:principaltype", "aws:userid"])
            || self.reading.texts.iter().any(|text| text.contains("federated-user"))
        {
            identities.extend(self.federated_users(account, budget)?.into_iter().map(Identity::FederatedUser));
        }
        let ids = if self.reading.key("aws:userid") { Some(self.user_ids(budget)?) } else { None };
        // Roles first: they are what asks most often.
        let rank = |identity: &Identity| match identity {
            Identity::Role { .. } => 0,
            Identity::User(_) => 1,
            Identity::FederatedUser(_) => 2,
            Identity::Root => 3,
        };
        let mut ordered: Vec<Identity> = identities.into_iter().collect();
        ordered.sort_by_key(rank);
        for identity in ordered {
            match (&identity, &ids) {
                (Identity::Role { role, session: Some(own), .. }, Some((sessions, _))) => {
                    let of_session = |unique: &UniqueId| {
                        let name = if own == ANY_SESSION { &unique.session } else { own };
                        (session(role.clone(), name), Some(format!("{}:{name}", unique.head)), unique.usage)
                    };
                    found.extend(sessions.iter().map(of_session).collect::<BTreeSet<_>>());
                }
                (Identity::User(_), Some((_, users))) => {
                    found.extend(users.iter().map(|unique| (identity.clone(), Some(unique.head.clone()), unique.usage)));
                }
                (Identity::FederatedUser(name), Some(_)) => {
                    let user_id = format!("{id}:{name}");
                    found.push((identity, Some(user_id), Usage::Both));
                }
                _ => found.push((identity, None, Usage::Both)),
            }
        }
        found.push((Identity::Root, None, Usage::Both));
        Ok(found)
    }

    /// Paths and names behind a prefix.
    fn kinds(&self, prefix: &str, sample: &str, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let language = Language { prefix, allows: of_name, never_last: Some('/'), min: 1, max: None, sample, closing: "" };
        let found = kinds(&self.patterns, &language, budget)?;
        Ok(found.iter().filter_map(|arn| arn.strip_prefix(prefix)).map(str::to_owned).collect())
    }

    /// Users of every path and name that policies can tell apart, by path and name.
    fn users(&self, account: &Account, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let prefix = format!("arn:{}:iam::{}:user/", self.scope.partition, account.id);
        if !self.reading.key("aws:username") {
            return self.kinds(&prefix, "any-user", budget);
        }
        let mut paths = vec![String::new()];
        if self.patterns.iter().any(|pattern| pattern.may_begin_with(&prefix)) {
            let language = Language {
                prefix: &prefix,
                allows: of_name,
                never_last: Some('/'),
                min: 1,
                max: None,
                sample: "any-path",
                closing: "/",
            };
            let found = kinds(&self.patterns, &language, budget)?;
            // One path stands for all behind which no pattern matches any more.
            let goes_on = |path: &&String| self.patterns.iter().any(|pattern| pattern.may_begin_with(&format!("{path}/")));
            let any = found.first().into_iter();
            let all: BTreeSet<&String> = found.iter().filter(goes_on).chain(any).collect();
            paths.extend(all.into_iter().filter_map(|arn| arn.strip_prefix(&prefix)).map(|path| format!("{path}/")));
        }
        let mut users = BTreeSet::new();
        for path in paths {
            let names = self.names(&["aws:username"], "", Some(&format!("{prefix}{path}")), "any-user", budget)?;
            users.extend(names.into_iter().map(|name| format!("{path}{name}")));
        }
        Ok(users.into_iter().collect())
    }

    /// Federated users of every name that policies can tell apart: it stands in their ARN and in their unique id.
    fn federated_users(&self, account: &Account, budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let prefix = format!("arn:{}:sts::{}:federated-user/", self.scope.partition, account.id);
        self.names(&["aws:userid"], &format!("{}:", account.id), Some(&prefix), "any-name", budget)
    }

    /// Names that policies can tell apart by the values of some keys, which have a name behind one prefix, and by ARNs, if these have it
    /// behind another.
    fn names(
        &self,
        keys: &[&str],
        of_key: &str,
        of_arn: Option<&str>,
        sample: &str,
        budget: &mut Budget,
    ) -> Result<Vec<String>, TooComplex> {
        let mut patterns: Vec<(&Pattern, &str)> = self.reading.patterns(keys).into_iter().map(|own| (own, of_key)).collect();
        patterns.extend(of_arn.into_iter().flat_map(|prefix| self.patterns.iter().map(move |own| (*own, prefix))));
        let allows = |c| of_name(c) && c != '/';
        let language = Language { prefix: "", allows, never_last: None, min: 1, max: None, sample, closing: "" };
        kinds_behind(&patterns, &language, budget)
    }

    /// Unique ids of role sessions and of users that policies can tell apart. An id that a policy names belongs to somebody, and
    /// what was read does not tell to whom.
    ///
    /// Source: IAM User Guide, "IAM policy elements: Variables and tags", table of principal key values: the id of a session is that of
    /// its role, a colon and its name, that of a federated user its account, a colon and its name.
    fn user_ids(&self, budget: &mut Budget) -> Result<(Vec<UniqueId>, Vec<UniqueId>), TooComplex> {
        let patterns = self.reading.patterns(&["aws:userid"]);
        let ids = |prefix, sample, closing| Language {
            prefix,
            allows: |c| c.is_ascii_alphanumeric(),
            never_last: None,
            min: 1,
            max: None,
            sample,
            closing,
        };
        let unique = |head: String, session: String| {
            let known = self.reading.tests_of(&["aws:userid"]).any(|test| test.values.iter().any(|value| value.contains(&head)));
            UniqueId { head, session, usage: if known { Usage::May } else { Usage::Both } }
        };
        let mut sessions = Vec::new();
        for head in kinds(&patterns, &ids("AROA", "EXAMPLEANYROLE0001", ":"), budget)? {
            let names = self.names(&["aws:userid"], &format!("{head}:"), None, ANY_SESSION, budget)?;
            sessions.extend(names.into_iter().map(|name| unique(head.clone(), name)));
        }
        let users = kinds(&patterns, &ids("AIDA", "EXAMPLEANYUSER0001", ""), budget)?;
        Ok((sessions, users.into_iter().map(|head| unique(head, String::new())).collect()))
    }
}

/// A unique id of a role or user.
struct UniqueId {
    /// The id.
    head: String,
    /// Name of the session, for a role.
    session: String,
    /// In which search it stands.
    usage: Usage,
}

/// Services that policies can tell apart, each acting for every account that they can.
fn services(scope: &Scope, accounts: &[Account], reading: &Reading<'_>, budget: &mut Budget) -> Result<Vec<Point>, TooComplex> {
    let named = reading.principals.iter().filter_map(|item| match item {
        PrincipalItem::Service(name) => Some(name.as_str()),
        _ => None,
    });
    let asked = reading.services(&["aws:principalservicename", SERVICE_NAMES], budget)?;
    let all: BTreeSet<&str> = named.chain(asked.iter().map(String::as_str)).collect();
    let mut points = Vec::new();
    for name in all {
        for (mut keys, standing, usage) in sources(scope, name, accounts, reading, budget)? {
            let principal = Principal::Service(name.to_owned());
            keys.extend(told(&principal, reading));
            let unsettled = ["aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid"];
            let asked = unsettled.into_iter().filter(|key| reading.key(key));
            keys.extend(asked.map(|key| (key.into(), of_service(key, reading))));
            points.push(Point { keys, what: What::Principal { principal, standing }, usage });
        }
    }
    Ok(points)
}

/// What a service's request says of a key of principals. Whether it has the key, no documentation tells; that it has nothing that names a
/// customer's account or principal is sure, so that it matters only to tests of presence.
fn of_service(key: &str, reading: &Reading<'_>) -> Presence {
    let asks_presence =
        reading.tests_of(&[key]).any(|test| test.operator.if_exists || test.operator.comparison == Comparison::Null);
    if asks_presence { Presence::Undetermined } else { Presence::Absent }
}

type Source = (Keys, Standing, Usage);

/// For which accounts and resources a service may act, and that it may say of none.
fn sources(
    scope: &Scope,
    service: &str,
    accounts: &[Account],
    reading: &Reading<'_>,
    budget: &mut Budget,
) -> Result<Vec<Source>, TooComplex> {
    let slug = service.split('.').next().unwrap_or(service);
    let region = scope.region_or_any();
    let mut arns: Vec<String> = Vec::new();
    if reading.key("aws:sourcearn") {
        let text = format!("aws:{slug}:{region}:999999999999:any-resource");
        let language =
            Language { prefix: "arn:", allows: |_| true, never_last: None, min: 1, max: None, sample: &text, closing: "" };
        let arn = |text: String| Pattern::arn(&atoms(&text).collect::<Vec<_>>());
        let splitters: Vec<Pattern> = accounts
            .iter()
            .map(|account| account.id.as_str())
            .chain([""])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter_map(|id| arn(format!("arn:*:*:*:{id}:*")))
            .collect();
        let mut patterns = reading.patterns(&["aws:sourcearn"]);
        patterns.extend(&splitters);
        arns = kinds(&patterns, &language, budget)?;
        arns.retain(|arn| arn.split(':').count() >= 6);
    }
    let mut found: Vec<Source> = Vec::new();
    for account in accounts {
        let own: Vec<String> = if reading.key("aws:sourcearn") {
            let of_account = |arn: &&String| match arn.split(':').nth(4) {
                Some(id) if is_account(id) => id == account.id,
                Some("") => true,
                _ => false,
            };
            arns.iter().filter(of_account).cloned().collect()
        } else {
            Vec::new()
        };
        let plain = format!("arn:{}:{slug}:{region}:{}:any-resource", scope.partition, account.id);
        for arn in own.into_iter().chain([plain]) {
            // Whose a bucket is that a policy names, its ARN does not tell.
            let bucket = arn.split(':').nth(5).filter(|_| arn.contains(":s3:::") && reading.names(&["aws:sourcearn"], &arn));
            let mut usage = Usage::Both;
            let mut standing = account.standing;
            if let Some(bucket) = bucket {
                let known = scope.known.buckets.contains(bucket);
                if known != (account.id == scope.account) && (known || scope.known.all_buckets) {
                    continue;
                }
                if !known {
                    usage = Usage::May;
                    standing = if account.id == scope.account { Standing::Inside } else { Standing::Unsure };
                }
            }
            let Some(usage) = both(account.usage, usage) else { continue };
            let id = Presence::one(account.id.as_str());
            let mut keys: Keys = Vec::with_capacity(PRINCIPAL_KEYS.len());
            let more =
                [("aws:sourceowner", &id), ("aws:sourceorgid", &account.organization), ("aws:sourceorgpaths", &account.paths)];
            let asked = more.into_iter().filter(|(key, _)| reading.key(key));
            keys.extend(asked.map(|(key, presence)| (key.into(), presence.clone())));
            keys.push(("aws:sourceaccount".into(), id));
            keys.push(("aws:sourcearn".into(), Presence::One(arn)));
            found.push((keys, standing, usage));
        }
    }
    found.push((Vec::new(), Standing::Unsure, Usage::May));
    Ok(found)
}

/// Principals that are named by something else than an account.
fn others(scope: &Scope, reading: &Reading<'_>) -> Vec<Point> {
    let known = |item: &&PrincipalItem| -> Option<(Principal, Standing)> {
        match item {
            PrincipalItem::CanonicalUser(id) if scope.canonical_user.as_deref() == Some(id) => {
                Some((Principal::CanonicalUser(id.clone()), Standing::Inside))
            }
            PrincipalItem::CanonicalUser(id) => Some((Principal::CanonicalUser(id.clone()), Standing::Unsure)),
            PrincipalItem::Federated(provider) => Some((Principal::Federated(provider.clone()), Standing::Unsure)),
            PrincipalItem::Aws(text) => match Principal::parse(Some(text)) {
                principal @ Principal::OriginAccessIdentity(_) => Some((principal, Standing::Unsure)),
                _ => None,
            },
            PrincipalItem::Anyone | PrincipalItem::Service(_) => None,
        }
    };
    let undetermined = [
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:userid",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalisawsservice",
    ];
    let keys: Keys = undetermined.iter().map(|key| (Cow::Borrowed(*key), Presence::Undetermined)).collect();
    let point =
        |(principal, standing)| Point { keys: keys.clone(), what: What::Principal { principal, standing }, usage: Usage::Both };
    reading.principals.iter().filter_map(|item| known(item).map(point)).collect()
}
