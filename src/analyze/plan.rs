//! The plan: the changes of an audit in the order of what they save, and the account as it would be with them made.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;
use rayon::prelude::*;
use rust_decimal::Decimal;

use super::assess::{Effort, assess_with};
use super::neighbourhood::{Neighbourhoods, View};
use super::proof::{Prover, Trial, pay, scan_budget};
use super::score::Spent;
use super::{Assessment, Audit, Costing, Finding, Pillar, Proof, Proposal, Settings, Severity, WaivedWaste};
use crate::cost::{Bill, Usage, UsdRange, saving};
use crate::fix::{Change, ChangeKind, Edit, apply};
use crate::model::Inventory;
use crate::network::{Network, Paths, Sisters};

/// Changes in the order in which to make them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The steps, what saves most first.
    pub steps: Vec<PlanStep>,
    /// What all steps together save in a month, no byte counted twice; `None` where it was not worked out.
    pub avoidable: Option<UsdRange>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanStep {
    /// The change.
    pub change: Change,
    /// Ids of the findings that it repairs.
    pub findings: Vec<String>,
    /// Check and severity of the worst of them.
    pub check: &'static str,
    /// Severity of the worst of them.
    pub severity: Severity,
    /// Whether it was tried.
    pub proof: Proof,
    /// What it saves by itself.
    pub alone: Result<UsdRange, String>,
    /// What it adds to the steps before it: the ends of what all save with it, less those of what all save without it.
    pub adds: Result<UsdRange, String>,
}

/// A step that is not made, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The change, in one line.
    pub title: String,
    /// Why.
    pub why: String,
}

impl Plan {
    /// The changes of these findings.
    pub(super) fn of<'f>(
        audit: &Audit<'_>,
        neighbourhoods: &Neighbourhoods,
        findings: impl Iterator<Item = &'f Finding>,
    ) -> Self {
        let mut steps = steps(findings);
        // Steps that were not proven are not made: they join no parts.
        let proven: Vec<(usize, &PlanStep)> = steps.iter().enumerate().filter(|(_, step)| step.proof == Proof::Proven).collect();
        let around = |(_, step): &(usize, &PlanStep)| neighbourhoods.around(&step.change, audit.inventory);
        let views: Vec<View> = proven.par_iter().map(around).collect();
        let merged = Neighbourhoods::disjoint(&views);
        let (mut budget, mut complete) = (Some(scan_budget(audit)), proven.len() == steps.len());
        let mut parts: BTreeMap<&View, Vec<(usize, &Change)>> = BTreeMap::new();
        for ((at, step), view) in proven.iter().zip(&views) {
            match merged.get(view).filter(|view| pay(&mut budget, neighbourhoods.weight(view))) {
                Some(view) => parts.entry(view).or_default().push((*at, &step.change)),
                None => complete = false,
            }
        }
        let parts: Vec<(&View, Vec<(usize, &Change)>)> = parts.into_iter().collect();
        let worked_out: Vec<(Vec<(usize, Added)>, UsdRange)> = parts
            .into_par_iter()
            .map(|(view, changes)| {
                let mut part = PartOfPlan::new(audit, neighbourhoods, view);
                let added = changes.into_iter().map(|(at, change)| (at, part.add(change))).collect();
                (added, part.saved)
            })
            .collect();
        let mut saved = UsdRange::default();
        for step in &mut steps {
            step.adds = Err("too large to be worked out in a scan".to_owned());
        }
        for (added, of_part) in worked_out {
            saved += of_part;
            for (at, added) in added {
                // A step that an earlier one has made needless adds nothing, and hides nothing.
                complete &= !matches!(added, Added::Unknown(_));
                if let Some(step) = steps.get_mut(at) {
                    step.adds = added.into();
                }
            }
        }
        // Where neither a bill nor a change is known and something was not read, nothing is known to be avoidable, and nothing not to be.
        let blind = steps.is_empty() && audit.costing.bill.lines.is_empty() && !audit.inventory.gaps.is_empty();
        Self { steps, avoidable: (complete && !blind).then_some(saved) }
    }
}

/// What one step adds to those before it.
enum Added {
    Known(UsdRange),
    /// Why it is not known.
    Unknown(String),
    /// Why it cannot be made any more.
    InTheWay(String),
}

impl From<Added> for Result<UsdRange, String> {
    fn from(added: Added) -> Self {
        match added {
            Added::Known(range) => Ok(range),
            Added::Unknown(why) | Added::InTheWay(why) => Err(why),
        }
    }
}

