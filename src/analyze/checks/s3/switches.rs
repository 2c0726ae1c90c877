//! The four switches of Block Public Access, by the names that S3 gives them.

use crate::model::s3::PublicAccessBlock;

/// One switch: its name, what it does when it is on, how to read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switch {
    /// Name in the API.
    pub(super) name: &'static str,
    /// What happens without it.
    pub(super) without: &'static str,
    is_on: fn(&PublicAccessBlock) -> bool,
}

impl Switch {
    /// Whether it is on in a setting; a setting that was never made has all of them off.
    pub(super) fn is_on(self, block: Option<&PublicAccessBlock>) -> bool {
        block.is_some_and(self.is_on)
    }
}

/// All of them, in the order of the API.
///
/// Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "Block public access settings".
pub(super) const SWITCHES: [Switch; 4] = [
    Switch { name: "BlockPublicAcls", without: "new public ACLs are taken", is_on: |block| block.block_public_acls },
    Switch { name: "IgnorePublicAcls", without: "public ACLs count", is_on: |block| block.ignore_public_acls },
    Switch { name: "BlockPublicPolicy", without: "new public policies are taken", is_on: |block| block.block_public_policy },
    Switch { name: "RestrictPublicBuckets", without: "public policies count", is_on: |block| block.restrict_public_buckets },
];

/// Names of switches, joined.
pub(super) fn names(switches: &[Switch]) -> String {
    switches.iter().map(|switch| switch.name).collect::<Vec<_>>().join(", ")
}

/// What happens while these are off, in words.
pub(super) fn consequences(switches: &[Switch]) -> String {
    switches.iter().map(|switch| switch.without).collect::<Vec<_>>().join(", ")
}

/// What a setting says, in one line.
pub(super) fn describe(block: Option<&PublicAccessBlock>) -> String {
    if block.is_none() {
        return "never set, so that all four switches are off".to_owned();
    }
    let (on, off): (Vec<Switch>, Vec<Switch>) = SWITCHES.into_iter().partition(|switch| switch.is_on(block));
    match (on.as_slice(), off.as_slice()) {
        (_, []) => "all four switches on".to_owned(),
        ([], _) => "all four switches off".to_owned(),
        (on, off) => format!("on: {}; off: {}", names(on), names(off)),
    }
}
