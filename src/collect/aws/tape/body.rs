//! Bodies of answers, in the form a person can read and edit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ciborium::Value as Cbor;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    /// Text, XML as a rule: the lines in a row, exactly as they came, line ends included.
    Text(Vec<String>),
    /// JSON.
    Json(Value),
    /// CBOR, written as JSON: `{"$time": ..}` is a point in time, `{"$bytes": ..}` are bytes in base64.
    Cbor(Value),
    /// Bytes that are none of these, in base64.
    Base64(String),
}

impl Body {
    /// Reads a body by its content type.
    pub(crate) fn of(bytes: &[u8], content_type: &str) -> Self {
        if content_type.contains("cbor")
            && let Ok(value) = ciborium::from_reader::<Cbor, _>(bytes)
        {
            let value = cbor_to_json(&value);
            if is_flat(&value, MAX_DEPTH) && json_to_cbor(&value).is_ok_and(|again| cbor_to_json(&again) == value) {
                return Self::Cbor(value);
            }
            return Self::Base64(STANDARD.encode(bytes));
        }
        // A bucket policy is JSON, too, but its text is what was asked for.
        if content_type.starts_with("application/x-amz-json")
            && let Ok(value) = serde_json::from_slice(bytes)
            && is_flat(&value, MAX_DEPTH)
        {
            return Self::Json(value);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(lines(text)),
            Err(_) => Self::Base64(STANDARD.encode(bytes)),
        }
    }

    /// The body as it goes over the wire.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(lines) => Ok(lines.concat().into_bytes()),
            Self::Json(value) => serde_json::to_vec(value).map_err(|error| error.to_string()),
            Self::Cbor(value) => {
                let mut bytes = Vec::new();
                ciborium::into_writer(&json_to_cbor(value)?, &mut bytes).map_err(|error| error.to_string())?;
                Ok(bytes)
            }
            Self::Base64(text) => STANDARD.decode(text).map_err(|error| format!("the body is not base64: {error}")),
        }
    }

    /// Passes every piece of text through `change`; XML as a whole.
    pub(crate) fn map_text(&mut self, change: &mut dyn FnMut(&str) -> String) {
        match self {
            Self::Text(text) => *text = lines(&change(&text.concat())),
            Self::Json(value) | Self::Cbor(value) => map_strings(value, change),
            Self::Base64(_) => {}
        }
    }
}

/// Deepest nesting that is kept as JSON, in levels: reading a recording stops at 128, and its file has some of its own.
const MAX_DEPTH: usize = 100;

