use super::super::sample::{HOSTILE, Sample};
use super::super::text;
use super::render;

fn plain(columns: usize) -> String {
    anstream::adapter::strip_str(&render(Sample::new().facts(), columns)).to_string()
}

#[test]
fn every_line_fits_and_nothing_hostile_is_left() {
    for columns in [60, 80, 100, 120] {
        let report = plain(columns);
        for line in report.lines() {
            assert!(text::width(line) <= columns, "{columns}: {line}");
            assert!(!line.chars().any(text::is_hostile), "{line:?}");
            assert!(!line.starts_with("FAKE"), "{line}");
        }
        assert_eq!(report.matches("coverage ").count(), report.matches('%').count(), "no score is cut at {columns} columns");
    }
}

#[test]
fn hostile_text_brings_no_code_of_its_own() {
    let styled = render(Sample::new().facts(), 100);
    assert!(HOSTILE.contains("\u{1b}[2J") && !styled.contains("\u{1b}[2J"));
    assert!(styled.contains("\u{1b}["), "styles are there");
}

#[test]
fn long_lists_fold_and_say_so() {
    let report = plain(100);
    assert!(report.contains("and 12 more; --format json has all"), "{report}");
    assert!(report.contains("EGRESS  17 high"), "{report}");
    assert!(report.contains("needs ec2:DescribeNatGateways"), "{report}");
    assert!(report.contains("ec2:DescribeNatGateways in 17 regions"), "{report}");
}

#[test]
fn what_carries_most_comes_first_with_its_bytes() {
    let report = plain(100);
    let first = report.lines().find(|line| line.contains("• ")).unwrap();
    assert!(first.contains("rtb-009"), "{first}");
    assert!(report.contains("NAT carried 1,149.7 GiB in 14 days, to all destinations together"), "{report}");
    assert_eq!(report.matches("NAT carried").count(), 1, "nothing is said of what was not measured");
}

#[test]
fn a_waived_finding_stays_visible_and_is_not_counted_as_open() {
    let report = plain(100);
    assert!(report.contains("disaster recovery standby (network team), until 2027-03-31"), "{report}");
    assert!(report.contains("WAIVED  1, not in the score; waived waste: $41.23 a month"), "{report}");
    assert!(report.contains("its waiver ran out on 2026-11-01: standby until the move"), "{report}");
    assert!(report.contains("20 findings: 2 critical, 17 high, 1 low\n1 waived, 2 not judged"), "{report}");
}

#[test]
fn a_score_that_is_not_there_is_no_zero() {
    let report = plain(100);
    let line = |name: &str| report.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
    assert!(line("cost").contains("nothing could be judged") && line("cost").contains("coverage 40%"));
    assert!(line("privilege").contains("nothing to judge"));
    assert!(!line("cost").contains("0.0"));
}

#[test]
fn the_matrix_groups_subnets_and_names_split_ways() {
    let report = plain(120);
    assert!(report.contains("gateway+NAT~"), "{report}");
    assert!(report.contains("public-a"), "{report}");
    assert!(report.contains("NAT: NAT gateway, billed per GB"), "{report}");
}

#[test]
fn an_audit_of_nothing_is_not_called_clean() {
    let mut sample = Sample::new();
    let mut last_lines = |change: &dyn Fn(&mut crate::analyze::Assessment)| {
        change(&mut sample.assessment);
        anstream::adapter::strip_str(&render(sample.facts(), 100)).to_string()
    };
    let gaps = last_lines(&|assessment| assessment.findings.clear());
    assert!(gaps.contains("\nNo finding in what was judged\n2 not judged, 23 calls not read, 3 passed\n"), "{gaps}");
    let nothing = last_lines(&|assessment| assessment.checks.clear());
    assert!(nothing.contains("\nNothing was judged\n"), "{nothing}");
    let clean = last_lines(&|assessment| {
        assessment.gaps.clear();
        assessment.unknown.clear();
    });
    assert!(clean.contains("\nNo finding\n"), "{clean}");
}
