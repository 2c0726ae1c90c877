//! Policies drawn from the words of the small world.

use super::world::{FOREIGN_ORGANIZATION, ORGANIZATION, OWN, SISTER, STRANGER};
use crate::policy::document::{
    Comparison, Condition, Effect, Operator, PatternElement, Policy, Position, PrincipalElement, PrincipalItem, Quantifier,
    Statement, Version,
};

/// Numbers drawn from a seed: the same ones everywhere. Source: "Fast splittable pseudorandom number generators" (`SplitMix64`).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x1234_5678))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Whether one of `n` came up.
    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(super) fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }

    fn some(&mut self, from: &[String]) -> Vec<String> {
        let mut chosen = vec![self.pick(from).clone()];
        while self.one_in(3) {
            chosen.push(self.pick(from).clone());
        }
        chosen
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A policy of one to four statements.
pub(super) fn policy(random: &mut Random) -> Policy {
    let count = 1 + random.below(4);
    let statements = (0..count).map(|index| statement(random, index)).collect();
    Policy { version: if random.one_in(12) { Version::V2008 } else { Version::V2012 }, id: None, statements }
}

fn statement(random: &mut Random, index: usize) -> Statement {
    let effect = if index == 0 || random.one_in(3) { Effect::Allow } else { Effect::Deny };
    let actions = owned(&[
        "*",
        "s3:*",
        "s3:Get*",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:List*",
        "S3:PUT*",
        "s3:?etObject",
    ]);
    let resources = owned(&[
        "*",
        "arn:aws:s3:::b",
        "arn:aws:s3:::b/*",
        "arn:aws:s3:::b*",
        "arn:aws:s3:::b/x/*",
        "arn:aws:s3:::b/a",
        "arn:*:s3:::*",
        "arn:aws:s3:::b/?",
        "arn:aws:s3:::b/${aws:username}/*",
        "arn:aws:s3:::other/*",
    ]);
    let count = if random.one_in(4) { 2 } else { random.below(2) };
    let conditions = (0..count).map(|_| condition(random)).collect();
    Statement {
        index,
        sid: None,
        effect,
        principal: Some(principal(random)),
        action: PatternElement { negated: random.one_in(8), patterns: random.some(&actions) },
        resource: PatternElement { negated: random.one_in(8), patterns: random.some(&resources) },
        conditions,
        position: Position::default(),
    }
}

fn principal(random: &mut Random) -> PrincipalElement {
    let arn = |account: &str, rest: &str| PrincipalItem::Aws(format!("arn:aws:iam::{account}:{rest}"));
    let named = [
        PrincipalItem::Aws(OWN.to_owned()),
        PrincipalItem::Aws(SISTER.to_owned()),
        arn(STRANGER, "root"),
        arn(STRANGER, "role/r1"),
        arn(OWN, "role/r1"),
        arn(OWN, "user/team/u1"),
        PrincipalItem::Service("cloudtrail.amazonaws.com".to_owned()),
    ];
    let mut items = if random.one_in(2) { vec![PrincipalItem::Anyone] } else { vec![random.pick(&named).clone()] };
    if random.one_in(4) {
        items.push(random.pick(&named).clone());
    }
    let negated = !items.contains(&PrincipalItem::Anyone) && random.one_in(10);
    PrincipalElement { negated, items }
}

fn condition(random: &mut Random) -> Condition {
    let text = [
        Comparison::StringEquals,
        Comparison::StringNotEquals,
        Comparison::StringLike,
        Comparison::StringNotLike,
        Comparison::StringEqualsIgnoreCase,
    ];
    let arn =
        [Comparison::ArnLike, Comparison::ArnEquals, Comparison::ArnNotLike, Comparison::StringLike, Comparison::StringNotLike];
    let ip = [Comparison::IpAddress, Comparison::NotIpAddress];
    let bool = [Comparison::Bool];
    let any_arn = |account: &str| format!("arn:aws:iam::{account}:*");
    let pools: [(&str, &[Comparison], Vec<String>); 17] = [
        ("aws:SourceVpce", &text, owned(&["vpce-0a1", "vpce-0b2", "vpce-*", "vpce-0a*", "vpce-0c3"])),
        ("aws:SourceVpc", &text, owned(&["vpc-0a1", "vpc-0b2", "vpc-*"])),
        ("aws:SourceIp", &ip, owned(&["203.0.113.0/24", "0.0.0.0/0", "198.51.100.7/32", "2001:db8::/32", "128.0.0.0/1"])),
        ("aws:PrincipalOrgID", &text, owned(&[ORGANIZATION, FOREIGN_ORGANIZATION, "o-*", "${aws:ResourceOrgID}"])),
        ("aws:PrincipalAccount", &text, owned(&[OWN, SISTER, STRANGER, "${aws:ResourceAccount}", "1111*"])),
        (
            "aws:PrincipalArn",
            &arn,
            [
                any_arn(OWN),
                any_arn("*"),
                format!("arn:aws:iam::{STRANGER}:role/r1"),
                "arn:aws:iam::*:role/r?".to_owned(),
                "arn:aws:iam::*:user/team/*".to_owned(),
                "*:role/r1".to_owned(),
            ]
            .to_vec(),
        ),
        ("aws:SecureTransport", &bool, owned(&["true", "false"])),
        ("aws:PrincipalIsAWSService", &bool, owned(&["true", "false"])),
        ("aws:ViaAWSService", &bool, owned(&["true", "false"])),
        ("aws:PrincipalTag/team", &text, owned(&["x", "y", "*"])),
        ("s3:prefix", &text, owned(&["x/", "x*", ""])),
        ("s3:x-amz-acl", &text, owned(&["public-read", "private"])),
        ("aws:SourceAccount", &text, owned(&[OWN, SISTER, STRANGER])),
        (
            "aws:SourceArn",
            &arn,
            owned(&["arn:aws:cloudtrail:*:111122223333:trail/*", "arn:aws:cloudtrail:eu-west-1:*:trail/t", "arn:aws:s3:::*"]),
        ),
        ("aws:username", &text, owned(&["u1", "u*"])),
        ("aws:PrincipalOrgPaths", &text, owned(&["o-a1b2c3d4e5/*", "o-*/r-ab12/*", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"])),
        ("aws:CalledVia", &text, owned(&["athena.amazonaws.com"])),
    ];
    let (key, comparisons, values) = random.pick(&pools);
    let null = random.one_in(8);
    let comparison = if null { Comparison::Null } else { *random.pick(comparisons) };
    let many = key.ends_with("OrgPaths") || *key == "aws:CalledVia";
    let quantifier = match (null, random.below(if many { 3 } else { 12 })) {
        (false, 0) => Some(Quantifier::ForAnyValue),
        (false, 1) => Some(Quantifier::ForAllValues),
        _ => None,
    };
    // What an absent key makes of this pair is not documented, and tested elsewhere.
    let if_exists = !null && quantifier != Some(Quantifier::ForAnyValue) && random.one_in(5);
    let values = if null { owned(&[if random.one_in(2) { "true" } else { "false" }]) } else { random.some(values) };
    let operator = Operator { quantifier, comparison, if_exists };
    Condition { operator, key: (*key).to_owned(), values, position: Position::default() }
}
