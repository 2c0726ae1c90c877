//! Virtual private clouds, with what has to be asked for each of them.

use aws_sdk_ec2::operation::describe_vpcs::DescribeVpcsOutput;
use aws_sdk_ec2::types as sdk;
use futures::future::join_all;
use ipnet::{Ipv4Net, Ipv6Net};

use super::convert::{Converted, Item, listing, tags, text};
use crate::collect::calls::{DESCRIBE_VPC_ATTRIBUTE, DESCRIBE_VPCS};
use crate::collect::route53;
use crate::collect::session::RegionSession;
use crate::model::ec2::Vpc;
use crate::model::route53::HostedZone;
use crate::model::{Listing, Observed};

/// Every VPC of the region. Once the list is there, all VPCs are asked for their attributes and hosted zones at once.
pub(super) async fn vpcs(session: &RegionSession) -> Listing<Vpc> {
    let page = |token| session.ec2().describe_vpcs().max_results(1000).set_next_token(token).send();
    let (pages, gap) = session.pages(&DESCRIBE_VPCS, None, page, DescribeVpcsOutput::next_token).await;
    let vpcs = pages.into_iter().flat_map(|page| page.vpcs.unwrap_or_default());
    listing(session, &DESCRIBE_VPCS, gap, join_all(vpcs.map(|vpc| complete(session, vpc))).await)
}

/// What `DescribeVpcs` does not tell about a VPC.
struct Asked {
    dns_support: Observed<bool>,
    dns_hostnames: Observed<bool>,
    hosted_zones: Observed<Vec<HostedZone>>,
}

async fn complete(session: &RegionSession, x: sdk::Vpc) -> Converted<Vpc> {
    let item = Item::new(x.vpc_id.clone(), "VpcId")?;
    let attributes = async {
        // The zones of every region go out first: their records are asked for next.
        tokio::task::yield_now().await;
        futures::join!(
            attribute(session, &item.id, sdk::VpcAttributeName::EnableDnsSupport),
            attribute(session, &item.id, sdk::VpcAttributeName::EnableDnsHostnames),
        )
    };
    let (hosted_zones, (dns_support, dns_hostnames)) = futures::join!(route53::hosted_zones(session, &item.id), attributes);
    from_sdk(x, Asked { dns_support, dns_hostnames, hosted_zones })
}

/// One attribute of a VPC: the call answers one at a time.
async fn attribute(session: &RegionSession, vpc_id: &str, name: sdk::VpcAttributeName) -> Observed<bool> {
    let request = || session.ec2().describe_vpc_attribute().vpc_id(vpc_id).attribute(name.clone()).send();
    let answer = match session.call(&DESCRIBE_VPC_ATTRIBUTE, Some(vpc_id), request).await {
        Ok(answer) => answer,
        Err(gap) => return Observed::Unknown(gap),
    };
    let value = answer.and_then(|answer| match name {
        sdk::VpcAttributeName::EnableDnsSupport => answer.enable_dns_support?.value,
        _ => answer.enable_dns_hostnames?.value,
    });
    value.map_or_else(
        || {
            let message = format!("`{vpc_id}` has no `{}`", name.as_str());
            Observed::Unknown(session.malformed(&DESCRIBE_VPC_ATTRIBUTE, Some(vpc_id), message))
        },
        Observed::Known,
    )
}

fn from_sdk(x: sdk::Vpc, asked: Asked) -> Converted<Vpc> {
    let item = Item::new(x.vpc_id, "VpcId")?;
    let primary = item.ipv4_net(&item.text(x.cidr_block, "CidrBlock")?, "CidrBlock")?;
    let vpc = Vpc {
        owner_id: item.text(x.owner_id, "OwnerId")?,
        ipv4_cidrs: ipv4_cidrs(&item, primary, x.cidr_block_association_set.unwrap_or_default())?,
        ipv6_cidrs: ipv6_cidrs(&item, x.ipv6_cidr_block_association_set.unwrap_or_default())?,
        is_default: item.required(x.is_default, "IsDefault")?,
        dhcp_options_id: text(x.dhcp_options_id),
        dns_support: asked.dns_support,
        dns_hostnames: asked.dns_hostnames,
        hosted_zones: asked.hosted_zones,
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, vpc))
}

