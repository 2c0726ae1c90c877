//! Grants that leave it to access points who comes in.
//!
//! Source: S3 User Guide, "Configuring IAM policies for using access points", "Delegating access control to access points".

use crate::model::s3::AccessPoint;
use crate::policy::{Comparison, Condition, Scope, Standing, Statement};

const ACCOUNT_KEY: &str = "s3:DataAccessPointAccount";
const ARN_KEY: &str = "s3:DataAccessPointArn";
const ORIGIN_KEY: &str = "s3:AccessPointNetworkOrigin";

/// Accounts of the access points through which a grant lets in, where it lets in through access points only.
fn accounts(statement: &Statement) -> Option<Vec<&str>> {
    let condition = statement.conditions.iter().find(|condition| demands(condition))?;
    let of_account = condition.key.eq_ignore_ascii_case(ACCOUNT_KEY);
    Some(
        condition
            .values
            .iter()
            .map(|value| if of_account { value.as_str() } else { value.split(':').nth(4).unwrap_or_default() })
            .collect(),
    )
}

/// Whether a grant is to whoever comes through this access point of the account, and asks for nothing else.
pub(super) fn delegates(statement: &Statement, point: &AccessPoint, account: &str) -> bool {
    let met = |condition: &Condition| {
        let through = |value: &String| {
            if condition.key.eq_ignore_ascii_case(ACCOUNT_KEY) {
                return value == account;
            }
            // `...:accesspoint/*` is all of them.
            *value == point.arn
                || value.strip_suffix('*').is_some_and(|start| start.ends_with('/') && point.arn.starts_with(start))
        };
        demands(condition) && condition.values.iter().any(through)
    };
    !statement.conditions.is_empty() && statement.conditions.iter().all(met)
}

/// Whether a condition is about the access point a request comes through.
pub(super) fn is_of_access_points(condition: &Condition) -> bool {
    [ACCOUNT_KEY, ARN_KEY, ORIGIN_KEY].iter().any(|key| condition.key.eq_ignore_ascii_case(key))
}

/// Whether a condition holds only of requests through certain access points.
fn demands(condition: &Condition) -> bool {
    let operator = condition.operator;
    (condition.key.eq_ignore_ascii_case(ACCOUNT_KEY) || condition.key.eq_ignore_ascii_case(ARN_KEY))
        && operator.quantifier.is_none()
        && !operator.if_exists
        && !operator.comparison.is_negated()
        && operator.comparison != Comparison::Null
}

/// Where the owners of the access points stand through which a grant lets in; the least trusted of them counts.
///
/// `None` of a grant that does not ask for access points.
pub(super) fn owners(statement: &Statement, scope: &Scope) -> Option<Standing> {
    let standings: Vec<Standing> = accounts(statement)?.into_iter().map(|account| scope.standing_of_account(account)).collect();
    let first = [Standing::Outside, Standing::Unsure].into_iter().find(|one| standings.contains(one));
    Some(first.unwrap_or(Standing::Inside))
}
