//! An account with as many findings as one likes, made from the snapshot of a small one.

use serde_json::{Value, json};

/// A snapshot with at least `count` findings: idle addresses, unused security groups that are open to the world, and buckets.
pub(crate) fn with_findings(snapshot: &str, count: usize) -> String {
    let mut value: Value = serde_json::from_str(snapshot).expect("a snapshot");
    let owner = value["account"]["id"].clone();
    let region = "eu-west-1";
    let known = &mut value["regions"][region];
    let vpc = known["vpcs"]["items"].as_object().and_then(|vpcs| vpcs.keys().next()).expect("a VPC").clone();
    // One finding of each address, two of each group, two of each bucket.
    for number in 0..count * 3 / 10 {
        let id = format!("eipalloc-{number:017x}");
        let ip = format!("198.{}.{}.{}", 18 + number / 65_536, number / 256 % 256, number % 256);
        let tags = json!({ "Name": format!("spare-{number}") });
        known["addresses"]["items"][&id] = json!({ "allocation_id": id, "public_ip": ip, "tags": tags });
    }
    for number in 0..count / 5 {
        let (id, rule) = (format!("sg-{number:017x}"), format!("sgr-{number:017x}"));
        let name = format!("group-{number}");
        known["security_groups"]["items"][&id] =
            json!({ "id": id, "name": name, "description": "", "vpc_id": vpc, "owner_id": owner, "tags": {} });
        known["security_group_rules"]["items"][&rule] = json!({ "id": rule, "group_id": id, "direction": "ingress", "protocol": "tcp",
            "from_port": 22, "to_port": 22, "peer": { "ipv4": "0.0.0.0/0" }, "tags": {} });
    }
    let buckets = value["buckets"]["items"].as_object_mut().expect("buckets");
    let mut bucket = buckets.values().next().expect("a bucket").clone();
    for number in 0..count * 3 / 20 {
        let name = format!("team-bucket-{number}");
        bucket["name"] = json!(name);
        bucket["region"] = json!({ "known": region });
        bucket["policy"] = json!({ "known": null });
        bucket["policy_is_public"] = json!({ "known": false });
        bucket["public_access_block"] = json!({ "known": null });
        buckets.insert(name, bucket.clone());
    }
    value.to_string()
}
