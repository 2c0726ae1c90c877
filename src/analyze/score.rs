//! The scores: how much of what was judged is in order.
//!
//! Every subject of a check weighs `severity weight x traffic factor`.
//!
//! - Severity weight: critical 16, high 8, medium 4, low 2. A failure may have a severity of its own; everything else
//!   weighs with the severity of its check. Overrides of the settings apply to both.
//! - Traffic factor, in the egress pillar only: `1 + log2(1 + GiB)`, with the bytes measured on the subject over the
//!   lookback window (GiB = 2^30 bytes); 1 where they are not known. Measured subjects weigh more, never less: 1 GiB
//!   doubles the weight, 1 TiB makes it elevenfold, so one busy table cannot silence all the others.
//!
//! Per pillar `score = 100 x passed / (passed + failed)`, one decimal. Every failure counts in `failed`. In `passed` the
//! subjects that one check finds in order in one VPC (outside of VPCs: in one region) count as one, with the largest of
//! their weights: each of forty sound endpoints passes four checks, and all of them together must not drown the one route
//! table that sends their VPC's traffic to S3 through a NAT gateway. Waived findings are in neither term. Nor are
//! unknown subjects, which lower `coverage = judged / (judged + unknown)`, two decimals, instead (a waived finding was judged);
//! there every subject counts by itself.
//! Rounding never reaches the ideal: with a failure open the score is at most 99.9, with a subject unknown coverage is at most 0.99.
//!
//! The overall score is the mean of the pillars that have one, weighted 0.4 egress, 0.25 cost and 0.35 privilege, and
//! at most 59 while a critical finding is open. Overall coverage is that of all subjects together.
//! Letters: A from 90, B from 80, C from 70, D from 60, else F, of the rounded score. Nothing judged: no score.
//! Where all spend is known the cost score is `100 x (1 - avoidable / total)` instead, of dollars per month: avoidable is what the plan's steps
//! save for sure, together. With an open cost finding it is at most 99.9. Else it is by subjects like the others.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::{Pillar, Score, Scores, Severity};

const BYTES_PER_GIB: f64 = 1_073_741_824.0;

/// Weights of one pillar, summed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Tally {
    /// What is in order, each VPC once per check; before the end only what was counted apart.
    passed: f64,
    failed: f64,
    /// Every subject with a verdict, waived ones included.
    judged: f64,
    unknown: f64,
    /// Share of the spending that nothing would save, 0 to 1, where that is known.
    spent: Option<f64>,
}

/// The largest weights that passed in one region by one check. Subjects of one VPC count as one where they pass, and so do those outside of
/// VPCs.
#[derive(Debug, Clone, Default, PartialEq)]
struct Passed {
    outside: Option<f64>,
    vpcs: BTreeMap<String, f64>,
}

impl Passed {
    fn add(&mut self, vpc_id: Option<&str>, weight: f64) {
        let Some(vpc_id) = vpc_id else {
            self.outside = Some(self.outside.map_or(weight, |largest| largest.max(weight)));
            return;
        };
        match self.vpcs.get_mut(vpc_id) {
            Some(largest) => *largest = largest.max(weight),
            None => drop(self.vpcs.insert(vpc_id.to_owned(), weight)),
        }
    }

    fn weights(&self) -> impl Iterator<Item = f64> {
        self.outside.iter().chain(self.vpcs.values()).copied()
    }
}

/// What is spent in a month, and what of it the plan would save for sure, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent {
    /// All spending; above zero.
    pub(super) total: Decimal,
    /// The part that is saved for sure; at most the total.
    pub(super) avoidable: Decimal,
}

impl Spent {
    fn share_well_spent(self) -> f64 {
        let share = (self.total - self.avoidable).checked_div(self.total).unwrap_or(Decimal::ONE);
        // A share is no money: what a score shows of it is three digits.
        share.to_f64().unwrap_or(1.0)
    }
}

/// How a subject counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// In order.
    Passed,
    /// Wrong, and open.
    Failed,
    /// Wrong, and accepted.
    Waived,
    /// Not to be told.
    Unknown,
}

/// Adds subjects up.
#[derive(Debug, Default)]
pub(super) struct Scorer {
    pillars: BTreeMap<Pillar, Tally>,
    /// What passed, by pillar and check, and by region.
    passed: BTreeMap<(Pillar, &'static str), BTreeMap<String, Passed>>,
    critical_open: bool,
}

/// One subject, as the score sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'c> {
    /// Id of the check.
    pub(super) check: &'static str,
    /// Pillar of the check.
    pub(super) pillar: Pillar,
    /// Severity of this case.
    pub(super) severity: Severity,
    /// Region of the subject.
    pub(super) region: &'c str,
    /// VPC of the subject, where it is in one.
    pub(super) vpc_id: Option<&'c str>,
    /// Bytes measured on it.
    pub(super) measured_bytes: Option<u64>,
    /// How it came out.
    pub(super) outcome: Outcome,
}

