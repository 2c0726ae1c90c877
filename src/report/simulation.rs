//! An account as if changes were made, for people and for programs (`natless/simulation/1`).

use serde::Serialize;

use super::json::to_json;
use super::money_v1::{StepV1, UsdV1};
use super::page::{BAD, FAINT, GOOD, PLAIN, Page, STRONG, Span, WARN};
use super::text;
use crate::analyze::{Assessment, Finding, Pillar, PlanStep, Repaired, Simulation};
use crate::cost::UsdRange;

/// What a file of changes begins with, a line each.
#[must_use]
pub fn header(found: &Simulation) -> Vec<String> {
    let before = &found.before;
    let mut lines = vec![format!(
        "natless {}: changes for account {}, read {}",
        env!("CARGO_PKG_VERSION"),
        before.account.id,
        before.taken_at
    )];
    lines.push("Each step was proven on a model of the account that the steps before it leave: its finding is gone, nothing else is worse.".to_owned());
    if let Ok(saving) = &found.saving {
        lines.push(format!("All together: {}", saved(*saving)));
    }
    lines
}

/// What to know about one step, a line each.
#[must_use]
pub fn notes(step: &PlanStep, before: &Assessment) -> Vec<String> {
    let of_step = before.findings.iter().filter(|finding| step.findings.contains(&finding.id));
    let mut notes: Vec<String> =
        of_step.map(|finding| format!("{} ({}): {}", finding.check, finding.id, finding.title)).collect();
    match &step.alone {
        Ok(saving) => notes.push(saved(*saving)),
        Err(why) => notes.push(format!("what it saves is not known: {why}")),
    }
    notes.extend(step.change.hazards.iter().map(|hazard| format!("Mind: {hazard}")));
    notes
}

/// A saving in words: what is saved, or what it costs.
#[must_use]
pub fn saved(saving: UsdRange) -> String {
    let turned = UsdRange { low: -saving.high, high: -saving.low };
    if saving == UsdRange::default() {
        "no change of the monthly bill".to_owned()
    } else if saving.high <= rust_decimal::Decimal::ZERO {
        format!("costs ${} a month", turned.in_words())
    } else {
        format!("saves ${} a month", saving.in_words())
    }
}

/// What is left open, and what has to be done by hand, a line each.
#[must_use]
pub fn left_open(found: &Simulation, left: &[&Finding], by_hand: &[String]) -> Vec<String> {
    let mut lines = vec![format!("{} written", text::count(text::len(&found.steps), "step", "steps"))];
    lines.extend(by_hand.iter().map(|line| format!("by hand: {line}")));
    for finding in left {
        let dropped =
            finding.repair.proposal().and_then(|proposal| found.dropped.iter().find(|one| one.title == proposal.change.title));
        let why = match (&finding.repair, dropped) {
            (_, Some(dropped)) => format!("an earlier step stands in its way: {}", dropped.why),
            (Repaired::Person(why), None) => why.clone(),
            (Repaired::Change(_), None) => "an earlier step changes what it rests on".to_owned(),
        };
        lines.push(format!("not repaired: {} {}: {why}", finding.check, finding.resource.id));
    }
    lines
}

