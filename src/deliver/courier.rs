//! Who delivers: the caller's own credentials, and clients that make no other calls than those of the table.

use aws_config::{Region, SdkConfig};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::calls;
use crate::collect::{Callers, ScanRequest, failure_in_words};
use crate::error::Error;

/// A request that is not in the table of delivery calls, refused before anything was sent.
#[derive(Debug, thiserror::Error)]
#[error("`{service}:{operation}` is not in the table of delivery calls; nothing was sent")]
struct NotInTable {
    service: &'static str,
    operation: String,
}

/// Refuses what is not in the table of delivery calls.
#[derive(Debug)]
pub(super) struct Guard(pub(super) &'static str);

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "DeliveryGuard"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = cfg.load::<Metadata>().map_or("", Metadata::name);
        if calls::is_allowed(self.0, operation) {
            return Ok(());
        }
        Err(NotInTable { service: self.0, operation: operation.to_owned() }.into())
    }
}

/// The builder of one service's configuration in a region.
macro_rules! builder {
    ($config:expr, $sdk:ident, $service:literal, $region:expr) => {
        $sdk::config::Builder::from($config)
            .region(Region::new($region.to_owned()))
            .interceptor($crate::deliver::courier::Guard($service))
    };
}

/// Who delivers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Courier {
    /// As the caller: for what belongs to whoever runs natless.
    own: SdkConfig,
    /// In the account that was scanned: Security Hub takes findings from there only.
    scanned: SdkConfig,
    /// Region of the caller.
    pub(super) region: String,
}

impl Courier {
    /// A courier with the credentials of a scan. Sends nothing yet.
    ///
    /// # Errors
    /// [`Error::Collect`] where the request's endpoint address is none.
    pub async fn new(request: &ScanRequest) -> Result<Self, Error> {
        let Callers { own, scanned, region } = Callers::of(request).await?;
        Ok(Self { own, scanned, region })
    }

    /// S3 in this region.
    pub(super) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = builder!(&self.own, aws_sdk_s3, "s3", region).force_path_style(self.own.endpoint_url().is_some());
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// SNS in this region.
    pub(super) fn sns(&self, region: &str) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::from_conf(builder!(&self.own, aws_sdk_sns, "sns", region).build())
    }

    /// Security Hub in this region, of the account that was scanned.
    pub(super) fn security_hub(&self, region: &str) -> aws_sdk_securityhub::Client {
        aws_sdk_securityhub::Client::from_conf(builder!(&self.scanned, aws_sdk_securityhub, "securityhub", region).build())
    }

    /// EventBridge in this region.
    pub(super) fn event_bridge(&self, region: &str) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::from_conf(builder!(&self.own, aws_sdk_eventbridge, "eventbridge", region).build())
    }
}

/// Why a call failed, in one line: `s3:PutObject: AccessDenied, no such permission`.
pub(super) fn why<E>(action: &str, error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    format!("{action}: {}", failure_in_words(error))
}
