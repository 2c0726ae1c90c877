//! The audit: runs every check that is switched on and turns what they say into an [`Assessment`].

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::score::{Outcome, Scorer};
use super::waivers::Waivers;
use super::{Assessment, Audit, Check, CheckCounts, Failure, Finding, Settings, Severity, Subject, UnknownSubject, Verdict, checks};
use crate::model::{Inventory, Observed, RegionInventory};

/// Judges an inventory by every check that the settings leave on.
///
/// The same inventory and settings give the same assessment, item by item.
#[must_use]
pub fn assess(inventory: &Inventory, settings: &Settings) -> Assessment {
    let audit = Audit::new(inventory, settings);
    let today = inventory.taken_at.to_zoned(TimeZone::UTC).date();
    let mut sorter = Sorter {
        audit: &audit,
        waivers: Waivers::new(&settings.waivers, today),
        scorer: Scorer::default(),
        findings: Vec::new(),
        unknown: Vec::new(),
    };
    let mut counts = BTreeMap::new();
    for check in checks::registry().iter().filter(|check| !settings.checks.disabled.contains(check.id)) {
        let mut subjects = (check.evaluate)(&audit);
        subjects.sort_by(|a, b| order_of(a).cmp(&order_of(b)));
        counts.insert(check.id, sorter.take(check, subjects));
    }
    let Sorter { waivers, scorer, findings, unknown, .. } = sorter;
    Assessment {
        account: inventory.account.clone(),
        organization_id: inventory.organization.known().and_then(|known| known.as_ref()).map(|known| known.id.clone()),
        taken_at: inventory.taken_at,
        regions: inventory.regions.keys().cloned().collect(),
        lookback_days: inventory.scope.lookback_days,
        scores: scorer.finish(),
        findings: in_order(findings),
        unknown,
        checks: counts,
        gaps: inventory.gaps.iter().map(|(id, gap)| (id.clone(), gap.clone())).collect(),
        notes: notes(inventory, &waivers),
        inventory_counts: inventory_counts(inventory),
        paths: audit.paths,
    }
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
    fn take(&mut self, check: &'static Check, subjects: Vec<Subject>) -> CheckCounts {
        let usual = severity_of(check, None, self.audit.settings);
        let mut counts = CheckCounts::default();
        for Subject { region, resource, service, discriminator, verdict, measured_bytes } in subjects {
            match verdict {
                Verdict::NotApplicable => counts.not_applicable += 1,
                Verdict::Pass => {
                    counts.pass += 1;
                    self.scorer.add(check.pillar, usual, measured_bytes, Outcome::Passed);
                }
                Verdict::Unknown(doubt) => {
                    counts.unknown += 1;
                    self.scorer.add(check.pillar, usual, measured_bytes, Outcome::Unknown);
                    self.waivers.meet(check.id, &resource);
                    self.unknown.push(UnknownSubject { check: check.id, region, resource, service, doubt });
                }
                Verdict::Fail(failure) => {
                    let severity = severity_of(check, failure.severity, self.audit.settings);
                    let waiver = self.waivers.cover(check.id, &resource);
                    let (count, outcome) = match waiver {
                        Some(_) => (&mut counts.waived, Outcome::Waived),
                        None => (&mut counts.fail, Outcome::Failed),
                    };
                    *count += 1;
                    self.scorer.add(check.pillar, severity, measured_bytes, outcome);
                    let id = finding_id(&[
                        Some(check.id),
                        Some(&self.audit.inventory.account.id),
                        Some(&region),
                        Some(&resource.kind),
                        Some(&resource.id),
                        service.as_deref(),
                        Some(&discriminator),
                    ]);
                    let Failure { title, detail, related, evidence, severity: _ } = *failure;
                    let (check, pillar) = (check.id, check.pillar);
                    let finding =
                        Finding { id, check, pillar, severity, region, resource, related, service, title, detail, evidence, waiver };
                    self.findings.push((discriminator, finding));
                }
            }
        }
        counts
    }
}

/// The settings' severity for the check; else the case's own; else the check's.
fn severity_of(check: &Check, own: Option<Severity>, settings: &Settings) -> Severity {
    settings.checks.severity.get(check.id).copied().or(own).unwrap_or(check.severity)
}

fn order_of(subject: &Subject) -> (&str, &str, &str, Option<&str>, &str) {
    let Subject { region, resource, service, discriminator, .. } = subject;
    (region, &resource.id, &resource.kind, service.as_deref(), discriminator)
}

fn in_order(mut findings: Vec<(String, Finding)>) -> Vec<Finding> {
    findings.sort_by(|(a_mark, a), (b_mark, b)| {
        let by_weight = a.pillar.cmp(&b.pillar).then(b.severity.cmp(&a.severity)).then(a.check.cmp(b.check));
        by_weight
            .then_with(|| (&a.region, &a.resource.id, &a.service, a_mark).cmp(&(&b.region, &b.resource.id, &b.service, b_mark)))
            .then_with(|| a.resource.cmp(&b.resource))
    });
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// First 16 hexadecimal digits of the SHA-256 of the parts, each preceded by its length: no two lists of parts look alike.
fn finding_id(parts: &[Option<&str>]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        match part {
            Some(text) => hasher.update(format!("{}:{text}", text.len())),
            None => hasher.update("-"),
        }
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn notes(inventory: &Inventory, waivers: &Waivers<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Observed::Known(enabled) = &inventory.scope.enabled_regions {
        let left_out: Vec<&str> =
            enabled.iter().filter(|region| !inventory.regions.contains_key(*region)).map(String::as_str).collect();
        if !left_out.is_empty() {
            notes.push(format!("{} enabled regions were left out of the scan: {}", left_out.len(), left_out.join(", ")));
        }
    }
    notes.extend(waivers.notes());
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
