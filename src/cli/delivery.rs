//! Options that say where an audit is delivered besides files, and what becomes of it there.

use std::future::Future;

use clap::Args;

use super::live::Live;
use super::{GlobalArgs, terminal};
use crate::collect::ScanRequest;
use crate::deliver::{Arn, Courier, Destinations, EventBus, S3Prefix};
use crate::error::Error;
use crate::report::text;
use crate::run::{Delivered, Delivery};

/// Where an audit is delivered.
#[derive(Debug, Clone, Args)]
pub(super) struct DeliveryArgs {
    /// Put reports, snapshot and history below a prefix of a bucket, and compare with the last scan that lies there
    #[arg(long = "deliver-s3", value_name = "s3://BUCKET/PREFIX", help_heading = "Delivery")]
    s3: Option<S3Prefix>,
    /// KMS key to encrypt with in the bucket [default: the bucket's own encryption]
    #[arg(long = "deliver-kms-key", value_name = "KEY", requires = "s3", help_heading = "Delivery")]
    kms_key: Option<String>,
    /// Tell an SNS topic when something has changed
    #[arg(long = "deliver-sns", value_name = "ARN", value_parser = topic, help_heading = "Delivery")]
    sns: Option<Arn>,
    /// Hand the findings to AWS Security Hub in the account that was scanned
    #[arg(long = "deliver-security-hub", help_heading = "Delivery")]
    security_hub: bool,
    /// Put an event on an EventBridge bus, by its name or ARN
    #[arg(long = "deliver-event-bus", value_name = "BUS", help_heading = "Delivery")]
    event_bus: Option<EventBus>,
}

impl DeliveryArgs {
    /// The destinations these options stand for.
    pub(super) fn destinations(&self) -> Destinations {
        Destinations {
            s3: self.s3.clone().map(|place| S3Prefix { kms_key_id: self.kms_key.clone(), ..place }),
            formats: Vec::new(),
            sns: self.sns.clone(),
            security_hub: self.security_hub,
            event_bus: self.event_bus.clone(),
        }
    }
}

fn topic(text: &str) -> Result<Arn, String> {
    Arn::of("sns", text)
}

/// What a delivery takes.
#[derive(Debug)]
pub(super) struct Hands<'h> {
    pub(super) live: &'h Live,
    pub(super) request: &'h ScanRequest,
    pub(super) destinations: &'h Destinations,
}

impl<'h> Hands<'h> {
    /// Makes ready.
    pub(super) fn prepare(&self) -> Result<Delivery<'h>, Error> {
        self.live.wait(|_, _| async { Ok(Delivery::prepare(Courier::new(self.request).await?, self.destinations).await) })
    }

    /// Waits for a part of the delivery.
    pub(super) fn wait_for<T>(&self, work: impl Future<Output = T>) -> T {
        self.live.block_on(work)
    }
}

/// Says what was delivered; gives an error for each destination that did not get all.
pub(super) fn tell(delivered: &[Delivered], global: &GlobalArgs) -> Vec<Error> {
    let name = |to: &str| to.replace('_', " ");
    for Delivered { to, what, .. } in delivered.iter().filter(|_| !global.quiet) {
        if let Some(what) = what {
            terminal::notice(&format!("delivered to {}: {}", name(to), text::safe(what)));
        }
    }
    let failed = delivered.iter().filter(|one| one.has_failed());
    failed.map(|one| Error::NotDelivered { to: name(one.to), failures: one.failures.join("; ") }).collect()
}
