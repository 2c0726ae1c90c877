//! Direct Connect virtual gateways of one region.

use super::calls::DESCRIBE_VIRTUAL_GATEWAYS;
use super::session::RegionSession;
use crate::model::Listing;
use crate::model::directconnect::VirtualGateway;

/// Virtual private gateways as Direct Connect lists them. The call has no pages.
pub(crate) async fn virtual_gateways(session: &RegionSession) -> Listing<VirtualGateway> {
    let request = || session.directconnect().describe_virtual_gateways().send();
    match session.call(&DESCRIBE_VIRTUAL_GATEWAYS, None, request).await {
        Ok(answer) => {
            // An empty list is written out; without one it is some other answer.
            if answer.as_ref().is_some_and(|answer| answer.virtual_gateways.is_none()) {
                let message = "the answer lacks `virtualGateways`".to_owned();
                let gap = session.malformed(&DESCRIBE_VIRTUAL_GATEWAYS, None, message);
                return Listing { gap: Some(gap), ..Listing::default() };
            }
            let gateways = answer.iter().flat_map(
                aws_sdk_directconnect::operation::describe_virtual_gateways::DescribeVirtualGatewaysOutput::virtual_gateways,
            );
            gateways
                .filter_map(|gateway| {
                    let id = gateway.virtual_gateway_id()?.to_owned();
                    let state = gateway.virtual_gateway_state().unwrap_or_default().to_owned();
                    Some((id.clone(), VirtualGateway { id, state }))
                })
                .collect()
        }
        Err(gap) => Listing { gap: Some(gap), ..Listing::default() },
    }
}