impl Scorer {
    /// Counts one subject.
    pub(super) fn add(&mut self, subject: Counted<'_>) {
        let Counted { check, pillar, severity, region, vpc_id, measured_bytes, outcome } = subject;
        let factor = match pillar {
            Pillar::Egress => traffic_factor(measured_bytes),
            Pillar::Cost | Pillar::Privilege => 1.0,
        };
        let weight = f64::from(severity.weight()) * factor;
        let tally = self.pillars.entry(pillar).or_default();
        match outcome {
            Outcome::Passed => {
                let regions = self.passed.entry((pillar, check)).or_default();
                match regions.get_mut(region) {
                    Some(passed) => passed.add(vpc_id, weight),
                    None => regions.entry(region.to_owned()).or_default().add(vpc_id, weight),
                }
            }
            Outcome::Failed => tally.failed += weight,
            Outcome::Waived => {}
            Outcome::Unknown => tally.unknown += weight,
        }
        if outcome != Outcome::Unknown {
            tally.judged += weight;
        }
        self.critical_open |= outcome == Outcome::Failed && severity == Severity::Critical;
    }

    /// Adds what was counted apart, of checks of its own.
    pub(super) fn merge(&mut self, other: Self) {
        for (pillar, more) in other.pillars {
            let tally = self.pillars.entry(pillar).or_default();
            tally.failed += more.failed;
            tally.judged += more.judged;
            tally.unknown += more.unknown;
            tally.passed += more.passed;
        }
        // No other check has these: they count as they are.
        for ((pillar, _), regions) in other.passed {
            for weight in regions.values().flat_map(Passed::weights) {
                self.pillars.entry(pillar).or_default().passed += weight;
            }
        }
        self.critical_open |= other.critical_open;
    }

    /// The scores of all that was counted; `spent` is what is known of the spending.
    pub(super) fn finish(&self, spent: Option<Spent>) -> Scores {
        let tally = |pillar: Pillar| {
            let counted = self.pillars.get(&pillar).copied().unwrap_or_default();
            let of_pillar = self.passed.iter().filter(|((of, _), _)| *of == pillar);
            let own: f64 = of_pillar.flat_map(|(_, regions)| regions.values()).flat_map(Passed::weights).sum();
            let passed = counted.passed + own;
            // Without a cost subject that was judged there is nothing to weigh.
            let spent = spent.filter(|_| pillar == Pillar::Cost && counted.judged > 0.0);
            Tally { passed, spent: spent.map(Spent::share_well_spent), ..counted }
        };
        let pillars: BTreeMap<Pillar, Score> = Pillar::ALL.into_iter().map(|pillar| (pillar, tally(pillar).score())).collect();
        let mut all = Tally::default();
        let (mut sum, mut shares) = (0.0, 0.0);
        for pillar in Pillar::ALL {
            let part = tally(pillar);
            all.failed += part.failed;
            all.judged += part.judged;
            all.unknown += part.unknown;
            if let Some(exact) = part.exact() {
                sum += share(pillar) * exact;
                shares += share(pillar);
            }
        }
        let mean = (shares > 0.0).then(|| sum / shares);
        let capped = if self.critical_open { mean.map(|mean| mean.min(59.0)) } else { mean };
        Scores { overall: graded(capped, all.failed > 0.0, all.coverage()), pillars }
    }
}

impl Tally {
    fn exact(self) -> Option<f64> {
        if let Some(share) = self.spent {
            return Some(100.0 * share);
        }
        let judged = self.passed + self.failed;
        (judged > 0.0).then(|| 100.0 * self.passed / judged)
    }

    fn coverage(self) -> f64 {
        if self.unknown > 0.0 { (self.judged / (self.judged + self.unknown) * 100.0).round().min(99.0) / 100.0 } else { 1.0 }
    }

    fn score(self) -> Score {
        graded(self.exact(), self.failed > 0.0, self.coverage())
    }
}

fn graded(exact: Option<f64>, failed: bool, coverage: f64) -> Score {
    let score = exact.map(|exact| {
        // The sum of no weights is minus nothing.
        let rounded = (exact * 10.0).round() / 10.0 + 0.0;
        if failed { rounded.min(99.9) } else { rounded }
    });
    Score { score, grade: score.map(letter), coverage }
}

