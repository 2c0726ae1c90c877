//! Buckets of AWS that services inside a VPC read from and write to.
//!
//! Source: `data/aws_owned_buckets.tsv`, which names the page behind each row.

/// A bucket of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsBucket {
    /// Name; `*` in it stands for a part that no source tells, and a name with one proves no owner.
    pub name: String,
    /// What it is for, such as `ecr-layers`.
    pub purpose: &'static str,
    /// Interface endpoint whose presence in a VPC shows that the bucket is needed there, such as `ecr.dkr`.
    pub implied_by: Option<&'static str>,
}

impl AwsBucket {
    /// Whether hosts write to it; the others are read from.
    #[must_use]
    pub fn is_written(&self) -> bool {
        const WRITTEN: [&str; 3] = ["cloudformation-waitcondition", "cloudformation-custom-resource", "aws157-logs"];
        WRITTEN.iter().any(|start| self.name.starts_with(start))
    }
}

/// The buckets of AWS for one region.
#[must_use]
pub fn aws_buckets(region: &str) -> Vec<AwsBucket> {
    let lines = include_str!("data/aws_owned_buckets.tsv").lines().filter(|line| !line.starts_with('#'));
    let read = |line: &'static str| {
        let mut columns = line.split('\t');
        let (name, purpose, implied_by) = (columns.next()?, columns.next()?, columns.next()?);
        let implied_by = (implied_by != "-").then_some(implied_by);
        let name = name.replace("{region}", region).replace("{regionnodash}", &region.replace('-', ""));
        Some(AwsBucket { name, purpose, implied_by })
    };
    lines.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_of_ecr_are_known() {
        let buckets = aws_buckets("eu-west-1");
        let layers = buckets.iter().find(|bucket| bucket.name == "prod-eu-west-1-starport-layer-bucket").unwrap();
        assert_eq!((layers.purpose, layers.implied_by), ("ecr-layers", Some("ecr.dkr")));
        assert!(buckets.iter().all(|bucket| !bucket.name.contains(['{', ' ', ':']) && !bucket.purpose.is_empty()));
    }

    #[test]
    fn hosts_write_answers_and_logs_and_read_everything_else() {
        let written = |start: &str| {
            let mut buckets = aws_buckets("eu-west-1").into_iter().filter(|bucket| bucket.name.starts_with(start));
            buckets.next().unwrap().is_written()
        };
        assert!(written("cloudformation-waitcondition-eu-west-1") && written("cloudformation-custom-resource-response-euwest1"));
        assert!(written("aws157-logs-prod"), "EMR's logs");
        assert!(!written("cloudformation-examples") && !written("prod-eu-west-1-starport-layer-bucket"));
    }
}
