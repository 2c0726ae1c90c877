//! Clients: one HTTP client, one identity and one set of rules for every service and region of a run.

pub(crate) mod attempt;
mod connect;
mod cut_short;
mod endpoint;
pub(crate) mod guard;
pub(crate) mod http;
mod retry;
pub(crate) mod tape;
pub(crate) mod turn;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_config::{Region, SdkConfig};
use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub(crate) use connect::{Callers, Connection, configured_region, connect};

use self::endpoint::OneAddress;
use self::guard::Guard;
use self::retry::NoPageRetry;
use super::pacing::Pacing;
use super::session::PRICE_LIST_REGION;
use crate::model::GLOBAL;

/// What all clients of a run are made from.
#[derive(Debug)]
struct Parts {
    connection: Connection,
    pacing: Arc<Pacing>,
    /// Tells runs of one process apart.
    run: u64,
}

impl Parts {
    /// The HTTP client for one service and region: the shared one, or a view of the recording.
    fn http(&self, service: &'static str, region: &str) -> SharedHttpClient {
        self.connection.wire.client(service, region)
    }

    /// A retry quota of its own for each service and region, so that throttling in one cannot stop retries in another.
    fn retry_partition(&self, service: &str, region: &str) -> RetryPartition {
        let bucket = TokenBucket::builder().capacity(5_000).build();
        RetryPartition::custom(format!("natless/{}/{service}/{region}", self.run)).token_bucket(bucket).build()
    }

    fn config(&self) -> &SdkConfig {
        &self.connection.config
    }
}

/// The builder of one service's configuration: region, transport, retry quota, guard. `label` names the region in the
/// recording and in pacing.
macro_rules! builder {
    ($parts:expr, $sdk:ident, $service:literal, $region:expr, $label:expr) => {
        $sdk::config::Builder::from($parts.config())
            .region(Region::new($region.to_owned()))
            .http_client($parts.http($service, $label))
            .retry_partition($parts.retry_partition($service, $label))
            .retry_classifier(NoPageRetry)
            .interceptor(Guard::new($service, $label, &$parts.pacing))
    };
}

/// The clients of a run.
#[derive(Debug)]
pub(crate) struct Aws {
    parts: Arc<Parts>,
    global_region: String,
    route53: OnceLock<aws_sdk_route53::Client>,
    organizations: OnceLock<aws_sdk_organizations::Client>,
    pricing: OnceLock<aws_sdk_pricing::Client>,
}

impl Aws {
    /// Clients over this connection. `global_region` answers for services without regions.
    pub(crate) fn new(connection: Connection, pacing: &Arc<Pacing>, global_region: &str) -> Self {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        Self {
            parts: Arc::new(Parts { connection, pacing: Arc::clone(pacing), run }),
            global_region: global_region.to_owned(),
            route53: OnceLock::new(),
            organizations: OnceLock::new(),
            pricing: OnceLock::new(),
        }
    }

    /// STS in this region.
    pub(crate) fn sts(&self, region: &str) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::from_conf(builder!(self.parts, aws_sdk_sts, "sts", region, region).build())
    }

    /// Makes services without regions answer from this region: known only once the partition is.
    pub(crate) fn set_global_region(&mut self, region: &str) {
        region.clone_into(&mut self.global_region);
    }

    /// Clients in this region, each made on first use.
    pub(crate) fn region(&self, region: &str) -> RegionClients {
        RegionClients {
            parts: Arc::clone(&self.parts),
            region: region.to_owned(),
            ec2: OnceLock::new(),
            cloudwatch: OnceLock::new(),
            s3control: OnceLock::new(),
            directconnect: OnceLock::new(),
            s3: OnceLock::new(),
        }
    }

    /// Route 53.
    pub(crate) fn route53(&self) -> &aws_sdk_route53::Client {
        self.route53.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_route53, "route53", self.global_region, GLOBAL);
            aws_sdk_route53::Client::from_conf(config.build())
        })
    }

    /// Organizations.
    pub(crate) fn organizations(&self) -> &aws_sdk_organizations::Client {
        self.organizations.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_organizations, "organizations", self.global_region, GLOBAL);
            aws_sdk_organizations::Client::from_conf(config.build())
        })
    }

    /// The Price List API, which answers for every region from this one.
    pub(crate) fn pricing(&self) -> &aws_sdk_pricing::Client {
        self.pricing.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_pricing, "pricing", PRICE_LIST_REGION, PRICE_LIST_REGION);
            aws_sdk_pricing::Client::from_conf(config.build())
        })
    }

    /// The recording that is being made or played, if any.
    pub(crate) fn wire(&self) -> &http::Wire {
        &self.parts.connection.wire
    }
}

/// The clients of one region.
#[derive(Debug)]
pub(crate) struct RegionClients {
    parts: Arc<Parts>,
    region: String,
    ec2: OnceLock<aws_sdk_ec2::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    s3control: OnceLock<aws_sdk_s3control::Client>,
    directconnect: OnceLock<aws_sdk_directconnect::Client>,
    s3: OnceLock<aws_sdk_s3::Client>,
}

impl RegionClients {
    pub(crate) fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.ec2.get_or_init(|| {
            aws_sdk_ec2::Client::from_conf(builder!(self.parts, aws_sdk_ec2, "ec2", self.region, &self.region).build())
        })
    }

    pub(crate) fn cloudwatch(&self) -> &aws_sdk_cloudwatch::Client {
        self.cloudwatch.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_cloudwatch, "cloudwatch", self.region, &self.region);
            aws_sdk_cloudwatch::Client::from_conf(config.build())
        })
    }

    pub(crate) fn directconnect(&self) -> &aws_sdk_directconnect::Client {
        self.directconnect.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_directconnect, "directconnect", self.region, &self.region);
            aws_sdk_directconnect::Client::from_conf(config.build())
        })
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        self.s3.get_or_init(|| {
            let config = builder!(self.parts, aws_sdk_s3, "s3", self.region, &self.region);
            aws_sdk_s3::Client::from_conf(config.force_path_style(self.parts.connection.path_style()).build())
        })
    }

    pub(crate) fn s3control(&self) -> &aws_sdk_s3control::Client {
        self.s3control.get_or_init(|| {
            let mut config = builder!(self.parts, aws_sdk_s3control, "s3control", self.region, &self.region);
            if let Some(url) = self.parts.config().endpoint_url() {
                config = config.endpoint_resolver(OneAddress::new(url));
            }
            aws_sdk_s3control::Client::from_conf(config.build())
        })
    }
}
