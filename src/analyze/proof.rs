//! The proof of a change: the account as it would be is audited again, and what the change promised is looked for.
//!
//! A change is shown only if its finding is gone then, no other one has come, no verdict is lost, no subnet has lost a
//! service that it reached, and, for a policy, nothing passes that did not pass before. What it costs and saves is read off the two bills.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::assess::{id_of, severity_of};
use super::audit::Carry;
use super::checks::words::few;
use super::neighbourhood::{Neighbourhoods, View};
use super::repairs::Case;
use super::{Audit, Repair, Settings, Severity, Verdict, checks};
use crate::cost::{Bill, UsdRange, saving};
use crate::fix::{Change, Edit, OldPolicy, PolicyAim, apply};
use crate::model::{Inventory, Observed};
use crate::network::{ELSEWHERE, End, Family, Path};
use crate::policy::{Outcome, PolicyKind, in_words, new_access, parse};

/// A change for a finding, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The change; its hazards include those that the proof has found.
    pub change: Change,
    /// Whether it was tried.
    pub proof: Proof,
    /// What it saves in a month, taken by itself; below zero where it costs. Or why that is not known.
    pub saving: Result<UsdRange, String>,
}

/// Whether a change was tried on the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It does what it should and breaks nothing.
    Proven,
    /// Not tried, because the account is too large to try every change in a scan; `natless fix` tries those it writes.
    NotRun,
}

impl Proof {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NotRun => "not_run",
        }
    }
}

/// What can be done about a finding.
#[derive(Debug, Clone, PartialEq)]
pub enum Repaired {
    /// This change.
    Change(Box<Proposal>),
    /// No change that is safe: why.
    Person(String),
}

impl Repaired {
    /// The proposal, where there is one.
    #[must_use]
    pub fn proposal(&self) -> Option<&Proposal> {
        match self {
            Self::Change(proposal) => Some(proposal),
            Self::Person(_) => None,
        }
    }
}

/// Work that a scan may take for proofs, and again for what its steps save together, in paths that are worked out again.
///
/// The more an account takes by itself, the less is left: one of 200,000 paths is to be judged within two seconds.
pub(super) fn scan_budget(audit: &Audit<'_>) -> u64 {
    const LEAST: u64 = 15_000;
    const MOST: u64 = 90_000;
    let own = u64::try_from(audit.paths.len()).unwrap_or(u64::MAX);
    MOST.saturating_sub(own).max(LEAST)
}

/// A way that is asked for: region, subnet, service, IP version.
type WayKey = (Arc<str>, Arc<str>, Arc<str>, Family);

/// How well a service is reached, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Lost,
    Unsure,
    Surely,
}

/// A finding, as far as proofs compare it.
#[derive(Debug)]
struct Found {
    /// Region, kind and id of the resource.
    resource: (String, String, String),
    severity: Severity,
    title: String,
}

/// What an audit has found, as far as proofs compare it.
#[derive(Debug)]
pub(super) struct Facts {
    findings: BTreeMap<String, Found>,
    unknown: BTreeMap<String, String>,
    /// In order.
    ways: Vec<(WayKey, Reached)>,
    pub(super) bill: Bill,
}

impl Facts {
    /// Audits an inventory with every check.
    fn of(inventory: &Inventory, settings: &Settings, carry: &Carry<'_>) -> Self {
        let audit = Audit::carrying(inventory, settings, carry.clone());
        let (mut findings, mut unknown) = (BTreeMap::new(), BTreeMap::new());
        for check in checks::registry().iter().filter(|check| !settings.checks.disabled.contains(check.id)) {
            for subject in (check.evaluate)(&audit) {
                let id = || id_of(&audit.inventory.account.id, check.id, &subject);
                match &subject.verdict {
                    Verdict::Fail(failure) => {
                        let resource = &subject.resource;
                        let resource = (subject.region.clone(), resource.kind.clone(), resource.id.clone());
                        let severity = severity_of(check, failure.severity, settings);
                        findings.insert(id(), Found { resource, severity, title: format!("{}: {}", check.id, failure.title) });
                    }
                    Verdict::Unknown(doubt) => drop(unknown.insert(id(), format!("{}: {}", check.id, doubt.why))),
                    Verdict::Pass | Verdict::NotApplicable => {}
                }
            }
        }
        let all = audit.paths.iter().chain(&audit.costing.ways_out);
        let mut ways: Vec<(WayKey, Reached)> = all.filter_map(|path| Some((key_of(path), reached(path)?))).collect();
        ways.sort_unstable();
        Self { findings, unknown, ways, bill: audit.costing.bill }
    }

