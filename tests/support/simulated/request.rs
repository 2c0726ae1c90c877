//! What a request asks: service, region, operation, parameters.

use std::collections::BTreeMap;

/// An HTTP request as it arrived.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    /// Headers by lower-case name.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

/// One API call.
#[derive(Debug)]
pub(super) struct Call {
    /// Service by the name of its SDK crate.
    pub(super) service: &'static str,
    /// Region of the credential scope.
    pub(super) region: String,
    /// Operation; method and path where it is none that AWS offers.
    pub(super) operation: String,
    /// Access key id that signed.
    pub(super) access_key: String,
    /// Session token, where the credentials have one.
    pub(super) session_token: Option<String>,
    /// When it was signed, in seconds since 1970 by the caller's clock.
    pub(super) signed_at: Option<i64>,
    /// Query and form parameters.
    pub(super) parameters: BTreeMap<String, String>,
    /// Segments of the path, decoded.
    pub(super) path: Vec<String>,
    /// `x-amz-account-id`, of S3 Control.
    pub(super) account_id: Option<String>,
    /// Body, for the protocols that are no form.
    pub(super) body: Vec<u8>,
}

impl Call {
    /// Reads the call from a signed request.
    ///
    /// # Errors
    /// What is wrong, where the request is not signed or names no service that is simulated.
    pub(super) fn read(request: Request) -> Result<Self, String> {
        let Request { method, target, headers, body } = request;
        let scope = CredentialScope::read(headers.get("authorization").map_or("", String::as_str))?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let mut parameters = form(query.as_bytes());
        if headers.get("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded")) {
            parameters.extend(form(&body));
        }
        let service = service_of(&scope.service, &path)?;
        let operation = match service {
            "ec2" | "sts" => parameters.get("Action").cloned(),
            "organizations" | "directconnect" | "pricing" => {
                headers.get("x-amz-target").and_then(|target| target.rsplit_once('.')).map(|(_, operation)| operation.to_owned())
            }
            "cloudwatch" => (headers.get("smithy-protocol").map(String::as_str) == Some("rpc-v2-cbor"))
                .then(|| path.last().cloned())
                .flatten(),
            _ => rest_operation(service, &method, &path, &parameters).map(str::to_owned),
        };
        Ok(Self {
            service,
            region: scope.region,
            operation: operation.unwrap_or_else(|| format!("{method} {target}")),
            access_key: scope.access_key,
            session_token: headers.get("x-amz-security-token").cloned(),
            signed_at: headers.get("x-amz-date").and_then(|date| signed_at(date)),
            parameters,
            path,
            account_id: headers.get("x-amz-account-id").cloned(),
            body,
        })
    }

    /// A parameter by name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The values of an EC2 filter, where the request has one of this name.
    pub(super) fn filter(&self, name: &str) -> Option<Vec<&str>> {
        let (key, _) = self
            .parameters
            .iter()
            .find(|(key, value)| key.starts_with("Filter.") && key.ends_with(".Name") && value.as_str() == name)?;
        let prefix = format!("{}.Value.", key.trim_end_matches(".Name"));
        Some(self.parameters.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(_, value)| value.as_str()).collect())
    }

    /// A segment of the path.
    pub(super) fn segment(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }
}

/// Who signed, for which region and service.
///
/// Source: IAM User Guide, "Elements of an AWS API request signature".
struct CredentialScope {
    access_key: String,
    region: String,
    service: String,
}

impl CredentialScope {
    fn read(authorization: &str) -> Result<Self, String> {
        let credential = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
        let parts: Vec<&str> = credential.split(',').next().unwrap_or("").split('/').collect();
        match parts[..] {
            [access_key, _date, region, service, "aws4_request"] => {
                Ok(Self { access_key: access_key.to_owned(), region: region.to_owned(), service: service.to_owned() })
            }
            _ => Err("the request is not signed".to_owned()),
        }
    }
}

/// The service by the name of its SDK crate; S3 Control signs as `s3` and is told by its path.
fn service_of(signing_name: &str, path: &[String]) -> Result<&'static str, String> {
    match signing_name {
        "s3" if path.first().is_some_and(|first| first == "v20180820") => Ok("s3control"),
        "s3" => Ok("s3"),
        "monitoring" => Ok("cloudwatch"),
        "ec2" => Ok("ec2"),
        "sts" => Ok("sts"),
        "route53" => Ok("route53"),
        "organizations" => Ok("organizations"),
        "directconnect" => Ok("directconnect"),
        "pricing" => Ok("pricing"),
        other => Err(format!("service `{other}` is not simulated")),
    }
}

/// The operation of a REST service, told by method, path and query.
fn rest_operation(service: &str, method: &str, path: &[String], query: &BTreeMap<String, String>) -> Option<&'static str> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match (service, method, path.as_slice()) {
        ("s3", "GET", []) => Some("ListBuckets"),
        ("s3", "GET", [_bucket]) => [
            ("location", "GetBucketLocation"),
            ("policy", "GetBucketPolicy"),
            ("policyStatus", "GetBucketPolicyStatus"),
            ("publicAccessBlock", "GetPublicAccessBlock"),
            ("acl", "GetBucketAcl"),
        ]
        .into_iter()
        .find_map(|(key, operation)| query.contains_key(key).then_some(operation)),
        ("s3control", "GET", [_, "configuration", "publicAccessBlock"]) => Some("GetPublicAccessBlock"),
        ("s3control", "GET", [_, "accesspoint"]) => Some("ListAccessPoints"),
        ("s3control", "GET", [_, "accesspoint", _name]) => Some("GetAccessPoint"),
        ("s3control", "GET", [_, "accesspoint", _name, "policy"]) => Some("GetAccessPointPolicy"),
        ("s3control", "GET", [_, "accesspoint", _name, "policyStatus"]) => Some("GetAccessPointPolicyStatus"),
        ("route53", "GET", [_, "hostedzonesbyvpc"]) => Some("ListHostedZonesByVPC"),
        ("route53", "GET", [_, "hostedzone", _id, "rrset"]) => Some("ListResourceRecordSets"),
        _ => None,
    }
}

/// The time of an `x-amz-date`, such as `20261126T101500Z`.
fn signed_at(date: &str) -> Option<i64> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok()?;
    Some(time.in_tz("UTC").ok()?.timestamp().as_second())
}

fn form(text: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A path segment without its percent signs; a plus sign is itself in a path.
fn decode(segment: &str) -> String {
    form_urlencoded::parse(segment.replace('+', "%2B").as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
