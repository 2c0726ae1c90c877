//! The audits of many accounts in one, and their totals.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::analyze::history::{RecordedFinding, RecordedStatus, TrendPoint};
use crate::analyze::{Pillar, Severity, checks};
use crate::cost::UsdRange;

/// The audits of many accounts in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// When the oldest of the scans began, and when the youngest; `None` where no account was audited.
    pub taken_at: Option<(jiff::Timestamp, jiff::Timestamp)>,
    /// The accounts that were audited, worst first.
    pub accounts: Vec<AuditedAccount>,
    /// The accounts of which there is no report, by id.
    pub missing: Vec<Missing>,
    /// What they come to together.
    pub totals: Totals,
    /// Findings of all accounts, waived ones included: worst severity first, then by account, check, region and resource.
    pub findings: Vec<AccountFinding>,
    /// What to know about the fold itself, in one line each.
    pub notes: Vec<String>,
}

/// An account that was audited.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditedAccount {
    /// Account.
    pub account_id: String,
    /// Its name, where somebody told it.
    pub name: Option<String>,
    /// Version of natless that made the report.
    pub natless: String,
    /// Tells the settings apart; `None` where the report is older than the key.
    pub settings_id: Option<String>,
    /// Length of the metrics window in days.
    pub lookback_days: u32,
    /// Number of regions that were asked.
    pub regions: u64,
    /// Number of things that cost money and are in no bill.
    pub unpriced: u64,
    /// Scores, counts and dollars.
    pub figures: TrendPoint,
}

/// An account that was expected and of which there is no report: a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Account.
    pub account_id: String,
    /// Its name, where somebody told it.
    pub name: Option<String>,
    /// Why there is no report, in one line.
    pub why: String,
}

/// A finding and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFinding {
    /// Account.
    pub account_id: String,
    /// The finding.
    pub finding: RecordedFinding,
}

/// What the accounts come to together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Totals {
    /// Open findings by severity; every severity is present.
    pub open: BTreeMap<Severity, u64>,
    /// Open findings by pillar; every pillar is present.
    pub pillars: BTreeMap<Pillar, u64>,
    /// Open findings of checks that this natless does not have, which are in no pillar.
    pub no_pillar: u64,
    /// The checks that have open findings: worst severity first, then by the number of findings.
    pub checks: Vec<CheckTotal>,
    /// Findings that waivers cover.
    pub waived: u64,
    /// Subjects that could not be judged.
    pub unknown: u64,
    /// Calls that could not be read.
    pub gaps: u64,
    /// Accounts with such calls.
    pub incomplete: u64,
    /// Sum of the monthly bills that are known; `None` where none is.
    pub monthly: Option<UsdRange>,
    /// Accounts whose bill is not known, and in no sum.
    pub monthly_unknown: u64,
    /// Things that cost money and are in no bill.
    pub unpriced: u64,
    /// Sum of what the plans save in a month that are worked out; `None` where none is.
    pub avoidable: Option<UsdRange>,
    /// Accounts whose plan was not worked out, and is in no sum.
    pub avoidable_unknown: u64,
    /// The lowest overall score; `None` where no account has one.
    pub lowest_score: Option<Lowest>,
    /// The lowest overall coverage.
    pub lowest_coverage: Option<Lowest>,
}

/// Open findings of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckTotal {
    /// Id of the check.
    pub check: String,
    /// Its pillar; `None` where this natless does not have it.
    pub pillar: Option<Pillar>,
    /// The worst severity among them.
    pub worst: Severity,
    /// How many.
    pub open: u64,
    /// In how many accounts.
    pub accounts: u64,
}

/// The least of a figure, and who has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lowest {
    /// The figure.
    pub value: f64,
    /// The accounts that have it, by id.
    pub accounts: Vec<String>,
}

impl Merged {
    /// Number of open findings.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.totals.open.values().sum()
    }

    /// Whether an account, or a part of one, could not be read. No account at all is not the whole either.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.accounts.is_empty() || !self.missing.is_empty() || self.totals.incomplete > 0
    }
}

impl AuditedAccount {
    /// The monthly bill: zero where all was read and nothing costs money, `None` where it is not known.
    #[must_use]
    pub fn monthly(&self) -> Option<UsdRange> {
        let nothing_billed = self.unpriced == 0 && self.figures.gaps == 0;
        self.figures.monthly.or(nothing_billed.then(UsdRange::default))
    }

    /// Open findings of one severity.
    #[must_use]
    pub fn open(&self, severity: Severity) -> u64 {
        self.figures.open.get(&severity).copied().unwrap_or_default()
    }

