//! What a call asks, apart from when, by whom and over which address.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::cbor_to_json;

/// What a call asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Account, 12 digits.
    pub(crate) account: String,
    /// Region, `aws-global` for a service without regions.
    pub(crate) region: String,
    /// Service, by the name of its SDK crate.
    pub(crate) service: String,
    /// API operation.
    pub(crate) operation: String,
    /// Parameters, without those that do not change what is asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) params: BTreeMap<String, Value>,
}

/// Parameters that do not change what is asked for: constants of the protocol, page sizes, idempotency tokens.
const IGNORED: &[&str] = &[
    "action",
    "version",
    "clienttoken",
    "clientrequesttoken",
    "x-id",
    "maxresults",
    "maxitems",
    "maxbuckets",
    "max-buckets",
    "max-items",
    "maxdatapoints",
];

/// Whether a parameter or member of an answer names a page.
pub(crate) fn names_page(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace('-', "");
    matches!(plain.as_str(), "nexttoken" | "continuationtoken" | "nextcontinuationtoken")
}

impl Key {
    /// What a request asks. The account is left empty: a recording has only one.
    pub(crate) fn of(service: &str, region: &str, operation: &str, request: &HttpRequest) -> Self {
        let mut params = BTreeMap::new();
        let uri: http::Uri = request.uri().parse().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            params.insert(name.into_owned(), Value::String(value.into_owned()));
        }
        let header = |name: &str| request.headers().get(name).unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        if header("content-type").starts_with("application/x-www-form-urlencoded") {
            for (name, value) in form_urlencoded::parse(body) {
                params.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        } else if !header("x-amz-target").is_empty() {
            if let Ok(Value::Object(members)) = serde_json::from_slice(body) {
                params.extend(members);
            }
        } else if header("smithy-protocol") == "rpc-v2-cbor" {
            if let Ok(Value::Object(members)) =
                ciborium::from_reader::<ciborium::Value, _>(body).map(|value| cbor_to_json(&value))
            {
                params.extend(members);
            }
        } else {
            let path = uri.path().trim_end_matches('/');
            if !path.is_empty() {
                params.insert("path".to_owned(), Value::String(path.to_owned()));
            }
        }
        params.retain(|name, value| {
            let first_page = names_page(name) && value.as_str() == Some("");
            !first_page && !IGNORED.contains(&name.to_ascii_lowercase().as_str())
        });
        Self {
            account: String::new(),
            region: region.to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            params,
        }
    }

    /// What answers are found by. The account is not in it: a recording has only one.
    pub(crate) fn id(&self) -> String {
        format!("{}.{}/{}{}", self.service, self.region, self.operation, self.params_text())
    }

    /// The parameters as JSON.
    pub(crate) fn params_text(&self) -> String {
        serde_json::to_string(&self.params).unwrap_or_default()
    }

    /// The page that is asked for, and the key without it.
    pub(crate) fn split_page(&self) -> (Self, Option<String>) {
        let mut first = self.clone();
        let name = first.params.keys().find(|name| names_page(name)).cloned();
        let page = name.and_then(|name| first.params.remove(&name)).and_then(|value| value.as_str().map(str::to_owned));
        (first, page)
    }

    /// Puts a page's name where the token of the service stood.
    pub(crate) fn set_page(&mut self, page: &str) {
        for (name, value) in &mut self.params {
            if names_page(name) {
                *value = Value::String(page.to_owned());
            }
        }
    }

    /// Where the call's file goes, below the recording's folder.
    pub(crate) fn file(&self) -> PathBuf {
        let word = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '_' }).collect()
        };
        let operation = word(&self.operation);
        let name =
            if self.params.is_empty() { format!("{operation}.json") } else { format!("{operation}-{}.json", self.digest()) };
        PathBuf::from(word(&self.account)).join(format!("{}.{}", word(&self.service), word(&self.region))).join(name)
    }

    /// Eight hex digits that tell the calls of one operation apart; the same on every machine and version.
    fn digest(&self) -> String {
        let hash = self
            .params_text()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)], body: Vec<u8>) -> HttpRequest {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_uri(uri).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert((*name).to_owned(), (*value).to_owned());
        }
        request
    }

    const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];

    #[test]
    fn page_size_order_and_address_do_not_matter() {
        let one =
            request("https://ec2.eu-west-1.amazonaws.com/", FORM, b"Action=DescribeVpcs&Version=1&MaxResults=5&B=2&A=1".to_vec());
        let two = request("http://127.0.0.1:5000/", FORM, b"A=1&B=2&Action=DescribeVpcs&Version=2".to_vec());
        let (one, two) = (Key::of("ec2", "eu-west-1", "DescribeVpcs", &one), Key::of("ec2", "eu-west-1", "DescribeVpcs", &two));
        assert_eq!(one, two);
        assert_eq!(one.params.keys().collect::<Vec<_>>(), ["A", "B"]);
        assert_ne!(one.id(), Key { region: "us-east-1".to_owned(), ..two }.id());
    }

    #[test]
    fn a_call_without_parameters_has_a_plain_file_name() {
        let plain = request("https://x/", FORM, b"Action=DescribeVpcs&Version=1".to_vec());
        let mut key = Key::of("ec2", "eu-west-1", "DescribeVpcs", &plain);
        key.account = "111122223333".to_owned();
        assert_eq!(key.file(), PathBuf::from("111122223333/ec2.eu-west-1/DescribeVpcs.json"));
        key.params.insert("VpcId".to_owned(), json!("vpc-0aa"));
        let name = key.file().file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name.len(), "DescribeVpcs-12345678.json".len(), "{name}");
    }

    #[test]
    fn rest_calls_are_told_apart_by_path_and_query() {
        let policy = request("http://127.0.0.1:5000/logs-bucket/?policy&x-id=GetBucketPolicy", &[], Vec::new());
        let key = Key::of("s3", "eu-west-1", "GetBucketPolicy", &policy);
        assert_eq!(key.params, BTreeMap::from([("path".to_owned(), json!("/logs-bucket")), ("policy".to_owned(), json!(""))]));
    }

    #[test]
    fn json_and_cbor_parameters_read_alike() {
        let json_call = request(
            "https://x/",
            &[("x-amz-target", "AWSOrganizationsV20161128.ListAccounts")],
            br#"{"NextToken":"t"}"#.to_vec(),
        );
        let key = Key::of("organizations", "aws-global", "ListAccounts", &json_call);
        assert_eq!(key.split_page().1.as_deref(), Some("t"));
        let mut cbor = Vec::new();
        ciborium::into_writer(&ciborium::Value::Map(vec![("NextToken".into(), "t".into())]), &mut cbor).unwrap();
        let cbor_call = request("https://x/", &[("smithy-protocol", "rpc-v2-cbor")], cbor);
        assert_eq!(Key::of("cloudwatch", "eu-west-1", "GetMetricData", &cbor_call).params, key.params);
    }
}
