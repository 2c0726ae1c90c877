//! Internet gateways, for both IP versions and for IPv6 outwards only.

use aws_sdk_ec2::operation::describe_egress_only_internet_gateways::DescribeEgressOnlyInternetGatewaysOutput;
use aws_sdk_ec2::operation::describe_internet_gateways::DescribeInternetGatewaysOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, is_attached, tags, text};
use crate::collect::calls::{DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS, DESCRIBE_INTERNET_GATEWAYS};
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::{EgressOnlyInternetGateway, InternetGateway};

/// Every internet gateway of the region.
pub(super) async fn internet_gateways(session: &RegionSession) -> Listing<InternetGateway> {
    let page = |token| session.ec2().describe_internet_gateways().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_INTERNET_GATEWAYS, None, page, DescribeInternetGatewaysOutput::next_token).await;
    gather(session, &DESCRIBE_INTERNET_GATEWAYS, pages, |page| page.internet_gateways.unwrap_or_default(), internet_gateway)
}

/// Every egress-only internet gateway of the region. A page holds at most 255.
pub(super) async fn egress_only_internet_gateways(session: &RegionSession) -> Listing<EgressOnlyInternetGateway> {
    let call = &DESCRIBE_EGRESS_ONLY_INTERNET_GATEWAYS;
    let page = |token| session.ec2().describe_egress_only_internet_gateways().max_results(255).set_next_token(token).send();
    let pages = session.pages(call, None, page, DescribeEgressOnlyInternetGatewaysOutput::next_token).await;
    gather(session, call, pages, |page| page.egress_only_internet_gateways.unwrap_or_default(), egress_only_internet_gateway)
}

fn internet_gateway(x: sdk::InternetGateway) -> Converted<InternetGateway> {
    let item = Item::new(x.internet_gateway_id, "InternetGatewayId")?;
    let gateway = InternetGateway { id: item.id.clone(), vpc_ids: vpc_ids(x.attachments), tags: tags(x.tags) };
    Ok((item.id, gateway))
}

fn egress_only_internet_gateway(x: sdk::EgressOnlyInternetGateway) -> Converted<EgressOnlyInternetGateway> {
    let item = Item::new(x.egress_only_internet_gateway_id, "EgressOnlyInternetGatewayId")?;
    let gateway = EgressOnlyInternetGateway { id: item.id.clone(), vpc_ids: vpc_ids(x.attachments), tags: tags(x.tags) };
    Ok((item.id, gateway))
}

fn vpc_ids(attachments: Option<Vec<sdk::InternetGatewayAttachment>>) -> Vec<String> {
    let attachments = attachments.unwrap_or_default().into_iter();
    attachments.filter(|attachment| is_attached(attachment.state.as_ref())).filter_map(|x| text(x.vpc_id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attachment(vpc_id: &str, state: &str) -> sdk::InternetGatewayAttachment {
        sdk::InternetGatewayAttachment::builder().vpc_id(vpc_id).state(sdk::AttachmentStatus::from(state)).build()
    }

    #[test]
    fn only_vpcs_it_is_attached_to_count() {
        let x = sdk::InternetGateway::builder()
            .internet_gateway_id("igw-0aa")
            .attachments(attachment("vpc-0aa", "available"))
            .attachments(attachment("vpc-0bb", "detaching"))
            .build();
        assert_eq!(internet_gateway(x).unwrap().1.vpc_ids, ["vpc-0aa"]);

        let x = sdk::EgressOnlyInternetGateway::builder()
            .egress_only_internet_gateway_id("eigw-0aa")
            .attachments(attachment("vpc-0aa", "attached"))
            .build();
        assert_eq!(egress_only_internet_gateway(x).unwrap().1.vpc_ids, ["vpc-0aa"]);
    }

    #[test]
    fn a_gateway_without_an_id_is_malformed() {
        assert!(internet_gateway(sdk::InternetGateway::builder().build()).is_err());
        assert!(egress_only_internet_gateway(sdk::EgressOnlyInternetGateway::builder().build()).is_err());
    }
}