/// The simulation for a terminal of this many columns, with style codes.
#[must_use]
pub fn render_text(found: &Simulation, columns: usize) -> String {
    let mut page = Page::new(columns);
    let Simulation { before, after, steps, dropped, saving } = found;
    page.line(
        0,
        &[
            Span::new("natless ", STRONG),
            Span::plain("account "),
            Span::new(&before.account.id, STRONG),
            Span::plain(" as it would be"),
        ],
    );
    page.gap();
    let head = ["", "before", "after"].map(|word| Span::new(word, FAINT)).to_vec();
    let mut rows = vec![head];
    let score = |assessment: &Assessment, pillar: Option<Pillar>| {
        let score = pillar.map_or(Some(assessment.scores.overall), |pillar| assessment.scores.pillars.get(&pillar).copied());
        score.and_then(|score| Some(format!("{:.1} {}", score.score?, score.grade?))).unwrap_or_else(|| "–".to_owned())
    };
    let scored = [None].into_iter().chain(Pillar::ALL.map(Some));
    rows.extend(scored.map(|pillar| {
        let name = pillar.map_or("overall", Pillar::as_str);
        vec![Span::plain(name), Span::plain(score(before, pillar)), Span::new(score(after, pillar), STRONG)]
    }));
    let open =
        |assessment: &Assessment| assessment.findings.iter().filter(|finding| finding.waiver.is_none()).count().to_string();
    rows.push(vec![Span::plain("findings"), Span::plain(open(before)), Span::new(open(after), STRONG)]);
    let bill = |assessment: &Assessment| {
        let more = if assessment.bill.unpriced.is_empty() { "" } else { " and what has no price" };
        if assessment.bill.lines.is_empty() {
            "nothing priced".to_owned()
        } else {
            format!("${}{more}", assessment.bill.total.in_words())
        }
    };
    rows.push(vec![Span::plain("per month"), Span::plain(bill(before)), Span::new(bill(after), STRONG)]);
    page.rows(2, &rows);
    page.gap();
    match saving {
        Ok(saving) => page.line(0, &[Span::new("together  ", STRONG), Span::new(saved(*saving), GOOD)]),
        Err(why) => page.paragraph(0, &format!("What the steps save together is not known: {why}."), WARN),
    }
    for (number, step) in steps.iter().enumerate() {
        page.gap();
        let label = [Span::new(format!("{:>3}. ", number + 1), FAINT)];
        page.hanging(&label, 5, &step.change.title, STRONG);
        for note in notes(step, before) {
            page.paragraph(5, &note, if note.starts_with("Mind: ") { WARN } else { PLAIN });
        }
    }
    if !dropped.is_empty() {
        page.gap();
        page.line(0, &[Span::new("left out", STRONG)]);
        for one in dropped {
            page.paragraph(2, &format!("{}: {}", one.title, one.why), BAD);
        }
    }
    page.finish()
}

#[derive(Serialize)]
struct SimulationV1<'a> {
    schema: &'static str,
    account: &'a str,
    before: SideV1,
    after: SideV1,
    saving_usd: Option<UsdV1>,
    steps: Vec<StepV1<'a>>,
    dropped: Vec<DroppedV1<'a>>,
}

#[derive(Serialize)]
struct SideV1 {
    scores: std::collections::BTreeMap<&'static str, Option<f64>>,
    findings: usize,
    monthly_usd: Option<UsdV1>,
    complete: bool,
}

#[derive(Serialize)]
struct DroppedV1<'a> {
    title: &'a str,
    why: &'a str,
}

fn side(assessment: &Assessment) -> SideV1 {
    let pillars = assessment.scores.pillars.iter().map(|(pillar, score)| (pillar.as_str(), score.score));
    SideV1 {
        scores: pillars.chain([("overall", assessment.scores.overall.score)]).collect(),
        findings: assessment.findings.iter().filter(|finding| finding.waiver.is_none()).count(),
        monthly_usd: (!assessment.bill.lines.is_empty()).then(|| assessment.bill.total.into()),
        complete: assessment.bill.unpriced.is_empty(),
    }
}

/// The simulation as JSON.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub fn render_json(found: &Simulation) -> Result<String, serde_json::Error> {
    to_json(&SimulationV1 {
        schema: "natless/simulation/1",
        account: &found.before.account.id,
        before: side(&found.before),
        after: side(&found.after),
        saving_usd: found.saving.as_ref().ok().map(|saving| UsdV1::from(*saving)),
        steps: found.steps.iter().map(StepV1::from).collect(),
        dropped: found.dropped.iter().map(|one| DroppedV1 { title: &one.title, why: &one.why }).collect(),
    })
}