    fn way(&self, key: &WayKey) -> Option<Reached> {
        let at = self.ways.binary_search_by(|(other, _)| other.cmp(key)).ok()?;
        self.ways.get(at).map(|(_, reached)| *reached)
    }
}

fn key_of(path: &Path) -> WayKey {
    (path.region.clone(), path.subnet_id.clone(), path.service.clone(), path.family)
}

/// The worst part of a way counts; `None` for a subnet without addresses of the IP version.
fn reached(path: &Path) -> Option<Reached> {
    let told = |end: &End| match end {
        End::InterfaceEndpoint { .. } | End::GatewayEndpoint { .. } | End::Nat { .. } | End::Internet { .. } => Reached::Surely,
        End::LeavesView { .. } | End::Appliance { .. } | End::Unknown { .. } => Reached::Unsure,
        End::None { .. } | End::Blackhole { .. } | End::Blocked { .. } => Reached::Lost,
    };
    path.segments.iter().map(|segment| told(&segment.end)).min()
}

/// Tries changes of one inventory.
#[derive(Debug)]
pub(super) struct Prover<'p> {
    /// The account, with the changes so far.
    inventory: Cow<'p, Inventory>,
    settings: &'p Settings,
    carry: Carry<'p>,
    neighbourhoods: Neighbourhoods,
    /// Who was whose neighbour when the traffic was measured, where changes were made since.
    measured: Option<Neighbourhoods>,
    /// NAT gateways whose address a bucket policy admits: gateway to buckets.
    trusted_nats: BTreeMap<String, BTreeSet<String>>,
    /// Buckets of which it is not known whether their policy does.
    unsure_buckets: BTreeSet<String>,
    /// The part that the last change made, where it was proven.
    made: Option<(View, Part<'p>)>,
}

/// A part of the inventory that changes are tried in, audited.
#[derive(Debug)]
struct Part<'p> {
    inventory: Inventory,
    carry: Carry<'p>,
    facts: Facts,
}

/// What a trial came to.
#[derive(Debug)]
pub(super) enum Trial {
    /// It does what it should.
    Proven {
        /// Hazards that the trial has found.
        hazards: Vec<String>,
        /// What it saves.
        saving: Result<UsdRange, String>,
    },
    /// It does not, or breaks something: why.
    Refuted(String),
}

/// A finding that a change is looked for.
pub(super) struct Wanted<'w> {
    /// Check that has found it.
    pub(super) check: &'static str,
    /// Its id.
    pub(super) id: &'w str,
    /// What it is about.
    pub(super) case: Case<'w>,
}

impl<'p> Prover<'p> {
    pub(super) fn new(audit: &Audit<'p>) -> Self {
        let (inventory, settings, carry) = (Cow::Borrowed(audit.inventory), audit.settings, audit.handed_on());
        Self {
            neighbourhoods: Neighbourhoods::of(&inventory),
            inventory,
            settings,
            carry,
            measured: None,
            trusted_nats: BTreeMap::new(),
            unsure_buckets: BTreeSet::new(),
            made: None,
        }
    }

    /// The account, with the changes that were made.
    pub(super) fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Who is whose neighbour in it.
    pub(super) fn neighbourhoods(&self) -> &Neighbourhoods {
        &self.neighbourhoods
    }

    /// Makes the change that was proven last: what comes after it is tried on the account that it leaves.
    pub(super) fn make(&mut self, change: &Change) -> Result<&Inventory, String> {
        let changed = apply(change, &self.inventory).map_err(|why| why.to_string())?;
        let before = std::mem::replace(&mut self.neighbourhoods, Neighbourhoods::of(&changed));
        self.measured.get_or_insert(before);
        self.inventory = Cow::Owned(changed);
        Ok(&self.inventory)
    }

