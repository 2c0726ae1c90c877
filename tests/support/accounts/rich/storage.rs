//! Buckets, access points and private hosted zones.

use natless::model::route53::{PrivateZone, RecordSet};
use natless::model::s3::{AccessPoint, AclGrant, NetworkOrigin, PublicAccessBlock};
use natless::model::{Inventory, Observed};

use super::super::{Region, add, bucket, texts};
use super::{ACCOUNT, PARTNER, some, switches};

pub(super) fn access_points(region: &mut Region<'_>) {
    let inside = AccessPoint {
        name: "inside".to_owned(),
        arn: format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/inside"),
        bucket: "ireland-data".to_owned(),
        bucket_account: some(PARTNER),
        network_origin: NetworkOrigin::Vpc,
        vpc_id: some("vpc-0main"),
        public_access_block: Observed::Known(Some(switches(false, true, false, true))),
        policy: Observed::Known(some(r#"{"Version":"2012-10-17","Statement":[{"Sid":"a<b&c"}]}"#)),
        policy_is_public: Observed::Known(Some(true)),
    };
    let outside = AccessPoint {
        name: "outside".to_owned(),
        arn: format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/outside"),
        bucket_account: some(ACCOUNT),
        network_origin: NetworkOrigin::Internet,
        vpc_id: None,
        public_access_block: Observed::Known(Some(PublicAccessBlock::ALL_ON)),
        policy: Observed::Known(None),
        policy_is_public: Observed::Known(None),
        ..inside.clone()
    };
    let third = AccessPoint {
        name: "third".to_owned(),
        arn: format!("arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/third"),
        policy_is_public: Observed::Known(Some(false)),
        ..inside.clone()
    };
    for point in [inside, outside, third] {
        add(&mut region.inventory.access_points, &point.name.clone(), point);
    }
}

pub(super) fn private_zones(account: &mut Inventory) {
    let record = |name: &str, kind: &str, alias: Option<&str>, values: &[&str]| RecordSet {
        name: name.to_owned(),
        record_type: kind.to_owned(),
        alias: alias.map(str::to_owned),
        values: texts(values),
    };
    let host = "s3.eu-west-1.amazonaws.com";
    let zone = PrivateZone {
        id: "Z01".to_owned(),
        name: host.to_owned(),
        records: vec![
            record(&format!("*.{host}"), "A", Some("vpce-9-x.s3.eu-west-1.vpce.amazonaws.com"), &[]),
            record(&format!("*.{host}"), "AAAA", None, &["2001:db8::1", "2001:db8::2"]),
            record(&format!("bucket.{host}"), "CNAME", None, &["vpce-9-x.s3.eu-west-1.vpce.amazonaws.com"]),
            record(host, "A", None, &["10.0.0.5", "10.0.1.5"]),
        ],
    };
    add(&mut account.private_zones, "Z01", zone);
}

pub(super) fn buckets(account: &mut Inventory) {
    bucket(account, "ireland-closed", "eu-west-1");
    let open = bucket(account, "ireland-data", "eu-west-1");
    open.policy = Observed::Known(some("{\"Version\":\"2012-10-17\",\n \"Statement\":[{\"Sid\":\"a<b&c\u{1f512}\"}]}"));
    open.policy_is_public = Observed::Known(Some(true));
    open.public_access_block = Observed::Known(None);
    let grant = |grantee: &str, kind: &str, permission: &str| AclGrant {
        grantee: grantee.to_owned(),
        grantee_type: kind.to_owned(),
        permission: permission.to_owned(),
        is_owner: false,
    };
    let mut grants = open.acl.known().cloned().unwrap_or_default();
    grants.extend([
        grant("0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", "CanonicalUser", "READ_ACP"),
        grant("http://acs.amazonaws.com/groups/global/AllUsers", "Group", "READ"),
        grant("http://acs.amazonaws.com/groups/s3/LogDelivery", "Group", "WRITE"),
    ]);
    grants.sort();
    open.acl = Observed::Known(grants);
    let virginia = bucket(account, "virginia-data", "us-east-1");
    virginia.public_access_block = Observed::Known(Some(switches(true, false, false, true)));
    virginia.policy = Observed::Known(some("{}"));
    virginia.policy_is_public = Observed::Known(Some(false));
}
