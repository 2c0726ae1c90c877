//! The audit: runs every check that is switched on and turns what they say into an [`Assessment`].

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rayon::prelude::*;

use super::audit::Carry;
use super::digest::digest;
use super::disagreements::disagreements;
use super::proof::{Prover, Wanted, scan_budget};
use super::repairs::Case;
use super::score::{Counted, Outcome, Scorer, Spent};
use super::waivers::{Cover, Waivers};
use super::{
    Assessment, Audit, Check, CheckCounts, Evidence, Failure, Finding, Plan, Repaired, Resource, Settings, Severity, Subject,
    UnknownSubject, Verdict, WaivedWaste, checks,
};
use crate::model::{Inventory, Observed, RegionInventory};
use crate::network::Sisters;

/// Judges an inventory by every check that the settings leave on.
///
/// The same inventory and settings give the same assessment, item by item.
#[must_use]
pub fn assess(inventory: &Inventory, settings: &Settings) -> Assessment {
    assess_with(inventory, settings, None, Effort::Scan)
}

/// Judges an inventory like [`assess`], with what other accounts of the same scan tell about the things that it uses.
///
/// Only what belongs to the account is judged. What a sister tells can make an unknown known, and nothing else.
#[must_use]
pub fn assess_among(inventory: &Inventory, sisters: &Sisters, settings: &Settings) -> Assessment {
    assess_with(inventory, settings, Some(Carry::fresh(inventory, sisters)), Effort::Scan)
}

/// How much is done about the findings.
#[derive(Clone, Copy)]
pub(super) enum Effort<'e> {
    /// Nothing: they are only found.
    Judge,
    /// Changes for all of them, tried as far as a scan should take.
    Scan,
    /// Changes for these, all of them tried.
    Chosen(&'e dyn Fn(&Finding) -> bool),
}

/// Judges an inventory, with what the audit of another one hands on that it was made of.
pub(super) fn assess_with(
    inventory: &Inventory,
    settings: &Settings,
    carry: Option<Carry<'_>>,
    effort: Effort<'_>,
) -> Assessment {
    let audit = carry.map_or_else(|| Audit::new(inventory, settings), |carry| Audit::carrying(inventory, settings, carry));
    let today = inventory.taken_at.to_zoned(TimeZone::UTC).date();
    let mut sorter = Sorter {
        audit: &audit,
        waivers: Waivers::new(&settings.waivers, today),
        scorer: Scorer::default(),
        findings: Vec::new(),
        unknown: Vec::new(),
    };
    let mut counts = BTreeMap::new();
    let enabled: Vec<&Check> =
        checks::registry().iter().copied().filter(|check| !settings.checks.disabled.contains(check.id)).collect();
    let judged: Vec<Judged> = enabled.par_iter().map(|check| Judged::by(check, &audit)).collect();
    sorter.findings.reserve(judged.iter().map(|judged| judged.rest.len()).sum());
    for (check, judged) in enabled.into_iter().zip(judged) {
        counts.insert(check.id, sorter.take(check, judged));
    }
    let Sorter { waivers, scorer, findings, unknown, .. } = sorter;
    let mut findings = in_order(findings);
    let prover = propose(&audit, &mut findings, &unknown, effort);
    let (open, waived): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().map(|(_, finding)| finding).partition(|finding| finding.waiver.is_none());
    let (plan, waived) = match (effort, &prover) {
        (Effort::Scan, Some(prover)) => {
            let neighbourhoods = prover.neighbourhoods();
            (Plan::of(&audit, neighbourhoods, open.into_iter()), WaivedWaste::of(&audit, neighbourhoods, &waived))
        }
        _ => (Plan::default(), WaivedWaste::default()),
    };
    let scores = scorer.finish(Spent::of(&audit.costing.bill, &plan));
    let notes = notes(&audit, &waivers);
    let Audit { costing, paths, policies, carry, .. } = audit;
    drop(prover);
    // The decisions are very many small pieces: another core gives them back meanwhile.
    let memo = carry.memo;
    rayon::spawn(move || drop((policies, memo)));
    Assessment {
        account: inventory.account.clone(),
        organization_id: inventory.organization.known().and_then(|known| known.as_ref()).map(|known| known.id.clone()),
        taken_at: inventory.taken_at,
        regions: inventory.regions.keys().cloned().collect(),
        lookback_days: inventory.scope.lookback_days,
        scores,
        findings: findings.into_iter().map(|(_, finding)| finding).collect(),
        plan,
        waived,
        settings_id: settings.id(),
        unknown,
        severities: counts.keys().filter_map(|id| Some((*id, severity_of(checks::find(id)?, None, settings)))).collect(),
        checks: counts,
        gaps: inventory.gaps.iter().map(|(id, gap)| (id.clone(), gap.clone())).collect(),
        notes,
        inventory_counts: inventory_counts(inventory),
        usage: costing.usage,
        bill: costing.bill,
        terms: costing.terms,
        paths,
    }
}

