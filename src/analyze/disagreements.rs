//! Buckets of which S3 and natless say different things.

use super::{Audit, Reading};
use crate::model::s3::Bucket;
use crate::policy::{Question, Verdict};

/// Buckets that are named.
const SHOWN: usize = 3;

/// One note for each bucket whose policy S3 calls public and natless does not, or the other way round.
///
/// Where natless cannot tell there is nothing to disagree about: S3's word decides.
pub(super) fn disagreements(audit: &Audit<'_>) -> Vec<String> {
    let mut notes: Vec<String> = audit.inventory.buckets.values().filter_map(|bucket| disagreement(audit, bucket)).collect();
    let more = notes.len().saturating_sub(SHOWN);
    if more > 1 {
        notes.truncate(SHOWN);
        notes.push(format!("{more} more buckets of which S3 and natless do not say the same about their policy being public"));
    }
    notes
}

fn disagreement(audit: &Audit<'_>, bucket: &Bucket) -> Option<String> {
    let said = bucket.policy_is_public.known().copied().flatten()?;
    let Reading::Decided(decided) = audit.policies.bucket(&bucket.name) else { return None };
    let (s3, natless) = match (said, decided.verdict(Question::Public)?) {
        (true, Verdict::No) => ("is", "is not"),
        (false, Verdict::Yes) => ("is not", "is"),
        (true, Verdict::Yes) | (false, Verdict::No) | (_, Verdict::Unknown) => return None,
    };
    Some(format!(
        "bucket {}: S3 says its policy {s3} public, natless says it {natless}: {}",
        bucket.name,
        decided.answer(Question::Public)?.why
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::analyze::{Settings, fixtures};

    fn notes(buckets: &Value) -> Vec<String> {
        let inventory = fixtures::inventory(&json!({ "buckets": buckets }));
        let settings = Settings::default();
        disagreements(&Audit::new(&inventory, &settings))
    }

    fn bucket(name: &str, condition: &Value, said: &Value) -> Value {
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::{name}/*"), "Condition": condition }] });
        json!({ "policy": { "known": policy.to_string() }, "policy_is_public": said })
    }

    #[test]
    fn only_definite_answers_that_differ_are_noted() {
        let network = json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } });
        let undocumented = json!({ "StringEquals": { "aws:PrincipalAccount": "111122223333" } });
        let (yes, no) = (json!({ "known": true }), json!({ "known": false }));
        let unread = json!({ "unknown": "eu-west-1/s3:GetBucketPolicyStatus/unread" });
        let notes = notes(&json!({
            "agreed-no": bucket("agreed-no", &network, &no),
            "agreed-yes": bucket("agreed-yes", &json!({}), &yes),
            "bare": {},
            "closed": bucket("closed", &network, &yes),
            "open": bucket("open", &json!({}), &no),
            "undocumented": bucket("undocumented", &undocumented, &yes),
            "unread": bucket("unread", &json!({}), &unread),
        }));
        assert_eq!(
            notes,
            [
                "bucket closed: S3 says its policy is public, natless says it is not: every grant is to fixed principals or values",
                "bucket open: S3 says its policy is not public, natless says it is: statement 1 makes it public: it names everybody",
            ]
        );
    }

    #[test]
    fn a_few_are_named_and_the_others_counted() {
        let buckets = |count: usize| {
            let one = |index: usize| {
                let name = format!("open-{index}");
                (name.clone(), bucket(&name, &json!({}), &json!({ "known": false })))
            };
            Value::Object((0..count).map(one).collect())
        };
        assert_eq!(notes(&buckets(4)).len(), 4);
        let six = notes(&buckets(6));
        assert_eq!(six.len(), 4);
        assert_eq!(six[3], "3 more buckets of which S3 and natless do not say the same about their policy being public");
    }
}
