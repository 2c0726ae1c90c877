//! S3 Control at an address of the user's own.

use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};

/// One address for every request.
///
/// The rules of S3 Control put the account id before the host, even before a custom one, where no such name exists.
/// Without authentication schemes in the endpoint the request is signed for the client's own region and `s3`.
#[derive(Debug)]
pub(crate) struct OneAddress {
    url: String,
}

impl OneAddress {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }
}

impl ResolveEndpoint for OneAddress {
    fn resolve_endpoint<'a>(&'a self, _params: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.url.clone()).build()))
    }
}