/// What came of one check.
struct Judged {
    /// What is in order, counted; of those subjects nothing more is told.
    passed: Scorer,
    counts: CheckCounts,
    /// Findings, and what is not known, each with its id, in order.
    rest: Vec<(String, Subject)>,
}

impl Judged {
    fn by(check: &Check, audit: &Audit<'_>) -> Self {
        let severity = severity_of(check, None, audit.settings);
        let mut judged = Self { passed: Scorer::default(), counts: CheckCounts::default(), rest: Vec::new() };
        for subject in (check.evaluate)(audit) {
            match subject.verdict {
                Verdict::NotApplicable => judged.counts.not_applicable += 1,
                Verdict::Pass => {
                    judged.counts.pass += 1;
                    let about = (subject.region.as_str(), &subject.resource, subject.measured_bytes);
                    judged.passed.add(counted(check, about, severity, Outcome::Passed));
                }
                Verdict::Unknown(_) | Verdict::Fail(_) => {
                    judged.rest.push((id_of(&audit.inventory.account.id, check.id, &subject), subject));
                }
            }
        }
        judged.rest.sort_by(|(_, a), (_, b)| order_of(a).cmp(&order_of(b)));
        judged
    }
}

/// A subject, as the score counts it: region, resource, bytes measured on it.
fn counted<'s>(
    check: &Check,
    (region, resource, measured_bytes): (&'s str, &'s Resource, Option<u64>),
    severity: Severity,
    outcome: Outcome,
) -> Counted<'s> {
    let vpc_id = resource.vpc_id.as_deref();
    Counted { check: check.id, pillar: check.pillar, severity, region, vpc_id, measured_bytes, outcome }
}

/// Puts subjects where they belong, check by check.
struct Sorter<'s> {
    audit: &'s Audit<'s>,
    waivers: Waivers<'s>,
    scorer: Scorer,
    /// With the discriminator, which orders findings and is not shown.
    findings: Vec<(String, Finding)>,
    unknown: Vec<UnknownSubject>,
}

impl Sorter<'_> {
    fn take(&mut self, check: &'static Check, judged: Judged) -> CheckCounts {
        let usual = severity_of(check, None, self.audit.settings);
        let Judged { mut counts, passed, rest } = judged;
        self.scorer.merge(passed);
        for (id, subject) in rest {
            let Subject { region, resource, service, discriminator, verdict, measured_bytes, witness } = subject;
            let counted = |severity, outcome| counted(check, (&region, &resource, measured_bytes), severity, outcome);
            match verdict {
                // Counted already.
                Verdict::NotApplicable | Verdict::Pass => {}
                Verdict::Unknown(doubt) => {
                    counts.unknown += 1;
                    self.scorer.add(counted(usual, Outcome::Unknown));
                    self.waivers.meet(check.id, &resource);
                    self.unknown.push(UnknownSubject { id, check: check.id, region, resource, service, doubt });
                }
                Verdict::Fail(failure) => {
                    let severity = severity_of(check, failure.severity, self.audit.settings);
                    let Cover { in_force: waiver, lapsed } = self.waivers.cover(check.id, &resource);
                    let (count, outcome) = match waiver {
                        Some(_) => (&mut counts.waived, Outcome::Waived),
                        None => (&mut counts.fail, Outcome::Failed),
                    };
                    *count += 1;
                    self.scorer.add(counted(severity, outcome));
                    let Failure { title, detail, related, evidence, severity: _ } = *failure;
                    let evidence = at_most(evidence, EVIDENCE_SHOWN);
                    let (check, pillar) = (check.id, check.pillar);
                    let finding = Finding {
                        id,
                        check,
                        pillar,
                        severity,
                        region,
                        resource,
                        related,
                        service,
                        title,
                        detail,
                        evidence,
                        measured_bytes,
                        witness,
                        repair: Repaired::Person("not looked for".to_owned()),
                        waiver,
                        lapsed,
                    };
                    self.findings.push((discriminator, finding));
                }
            }
        }
        counts
    }
}

/// Facts of one finding that are told. A VPC may have a thousand subnets that one group shuts out.
const EVIDENCE_SHOWN: usize = 40;