/// Share of a pillar in the overall score.
fn share(pillar: Pillar) -> f64 {
    match pillar {
        Pillar::Egress => 0.4,
        Pillar::Cost => 0.25,
        Pillar::Privilege => 0.35,
    }
}

fn letter(score: f64) -> char {
    match score {
        90.0.. => 'A',
        80.0.. => 'B',
        70.0.. => 'C',
        60.0.. => 'D',
        _ => 'F',
    }
}

#[expect(clippy::cast_precision_loss, reason = "a weight, not a bill: 52 bits are plenty")]
fn traffic_factor(bytes: Option<u64>) -> f64 {
    1.0 + bytes.map_or(0.0, |bytes| (1.0 + bytes as f64 / BYTES_PER_GIB).log2())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(pillar: Pillar, severity: Severity, measured_bytes: Option<u64>, outcome: Outcome) -> Counted<'static> {
        Counted { check: "vpc-a-b", pillar, severity, region: "eu-west-1", vpc_id: None, measured_bytes, outcome }
    }

    /// Each subject in a VPC of its own.
    fn scored(subjects: &[(Pillar, Severity, Option<u64>, Outcome)]) -> Scores {
        let mut scorer = Scorer::default();
        for (index, (pillar, severity, bytes, outcome)) in subjects.iter().enumerate() {
            let vpc_id = format!("vpc-{index}");
            scorer.add(Counted { vpc_id: Some(&vpc_id), ..counted(*pillar, *severity, *bytes, *outcome) });
        }
        scorer.finish(None)
    }

    #[test]
    fn what_passes_one_check_in_one_vpc_counts_once_and_every_failure_by_itself() {
        let mut scorer = Scorer::default();
        let pass = counted(Pillar::Egress, Severity::Medium, None, Outcome::Passed);
        for _ in 0..20 {
            scorer.add(Counted { vpc_id: Some("vpc-0aa"), ..pass });
        }
        let fail = counted(Pillar::Egress, Severity::Medium, None, Outcome::Failed);
        scorer.add(Counted { vpc_id: Some("vpc-0aa"), ..fail });
        // 4 of 8: twenty endpoints in order, one that is not.
        assert_eq!(scorer.finish(None).overall.score, Some(50.0));
        // Another VPC, another region, another check, and a heavier subject of a group that is there.
        scorer.add(Counted { vpc_id: Some("vpc-0bb"), ..pass });
        scorer.add(Counted { vpc_id: Some("vpc-0aa"), region: "us-east-1", ..pass });
        scorer.add(Counted { vpc_id: Some("vpc-0aa"), check: "vpc-a-c", ..pass });
        scorer.add(Counted { vpc_id: Some("vpc-0aa"), measured_bytes: Some(1 << 30), ..pass });
        // 8 + 4 + 4 + 4 of 24.
        assert_eq!(scorer.finish(None).overall.score, Some(83.3));
        scorer.add(Counted { vpc_id: Some("vpc-0aa"), ..fail });
        assert_eq!(scorer.finish(None).overall.score, Some(71.4));
        // Coverage counts every subject: 26 judged (one of double weight), one unknown.
        scorer.add(counted(Pillar::Egress, Severity::Medium, None, Outcome::Unknown));
        let score = scorer.finish(None).overall;
        assert_eq!(score, Score { score: Some(71.4), grade: Some('C'), coverage: 0.96 });
    }

    #[test]
    fn nothing_judged_has_no_score() {
        let scores = scored(&[]);
        assert_eq!(scores.overall, Score { score: None, grade: None, coverage: 1.0 });
        assert_eq!(scores.pillars.len(), 3);
        let unknown = scored(&[(Pillar::Cost, Severity::High, None, Outcome::Unknown)]);
        assert_eq!(unknown.overall, Score { score: None, grade: None, coverage: 0.0 });
    }

    #[test]
    fn a_pillar_scores_passed_weight_and_leaves_waived_and_unknown_out() {
        let scores = scored(&[
            (Pillar::Cost, Severity::High, None, Outcome::Passed),
            (Pillar::Cost, Severity::Medium, None, Outcome::Failed),
            (Pillar::Cost, Severity::High, None, Outcome::Waived),
            (Pillar::Cost, Severity::Medium, None, Outcome::Unknown),
        ]);
        // 8 of 12 passed; 20 of 24 judged.
        assert_eq!(scores.pillars[&Pillar::Cost], Score { score: Some(66.7), grade: Some('D'), coverage: 0.83 });
    }

    #[test]
    fn overall_reweighs_the_pillars_that_have_a_score() {
        let scores = scored(&[
            (Pillar::Egress, Severity::High, None, Outcome::Passed),
            (Pillar::Cost, Severity::High, None, Outcome::Failed),
        ]);
        // (0.4 x 100 + 0.25 x 0) / 0.65
        assert_eq!(scores.overall, Score { score: Some(61.5), grade: Some('D'), coverage: 1.0 });
    }

    #[test]
    fn an_open_critical_caps_and_a_waived_one_does_not() {
        let mut subjects = vec![(Pillar::Privilege, Severity::High, None, Outcome::Passed); 50];
        subjects.push((Pillar::Privilege, Severity::Critical, None, Outcome::Failed));
        let open = scored(&subjects);
        assert_eq!(open.overall.score, Some(59.0));
        assert_eq!(open.pillars[&Pillar::Privilege].score, Some(96.2));
        subjects.pop();
        subjects.push((Pillar::Privilege, Severity::Critical, None, Outcome::Waived));
        assert_eq!(scored(&subjects).overall.score, Some(100.0));
    }

    #[test]
    fn measured_bytes_weigh_egress_only() {
        let gib = Some(1 << 30);
        let subjects = |pillar| [(pillar, Severity::High, None, Outcome::Passed), (pillar, Severity::High, gib, Outcome::Failed)];
        // 1 GiB doubles the weight: 8 of 24.
        assert_eq!(scored(&subjects(Pillar::Egress)).overall.score, Some(33.3));
        assert_eq!(scored(&subjects(Pillar::Cost)).overall.score, Some(50.0));
    }

    #[test]
    fn rounding_never_reaches_the_ideal() {
        let mut subjects = vec![(Pillar::Egress, Severity::Critical, None, Outcome::Passed); 2000];
        subjects.push((Pillar::Egress, Severity::Low, None, Outcome::Failed));
        subjects.push((Pillar::Egress, Severity::Low, None, Outcome::Unknown));
        assert_eq!(scored(&subjects).overall, Score { score: Some(99.9), grade: Some('A'), coverage: 0.99 });
    }

    /// Dollars per month.
    fn spent(total: i64, avoidable: i64) -> Spent {
        Spent { total: total.into(), avoidable: avoidable.into() }
    }

    #[test]
    fn where_spend_is_known_the_cost_score_is_the_share_that_nothing_would_save() {
        let mut scorer = Scorer::default();
        scorer.add(counted(Pillar::Cost, Severity::High, None, Outcome::Failed));
        scorer.add(counted(Pillar::Egress, Severity::High, None, Outcome::Passed));
        let given = scorer.finish(Some(spent(200, 50)));
        assert_eq!(given.pillars[&Pillar::Cost].score, Some(75.0));
        assert_eq!(given.pillars[&Pillar::Egress].score, Some(100.0), "dollars are the cost pillar's alone");
        // (0.4 x 100 + 0.25 x 75) / 0.65
        assert_eq!(given.overall.score, Some(90.4));
        let nothing_to_save = scorer.finish(Some(spent(200, 0)));
        assert_eq!(nothing_to_save.pillars[&Pillar::Cost].score, Some(99.9), "a cost finding is open all the same");
        assert_eq!(scorer.finish(Some(spent(200, 200))).pillars[&Pillar::Cost].score, Some(0.0));
    }

    #[test]
    fn dollars_give_no_score_where_no_cost_subject_was_judged() {
        let mut scorer = Scorer::default();
        scorer.add(counted(Pillar::Cost, Severity::High, None, Outcome::Unknown));
        assert_eq!(scorer.finish(Some(spent(200, 50))).pillars[&Pillar::Cost].score, None);
        assert_eq!(Scorer::default().finish(Some(spent(200, 50))).overall.score, None);
    }

    #[test]
    fn each_letter_begins_at_a_tenth_of_the_scale() {
        let of_ten = |passed: usize| {
            let outcome = |index: usize| if index < passed { Outcome::Passed } else { Outcome::Failed };
            let subjects: Vec<_> = (0..10).map(|index| (Pillar::Cost, Severity::High, None, outcome(index))).collect();
            scored(&subjects).pillars[&Pillar::Cost].grade
        };
        assert_eq!([10, 9, 8, 7, 6, 5].map(of_ten), ['A', 'A', 'B', 'C', 'D', 'F'].map(Some));
    }

    #[test]
    fn a_score_of_nothing_has_no_sign() {
        let scores = scored(&[(Pillar::Egress, Severity::High, None, Outcome::Failed)]);
        let written = |score: Score| score.score.map(|score| score.to_string());
        assert_eq!(written(scores.pillars[&Pillar::Egress]).as_deref(), Some("0"));
        assert_eq!(written(scores.overall).as_deref(), Some("0"));
    }
}