    /// The order of the worst first. What is not known comes before what is.
    pub(super) fn worst_first(&self, other: &Self) -> Ordering {
        let open = |severity| other.open(severity).cmp(&self.open(severity));
        let score = |account: &Self| account.figures.overall.score.unwrap_or(f64::NEG_INFINITY);
        let avoidable = |account: &Self| {
            let high: Option<Decimal> = account.figures.avoidable.map(|avoidable| avoidable.high);
            (high.is_some(), Reverse(high))
        };
        open(Severity::Critical)
            .then_with(|| open(Severity::High))
            .then_with(|| score(self).total_cmp(&score(other)))
            .then_with(|| avoidable(self).cmp(&avoidable(other)))
            .then_with(|| self.account_id.cmp(&other.account_id))
    }
}

impl AccountFinding {
    /// The order of the worst first.
    pub(super) fn worst_first(&self, other: &Self) -> Ordering {
        other.finding.severity.cmp(&self.finding.severity).then_with(|| self.place().cmp(&other.place()))
    }

    fn place(&self) -> [&str; 5] {
        let subject = &self.finding.subject;
        [&self.account_id, &subject.check, &subject.region, &subject.resource.id, &self.finding.id]
    }
}

impl Totals {
    /// `accounts` by id; `findings` in any order.
    pub(super) fn of(accounts: &[AuditedAccount], findings: &[AccountFinding]) -> Self {
        let sum = |figure: fn(&AuditedAccount) -> u64| accounts.iter().map(figure).sum();
        let count = |is: fn(&&AuditedAccount) -> bool| number(accounts.iter().filter(is).count());
        let of_score = accounts.iter().filter_map(|account| Some((account.figures.overall.score?, account)));
        let of_coverage = accounts.iter().map(|account| (account.figures.overall.coverage, account));
        let mut totals = Self {
            open: Severity::ALL
                .into_iter()
                .map(|severity| (severity, accounts.iter().map(|account| account.open(severity)).sum()))
                .collect(),
            pillars: Pillar::ALL.into_iter().map(|pillar| (pillar, 0)).collect(),
            no_pillar: 0,
            checks: check_totals(findings),
            waived: sum(|account| account.figures.waived),
            unknown: sum(|account| account.figures.unknown),
            gaps: sum(|account| account.figures.gaps),
            incomplete: count(|account| account.figures.gaps > 0),
            monthly: known_sum(accounts.iter().filter_map(AuditedAccount::monthly)),
            monthly_unknown: count(|account| account.monthly().is_none()),
            unpriced: sum(|account| account.unpriced),
            avoidable: known_sum(accounts.iter().filter_map(|account| account.figures.avoidable)),
            avoidable_unknown: count(|account| account.figures.avoidable.is_none()),
            lowest_score: lowest(of_score),
            lowest_coverage: lowest(of_coverage),
        };
        for total in &totals.checks {
            match total.pillar {
                Some(pillar) => *totals.pillars.entry(pillar).or_default() += total.open,
                None => totals.no_pillar += total.open,
            }
        }
        totals
    }
}

/// A length as the number that reports count with.
pub(super) fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The sum of what is known; of nothing that is known there is none.
fn known_sum(amounts: impl Iterator<Item = UsdRange>) -> Option<UsdRange> {
    amounts.reduce(|sum, amount| sum + amount)
}

fn lowest<'a>(figures: impl Iterator<Item = (f64, &'a AuditedAccount)>) -> Option<Lowest> {
    let mut lowest: Option<Lowest> = None;
    for (value, account) in figures {
        let against = lowest.as_ref().map_or(Ordering::Less, |known| value.total_cmp(&known.value));
        match (against, &mut lowest) {
            (Ordering::Equal, Some(known)) => known.accounts.push(account.account_id.clone()),
            (Ordering::Less, _) => lowest = Some(Lowest { value, accounts: vec![account.account_id.clone()] }),
            (Ordering::Equal | Ordering::Greater, _) => {}
        }
    }
    lowest
}

fn check_totals(findings: &[AccountFinding]) -> Vec<CheckTotal> {
    let mut of_check: BTreeMap<&str, (Severity, u64, BTreeSet<&str>)> = BTreeMap::new();
    for AccountFinding { account_id, finding } in findings.iter().filter(|one| one.finding.status == RecordedStatus::Open) {
        let (worst, open, accounts) = of_check.entry(&finding.subject.check).or_insert((finding.severity, 0, BTreeSet::new()));
        *worst = finding.severity.max(*worst);
        *open += 1;
        accounts.insert(account_id);
    }
    let mut totals: Vec<CheckTotal> = of_check
        .into_iter()
        .map(|(check, (worst, open, accounts))| CheckTotal {
            check: check.to_owned(),
            pillar: checks::find(check).map(|check| check.pillar),
            worst,
            open,
            accounts: number(accounts.len()),
        })
        .collect();
    // Stable: what is alike stays by id.
    totals.sort_by_key(|total| Reverse((total.worst, total.open, total.accounts)));
    totals
}
