//! The plan: the changes of an audit in the order of what they save, and the account as it would be with them made.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::assess::{Effort, assess_with};
use super::proof::{Prover, SCAN_BUDGET, Trial};
use super::score::Spent;
use super::{Assessment, Audit, Costing, Finding, Pillar, Proof, Proposal, Settings, Severity, WaivedWaste};
use crate::cost::{Bill, Usage, UsdRange, saving};
use crate::fix::{Change, ChangeKind, Edit, apply};
use crate::model::Inventory;
use crate::network::{Network, Sisters};

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
    pub(super) fn of<'f>(audit: &Audit<'_>, findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut steps = steps(findings);
        let mut bills = Bills::new(audit);
        let (mut state, mut work) = (None::<Inventory>, 0_u64);
        let mut complete = true;
        for step in &mut steps {
            let region = step.change.edits.first().map_or("", Edit::region).to_owned();
            let paths = audit.inventory.regions.get(&region).map_or(0, |region| region.subnets.items.len().saturating_mul(4));
            work = work.saturating_add(u64::try_from(paths).unwrap_or(u64::MAX));
            if work > SCAN_BUDGET || step.proof == Proof::NotRun {
                complete = false;
                step.adds = Err("too large to be worked out in a scan".to_owned());
                continue;
            }
            match apply(&step.change, state.as_ref().unwrap_or(audit.inventory)) {
                Ok(changed) => {
                    step.adds = bills.add(&step.change, &changed);
                    complete &= step.adds.is_ok();
                    state = Some(changed);
                }
                Err(why) => step.adds = Err(format!("an earlier step stands in its way: {why}")),
            }
        }
        // Where neither a bill nor a change is known and something was not read, nothing is known to be avoidable, and nothing not to be.
        let blind = steps.is_empty() && audit.costing.bill.lines.is_empty() && !audit.inventory.gaps.is_empty();
        Self { steps, avoidable: (complete && !blind).then_some(bills.saved()) }
    }
}

impl WaivedWaste {
    /// What the waived findings cost.
    pub(super) fn of(audit: &Audit<'_>, waived: &[&Finding]) -> Self {
        let alone = |finding: &Finding| finding.repair.proposal().map(|proposal| proposal.saving.clone());
        // A repair that costs money is no waste that somebody accepts.
        let saves = |finding: &Finding| matches!(alone(finding), Some(Ok(saving)) if saving.high > Decimal::ZERO);
        let plan = Plan::of(audit, waived.iter().copied().filter(|finding| saves(finding)));
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
    let mut steps: Vec<PlanStep> = Vec::new();
    for finding in findings {
        let Some(Proposal { change, proof, saving }) = finding.repair.proposal() else { continue };
        if let Some(same) = steps.iter_mut().find(|step| step.change.edits == change.edits) {
            same.findings.push(finding.id.clone());
            continue;
        }
        steps.push(PlanStep {
            change: change.clone(),
            findings: vec![finding.id.clone()],
            check: finding.check,
            severity: finding.severity,
            proof: *proof,
            alone: saving.clone(),
            adds: Err("not worked out".to_owned()),
        });
    }
    steps.sort_by_key(|step| {
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
                .or_insert_with(|| (bill(inventory, region, settings, usage, sisters), UsdRange::default()));
            let now = saving(before, &bill(changed, region, settings, usage, sisters))?;
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
fn bill(inventory: &Inventory, region: &str, settings: &Settings, usage: &Arc<Usage>, sisters: &Sisters) -> Bill {
    let only = inventory.of_region(region);
    let network = Network::among(&only, sisters);
    let paths = network.matrix();
    Costing::new(&only, settings, &network, &paths, Some(usage)).bill
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
    let mut prover = Prover::new(&audit, false);
    let (mut made, mut dropped) = (Vec::new(), Vec::new());
    let mut saved: Result<(), String> = Ok(());
    for mut step in candidates {
        let finding = step.findings.first().cloned().unwrap_or_default();
        let refused = match prover.try_change(&audit, &finding, &step.change) {
            Trial::Proven { .. } => None,
            Trial::Refuted(why) => Some(why),
            Trial::NotRun => Some("it was not tried".to_owned()),
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
