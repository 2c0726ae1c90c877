//! Which findings the settings accept, until when, and which waivers cover nothing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use wildmatch::WildMatch;

use super::resource::UNLISTED;
use super::{Resource, Waiver, WaiverNote};

/// The waivers of one audit, with what each of them met.
#[derive(Debug)]
pub(super) struct Waivers<'s> {
    rules: Vec<Rule<'s>>,
    today: Date,
}

#[derive(Debug)]
struct Rule<'s> {
    waiver: &'s Waiver,
    pattern: WildMatch,
    /// Subjects it matched, findings and unknown ones.
    met: usize,
    /// Findings it would have covered before it ran out.
    reopened: usize,
}

/// The waivers that cover one finding; at most one of the two is there.
#[derive(Debug, Default)]
pub(super) struct Cover {
    /// The first one that holds.
    pub(super) in_force: Option<WaiverNote>,
    /// Where none holds: the first one that has run out.
    pub(super) lapsed: Option<WaiverNote>,
}

impl<'s> Waivers<'s> {
    /// The waivers as they stand on a day.
    pub(super) fn new(waivers: &'s [Waiver], today: Date) -> Self {
        let rule = |waiver: &'s Waiver| Rule { waiver, pattern: WildMatch::new(&waiver.resource), met: 0, reopened: 0 };
        Self { rules: waivers.iter().map(rule).collect(), today }
    }

    /// The waivers that cover a finding. The last day counts: a waiver until the 31st holds on the 31st.
    pub(super) fn cover(&mut self, check: &str, resource: &Resource) -> Cover {
        let today = self.today;
        let mut cover = Cover::default();
        let matching = || self.rules.iter().filter(|rule| rule.matches(check, resource));
        let holds = matching().any(|rule| rule.waiver.until.is_none_or(|until| until >= today));
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(check, resource)) {
            rule.met += 1;
            let Waiver { reason, owner, until, .. } = rule.waiver;
            let note = || WaiverNote { reason: reason.clone(), owner: owner.clone(), until: *until };
            if until.is_some_and(|until| until < today) {
                rule.reopened += usize::from(!holds);
                cover.lapsed = cover.lapsed.or_else(|| Some(note()));
            } else {
                cover.in_force = cover.in_force.or_else(|| Some(note()));
            }
        }
        if cover.in_force.is_some() {
            cover.lapsed = None;
        }
        cover
    }

    /// Remembers a subject that could not be judged: a waiver for it is not idle, nor is any where a list was not read to its end.
    pub(super) fn meet(&mut self, check: &str, resource: &Resource) {
        let all = |rule: &Rule<'_>| rule.waiver.check == check && resource.id == UNLISTED;
        for rule in self.rules.iter_mut().filter(|rule| all(rule) || rule.matches(check, resource)) {
            rule.met += 1;
        }
    }

    /// One line for each waiver that ran out or that covers nothing, in the order of the settings. Which cover nothing is told only where
    /// the whole account was scanned, and not of checks that are switched off.
    pub(super) fn notes(&self, whole: bool, disabled: &BTreeSet<String>) -> Vec<String> {
        let idle = |rule: &Rule<'_>| whole && rule.met == 0 && !disabled.contains(&rule.waiver.check);
        self.rules.iter().filter_map(|rule| rule.note(self.today, idle(rule))).collect()
    }
}

impl Rule<'_> {
    /// The pattern may name the id or the ARN.
    fn matches(&self, check: &str, resource: &Resource) -> bool {
        self.waiver.check == check
            && (self.pattern.matches(&resource.id) || resource.arn.as_deref().is_some_and(|arn| self.pattern.matches(arn)))
    }

    fn note(&self, today: Date, idle: bool) -> Option<String> {
        let Waiver { check, resource, until, .. } = self.waiver;
        match until {
            Some(until) if *until < today && self.reopened > 0 => Some(format!(
                "the waiver of `{check}` for `{resource}` ran out on {until}: what it covered counts again (findings: {})",
                self.reopened
            )),
            _ if idle => Some(format!("the waiver of `{check}` for `{resource}` covers no finding: remove it")),
            _ => None,
        }
    }
}
