//! What the path engine answers: where the packets of a subnet to a service go, hop by hop, and how that ends.

use std::borrow::Borrow;
use std::ops::Range;
use std::sync::Arc;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::GapId;

/// IP version of a path. The two are always told apart: their routes, gateways and prices differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// IP version 4.
    Ipv4,
    /// IP version 6.
    Ipv6,
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// The way from one subnet to one AWS service of its region, in one IP version.
///
/// Usually one segment. Several where parts of the service's addresses, or interfaces in several zones, go different ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// Region of subnet and service.
    pub region: Arc<str>,
    /// Subnet the packets leave from.
    pub subnet_id: Arc<str>,
    /// Service, by the short name of its endpoint service: `s3`, `dynamodb`, `ecr.api`.
    pub service: Arc<str>,
    /// IP version.
    pub family: Family,
    /// The first hop of all segments: the subnet, and why its route table is its route table. `None` where that is not looked at.
    pub start: Option<Arc<Hop>>,
    /// The ways taken from there, in the order of their destinations; paths that agree in them share them. Empty when the subnet has no addresses of this IP version.
    pub segments: Arc<[Segment]>,
}

/// Where the paths of each subnet stand among paths that are sorted by region and subnet.
pub fn ranges_by_subnet<P: Borrow<Path>>(paths: &[P]) -> impl Iterator<Item = Range<usize>> {
    let of_one = |a: &P, b: &P| {
        let (a, b): (&Path, &Path) = (a.borrow(), b.borrow());
        a.subnet_id == b.subnet_id && a.region == b.region
    };
    paths.chunk_by(of_one).scan(0, |end, some| {
        let start = *end;
        *end += some.len();
        Some(start..*end)
    })
}

/// One way, taken by packets to some of the service's addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Which of the service's addresses.
    pub destinations: Destinations,
    /// Every place the packets pass behind the path's start, in order, with the reason for the next step. Many ways share a place.
    pub hops: Vec<Arc<Hop>>,
    /// How it ends.
    pub end: End,
}

/// Which of a service's addresses a segment is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destinations {
    /// Whatever the service's name resolves to inside the VPC: the endpoint's interfaces.
    Name,
    /// Blocks of the region's managed prefix list of the service.
    Prefixes(Vec<IpNet>),
    /// The service's public addresses, which no list names.
    Public,
    /// Public addresses inside these blocks, if the service has any there: a route more specific than the default takes them.
    PossiblyWithin(Vec<IpNet>),
}

/// One place on the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    /// Kind of the resource: `subnet`, `route_table`, `nat_gateway`, `vpc_endpoint`, `transit_gateway_route_table`...
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Why the packet goes on from here as it does, in one line: which route, which rule.
    pub reason: String,
    /// The call that told, such as `ec2:DescribeRouteTables rtb-0aa`.
    pub source: String,
}

/// How a path ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum End {
    /// At an interface endpoint, in this VPC or in another one.
    InterfaceEndpoint {
        /// Endpoint.
        endpoint_id: String,
        /// VPC of the endpoint.
        vpc_id: String,
        /// Whether the endpoint has an interface in the subnet's zone.
        same_zone: bool,
    },
    /// At a gateway endpoint of the subnet's VPC.
    GatewayEndpoint {
        /// Endpoint.
        endpoint_id: String,
    },
    /// Through a public NAT gateway to the internet.
    Nat {
        /// NAT gateway.
        nat_gateway_id: String,
        /// VPC of the NAT gateway.
        vpc_id: String,
        /// Where the gateway stands, seen from the subnet.
        zone: NatZone,
    },
    /// Straight to the internet, through an internet or egress-only internet gateway.
    Internet {
        /// Gateway.
        gateway_id: String,
    },
    /// Nowhere: no route, or no public address to leave with.
    None {
        /// What is missing.
        reason: String,
    },
    /// Into a route whose target is gone.
    Blackhole {
        /// What the route pointed at.
        target_id: String,
    },
    /// Refused by a security group or network ACL.
    Blocked {
        /// What refuses: group, ACL or endpoint id.
        by: String,
        /// Why, in one line.
        reason: String,
    },
    /// Into something whose inside was not scanned: another account, on-premises, Cloud WAN.
    LeavesView {
        /// Gateway or attachment it leaves by.
        via: String,
        /// What lies there, as far as known.
        reason: String,
    },
    /// Into an instance or interface that forwards by rules of its own.
    Appliance {
        /// Interface or instance.
        id: String,
    },
    /// Not to be told, because something on the way was not read or is not documented.
    Unknown {
        /// What is not known.
        reason: String,
        /// The gaps behind it; empty where AWS documents no answer.
        gaps: Vec<GapId>,
    },
}

/// Where a NAT gateway stands, seen from the subnet that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NatZone {
    /// In the subnet's own zone.
    Same,
    /// In another zone: each byte crosses zones, and one zone's outage takes the other's way out.
    Other,
    /// In every zone (regional NAT gateway).
    Regional,
}

impl End {
    /// The word for this end in reports and JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::InterfaceEndpoint { .. } => "interface_endpoint",
            Self::GatewayEndpoint { .. } => "gateway_endpoint",
            Self::Nat { .. } => "nat",
            Self::Internet { .. } => "internet",
            Self::None { .. } => "none",
            Self::Blackhole { .. } => "blackhole",
            Self::Blocked { .. } => "blocked",
            Self::LeavesView { .. } => "leaves_view",
            Self::Appliance { .. } => "appliance",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl Segment {
    /// NAT gateways that the packets pass, in order, each of which bills them: those on the way to another NAT gateway, an
    /// appliance or out of view included. None where the packets are dropped, or what becomes of them is not known.
    pub fn nat_gateways(&self) -> impl Iterator<Item = &str> {
        let carried = match &self.end {
            End::Nat { .. } | End::LeavesView { .. } | End::Appliance { .. } => true,
            End::InterfaceEndpoint { .. }
            | End::GatewayEndpoint { .. }
            | End::Internet { .. }
            | End::None { .. }
            | End::Blackhole { .. }
            | End::Blocked { .. }
            | End::Unknown { .. } => false,
        };
        self.hops.iter().filter(move |hop| carried && hop.kind == "nat_gateway").map(|hop| hop.id.as_str())
    }
}

impl Path {
    /// Every place that the packets of one of the path's segments pass, in order, its start included.
    pub fn hops<'p>(&'p self, segment: &'p Segment) -> impl Iterator<Item = &'p Arc<Hop>> + Clone {
        self.start.iter().chain(&segment.hops)
    }

    /// NAT gateways that some of the packets pass, sorted, each once.
    #[must_use]
    pub fn nat_gateways(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.segments.iter().flat_map(Segment::nat_gateways).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}
