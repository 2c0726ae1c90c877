//! The policies that changes put in place: as narrow as the trust zone and the account's buckets allow.

use serde_json::{Value, json};

use crate::policy::{AwsBucket, Membership, Scope, aws_buckets};

/// Longest endpoint policy, in characters. Source: PrivateLink guide, "Control access to VPC endpoints using endpoint policies".
pub const MAX_ENDPOINT_POLICY: usize = 20_480;

/// Longest bucket policy, in bytes. Source: S3 guide, "Bucket policies for Amazon S3": 20 KB.
const MAX_BUCKET_POLICY: usize = 20_480;

/// The narrowest policy for an endpoint; `None` where the prefix of the service's actions is not known.
///
/// Who counts as inside reaches what belongs to somebody inside, and, for S3, everybody may read from the buckets of AWS that hosts in
/// the VPC need.
///
/// `implied`: services with an interface endpoint in the VPC, which show what is needed. Package repositories show in no endpoint and
/// count as needed.
#[must_use]
pub fn endpoint_policy(scope: &Scope, implied: impl Fn(&str) -> bool) -> Option<String> {
    let service = scope.service.as_deref()?;
    let region = scope.region.as_deref().unwrap_or_default();
    // A name of which a part is not known may be somebody else's bucket.
    let needed = |bucket: &AwsBucket| {
        !bucket.name.contains('*') && (bucket.purpose == "package-repositories" || bucket.implied_by.is_some_and(&implied))
    };
    let buckets: Vec<AwsBucket> =
        if service == "s3" { aws_buckets(region).into_iter().filter(needed).collect() } else { Vec::new() };
    let own: Vec<Value> = own_buckets(scope, service);
    let with = |resources: &[Value]| {
        let mut statements = inside(scope, service, resources);
        statements.extend(admitting_buckets_of_aws(&scope.partition, &buckets));
        json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
    };
    let named = with(&own);
    Some(if own.is_empty() || named.len() <= MAX_ENDPOINT_POLICY { named } else { with(&[]) })
}

/// The account's buckets by name, where every one is known and nobody else's may be meant.
fn own_buckets(scope: &Scope, service: &str) -> Vec<Value> {
    let alone =
        scope.organization == Membership::None && scope.trusted_accounts.is_empty() && scope.trusted_organizations.is_empty();
    if service != "s3" || !alone || !scope.known.all_buckets || scope.known.buckets.is_empty() {
        return Vec::new();
    }
    // Names that take more room than a policy has are not worth writing down.
    let length: usize = scope.known.buckets.iter().map(|bucket| 2 * bucket.len()).sum();
    if length > MAX_ENDPOINT_POLICY {
        return Vec::new();
    }
    let arn = |bucket: &String, tail: &str| json!(format!("arn:{}:s3:::{bucket}{tail}", scope.partition));
    scope.known.buckets.iter().flat_map(|bucket| [arn(bucket, ""), arn(bucket, "/*")]).collect()
}

/// The organizations and the other accounts that count as inside.
fn trust_zone(scope: &Scope) -> (Vec<&str>, Vec<&str>) {
    let mut organizations: Vec<&str> = scope.organization_id().into_iter().collect();
    organizations.extend(scope.trusted_organizations.iter().map(String::as_str));
    let own = scope.organization_id().is_none().then_some(scope.account.as_str());
    (organizations, own.into_iter().chain(scope.trusted_accounts.iter().map(String::as_str)).collect())
}

/// One statement for each way in which principal and resource may be inside.
fn inside(scope: &Scope, service: &str, resources: &[Value]) -> Vec<Value> {
    let (organizations, accounts) = trust_zone(scope);
    let told = |ids: &[&str]| if let [one] = ids { json!(one) } else { json!(ids) };
    let ways = [("OrgID", organizations, "Organization"), ("Account", accounts, "Account")];
    let mut statements = Vec::new();
    for (who, ids, of_who) in ways.iter().filter(|(_, ids, _)| !ids.is_empty()) {
        for (whose, owners, of_whose) in ways.iter().filter(|(_, ids, _)| !ids.is_empty()) {
            let resource = if resources.is_empty() { json!("*") } else { json!(resources) };
            statements.push(json!({
                "Sid": format!("Own{of_who}ToOwn{of_whose}"),
                "Effect": "Allow",
                "Principal": "*",
                "Action": format!("{service}:*"),
                "Resource": resource,
                "Condition": { "StringEquals": { format!("aws:Principal{who}"): told(ids), format!("aws:Resource{whose}"): told(owners) } },
            }));
        }
    }
    statements
}

