//! Which regions there are, and which of them a scan reads.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::DESCRIBE_REGIONS;
use super::error::CollectError;
use super::session::RegionSession;
use crate::model::{GapId, Observed, Partition, is_region_name};

/// Regions that every account can use without enabling them: safe to ask who we are.
///
/// STS of a region that is not enabled calls good credentials invalid. Source: IAM User Guide, "Manage AWS STS in an AWS
/// Region"; Account Management Reference Guide, "Enable or disable AWS Regions in your account".
const ALWAYS_ENABLED: &[&str] = &[
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Most letters by which a name may differ from the one that is offered in its place.
const NEAR: usize = 2;

/// The region that is asked for the account's identity and its list of regions: a chosen one that is surely enabled, else
/// the configured one, else the first of the partition.
pub(crate) fn home(requested: &[String], configured: Option<&str>) -> String {
    let sure = requested.iter().find(|region| ALWAYS_ENABLED.contains(&region.as_str()));
    let partition = requested.first().map_or(Partition::Aws, |region| Partition::of_region(region));
    let configured = configured.filter(|region| requested.is_empty() || Partition::of_region(region) == partition);
    sure.map(String::as_str).or(configured).unwrap_or_else(|| partition.global_region()).to_owned()
}

/// What `--region` and `--exclude-region` choose.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    requested: BTreeSet<String>,
    excluded: BTreeSet<String>,
}

impl Choice {
    /// The choice made by these two lists.
    pub(crate) fn new(requested: &[String], excluded: &[String]) -> Self {
        Self { requested: requested.iter().cloned().collect(), excluded: excluded.iter().cloned().collect() }
    }

    /// Whether what lies in this region is read.
    pub(crate) fn includes(&self, region: &str) -> bool {
        (self.requested.is_empty() || self.requested.contains(region)) && !self.excluded.contains(region)
    }

    /// Whether anything is left out by choice.
    pub(crate) fn narrows(&self) -> bool {
        !self.requested.is_empty() || !self.excluded.is_empty()
    }

    /// Whether this region was named to be read.
    pub(crate) fn asks_for(&self, region: &str) -> bool {
        self.requested.contains(region)
    }

    /// The regions to read, in order.
    pub(crate) fn resolve(&self, known: &Known, home: &str, account: &str) -> Result<Vec<String>, CollectError> {
        if let Observed::Known(enabled) = &known.enabled {
            for name in self.requested.iter().chain(&self.excluded) {
                let excluded = self.excluded.contains(name);
                if enabled.contains(name) || (excluded && known.disabled.contains(name)) {
                    continue;
                }
                return Err(if known.disabled.contains(name) {
                    CollectError::DisabledRegion { name: name.clone(), account: account.to_owned() }
                } else {
                    CollectError::UnknownRegion { name: name.clone(), nearest: known.nearest(name) }
                });
            }
        }
        let all: Vec<String> = match &known.enabled {
            Observed::Known(enabled) => enabled.clone(),
            Observed::Unknown(_) if self.requested.is_empty() => vec![home.to_owned()],
            Observed::Unknown(_) => self.requested.iter().cloned().collect(),
        };
        let chosen: Vec<String> = all.into_iter().filter(|region| self.includes(region)).collect();
        if chosen.is_empty() { Err(CollectError::NoRegionLeft) } else { Ok(chosen) }
    }
}

/// The account's regions.
#[derive(Debug)]
pub(crate) struct Known {
    /// Enabled ones, in order.
    pub(crate) enabled: Observed<Vec<String>>,
    /// Those that exist and are not enabled.
    pub(crate) disabled: BTreeSet<String>,
}

impl Known {
    /// The existing region whose name is most like this one.
    fn nearest(&self, name: &str) -> Option<String> {
        let enabled = self.enabled.known().into_iter().flatten();
        let all = enabled.chain(&self.disabled);
        let ranked = all.map(|region| (strsim::damerau_levenshtein(region, name), region));
        ranked.min().filter(|(distance, _)| *distance <= NEAR).map(|(_, region)| region.clone())
    }
}

