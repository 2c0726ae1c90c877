//! Commands of the AWS CLI: a script that makes the changes, and one that takes them back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ipnet::IpNet;
use serde_json::{Value, json};

use super::shell::line;
use super::{Plan, PlanStep, Rendered, identifier, one_line};
use crate::fix::change::{OldPolicy, PublicAccess};
use crate::fix::{Change, Edit};
use crate::model::ec2::{
    Connectivity, Direction, EndpointKind, NatAvailability, NatGateway, RouteDestination, RouteTarget, RulePeer, SecurityGroup,
    SecurityGroupRule, VpcEndpoint,
};
use crate::model::s3::PublicAccessBlock;

/// Shell lines that make an edit, and those that take it back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) run: Vec<String>,
    pub(super) undo: Vec<String>,
    /// Id of something that the undo makes again under another id; the first line of the undo prints that.
    made_again: Option<String>,
}

/// The lines that take edits back, in order. What is made again gets a new id, which a variable of the shell holds for
/// the lines behind it.
fn undo_of<'e>(edits: impl DoubleEndedIterator<Item = &'e Edit>, made: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut undo = Vec::new();
    for edit in edits.rev() {
        let lines = of_edit(edit);
        for (number, line) in lines.undo.iter().enumerate() {
            let names = |word: &str| made.get(word).map_or_else(|| word.to_owned(), |variable| format!("\"${variable}\""));
            let line = line.split(' ').map(names).collect::<Vec<_>>().join(" ");
            match &lines.made_again {
                Some(id) if number == 0 => {
                    let variable = identifier(&[id]);
                    undo.push(format!("{variable}=$({line})"));
                    made.insert(id.clone(), variable);
                }
                _ => undo.push(line),
            }
        }
    }
    undo
}

/// The commands that make a change, one line each, and those that take it back.
#[must_use]
pub fn commands(change: &Change) -> (Vec<String>, Vec<String>) {
    (change.edits.iter().flat_map(|edit| of_edit(edit).run).collect(), undo_of(change.edits.iter(), &mut BTreeMap::new()))
}

pub(super) fn render(plan: &Plan<'_>) -> Rendered {
    let head = |what: &str| {
        let mut text = "#!/bin/sh\n".to_owned();
        for line in plan.header {
            let _ = writeln!(text, "# {}", one_line(line));
        }
        let _ = writeln!(text, "# {what}\nset -eu\n# No pager: it would wait for a key.\nexport AWS_PAGER=\"\"");
        text
    };
    let (mut fix, mut undo) = (head("Makes the changes, in this order."), head("Takes the changes back, the last one first."));
    for (number, step) in plan.steps.iter().enumerate() {
        write_step(&mut fix, number + 1, step, &commands(step.change).0);
    }
    let mut made = BTreeMap::new();
    for (number, step) in plan.steps.iter().enumerate().rev() {
        write_step(&mut undo, number + 1, step, &undo_of(step.change.edits.iter(), &mut made));
    }
    Rendered { files: vec![("fix.sh".to_owned(), fix), ("undo.sh".to_owned(), undo)], by_hand: Vec::new() }
}

fn write_step(text: &mut String, number: usize, step: &PlanStep<'_>, lines: &[String]) {
    let _ = writeln!(text, "\n# {number}. {}", one_line(&step.change.title));
    for note in &step.notes {
        let _ = writeln!(text, "#    {}", one_line(note));
    }
    for line in lines {
        let _ = writeln!(text, "{line}");
    }
}

/// A command of EC2 in a region.
fn ec2(region: &str, words: &[&str]) -> String {
    line(
        ["aws", "ec2"]
            .into_iter()
            .chain(words.iter().take(1).copied())
            .chain(["--region", region])
            .chain(words.iter().skip(1).copied()),
    )
}

/// Marks what the script makes, so that its undo deletes nothing else.
const MADE_HERE: &str = "ResourceType=vpc-endpoint,Tags=[{Key=made-by,Value=natless}]";

/// Something to know instead of a command.
fn note(text: &str) -> String {
    format!("# {}", one_line(text))
}

