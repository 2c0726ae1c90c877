//! What was not read, folded by failure and operation, with the IAM action that was missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::analyze::Assessment;
use crate::model::{GLOBAL, Gap, GapKind};
use crate::report::page::{FAINT, NAME, PLAIN, Page, STRONG, Span, WARN};
use crate::report::text;
use crate::report::words::{INTERRUPTED, NAMED, NOT_RECORDED, gap_advice};

/// Folded gaps that are shown.
const SHOWN: usize = 12;

/// Columns before what a line says.
const LABEL: usize = 14;

/// Gaps that failed in the same way in the same places.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fold<'a> {
    kind: &'a str,
    code: &'a str,
    service: &'a str,
    regions: BTreeSet<&'a str>,
    resources: BTreeSet<&'a str>,
    operations: BTreeSet<&'a str>,
    actions: BTreeSet<&'a str>,
    count: u64,
}

pub(super) fn write(page: &mut Page, assessment: &Assessment) {
    if assessment.gaps.is_empty() {
        return;
    }
    page.gap();
    let count = text::count(text::len(&assessment.gaps), "call", "calls");
    page.line(0, &[Span::new("NOT READ", STRONG), Span::plain(format!("  {count}; what rests on them is unknown"))]);
    page.gap();
    let folds = fold(assessment.gaps.iter().map(|(_, gap)| gap));
    let shown = if folds.len() == SHOWN + 1 { SHOWN + 1 } else { SHOWN };
    let mut above = None;
    let mut listed = folds.iter().take(shown).peekable();
    while let Some(fold) = listed.next() {
        let failure = (fold.kind, fold.code);
        write_fold(page, fold, above == Some(failure));
        above = Some(failure);
        // What helps several of them is said once.
        let advice = advice(fold);
        if listed.peek().is_none_or(|next| self::advice(next) != advice) {
            let style = if fold.kind == GapKind::Denied.as_str() { NAME } else { PLAIN };
            page.paragraph(LABEL, &advice, style);
        }
    }
    let rest: u64 = folds.iter().skip(shown).map(|fold| fold.count).sum();
    if rest > 0 {
        let calls = text::count(rest, "call", "calls");
        page.line(2, &[Span::new(format!("and {calls} more; --format json has all"), FAINT)]);
    }
}

/// Gaps by failure, operation and place: first all places of an operation together, then all operations of the same places.
fn fold<'a>(gaps: impl Iterator<Item = &'a Gap>) -> Vec<Fold<'a>> {
    let mut by_operation: BTreeMap<(&str, &str, &str, &str), Fold<'a>> = BTreeMap::new();
    for gap in gaps {
        let stopped = gap.code == INTERRUPTED;
        // A stopped run leaves a gap for every call that was still to come: one line is enough.
        let (service, operation) = if stopped { ("", "") } else { (gap.service.as_str(), gap.operation.as_str()) };
        let fold = by_operation.entry((gap.kind.as_str(), &gap.code, service, operation)).or_insert_with(|| Fold {
            kind: gap.kind.as_str(),
            code: &gap.code,
            service,
            regions: BTreeSet::new(),
            resources: BTreeSet::new(),
            operations: BTreeSet::new(),
            actions: BTreeSet::new(),
            count: 0,
        });
        fold.regions.insert(&gap.region);
        fold.resources.extend(gap.resource.as_deref());
        fold.operations.insert(&gap.operation);
        fold.actions.insert(&gap.action);
        fold.count += 1;
    }
    let mut folds: Vec<Fold<'a>> = Vec::new();
    for next in by_operation.into_values() {
        let twin = folds.iter_mut().find(|fold| {
            (fold.kind, fold.code, fold.service) == (next.kind, next.code, next.service)
                && fold.regions == next.regions
                && fold.resources == next.resources
        });
        match twin {
            Some(fold) => {
                fold.operations.extend(next.operations);
                fold.actions.extend(next.actions);
                fold.count += next.count;
            }
            None => folds.push(next),
        }
    }
    let mut totals: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for fold in &folds {
        *totals.entry((fold.kind, fold.code)).or_default() += fold.count;
    }
    let total = |fold: &Fold<'_>| totals.get(&(fold.kind, fold.code)).copied().unwrap_or_default();
    folds.sort_by(|a, b| {
        let failures = total(b).cmp(&total(a)).then_with(|| (a.kind, a.code).cmp(&(b.kind, b.code)));
        failures.then_with(|| b.count.cmp(&a.count)).then_with(|| a.cmp(b))
    });
    folds
}

