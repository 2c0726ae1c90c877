//! Buckets, each asked in its own region.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput;
use aws_sdk_s3::types::{Grant, PublicAccessBlockConfiguration};
use futures::future::join_all;

use super::calls::{
    ApiCall, GET_BUCKET_ACL, GET_BUCKET_LOCATION, GET_BUCKET_POLICY, GET_BUCKET_POLICY_STATUS, GET_BUCKET_PUBLIC_ACCESS_BLOCK,
    LIST_BUCKETS,
};
use super::regions::Choice;
use super::session::{RegionSession, Run};
use crate::model::s3::{AclGrant, Bucket, PublicAccessBlock};
use crate::model::{GapId, Listing, Observed, is_region_name};

/// Buckets per page; only a list asked in pages tells the buckets' regions.
///
/// Source: S3 API Reference, `ListBuckets`, `MaxBuckets` and `BucketRegion`.
const PAGE: i32 = 1_000;

/// The account's buckets in the chosen regions. A bucket whose region could not be read is kept, all of it unknown.
pub(crate) async fn buckets(run: &Arc<Run>, session: &RegionSession, choice: &Choice) -> Listing<Bucket> {
    let page = |token| session.s3().list_buckets().max_buckets(PAGE).set_continuation_token(token).send();
    let (answers, gap) = session
        .pages(&LIST_BUCKETS, None, page, aws_sdk_s3::operation::list_buckets::ListBucketsOutput::continuation_token)
        .await;
    let listed: BTreeMap<&str, Option<&str>> = answers
        .iter()
        .flat_map(aws_sdk_s3::operation::list_buckets::ListBucketsOutput::buckets)
        .filter_map(|bucket| Some((bucket.name()?, bucket.bucket_region().filter(|region| is_region_name(region)))))
        .collect();
    let sessions = Sessions::new(run, listed.values().flatten().copied());
    // The first region of the partition tells the location of any bucket, others only of their own.
    let locator = &RegionSession::new(run, run.partition.global_region());
    let read = join_all(listed.into_iter().map(|(name, region)| bucket(run, locator, &sessions, choice, name, region))).await;
    Listing { items: read.into_iter().flatten().map(|bucket| (bucket.name.clone(), bucket)).collect(), gap }
}

/// One session per region that has buckets, so that clients are made once.
struct Sessions(BTreeMap<String, RegionSession>);

impl Sessions {
    fn new<'a>(run: &Arc<Run>, regions: impl Iterator<Item = &'a str>) -> Self {
        Self(regions.map(|region| (region.to_owned(), RegionSession::new(run, region))).collect())
    }

    fn get(&self, run: &Arc<Run>, region: &str) -> RegionSession {
        self.0.get(region).cloned().unwrap_or_else(|| RegionSession::new(run, region))
    }
}

async fn bucket(
    run: &Arc<Run>,
    locator: &RegionSession,
    sessions: &Sessions,
    choice: &Choice,
    name: &str,
    region: Option<&str>,
) -> Option<Bucket> {
    let region = match region {
        Some(region) => region.to_owned(),
        None => match location(locator, name).await {
            Ok(region) => region,
            Err(gap) => return Some(unread(name, &gap)),
        },
    };
    if !choice.includes(&region) {
        return None;
    }
    // Boxed: four requests in flight make a large future, and there is one per bucket.
    Some(Box::pin(settings(&sessions.get(run, &region), name)).await)
}

async fn location(locator: &RegionSession, name: &str) -> Result<String, GapId> {
    let answer =
        locator.call(&GET_BUCKET_LOCATION, Some(name), || locator.s3().get_bucket_location().bucket(name).send()).await?;
    let constraint = answer.as_ref().and_then(|answer| answer.location_constraint()).map_or("", |place| place.as_str());
    let region = region_of(constraint);
    if is_region_name(region) {
        return Ok(region.to_owned());
    }
    let message = format!("the answer names a region `{region}`, and no region is named like that");
    Err(locator.malformed(&GET_BUCKET_LOCATION, Some(name), message))
}

/// The region that a location constraint means. The oldest two regions have words of their own.
///
/// Source: S3 API Reference, `GetBucketLocation`, `LocationConstraint`.
fn region_of(constraint: &str) -> &str {
    match constraint {
        "" | "US" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    }
}