#[expect(clippy::too_many_lines, reason = "one command for each kind of edit")]
pub(super) fn of_edit(edit: &Edit) -> Lines {
    let region = edit.region();
    let one = |run: String, undo: String| Lines { run: vec![run], undo: vec![undo], made_again: None };
    match edit {
        Edit::CreateGatewayEndpoint { vpc_id, service_name, route_table_ids, policy, .. } => {
            let mut words =
                vec!["create-vpc-endpoint", "--vpc-id", vpc_id, "--service-name", service_name, "--vpc-endpoint-type", "Gateway"];
            words.extend(["--tag-specifications", MADE_HERE, "--route-table-ids"]);
            words.extend(route_table_ids.iter().map(String::as_str));
            words.extend(policy.iter().flat_map(|policy| ["--policy-document", policy.as_str()]));
            let filters = [
                format!("Name=vpc-id,Values={vpc_id}"),
                format!("Name=service-name,Values={service_name}"),
                "Name=tag:made-by,Values=natless".to_owned(),
            ];
            let mut find =
                vec!["describe-vpc-endpoints", "--query", "VpcEndpoints[].VpcEndpointId", "--output", "text", "--filters"];
            find.extend(filters.iter().map(String::as_str));
            // The id is known only once the endpoint is made.
            let delete = ec2(region, &["delete-vpc-endpoints", "--vpc-endpoint-ids"]);
            one(ec2(region, &words), format!("for made in $({}); do {delete} \"$made\"; done", ec2(region, &find)))
        }
        Edit::AssociateRouteTables { endpoint_id, route_table_ids, .. } => {
            let with = |option| modify_endpoint(region, endpoint_id, option, route_table_ids);
            one(with("--add-route-table-ids"), with("--remove-route-table-ids"))
        }
        Edit::EnablePrivateDns { endpoint_id, .. } => one(
            modify_endpoint(region, endpoint_id, "--private-dns-enabled", &[]),
            modify_endpoint(region, endpoint_id, "--no-private-dns-enabled", &[]),
        ),
        Edit::EnableVpcDns { vpc_id, hostnames, .. } => {
            let option = if *hostnames { "--enable-dns-hostnames" } else { "--enable-dns-support" };
            let set = |value: &str| ec2(region, &["modify-vpc-attribute", "--vpc-id", vpc_id, option, value]);
            one(set(r#"{"Value":true}"#), set(r#"{"Value":false}"#))
        }
        Edit::AdmitHttps { group_id, from, .. } => {
            let permission = json!([https(*from)]).to_string();
            let with = |command| ec2(region, &[command, "--group-id", group_id, "--ip-permissions", &permission]);
            one(with("authorize-security-group-ingress"), with("revoke-security-group-ingress"))
        }
        Edit::RevokeRules { group_id, rules, .. } => revoke(region, group_id, rules),
        Edit::DeleteGroup { group, rules, .. } => delete_group(region, group, rules),
        Edit::AddEndpointSubnets { endpoint_id, subnet_ids, .. } => {
            let with = |option| modify_endpoint(region, endpoint_id, option, subnet_ids);
            one(with("--add-subnet-ids"), with("--remove-subnet-ids"))
        }
        Edit::ReplaceRoute { table_id, destination, from, nat_gateway_id, .. } => one(
            route(region, "replace-route", table_id, destination, Some(("--nat-gateway-id", nat_gateway_id))),
            target(from).map_or_else(
                || note(&format!("point {destination} of {table_id} at {} again", from.id())),
                |target| route(region, "replace-route", table_id, destination, Some(target)),
            ),
        ),
        Edit::DeleteRoute { table_id, destination, target: to, dead, .. } => {
            let again = target(to).filter(|_| !dead);
            let by_hand = || note(&format!("{destination} of {table_id} led to {}, and cannot be made again", to.id()));
            let undo = again.map_or_else(by_hand, |target| route(region, "create-route", table_id, destination, Some(target)));
            one(route(region, "delete-route", table_id, destination, None), undo)
        }
        Edit::DeleteNatGateway { nat, .. } => Lines {
            run: vec![
                ec2(region, &["delete-nat-gateway", "--nat-gateway-id", &nat.id]),
                line(["aws", "ec2", "wait", "nat-gateway-deleted", "--region", region, "--nat-gateway-ids", &nat.id]),
            ],
            undo: create_nat(region, nat),
            made_again: Some(nat.id.clone()),
        },
        Edit::DeleteEndpoint { endpoint, .. } => Lines {
            run: vec![delete_endpoint(region, &endpoint.id), until_gone(region, &endpoint.id)],
            undo: vec![create_endpoint(region, endpoint)],
            made_again: Some(endpoint.id.clone()),
        },
        Edit::ReleaseAddress { allocation_id, public_ip, .. } => {
            let address = public_ip.to_string();
            // Works as long as nobody else was given the address. Source: EC2 guide, "Recover an Elastic IP address".
            let again =
                ["allocate-address", "--domain", "vpc", "--address", &address, "--query", "AllocationId", "--output", "text"];
            Lines {
                run: vec![ec2(region, &["release-address", "--allocation-id", allocation_id])],
                undo: vec![ec2(region, &again)],
                made_again: Some(allocation_id.clone()),
            }
        }
        Edit::PutEndpointPolicy { endpoint_id, policy, old, .. } => {
            let put = |policy: &String| modify_endpoint(region, endpoint_id, "--policy-document", std::slice::from_ref(policy));
            let undo = match old {
                OldPolicy::Text(old) => put(old),
                OldPolicy::None => modify_endpoint(region, endpoint_id, "--reset-policy", &[]),
            };
            one(put(policy), undo)
        }
        Edit::PutBucketPolicy { bucket, policy, old, .. } => {
            let s3 = |words: &[&str]| {
                line(["aws", "s3api"].into_iter().chain(words.iter().copied()).chain(["--region", region, "--bucket", bucket]))
            };
            let undo = match old {
                OldPolicy::Text(old) => s3(&["put-bucket-policy", "--policy", old]),
                OldPolicy::None => s3(&["delete-bucket-policy"]),
            };
            one(s3(&["put-bucket-policy", "--policy", policy]), undo)
        }
        Edit::BlockPublicAccess(place) => block_public_access(place),
        Edit::RestrictEndpointService { service_id, principals, .. } => {
            let modify = |remove: &[&str], add: &[&str]| {
                let mut words =
                    vec!["modify-vpc-endpoint-service-permissions", "--service-id", service_id, "--remove-allowed-principals"];
                words.extend(remove);
                if !add.is_empty() {
                    words.push("--add-allowed-principals");
                    words.extend(add);
                }
                ec2(region, &words)
            };
            let named: Vec<&str> = principals.iter().map(String::as_str).collect();
            let undo = if named.is_empty() {
                ec2(
                    region,
                    &["modify-vpc-endpoint-service-permissions", "--service-id", service_id, "--add-allowed-principals", "*"],
                )
            } else {
                modify(&named, &["*"])
            };
            one(modify(&["*"], &named), undo)
        }
    }
}

fn modify_endpoint(region: &str, endpoint_id: &str, option: &str, values: &[String]) -> String {
    let mut words = vec!["modify-vpc-endpoint", "--vpc-endpoint-id", endpoint_id, option];
    words.extend(values.iter().map(String::as_str));
    ec2(region, &words)
}

fn route(region: &str, command: &str, table_id: &str, destination: &RouteDestination, target: Option<(&str, &str)>) -> String {
    let option = match destination {
        RouteDestination::Ipv4(_) => "--destination-cidr-block",
        RouteDestination::Ipv6(_) => "--destination-ipv6-cidr-block",
        RouteDestination::PrefixList(_) => "--destination-prefix-list-id",
    };
    let destination = destination.to_string();
    let mut words = vec![command, "--route-table-id", table_id, option, &destination];
    words.extend(target.iter().flat_map(|(option, id)| [*option, *id]));
    ec2(region, &words)
}

/// The option for a route's target; `None` for one that no person sets.
fn target(target: &RouteTarget) -> Option<(&'static str, &str)> {
    match target {
        RouteTarget::InternetGateway(id) | RouteTarget::VpnGateway(id) => Some(("--gateway-id", id)),
        RouteTarget::EgressOnlyInternetGateway(id) => Some(("--egress-only-internet-gateway-id", id)),
        RouteTarget::NatGateway(id) => Some(("--nat-gateway-id", id)),
        RouteTarget::VpcEndpoint(id) => Some(("--vpc-endpoint-id", id)),
        RouteTarget::TransitGateway(id) => Some(("--transit-gateway-id", id)),
        RouteTarget::PeeringConnection(id) => Some(("--vpc-peering-connection-id", id)),
        RouteTarget::NetworkInterface { id: Some(id), .. } => Some(("--network-interface-id", id)),
        RouteTarget::NetworkInterface { id: None, instance_id: Some(id) } => Some(("--instance-id", id)),
        RouteTarget::CoreNetwork(arn) => Some(("--core-network-arn", arn)),
        RouteTarget::CarrierGateway(id) => Some(("--carrier-gateway-id", id)),
        RouteTarget::LocalGateway(id) => Some(("--local-gateway-id", id)),
        RouteTarget::Local | RouteTarget::NetworkInterface { .. } | RouteTarget::Other(_) => None,
    }
}

fn https(from: IpNet) -> Value {
    let mut permission = json!({ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443 });
    if let Some(permission) = permission.as_object_mut() {
        match from {
            IpNet::V4(net) => permission.insert("IpRanges".to_owned(), json!([{ "CidrIp": net.to_string() }])),
            IpNet::V6(net) => permission.insert("Ipv6Ranges".to_owned(), json!([{ "CidrIpv6": net.to_string() }])),
        };
    }
    permission
}

fn delete_group(region: &str, group: &SecurityGroup, rules: &[SecurityGroupRule]) -> Lines {
    // As JSON, because the CLI would read a description such as `file://..` from that file.
    let made = json!({ "VpcId": group.vpc_id, "GroupName": group.name, "Description": group.description }).to_string();
    let create = ["create-security-group", "--cli-input-json", &made, "--query", "GroupId", "--output", "text"];
    let every = |rule: &SecurityGroupRule| {
        rule.direction == Direction::Egress
            && rule.protocol == "-1"
            && matches!(&rule.peer, RulePeer::Ipv4(net) if net.prefix_len() == 0)
    };
    // EC2 makes a group with the rule that lets everything out.
    let own: Vec<SecurityGroupRule> = rules.iter().filter(|rule| !every(rule)).cloned().collect();
    Lines {
        run: vec![ec2(region, &["delete-security-group", "--group-id", &group.id])],
        undo: std::iter::once(ec2(region, &create)).chain(revoke(region, &group.id, &own).undo).collect(),
        made_again: Some(group.id.clone()),
    }
}

/// Deletes an endpoint; what EC2 did not delete it lists, and ends well all the same.
fn delete_endpoint(region: &str, id: &str) -> String {
    let delete = ec2(
        region,
        &["delete-vpc-endpoints", "--vpc-endpoint-ids", id, "--query", "length(Unsuccessful || `[]`)", "--output", "text"],
    );
    format!("test \"$({delete})\" = 0")
}

/// Waits until an endpoint is gone with its interfaces, which hold its groups; the CLI has no waiter for that.
fn until_gone(region: &str, id: &str) -> String {
    let state =
        ec2(region, &["describe-vpc-endpoints", "--vpc-endpoint-ids", id, "--query", "VpcEndpoints[].State", "--output", "text"]);
    format!("while {state} 2>/dev/null | grep -qi deleting; do sleep 5; done")
}

fn revoke(region: &str, group_id: &str, rules: &[SecurityGroupRule]) -> Lines {
    let mut lines = Lines::default();
    for (direction, word) in [(Direction::Ingress, "ingress"), (Direction::Egress, "egress")] {
        let of_direction: Vec<&SecurityGroupRule> = rules.iter().filter(|rule| rule.direction == direction).collect();
        if of_direction.is_empty() {
            continue;
        }
        let command = format!("revoke-security-group-{word}");
        let mut words = vec![command.as_str(), "--group-id", group_id, "--security-group-rule-ids"];
        words.extend(of_direction.iter().map(|rule| rule.id.as_str()));
        lines.run.push(ec2(region, &words));
        let command = format!("authorize-security-group-{word}");
        lines.undo.extend(of_direction.iter().map(|rule| match permission(rule) {
            Some(permission) => {
                ec2(region, &[&command, "--group-id", group_id, "--ip-permissions", &json!([permission]).to_string()])
            }
            None => note(&format!("{} cannot be made again: not all of it is in the inventory", rule.id)),
        }));
    }
    lines
}

/// A rule as the API takes it; `None` where not all of it is known.
fn permission(rule: &SecurityGroupRule) -> Option<Value> {
    // The type of an ICMP rule is not in the inventory.
    if ["icmp", "icmpv6", "1", "58"].contains(&rule.protocol.as_str()) {
        return None;
    }
    let mut permission = serde_json::Map::new();
    permission.insert("IpProtocol".to_owned(), json!(rule.protocol));
    if let Some(ports) = rule.ports {
        permission.insert("FromPort".to_owned(), json!(ports.from));
        permission.insert("ToPort".to_owned(), json!(ports.to));
    }
    let (key, mut peer) = match &rule.peer {
        RulePeer::Ipv4(net) => ("IpRanges", json!({ "CidrIp": net.to_string() })),
        RulePeer::Ipv6(net) => ("Ipv6Ranges", json!({ "CidrIpv6": net.to_string() })),
        RulePeer::PrefixList(id) => ("PrefixListIds", json!({ "PrefixListId": id })),
        RulePeer::Group { id, owner_id, .. } => {
            let mut pair = json!({ "GroupId": id });
            if let (Some(owner), Some(pair)) = (owner_id, pair.as_object_mut()) {
                pair.insert("UserId".to_owned(), json!(owner));
            }
            ("UserIdGroupPairs", pair)
        }
        RulePeer::Unknown => return None,
    };
    if let (Some(description), Some(peer)) = (&rule.description, peer.as_object_mut()) {
        peer.insert("Description".to_owned(), json!(description));
    }
    permission.insert(key.to_owned(), json!([peer]));
    Some(Value::Object(permission))
}

/// Prints the id of the gateway that it makes, then waits until that carries packets.
fn create_nat(region: &str, nat: &NatGateway) -> Vec<String> {
    let mut words = vec!["create-nat-gateway"];
    match (&nat.availability, &nat.subnet_id) {
        (NatAvailability::Zonal | NatAvailability::Other(_), Some(subnet)) => words.extend(["--subnet-id", subnet]),
        // Its addresses come by themselves, zone by zone.
        _ => words.extend(["--vpc-id", &nat.vpc_id, "--availability-mode", "regional"]),
    }
    let zonal = nat.subnet_id.is_some();
    if nat.connectivity == Connectivity::Private {
        words.extend(["--connectivity-type", "private"]);
    } else if let Some(allocation) = nat.addresses.first().and_then(|address| address.allocation_id.as_deref()).filter(|_| zonal)
    {
        words.extend(["--allocation-id", allocation]);
    }
    words.extend(["--query", "NatGateway.NatGatewayId", "--output", "text"]);
    let wait = line(["aws", "ec2", "wait", "nat-gateway-available", "--region", region, "--nat-gateway-ids", &nat.id]);
    vec![ec2(region, &words), wait]
}

fn create_endpoint(region: &str, endpoint: &VpcEndpoint) -> String {
    let mut words = vec![
        "create-vpc-endpoint",
        "--vpc-id",
        &endpoint.vpc_id,
        "--service-name",
        &endpoint.service_name,
        "--vpc-endpoint-type",
        endpoint.kind.as_str(),
    ];
    let lists = [
        ("--route-table-ids", &endpoint.route_table_ids),
        ("--subnet-ids", &endpoint.subnet_ids),
        ("--security-group-ids", &endpoint.group_ids),
    ];
    for (option, ids) in lists.into_iter().filter(|(_, ids)| !ids.is_empty()) {
        words.push(option);
        words.extend(ids.iter().map(String::as_str));
    }
    if endpoint.kind == EndpointKind::Interface {
        words.push(if endpoint.private_dns { "--private-dns-enabled" } else { "--no-private-dns-enabled" });
    }
    words.extend(endpoint.policy.iter().flat_map(|policy| ["--policy-document", policy.as_str()]));
    words.extend(endpoint.service_region.iter().flat_map(|other| ["--service-region", other.as_str()]));
    words.extend(endpoint.ip_address_type.iter().flat_map(|kind| ["--ip-address-type", kind.as_str()]));
    words.extend(["--query", "VpcEndpoint.VpcEndpointId", "--output", "text"]);
    ec2(region, &words)
}

fn block_public_access(place: &PublicAccess) -> Lines {
    let start: Vec<&str> = match &place.bucket {
        Some(bucket) => vec!["aws", "s3api", "--region", &place.region, "--bucket", bucket],
        None => vec!["aws", "s3control", "--region", &place.region, "--account-id", &place.account],
    };
    let command = |verb: &str, more: &[&str]| {
        let (api, place) = start.split_at(2);
        line(api.iter().copied().chain([verb]).chain(place.iter().copied()).chain(more.iter().copied()))
    };
    let put = |block: &PublicAccessBlock| {
        let switches = format!(
            "BlockPublicAcls={},IgnorePublicAcls={},BlockPublicPolicy={},RestrictPublicBuckets={}",
            block.block_public_acls, block.ignore_public_acls, block.block_public_policy, block.restrict_public_buckets
        );
        command("put-public-access-block", &["--public-access-block-configuration", &switches])
    };
    let undo = place.old.as_ref().map_or_else(|| command("delete-public-access-block", &[]), put);
    Lines { run: vec![put(&PublicAccessBlock::ALL_ON)], undo: vec![undo], made_again: None }
}