/// Asks which regions are enabled. All are asked for, so that a disabled region can be told from one that does not exist.
pub(crate) async fn known_regions(session: &RegionSession) -> Known {
    let request = || session.ec2().describe_regions().all_regions(true).send();
    match session.call(&DESCRIBE_REGIONS, None, request).await {
        Ok(answer) => {
            let all = answer.iter().flat_map(aws_sdk_ec2::operation::describe_regions::DescribeRegionsOutput::regions);
            let by_name: BTreeMap<&str, &str> =
                all.filter_map(|region| Some((region.region_name()?, region.opt_in_status().unwrap_or_default()))).collect();
            if by_name.is_empty() {
                let message = "the answer lists no region".to_owned();
                return unknown(session.malformed(&DESCRIBE_REGIONS, None, message));
            }
            if let Some(name) = by_name.keys().find(|name| !is_region_name(name)) {
                let message = format!("the answer names a region `{name}`, and no region is named like that");
                return unknown(session.malformed(&DESCRIBE_REGIONS, None, message));
            }
            split(&by_name)
        }
        Err(gap) => unknown(gap),
    }
}

fn unknown(gap: GapId) -> Known {
    Known { enabled: Observed::Unknown(gap), disabled: BTreeSet::new() }
}

/// Enabled are regions that need no opt-in and those opted in. Source: EC2 API Reference, `Region`, `OptInStatus`.
fn split(by_name: &BTreeMap<&str, &str>) -> Known {
    let enabled = |status: &str| matches!(status, "" | "opt-in-not-required" | "opted-in");
    let named =
        |wanted: bool| by_name.iter().filter(move |(_, status)| enabled(status) == wanted).map(|(name, _)| (*name).to_owned());
    Known { enabled: Observed::Known(named(true).collect()), disabled: named(false).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        split(&BTreeMap::from([
            ("eu-west-1", "opt-in-not-required"),
            ("us-east-1", "opt-in-not-required"),
            ("eu-south-1", "opted-in"),
            ("ap-east-1", "not-opted-in"),
        ]))
    }

    fn resolve(requested: &[&str], excluded: &[&str]) -> Result<Vec<String>, CollectError> {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Choice::new(&own(requested), &own(excluded)).resolve(&known(), "us-east-1", "111122223333")
    }

    #[test]
    fn enabled_regions_are_read_and_others_are_not() {
        assert_eq!(resolve(&[], &[]).unwrap(), ["eu-south-1", "eu-west-1", "us-east-1"]);
        assert_eq!(resolve(&["eu-west-1"], &[]).unwrap(), ["eu-west-1"]);
        assert_eq!(resolve(&[], &["eu-west-1", "ap-east-1"]).unwrap(), ["eu-south-1", "us-east-1"]);
    }

    #[test]
    fn a_wrong_name_gets_the_nearest_one_and_a_disabled_region_its_own_message() {
        assert_eq!(
            resolve(&["eu-wset-1"], &[]).unwrap_err().to_string(),
            "region `eu-wset-1` does not exist, the nearest is `eu-west-1`: name one of the account's regions"
        );
        let far = resolve(&["us-west-2"], &[]).unwrap_err().to_string();
        assert_eq!(far, "region `us-west-2` does not exist: name one of the account's regions");
        assert!(matches!(resolve(&["ap-east-1"], &[]), Err(CollectError::DisabledRegion { .. })));
        assert!(matches!(resolve(&[], &["eu-west-9"]), Err(CollectError::UnknownRegion { .. })));
        assert_eq!(resolve(&["eu-west-1"], &["eu-west-1"]).unwrap_err(), CollectError::NoRegionLeft);
    }

    #[test]
    fn without_the_list_the_chosen_or_the_home_region_is_read() {
        let blind = unknown(GapId::new("aws-global", "ec2", "DescribeRegions", None));
        let chosen = Choice::new(&["eu-west-1".to_owned()], &[]);
        assert_eq!(chosen.resolve(&blind, "us-east-1", "").unwrap(), ["eu-west-1"]);
        assert_eq!(Choice::default().resolve(&blind, "us-east-1", "").unwrap(), ["us-east-1"]);
    }

    #[test]
    fn home_is_a_region_that_surely_answers() {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(home(&own(&["ap-east-1", "eu-west-1"]), None), "eu-west-1");
        assert_eq!(home(&own(&["ap-east-1"]), Some("ap-east-1")), "ap-east-1");
        assert_eq!(home(&own(&["eu-wset-1"]), None), "us-east-1");
        assert_eq!(home(&own(&["cn-somewhere-1"]), Some("eu-west-1")), "cn-north-1");
        assert_eq!(home(&[], Some("eu-central-1")), "eu-central-1");
        assert_eq!(home(&[], None), "us-east-1");
    }
}
