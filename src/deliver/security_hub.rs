//! Findings for Security Hub, in batches, each in its own region.
//!
//! Source: Security Hub Partner Integration Guide, "Guidelines for using the `BatchImportFindings` API": 100 findings and 6 MB in a batch; 10 calls a
//! second and a burst of 30. API Reference, `BatchImportFindings`: the default product takes findings of the caller's own account only.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::courier::{Courier, why};
use crate::report::asff::RegionFindings;

/// Findings in one call (count).
const BATCH: usize = 100;

/// Longest body of a call, in bytes: somewhat less than 6 MB.
const BATCH_BYTES: usize = 5_500_000;

/// What Security Hub made of the findings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Findings that it took.
    pub taken: u64,
    /// Why it did not take others, in one line each.
    pub failures: Vec<String>,
}

/// Hands over the findings of every region. What fails in one region does not keep back the others.
pub async fn import(courier: &Courier, regions: &[RegionFindings]) -> Imported {
    let mut imported = Imported::default();
    for RegionFindings { region, findings } in regions {
        let client = courier.security_hub(region);
        for batch in batches(findings) {
            let body = format!("{{\"Findings\":[{}]}}", batch.join(","));
            // The findings are written in the API's own form already. Without any the request would not be built.
            let request = client.batch_import_findings().set_findings(Some(Vec::new())).customize();
            let answer = request.mutate_request(move |request: &mut HttpRequest| put_body(request, &body)).send().await;
            match answer {
                Ok(answer) => {
                    imported.taken += u64::try_from(answer.success_count().unwrap_or_default()).unwrap_or_default();
                    let refused = answer.failed_findings();
                    if let Some(first) = refused.first() {
                        let [id, code, message] =
                            [first.id(), first.error_code(), first.error_message()].map(Option::unwrap_or_default);
                        imported
                            .failures
                            .push(format!("{region}: {} refused, the first is {id}: {code} {message}", refused.len()));
                    } else if answer.failed_count().is_some_and(|failed| failed > 0) {
                        imported
                            .failures
                            .push(format!("{region}: {} refused without a reason", answer.failed_count().unwrap_or_default()));
                    }
                }
                Err(error) => {
                    imported.failures.push(format!("{region}: {}", why("securityhub:BatchImportFindings", &error)));
                    // The next batch would fare alike: the hub is off, or may not be called.
                    break;
                }
            }
        }
    }
    imported
}

fn put_body(request: &mut HttpRequest, body: &str) {
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}

/// Findings in groups that one call takes.
fn batches(findings: &[String]) -> Vec<&[String]> {
    let mut batches = Vec::new();
    let mut rest = findings;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(BATCH).take_while(|finding| {
            bytes += finding.len() + 1;
            bytes <= BATCH_BYTES
        });
        // A finding has at most 240 KB; one that has more is for Security Hub to refuse.
        let (batch, others) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_hold_a_hundred_findings_and_less_than_six_megabytes() {
        let small = vec!["{}".to_owned(); 250];
        assert_eq!(batches(&small).iter().map(|batch| batch.len()).collect::<Vec<_>>(), [100, 100, 50]);
        let large = vec!["x".repeat(200_000); 60];
        let lengths: Vec<usize> = batches(&large).iter().map(|batch| batch.len()).collect();
        assert_eq!(lengths, [27, 27, 6]);
        assert!(batches(&[]).is_empty());
        assert_eq!(batches(&["x".repeat(9_000_000)]).len(), 1);
    }
}
