//! The settings of an audit: `natless.toml`, typed and checked. Takes text; whoever calls reads the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use toml::de::{DeTable, DeValue};

use super::digest::digest;
use super::{Severity, checks};
use crate::brief::brief;
use crate::cost::Terms;
use crate::model::{is_account_id, is_organization_id};

/// What the person who runs the audit has decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Who counts as inside.
    pub trust: Trust,
    /// Which checks run, and how severe their findings are.
    pub checks: CheckSettings,
    /// Numbers that checks compare with.
    pub thresholds: Thresholds,
    /// What the account pays.
    pub cost: CostSettings,
    /// Findings that are accepted.
    pub waivers: Vec<Waiver>,
}

/// Who counts as inside, besides the scanned account and its organization. Table `[trust]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trust {
    /// Account ids, 12 digits.
    pub accounts: BTreeSet<String>,
    /// Organization ids, such as `o-a1b2c3d4e5`.
    pub organizations: BTreeSet<String>,
}

/// Which checks run, and how severe their findings are. Table `[checks]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Ids of checks that do not run.
    pub disabled: BTreeSet<String>,
    /// Severity of every finding of a check, by the check's id: replaces the check's own, and what single cases would get.
    pub severity: BTreeMap<String, Severity>,
}

/// Numbers that checks compare with. Table `[thresholds]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// How long an endpoint may wait for acceptance before `vpc-endpoint-not-available` reports it, in days. Default 7.
    pub pending_acceptance_days: u32,
    /// What an interface endpoint must cost more than the NAT gateway that stays anyway before `vpc-interface-endpoint-unprofitable` reports
    /// it, in US dollars a month. Default 0: any cent.
    #[serde(deserialize_with = "decimal")]
    pub unprofitable_usd: Decimal,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { pending_acceptance_days: 7, unprofitable_usd: Decimal::ZERO }
    }
}

impl Thresholds {
    /// Each key with its value and unit, in the order of the documentation.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, String, &'static str)> {
        let Self { pending_acceptance_days, unprofitable_usd } = self;
        [
            ("pending_acceptance_days", pending_acceptance_days.to_string(), "days"),
            ("unprofitable_usd", unprofitable_usd.normalize().to_string(), "US dollars a month"),
        ]
        .into_iter()
    }
}

/// What the account pays, next to the list price. Table `[cost]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CostSettings {
    /// Part of the list price that is taken off: 0.08 for 8 percent. Default 0.
    #[serde(deserialize_with = "decimal")]
    pub discount: Decimal,
    /// Hours of a month. Default 730.
    #[serde(deserialize_with = "decimal")]
    pub hours_per_month: Decimal,
}

impl Default for CostSettings {
    fn default() -> Self {
        let Terms { discount, hours } = Terms::default();
        Self { discount, hours_per_month: hours }
    }
}

impl CostSettings {
    /// The terms that bills are made with.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { discount: self.discount, hours: self.hours_per_month }
    }
}

/// One accepted risk. Table `[[waivers]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Id of the check.
    pub check: String,
    /// Id or ARN of the resource; `*` stands for any characters, `?` for one.
    pub resource: String,
    /// Why the risk is accepted.
    pub reason: String,
    /// Who accepted it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Last day it holds, in UTC; a TOML date. From the day after on the finding is open again.
    #[serde(default, deserialize_with = "date")]
    pub until: Option<Date>,
}

/// Why settings were refused. Each names the file, the line (counted from 1) and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The text is no TOML, or a value has the wrong type.
    #[error("{origin} line {line}: {message}")]
    Malformed {
        /// File the text came from.
        origin: String,
        /// Line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A key that natless does not have.
    #[error("{origin} line {line}: unknown key `{key}` in {place}{}", hint(nearest.as_deref()))]
    UnknownKey {
        /// File the text came from.
        origin: String,
        /// Line.
        line: usize,
        /// The key.
        key: String,
        /// The table it stands in.
        place: &'static str,
        /// The known key that looks most like it.
        nearest: Option<String>,
    },
    /// A check id that natless does not have.
    #[error("{origin} line {line}: unknown check `{id}` in {place}{}", hint(nearest.as_deref()))]
    UnknownCheck {
        /// File the text came from.
        origin: String,
        /// Line.
        line: usize,
        /// The id.
        id: String,
        /// The table it stands in.
        place: &'static str,
        /// The known id that looks most like it.
        nearest: Option<String>,
    },
}

