//! CloudFormation, one template per region. A stack makes new resources; what changes resources that exist is told in the
//! template's metadata, with the command.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::{Plan, Rendered, by_hand, one_line};
use crate::fix::Edit;
use crate::fix::change::OldPolicy;

/// What goes into the template of one region.
#[derive(Default)]
struct Template {
    resources: Map<String, Value>,
    notes: Vec<Value>,
    by_hand: Vec<Value>,
}

pub(super) fn render(plan: &Plan<'_>) -> Rendered {
    let mut templates: BTreeMap<&str, Template> = BTreeMap::new();
    let mut hand = Vec::new();
    for (number, step) in plan.steps.iter().enumerate() {
        for edit in &step.change.edits {
            let template = templates.entry(edit.region()).or_default();
            if let Some(resource) = resource(edit) {
                let name = format!("Step{}N{}", number + 1, template.resources.len() + 1);
                template.resources.insert(name.clone(), resource);
                let notes: Vec<String> = step.notes.iter().map(|note| one_line(note)).collect();
                template.notes.push(json!({ "Resource": name, "Change": one_line(&step.change.title), "Notes": notes }));
            } else {
                let command = by_hand(edit);
                template.by_hand.push(json!({ "Change": one_line(&step.change.title), "Command": one_line(&command) }));
                hand.push(command);
            }
        }
    }
    let described = plan.header.iter().map(|line| one_line(line)).collect::<Vec<_>>().join(". ");
    let file = |(region, template): (&str, Template)| {
        // A template without a resource is none.
        if template.resources.is_empty() {
            return None;
        }
        let body = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": described.chars().take(1000).collect::<String>(),
            "Metadata": { "Natless": { "Region": region, "Steps": template.notes, "ByHand": template.by_hand } },
            "Resources": template.resources,
        });
        let text = serde_json::to_string_pretty(&body).ok()?;
        Some((format!("fix-{region}.template.json"), format!("{text}\n")))
    };
    Rendered { files: templates.into_iter().filter_map(file).collect(), by_hand: hand }
}

fn document(policy: &str) -> Value {
    serde_json::from_str(policy).unwrap_or_else(|_| json!(policy))
}

/// The edit as a resource that a stack makes; `None` where it changes one that exists.
fn resource(edit: &Edit) -> Option<Value> {
    let (kind, properties) = match edit {
        Edit::CreateGatewayEndpoint { vpc_id, service_name, route_table_ids, policy, .. } => {
            let mut properties = json!({ "VpcId": vpc_id, "ServiceName": service_name, "VpcEndpointType": "Gateway", "RouteTableIds": route_table_ids });
            if let (Some(policy), Some(properties)) = (policy, properties.as_object_mut()) {
                properties.insert("PolicyDocument".to_owned(), document(policy));
            }
            ("AWS::EC2::VPCEndpoint", properties)
        }
        Edit::AdmitHttps { group_id, from, .. } => {
            let option = match from {
                IpNet::V4(_) => "CidrIp",
                IpNet::V6(_) => "CidrIpv6",
            };
            let rule =
                json!({ "GroupId": group_id, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, option: from.to_string() });
            ("AWS::EC2::SecurityGroupIngress", rule)
        }
        // A stack does not take a policy over that is there already.
        Edit::PutBucketPolicy { bucket, policy, old: OldPolicy::None, .. } => {
            ("AWS::S3::BucketPolicy", json!({ "Bucket": bucket, "PolicyDocument": document(policy) }))
        }
        Edit::PutBucketPolicy { .. }
        | Edit::AssociateRouteTables { .. }
        | Edit::EnablePrivateDns { .. }
        | Edit::EnableVpcDns { .. }
        | Edit::RevokeRules { .. }
        | Edit::DeleteGroup { .. }
        | Edit::AddEndpointSubnets { .. }
        | Edit::ReplaceRoute { .. }
        | Edit::DeleteRoute { .. }
        | Edit::DeleteNatGateway { .. }
        | Edit::DeleteEndpoint { .. }
        | Edit::ReleaseAddress { .. }
        | Edit::PutEndpointPolicy { .. }
        | Edit::BlockPublicAccess(_)
        | Edit::RestrictEndpointService { .. } => return None,
    };
    Some(json!({ "Type": kind, "Properties": properties }))
}