async fn settings(session: &RegionSession, name: &str) -> Bucket {
    let client = session.s3();
    let resource = Some(name);
    let (policy, status, block, acl) = tokio::join!(
        session.call(&GET_BUCKET_POLICY, resource, || client.get_bucket_policy().bucket(name).send()),
        session.call(&GET_BUCKET_POLICY_STATUS, resource, || client.get_bucket_policy_status().bucket(name).send()),
        session.call(&GET_BUCKET_PUBLIC_ACCESS_BLOCK, resource, || client.get_public_access_block().bucket(name).send()),
        session.call(&GET_BUCKET_ACL, resource, || client.get_bucket_acl().bucket(name).send()),
    );
    Bucket {
        name: name.to_owned(),
        region: Observed::Known(session.region.clone()),
        policy: policy_text(session, &GET_BUCKET_POLICY, name, policy, |answer| answer.policy().map(str::to_owned)),
        policy_is_public: member(session, &GET_BUCKET_POLICY_STATUS, resource, status, |answer| {
            answer.policy_status().and_then(aws_sdk_s3::types::PolicyStatus::is_public)
        }),
        public_access_block: member(session, &GET_BUCKET_PUBLIC_ACCESS_BLOCK, resource, block, |answer| {
            answer.public_access_block_configuration().map(switches)
        }),
        acl: observed(acl.map(|answer| answer.as_ref().map(grants).unwrap_or_default())),
        tags: BTreeMap::new(),
    }
}

/// What an answer holds; `Known(None)` only where AWS said that there is none. An answer without what it is there to tell
/// is not taken for "none".
pub(super) fn member<O, T>(
    session: &RegionSession,
    call: &'static ApiCall,
    resource: Option<&str>,
    result: Result<Option<O>, GapId>,
    of: impl FnOnce(&O) -> Option<T>,
) -> Observed<Option<T>> {
    match result {
        Ok(None) => Observed::Known(None),
        Ok(Some(answer)) => match of(&answer) {
            Some(value) => Observed::Known(Some(value)),
            None => Observed::Unknown(session.malformed(call, resource, "the answer lacks what was asked for".to_owned())),
        },
        Err(gap) => Observed::Unknown(gap),
    }
}

/// The text of a policy. S3 keeps a policy only where it is JSON, so that anything else is not what S3 keeps.
pub(super) fn policy_text<O>(
    session: &RegionSession,
    call: &'static ApiCall,
    resource: &str,
    result: Result<Option<O>, GapId>,
    of: impl FnOnce(&O) -> Option<String>,
) -> Observed<Option<String>> {
    match member(session, call, Some(resource), result, of) {
        Observed::Known(Some(text)) if !is_json_object(&text) => {
            Observed::Unknown(session.malformed(call, Some(resource), "the policy is not JSON".to_owned()))
        }
        observed => observed,
    }
}

fn is_json_object(text: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).is_ok()
}

fn observed<T>(result: Result<T, GapId>) -> Observed<T> {
    match result {
        Ok(value) => Observed::Known(value),
        Err(gap) => Observed::Unknown(gap),
    }
}

fn unread(name: &str, gap: &GapId) -> Bucket {
    Bucket {
        name: name.to_owned(),
        region: Observed::Unknown(gap.clone()),
        policy: Observed::Unknown(gap.clone()),
        policy_is_public: Observed::Unknown(gap.clone()),
        public_access_block: Observed::Unknown(gap.clone()),
        acl: Observed::Unknown(gap.clone()),
        tags: BTreeMap::new(),
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

fn grants(acl: &GetBucketAclOutput) -> Vec<AclGrant> {
    let owner = acl.owner().and_then(|owner| owner.id());
    let mut grants: Vec<AclGrant> = acl.grants().iter().filter_map(|grant| acl_grant(grant, owner)).collect();
    grants.sort();
    grants
}

fn acl_grant(grant: &Grant, owner: Option<&str>) -> Option<AclGrant> {
    let grantee = grant.grantee()?;
    let name = grantee.uri().or_else(|| grantee.id()).or_else(|| grantee.email_address())?;
    Some(AclGrant {
        grantee: name.to_owned(),
        grantee_type: grantee.r#type().as_str().to_owned(),
        permission: grant.permission().map_or("", |permission| permission.as_str()).to_owned(),
        is_owner: grantee.id().is_some() && grantee.id() == owner,
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{Grantee, Owner, Permission, Type};

    use super::*;

    #[test]
    fn location_constraints_name_regions() {
        assert_eq!(region_of(""), "us-east-1");
        assert_eq!(region_of("EU"), "eu-west-1");
        assert_eq!(region_of("ap-south-1"), "ap-south-1");
    }

    #[test]
    fn grants_tell_the_owner_from_the_world() {
        let user = Grantee::builder().r#type(Type::CanonicalUser).id("me").build().unwrap();
        let world =
            Grantee::builder().r#type(Type::Group).uri("http://acs.amazonaws.com/groups/global/AllUsers").build().unwrap();
        let grant = |grantee, permission| Grant::builder().grantee(grantee).permission(permission).build();
        let acl = GetBucketAclOutput::builder()
            .owner(Owner::builder().id("me").build())
            .grants(grant(user, Permission::FullControl))
            .grants(grant(world, Permission::Read))
            .build();
        let read = grants(&acl);
        assert_eq!(read.len(), 2);
        assert!(read.iter().any(|grant| grant.is_owner && grant.permission == "FULL_CONTROL"));
        assert!(read.iter().any(|grant| !grant.is_owner && grant.grantee.ends_with("AllUsers") && grant.grantee_type == "Group"));
    }
}
