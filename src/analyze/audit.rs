//! What a check may look at: the inventory, the settings, and the paths worked out once for all checks.

use super::Settings;
use crate::model::{Inventory, RegionInventory};
use crate::network::{Family, Network, Path};

/// What a check may look at.
#[derive(Debug)]
pub struct Audit<'a> {
    /// The account.
    pub inventory: &'a Inventory,
    /// Thresholds and the trusted circle.
    pub settings: &'a Settings,
    /// The path engine over the inventory.
    pub network: Network<'a>,
    /// The path matrix, sorted by region, subnet, service and IP version.
    pub paths: Vec<Path>,
}

impl<'a> Audit<'a> {
    /// Works out every path of the inventory.
    #[must_use]
    pub fn new(inventory: &'a Inventory, settings: &'a Settings) -> Self {
        let network = Network::new(inventory);
        let mut paths = network.matrix();
        paths.sort_by(|a, b| {
            (&a.region, &a.subnet_id, &a.service, a.family).cmp(&(&b.region, &b.subnet_id, &b.service, b.family))
        });
        Self { inventory, settings, network, paths }
    }

    /// Every region that was asked, in the order of the names.
    pub fn regions(&self) -> impl Iterator<Item = (&'a str, &'a RegionInventory)> + use<'a> {
        self.inventory.regions.iter().map(|(name, region)| (name.as_str(), region))
    }

    /// The paths of one subnet to every service, in both IP versions.
    #[must_use]
    pub fn paths_of(&self, region: &str, subnet_id: &str) -> &[Path] {
        let start = self.paths.partition_point(|path| (path.region.as_str(), path.subnet_id.as_str()) < (region, subnet_id));
        let end = self.paths.partition_point(|path| (path.region.as_str(), path.subnet_id.as_str()) <= (region, subnet_id));
        self.paths.get(start..end).unwrap_or_default()
    }

    /// The paths of one subnet to one service: one per IP version that the subnet has.
    #[must_use]
    pub fn paths_to(&self, region: &str, subnet_id: &str, service: &str) -> &[Path] {
        let paths = self.paths_of(region, subnet_id);
        let start = paths.partition_point(|path| path.service.as_str() < service);
        let end = paths.partition_point(|path| path.service.as_str() <= service);
        paths.get(start..end).unwrap_or_default()
    }

    /// The path of one subnet to one service in one IP version; `None` where the matrix has none.
    #[must_use]
    pub fn path(&self, region: &str, subnet_id: &str, service: &str, family: Family) -> Option<&Path> {
        self.paths_to(region, subnet_id, service).iter().find(|path| path.family == family)
    }

    /// Bytes that these NAT gateways billed over the lookback window, together.
    ///
    /// `None` where there is no gateway, or one of them has no value on any day: a part is not the whole.
    #[must_use]
    pub fn nat_bytes<'n>(&self, region: &str, nat_gateway_ids: impl IntoIterator<Item = &'n str>) -> Option<u64> {
        let traffic = &self.inventory.regions.get(region)?.traffic;
        let bytes = |id: &str| {
            let measured = traffic.nat_gateway(id).ok().flatten()?;
            (measured.days_reported() > 0).then(|| measured.billed_bytes())
        };
        nat_gateway_ids.into_iter().map(bytes).try_fold(None, |sum: Option<u64>, bytes| {
            bytes.map(|bytes| Some(sum.unwrap_or(0).saturating_add(bytes)))
        })?
    }
}
