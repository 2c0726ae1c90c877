//! S3 Control: access points, and what the account blocks.

use natless::model::s3::AccessPoint;

use super::failure::{Answer, Failure};
use super::page::page;
use super::s3::{known, public_access_block, switches};
use super::server::{Context, Reply};
use super::xml::Xml;

const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

pub(super) fn answer(context: &Context<'_>) -> Answer {
    let call = context.call;
    if call.account_id.as_ref() != Some(&context.inventory.account.id) {
        return Err(Failure::denied(call));
    }
    match call.operation.as_str() {
        "GetPublicAccessBlock" => public_access_block(*known(context, &context.inventory.account_public_access_block)?),
        "ListAccessPoints" => list(context),
        "GetAccessPoint" => get(context),
        "GetAccessPointPolicy" => {
            let policy = known(context, &access_point(context)?.policy)?.as_ref().ok_or_else(no_policy)?;
            Ok(Reply::xml(Xml::document("GetAccessPointPolicyResult", NAMESPACE, |xml| {
                xml.text("Policy", policy);
            })))
        }
        "GetAccessPointPolicyStatus" => {
            let public = known(context, &access_point(context)?.policy_is_public)?.ok_or_else(no_policy)?;
            Ok(Reply::xml(Xml::document("GetAccessPointPolicyStatusResult", NAMESPACE, |xml| {
                xml.node("PolicyStatus", |xml| {
                    xml.text("IsPublic", public);
                });
            })))
        }
        _ => Err(Failure::unknown_operation(call)),
    }
}

fn list(context: &Context<'_>) -> Answer {
    let call = context.call;
    let Some(region) = context.inventory.regions.get(&call.region) else {
        return Ok(Reply::xml(Xml::document("ListAccessPointsResult", NAMESPACE, |xml| {
            xml.node("AccessPointList", |_| {});
        })));
    };
    let points = &region.access_points;
    let page =
        page(context, points.items.len(), !points.is_complete(), call.parameter("maxResults"), call.parameter("nextToken"))?;
    Ok(Reply::xml(Xml::document("ListAccessPointsResult", NAMESPACE, |xml| {
        xml.node("AccessPointList", |xml| {
            for point in page.of(points.values()) {
                xml.node("AccessPoint", |xml| common(xml, point));
            }
        })
        .opt("NextToken", page.next);
    })))
}

fn get(context: &Context<'_>) -> Answer {
    let point = access_point(context)?;
    let block = known(context, &point.public_access_block)?;
    Ok(Reply::xml(Xml::document("GetAccessPointResult", NAMESPACE, |xml| {
        common(xml, point);
        if let Some(block) = *block {
            xml.node("PublicAccessBlockConfiguration", |xml| switches(xml, block));
        }
    })))
}

fn access_point<'a>(context: &Context<'a>) -> Result<&'a AccessPoint, Failure> {
    let region = context.inventory.regions.get(&context.call.region);
    let point = region.and_then(|region| region.access_points.get(context.call.segment(2)));
    point.ok_or_else(|| Failure::new(404, "NoSuchAccessPoint", "The specified accesspoint does not exist"))
}

fn no_policy() -> Failure {
    Failure::new(404, "NoSuchAccessPointPolicy", "The specified accesspoint does not have a policy")
}

fn common(xml: &mut Xml, point: &AccessPoint) {
    xml.text("Name", &point.name).text("NetworkOrigin", &point.network_origin);
    if let Some(vpc) = &point.vpc_id {
        xml.node("VpcConfiguration", |xml| {
            xml.text("VpcId", vpc);
        });
    }
    xml.text("Bucket", &point.bucket).text("AccessPointArn", &point.arn).opt("BucketAccountId", point.bucket_account.as_ref());
}