fn write_fold(page: &mut Page, fold: &Fold<'_>, same_failure_as_above: bool) {
    let word = match fold.code {
        _ if same_failure_as_above => "",
        INTERRUPTED => "stopped",
        NOT_RECORDED => "unrecorded",
        _ => kind_word(fold.kind),
    };
    let label = [Span::plain("  "), Span::new(word, WARN)];
    let operations: Vec<&str> = fold.operations.iter().copied().collect();
    let what = match operations.as_slice() {
        _ if fold.code == INTERRUPTED => text::count(fold.count, "call was not made", "calls were not made"),
        [one] => format!("{}:{one}", fold.service),
        many => format!("{} operations of {}", many.len(), fold.service),
    };
    page.hanging(&label, LABEL, &format!("{what}{}", places(fold)), STRONG);
}

/// ` in eu-west-1 for vpc-0aa`; nothing for a call that is made once for the whole account.
fn places(fold: &Fold<'_>) -> String {
    let regions: Vec<&str> = fold.regions.iter().copied().filter(|region| *region != GLOBAL).collect();
    let regions = match regions.as_slice() {
        [] => String::new(),
        named if named.len() <= NAMED => format!(" in {}", text::list(named, NAMED)),
        many => format!(" in {} regions", many.len()),
    };
    let resources: Vec<&str> = fold.resources.iter().copied().collect();
    if resources.is_empty() || fold.code == INTERRUPTED {
        regions
    } else {
        format!("{regions} for {}", text::list(&resources, NAMED))
    }
}

fn kind_word(kind: &str) -> &str {
    match GapKind::from(kind) {
        GapKind::TimedOut => "timed out",
        GapKind::ServerError => "AWS failed",
        GapKind::Denied | GapKind::Throttled | GapKind::Unsupported | GapKind::Malformed | GapKind::Other(_) => kind,
    }
}

/// What would let the calls succeed next time.
fn advice(fold: &Fold<'_>) -> String {
    let actions: Vec<&str> = fold.actions.iter().copied().collect();
    gap_advice(&GapKind::from(fold.kind), fold.code, &actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(region: &str, operation: &str, kind: GapKind, code: &str) -> Gap {
        Gap {
            account: Some("111122223333".to_owned()),
            region: region.to_owned(),
            service: "ec2".to_owned(),
            operation: operation.to_owned(),
            action: format!("ec2:{operation}"),
            resource: None,
            kind,
            code: code.to_owned(),
            message: String::new(),
            request_id: None,
        }
    }

    #[test]
    fn the_same_failure_in_many_regions_is_one_line() {
        let gaps: Vec<Gap> =
            (1..=17).map(|n| gap(&format!("r-{n}"), "DescribeNatGateways", GapKind::Denied, "UnauthorizedOperation")).collect();
        let folds = fold(gaps.iter());
        assert_eq!(folds.len(), 1);
        assert_eq!(places(&folds[0]), " in 17 regions");
        assert_eq!(advice(&folds[0]), "needs ec2:DescribeNatGateways");
    }

    #[test]
    fn a_dead_region_is_one_line() {
        let gaps = [
            gap("r-1", "DescribeVpcs", GapKind::TimedOut, "DispatchFailure"),
            gap("r-1", "DescribeSubnets", GapKind::TimedOut, "DispatchFailure"),
            gap("r-2", "DescribeVpcs", GapKind::Denied, "UnauthorizedOperation"),
        ];
        let folds = fold(gaps.iter());
        assert_eq!(folds.len(), 2);
        assert_eq!((folds[0].operations.len(), folds[0].count), (2, 2));
        assert_eq!(places(&folds[0]), " in r-1");
    }

    #[test]
    fn expired_credentials_ask_for_no_permission() {
        let gaps = [gap("r-1", "DescribeVpcs", GapKind::Denied, "ExpiredToken")];
        let advice = advice(&fold(gaps.iter())[0]);
        assert!(advice.contains("renew") && !advice.contains("needs"), "{advice}");
    }

    #[test]
    fn what_was_not_recorded_is_not_called_unsupported() {
        let advice = |code: &str| advice(&fold([gap("r-1", "DescribeVpcs", GapKind::Unsupported, code)].iter())[0]);
        assert_eq!(advice("NotRecorded"), "the recording holds no answer; record the account again");
        assert_eq!(advice("Http404"), "refused without a reason (Http404)");
        assert_eq!(advice("InvalidAction"), "not offered there (InvalidAction)");
    }

    #[test]
    fn a_stopped_run_is_one_line() {
        let gaps = [
            gap("r-1", "DescribeVpcs", GapKind::TimedOut, INTERRUPTED),
            gap("r-2", "DescribeSubnets", GapKind::TimedOut, INTERRUPTED),
        ];
        let folds = fold(gaps.iter());
        assert_eq!(folds.len(), 1);
        assert_eq!(folds[0].count, 2);
    }
}
