//! The accounts that matter: those that policies and settings name, and strangers of every kind that policies can tell apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Reading;
use super::point::Usage;
use crate::policy::budget::{Budget, TooComplex};
use crate::policy::minterm::{Language, kinds, kinds_behind};
use crate::policy::pattern::{Pattern, atoms};
use crate::policy::request::{Presence, is_account};
use crate::policy::scope::{Membership, Scope, Standing};

/// One account, in one organization, in one place of it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Account id.
    pub(super) id: String,
    /// Organization it is in.
    pub(super) organization: Presence,
    /// Path in the organization, as keys that end in `OrgPaths` have it.
    pub(super) paths: Presence,
    /// Whether it counts as inside.
    pub(super) standing: Standing,
    /// In which search it stands.
    pub(super) usage: Usage,
}

/// Ids of accounts that nobody names: documentation ids first.
const STRANGERS: [&str; 8] = [
    "444455556666",
    "777788889999",
    "222233334444",
    "555566667777",
    "333344445555",
    "888899990000",
    "666677778888",
    "123456789012",
];

/// Organization of a stranger that nobody names.
const FOREIGN_ORGANIZATION: &str = "o-elsewhere1";

/// Condition keys whose value is an account id.
const ACCOUNT_KEYS: [&str; 6] = [
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:resourceaccount",
    "aws:vpceaccount",
    "s3:resourceaccount",
    "s3:dataaccesspointaccount",
];

/// Condition keys whose value is an organization id.
const ORGANIZATION_KEYS: [&str; 4] = ["aws:principalorgid", "aws:sourceorgid", "aws:resourceorgid", "aws:vpceorgid"];

/// Condition keys whose values are paths in an organization.
const PATH_KEYS: [&str; 4] = ["aws:principalorgpaths", "aws:sourceorgpaths", "aws:resourceorgpaths", "aws:vpceorgpaths"];

/// The accounts that matter.
pub(super) fn accounts(scope: &Scope, reading: &Reading<'_>, budget: &mut Budget) -> Result<Vec<Account>, TooComplex> {
    let named = named_accounts(scope, reading);
    let organizations = organizations(scope, reading, budget)?;
    let told = !organizations.is_empty() || reading.any_key(&PATH_KEYS);
    let mut found = vec![own(scope, reading)];
    let mut fresh = STRANGERS.iter().filter(|id| !named.contains(**id) && **id != scope.account).map(|id| (*id).to_owned());
    let mut stranger = || fresh.next().unwrap_or_else(|| "999999999999".to_owned());
    let patterned = patterned_accounts(scope, reading, &named, budget)?;

    for id in &named {
        let standing = scope.standing_of_account(id);
        let listed = scope.listed_accounts().is_some_and(|accounts| accounts.contains(id));
        if listed && let Some(own) = scope.organization_id() {
            found.extend(members(reading, id, own, standing, Usage::Both, budget)?);
            continue;
        }
        if !told && standing != Standing::Unsure {
            found.push(outside_organizations(id, standing, Usage::Both));
            continue;
        }
        // Its organization was not read: any may be, and none is for sure.
        found.push(Account {
            id: id.clone(),
            organization: Presence::Undetermined,
            paths: Presence::Undetermined,
            standing,
            usage: Usage::Must,
        });
        let sure = |standing_there| if standing == Standing::Inside { Standing::Inside } else { standing_there };
        found.push(outside_organizations(id, sure(Standing::Outside), Usage::May));
        for organization in organizations.iter().map(String::as_str).chain([FOREIGN_ORGANIZATION]) {
            let foreign = scope.organization_id() != Some(organization);
            if foreign || scope.listed_accounts().is_none() {
                let standing = sure(scope.standing_of_organization(organization));
                found.extend(members(reading, id, organization, standing, Usage::May, budget)?);
            }
        }
    }
    for id in [stranger()].into_iter().chain(patterned) {
        found.push(outside_organizations(&id, Standing::Outside, Usage::Both));
        if !told {
            continue;
        }
        for organization in organizations.iter().map(String::as_str).chain([FOREIGN_ORGANIZATION]) {
            let standing = scope.standing_of_organization(organization);
            found.extend(members(reading, &id, organization, standing, Usage::Both, budget)?);
        }
    }
    Ok(found)
}

fn own(scope: &Scope, reading: &Reading<'_>) -> Account {
    let organization = match &scope.organization {
        Membership::None => Presence::Absent,
        Membership::Unknown => Presence::Undetermined,
        Membership::In { id, .. } => Presence::one(id.as_str()),
    };
    // Which organizational unit the account is in is not read.
    let told = scope.organization != Membership::None && reading.any_key(&PATH_KEYS);
    let paths = if told { Presence::Undetermined } else { Presence::Absent };
    Account { id: scope.account.clone(), organization, paths, standing: Standing::Inside, usage: Usage::Both }
}

fn outside_organizations(id: &str, standing: Standing, usage: Usage) -> Account {
    Account { id: id.to_owned(), organization: Presence::Absent, paths: Presence::Absent, standing, usage }
}

