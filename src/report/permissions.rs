//! The table of what a scan calls, for people. Takes rows, because reports know nothing of the collector.

use std::collections::BTreeMap;

use super::page::{FAINT, NAME, PLAIN, Page, STRONG, Span, column_widths};
use super::text;

/// One call.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// IAM action that allows it.
    pub action: &'static str,
    /// API operation.
    pub operation: &'static str,
    /// How often it is made.
    pub scope: &'static str,
    /// What its answer is for.
    pub purpose: &'static str,
}

/// The table for a terminal of this many columns, with style codes, by the service of the action.
#[must_use]
pub fn table(rows: impl Iterator<Item = Row>, columns: usize) -> String {
    let mut by_service: BTreeMap<&str, BTreeMap<(&str, &str), Vec<Span>>> = BTreeMap::new();
    for row in rows {
        let service = row.action.split_once(':').map_or(row.action, |(service, _)| service);
        by_service.entry(service).or_default().insert((row.action, row.operation), cells(&row));
    }
    let widths = column_widths(by_service.values().flat_map(BTreeMap::values));
    let mut page = Page::new(columns);
    let mut count = 0;
    for (service, rows) in by_service {
        let cells: Vec<Vec<Span>> = rows.into_values().collect();
        count += text::len(&cells);
        page.gap();
        page.line(0, &[Span::new(service, STRONG)]);
        page.rows_as_wide(2, &cells, &widths);
    }
    page.gap();
    let calls = text::count(count, "call", "calls");
    page.line(0, &[Span::new(format!("{calls}, none of which changes anything"), FAINT)]);
    page.finish()
}

fn cells(row: &Row) -> Vec<Span> {
    let action = row.action.split_once(':').map_or(row.action, |(_, action)| action);
    // Most actions are called like their operation.
    let called = if action == row.operation { String::new() } else { format!(" ({})", row.operation) };
    vec![Span::new(action, NAME), Span::new(row.scope, FAINT), Span::new(format!("{}{called}", row.purpose), PLAIN)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stand_under_their_service() {
        let row = |action, operation| Row { action, operation, scope: "once", purpose: "who asks" };
        let rows = [row("s3:ListAllMyBuckets", "ListBuckets"), row("ec2:DescribeVpcs", "DescribeVpcs")];
        let text = anstream::adapter::strip_str(&table(rows.into_iter(), 80)).to_string();
        assert_eq!(
            text,
            "ec2\n  DescribeVpcs      once  who asks\n\ns3\n  ListAllMyBuckets  once  who asks (ListBuckets)\n\n\
             2 calls, none of which changes anything\n"
        );
    }
}
