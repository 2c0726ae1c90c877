//! Terraform for the AWS provider. What it has a resource of its own for is written as one; deleting, and settings inside a
//! resource that another configuration manages, are told as comments with the command.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ipnet::IpNet;

use super::hcl::{Block, json, texts};
use super::{Plan, Rendered, by_hand, identifier, one_line};
use crate::fix::Edit;
use crate::model::ec2::RouteDestination;

pub(super) fn render(plan: &Plan<'_>) -> Rendered {
    let mut text = String::new();
    for line in plan.header {
        let _ = writeln!(text, "# {}", one_line(line));
    }
    text.push_str(
        "# Undo: terraform destroy takes back what is made here; a policy or route that was taken over has to be put back.\n\n",
    );
    text.push_str("terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \">= 5.60\"\n    }\n  }\n}\n");
    let regions: BTreeSet<&str> = plan.steps.iter().flat_map(|step| &step.change.edits).map(Edit::region).collect();
    for region in regions {
        text.push('\n');
        Block::new("provider", &["aws"]).with_text("alias", &identifier(&[region])).with_text("region", region).write(&mut text);
    }
    let (mut names, mut hand) = (BTreeSet::new(), Vec::new());
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(text, "\n# {}. {}", number + 1, one_line(&step.change.title));
        for note in &step.notes {
            let _ = writeln!(text, "#    {}", one_line(note));
        }
        for edit in &step.change.edits {
            let blocks = blocks(edit, &mut names);
            if blocks.is_empty() {
                let command = by_hand(edit);
                let _ = writeln!(text, "# In the configuration that manages it, or by hand: {}", one_line(&command));
                hand.push(command);
            }
            for (index, block) in blocks.iter().enumerate() {
                if index > 0 {
                    text.push('\n');
                }
                block.write(&mut text);
            }
        }
    }
    Rendered { files: vec![("fix.tf".to_owned(), text)], by_hand: hand }
}

/// A name that no other resource of the file has.
fn name(names: &mut BTreeSet<String>, kind: &str, parts: &[&str]) -> String {
    let plain = identifier(parts);
    let plain = if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("n_{plain}") };
    let free = (1..=u32::MAX)
        .map(|n| if n == 1 { plain.clone() } else { format!("{plain}_{n}") })
        .find(|name| !names.contains(&format!("{kind}.{name}")));
    let free = free.unwrap_or(plain);
    names.insert(format!("{kind}.{free}"));
    free
}

fn blocks(edit: &Edit, names: &mut BTreeSet<String>) -> Vec<Block> {
    let mut resource = |kind: &'static str, parts: &[&str]| {
        let name = name(names, kind, parts);
        let provider = format!("aws.{}", identifier(&[edit.region()]));
        (Block::new("resource", &[kind, &name]).with("provider", provider), format!("{kind}.{name}"))
    };
    match edit {
        Edit::CreateGatewayEndpoint { vpc_id, service_name, route_table_ids, policy, .. } => {
            let service = service_name.rsplit('.').next().unwrap_or(service_name);
            let (block, _) = resource("aws_vpc_endpoint", &[vpc_id, service]);
            let block = block
                .with_text("vpc_id", vpc_id)
                .with_text("service_name", service_name)
                .with_text("vpc_endpoint_type", "Gateway")
                .with("route_table_ids", texts(route_table_ids));
            vec![policy.iter().fold(block, |block, policy| block.with("policy", json(policy)))]
        }
        Edit::AssociateRouteTables { endpoint_id, route_table_ids, .. } => route_table_ids
            .iter()
            .map(|table| {
                let (block, _) = resource("aws_vpc_endpoint_route_table_association", &[endpoint_id, table]);
                block.with_text("vpc_endpoint_id", endpoint_id).with_text("route_table_id", table)
            })
            .collect(),
        Edit::EnablePrivateDns { endpoint_id, .. } => {
            let (block, _) = resource("aws_vpc_endpoint_private_dns", &[endpoint_id]);
            vec![block.with_text("vpc_endpoint_id", endpoint_id).with("private_dns_enabled", "true")]
        }
        Edit::AdmitHttps { group_id, from, .. } => {
            let (block, _) = resource("aws_vpc_security_group_ingress_rule", &[group_id, "https"]);
            let option = match from {
                IpNet::V4(_) => "cidr_ipv4",
                IpNet::V6(_) => "cidr_ipv6",
            };
            let block = block.with_text("security_group_id", group_id).with_text(option, &from.to_string());
            vec![block.with("from_port", "443").with("to_port", "443").with_text("ip_protocol", "tcp")]
        }
        Edit::AddEndpointSubnets { endpoint_id, subnet_ids, .. } => subnet_ids
            .iter()
            .map(|subnet| {
                let (block, _) = resource("aws_vpc_endpoint_subnet_association", &[endpoint_id, subnet]);
                block.with_text("vpc_endpoint_id", endpoint_id).with_text("subnet_id", subnet)
            })
            .collect(),
        Edit::ReplaceRoute { table_id, destination, nat_gateway_id, .. } => {
            let to = destination.to_string();
            let (block, address) = resource("aws_route", &[table_id, &to]);
            let option = match destination {
                RouteDestination::Ipv4(_) => "destination_cidr_block",
                RouteDestination::Ipv6(_) => "destination_ipv6_cidr_block",
                RouteDestination::PrefixList(_) => "destination_prefix_list_id",
            };
            let import = Block::new("import", &[]).with("to", address).with_text("id", &format!("{table_id}_{to}"));
            vec![
                import,
                block.with_text("route_table_id", table_id).with_text(option, &to).with_text("nat_gateway_id", nat_gateway_id),
            ]
        }
        Edit::PutEndpointPolicy { endpoint_id, policy, .. } => {
            let (block, _) = resource("aws_vpc_endpoint_policy", &[endpoint_id]);
            vec![block.with_text("vpc_endpoint_id", endpoint_id).with("policy", json(policy))]
        }
        Edit::PutBucketPolicy { bucket, policy, .. } => {
            let (block, _) = resource("aws_s3_bucket_policy", &[bucket]);
            vec![block.with_text("bucket", bucket).with("policy", json(policy))]
        }
        Edit::BlockPublicAccess(place) => {
            let kind =
                if place.bucket.is_some() { "aws_s3_bucket_public_access_block" } else { "aws_s3_account_public_access_block" };
            let (block, _) = resource(kind, &[place.bucket.as_deref().unwrap_or("account")]);
            let block = match &place.bucket {
                Some(bucket) => block.with_text("bucket", bucket),
                None => block.with_text("account_id", &place.account),
            };
            let switches = ["block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets"];
            vec![switches.iter().fold(block, |block, switch| block.with(switch, "true"))]
        }
        Edit::EnableVpcDns { .. }
        | Edit::RevokeRules { .. }
        | Edit::DeleteGroup { .. }
        | Edit::DeleteRoute { .. }
        | Edit::DeleteNatGateway { .. }
        | Edit::DeleteEndpoint { .. }
        | Edit::ReleaseAddress { .. }
        | Edit::RestrictEndpointService { .. } => Vec::new(),
    }
}