/// A part of the account that steps are made in, one after the other.
struct PartOfPlan<'a> {
    audit: &'a Audit<'a>,
    usage: Arc<Usage>,
    inventory: Inventory,
    /// What is paid before; `None` of a part where no step can change that.
    before: Option<Bill>,
    saved: UsdRange,
}

impl<'a> PartOfPlan<'a> {
    fn new(audit: &'a Audit<'a>, neighbourhoods: &Neighbourhoods, view: &View) -> Self {
        let inventory = neighbourhoods.cut(view, audit.inventory);
        let usage = Arc::new(audit.costing.usage.of_these(neighbourhoods.meters(view)));
        let before = view.is_on_the_bill().then(|| bill(&inventory, audit.settings, &usage, audit.carry.sisters));
        Self { audit, usage, inventory, before, saved: UsdRange::default() }
    }

    fn add(&mut self, change: &Change) -> Added {
        match apply(change, &self.inventory) {
            Ok(changed) => self.inventory = changed,
            Err(why) => return Added::InTheWay(format!("an earlier step stands in its way: {why}")),
        }
        let Some(before) = &self.before else { return Added::Known(UsdRange::default()) };
        let now = bill(&self.inventory, self.audit.settings, &self.usage, self.audit.carry.sisters);
        match saving(before, &now) {
            Ok(saved) => {
                let added = saved - self.saved;
                self.saved = saved;
                Added::Known(added)
            }
            Err(why) => Added::Unknown(why),
        }
    }
}

impl WaivedWaste {
    /// What the waived findings cost.
    pub(super) fn of(audit: &Audit<'_>, neighbourhoods: &Neighbourhoods, waived: &[&Finding]) -> Self {
        let alone = |finding: &Finding| finding.repair.proposal().map(|proposal| proposal.saving.clone());
        // A repair that costs money is no waste that somebody accepts.
        let saves = |finding: &Finding| matches!(alone(finding), Some(Ok(saving)) if saving.high > Decimal::ZERO);
        let plan = Plan::of(audit, neighbourhoods, waived.iter().copied().filter(|finding| saves(finding)));
        let about_money = waived.iter().filter(|finding| matches!(finding.pillar, Pillar::Egress | Pillar::Cost));
        let unpriced = about_money.filter(|finding| !matches!(alone(finding), Some(Ok(_)))).count();
        Self {
            findings: u64::try_from(waived.len()).unwrap_or(u64::MAX),
            saving: plan.avoidable.filter(|_| !plan.steps.is_empty()),
            unpriced: u64::try_from(unpriced).unwrap_or(u64::MAX),
        }
    }
}

impl Spent {
    /// What is spent, and how much of it the plan would surely save; `None` where a part of either is not known.
    pub(super) fn of(bill: &Bill, plan: &Plan) -> Option<Self> {
        let avoidable = plan.avoidable?;
        let known = bill.unpriced.is_empty() && bill.total.low > Decimal::ZERO;
        known.then_some(Self { total: bill.total.low, avoidable: avoidable.low.max(Decimal::ZERO).min(bill.total.low) })
    }
}

/// One step per change, what saves most first.
fn steps<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<PlanStep> {
    let mut begun: Vec<(&Finding, &Proposal, Vec<String>)> = Vec::new();
    // By what they edit first: only those can be the same.
    let mut by_edit: HashMap<&str, Vec<usize>> = HashMap::default();
    for finding in findings {
        let Some(proposal) = finding.repair.proposal() else { continue };
        let first = proposal.change.edits.first().map_or("", Edit::resource_id);
        let alike = by_edit.entry(first).or_default();
        let edits = |at: usize| begun.get(at).map(|(_, proposal, _)| &proposal.change.edits);
        let same = alike.iter().copied().find(|at| edits(*at) == Some(&proposal.change.edits));
        if let Some((_, _, ids)) = same.and_then(|at| begun.get_mut(at)) {
            ids.push(finding.id.clone());
            continue;
        }
        alike.push(begun.len());
        begun.push((finding, proposal, vec![finding.id.clone()]));
    }
    let step = |(finding, proposal, findings): (&Finding, &Proposal, Vec<String>)| PlanStep {
        change: proposal.change.clone(),
        findings,
        check: finding.check,
        severity: finding.severity,
        proof: proposal.proof,
        alone: proposal.saving.clone(),
        adds: Err("not worked out".to_owned()),
    };
    let mut steps: Vec<PlanStep> = begun.into_par_iter().map(step).collect();
    steps.par_sort_by_cached_key(|step| {
        let dollars = step.alone.as_ref().map_or((Decimal::ZERO, Decimal::ZERO), |saving| (saving.high, saving.low));
        // S3 takes no policy that is public once that is blocked: policies come first.
        let last = step.change.kind == ChangeKind::BlockPublicAccess;
        (last, Reverse(dollars), Reverse(step.severity), step.check, step.findings.first().cloned())
    });
    steps
}

