//! The text of a policy in one fixed form, so that two policies that say the same in the same order have the same text.

use std::borrow::Cow;
use std::fmt;

use super::document::{Condition, Effect, PatternElement, Policy, PrincipalElement, PrincipalItem, Statement};

/// The policy as JSON, indented by two spaces.
///
/// Elements stand in the order of the grammar and `Version` is always written. A list with one item is written as the item.
/// Principals are gathered by kind and conditions by operator, both in the order in which kinds and operators appear; operators
/// have their documented spelling. Everything else is as the author wrote it.
///
/// For a policy that [`parse`](super::parse::parse) returned, reading the text again gives the same policy but for positions and
/// that gathering. A policy that no text can say (one key twice under one operator, an empty list of actions) has a text all the
/// same, which `parse` refuses.
#[must_use]
pub fn to_json(policy: &Policy) -> String {
    let mut members = vec![member("Version", Node::Text(policy.version.as_str()))];
    members.extend(policy.id.iter().map(|id| member("Id", Node::Text(id))));
    members.push(member("Statement", Node::List(policy.statements.iter().map(statement).collect())));
    Node::Object(members).to_string()
}

/// One statement.
fn statement(statement: &Statement) -> Node<'_> {
    let mut members = Vec::new();
    members.extend(statement.sid.iter().map(|sid| member("Sid", Node::Text(sid))));
    let effect = match statement.effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    members.push(member("Effect", Node::Text(effect)));
    members.extend(statement.principal.as_ref().map(principal));
    members.push(patterns("Action", "NotAction", &statement.action));
    members.push(patterns("Resource", "NotResource", &statement.resource));
    if !statement.conditions.is_empty() {
        members.push(member("Condition", conditions(&statement.conditions)));
    }
    Node::Object(members)
}

/// `Principal` or `NotPrincipal`.
fn principal(element: &PrincipalElement) -> Member<'_> {
    let name = if element.negated { "NotPrincipal" } else { "Principal" };
    if element.items == [PrincipalItem::Anyone] {
        return member(name, Node::Text("*"));
    }
    let named = element.items.iter().map(|item| match item {
        PrincipalItem::Anyone => ("AWS", "*"),
        PrincipalItem::Aws(id) => ("AWS", id.as_str()),
        PrincipalItem::Service(service) => ("Service", service.as_str()),
        PrincipalItem::Federated(provider) => ("Federated", provider.as_str()),
        PrincipalItem::CanonicalUser(id) => ("CanonicalUser", id.as_str()),
    });
    let kinds = gathered(named).into_iter().map(|(kind, ids)| member(kind, one_or_list(ids)));
    member(name, Node::Object(kinds.collect()))
}

/// `Action` or `Resource`, or its `Not` form.
fn patterns<'p>(name: &'p str, negated_name: &'p str, element: &'p PatternElement) -> Member<'p> {
    let patterns = element.patterns.iter().map(String::as_str);
    member(if element.negated { negated_name } else { name }, one_or_list(patterns))
}

/// The value of `Condition`.
fn conditions(conditions: &[Condition]) -> Node<'_> {
    let blocks = gathered(conditions.iter().map(|condition| (condition.operator, condition)));
    let blocks = blocks.into_iter().map(|(operator, conditions)| {
        let keys = conditions.into_iter().map(|condition| {
            let values = condition.values.iter().map(String::as_str);
            member(condition.key.as_str(), one_or_list(values))
        });
        member(operator.to_string(), Node::Object(keys.collect()))
    });
    Node::Object(blocks.collect())
}

/// What belongs to each key, keys in the order of their first appearance.
fn gathered<K: PartialEq, V>(entries: impl Iterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in entries {
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

/// One text as itself, none or several as a list.
fn one_or_list<'p>(texts: impl IntoIterator<Item = &'p str>) -> Node<'p> {
    let mut nodes: Vec<Node<'p>> = texts.into_iter().map(Node::Text).collect();
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            Node::List(nodes)
        }
    }
}

/// JSON with members in the order given, which the maps of `serde_json` do not keep.
enum Node<'p> {
    Text(&'p str),
    List(Vec<Node<'p>>),
    Object(Vec<Member<'p>>),
}

/// A name with its value.
type Member<'p> = (Cow<'p, str>, Node<'p>);

/// A member of an object.
fn member<'p>(name: impl Into<Cow<'p, str>>, node: Node<'p>) -> Member<'p> {
    (name.into(), node)
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

impl Node<'_> {
    /// Writes the node, its own lines indented by `depth` levels.
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Text(text) => write_string(f, text),
            Self::List(nodes) => write_lines(f, depth, ['[', ']'], nodes, |f, node| node.write(f, depth + 1)),
            Self::Object(members) => write_lines(f, depth, ['{', '}'], members, |f, (name, node)| {
                write_string(f, name)?;
                f.write_str(": ")?;
                node.write(f, depth + 1)
            }),
        }
    }
}

