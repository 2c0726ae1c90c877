//! A message to an SNS topic.

use super::courier::{Courier, why};
use super::destinations::Arn;
use crate::report::message::Message;

/// Publishes a message.
///
/// # Errors
/// In words, where SNS does not take it.
pub async fn publish(courier: &Courier, topic: &Arn, message: &Message) -> Result<(), String> {
    let Message { subject, body } = message;
    let publish = courier.sns(&topic.region).publish().topic_arn(&topic.text).subject(subject).message(body);
    publish.send().await.map(drop).map_err(|error| why("sns:Publish", &error))
}
