//! S3: path-style REST, XML out.

use natless::model::s3::{AclGrant, Bucket, PublicAccessBlock};
use natless::model::{Observed, Partition};

use super::failure::{Answer, Failure};
use super::page::page;
use super::server::{Context, Reply};
use super::xml::Xml;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// Canonical user of the account, where no grant tells it.
const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

pub(super) fn answer(context: &Context<'_>) -> Answer {
    match context.call.operation.as_str() {
        "ListBuckets" => list_buckets(context),
        "GetBucketLocation" => location(context),
        "GetBucketPolicy" => {
            let policy = known(context, &bucket(context)?.policy)?;
            policy.as_deref().map(Reply::policy).ok_or_else(no_policy)
        }
        "GetBucketPolicyStatus" => {
            let public = known(context, &bucket(context)?.policy_is_public)?.ok_or_else(no_policy)?;
            Ok(policy_status(public))
        }
        "GetPublicAccessBlock" => public_access_block(*known(context, &bucket(context)?.public_access_block)?),
        "GetBucketAcl" => Ok(acl(known(context, &bucket(context)?.acl)?)),
        _ => Err(Failure::unknown_operation(context.call)),
    }
}

/// The value, or the denial that stands in its place.
pub(super) fn known<'a, T>(context: &Context<'_>, observed: &'a Observed<T>) -> Result<&'a T, Failure> {
    observed.known().ok_or_else(|| Failure::denied(context.call))
}

/// The answer of `GetPublicAccessBlock` for a bucket, and of S3 Control for the account.
pub(super) fn public_access_block(block: Option<PublicAccessBlock>) -> Answer {
    let block = block.ok_or_else(|| {
        Failure::new(404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
    })?;
    Ok(Reply::xml(Xml::document("PublicAccessBlockConfiguration", NAMESPACE, |xml| switches(xml, block))))
}

/// The four switches of Block Public Access.
pub(super) fn switches(xml: &mut Xml, block: PublicAccessBlock) {
    xml.text("BlockPublicAcls", block.block_public_acls)
        .text("IgnorePublicAcls", block.ignore_public_acls)
        .text("BlockPublicPolicy", block.block_public_policy)
        .text("RestrictPublicBuckets", block.restrict_public_buckets);
}

/// `ListBuckets` tells the regions only to a caller that asks for pages.
///
/// Source: Amazon S3 API Reference, "`ListBuckets`", "`BucketRegion`": "Only included in the response if the request
/// contains at least one valid parameter".
fn list_buckets(context: &Context<'_>) -> Answer {
    let call = context.call;
    let tells_regions =
        ["max-buckets", "continuation-token", "prefix", "bucket-region"].iter().any(|name| call.parameter(name).is_some());
    let hidden = context.hide_bucket_regions;
    let buckets = &context.inventory.buckets;
    // "If you don't specify a value, the response returns all buckets."
    let mut context = Context { page_size: context.page_size.filter(|_| tells_regions), ..*context };
    context.pages = context.pages.filter(|_| tells_regions);
    let page = page(
        &context,
        buckets.items.len(),
        !buckets.is_complete(),
        call.parameter("max-buckets"),
        call.parameter("continuation-token"),
    )?;
    Ok(Reply::xml(Xml::document("ListAllMyBucketsResult", NAMESPACE, |xml| {
        xml.node("Owner", |xml| {
            xml.text("ID", OWNER);
        })
        .node("Buckets", |xml| {
            for bucket in page.of(buckets.values()) {
                xml.node("Bucket", |xml| {
                    xml.text("Name", &bucket.name).text("CreationDate", "2026-01-02T03:04:05.000Z");
                    xml.opt("BucketRegion", bucket.region.known().filter(|_| tells_regions && !hidden));
                });
            }
        })
        .opt("ContinuationToken", page.next);
    })))
}

fn named<'a>(context: &Context<'a>) -> Result<&'a Bucket, Failure> {
    let name = context.call.segment(0);
    let bucket = context.inventory.buckets.get(name);
    bucket.ok_or_else(|| Failure::new(404, "NoSuchBucket", "The specified bucket does not exist"))
}

/// The bucket that the path names, asked in its own region.
fn bucket<'a>(context: &Context<'a>) -> Result<&'a Bucket, Failure> {
    let bucket = named(context)?;
    match bucket.region.known() {
        Some(region) if *region != context.call.region => Err(Failure {
            bucket_region: Some(region.clone()),
            ..Failure::new(
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
            )
        }),
        _ => Ok(bucket),
    }
}

/// The region of a bucket, told in the partition's first region for every bucket; nothing stands for `us-east-1`.
fn location(context: &Context<'_>) -> Answer {
    let bucket = named(context)?;
    let region = known(context, &bucket.region)?;
    if context.call.region != Partition::of_region(region).global_region() {
        self::bucket(context)?;
    }
    let constraint = if region == "us-east-1" { "" } else { region };
    Ok(Reply::xml(Xml::document("LocationConstraint", NAMESPACE, |xml| {
        xml.raw_text(constraint);
    })))
}

fn policy_status(public: bool) -> Reply {
    Reply::xml(Xml::document("PolicyStatus", NAMESPACE, |xml| {
        xml.text("IsPublic", public);
    }))
}

fn no_policy() -> Failure {
    Failure::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
}

fn acl(grants: &[AclGrant]) -> Reply {
    let owner = grants.iter().find(|grant| grant.is_owner).map_or(OWNER, |grant| &grant.grantee);
    Reply::xml(Xml::document("AccessControlPolicy", NAMESPACE, |xml| {
        xml.node("Owner", |xml| {
            xml.text("ID", owner);
        });
        xml.node("AccessControlList", |xml| {
            for grant in grants {
                xml.node("Grant", |xml| {
                    let attributes =
                        format!(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"{}\"", grant.grantee_type);
                    let name = match grant.grantee_type.as_str() {
                        "Group" => "URI",
                        "AmazonCustomerByEmail" => "EmailAddress",
                        _ => "ID",
                    };
                    xml.node_with("Grantee", &attributes, |xml| {
                        xml.text(name, &grant.grantee);
                    })
                    .text("Permission", &grant.permission);
                });
            }
        });
    }))
}
