//! Bill, changes and plan for programs: the part of `natless/report/1` that is about money and repairs.

use serde::Serialize;

use crate::analyze::{Plan, PlanStep, Proof, Repaired};
use crate::cost::{Bill, BillLine, Terms, Unpriced, UsdRange, cents, exact, rounded};
use crate::fix::{Change, commands};

/// US dollars as decimal strings, rounded to cents.
#[derive(Serialize)]
pub(super) struct UsdV1 {
    low: String,
    high: String,
}

impl From<UsdRange> for UsdV1 {
    fn from(range: UsdRange) -> Self {
        Self { low: cents(range.low), high: cents(range.high) }
    }
}

/// The monthly bill.
#[derive(Serialize)]
pub(super) struct BillV1<'a> {
    /// `null` where nothing has a price.
    monthly_usd: Option<UsdV1>,
    /// What the plan saves; `null` where it was not worked out.
    avoidable_usd: Option<UsdV1>,
    /// Whether everything that costs money is in the total.
    complete: bool,
    hours_per_month: String,
    discount: String,
    lines: Vec<LineV1<'a>>,
    unpriced: Vec<UnpricedV1<'a>>,
}

#[derive(Serialize)]
struct LineV1<'a> {
    region: &'a str,
    kind: &'static str,
    id: &'a str,
    item: &'static str,
    unit: &'static str,
    quantity: QuantityV1,
    rate_usd: String,
    amount_usd: UsdV1,
    basis: &'a str,
    source: &'a str,
    as_of: String,
}

#[derive(Serialize)]
struct QuantityV1 {
    low: String,
    high: String,
}

#[derive(Serialize)]
struct UnpricedV1<'a> {
    region: &'a str,
    kind: &'static str,
    id: &'a str,
    item: Option<&'static str>,
    why: &'a str,
}

impl<'a> BillV1<'a> {
    pub(super) fn new(bill: &'a Bill, plan: &Plan, terms: Terms) -> Self {
        Self {
            monthly_usd: (!bill.lines.is_empty()).then(|| bill.total.into()),
            avoidable_usd: plan.avoidable.map(UsdV1::from),
            complete: bill.unpriced.is_empty(),
            hours_per_month: terms.hours.normalize().to_string(),
            discount: terms.discount.normalize().to_string(),
            lines: bill.lines.iter().map(LineV1::from).collect(),
            unpriced: bill.unpriced.iter().map(UnpricedV1::from).collect(),
        }
    }
}

impl<'a> From<&'a BillLine> for LineV1<'a> {
    fn from(line: &'a BillLine) -> Self {
        Self {
            region: &line.region,
            kind: line.resource_kind,
            id: &line.resource_id,
            item: line.item.as_str(),
            unit: line.item.unit(),
            quantity: QuantityV1 { low: rounded(line.quantity.0, 3), high: rounded(line.quantity.1, 3) },
            rate_usd: exact(line.rate),
            amount_usd: line.amount.into(),
            basis: &line.basis,
            source: &line.source,
            as_of: line.as_of.to_string(),
        }
    }
}

impl<'a> From<&'a Unpriced> for UnpricedV1<'a> {
    fn from(unpriced: &'a Unpriced) -> Self {
        Self {
            region: &unpriced.region,
            kind: unpriced.resource_kind,
            id: &unpriced.resource_id,
            item: unpriced.item.map(crate::model::price::PriceItem::as_str),
            why: &unpriced.why,
        }
    }
}

/// What repairs a finding.
#[derive(Serialize)]
pub(super) struct ChangeV1<'a> {
    kind: &'static str,
    pub(super) title: &'a str,
    pub(super) proof: &'static str,
    pub(super) hazards: &'a [String],
    /// Lines of a shell that make it, in order.
    pub(super) run: Vec<String>,
    /// Lines of a shell that take it back, in order.
    undo: Vec<String>,
}

impl<'a> ChangeV1<'a> {
    /// `None` where nothing safe repairs it.
    pub(super) fn of(repair: &'a Repaired) -> Option<Self> {
        let proposal = repair.proposal()?;
        Some(Self::new(&proposal.change, proposal.proof))
    }

    /// A change and whether it was tried.
    pub(super) fn new(change: &'a Change, proof: Proof) -> Self {
        let (run, undo) = commands(change);
        let Change { title, hazards, .. } = change;
        Self { kind: change.kind.as_str(), title, proof: proof.as_str(), hazards, run, undo }
    }
}

/// What repairs save, where that is known.
pub(super) fn saving(repair: &Repaired) -> Option<UsdV1> {
    repair.proposal()?.saving.as_ref().ok().map(|saving| UsdV1::from(*saving))
}

/// Why nothing repairs it.
pub(super) fn no_change(repair: &Repaired) -> Option<&str> {
    match repair {
        Repaired::Change(_) => None,
        Repaired::Person(why) => Some(why),
    }
}

/// One step of the plan.
#[derive(Serialize)]
pub(super) struct StepV1<'a> {
    kind: &'static str,
    title: &'a str,
    check: &'static str,
    severity: &'static str,
    proof: &'static str,
    findings: &'a [String],
    /// What it saves by itself; `null` where that is not known.
    saving_usd: Option<UsdV1>,
    /// What it adds to the steps before it; `null` where that was not worked out.
    adds_usd: Option<UsdV1>,
    hazards: &'a [String],
}

impl<'a> From<&'a PlanStep> for StepV1<'a> {
    fn from(step: &'a PlanStep) -> Self {
        let told = |saving: &Result<UsdRange, String>| saving.as_ref().ok().map(|saving| UsdV1::from(*saving));
        Self {
            kind: step.change.kind.as_str(),
            title: &step.change.title,
            check: step.check,
            severity: step.severity.as_str(),
            proof: step.proof.as_str(),
            findings: &step.findings,
            saving_usd: told(&step.alone),
            adds_usd: told(&step.adds),
            hazards: &step.change.hazards,
        }
    }
}
