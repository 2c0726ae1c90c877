//! Folding audits, one after the other.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::merged::{AccountFinding, AuditedAccount, Merged, Missing, Totals, number};
use super::notes;
use crate::analyze::history::{Record, RecordedFinding, TrendPoint};

/// Folds audits into one. Of each it keeps no more than the fold shows.
#[derive(Debug, Clone, Default)]
pub struct Merger {
    kept: BTreeMap<String, Kept>,
    missing: BTreeMap<String, Missing>,
    notes: Vec<String>,
}

/// What is kept of one audit.
#[derive(Debug, Clone)]
struct Kept {
    account: AuditedAccount,
    findings: Vec<RecordedFinding>,
}

impl Merger {
    /// A fold of nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the audit of an account. Of two of one account the younger is kept, and a note says so.
    pub fn add(&mut self, record: Record, name: Option<String>) {
        let mut new = Kept::new(record, name);
        match self.kept.entry(new.account.account_id.clone()) {
            Entry::Vacant(place) => {
                place.insert(new);
            }
            Entry::Occupied(mut place) => {
                let old = place.get_mut();
                let (before, now) = (old.account.figures.taken_at, new.account.figures.taken_at);
                self.notes.push(notes::given_twice(&new.account.account_id, before, now));
                if now > before {
                    new.account.name = new.account.name.or(old.account.name.take());
                    *old = new;
                } else if old.account.name.is_none() {
                    old.account.name = new.account.name;
                }
            }
        }
    }

    /// Tells of an account that was expected and has no report. One that is added too is not missing.
    pub fn miss(&mut self, missing: Missing) {
        self.missing.entry(missing.account_id.clone()).or_insert(missing);
    }

    /// Adds a line that the fold shows.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The fold of all that was added.
    #[must_use]
    pub fn finish(self) -> Merged {
        let Self { kept, mut missing, mut notes } = self;
        missing.retain(|account_id, _| !kept.contains_key(account_id));
        let (mut accounts, mut findings) = (Vec::with_capacity(kept.len()), Vec::new());
        for (account_id, kept) in kept {
            accounts.push(kept.account);
            findings.extend(kept.findings.into_iter().map(|finding| AccountFinding { account_id: account_id.clone(), finding }));
        }
        let totals = Totals::of(&accounts, &findings);
        notes.extend(notes::of(&accounts, &totals));
        let times = || accounts.iter().map(|account| account.figures.taken_at);
        let taken_at = times().min().zip(times().max());
        accounts.sort_by(AuditedAccount::worst_first);
        findings.sort_by(AccountFinding::worst_first);
        Merged { taken_at, accounts, missing: missing.into_values().collect(), totals, findings, notes }
    }
}

impl Kept {
    fn new(record: Record, name: Option<String>) -> Self {
        let figures = TrendPoint::from(&record);
        let mut findings = record.findings;
        findings.shrink_to_fit();
        let account = AuditedAccount {
            account_id: record.account_id,
            name,
            natless: record.natless,
            settings_id: record.settings_id,
            lookback_days: record.lookback_days,
            regions: number(record.regions.len()),
            unpriced: number(record.unpriced.len()),
            figures,
        };
        Self { account, findings }
    }
}
