//! Access points of one region, and the public access block of the account.

use aws_sdk_s3control::types::PublicAccessBlockConfiguration;
use futures::future::join_all;

use super::calls::{
    GET_ACCESS_POINT, GET_ACCESS_POINT_POLICY, GET_ACCESS_POINT_POLICY_STATUS, GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    LIST_ACCESS_POINTS,
};
use super::s3::{member, policy_text};
use super::session::RegionSession;
use crate::model::s3::{AccessPoint, NetworkOrigin, PublicAccessBlock};
use crate::model::{Listing, Observed};

/// What the account blocks for every bucket; `Known(None)` when it was never set.
pub(crate) async fn account_public_access_block(session: &RegionSession) -> Observed<Option<PublicAccessBlock>> {
    let request = || session.s3control().get_public_access_block().account_id(&session.account_id).send();
    let result = session.call(&GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, None, request).await;
    member(session, &GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, None, result, |answer| {
        answer.public_access_block_configuration().map(switches)
    })
}

/// Access points of the region, each with its policy.
pub(crate) async fn access_points(session: &RegionSession) -> Listing<AccessPoint> {
    let page = |token| session.s3control().list_access_points().account_id(&session.account_id).set_next_token(token).send();
    let (answers, gap) = session
        .pages(
            &LIST_ACCESS_POINTS,
            None,
            page,
            aws_sdk_s3control::operation::list_access_points::ListAccessPointsOutput::next_token,
        )
        .await;
    let points =
        answers.iter().flat_map(aws_sdk_s3control::operation::list_access_points::ListAccessPointsOutput::access_point_list);
    let read = join_all(points.map(|point| access_point(session, point))).await;
    Listing { items: read.into_iter().map(|point| (point.name.clone(), point)).collect(), gap }
}

async fn access_point(session: &RegionSession, listed: &aws_sdk_s3control::types::AccessPoint) -> AccessPoint {
    let (name, account) = (listed.name(), session.account_id.as_str());
    let resource = Some(name);
    let client = session.s3control();
    let (point, policy, status) = tokio::join!(
        session.call(&GET_ACCESS_POINT, resource, || client.get_access_point().account_id(account).name(name).send()),
        session.call(&GET_ACCESS_POINT_POLICY, resource, || client
            .get_access_point_policy()
            .account_id(account)
            .name(name)
            .send()),
        session.call(&GET_ACCESS_POINT_POLICY_STATUS, resource, || {
            client.get_access_point_policy_status().account_id(account).name(name).send()
        }),
    );
    let partition = session.run.partition.as_str();
    AccessPoint {
        name: name.to_owned(),
        arn: listed
            .access_point_arn()
            .map_or_else(|| format!("arn:{partition}:s3:{}:{account}:accesspoint/{name}", session.region), str::to_owned),
        bucket: listed.bucket().to_owned(),
        bucket_account: listed.bucket_account_id().map(str::to_owned),
        network_origin: NetworkOrigin::from(listed.network_origin().as_str()),
        vpc_id: listed.vpc_configuration().map(|vpc| vpc.vpc_id().to_owned()),
        public_access_block: match point {
            // A page of something that stands in for AWS reads as an access point without anything.
            Ok(Some(point)) if point.name().is_none() => Observed::Unknown(session.malformed(
                &GET_ACCESS_POINT,
                resource,
                "the answer lacks what was asked for".to_owned(),
            )),
            Ok(point) => Observed::Known(point.and_then(|point| point.public_access_block_configuration().map(switches))),
            Err(gap) => Observed::Unknown(gap),
        },
        policy: policy_text(session, &GET_ACCESS_POINT_POLICY, name, policy, |answer| answer.policy().map(str::to_owned)),
        policy_is_public: member(session, &GET_ACCESS_POINT_POLICY_STATUS, resource, status, |answer| {
            answer.policy_status().map(aws_sdk_s3control::types::PolicyStatus::is_public)
        }),
    }
}

fn switches(block: &PublicAccessBlockConfiguration) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: block.block_public_acls().unwrap_or(false),
        ignore_public_acls: block.ignore_public_acls().unwrap_or(false),
        block_public_policy: block.block_public_policy().unwrap_or(false),
        restrict_public_buckets: block.restrict_public_buckets().unwrap_or(false),
    }
}
