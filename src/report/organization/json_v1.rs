//! The merged report for programs, `natless/organization/1`: own structs, so that no change inside natless changes the format.
//!
//! Keys are only ever added within version 1. The JSON Schema is `reports/schema/natless-organization-1.schema.json`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analyze::organization::{AccountFinding, AuditedAccount, CheckTotal, Lowest, Merged, Missing, Totals};
use crate::analyze::{Pillar, Scores, Severity, checks};
use crate::report::comparison_v1::FindingV1;
use crate::report::json::to_json;
use crate::report::json_v1::ScoresV1;
use crate::report::money_v1::UsdV1;

/// Name and version of the format.
pub const SCHEMA: &str = "natless/organization/1";

/// The merged report as pretty-printed JSON with a line break at its end.
///
/// # Errors
/// [`serde_json::Error`] where a value has no JSON form.
pub(super) fn render(merged: &Merged) -> Result<String, serde_json::Error> {
    to_json(&OrganizationV1::from(merged))
}

#[derive(Serialize)]
struct OrganizationV1<'a> {
    schema: &'static str,
    natless: &'static str,
    /// When the oldest of the scans began; `null` without accounts.
    oldest_taken_at: Option<String>,
    newest_taken_at: Option<String>,
    totals: TotalsV1<'a>,
    /// Worst first.
    accounts: Vec<AccountV1<'a>>,
    missing: Vec<MissingV1<'a>>,
    findings: Vec<AccountFindingV1<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct TotalsV1<'a> {
    accounts: usize,
    missing: usize,
    /// Accounts with calls that could not be read.
    incomplete: u64,
    open: BTreeMap<&'static str, u64>,
    waived: u64,
    unknown: u64,
    gaps: u64,
    pillars: PillarsV1,
    checks: Vec<CheckV1<'a>>,
    /// Sum of the bills that are known; `null` where none is.
    monthly_usd: Option<UsdV1>,
    /// Accounts whose bill is not known, and in no sum.
    monthly_unknown_accounts: u64,
    /// Things that cost money and are in no bill.
    unpriced: u64,
    /// Sum of what the plans save that are worked out; `null` where none is.
    avoidable_usd: Option<UsdV1>,
    /// Accounts whose plan was not worked out, and is in no sum.
    avoidable_unknown_accounts: u64,
    lowest_score: Option<LowestV1<'a>>,
    lowest_coverage: Option<LowestV1<'a>>,
}

/// Open findings by pillar.
#[derive(Serialize)]
struct PillarsV1 {
    egress: u64,
    cost: u64,
    privilege: u64,
    /// Of checks that this natless does not have.
    none: u64,
}

#[derive(Serialize)]
struct CheckV1<'a> {
    check: &'a str,
    pillar: Option<&'static str>,
    /// The worst severity among its findings.
    severity: &'static str,
    open: u64,
    accounts: u64,
}

#[derive(Serialize)]
struct LowestV1<'a> {
    value: f64,
    accounts: &'a [String],
}

#[derive(Serialize)]
struct AccountV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    taken_at: String,
    natless: &'a str,
    settings_id: Option<&'a str>,
    lookback_days: u32,
    regions: u64,
    scores: ScoresV1,
    open: BTreeMap<&'static str, u64>,
    waived: u64,
    unknown: u64,
    gaps: u64,
    /// `null` where it is not known; zero where all was read and nothing is billed.
    monthly_usd: Option<UsdV1>,
    unpriced: u64,
    avoidable_usd: Option<UsdV1>,
}

#[derive(Serialize)]
struct MissingV1<'a> {
    id: &'a str,
    name: Option<&'a str>,
    why: &'a str,
}

#[derive(Serialize)]
struct AccountFindingV1<'a> {
    account_id: &'a str,
    /// `null` where this natless does not have the check.
    pillar: Option<&'static str>,
    #[serde(flatten)]
    finding: FindingV1<'a>,
    /// Tells apart what the finding rests on.
    fingerprint: &'a str,
}

impl<'a> From<&'a Merged> for OrganizationV1<'a> {
    fn from(merged: &'a Merged) -> Self {
        Self {
            schema: SCHEMA,
            natless: env!("CARGO_PKG_VERSION"),
            oldest_taken_at: merged.taken_at.map(|(oldest, _)| oldest.to_string()),
            newest_taken_at: merged.taken_at.map(|(_, newest)| newest.to_string()),
            totals: TotalsV1::new(merged),
            accounts: merged.accounts.iter().map(AccountV1::from).collect(),
            missing: merged.missing.iter().map(MissingV1::from).collect(),
            findings: merged.findings.iter().map(AccountFindingV1::from).collect(),
            notes: &merged.notes,
        }
    }
}

impl<'a> TotalsV1<'a> {
    fn new(merged: &'a Merged) -> Self {
        let totals: &Totals = &merged.totals;
        let pillar = |pillar| totals.pillars.get(&pillar).copied().unwrap_or_default();
        Self {
            accounts: merged.accounts.len(),
            missing: merged.missing.len(),
            incomplete: totals.incomplete,
            open: by_severity(&totals.open),
            waived: totals.waived,
            unknown: totals.unknown,
            gaps: totals.gaps,
            pillars: PillarsV1 {
                egress: pillar(Pillar::Egress),
                cost: pillar(Pillar::Cost),
                privilege: pillar(Pillar::Privilege),
                none: totals.no_pillar,
            },
            checks: totals.checks.iter().map(CheckV1::from).collect(),
            monthly_usd: totals.monthly.map(UsdV1::from),
            monthly_unknown_accounts: totals.monthly_unknown,
            unpriced: totals.unpriced,
            avoidable_usd: totals.avoidable.map(UsdV1::from),
            avoidable_unknown_accounts: totals.avoidable_unknown,
            lowest_score: totals.lowest_score.as_ref().map(LowestV1::from),
            lowest_coverage: totals.lowest_coverage.as_ref().map(LowestV1::from),
        }
    }
}

