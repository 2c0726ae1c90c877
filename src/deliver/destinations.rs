//! Where an audit is to be delivered, as somebody wrote it.

use crate::report::Format;

/// Where an audit is to be delivered. Every part is optional and fails by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Bucket and prefix for reports, snapshot and history.
    pub s3: Option<S3Prefix>,
    /// Formats of the reports in the bucket; empty for all.
    pub formats: Vec<Format>,
    /// SNS topic that is told when something has changed.
    pub sns: Option<Arn>,
    /// Whether the findings go to Security Hub.
    pub security_hub: bool,
    /// Event bus of EventBridge that is told of every audit.
    pub event_bus: Option<EventBus>,
}

impl Destinations {
    /// Whether nothing is delivered anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.s3.is_none() && self.sns.is_none() && !self.security_hub && self.event_bus.is_none()
    }

    /// The formats of the reports in the bucket.
    #[must_use]
    pub fn formats(&self) -> &[Format] {
        if self.formats.is_empty() { &Format::ALL } else { &self.formats }
    }
}

/// A place in a bucket: `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Prefix {
    /// Name of the bucket.
    pub bucket: String,
    /// Prefix of the keys, without slashes at its ends; empty for the whole bucket.
    pub prefix: String,
    /// KMS key to encrypt with; without one the bucket's own default encryption holds.
    pub kms_key_id: Option<String>,
}

impl std::str::FromStr for S3Prefix {
    type Err = String;

    /// Source: Amazon S3 User Guide, "General purpose bucket naming rules": 3 to 63 lower-case letters, digits, dots and hyphens.
    fn from_str(text: &str) -> Result<Self, String> {
        let place = text.strip_prefix("s3://").ok_or("a place in S3 is written as `s3://bucket/prefix`")?;
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let of_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(of_name) {
            return Err(format!("`{bucket}` is no name of a bucket"));
        }
        let prefix = prefix.trim_matches('/');
        // Such keys look alike and are not, or are no path on a disk they are copied to.
        if prefix.split('/').any(|part| matches!(part, "." | "..")) || prefix.contains("//") || prefix.contains(char::is_control)
        {
            return Err(format!("`{}` is no prefix of keys: leave out `.`, `..` and empty parts", prefix.escape_default()));
        }
        // 1,024 bytes for a key, of which natless needs up to 100. Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
        if prefix.len() > 900 {
            return Err("the prefix is longer than 900 bytes, which leaves no room for the names of reports".to_owned());
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), kms_key_id: None })
    }
}

impl S3Prefix {
    /// The key of an object below the prefix.
    #[must_use]
    pub fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    /// The address of an object or a folder below the prefix.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        format!("s3://{}/{}", self.bucket, self.key(name))
    }
}

/// An ARN with a region: `arn:aws:sns:eu-west-1:111122223333:topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn {
    /// All of it.
    pub text: String,
    /// Its region.
    pub region: String,
}

impl Arn {
    /// Reads the ARN of a resource of this service.
    ///
    /// # Errors
    /// In words, where it is none.
    pub fn of(service: &str, text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is no ARN such as `arn:aws:{service}:eu-west-1:111122223333:name`", text.escape_default());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, _, of, region, account, resource] = parts.as_slice() else { return Err(wrong()) };
        let fits = *arn == "arn" && *of == service && !resource.is_empty() && !text.contains(char::is_whitespace);
        // The region becomes part of the name of a host.
        if !fits || !crate::model::is_region_name(region) || !crate::model::is_account_id(account) {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), region: (*region).to_owned() })
    }
}

/// An event bus, by its name in the caller's own region or by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventBus {
    /// Name or ARN.
    pub name: String,
    /// Region of the ARN.
    pub region: Option<String>,
}

impl std::str::FromStr for EventBus {
    type Err = String;

    /// Source: EventBridge API Reference, `PutEventsRequestEntry`, `EventBusName`: a name or an ARN.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("arn:") {
            let arn = Arn::of("events", text)?;
            return Ok(Self { name: arn.text, region: Some(arn.region) });
        }
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
        if text.is_empty() || text.len() > 256 || !text.chars().all(of_name) {
            return Err(format!("`{}` is no name of an event bus", text.escape_default()));
        }
        Ok(Self { name: text.to_owned(), region: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_s3_is_a_bucket_and_a_prefix() {
        let place: S3Prefix = "s3://audit-reports/natless/prod/".parse().unwrap();
        assert_eq!((place.bucket.as_str(), place.prefix.as_str()), ("audit-reports", "natless/prod"));
        assert_eq!(place.address("history/x.json"), "s3://audit-reports/natless/prod/history/x.json");
        let whole: S3Prefix = "s3://audit-reports".parse().unwrap();
        assert_eq!(whole.key("history/x.json"), "history/x.json");
        for wrong in [
            "audit-reports/x",
            "s3://",
            "s3://A/x",
            "s3://ab/x",
            "s3://abc/../x",
            "s3://abc/a//b",
            "s3://abc/a\nb",
            "s3://evil@host/x",
        ] {
            assert!(wrong.parse::<S3Prefix>().is_err(), "{wrong}");
        }
        assert!(format!("s3://abc/{}", "x".repeat(901)).parse::<S3Prefix>().is_err());
    }

    #[test]
    fn arns_tell_their_region_and_only_real_regions_get_into_a_host() {
        let topic = Arn::of("sns", "arn:aws-us-gov:sns:us-gov-west-1:111122223333:natless").unwrap();
        assert_eq!(topic.region, "us-gov-west-1");
        for wrong in [
            "arn:aws:sqs:eu-west-1:111122223333:natless",
            "arn:aws:sns:evil.example.com/:111122223333:natless",
            "arn:aws:sns:eu-west-1:1:natless",
            "arn:aws:sns:eu-west-1:111122223333:",
            "natless",
        ] {
            assert!(Arn::of("sns", wrong).unwrap_err().contains("is no ARN"), "{wrong}");
        }
    }

    #[test]
    fn an_event_bus_has_a_name_or_an_arn() {
        assert_eq!("default".parse::<EventBus>().unwrap().region, None);
        let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/audits".parse::<EventBus>().unwrap();
        assert_eq!(arn.region.as_deref(), Some("eu-west-1"));
        assert!(
            "".parse::<EventBus>().is_err() && "a b".parse::<EventBus>().is_err() && "arn:aws:sns:x".parse::<EventBus>().is_err()
        );
    }
}
