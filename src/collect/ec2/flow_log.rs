//! Flow logs.

use aws_sdk_ec2::operation::describe_flow_logs::DescribeFlowLogsOutput;
use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, tags, text, word};
use crate::collect::calls::DESCRIBE_FLOW_LOGS;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::FlowLog;

/// Every flow log of the region.
pub(super) async fn flow_logs(session: &RegionSession) -> Listing<FlowLog> {
    let page = |token| session.ec2().describe_flow_logs().max_results(1000).set_next_token(token).send();
    let pages = session.pages(&DESCRIBE_FLOW_LOGS, None, page, DescribeFlowLogsOutput::next_token).await;
    gather(session, &DESCRIBE_FLOW_LOGS, pages, |page| page.flow_logs.unwrap_or_default(), from_sdk)
}

// Defaults: EC2 API reference, CreateFlowLogs: `LogDestinationType`, "Default: cloud-watch-logs"; `MaxAggregationInterval`,
// "Default: 600"; `TrafficType`, "not supported for transit gateway resource types": those record everything.
fn from_sdk(x: sdk::FlowLog) -> Converted<FlowLog> {
    let item = Item::new(x.flow_log_id, "FlowLogId")?;
    let resource_id = item.text(x.resource_id, "ResourceId")?;
    let traffic_type = match word(x.traffic_type) {
        None if resource_id.starts_with("tgw-") => "ALL".to_owned(),
        given => item.text(given, "TrafficType")?,
    };
    let failed = x.deliver_logs_status.as_deref() == Some("FAILED");
    let log = FlowLog {
        resource_id,
        status: item.text(x.flow_log_status, "FlowLogStatus")?,
        traffic_type,
        destination_type: word(x.log_destination_type).unwrap_or_else(|| "cloud-watch-logs".to_owned()),
        destination: text(x.log_destination),
        format: item.text(x.log_format, "LogFormat")?,
        aggregation_seconds: item.number(x.max_aggregation_interval.or(Some(600)), "MaxAggregationInterval")?,
        delivery_error: text(x.deliver_logs_error_message).or_else(|| failed.then(|| "FAILED".to_owned())),
        tags: tags(x.tags),
        id: item.id.clone(),
    };
    Ok((item.id, log))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(resource: &str) -> sdk::builders::FlowLogBuilder {
        sdk::FlowLog::builder().flow_log_id("fl-0aa").resource_id(resource).flow_log_status("ACTIVE")
    }

    #[test]
    fn the_format_stays_as_written() {
        let format = "${version} ${vpc-id} ${pkt-dstaddr} ${flow-direction} ${traffic-path}";
        let x = bare("vpc-0aa")
            .traffic_type(sdk::TrafficType::All)
            .log_destination_type(sdk::LogDestinationType::S3)
            .log_destination("arn:aws:s3:::logs")
            .log_format(format)
            .max_aggregation_interval(60)
            .deliver_logs_status("FAILED")
            .deliver_logs_error_message("Access error")
            .build();
        let (_, log) = from_sdk(x).unwrap();
        assert_eq!(log.format, format);
        assert_eq!((log.traffic_type.as_str(), log.destination_type.as_str(), log.aggregation_seconds), ("ALL", "s3", 60));
        assert_eq!(log.destination.as_deref(), Some("arn:aws:s3:::logs"));
        assert_eq!(log.delivery_error.as_deref(), Some("Access error"));
    }

    #[test]
    fn documented_defaults_are_taken_and_no_others() {
        let x = bare("tgw-0aa").log_format("${version}").deliver_logs_status("SUCCESS").build();
        let (_, log) = from_sdk(x).unwrap();
        assert_eq!(
            (log.traffic_type.as_str(), log.destination_type.as_str(), log.aggregation_seconds),
            ("ALL", "cloud-watch-logs", 600)
        );
        assert_eq!(log.delivery_error, None);
        assert!(from_sdk(bare("vpc-0aa").log_format("${version}").build()).unwrap_err().contains("TrafficType"));
        let formatless = bare("vpc-0aa").traffic_type(sdk::TrafficType::All).build();
        assert!(from_sdk(formatless).unwrap_err().contains("LogFormat"));
    }

    #[test]
    fn a_failed_delivery_without_words_is_still_told() {
        let x = bare("tgw-0aa").log_format("${version}").deliver_logs_status("FAILED").build();
        assert_eq!(from_sdk(x).unwrap().1.delivery_error.as_deref(), Some("FAILED"));
    }
}
