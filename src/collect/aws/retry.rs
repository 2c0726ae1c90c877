//! When a failure is final.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Forbids to retry a 500 that comes as a web page.
///
/// AWS services fail in their own protocol; a page comes from something that stands in for them and does not know the
/// call. Asking it again only takes time. Pages with 502, 503 and 504, as load balancers and proxies send them, are
/// retried like any other.
#[derive(Debug)]
pub(crate) struct NoPageRetry;

impl ClassifyRetry for NoPageRetry {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let page = context.response().is_some_and(|response| {
            response.status().as_u16() == 500
                && response.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"))
        });
        if page { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "NoPageRetry"
    }
}