    /// Takes note of a bucket whose policy admits the address of NAT gateways.
    pub(super) fn trusts(&mut self, bucket: &str, nat_gateway_ids: &[String]) {
        for id in nat_gateway_ids {
            self.trusted_nats.entry(id.clone()).or_default().insert(bucket.to_owned());
        }
    }

    /// Takes note of a bucket of which it is not known whether its policy admits the address of a NAT gateway.
    pub(super) fn may_trust(&mut self, bucket: &str) {
        self.unsure_buckets.insert(bucket.to_owned());
    }

    /// What can be done about findings, in their order; with a budget, no more trials than that allows, first come first served.
    pub(super) fn propose(&self, audit: &Audit<'_>, wanted: &[Wanted<'_>], mut budget: Option<u64>) -> Vec<Repaired> {
        let draft = |one| draft(audit, one).map(|change| (self.neighbourhoods.around(&change, &self.inventory), change));
        let drafts: Vec<Result<(View, Change), Repaired>> = wanted.par_iter().map(draft).collect();
        let (mut trials, mut proposed) = (BTreeMap::<View, Vec<(usize, &Wanted<'_>, Change)>>::new(), BTreeMap::new());
        for (at, (draft, one)) in drafts.into_iter().zip(wanted).enumerate() {
            match draft {
                Err(person) => drop(proposed.insert(at, person)),
                Ok((view, change)) => {
                    if pay(&mut budget, self.neighbourhoods.weight(&view)) {
                        trials.entry(view).or_default().push((at, one, change));
                    } else {
                        let saving = Err("the change was not tried".to_owned());
                        let proposal = Proposal { change, proof: Proof::NotRun, saving };
                        proposed.insert(at, Repaired::Change(Box::new(proposal)));
                    }
                }
            }
        }
        let tried: Vec<Vec<(usize, Repaired)>> = trials
            .into_par_iter()
            .map(|(view, trials)| {
                let part = self.part(&view);
                let of_one = |(at, one, change): (usize, &Wanted<'_>, Change)| {
                    let (trial, _) = self.trial(audit, &part, one.id, &change);
                    (at, trial.of(change))
                };
                trials.into_iter().map(of_one).collect()
            })
            .collect();
        proposed.extend(tried.into_iter().flatten());
        proposed.into_values().collect()
    }

    /// Tries a change for a finding.
    pub(super) fn try_change(&mut self, audit: &Audit<'_>, finding: &str, change: &Change) -> Trial {
        let view = self.neighbourhoods.around(change, &self.inventory);
        let part = match self.made.take() {
            Some((of, part)) if of == view => part,
            _ => self.part(&view),
        };
        let (trial, after) = self.trial(audit, &part, finding, change);
        self.made = after.map(|after| (view, after));
        trial
    }

    fn part(&self, view: &View) -> Part<'p> {
        let inventory = self.neighbourhoods.cut(view, &self.inventory);
        // What a gateway carried that is gone by now still has to be paid somewhere.
        let carry = self.carry.of_these(self.measured.as_ref().unwrap_or(&self.neighbourhoods).meters(view));
        let facts = Facts::of(&inventory, self.settings, &carry);
        Part { inventory, carry, facts }
    }

    /// Tries a change in a part of the account; with what it makes of it, where it is proven.
    fn trial(&self, audit: &Audit<'_>, part: &Part<'p>, finding: &str, change: &Change) -> (Trial, Option<Part<'p>>) {
        let refuted = |why: String| (Trial::Refuted(why), None);
        let before = &part.facts;
        if !before.findings.contains_key(finding) {
            return refuted("an earlier step has repaired it already".to_owned());
        }
        let changed = match apply(change, &part.inventory) {
            Ok(changed) => changed,
            Err(why) => return refuted(why.to_string()),
        };
        let after = Facts::of(&changed, self.settings, &part.carry);
        if let Some(why) = worse(before, &after, finding) {
            return refuted(why);
        }
        let mut hazards = match narrowed(change, &part.inventory, audit) {
            Ok(hazards) => hazards,
            Err(why) => return refuted(why),
        };
        hazards.extend(self.moved(before, &after));
        hazards.extend(unread_organization(change, &self.inventory));
        let saving = saving(&before.bill, &after.bill);
        // Bytes of which nobody knows where they would go have senders that no path shows.
        if let Err(why) = &saving
            && change.edits.iter().any(|edit| matches!(edit, Edit::DeleteEndpoint { .. } | Edit::DeleteNatGateway { .. }))
        {
            return refuted(format!("somebody may use it whom natless does not see: {why}"));
        }
        (Trial::Proven { hazards, saving }, Some(Part { inventory: changed, carry: part.carry.clone(), facts: after }))
    }

    /// Who may miss the address that requests come from now, a sentence each.
    fn moved(&self, before: &Facts, after: &Facts) -> Vec<String> {
        let mut hazards = Vec::new();
        let moved = after.bill.moved_nat_gateways(&before.bill);
        for (nat, buckets) in self.trusted_nats.iter().filter(|(nat, _)| moved.contains(nat.as_str())) {
            for bucket in buckets {
                hazards.push(format!(
                    "The policy of bucket {bucket} admits the address of {nat} (aws:SourceIp), which requests do not come from any more then: admit the endpoint (aws:SourceVpce) there first."
                ));
            }
        }
        for (nat, account) in moved.iter().filter_map(|nat| Some((nat, self.carry.sisters.teller(nat)?))) {
            hazards.push(format!(
                "Policies in account {account} and others may admit the address of {nat} (aws:SourceIp), which requests do not come from any more then; they are not judged here."
            ));
        }
        if !moved.is_empty() && !self.unsure_buckets.is_empty() {
            let buckets: Vec<&str> = self.unsure_buckets.iter().map(String::as_str).collect();
            let nats: Vec<&str> = moved.into_iter().collect();
            hazards.push(format!(
                "Whether the policy of {} admits the address of {} (aws:SourceIp) is not known: look there first.",
                few(&buckets),
                few(&nats)
            ));
        }
        hazards
    }
}

