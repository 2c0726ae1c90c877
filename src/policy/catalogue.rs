//! The actions of Amazon S3, with the resources and condition keys that each has.
//!
//! Source: `data/s3_actions.tsv`, which tells its own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// One action of S3.
#[derive(Debug)]
pub(super) struct Action {
    /// Name with prefix, such as `s3:GetObject`.
    pub(super) name: String,
    /// Whether it is asked of a bucket.
    pub(super) on_bucket: bool,
    /// Whether it is asked of an object.
    pub(super) on_object: bool,
    /// Whether it is asked of an access point.
    pub(super) on_access_point: bool,
    /// Condition keys of its own, in lower case; those that take a name behind a slash end in one.
    keys: Vec<String>,
    /// The same keys as the documentation spells them.
    spelled: Vec<&'static str>,
}

impl Action {
    /// Whether requests for it can have a condition key of S3's, named in lower case.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|own| own == key || (own.ends_with('/') && key.starts_with(own.as_str())))
    }
}

/// Actions that people know, most telling first: they stand for others that no policy tells apart.
const WELL_KNOWN: [&str; 8] = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:DeleteObject",
    "s3:GetBucketAcl",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:GetObjectAcl",
];

/// Every action of S3 that is asked of a bucket, an object or an access point, the best known first.
pub(super) fn s3() -> &'static [Action] {
    static ACTIONS: LazyLock<Vec<Action>> = LazyLock::new(|| {
        let lines = include_str!("data/s3_actions.tsv").lines().filter(|line| !line.starts_with('#'));
        let mut actions: Vec<Action> = lines.filter_map(read).collect();
        let rank = |action: &Action| WELL_KNOWN.iter().position(|name| *name == action.name).unwrap_or(WELL_KNOWN.len());
        actions.sort_by_key(rank);
        actions
    });
    &ACTIONS
}

/// The condition keys of S3 as the documentation spells them.
pub(super) fn spellings() -> impl Iterator<Item = &'static str> {
    static SPELLINGS: LazyLock<BTreeSet<&'static str>> =
        LazyLock::new(|| s3().iter().flat_map(|action| action.spelled.iter().copied()).collect());
    SPELLINGS.iter().copied()
}

/// Whether any action of S3 can have a condition key, named in lower case.
pub(super) fn is_s3_key(key: &str) -> bool {
    static KEYS: LazyLock<BTreeSet<&'static str>> =
        LazyLock::new(|| s3().iter().flat_map(|action| &action.keys).map(String::as_str).collect());
    let head = key.split_once('/').map_or(key.len(), |(head, _)| head.len() + 1);
    KEYS.contains(key.get(..head).unwrap_or(key))
}

fn read(line: &'static str) -> Option<Action> {
    let mut columns = line.split('\t');
    let (name, types, keys) = (columns.next()?, columns.next()?, columns.nth(1)?);
    let has = |wanted: &str| types.split(',').any(|own| own == wanted);
    let action = Action {
        name: format!("s3:{name}"),
        // An existing bucket is not made again.
        on_bucket: has("bucket") && name != "CreateBucket",
        on_object: has("object"),
        on_access_point: has("accesspoint"),
        keys: keys.split(',').filter(|key| *key != "-").map(str::to_ascii_lowercase).collect(),
        spelled: keys.split(',').filter(|key| *key != "-").collect(),
    };
    (action.on_bucket || action.on_object || action.on_access_point).then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let find = |name: &str| s3().iter().find(|action| action.name == name).unwrap();
        let (get, list) = (find("s3:GetObject"), find("s3:ListBucket"));
        assert!(get.on_object && !get.on_bucket && list.on_bucket && !list.on_object);
        assert!(list.has_key("s3:prefix") && !get.has_key("s3:prefix"));
        assert!(get.has_key("s3:existingobjecttag/classification") && !list.has_key("s3:existingobjecttag/x"));
        assert!(s3().len() > 100, "{}", s3().len());
        assert!(is_s3_key("s3:x-amz-acl") && !is_s3_key("s3:no-such-key"));
        assert!(is_s3_key("s3:existingobjecttag/classification") && !is_s3_key("s3:existingobjecttags/classification"));
        assert!(spellings().any(|name| name == "s3:ExistingObjectTag/") && spellings().all(|name| name.contains(':')));
        assert_eq!(s3().iter().take(WELL_KNOWN.len()).map(|action| action.name.as_str()).collect::<Vec<_>>(), WELL_KNOWN);
    }
}