/// Writes a JSON string.
fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "{}", serde_json::Value::from(text))
}

/// Writes items between brackets, one a line.
fn write_lines<T>(
    f: &mut fmt::Formatter<'_>,
    depth: usize,
    [open, close]: [char; 2],
    items: &[T],
    write_item: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}\n{:indent$}", if index == 0 { "" } else { "," }, "", indent = 2 * (depth + 1))?;
        write_item(f, item)?;
    }
    if !items.is_empty() {
        write!(f, "\n{:indent$}", "", indent = 2 * depth)?;
    }
    write!(f, "{close}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::super::document::{Comparison, Operator, Position, Quantifier, Version};
    use super::super::parse::{PolicyKind, parse};
    use super::*;

    #[test]
    fn writes_every_element_in_its_order() {
        let text = r#"{
            "Statement": [{
                "Condition": {
                    "bool": {"aws:SecureTransport": false},
                    "foranyvalue:STRINGLIKEIFEXISTS": {"aws:PrincipalOrgPaths": ["o-1/*", "o-2/*"], "aws:TagKeys": []}
                },
                "NotResource": ["arn:aws:s3:::b"], "NotAction": "s3:Get*",
                "NotPrincipal": {"Service": "ec2.amazonaws.com", "AWS": ["*", "111122223333"]},
                "Effect": "Deny", "Sid": "caf\u00e9 \"\u0000\ud83e\udd80"
            }, {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": ["s3:*"], "Resource": ["a", "b"], "Condition": {}}],
            "Id": "x"
        }"#;
        let expected = r#"{
  "Version": "2008-10-17",
  "Id": "x",
  "Statement": [
    {
      "Sid": "café \"\u0000🦀",
      "Effect": "Deny",
      "NotPrincipal": {
        "Service": "ec2.amazonaws.com",
        "AWS": [
          "*",
          "111122223333"
        ]
      },
      "NotAction": "s3:Get*",
      "NotResource": "arn:aws:s3:::b",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "false"
        },
        "ForAnyValue:StringLikeIfExists": {
          "aws:PrincipalOrgPaths": [
            "o-1/*",
            "o-2/*"
          ],
          "aws:TagKeys": []
        }
      }
    },
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "s3:*",
      "Resource": [
        "a",
        "b"
      ]
    }
  ]
}"#;
        assert_eq!(to_json(&parse(text, PolicyKind::Resource).unwrap()), expected);
    }

    /// Operators that the language has.
    fn operators() -> impl Strategy<Value = Operator> {
        let quantifiers = [None, Some(Quantifier::ForAnyValue), Some(Quantifier::ForAllValues)];
        let parts = (prop::sample::select(quantifiers.to_vec()), prop::sample::select(Comparison::ALL.to_vec()), any::<bool>());
        parts.prop_map(|(quantifier, (comparison, _), if_exists)| match comparison {
            Comparison::Null => Operator { quantifier: None, comparison, if_exists: false },
            _ => Operator { quantifier, comparison, if_exists },
        })
    }

    /// Values that an operator takes.
    fn values(comparison: Comparison) -> BoxedStrategy<Vec<String>> {
        let name = comparison.as_str();
        let value = if name.starts_with("Numeric") {
            "-?[0-9]{1,9}(\\.[0-9]{1,3})?".boxed()
        } else if name.starts_with("Date") {
            "(19|20)[0-9]{2}-(0[1-9]|1[0-2])(-[0-2][1-8](T[01][0-9]:[0-5][0-9]:[0-5][0-9](Z|[+-]0[0-9]:30)?)?)?".boxed()
        } else if name.ends_with("IpAddress") {
            prop_oneof!["[1-9][0-9]?\\.0\\.[0-9]\\.0(/[12][0-9])?", "[a-f]{4}::/[1-9][0-9]"].boxed()
        } else {
            match comparison {
                Comparison::Bool | Comparison::Null => "[Tt]rue|[Ff]alse".boxed(),
                Comparison::BinaryEquals => "([A-Za-z0-9+/]{4}){0,3}".boxed(),
                _ => ".{0,12}".boxed(),
            }
        };
        vec(value, 0..4).boxed()
    }

    /// Conditions, no key twice under one operator.
    fn any_conditions() -> impl Strategy<Value = Vec<Condition>> {
        let condition = operators().prop_flat_map(|operator| {
            ("(aws|s3):[A-Ca-c]{1,2}|.{0,6}", values(operator.comparison)).prop_map(move |(key, values)| Condition {
                operator,
                key,
                values,
                position: Position::default(),
            })
        });
        vec(condition, 0..6).prop_map(|mut conditions| {
            let mut seen = BTreeSet::new();
            conditions.retain(|condition| seen.insert((condition.operator, condition.key.to_ascii_lowercase())));
            conditions
        })
    }

    /// `Principal` or `NotPrincipal`.
    fn principals() -> impl Strategy<Value = PrincipalElement> {
        let item = prop_oneof![
            Just(PrincipalItem::Anyone),
            "[0-9]{12}|arn:aws:iam::[0-9]{12}:r.{0,6}".prop_map(PrincipalItem::Aws),
            ".{0,9}".prop_map(PrincipalItem::Service),
            ".{0,9}".prop_map(PrincipalItem::Federated),
            "[*0-9a-f]{1,9}".prop_map(PrincipalItem::CanonicalUser),
        ];
        (any::<bool>(), vec(item, 1..5)).prop_map(|(negated, items)| PrincipalElement { negated, items })
    }

    /// `Action` or `Resource`.
    fn patterns() -> impl Strategy<Value = PatternElement> {
        (any::<bool>(), vec(".{0,12}", 1..4)).prop_map(|(negated, patterns)| PatternElement { negated, patterns })
    }

    /// Policies of one kind.
    fn policies(kind: PolicyKind) -> impl Strategy<Value = Policy> {
        let principal = match kind {
            PolicyKind::Resource => principals().prop_map(Some).boxed(),
            PolicyKind::Identity => Just(None).boxed(),
        };
        let effect = prop_oneof![Just(Effect::Allow), Just(Effect::Deny)];
        let statement = (option::of(".{0,12}"), effect, principal, patterns(), patterns(), any_conditions());
        let version = prop_oneof![Just(Version::V2008), Just(Version::V2012)];
        (version, option::of(".{0,12}"), vec(statement, 1..4)).prop_map(|(version, id, statements)| Policy {
            version,
            id,
            statements: statements
                .into_iter()
                .enumerate()
                .map(|(index, (sid, effect, principal, action, resource, conditions))| Statement {
                    index,
                    sid,
                    effect,
                    principal,
                    action,
                    resource,
                    conditions,
                    position: Position::default(),
                })
                .collect(),
        })
    }

    /// The policy with all that the text does not keep taken out: positions, and what stands between items of one kind.
    fn normal(mut policy: Policy) -> Policy {
        for statement in &mut policy.statements {
            statement.position = Position::default();
            let conditions = std::mem::take(&mut statement.conditions);
            let groups = gathered(conditions.into_iter().map(|condition| (condition.operator, condition)));
            statement.conditions = groups.into_iter().flat_map(|(_, conditions)| conditions).collect();
            for condition in &mut statement.conditions {
                condition.position = Position::default();
            }
            if let Some(element) = &mut statement.principal {
                let kind = |item: &PrincipalItem| match item {
                    PrincipalItem::Anyone | PrincipalItem::Aws(_) => 0,
                    PrincipalItem::Service(_) => 1,
                    PrincipalItem::Federated(_) => 2,
                    PrincipalItem::CanonicalUser(_) => 3,
                };
                let groups = gathered(std::mem::take(&mut element.items).into_iter().map(|item| (kind(&item), item)));
                element.items = groups.into_iter().flat_map(|(_, items)| items).collect();
            }
        }
        policy
    }

    proptest! {
        #[test]
        fn resource_policies_survive_a_round_trip(policy in policies(PolicyKind::Resource)) {
            let text = to_json(&policy);
            let read = parse(&text, PolicyKind::Resource).unwrap();
            prop_assert_eq!(to_json(&read), text);
            prop_assert_eq!(normal(read), normal(policy));
        }

        #[test]
        fn identity_policies_survive_a_round_trip(policy in policies(PolicyKind::Identity)) {
            let text = to_json(&policy);
            let read = parse(&text, PolicyKind::Identity).unwrap();
            prop_assert_eq!(to_json(&read), text);
            prop_assert_eq!(normal(read), normal(policy));
        }
    }
}
