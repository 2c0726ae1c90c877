//! An event on a bus of EventBridge.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;

use super::courier::{Courier, why};
use super::destinations::EventBus;

/// What every event of natless says it comes from.
pub const SOURCE: &str = "natless";

/// Puts one event on the bus.
///
/// # Errors
/// In words, where EventBridge does not take it.
pub async fn put(
    courier: &Courier,
    bus: &EventBus,
    detail_type: &str,
    detail: &str,
    taken_at: jiff::Timestamp,
) -> Result<(), String> {
    let event = PutEventsRequestEntry::builder()
        .source(SOURCE)
        .detail_type(detail_type)
        .detail(detail)
        .event_bus_name(&bus.name)
        .time(DateTime::from_secs(taken_at.as_second()))
        .build();
    let client = courier.event_bridge(bus.region.as_deref().unwrap_or(&courier.region));
    let answer = client.put_events().entries(event).send().await.map_err(|error| why("events:PutEvents", &error))?;
    // Each event is taken or refused by itself. Source: EventBridge API Reference, `PutEvents`, `FailedEntryCount`.
    let refused = answer.entries().iter().find(|entry| entry.error_code().is_some());
    match (answer.failed_entry_count(), refused) {
        (0, None) => Ok(()),
        (_, refused) => {
            let code = refused.and_then(|entry| entry.error_code()).unwrap_or("refused without a reason");
            let message = refused.and_then(|entry| entry.error_message()).unwrap_or_default();
            Err(format!("events:PutEvents: {code} {message}").trim_end().to_owned())
        }
    }
}
