//! Policies of buckets and access points that let requests in because of the endpoint or VPC they come by.

use foldhash::HashMap;

use crate::analyze::checks::network_conditions::{Key, Network, networks};
use crate::analyze::{Audit, Doubt, Reading};
use crate::model::ec2::VpcEndpoint;

/// Every such policy of the account, gathered once for all endpoints.
#[derive(Debug)]
pub(super) struct NamingPolicies<'a> {
    named: Vec<Named<'a>>,
    /// Which of them name one network, by its id.
    by_network: HashMap<&'a str, Vec<usize>>,
    /// Which of them may mean several.
    open: Vec<usize>,
    /// Why there may be more; `None` where all policies were read.
    doubt: Option<Doubt>,
}

/// One network that a policy names.
#[derive(Debug)]
struct Named<'a> {
    /// Such as `bucket reports`.
    place: String,
    key: Key,
    value: &'a str,
    /// Whether it is about requests to S3 that come by whatever endpoint.
    of_s3: bool,
}

impl<'a> Named<'a> {
    /// The id of the network; `None` where the value is no id.
    fn id(&self) -> Option<&'a str> {
        match self.key {
            Key::Endpoint | Key::Vpc => Some(self.value),
            Key::VpcArn => self.value.rsplit('/').next(),
            Key::Owner | Key::Address => None,
        }
    }
}

/// Characters of a value that may stand for others.
const WILD: [char; 3] = ['*', '?', '$'];

impl<'a> NamingPolicies<'a> {
    /// Reads the conditions of every policy of a bucket or access point.
    pub(super) fn of(audit: &'a Audit<'_>) -> Self {
        let (mut named, mut doubts) = (Vec::new(), Vec::new());
        let mut take = |place: String, reading: &'a Reading| match reading {
            Reading::Absent => {}
            Reading::Unknown(doubt) => doubts.push(doubt.clone()),
            Reading::Decided(decided) => {
                let admitted = networks(decided).into_iter().filter(Network::is_admitted);
                named.extend(admitted.map(|one| Named {
                    place: place.clone(),
                    key: one.key,
                    value: one.value,
                    of_s3: one.key == Key::Owner,
                }));
            }
        };
        let buckets = &audit.inventory.buckets;
        for bucket in buckets.values() {
            take(format!("bucket {}", bucket.name), audit.policies.bucket(&bucket.name));
        }
        for (name, region) in audit.regions() {
            for point in region.access_points.values() {
                take(format!("access point {}", point.name), audit.policies.access_point(name, &point.name));
            }
        }
        // An access point of network origin VPC lets in that VPC alone.
        for point in audit.inventory.regions.values().flat_map(|region| region.access_points.values()) {
            let bound = point.vpc_id.as_deref().map(|vpc_id| (format!("access point {}", point.name), vpc_id));
            named.extend(bound.map(|(place, value)| Named { place, key: Key::Vpc, value, of_s3: true }));
        }
        doubts.extend(buckets.gap.as_ref().map(|gap| Doubt::of_gap("the list of buckets is not complete", gap)));
        for (name, region) in audit.regions() {
            let why = || format!("the list of access points of {name} is not complete");
            doubts.extend(region.access_points.gap.as_ref().map(|gap| Doubt::of_gap(why(), gap)));
        }
        let (mut by_network, mut open) = (HashMap::<&str, Vec<usize>>::default(), Vec::new());
        for (number, one) in named.iter().enumerate() {
            match one.id().filter(|id| !id.contains(WILD)) {
                Some(id) => by_network.entry(id).or_default().push(number),
                None => open.push(number),
            }
        }
        Self { named, by_network, open, doubt: Doubt::join(doubts) }
    }

    /// Those that may mean the network with this id, in their order.
    fn about(&self, id: &str) -> impl Iterator<Item = &Named<'a>> {
        let exactly = self.by_network.get(id).map_or(&[][..], Vec::as_slice);
        let mut numbers: Vec<usize> = exactly.iter().chain(&self.open).copied().collect();
        numbers.sort_unstable();
        numbers.into_iter().filter_map(|number| self.named.get(number))
    }

    /// Buckets and access points whose policies name the id of an endpoint, as far as they were read.
    pub(super) fn by_id(&self, endpoint: &VpcEndpoint) -> Vec<&str> {
        let naming = self.about(&endpoint.id).filter(|one| one.key == Key::Endpoint && may_be(one.value, &endpoint.id));
        let mut places: Vec<&str> = naming.map(|one| one.place.as_str()).collect();
        places.dedup();
        places
    }

    /// Whether a policy asks for an endpoint, or for its VPC. What asks for any endpoint of an owner, or is bound to a VPC, counts for
    /// endpoints that lead to S3.
    ///
    /// # Errors
    /// No policy that was read does, and not all were.
    pub(super) fn ask_for(&self, endpoint: &VpcEndpoint, service: &str) -> Result<bool, Doubt> {
        let asks = |one: &Named<'_>| match one.key {
            Key::Endpoint => may_be(one.value, &endpoint.id),
            Key::Vpc => may_be(one.value, &endpoint.vpc_id),
            Key::VpcArn => one.id().is_some_and(|id| may_be(id, &endpoint.vpc_id)),
            Key::Owner => true,
            Key::Address => false,
        };
        let mut about = self.about(&endpoint.id).chain(self.about(&endpoint.vpc_id));
        match &self.doubt {
            _ if about.any(|one| (!one.of_s3 || service == "s3") && asks(one)) => Ok(true),
            Some(doubt) => Err(doubt.clone()),
            None => Ok(false),
        }
    }
}

/// Whether a value of a condition may stand for an id: it is the id, or has a wildcard or variable after the same beginning.
fn may_be(value: &str, id: &str) -> bool {
    match value.find(WILD) {
        Some(end) => value.get(..end).is_some_and(|start| id.starts_with(start)),
        None => value == id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_what_begins_alike() {
        assert!(may_be("vpce-0aa", "vpce-0aa") && !may_be("vpce-0aa", "vpce-0aab") && !may_be("vpce-0aab", "vpce-0aa"));
        assert!(may_be("vpce-*", "vpce-0aa") && may_be("*", "vpce-0aa") && may_be("${aws:PrincipalTag/vpce}", "vpce-0aa"));
        assert!(!may_be("vpce-1*", "vpce-0aa"));
    }
}