impl Trial {
    /// What it makes of the change that was tried.
    fn of(self, mut change: Change) -> Repaired {
        match self {
            Self::Proven { hazards, saving } => {
                change.hazards.extend(hazards);
                Repaired::Change(Box::new(Proposal { change, proof: Proof::Proven, saving }))
            }
            Self::Refuted(why) => Repaired::Person(format!("{} is not safe: {why}", change.title)),
        }
    }
}

/// The change that a check has for a finding, or why it is for a person to make one.
fn draft(audit: &Audit<'_>, wanted: &Wanted<'_>) -> Result<Change, Repaired> {
    match checks::find(wanted.check).map(|check| check.repair) {
        Some(Repair::Change(repair)) => repair(audit, &wanted.case).map_err(Repaired::Person),
        Some(Repair::Decision(why)) => Err(Repaired::Person(why.to_owned())),
        None => Err(Repaired::Person("the check is not known".to_owned())),
    }
}

/// Takes what a piece of work weighs from what is left; whether there was room for it.
pub(super) fn pay(left: &mut Option<u64>, weight: u64) -> bool {
    let Some(room) = left else { return true };
    let rest = room.checked_sub(weight);
    *room = rest.unwrap_or(*room);
    rest.is_some()
}

/// Why the changed account is no better than the old one: the finding is still there, or something else is worse.
fn worse(before: &Facts, after: &Facts, finding: &str) -> Option<String> {
    if after.findings.contains_key(finding) {
        return Some("the finding would still be there".to_owned());
    }
    if let Some(why) = after.unknown.get(finding) {
        return Some(format!("whether the finding would be gone cannot be told, {why}"));
    }
    // A public bucket that is held back is still a finding, and a lesser one: it stands in for a worse one of the same resource.
    let gone: Vec<&Found> =
        before.findings.iter().filter(|(id, _)| !after.findings.contains_key(*id)).map(|(_, found)| found).collect();
    let lesser = |found: &Found| gone.iter().any(|worse| worse.resource == found.resource && worse.severity > found.severity);
    let mut new = after.findings.iter().filter(|(id, found)| !before.findings.contains_key(*id) && !lesser(found));
    if let Some((_, found)) = new.next() {
        return Some(format!("a new finding would come, {}", found.title));
    }
    if after.findings.len() > before.findings.len() {
        return Some("there would be more findings than before".to_owned());
    }
    let judged = |id: &String| !before.unknown.contains_key(id) && !before.findings.contains_key(id);
    if let Some((_, why)) = after.unknown.iter().find(|(id, _)| judged(id)) {
        return Some(format!("something that is judged now could not be judged any more, {why}"));
    }
    let elsewhere: Arc<str> = ELSEWHERE.into();
    let mut left = after.ways.iter().peekable();
    for (key, now) in &before.ways {
        while left.next_if(|(other, _)| other < key).is_some() {}
        let then = left.peek().filter(|(other, _)| other == key).map(|(_, then)| *then);
        let (region, subnet, service, family) = key;
        // A service that has no column any more is reached as everything else is.
        let rest = || after.way(&(region.clone(), subnet.clone(), elsewhere.clone(), *family));
        let then = then.or_else(rest);
        if then.is_some_and(|then| then < *now) {
            let what = if *service == elsewhere { "everything else on the internet" } else { service };
            return Some(format!("{subnet} would lose its way to {what} over {family}"));
        }
    }
    None
}

