//! `s3-bucket-public`.

use super::buckets::{Judged, each_bucket};
use super::exposure::{Told, Way, is_open, ways};
use crate::analyze::check::declare_check;
use crate::analyze::{Audit, Control, Failure, Pillar, Remediation, Repair, Severity, Subject, Verdict};
use crate::model::s3::Bucket;

declare_check! {
    /// ## What it does
    /// Finds buckets that are open to everybody: by a policy that is public in S3's sense, by a grant of the access control
    /// list to one of the groups `AllUsers` and `AuthenticatedUsers`, or through a public access point with network origin
    /// `Internet`; and neither the bucket nor the account (nor the access point) has the switch of Block Public Access on that
    /// holds it back: `RestrictPublicBuckets` for policies, `IgnorePublicAcls` for lists.
    ///
    /// ## Why it matters
    /// Anyone on the internet may read, and with some grants write, what is stored there. Such buckets are searched for and
    /// found within hours.
    ///
    /// ## What it reads
    /// - `s3:GetBucketPolicy`: the policy, decided over all requests
    /// - `s3:GetBucketPolicyStatus`: what S3 itself says, shown as evidence; it decides where AWS documents no answer
    /// - `s3:GetBucketAcl`: grants to groups of everybody
    /// - `s3:GetPublicAccessBlock`, `s3control:GetPublicAccessBlock`: the switches of bucket and account
    /// - `s3:ListAccessPoints`, `s3:GetAccessPoint`, `s3:GetAccessPointPolicy`, `s3:GetAccessPointPolicyStatus`: access points
    ///
    /// ## When it stays silent
    /// Where Block Public Access holds the access back, `s3-bucket-policy-public-but-blocked` reports it. A policy that lets in
    /// whoever comes from certain addresses, VPCs or endpoints is not public to S3; see `s3-bucket-open-to-network`. Access
    /// control lists of single objects are not read. A policy, list or switch that was not read gives Unknown where it
    /// matters, and so does an access point whose requests only a condition of the bucket's policy may let in.
    ///
    /// ## References
    /// - [S3 guide: Blocking public access to your Amazon S3 storage](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)
    /// - [S3 guide: Access control list (ACL) overview](https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html)
    /// - [S3 guide: Configuring IAM policies for using access points](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html)
    pub(super) static CHECK = {
        id: "s3-bucket-public",
        title: "Bucket is public",
        severity: Severity::Critical,
        pillar: Pillar::Privilege,
        controls: &[Control::fsbp("S3.8"), Control::cis("1.4.0", "2.1.5"), Control::cis("3.0.0", "2.1.4"), Control::cis("5.0.0", "2.1.4"), Control::nist("AC-3"), Control::nist("AC-3(7)"), Control::nist("AC-4"), Control::nist("AC-4(21)"), Control::nist("AC-6"), Control::nist("AC-21"), Control::nist("SC-7"), Control::nist("SC-7(3)"), Control::nist("SC-7(4)"), Control::nist("SC-7(9)"), Control::nist("SC-7(11)"), Control::nist("SC-7(16)"), Control::nist("SC-7(20)"), Control::nist("SC-7(21)")],
        since: "0.1.0",
        remediation: Remediation {
            summary: "Turn Block Public Access on for the bucket, then take the public grant out; serve what has to be public through CloudFront.",
            command: "aws s3api put-public-access-block --bucket <bucket> --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
            url: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-bucket.html",
        },
        repair: Repair::Decision("who is meant to read it has to be known; where nobody is, turn Block Public Access on"),
        evaluate: judge_buckets,
    }
}

fn judge_buckets(audit: &Audit<'_>) -> Vec<Subject> {
    each_bucket(audit, |bucket| judge(audit, bucket))
}

fn judge(audit: &Audit<'_>, bucket: &Bucket) -> Judged {
    let mut ways = ways(audit, bucket);
    match is_open(&ways) {
        Told::No => (Verdict::Pass, None),
        Told::Unsure(doubt) => (Verdict::Unknown(doubt), None),
        Told::Yes => {
            ways.retain(|way| way.open() == Told::Yes);
            let witness = ways.iter().find_map(|way| way.shown.clone());
            (Verdict::Fail(Box::new(failure(bucket, ways))), witness)
        }
    }
}

fn failure(bucket: &Bucket, ways: Vec<Way>) -> Failure {
    let how: Vec<&str> = ways.iter().map(|way| way.how.as_str()).collect();
    Failure {
        title: format!("Bucket {} is public: {}", bucket.name, how.join(", and ")),
        detail: "Everybody on the internet has the access that is granted here, and no public access block of the bucket or the \
                 account holds it back. Turn the block on, see what still has to be public, and serve that through CloudFront."
            .to_owned(),
        related: ways.iter().filter_map(|way| way.through.clone()).collect(),
        evidence: ways.into_iter().flat_map(|way| way.evidence).collect(),
        severity: None,
    }
}