/// The first facts, and how many more there are.
fn at_most(mut evidence: Vec<Evidence>, shown: usize) -> Vec<Evidence> {
    let more = evidence.len().saturating_sub(shown);
    if more > 1 {
        evidence.truncate(shown);
        let source = evidence.last().map(|last| last.source.clone()).unwrap_or_default();
        evidence.push(Evidence { fact: format!("and {more} more facts of this kind"), source });
    }
    evidence
}

/// The settings' severity for the check; else the case's own; else the check's.
pub(super) fn severity_of(check: &Check, own: Option<Severity>, settings: &Settings) -> Severity {
    settings.checks.severity.get(check.id).copied().or(own).unwrap_or(check.severity)
}

fn order_of(subject: &Subject) -> (&str, &str, &str, Option<&str>, &str) {
    let Subject { region, resource, service, discriminator, .. } = subject;
    (region, &resource.id, &resource.kind, service.as_deref(), discriminator)
}

fn in_order(mut findings: Vec<(String, Finding)>) -> Vec<(String, Finding)> {
    findings.par_sort_by(|(a_mark, a), (b_mark, b)| {
        let by_weight = a.pillar.cmp(&b.pillar).then(b.severity.cmp(&a.severity)).then(a.check.cmp(b.check));
        by_weight
            .then_with(|| (&a.region, &a.resource.id, &a.service, a_mark).cmp(&(&b.region, &b.resource.id, &b.service, b_mark)))
            .then_with(|| a.resource.cmp(&b.resource))
    });
    findings
}

/// The check that finds bucket policies which admit the address of a NAT gateway.
const TRUSTS: &str = "s3-bucket-trusts-nat-address";

/// Says of each finding what can be done about it; who tried that, where changes were tried.
fn propose<'p>(
    audit: &Audit<'p>,
    findings: &mut [(String, Finding)],
    unknown: &[UnknownSubject],
    effort: Effort<'_>,
) -> Option<Prover<'p>> {
    let budget = match effort {
        Effort::Judge => return None,
        Effort::Scan => Some(scan_budget(audit)),
        Effort::Chosen(_) => None,
    };
    let mut prover = Prover::new(audit);
    for (_, finding) in findings.iter().filter(|(_, finding)| finding.check == TRUSTS) {
        prover.trusts(&finding.resource.id, &finding.related);
    }
    for subject in unknown.iter().filter(|subject| subject.check == TRUSTS) {
        prover.may_trust(&subject.resource.id);
    }
    let chosen = |finding: &Finding| match effort {
        Effort::Chosen(chosen) => chosen(finding),
        Effort::Judge | Effort::Scan => true,
    };
    let chosen: Vec<usize> = (0..).zip(&*findings).filter(|(_, (_, finding))| chosen(finding)).map(|(at, _)| at).collect();
    let wanted: Vec<Wanted<'_>> = chosen.iter().filter_map(|at| findings.get(*at)).map(wanted).collect();
    let proposed = prover.propose(audit, &wanted, budget);
    for (at, repair) in chosen.into_iter().zip(proposed) {
        if let Some((_, finding)) = findings.get_mut(at) {
            finding.repair = repair;
        }
    }
    Some(prover)
}

fn wanted((discriminator, finding): &(String, Finding)) -> Wanted<'_> {
    let (region, resource, related) = (finding.region.as_str(), &finding.resource, finding.related.as_slice());
    let case = Case { region, resource, service: finding.service.as_deref(), discriminator, related };
    Wanted { check: finding.check, id: &finding.id, case }
}

/// The id of a finding: of a check, in an account, about a subject: region, resource, service, discriminator.
pub(super) fn id_of(account: &str, check: &str, subject: &Subject) -> String {
    let Subject { region, resource, service, discriminator, .. } = subject;
    let Resource { kind, id, .. } = resource;
    digest([Some(check), Some(account), Some(region), Some(kind), Some(id), service.as_deref(), Some(discriminator)])
}

/// The first names of a long list, and how many more there are.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ")),
    }
}

fn notes(audit: &Audit<'_>, waivers: &Waivers<'_>) -> Vec<String> {
    let inventory = audit.inventory;
    let (mut notes, mut whole) = (Vec::new(), false);
    if let Observed::Known(enabled) = &inventory.scope.enabled_regions {
        let left_out: Vec<&str> =
            enabled.iter().filter(|region| !inventory.regions.contains_key(*region)).map(String::as_str).collect();
        whole = left_out.is_empty();
        if !whole {
            notes.push(format!("enabled regions left out of the scan: {}", few(&left_out)));
        }
    }
    notes.extend(disagreements(audit));
    notes.extend(waivers.notes(whole, &audit.settings.checks.disabled));
    notes
}