/// What the new policies of a change refuse that the old ones let through, a sentence each.
///
/// # Errors
/// Why a new policy is not narrower, where it is meant to be.
fn narrowed(change: &Change, inventory: &Inventory, audit: &Audit<'_>) -> Result<Vec<String>, String> {
    let read = |text: &str| parse(text, PolicyKind::Resource).map_err(|error| format!("a policy cannot be read: {error}"));
    let mut refused = Vec::new();
    for edit in &change.edits {
        let (old, new, aim, scope) = match edit {
            Edit::PutEndpointPolicy { region, endpoint_id, policy, old: OldPolicy::Text(old), aim } => {
                let endpoint = inventory.regions.get(region).and_then(|region| region.vpc_endpoints.get(endpoint_id));
                let Some(endpoint) = endpoint else { continue };
                (old, policy, *aim, audit.policies.scope_of_endpoint(region, endpoint))
            }
            Edit::PutBucketPolicy { region, bucket, policy, old: OldPolicy::Text(old) } => {
                (old, policy, PolicyAim::RefuseMore, audit.policies.scope_of_bucket(region, bucket))
            }
            _ => continue,
        };
        let (old, new) = (read(old)?, read(new)?);
        if aim != PolicyAim::AdmitMore {
            match new_access(&old, &new, &scope) {
                Outcome::Closed => {}
                Outcome::Open(witness) => {
                    let request = in_words(&witness.request);
                    return Err(format!("the new policy lets through what the old one does not: {request}"));
                }
                Outcome::Unknown(why) => {
                    return Err(format!("whether the new policy is narrower is not known: {}", why.join("; ")));
                }
            }
        }
        if aim == PolicyAim::AdmitOwnOnly {
            refused.push(
                "Whatever is not between own principals and own resources, or buckets of AWS, is refused from then on."
                    .to_owned(),
            );
        } else if let Outcome::Open(witness) = new_access(&new, &old, &scope) {
            refused.push(format!("Refused from then on, for example: {}.", in_words(&witness.request)));
        }
    }
    Ok(refused)
}

fn unread_organization(change: &Change, inventory: &Inventory) -> Option<String> {
    let guards =
        |edit: &Edit| matches!(edit, Edit::CreateGatewayEndpoint { policy: Some(_), .. } | Edit::PutEndpointPolicy { .. });
    let unread = matches!(inventory.organization, Observed::Unknown(_));
    (unread && change.edits.iter().any(guards)).then(|| {
        "The account's organization was not read, so the policy knows the account alone: other accounts of the organization are refused.".to_owned()
    })
}