/// Statements that let everybody read from buckets of AWS, and write to the few that are written to.
#[must_use]
pub fn admitting_buckets_of_aws(partition: &str, buckets: &[AwsBucket]) -> Vec<Value> {
    let statement = |sid: &str, action: &str, chosen: Vec<&AwsBucket>| {
        let arns: Vec<String> = chosen.iter().map(|bucket| format!("arn:{partition}:s3:::{}/*", bucket.name)).collect();
        (!arns.is_empty()).then(|| json!({ "Sid": sid, "Effect": "Allow", "Principal": "*", "Action": action, "Resource": arns }))
    };
    let (written, read): (Vec<&AwsBucket>, Vec<&AwsBucket>) = buckets.iter().partition(|bucket| bucket.is_written());
    [statement("ReadFromBucketsOfAws", "s3:GetObject", read), statement("WriteToBucketsOfAws", "s3:PutObject", written)]
        .into_iter()
        .flatten()
        .collect()
}

/// A policy with more statements at its end; `None` where the old one is no policy, or the new one longer than `longest`.
#[must_use]
pub fn with_statements(old: &str, more: Vec<Value>, longest: usize) -> Option<String> {
    let mut policy: Value = serde_json::from_str(old).ok()?;
    let statements = policy.as_object_mut()?.get_mut("Statement")?;
    if statements.is_object() {
        let one = statements.take();
        *statements = json!([one]);
    }
    let statements = statements.as_array_mut()?;
    for mut statement in more {
        // Within one policy each id stands once.
        let wanted = statement.get("Sid")?.as_str()?.to_owned();
        let taken = |sid: &str| statements.iter().any(|one| one.get("Sid").and_then(Value::as_str) == Some(sid));
        let sid = (1..=u32::MAX).map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}{n}") }).find(|sid| !taken(sid))?;
        statement.as_object_mut()?.insert("Sid".to_owned(), json!(sid));
        statements.push(statement);
    }
    let text = policy.to_string();
    (text.len() <= longest).then_some(text)
}

/// An endpoint policy that refuses whoever, or whatever, is outside, besides what it says already. Buckets of AWS stay as they are.
///
/// `whose`: `Principal` or `Resource`. A key that a request lacks is outside: that is how negated operators read it (IAM User
/// Guide, "Condition operators").
#[must_use]
pub fn refusing(scope: &Scope, old: &str, whose: &str) -> Option<String> {
    let (organizations, accounts) = trust_zone(scope);
    let mut outside = serde_json::Map::new();
    if !organizations.is_empty() {
        outside.insert(format!("aws:{whose}OrgID"), json!(organizations));
    }
    if !accounts.is_empty() {
        outside.insert(format!("aws:{whose}Account"), json!(accounts));
    }
    let mut deny = json!({
        "Sid": format!("DenyForeign{whose}s"),
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Condition": { "StringNotEquals": outside },
    });
    let arns = if scope.service.as_deref() == Some("s3") { arns_of_aws(scope) } else { Vec::new() };
    let (key, value) = if arns.is_empty() { ("Resource", json!("*")) } else { ("NotResource", json!(arns)) };
    deny.as_object_mut()?.insert(key.to_owned(), value);
    with_statements(old, vec![deny], MAX_ENDPOINT_POLICY)
}

/// What an endpoint policy says about everything but the buckets of AWS that are known by name.
#[must_use]
pub fn without_buckets_of_aws(old: &str, scope: &Scope) -> Option<String> {
    let deny = json!({ "Sid": "Rest", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": arns_of_aws(scope) });
    with_statements(old, vec![deny], usize::MAX)
}

/// The buckets of AWS that are known by their whole name, and their objects.
fn arns_of_aws(scope: &Scope) -> Vec<String> {
    aws_buckets(scope.region.as_deref().unwrap_or_default())
        .iter()
        .filter(|bucket| !bucket.name.contains('*'))
        .flat_map(|bucket| ["", "/*"].map(|tail| format!("arn:{}:s3:::{}{tail}", scope.partition, bucket.name)))
        .collect()
}

/// A bucket policy that refuses requests without TLS, to the bucket and to its objects, besides what it says already.
///
/// `old`: the policy there is, as JSON. `None` where that is no policy, or too long for one more statement.
/// Source: S3 guide, "Security best practices for Amazon S3", "Enforce encryption of data in transit".
#[must_use]
pub fn with_tls_only(partition: &str, bucket: &str, old: Option<&str>) -> Option<String> {
    let arn = format!("arn:{partition}:s3:::{bucket}");
    let deny = json!({
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    with_statements(old.unwrap_or(r#"{"Version":"2012-10-17","Statement":[]}"#), vec![deny], MAX_BUCKET_POLICY)
}