impl Settings {
    /// Reads settings from the text of a `natless.toml`; `origin` is what errors call the text, usually the file's path.
    ///
    /// # Errors
    /// [`SettingsError::Malformed`] where the text is no TOML or a value is not of its kind, [`SettingsError::UnknownKey`] and
    /// [`SettingsError::UnknownCheck`] for names that natless does not have.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self, SettingsError> {
        let source = Source { text, origin };
        let document = DeTable::parse(text).map_err(|error| source.malformed(&error))?;
        source.check_names(document.get_ref())?;
        let settings: Self = toml::from_str(text).map_err(|error| source.malformed(&error))?;
        source.check_values(document.get_ref())?;
        source.check_terms(document.get_ref(), settings.cost.terms())?;
        source.check_thresholds(document.get_ref(), &settings.thresholds)?;
        Ok(settings)
    }

    /// 16 hexadecimal digits that tell settings apart under which the same account gives other findings or another bill: trust, checks,
    /// thresholds and cost.
    #[must_use]
    pub fn id(&self) -> String {
        let thresholds: Vec<(&str, String)> = self.thresholds.entries().map(|(key, value, _)| (key, value)).collect();
        // However a number was written, `5` or `5.0`, it is the same.
        let cost = [self.cost.discount, self.cost.hours_per_month].map(|number| number.normalize().to_string());
        // All of it has a JSON form.
        let tables = serde_json::to_string(&(&self.trust, &self.checks, thresholds, cost)).unwrap_or_default();
        digest([Some(tables.as_str())])
    }
}

const ROOT: &str = "the top level";
const TRUST: &str = "`[trust]`";
const CHECKS: &str = "`[checks]`";
const SEVERITY: &str = "`[checks.severity]`";
const THRESHOLDS: &str = "`[thresholds]`";
const COST: &str = "`[cost]`";
const WAIVERS: &str = "`[[waivers]]`";

/// Most characters that are repeated of a name that is wrong.
const REPEATED: usize = 200;

/// Most characters of a message: it may repeat a value.
const MESSAGE: usize = 500;

/// Settings that are being read, for errors that point into them.
struct Source<'t> {
    text: &'t str,
    origin: &'t str,
}

