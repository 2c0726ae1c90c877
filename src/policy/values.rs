//! What the values of a condition must look like, by its operator.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Supported data types".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::document::Comparison;
use super::operand::{block, boolean, instant};

/// Most digits of a number: those that every reader of decimal numbers keeps exactly.
const MAX_DIGITS: usize = 28;

/// What a value should have been, where the operator cannot compare it with anything.
///
/// A value with a policy variable is not looked into, save under `Null`, which takes none.
pub(super) fn wanted(comparison: Comparison, value: &str) -> Option<&'static str> {
    let (valid, wanted): (fn(&str) -> bool, _) = match comparison {
        Comparison::StringEquals
        | Comparison::StringNotEquals
        | Comparison::StringEqualsIgnoreCase
        | Comparison::StringNotEqualsIgnoreCase
        | Comparison::StringLike
        | Comparison::StringNotLike
        | Comparison::ArnEquals
        | Comparison::ArnLike
        | Comparison::ArnNotEquals
        | Comparison::ArnNotLike => return None,
        Comparison::NumericEquals
        | Comparison::NumericNotEquals
        | Comparison::NumericLessThan
        | Comparison::NumericLessThanEquals
        | Comparison::NumericGreaterThan
        | Comparison::NumericGreaterThanEquals => (is_number, "a decimal number such as `3600` or `-0.5`"),
        Comparison::DateEquals
        | Comparison::DateNotEquals
        | Comparison::DateLessThan
        | Comparison::DateLessThanEquals
        | Comparison::DateGreaterThan
        | Comparison::DateGreaterThanEquals => {
            (is_date, "a date such as `2020-04-01` or `2020-04-01T00:00:00Z`, or seconds since 1970")
        }
        Comparison::IpAddress | Comparison::NotIpAddress => {
            (is_address, "an address or a range such as `203.0.113.0/24` or `2001:db8::/32`")
        }
        Comparison::BinaryEquals => (is_base64, "base64 with its padding"),
        Comparison::Bool | Comparison::Null => (is_boolean, "`true` or `false`"),
    };
    let variable = value.contains("${") && comparison != Comparison::Null;
    (!variable && !valid(value)).then_some(wanted)
}

/// Digits with an optional minus sign and an optional fraction.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits.splitn(2, '.').all(all_digits) && digits.len() - digits.matches('.').count() <= MAX_DIGITS
}

/// Seconds since 1970, or the W3C profile of ISO 8601: a year, a month, a day or a point in time, in UTC where no offset stands.
fn is_date(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if (text.len() != 4 || text.starts_with('-')) && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return instant(text).is_some();
    }
    // The reader of times knows more forms than the profile, such as `20200401T00Z` and `2020-04-01 00:00[Europe/Oslo]`.
    let profile = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b':' | b'.' | b'T' | b'Z');
    if !text.bytes().all(profile) || text.starts_with('+') || !matches!(text.as_bytes().get(4), None | Some(b'-')) {
        return false;
    }
    instant(text).is_some()
}

/// An address, or a range in CIDR notation; bits behind the prefix are ignored.
fn is_address(text: &str) -> bool {
    block(text).is_some()
}

/// Standard base64 with padding.
fn is_base64(text: &str) -> bool {
    STANDARD.decode(text).is_ok()
}

/// `true` or `false` in any case.
fn is_boolean(text: &str) -> bool {
    boolean(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value with whether an operator takes it.
    fn assert_takes(comparison: Comparison, taken: &[&str], refused: &[&str]) {
        for value in taken {
            assert_eq!(wanted(comparison, value), None, "{value}");
        }
        for value in refused {
            assert!(wanted(comparison, value).is_some(), "{value}");
        }
    }

    #[test]
    fn numbers_are_plain_decimals() {
        assert_takes(
            Comparison::NumericLessThan,
            &[
                "0",
                "3600",
                "-1",
                "007",
                "1.5",
                "-0.25",
                "1234567890123456789012345678",
                "123456789012345678901234567.8",
                "${aws:epochtime}",
            ],
            &[
                "",
                "-",
                "+1",
                ".5",
                "5.",
                "1e3",
                "1,000",
                " 1",
                "0x10",
                "1.2.3",
                "NaN",
                "\u{664}",
                "12345678901234567890123456789",
            ],
        );
    }

    #[test]
    fn dates_are_w3c_or_epoch() {
        assert_takes(
            Comparison::DateGreaterThan,
            &[
                "2020",
                "2020-04",
                "2020-04-01",
                "2020-04-01T00:00Z",
                "2020-04-01T00:00:00Z",
                "2020-04-01T00:00:00.123Z",
                "2020-04-01T00:00:00",
                "2020-04-01T02:00:00+02:00",
                "2020-04-01T02:00:00-11:30",
                "0",
                "1585699200",
                "-1",
                "-100",
                "${x}",
            ],
            &[
                "",
                "-",
                "2020-13-01",
                "2020-02-30",
                "2020-4-1",
                "01.04.2020",
                "20200401T000000Z",
                "2020-04-01 00:00:00Z",
                "2020-04-01T25:00:00Z",
                "2020-04-01T00:00:00[UTC]",
                "April 1, 2020",
                "1.5",
                "2020-*",
                "99999999999999999999",
                "9999999999999",
                "+5",
            ],
        );
    }

    #[test]
    fn addresses_are_addresses_or_ranges() {
        assert_takes(
            Comparison::NotIpAddress,
            &[
                "203.0.113.7",
                "203.0.113.0/24",
                "203.0.113.7/24",
                "0.0.0.0/0",
                "::/0",
                "2001:DB8:1234:5678::/64",
                "::1",
                "${x}/32",
            ],
            &["", "203.0.113", "203.0.113.0/33", "203.0.113.*", "2001:db8::/129", "010.0.0.1", " 10.0.0.1", "10.0.0.0/", "host"],
        );
    }

    #[test]
    fn booleans_binaries_and_texts() {
        assert_takes(Comparison::Bool, &["true", "False", "TRUE", "${x}"], &["", "yes", "1", " true"]);
        assert_takes(Comparison::Null, &["true", "False"], &["", "null", "${x}"]);
        assert_takes(Comparison::BinaryEquals, &["", "QmluYXJ5", "QQ==", "${x}"], &["QQ", "Q!==", "QmluYXJ5\n"]);
        assert_takes(Comparison::StringEquals, &["", "anything"], &[]);
        assert_takes(Comparison::ArnLike, &["", "*", "anything"], &[]);
    }
}
