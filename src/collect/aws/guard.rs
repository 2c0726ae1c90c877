//! The guard in front of every request: natless only reads.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::attempt;
use super::cut_short::refuse_cut_short;
use super::tape::Operation;
use super::turn;
use crate::collect::outcome::{Failure, throttle_code};
use crate::collect::pacing::Pacing;
use crate::collect::{calls, outcome};

/// A request that is not in the table of calls, refused before anything was sent.
#[derive(Debug, thiserror::Error)]
#[error("`{service}:{operation}` is not in the table of calls; nothing was sent")]
pub(crate) struct NotInTable {
    service: &'static str,
    operation: String,
}

/// Refuses what is not in the table of calls and answers that were cut short, tells the recording which operation a
/// request is for, tells pacing when AWS asks to slow down, and lets a call's turn go with its request.
#[derive(Debug)]
pub(crate) struct Guard {
    service: &'static str,
    region: String,
    pacing: Arc<Pacing>,
}

impl Guard {
    /// The guard of one client.
    pub(crate) fn new(service: &'static str, region: &str, pacing: &Arc<Pacing>) -> Self {
        Self { service, region: region.to_owned(), pacing: Arc::clone(pacing) }
    }

    fn operation(cfg: &ConfigBag) -> Option<&str> {
        cfg.load::<Metadata>().map(Metadata::name)
    }
}

fn allowed(service: &'static str, operation: &str) -> Result<(), NotInTable> {
    if calls::is_allowed(service, operation) { Ok(()) } else { Err(NotInTable { service, operation: operation.to_owned() }) }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "ReadOnlyGuard"
    }

    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        Ok(allowed(self.service, Self::operation(cfg).unwrap_or_default())?)
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = Operation(Self::operation(cfg).unwrap_or_default().to_owned());
        context.request_mut().add_extension(operation);
        if let Some(turn) = turn::of_request() {
            context.request_mut().add_extension(turn);
        }
        Ok(())
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        attempt::note(None);
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if response.status().is_success() {
            refuse_cut_short(response.body().bytes().unwrap_or_default())?;
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(response), Some(operation)) = (context.response(), Self::operation(cfg)) else { return Ok(()) };
        let status = response.status().as_u16();
        let headers = ["x-amzn-errortype", "x-amzn-query-error"].map(|name| response.headers().get(name).unwrap_or_default());
        let code = throttle_code(status, response.body().bytes().unwrap_or_default(), &headers.join("\n"));
        if code.is_some() {
            self.pacing.throttled(self.service, &self.region, operation);
        }
        if let Some(Err(error)) = context.output_or_error()
            && !error.is_timeout_error()
        {
            let request_id = response.headers().get("x-amzn-requestid").map(str::to_owned);
            attempt::note(outcome::unrepeated(status, code).map(|failure| Failure { request_id, ..failure }));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_outside_the_table_is_refused_with_its_name() {
        assert!(allowed("ec2", "DescribeVpcs").is_ok());
        let refused = allowed("ec2", "DeleteVpc").unwrap_err();
        assert_eq!(refused.to_string(), "`ec2:DeleteVpc` is not in the table of calls; nothing was sent");
        assert!(allowed("ec2", "").is_err());
    }
}