/// An account as a member of an organization, in every place of it that policies can tell apart.
fn members(
    reading: &Reading<'_>,
    id: &str,
    organization: &str,
    standing: Standing,
    usage: Usage,
    budget: &mut Budget,
) -> Result<Vec<Account>, TooComplex> {
    let member = |paths| Account { id: id.to_owned(), organization: Presence::one(organization), paths, standing, usage };
    if !reading.any_key(&PATH_KEYS) {
        return Ok(vec![member(Presence::Absent)]);
    }
    let prefix = format!("{organization}/");
    let language = Language {
        prefix: &prefix,
        allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '/',
        never_last: None,
        min: 1,
        max: None,
        sample: "r-any1/ou-any1-11111111/",
        closing: "",
    };
    let found = kinds(&reading.patterns(&PATH_KEYS), &language, budget)?;
    Ok(found.into_iter().map(|path| member(Presence::Many(vec![path]))).collect())
}

/// Every account id that a policy or the settings name, but the account's own.
fn named_accounts(scope: &Scope, reading: &Reading<'_>) -> BTreeSet<String> {
    let texts = reading.texts.iter().flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    let mut named: BTreeSet<String> = texts.filter(|part| is_account(part)).map(str::to_owned).collect();
    named.extend(scope.trusted_accounts.iter().cloned());
    named.remove(&scope.account);
    named
}

/// Organizations that policies can tell apart; empty where none asks for any.
fn organizations(scope: &Scope, reading: &Reading<'_>, budget: &mut Budget) -> Result<BTreeSet<String>, TooComplex> {
    if !reading.any_key(&ORGANIZATION_KEYS) && !reading.any_key(&PATH_KEYS) && scope.trusted_organizations.is_empty() {
        return Ok(BTreeSet::new());
    }
    let language = Language {
        prefix: "o-",
        allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit(),
        never_last: None,
        min: 10,
        max: None,
        sample: FOREIGN_ORGANIZATION.strip_prefix("o-").unwrap_or_default(),
        closing: "/",
    };
    let mut patterns = reading.patterns(&ORGANIZATION_KEYS);
    patterns.extend(reading.patterns(&PATH_KEYS));
    let mut found: BTreeSet<String> = kinds(&patterns, &language, budget)?.into_iter().collect();
    found.extend(scope.organization_id().map(str::to_owned));
    found.extend(scope.trusted_organizations.iter().cloned());
    found.remove(FOREIGN_ORGANIZATION);
    Ok(found)
}

/// Accounts that nobody names and that patterns of account ids can tell apart.
fn patterned_accounts<'t>(
    scope: &Scope,
    reading: &Reading<'t>,
    named: &BTreeSet<String>,
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    // A pattern may leave an account partly open: as a value, as the field of an ARN, or where a wildcard crosses fields.
    let partial = |text: &&str| text.contains(['*', '?']) && text.contains(|c: char| c.is_ascii_digit());
    let field = |text: &&'t str| text.split(':').nth(4);
    let open: BTreeSet<&str> = reading.texts.iter().filter_map(field).filter(partial).collect();
    let fields: Vec<Pattern> = open.iter().map(|field| Pattern::wildcard(&atoms(field).collect::<Vec<_>>())).collect();
    let values = reading.tests_of(&ACCOUNT_KEYS).chain(reading.tests_of(&["aws:principalarn"])).flat_map(|test| &test.values);
    if fields.is_empty() && !values.map(String::as_str).any(|value| field(&value).is_none() && partial(&value)) {
        return Ok(Vec::new());
    }
    let prefix = format!("arn:{}:iam::", scope.partition);
    let mut patterns: Vec<(&Pattern, &str)> = reading.patterns(&ACCOUNT_KEYS).into_iter().map(|own| (own, "")).collect();
    patterns.extend(fields.iter().map(|own| (own, "")));
    patterns.extend(reading.patterns(&["aws:principalarn"]).into_iter().map(|own| (own, prefix.as_str())));
    let known: BTreeSet<&String> =
        named.iter().chain(scope.listed_accounts().into_iter().flatten()).chain([&scope.account]).collect();
    let digits = Language {
        prefix: "",
        allows: |c| c.is_ascii_digit(),
        never_last: None,
        min: 12,
        max: Some(12),
        sample: "999999999999",
        closing: ":",
    };
    // Where one that is known already would stand for its kind, it is told apart, and another one is taken.
    let mut apart: BTreeMap<String, Pattern> = BTreeMap::new();
    loop {
        let all: Vec<(&Pattern, &str)> = patterns.iter().copied().chain(apart.values().map(|own| (own, ""))).collect();
        let found: BTreeSet<String> = kinds_behind(&all, &digits, budget)?.into_iter().collect();
        let before = apart.len();
        apart.extend(found.iter().filter(|id| known.contains(id)).map(|id| (id.clone(), Pattern::literal(id))));
        if apart.len() == before {
            return Ok(found.into_iter().filter(|id| !known.contains(id)).collect());
        }
    }
}
