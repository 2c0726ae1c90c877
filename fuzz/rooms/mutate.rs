//! Changes JSON in its structure, so that most of what is tried gets past the reader of JSON itself.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value};

/// Texts that readers of accounts take for something.
const TEXTS: &[&str] = &[
    "",
    "*",
    "0.0.0.0/0",
    "10.0.0.0/8",
    "10.0.0.0/33",
    "::/0",
    "2600::/12",
    "255.255.255.255/32",
    "169.254.0.0/16",
    "local",
    "aws-global",
    "eu-west-1",
    "us-gov-west-1",
    "cn-north-1",
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "arn:aws:s3:::store-1/*",
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}",
    "{\"Statement\":[]}",
    "com.amazonaws.eu-west-1.s3",
    "-9999-01-02T01:59:59Z",
    "9999-12-30T22:00:00.999999999Z",
    "1970-01-01T00:00:00Z",
    "available",
    "deleted",
    "blackhole",
    "\u{0}\n\u{202e}\u{1b}[2J",
    "79228162514264337593543950335",
    "-0.0000000000000000000000000001",
    "$time",
    "$bytes",
];

/// Numbers at whose edges arithmetic breaks.
const NUMBERS: &[i64] =
    &[0, 1, -1, 2, 13, 14, 32, 33, 128, 129, 443, 65_535, 65_536, 4_294_967_295, 4_294_967_296, i64::MAX, i64::MIN];

/// A small generator of numbers, fixed by its seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % sides.max(1) as u64).unwrap_or(0)
    }
}

/// Changes a JSON document in the first `size` bytes of `data` and gives its new size. What is no JSON is changed byte by byte.
pub(crate) fn json(data: &mut [u8], size: usize, max_size: usize, dice: &mut Dice) -> usize {
    let bytewise = dice.below(8) == 0;
    let Some(mut value) = serde_json::from_slice::<Value>(&data[..size]).ok().filter(|_| !bytewise) else {
        return fuzzer_mutate(data, size, max_size);
    };
    for _ in 0..=dice.below(4) {
        change(&mut value, dice);
    }
    let text = value.to_string();
    if text.len() > max_size {
        return size;
    }
    data[..text.len()].copy_from_slice(text.as_bytes());
    text.len()
}

/// Changes one place.
fn change(document: &mut Value, dice: &mut Dice) {
    let places = count(document);
    let other = nth(document, &mut dice.below(places)).cloned().unwrap_or(Value::Null);
    let Some(place) = nth_mut(document, &mut dice.below(places)) else { return };
    match (dice.below(8), &mut *place) {
        (0 | 1, Value::String(text)) => *text = TEXTS[dice.below(TEXTS.len())].to_owned(),
        (0 | 1, Value::Number(_)) => *place = NUMBERS[dice.below(NUMBERS.len())].into(),
        (0 | 1, Value::Bool(truth)) => *truth = !*truth,
        (0..=2, Value::Array(items)) if !items.is_empty() => {
            let at = dice.below(items.len());
            match dice.below(3) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => items.push(other),
            }
        }
        (0..=2, Value::Object(members)) if !members.is_empty() => change_members(members, other, dice),
        // Texts that name one another are what the model is made of.
        (3..=5, Value::String(text)) if other.is_string() => *text = other.as_str().unwrap_or_default().to_owned(),
        (6, place) => *place = other,
        (7, place) => *place = Value::Null,
        (_, Value::String(text)) if !text.is_empty() => {
            let mut letters: Vec<char> = text.chars().collect();
            let at = dice.below(letters.len());
            letters[at] = char::from(b"0129afz-:/.*?$ \"\n"[dice.below(17)]);
            *text = letters.into_iter().collect();
        }
        _ => {}
    }
}

fn change_members(members: &mut Map<String, Value>, other: Value, dice: &mut Dice) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = &names[dice.below(names.len())];
    match dice.below(4) {
        0 => drop(members.remove(name)),
        1 => drop(members.insert(name.clone(), other)),
        2 => {
            // The same thing under another name.
            let value = members.get(name).cloned().unwrap_or(Value::Null);
            members.insert(other.as_str().map_or_else(|| format!("{name}a"), str::to_owned), value);
        }
        _ => {
            let value = members.remove(name).unwrap_or(Value::Null);
            members.insert(other.as_str().unwrap_or("x").to_owned(), value);
        }
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0usize,
    }
}

fn nth<'v>(value: &'v Value, left: &mut usize) -> Option<&'v Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter().find_map(|item| nth(item, left)),
        Value::Object(members) => members.values().find_map(|member| nth(member, left)),
        _ => None,
    }
}

fn nth_mut<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth_mut(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| nth_mut(member, left)),
        _ => None,
    }
}