/// Resources of each kind that were read, all regions together; kinds of which there are none are present with 0.
fn inventory_counts(inventory: &Inventory) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut add = |kind: &str, count: usize| {
        *counts.entry(kind.to_owned()).or_insert(0) += u64::try_from(count).unwrap_or(u64::MAX);
    };
    add("bucket", inventory.buckets.items.len());
    add("private_zone", inventory.private_zones.items.len());
    for region in inventory.regions.values() {
        for (kind, count) in regional_counts(region) {
            add(kind, count);
        }
    }
    counts
}

/// Leaves out what AWS offers rather than what the account has: endpoint services and AWS's own prefix lists.
fn regional_counts(region: &RegionInventory) -> [(&'static str, usize); 22] {
    [
        ("vpc", region.vpcs.items.len()),
        ("subnet", region.subnets.items.len()),
        ("route_table", region.route_tables.items.len()),
        ("nat_gateway", region.nat_gateways.items.len()),
        ("vpc_endpoint", region.vpc_endpoints.items.len()),
        ("endpoint_service_configuration", region.endpoint_service_configurations.items.len()),
        ("security_group", region.security_groups.items.len()),
        ("security_group_rule", region.security_group_rules.items.len()),
        ("network_acl", region.network_acls.items.len()),
        ("prefix_list", region.prefix_lists.values().filter(|list| list.owner_id != "AWS").count()),
        ("network_interface", region.network_interfaces.items.len()),
        ("address", region.addresses.items.len()),
        ("internet_gateway", region.internet_gateways.items.len()),
        ("egress_only_internet_gateway", region.egress_only_internet_gateways.items.len()),
        ("peering_connection", region.peering_connections.items.len()),
        ("transit_gateway", region.transit_gateways.items.len()),
        ("transit_gateway_attachment", region.transit_gateway_attachments.items.len()),
        ("transit_gateway_route_table", region.transit_gateway_route_tables.items.len()),
        ("vpn_gateway", region.vpn_gateways.items.len()),
        ("vpn_connection", region.vpn_connections.items.len()),
        ("flow_log", region.flow_logs.items.len()),
        ("access_point", region.access_points.items.len()),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::analyze::{Pillar, WaiverNote, fixtures};

    /// Two dead routes, one of them in a table that nobody uses, and an idle address.
    fn account() -> Value {
        let blocked = json!({ "block_public_acls": true, "ignore_public_acls": true, "block_public_policy": true, "restrict_public_buckets": true });
        json!({ "account_public_access_block": { "known": blocked }, "regions": { "eu-west-1": {
            "vpcs": { "vpc-0aa": {} },
            "subnets": { "subnet-0a": {} },
            "route_tables": {
                "rtb-0a": { "subnets": ["subnet-0a"], "routes": ["10.9.0.0/16 -> pcx-0gone blackhole", "10.8.0.0/16 -> pcx-0gone blackhole"] },
                "rtb-0unused": { "routes": ["10.9.0.0/16 -> pcx-0gone blackhole"] },
            },
            "addresses": { "eipalloc-0aa": {} },
        } } })
    }

    fn assessed(settings: &str) -> Assessment {
        let settings = Settings::from_toml(settings, "natless.toml").expect("settings");
        assess(&fixtures::inventory(&account()), &settings)
    }

    fn waiver(until: &str) -> String {
        let resource = "resource = \"arn:aws:ec2:*:route-table/rtb-0?\"";
        format!("[[waivers]]\ncheck = \"vpc-route-blackhole\"\n{resource}\nreason = \"rebuild\"\nowner = \"net\"\n{until}")
    }

    #[test]
    fn findings_come_by_pillar_then_worst_first_then_by_name() {
        let assessment = assessed("");
        let order: Vec<_> = assessment
            .findings
            .iter()
            .map(|finding| {
                (finding.pillar, finding.severity, finding.resource.id.as_str(), finding.title.contains("10.8.0.0/16"))
            })
            .collect();
        assert_eq!(
            order,
            [
                (Pillar::Egress, Severity::Medium, "rtb-0a", true),
                (Pillar::Egress, Severity::Medium, "rtb-0a", false),
                (Pillar::Egress, Severity::Low, "rtb-0unused", false),
                (Pillar::Cost, Severity::Low, "eipalloc-0aa", false),
            ]
        );
        assert_eq!(assessment.inventory_counts["route_table"], 2);
        assert_eq!(assessment.inventory_counts["nat_gateway"], 0);
        assert_eq!(assessment, assessed(""));
    }

    #[test]
    fn ids_hold_across_scans_and_tell_neighbours_apart() {
        let id = |account: &str, service: Option<&str>| {
            digest([
                Some("vpc-route-blackhole"),
                Some(account),
                Some("eu-west-1"),
                Some("route_table"),
                Some("rtb-0a"),
                service,
                Some(""),
            ])
        };
        // Reports of years refer to findings by these ids: a change here is a change of the report format.
        assert_eq!(id("111122223333", None), "be9a70cc8c21a300");
        let others = [id("111122223334", None), id("111122223333", Some("")), id("111122223333", Some("s3"))];
        assert!(!others.contains(&id("111122223333", None)));
        assert_ne!(digest([Some("a"), Some("b1:c")]), digest([Some("a1:b"), Some("c")]));
        assert_ne!(digest([Some("-")]), digest([None]));
    }

    #[test]
    fn a_waived_finding_stays_visible_and_leaves_the_score() {
        let (open, waived) = (assessed(""), assessed(&waiver("until = 2026-11-23")));
        let counts = waived.checks["vpc-route-blackhole"];
        assert_eq!((counts.fail, counts.waived), (1, 2));
        let note = WaiverNote {
            reason: "rebuild".to_owned(),
            owner: Some("net".to_owned()),
            until: Some(jiff::civil::date(2026, 11, 23)),
        };
        assert_eq!(waived.findings.iter().filter(|finding| finding.waiver.as_ref() == Some(&note)).count(), 2);
        assert_eq!(waived.findings.len(), open.findings.len());
        assert!(waived.notes.is_empty());
    }

    #[test]
    fn a_waiver_that_ran_out_opens_its_findings_again_and_says_so() {
        let assessment = assessed(&waiver("until = 2026-11-22"));
        assert_eq!(assessment.checks["vpc-route-blackhole"].fail, 3);
        assert_eq!(assessment.notes.len(), 1);
        assert!(
            assessment.notes[0].contains("ran out on 2026-11-22: what it covered counts again (findings: 2)"),
            "{:?}",
            assessment.notes
        );
    }

    #[test]
    fn a_waiver_that_covers_nothing_is_named() {
        let idle = "[[waivers]]\ncheck = \"vpc-nat-gateway-idle\"\nresource = \"nat-0standby*\"\nreason = \"standby\"";
        let notes = assessed(idle).notes;
        assert_eq!(notes, ["the waiver of `vpc-nat-gateway-idle` for `nat-0standby*` covers no finding: remove it"]);
    }

    #[test]
    fn settings_switch_checks_off_and_set_severities() {
        let assessment = assessed(
            "[checks]\ndisabled = [\"ec2-address-unassociated\"]\nseverity = { \"vpc-route-blackhole\" = \"critical\" }",
        );
        assert!(!assessment.checks.contains_key("ec2-address-unassociated"));
        assert!(assessment.findings.iter().all(|finding| finding.severity == Severity::Critical));
        assert_eq!(assessment.scores.pillars[&Pillar::Cost].score, None);
    }

    #[test]
    fn a_listing_cut_short_lowers_coverage() {
        let mut short = account();
        short["regions"]["eu-west-1"]["addresses"] = json!({ "gap": "eu-west-1/ec2:DescribeAddresses" });
        let assessment = assess(&fixtures::inventory(&short), &Settings::default());
        let unknown: Vec<&UnknownSubject> =
            assessment.unknown.iter().filter(|subject| subject.check == "ec2-address-unassociated").collect();
        assert_eq!(unknown.len(), 1);
        assert_eq!(unknown[0].doubt.gaps[0].0, "eu-west-1/ec2:DescribeAddresses");
        assert!(assessment.scores.overall.coverage < 1.0);
        assert_eq!(assessment.gaps.len(), 1);
    }

    #[test]
    fn long_evidence_is_cut_and_counted() {
        let facts = |count: usize| (0..count).map(|n| Evidence::new(format!("fact {n}"), "ec2:DescribeSubnets", "subnet-0a"));
        assert_eq!(at_most(facts(4).collect(), 3).len(), 4, "one more line would take the place of the fact itself");
        let cut = at_most(facts(9).collect(), 3);
        assert_eq!(cut.len(), 4);
        assert_eq!(cut[3], Evidence::new("and 6 more facts of this kind", "ec2:DescribeSubnets", "subnet-0a"));
    }

    #[test]
    fn regions_left_out_are_noted() {
        let mut short = account();
        short["scope"] = json!({ "enabled_regions": { "known": ["eu-west-1", "us-east-1"] }, "lookback_days": 14 });
        let assessment = assess(&fixtures::inventory(&short), &Settings::default());
        assert_eq!(assessment.notes, ["enabled regions left out of the scan: us-east-1"]);
    }
}