/// The blocks in force, the primary one first: "You cannot disassociate the CIDR block with which you originally created the
/// VPC (the primary CIDR block)" (EC2 API reference, `DisassociateVpcCidrBlock`).
fn ipv4_cidrs(item: &Item, primary: Ipv4Net, blocks: Vec<sdk::VpcCidrBlockAssociation>) -> Result<Vec<Ipv4Net>, String> {
    let mut cidrs = vec![primary];
    for block in blocks.into_iter().filter(|block| is_associated(block.cidr_block_state.as_ref())) {
        let cidr = item.ipv4_net(&item.text(block.cidr_block, "CidrBlock")?, "CidrBlock")?;
        if cidr != primary {
            cidrs.push(cidr);
        }
    }
    Ok(cidrs)
}

fn ipv6_cidrs(item: &Item, blocks: Vec<sdk::VpcIpv6CidrBlockAssociation>) -> Result<Vec<Ipv6Net>, String> {
    let associated = blocks.into_iter().filter(|block| is_associated(block.ipv6_cidr_block_state.as_ref()));
    associated.map(|block| item.ipv6_net(&item.text(block.ipv6_cidr_block, "Ipv6CidrBlock")?, "Ipv6CidrBlock")).collect()
}

fn is_associated(state: Option<&sdk::VpcCidrBlockState>) -> bool {
    state.and_then(|state| state.state.as_ref()) == Some(&sdk::VpcCidrBlockStateCode::Associated)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GapId;

    fn asked() -> Asked {
        Asked {
            dns_support: Observed::Known(true),
            dns_hostnames: Observed::Unknown(GapId("eu-west-1/ec2:DescribeVpcAttribute/vpc-0aa".to_owned())),
            hosted_zones: Observed::Known(Vec::new()),
        }
    }

    fn state(code: sdk::VpcCidrBlockStateCode) -> sdk::VpcCidrBlockState {
        sdk::VpcCidrBlockState::builder().state(code).build()
    }

    fn ipv4(cidr: &str, code: sdk::VpcCidrBlockStateCode) -> sdk::VpcCidrBlockAssociation {
        sdk::VpcCidrBlockAssociation::builder().cidr_block(cidr).cidr_block_state(state(code)).build()
    }

    fn bare() -> sdk::builders::VpcBuilder {
        sdk::Vpc::builder().vpc_id("vpc-0aa").owner_id("111122223333").cidr_block("10.0.0.0/16").is_default(false)
    }

    #[test]
    fn only_associated_blocks_count_and_the_primary_one_leads() {
        use sdk::VpcCidrBlockStateCode::{Associated, Disassociated, Failed};
        let ipv6 = |cidr: &str, code| {
            sdk::VpcIpv6CidrBlockAssociation::builder().ipv6_cidr_block(cidr).ipv6_cidr_block_state(state(code)).build()
        };
        let x = bare()
            .cidr_block_association_set(ipv4("10.2.0.0/16", Associated))
            .cidr_block_association_set(ipv4("10.0.0.0/16", Associated))
            .cidr_block_association_set(ipv4("10.3.0.0/16", Failed))
            .ipv6_cidr_block_association_set(ipv6("2001:db8::/56", Associated))
            .ipv6_cidr_block_association_set(ipv6("2001:db8:1::/56", Disassociated))
            .dhcp_options_id("dopt-0aa")
            .build();
        let (id, vpc) = from_sdk(x, asked()).unwrap();
        assert_eq!(id, "vpc-0aa");
        let cidrs: Vec<_> = vpc.ipv4_cidrs.iter().map(ToString::to_string).collect();
        assert_eq!(cidrs, ["10.0.0.0/16", "10.2.0.0/16"]);
        assert_eq!(vpc.ipv6_cidrs.len(), 1);
        assert_eq!(vpc.dhcp_options_id.as_deref(), Some("dopt-0aa"));
        assert_eq!(vpc.dns_support.known(), Some(&true));
        assert!(vpc.dns_hostnames.gap().is_some());
    }

    #[test]
    fn a_vpc_without_owner_or_block_is_malformed() {
        let ownerless = sdk::Vpc::builder().vpc_id("vpc-0aa").cidr_block("10.0.0.0/16").is_default(true).build();
        assert_eq!(from_sdk(ownerless, asked()).unwrap_err(), "`vpc-0aa` has no `OwnerId`");
        let blockless = sdk::Vpc::builder().vpc_id("vpc-0aa").owner_id("111122223333").is_default(true).build();
        assert_eq!(from_sdk(blockless, asked()).unwrap_err(), "`vpc-0aa` has no `CidrBlock`");
    }
}