fn by_severity(open: &BTreeMap<Severity, u64>) -> BTreeMap<&'static str, u64> {
    open.iter().map(|(severity, count)| (severity.as_str(), *count)).collect()
}

impl<'a> From<&'a CheckTotal> for CheckV1<'a> {
    fn from(total: &'a CheckTotal) -> Self {
        Self {
            check: &total.check,
            pillar: total.pillar.map(Pillar::as_str),
            severity: total.worst.as_str(),
            open: total.open,
            accounts: total.accounts,
        }
    }
}

impl<'a> From<&'a Lowest> for LowestV1<'a> {
    fn from(lowest: &'a Lowest) -> Self {
        Self { value: lowest.value, accounts: &lowest.accounts }
    }
}

impl<'a> From<&'a AuditedAccount> for AccountV1<'a> {
    fn from(account: &'a AuditedAccount) -> Self {
        let figures = &account.figures;
        Self {
            id: &account.account_id,
            name: account.name.as_deref(),
            taken_at: figures.taken_at.to_string(),
            natless: &account.natless,
            settings_id: account.settings_id.as_deref(),
            lookback_days: account.lookback_days,
            regions: account.regions,
            scores: ScoresV1::from(&Scores { overall: figures.overall, pillars: figures.pillars.clone() }),
            open: by_severity(&figures.open),
            waived: figures.waived,
            unknown: figures.unknown,
            gaps: figures.gaps,
            monthly_usd: account.monthly().map(UsdV1::from),
            unpriced: account.unpriced,
            avoidable_usd: figures.avoidable.map(UsdV1::from),
        }
    }
}

impl<'a> From<&'a Missing> for MissingV1<'a> {
    fn from(missing: &'a Missing) -> Self {
        Self { id: &missing.account_id, name: missing.name.as_deref(), why: &missing.why }
    }
}

impl<'a> From<&'a AccountFinding> for AccountFindingV1<'a> {
    fn from(one: &'a AccountFinding) -> Self {
        Self {
            account_id: &one.account_id,
            pillar: checks::find(&one.finding.subject.check).map(|check| check.pillar.as_str()),
            finding: FindingV1::from(&one.finding),
            fingerprint: &one.finding.fingerprint,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::sample;
    use super::*;
    use crate::analyze::organization::Merger;
    use crate::report::sample::HOSTILE;

    fn schema() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/natless-organization-1.schema.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn report() -> Value {
        serde_json::from_str(&render(&sample::merged()).unwrap()).unwrap()
    }

    #[test]
    fn merged_reports_are_valid() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let nothing: Value = serde_json::from_str(&render(&Merger::new().finish()).unwrap()).unwrap();
        for report in [report(), nothing] {
            let errors: Vec<String> =
                validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }

    #[test]
    fn the_schema_refuses_keys_and_values_it_does_not_name() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for (pointer, key, value) in [
            ("", "extra", json!(true)),
            ("", "schema", json!("natless/report/1")),
            ("/totals", "monthly_usd", json!(0)),
            ("/totals", "score", json!(71.4)),
            ("/totals/open", "fatal", json!(1)),
            ("/totals/pillars", "none", json!(-1)),
            ("/totals/checks/0", "pillar", json!("speed")),
            ("/totals/lowest_score", "accounts", json!([])),
            ("/accounts/0", "id", json!("prod")),
            ("/accounts/0/scores/overall", "score", json!(101)),
            ("/accounts/0/open", "low", Value::Null),
            ("/missing/0", "why", Value::Null),
            ("/findings/0", "status", json!("pass")),
            ("/findings/0/resource", "extra", Value::Null),
        ] {
            let mut report = report();
            report.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
            assert!(!validator.is_valid(&report), "{pointer} {key}");
        }
        for (pointer, key) in [("", "missing"), ("/totals", "monthly_unknown_accounts"), ("/findings/0", "account_id")] {
            let mut report = report();
            report.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            assert!(!validator.is_valid(&report), "{pointer} without {key}");
        }
    }

    #[test]
    fn what_is_not_known_is_null_and_counted() {
        let report = report();
        let account =
            |id: &str| report["accounts"].as_array().unwrap().iter().find(|account| account["id"] == id).unwrap().clone();
        let blind = account("222233334444");
        assert_eq!((&blind["monthly_usd"], &blind["scores"]["overall"]["score"]), (&Value::Null, &Value::Null));
        assert_eq!(account("444455556666")["monthly_usd"], json!({ "low": "0.00", "high": "0.00" }));
        assert_eq!(report["totals"]["monthly_unknown_accounts"], 1);
        assert_eq!((report["totals"]["accounts"].as_u64(), report["totals"]["missing"].as_u64()), (Some(3), Some(2)));
        assert_eq!(report["totals"]["pillars"]["none"], 1);
        assert_eq!(report["findings"][0]["account_id"], "111122223333");
    }

    #[test]
    fn hostile_text_is_exact() {
        assert_eq!(report()["missing"][0]["why"], format!("the role was not assumed {HOSTILE}"));
    }
}
