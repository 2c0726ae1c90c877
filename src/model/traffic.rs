//! What CloudWatch measured, summed over the lookback window.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{GapId, Observed};

/// Traffic of one region over one window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Begin of the window, inclusive, at midnight UTC; absent when there was nothing to ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<jiff::Timestamp>,
    /// End of the window, exclusive, at midnight UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<jiff::Timestamp>,
    /// By NAT gateway id.
    #[serde(default)]
    pub nat_gateways: BTreeMap<String, Observed<NatGatewayTraffic>>,
    /// By VPC endpoint id: interface and Gateway Load Balancer endpoints; gateway endpoints have no metrics.
    #[serde(default)]
    pub vpc_endpoints: BTreeMap<String, Observed<VpcEndpointTraffic>>,
}

impl Traffic {
    /// Length of the window in days; 0 when nothing was asked for.
    #[must_use]
    pub fn window_days(&self) -> u32 {
        match (self.from, self.to) {
            (Some(from), Some(to)) => u32::try_from(to.duration_since(from).as_secs() / 86_400).unwrap_or(0),
            _ => 0,
        }
    }

    /// The traffic of a NAT gateway; `None` when it was not asked for.
    ///
    /// # Errors
    /// The gap, where it was asked for and not answered.
    pub fn nat_gateway(&self, id: &str) -> Result<Option<&NatGatewayTraffic>, &GapId> {
        self.nat_gateways.get(id).map(Observed::as_result).transpose()
    }

    /// The traffic of an endpoint; `None` when it was not asked for.
    ///
    /// # Errors
    /// The gap, where it was asked for and not answered.
    pub fn vpc_endpoint(&self, id: &str) -> Result<Option<&VpcEndpointTraffic>, &GapId> {
        self.vpc_endpoints.get(id).map(Observed::as_result).transpose()
    }
}

/// A metric's sum over the window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricSum {
    /// Sum over all daily values that CloudWatch had.
    pub sum: u64,
    /// Days of the window that have a value. Fewer than the window's days: the rest was not reported.
    pub days_reported: u32,
}

/// Bytes through a NAT gateway.
///
/// Source: CloudWatch `AWS/NATGateway`, dimension `NatGatewayId`, Sum per day (bytes). Billed are
/// `bytes_out_to_destination + bytes_out_to_source`; adding all four counts every byte twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatGatewayTraffic {
    /// Towards the internet: uploads of the clients.
    pub bytes_out_to_destination: MetricSum,
    /// Back to the clients: their downloads.
    pub bytes_out_to_source: MetricSum,
    /// Attempts of clients to open a connection (count): tells "idle" from "little used".
    pub connection_attempts: MetricSum,
}

impl NatGatewayTraffic {
    /// Bytes the gateway bills for: both directions, each byte once.
    #[must_use]
    pub fn billed_bytes(&self) -> u64 {
        self.bytes_out_to_destination.sum.saturating_add(self.bytes_out_to_source.sum)
    }

    /// Days of the window in which both byte metrics have a value.
    #[must_use]
    pub fn days_reported(&self) -> u32 {
        self.bytes_out_to_destination.days_reported.min(self.bytes_out_to_source.days_reported)
    }
}

/// Bytes through an interface or Gateway Load Balancer endpoint.
///
/// Source: CloudWatch `AWS/PrivateLinkEndpoints` `BytesProcessed`, Sum per day (bytes billed, both directions). The
/// metric is "only reported when traffic flowed" (AWS PrivateLink guide), so a successful answer without values is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VpcEndpointTraffic {
    /// Bytes billed.
    pub bytes_processed: MetricSum,
}