/// What the regions cost, before and with the changes so far.
struct Bills<'b> {
    inventory: &'b Inventory,
    settings: &'b Settings,
    usage: &'b Arc<Usage>,
    sisters: &'b Sisters,
    /// By region: the bill before, and what is saved now.
    regions: BTreeMap<String, (Bill, UsdRange)>,
}

impl<'b> Bills<'b> {
    fn new(audit: &'b Audit<'_>) -> Self {
        let (usage, sisters) = (&audit.costing.usage, audit.carry.sisters);
        Self { inventory: audit.inventory, settings: audit.settings, usage, sisters, regions: BTreeMap::new() }
    }

    /// What a change adds to what is saved; `changed` has it made.
    fn add(&mut self, change: &Change, changed: &Inventory) -> Result<UsdRange, String> {
        let mut regions: Vec<&str> = change.edits.iter().map(Edit::region).collect();
        regions.sort_unstable();
        regions.dedup();
        let mut added = UsdRange::default();
        for region in regions.into_iter().filter(|region| self.inventory.regions.contains_key(*region)) {
            let (inventory, settings, usage, sisters) = (self.inventory, self.settings, self.usage, self.sisters);
            let (before, saved) = self
                .regions
                .entry(region.to_owned())
                .or_insert_with(|| (bill_of_region(inventory, region, settings, usage, sisters), UsdRange::default()));
            let now = saving(before, &bill_of_region(changed, region, settings, usage, sisters))?;
            added += now - *saved;
            *saved = now;
        }
        Ok(added)
    }

    fn saved(&self) -> UsdRange {
        self.regions.values().map(|(_, saved)| *saved).sum()
    }
}

/// The bill of one region.
fn bill_of_region(inventory: &Inventory, region: &str, settings: &Settings, usage: &Arc<Usage>, sisters: &Sisters) -> Bill {
    let mut only = inventory.without_contents();
    only.regions.extend(inventory.regions.get_key_value(region).map(|(name, region)| (name.clone(), region.clone())));
    bill(&only, settings, usage, sisters)
}

/// The bill of a part of an account.
fn bill(part: &Inventory, settings: &Settings, usage: &Arc<Usage>, sisters: &Sisters) -> Bill {
    let network = Network::among(part, sisters);
    let Paths { matrix, ways_out } = network.paths();
    Costing::new(part, settings, &network, &matrix, ways_out, Some(usage)).bill
}

/// An account with changes made in it.
#[derive(Debug)]
pub struct Simulation {
    /// The account as it is.
    pub before: Assessment,
    /// The account as it would be.
    pub after: Assessment,
    /// The steps that were made, each proven on the account that the ones before it leave.
    pub steps: Vec<PlanStep>,
    /// Steps that were not made.
    pub dropped: Vec<Dropped>,
    /// What they save together.
    pub saving: Result<UsdRange, String>,
}

/// Makes the changes of the chosen findings, one after the other, what saves most first, each only if it is proven on the account that the
/// steps before it leave.
#[must_use]
pub fn simulate(inventory: &Inventory, settings: &Settings, chosen: &dyn Fn(&Finding) -> bool) -> Simulation {
    let audit = Audit::new(inventory, settings);
    let before = assess_with(inventory, settings, Some(audit.carry.clone()), Effort::Chosen(chosen));
    let candidates = steps(before.findings.iter().filter(|finding| chosen(finding)));
    let mut bills = Bills::new(&audit);
    let mut prover = Prover::new(&audit);
    let (mut made, mut dropped) = (Vec::new(), Vec::new());
    let mut saved: Result<(), String> = Ok(());
    for mut step in candidates {
        let finding = step.findings.first().cloned().unwrap_or_default();
        let refused = match prover.try_change(&audit, &finding, &step.change) {
            Trial::Proven { .. } => None,
            Trial::Refuted(why) => Some(why),
        };
        match refused.map_or_else(|| prover.make(&step.change), Err) {
            Ok(changed) => {
                step.adds = bills.add(&step.change, changed);
                if let Err(why) = &step.adds {
                    saved = Err(why.clone());
                }
                step.proof = Proof::Proven;
                made.push(step);
            }
            Err(why) => dropped.push(Dropped { title: step.change.title, why }),
        }
    }
    let after = assess_with(prover.inventory(), settings, Some(audit.handed_on()), Effort::Judge);
    Simulation { before, after, steps: made, dropped, saving: saved.map(|()| bills.saved()) }
}