fn is_flat(value: &Value, levels: usize) -> bool {
    let is_flat = |inner: &Value| levels > 0 && is_flat(inner, levels - 1);
    match value {
        Value::Array(items) => items.iter().all(is_flat),
        Value::Object(members) => members.values().all(is_flat),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// Passes every string of a JSON value through `change`.
pub(crate) fn map_strings(value: &mut Value, change: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| map_strings(item, change)),
        Value::Object(members) => members.values_mut().for_each(|member| map_strings(member, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Cuts text into lines that give the same text when they are put in a row: after each line end and, in XML written
/// without any, before each element that begins after another one has ended.
fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut rest = text.chars().peekable();
    let mut in_closing = false;
    let mut before = ' ';
    while let Some(c) = rest.next() {
        if c == '<' {
            in_closing = matches!(rest.peek(), Some('/' | '?'));
        }
        line.push(c);
        let element_ended = c == '>' && (in_closing || before == '/') && rest.peek() == Some(&'<');
        if c == '\n' || element_ended {
            lines.push(std::mem::take(&mut line));
        }
        before = c;
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// CBOR as JSON. Map keys of the services are text.
pub(crate) fn cbor_to_json(value: &Cbor) -> Value {
    match value {
        Cbor::Integer(number) => {
            let number = i128::from(*number);
            i64::try_from(number).map_or_else(|_| u64::try_from(number).map_or(Value::Null, Value::from), Value::from)
        }
        Cbor::Float(number) => Value::from(*number),
        Cbor::Bytes(bytes) => json!({"$bytes": STANDARD.encode(bytes)}),
        Cbor::Text(text) => Value::from(text.as_str()),
        Cbor::Bool(truth) => Value::from(*truth),
        // Tag 1 is a point in time in seconds of the Unix epoch. Source: RFC 8949, section 3.4.2.
        Cbor::Tag(1, seconds) => epoch(seconds).map_or(Value::Null, |time| json!({"$time": time.to_string()})),
        Cbor::Tag(_, inner) => cbor_to_json(inner),
        Cbor::Array(items) => Value::Array(items.iter().map(cbor_to_json).collect()),
        Cbor::Map(members) => Value::Object(
            members.iter().map(|(name, value)| (name.as_text().unwrap_or_default().to_owned(), cbor_to_json(value))).collect(),
        ),
        _ => Value::Null,
    }
}

fn epoch(seconds: &Cbor) -> Option<jiff::Timestamp> {
    match seconds {
        Cbor::Integer(seconds) => jiff::Timestamp::from_second(i64::try_from(i128::from(*seconds)).ok()?).ok(),
        Cbor::Float(seconds) => {
            let span = jiff::SignedDuration::try_from_secs_f64(*seconds).ok()?;
            jiff::Timestamp::from_duration(span).ok()
        }
        _ => None,
    }
}

fn json_to_cbor(value: &Value) -> Result<Cbor, String> {
    Ok(match value {
        Value::Null => Cbor::Null,
        Value::Bool(truth) => Cbor::Bool(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Cbor::Integer(integer.into()),
            (None, Some(integer)) => Cbor::Integer(integer.into()),
            (None, None) => Cbor::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Array(items) => Cbor::Array(items.iter().map(json_to_cbor).collect::<Result<_, _>>()?),
        Value::Object(members) => special(members).unwrap_or_else(|| {
            let pairs = members.iter().map(|(name, value)| Ok((Cbor::Text(name.clone()), json_to_cbor(value)?)));
            Ok(Cbor::Map(pairs.collect::<Result<_, String>>()?))
        })?,
    })
}

/// The two kinds of CBOR value that JSON has no word for.
fn special(members: &Map<String, Value>) -> Option<Result<Cbor, String>> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|_| members.len() == 1);
    if let Some(time) = text("$time") {
        let time = time.parse::<jiff::Timestamp>().map_err(|error| format!("`$time` is no time: {error}"));
        return Some(time.map(|time| Cbor::Tag(1, Box::new(Cbor::Float(time.as_duration().as_secs_f64())))));
    }
    let bytes = text("$bytes")?;
    Some(STANDARD.decode(bytes).map(Cbor::Bytes).map_err(|error| format!("`$bytes` is not base64: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_exactly() {
        for text in [
            "",
            "a",
            "a\nb\n",
            "<?xml?><a><b>1</b><c></c><d/><e x=\"1\"/></a>",
            "<a>\n  <b>x > y</b>\n</a>\n",
            "{\"Version\":\"2012-10-17\"}",
        ] {
            let body = Body::of(text.as_bytes(), "application/xml");
            assert_eq!(body.bytes().unwrap(), text.as_bytes());
        }
        let Body::Text(lines) = Body::of(b"<a><b>1</b><c></c></a>", "text/xml") else { panic!() };
        assert_eq!(lines, ["<a><b>1</b>", "<c></c>", "</a>"]);
    }

    #[test]
    fn cbor_comes_back_with_its_types() {
        let value = Cbor::Map(vec![
            ("Values".into(), Cbor::Array(vec![Cbor::Float(3.0), Cbor::Float(0.5)])),
            ("Count".into(), Cbor::Integer(3.into())),
            ("Timestamp".into(), Cbor::Tag(1, Box::new(Cbor::Float(1_763_856_000.0)))),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&value, &mut bytes).unwrap();
        let body = Body::of(&bytes, "application/cbor");
        let Body::Cbor(json) = &body else { panic!("{body:?}") };
        assert_eq!(json["Timestamp"], json!({"$time": "2025-11-23T00:00:00Z"}));
        let text = serde_json::to_string(&body).unwrap();
        let read: Body = serde_json::from_str(&text).unwrap();
        let again: Cbor = ciborium::from_reader(read.bytes().unwrap().as_slice()).unwrap();
        assert_eq!(again.as_map().unwrap().len(), 3);
        let member = |name: &str| again.as_map().unwrap().iter().find(|(key, _)| key.as_text() == Some(name)).unwrap().1.clone();
        assert_eq!(member("Values"), Cbor::Array(vec![Cbor::Float(3.0), Cbor::Float(0.5)]));
        assert_eq!(member("Timestamp"), Cbor::Tag(1, Box::new(Cbor::Float(1_763_856_000.0))));
        assert_eq!(member("Count"), Cbor::Integer(3.into()));
    }

    /// Found by fuzzing: `{"$time": "x"}` is no time and could not be sent again, and what is nested too deeply could not be read again.
    #[test]
    fn what_would_not_come_back_is_kept_as_bytes() {
        let cbor = |value: &Cbor| {
            let mut bytes = Vec::new();
            ciborium::into_writer(value, &mut bytes).unwrap();
            bytes
        };
        let false_time = cbor(&Cbor::Map(vec![("$time".into(), "noon".into())]));
        let deep = cbor(&(0..120).fold(Cbor::Null, |inner, _| Cbor::Array(vec![inner])));
        for (bytes, content_type) in [
            (false_time, "application/cbor"),
            (deep, "application/cbor"),
            (format!("{}{}", "[".repeat(120), "]".repeat(120)).into_bytes(), "application/x-amz-json-1.1"),
        ] {
            let body = Body::of(&bytes, content_type);
            let read: Body = serde_json::from_str(&serde_json::to_string_pretty(&body).unwrap()).unwrap();
            assert_eq!(read.bytes().unwrap(), bytes);
        }
    }

    /// Found by fuzzing: without the feature `float_roundtrip` of `serde_json` the last digit changed on the way.
    #[test]
    fn numbers_come_back_to_the_last_bit() {
        let body = Body::Cbor(json!(5.029_114_503_565_464e180));
        assert_eq!(serde_json::from_str::<Body>(&serde_json::to_string(&body).unwrap()).unwrap(), body);
    }

    #[test]
    fn a_broken_edit_is_told() {
        let broken: Body = serde_json::from_str(r#"{"cbor": {"Timestamp": {"$time": "yesterday"}}}"#).unwrap();
        assert!(broken.bytes().unwrap_err().contains("$time"));
    }
}