impl Source<'_> {
    /// Refuses names that natless does not have. Values of the wrong type are left to the typed reading.
    fn check_names(&self, document: &DeTable<'_>) -> Result<(), SettingsError> {
        self.keys(document, ROOT, &["trust", "checks", "thresholds", "cost", "waivers"])?;
        if let Some(trust) = table(document, "trust") {
            self.keys(trust, TRUST, &["accounts", "organizations"])?;
        }
        if let Some(thresholds) = table(document, "thresholds") {
            let known: Vec<&str> = Thresholds::default().entries().map(|(key, _, _)| key).collect();
            self.keys(thresholds, THRESHOLDS, &known)?;
        }
        if let Some(cost) = table(document, "cost") {
            self.keys(cost, COST, &["discount", "hours_per_month"])?;
        }
        if let Some(settings) = table(document, "checks") {
            self.keys(settings, CHECKS, &["disabled", "severity"])?;
            for (id, span) in strings(settings, "disabled") {
                self.check_id(id, &span, CHECKS)?;
            }
            for (id, _) in table(settings, "severity").into_iter().flatten() {
                self.check_id(id.get_ref(), &id.span(), SEVERITY)?;
            }
        }
        for waiver in tables(document, "waivers") {
            self.keys(waiver, WAIVERS, &["check", "resource", "reason", "owner", "until"])?;
            if let Some(check) = waiver.get("check")
                && let Some(id) = check.get_ref().as_str()
            {
                self.check_id(id, &check.span(), WAIVERS)?;
            }
        }
        Ok(())
    }

    /// Refuses values that have the right type and cannot mean anything.
    fn check_values(&self, document: &DeTable<'_>) -> Result<(), SettingsError> {
        if let Some(trust) = table(document, "trust") {
            for (id, span) in strings(trust, "accounts") {
                if !is_account_id(id) {
                    return Err(self.refuse(&span, &format!("`{id}` is no account id: write 12 digits")));
                }
            }
            for (id, span) in strings(trust, "organizations") {
                if !is_organization_id(id) {
                    return Err(self.refuse(&span, &format!("`{id}` is no organization id: write it as `o-a1b2c3d4e5`")));
                }
            }
        }
        for waiver in tables(document, "waivers") {
            for key in ["resource", "reason"] {
                if let Some(value) =
                    waiver.get(key).filter(|value| value.get_ref().as_str().is_some_and(|text| text.trim().is_empty()))
                {
                    return Err(self.refuse(
                        &value.span(),
                        &format!("`{key}` of a waiver is empty: every waiver says what it covers and why"),
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_terms(&self, document: &DeTable<'_>, terms: Terms) -> Result<(), SettingsError> {
        let span = |key| table(document, "cost").and_then(|cost| cost.get(key)).map(toml::Spanned::span).unwrap_or_default();
        if !terms.has_discount() {
            return Err(self.refuse(&span("discount"), "`discount` is a part of the list price, from 0 to 1"));
        }
        if !terms.has_hours() {
            return Err(self.refuse(&span("hours_per_month"), "`hours_per_month` is above 0 and at most 744"));
        }
        Ok(())
    }

    fn check_thresholds(&self, document: &DeTable<'_>, thresholds: &Thresholds) -> Result<(), SettingsError> {
        let span = || table(document, "thresholds").and_then(|table| table.get("unprofitable_usd")).map(toml::Spanned::span);
        if thresholds.unprofitable_usd.is_sign_negative() && !thresholds.unprofitable_usd.is_zero() {
            return Err(self.refuse(&span().unwrap_or_default(), "`unprofitable_usd` is 0 or more"));
        }
        Ok(())
    }

    fn keys(&self, table: &DeTable<'_>, place: &'static str, known: &[&str]) -> Result<(), SettingsError> {
        // Keys come in the order of the alphabet; the first wrong one of the text is reported.
        let wrong = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).min_by_key(|key| key.span().start);
        wrong.map_or(Ok(()), |key| {
            let (line, nearest) = (self.line(&key.span()), nearest(key.get_ref(), known));
            Err(SettingsError::UnknownKey {
                origin: self.origin.to_owned(),
                line,
                key: brief(key.get_ref(), REPEATED),
                place,
                nearest,
            })
        })
    }

    fn check_id(&self, id: &str, span: &Range<usize>, place: &'static str) -> Result<(), SettingsError> {
        if checks::find(id).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = checks::registry().iter().map(|check| check.id).collect();
        let (line, nearest) = (self.line(span), nearest(id, &known));
        Err(SettingsError::UnknownCheck { origin: self.origin.to_owned(), line, id: brief(id, REPEATED), place, nearest })
    }

    fn malformed(&self, error: &toml::de::Error) -> SettingsError {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        self.refuse(&error.span().unwrap_or_default(), &message)
    }

    fn refuse(&self, span: &Range<usize>, message: &str) -> SettingsError {
        SettingsError::Malformed { origin: self.origin.to_owned(), line: self.line(span), message: brief(message, MESSAGE) }
    }

    fn line(&self, span: &Range<usize>) -> usize {
        1 + self.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
    }
}

fn table<'d, 't>(parent: &'d DeTable<'t>, key: &str) -> Option<&'d DeTable<'t>> {
    parent.get(key)?.get_ref().as_table()
}

fn tables<'d, 't>(parent: &'d DeTable<'t>, key: &str) -> impl Iterator<Item = &'d DeTable<'t>> {
    let items = parent.get(key).and_then(|value| value.get_ref().as_array());
    items.into_iter().flat_map(|items| items.iter()).filter_map(|item| item.get_ref().as_table())
}

fn strings<'d>(parent: &'d DeTable<'_>, key: &str) -> impl Iterator<Item = (&'d str, Range<usize>)> {
    let items = parent.get(key).and_then(|value: &toml::Spanned<DeValue<'_>>| value.get_ref().as_array());
    items.into_iter().flat_map(|items| items.iter()).filter_map(|item| Some((item.get_ref().as_str()?, item.span())))
}

/// The known word that looks most like this one, if any looks like it at all.
fn nearest(word: &str, known: &[&str]) -> Option<String> {
    let likeness = |candidate: &str| strsim::jaro_winkler(word, candidate);
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then(b.cmp(a)))?;
    (likeness(best) >= 0.7).then(|| (*best).to_owned())
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

/// Reads a number, or text that is one, as the decimal number that was written.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    use serde::de::Error as _;
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Whole(i64),
        // The shortest text that gives the same number is what was written, up to 15 digits.
        Broken(f64),
        Text(String),
    }
    match Written::deserialize(deserializer)? {
        Written::Whole(number) => Ok(Decimal::from(number)),
        Written::Broken(number) => number.to_string().parse().map_err(D::Error::custom),
        Written::Text(text) => text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no decimal number"))),
    }
}

/// Reads a TOML date. A time of day or an offset is refused: a waiver holds for whole days in UTC.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    use serde::de::Error as _;
    let written = toml::value::Datetime::deserialize(deserializer)?;
    match (written.date, written.time, written.offset) {
        (Some(date), None, None) => i16::try_from(date.year)
            .ok()
            .zip(i8::try_from(date.month).ok().zip(i8::try_from(date.day).ok()))
            .and_then(|(year, (month, day))| Date::new(year, month, day).ok())
            .map(Some)
            .ok_or_else(|| D::Error::custom(format!("`{written}` is no day of the calendar"))),
        _ => Err(D::Error::custom(format!("`{written}` is no date: write the day alone, such as 2027-03-31"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Settings::from_toml(text, "natless.toml").expect_err("refused").to_string()
    }

    #[test]
    fn reads_every_key() {
        let text = r#"
            [trust]
            accounts = ["222233334444"]
            organizations = ["o-a1b2c3d4e5"]
            [checks]
            disabled = ["vpc-route-blackhole"]
            severity = { "vpc-route-blackhole" = "critical" }
            [thresholds]
            pending_acceptance_days = 3
            [cost]
            discount = 0.08
            hours_per_month = "720"
            [[waivers]]
            check = "vpc-route-blackhole"
            resource = "rtb-0standby*"
            reason = "disaster recovery standby"
            owner = "network team"
            until = 2027-03-31
        "#;
        let settings = Settings::from_toml(text, "natless.toml").expect("read");
        assert!(settings.trust.accounts.contains("222233334444") && settings.trust.organizations.contains("o-a1b2c3d4e5"));
        assert!(settings.checks.disabled.contains("vpc-route-blackhole"));
        assert_eq!(settings.checks.severity.get("vpc-route-blackhole"), Some(&Severity::Critical));
        assert_eq!(settings.thresholds.pending_acceptance_days, 3);
        let terms = Terms { discount: Decimal::new(8, 2), hours: Decimal::from(720) };
        assert_eq!(settings.cost.terms(), terms);
        let waiver = &settings.waivers[0];
        assert_eq!((waiver.owner.as_deref(), waiver.until), (Some("network team"), Some(jiff::civil::date(2027, 3, 31))));
        assert_eq!(Settings::from_toml("", "natless.toml"), Ok(Settings::default()));
    }

    #[test]
    fn unknown_keys_are_refused_with_the_nearest_known_one() {
        assert_eq!(
            refused("[checks]\ndisable = []"),
            "natless.toml line 2: unknown key `disable` in `[checks]`, did you mean `disabled`?"
        );
        assert_eq!(
            refused("\n[tresholds]"),
            "natless.toml line 2: unknown key `tresholds` in the top level, did you mean `thresholds`?"
        );
        assert_eq!(refused("[trust]\nzzz = 1"), "natless.toml line 2: unknown key `zzz` in `[trust]`");
        assert_eq!(
            refused("[[waivers]]\ncheck = \"vpc-route-blackhole\"\nresource = \"a\"\nreason = \"b\"\nexpires = 2027-01-01"),
            "natless.toml line 5: unknown key `expires` in `[[waivers]]`"
        );
    }

    #[test]
    fn unknown_checks_are_refused_with_the_nearest_known_one() {
        let hint = "did you mean `vpc-route-blackhole`?";
        assert_eq!(
            refused("[checks]\ndisabled = [\n\"vpc-route-blackholes\"]"),
            format!("natless.toml line 3: unknown check `vpc-route-blackholes` in `[checks]`, {hint}")
        );
        assert_eq!(
            refused("[checks.severity]\nvpc-rout-blackhole = \"low\""),
            format!("natless.toml line 2: unknown check `vpc-rout-blackhole` in `[checks.severity]`, {hint}")
        );
        assert!(refused("[[waivers]]\ncheck = \"vpc-route-blackhol\"").ends_with(hint));
    }

    #[test]
    fn values_are_refused_with_their_line() {
        let waiver = "[[waivers]]\ncheck = \"vpc-route-blackhole\"\nresource = \"a\"\nreason = \"b\"\nuntil = ";
        assert!(refused(&format!("{waiver}\"2027-03-31\"")).starts_with("natless.toml line 5: "));
        assert!(refused(&format!("{waiver}2027-03-31T00:00:00Z")).contains("line 5: `2027-03-31T00:00:00Z` is no date"));
        assert!(refused("[checks.severity]\nvpc-route-blackhole = \"severe\"").contains("line 2: unknown variant `severe`"));
        assert!(refused("[trust]\naccounts = [\"2222-3333-4444\"]").contains("line 2: `2222-3333-4444` is no account id"));
        assert!(refused("[trust]\norganizations = [\"r-abcd\"]").contains("is no organization id"));
        assert!(
            refused("[[waivers]]\ncheck = \"vpc-route-blackhole\"\nresource = \"a\"\nreason = \" \"")
                .contains("line 4: `reason`")
        );
        assert!(refused("[thresholds]\npending_acceptance_days = -1").contains("line 2: "));
        assert!(refused("[cost]\n\ndiscount = 8").contains("line 3: `discount` is a part of the list price"));
        assert!(refused("[cost]\nhours_per_month = 0").contains("line 2: `hours_per_month` is above 0"));
        assert!(refused("[cost]\ndiscount = \"8%\"").contains("line 2: `8%` is no decimal number"));
        assert!(refused("[trust\n").starts_with("natless.toml line 1: "));
        assert!(!refused("[trust\n").contains('\n'));
    }
}
