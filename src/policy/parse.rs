//! Reads the text of a policy.
//!
//! A text that AWS would not store is refused with its place and the reason, never read as a policy that matches nothing. Where
//! the documentation leaves open how AWS reads a form, the form is refused too: a refusal is seen, a wrong guess is not.
//!
//! Source: IAM User Guide, "Grammar of the IAM JSON policy language", "IAM JSON policy element reference" and "IAM policy
//! validation check reference".

use std::collections::BTreeMap;
use std::fmt;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::document::{
    Comparison, Condition, Effect, Operator, PatternElement, Policy, PrincipalElement, PrincipalItem, Quantifier, Statement,
    Version,
};
use super::error::{MAX_SHOWN, Place, PolicyError, shown};
use super::json::{Lines, MAX_BYTES, read_json};
use super::values;

/// Elements of a policy.
const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

/// Elements of a statement.
const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// Kinds of principals.
const PRINCIPAL_KINDS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// A bucket, an endpoint or an access point: every statement says whom it is about.
    Resource,
    /// A user, a group or a role: no statement may say whom it is about.
    Identity,
}

/// Reads a policy.
///
/// Names of elements and kinds of principals, and the values of `Version` and `Effect`, are read with regard to case, as S3 and
/// IAM do (`Unknown field statement`); names of operators without. Condition keys keep their spelling and are compared without
/// case when one of them stands twice.
///
/// # Errors
/// The first thing in the order of the text that makes it no policy of this kind, see [`PolicyError`]; what an object lacks counts
/// as standing at its end. Limits are told before syntax, and syntax before content.
pub fn parse(text: &str, kind: PolicyKind) -> Result<Policy, PolicyError> {
    if text.len() > MAX_BYTES {
        return Err(PolicyError::TooLong { bytes: text.len() });
    }
    let lines = Lines::new(text);
    let root = read_json(text, &lines)?;
    Reader { kind, lines }.policy(&root)
}

/// The way from the top of the policy to a value.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Name(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Name(Self::Root, name) => f.write_str(&shown(name)),
            Self::Name(parent, name) => write!(f, "{parent}.{}", shown(name)),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// The names of an object that were read, as they are compared, with the place of each.
type Names = BTreeMap<String, usize>;

/// Turns JSON into a policy.
struct Reader<'t> {
    kind: PolicyKind,
    lines: Lines<'t>,
}

impl Reader<'_> {
    /// The whole document.
    fn policy(&self, root: &Value<'_>) -> Result<Policy, PolicyError> {
        let (mut version, mut id, mut statements) = (Version::V2008, None, None);
        let mut names = Names::new();
        for member in &self.object(root, &Path::Root)?.properties {
            let name = self.name(member, &Path::Root, &mut names)?;
            let path = Path::Name(&Path::Root, name);
            match name {
                "Version" => version = self.version(&member.value, &path)?,
                "Id" => id = Some(self.string(&member.value, &path)?),
                "Statement" => statements = Some(self.statements(&member.value, &path)?),
                _ => return Err(self.unknown(member, &Path::Root, "element", &POLICY_ELEMENTS)),
            }
        }
        let statements = statements.ok_or_else(|| self.missing(root, &Path::Root, "`Statement`"))?;
        Ok(Policy { version, id, statements })
    }

    /// The value of `Version`.
    fn version(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Version, PolicyError> {
        let text = self.string(value, path)?;
        let known = [Version::V2008, Version::V2012].into_iter().find(|version| version.as_str() == text);
        known.ok_or_else(|| self.invalid(value, path, text, "`2012-10-17` or `2008-10-17`"))
    }

    /// The value of `Statement`.
    fn statements(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Vec<Statement>, PolicyError> {
        let statements = self.one_or_more(value, path)?.enumerate();
        statements.map(|(index, (path, value))| self.statement(index, value, &path)).collect()
    }

    /// One statement.
    fn statement(&self, index: usize, value: &Value<'_>, path: &Path<'_>) -> Result<Statement, PolicyError> {
        let object = self.object(value, path)?;
        let (mut sid, mut effect, mut conditions) = (None, None, Vec::new());
        let (mut principal, mut action, mut resource) = (None, None, None);
        let mut names = Names::new();
        for member in &object.properties {
            let name = self.name(member, path, &mut names)?;
            let (value, place) = (&member.value, Path::Name(path, name));
            let negated = name.starts_with("Not");
            match name {
                "Sid" => sid = Some(self.string(value, &place)?),
                "Effect" => effect = Some(self.effect(value, &place)?),
                "Principal" | "NotPrincipal" => {
                    self.only(principal.is_none(), member, path, "Principal")?;
                    if self.kind == PolicyKind::Identity {
                        return Err(PolicyError::PrincipalInIdentityPolicy { at: self.place(&member.name, &place) });
                    }
                    principal = Some(PrincipalElement { negated, items: self.principals(value, &place)? });
                }
                "Action" | "NotAction" => {
                    self.only(action.is_none(), member, path, "Action")?;
                    action = Some(PatternElement { negated, patterns: self.strings(value, &place)? });
                }
                "Resource" | "NotResource" => {
                    self.only(resource.is_none(), member, path, "Resource")?;
                    resource = Some(PatternElement { negated, patterns: self.strings(value, &place)? });
                }
                "Condition" => conditions = self.conditions(value, &place)?,
                _ => return Err(self.unknown(member, path, "element", &STATEMENT_ELEMENTS)),
            }
        }
        let missing = |element| self.missing(value, path, element);
        let effect = effect.ok_or_else(|| missing("`Effect`"))?;
        if principal.is_none() && self.kind == PolicyKind::Resource {
            return Err(missing("`Principal` or `NotPrincipal`"));
        }
        Ok(Statement {
            index,
            sid,
            effect,
            principal,
            action: action.ok_or_else(|| missing("`Action` or `NotAction`"))?,
            resource: resource.ok_or_else(|| missing("`Resource` or `NotResource`"))?,
            conditions,
            position: self.lines.position(object.range.start),
        })
    }

    /// The value of `Effect`.
    fn effect(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Effect, PolicyError> {
        let text = self.string(value, path)?;
        match text.as_str() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            _ => Err(self.invalid(value, path, text, "`Allow` or `Deny`")),
        }
    }

    /// The value of `Principal` or `NotPrincipal`.
    fn principals(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Vec<PrincipalItem>, PolicyError> {
        const WANTED: &str = "`*` or an object such as `{\"AWS\": \"111122223333\"}`";
        let object = match value {
            Value::StringLit(text) if text.value == "*" => return Ok(vec![PrincipalItem::Anyone]),
            Value::StringLit(text) => return Err(self.invalid(value, path, text.value.to_string(), WANTED)),
            Value::Object(object) => object,
            other => return Err(self.wrong_type(other, path, WANTED)),
        };
        let (mut items, mut names) = (Vec::new(), Names::new());
        for member in &object.properties {
            let name = self.name(member, path, &mut names)?;
            let kind = match name {
                "AWS" => |id| if id == "*" { PrincipalItem::Anyone } else { PrincipalItem::Aws(id) },
                "Service" => PrincipalItem::Service,
                "Federated" => PrincipalItem::Federated,
                "CanonicalUser" => PrincipalItem::CanonicalUser,
                _ => return Err(self.unknown(member, path, "kind of principal", &PRINCIPAL_KINDS)),
            };
            items.extend(self.strings(&member.value, &Path::Name(path, name))?.into_iter().map(kind));
        }
        if items.is_empty() {
            return Err(PolicyError::EmptyList { at: self.place(value, path) });
        }
        Ok(items)
    }

    /// The value of `Condition`. Objects without members ask nothing.
    ///
    /// Source: IAM User Guide, "IAM policy validation check reference", "Empty object condition".
    fn conditions(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Vec<Condition>, PolicyError> {
        let (mut conditions, mut operators) = (Vec::new(), Names::new());
        for block in &self.object(value, path)?.properties {
            let name = self.name_without_case(block, path, &mut operators)?;
            let operator = self.operator(block, path)?;
            let path = Path::Name(path, name);
            let mut keys = Names::new();
            for entry in &self.object(&block.value, &path)?.properties {
                let key = self.name_without_case(entry, &path, &mut keys)?;
                conditions.push(Condition {
                    operator,
                    key: key.to_owned(),
                    values: self.condition_values(operator.comparison, &entry.value, &Path::Name(&path, key))?,
                    position: self.lines.position(entry.name.start()),
                });
            }
        }
        Ok(conditions)
    }

    /// The operator that a member of `Condition` is named after.
    fn operator(&self, block: &ObjectProp<'_>, path: &Path<'_>) -> Result<Operator, PolicyError> {
        let name = block.name.as_str().to_ascii_lowercase();
        let (quantifier, rest) = match name.split_once(':') {
            Some(("foranyvalue", rest)) => (Some(Quantifier::ForAnyValue), rest),
            Some(("forallvalues", rest)) => (Some(Quantifier::ForAllValues), rest),
            _ => (None, name.as_str()),
        };
        let (comparison, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |comparison| (comparison, true));
        match Comparison::ALL.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(comparison)) {
            Some((Comparison::Null, _)) if quantifier.is_some() || if_exists => {
                Err(PolicyError::ModifiedNull { at: self.place(&block.name, path), name: block.name.as_str().to_owned() })
            }
            Some((comparison, _)) => Ok(Operator { quantifier, comparison, if_exists }),
            None => {
                let known: Vec<String> = all_operators().map(|operator| operator.to_string()).collect();
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                Err(self.unknown(block, path, "operator", &known))
            }
        }
    }

    /// The values that a condition key is compared with; a list of them may be empty.
    fn condition_values(&self, comparison: Comparison, value: &Value<'_>, path: &Path<'_>) -> Result<Vec<String>, PolicyError> {
        let values = items(value, path).map(|(path, value)| {
            let text = match value {
                Value::StringLit(text) => text.value.to_string(),
                Value::NumberLit(number) => number.value.to_owned(),
                Value::BooleanLit(boolean) => boolean.value.to_string(),
                other => return Err(self.wrong_type(other, &path, "a string, a number or a boolean")),
            };
            match values::wanted(comparison, &text) {
                None => Ok(text),
                Some(wanted) => Err(self.invalid(value, &path, text, wanted)),
            }
        });
        values.collect()
    }

    /// A string or a list of strings.
    fn strings(&self, value: &Value<'_>, path: &Path<'_>) -> Result<Vec<String>, PolicyError> {
        self.one_or_more(value, path)?.map(|(path, value)| self.string(value, &path)).collect()
    }

    /// A string.
    fn string(&self, value: &Value<'_>, path: &Path<'_>) -> Result<String, PolicyError> {
        let text = value.as_string_lit().ok_or_else(|| self.wrong_type(value, path, "a string"))?;
        Ok(text.value.to_string())
    }

    /// An object.
    fn object<'v, 't>(&self, value: &'v Value<'t>, path: &Path<'_>) -> Result<&'v Object<'t>, PolicyError> {
        value.as_object().ok_or_else(|| self.wrong_type(value, path, "an object"))
    }

    /// A value, or those of a list that has some.
    fn one_or_more<'v, 't, 'p>(
        &self,
        value: &'v Value<'t>,
        path: &'p Path<'p>,
    ) -> Result<impl Iterator<Item = (Path<'p>, &'v Value<'t>)> + use<'v, 't, 'p>, PolicyError> {
        match value {
            Value::Array(list) if list.elements.is_empty() => Err(PolicyError::EmptyList { at: self.place(value, path) }),
            _ => Ok(items(value, path)),
        }
    }

    /// The name of a member, which may not stand twice.
    fn name<'o>(&self, member: &'o ObjectProp<'_>, parent: &Path<'_>, names: &mut Names) -> Result<&'o str, PolicyError> {
        self.unique(member, parent, member.name.as_str().to_owned(), names)
    }

    /// The name of a member, which may not stand twice, not even in other case.
    fn name_without_case<'o>(
        &self,
        member: &'o ObjectProp<'_>,
        parent: &Path<'_>,
        names: &mut Names,
    ) -> Result<&'o str, PolicyError> {
        self.unique(member, parent, member.name.as_str().to_ascii_lowercase(), names)
    }

    /// The name of a member, which is compared with the others as `compared`.
    fn unique<'o>(
        &self,
        member: &'o ObjectProp<'_>,
        parent: &Path<'_>,
        compared: String,
        names: &mut Names,
    ) -> Result<&'o str, PolicyError> {
        let (start, name) = (member.name.start(), member.name.as_str());
        let first = *names.entry(compared).or_insert(start);
        if first == start {
            return Ok(name);
        }
        let (at, first) = (self.place(&member.name, parent), self.lines.position(first));
        Err(PolicyError::Duplicate { at, name: name.to_owned(), first })
    }

    /// Refuses an element whose other form was there before.
    fn only(&self, first: bool, member: &ObjectProp<'_>, parent: &Path<'_>, element: &'static str) -> Result<(), PolicyError> {
        if first { Ok(()) } else { Err(PolicyError::Both { at: self.place(&member.name, parent), element }) }
    }

    /// A value that lacks an element.
    fn missing(&self, value: &Value<'_>, path: &Path<'_>, element: &'static str) -> PolicyError {
        PolicyError::Missing { at: self.place(value, path), element }
    }

    /// A member with an unknown name.
    fn unknown(&self, member: &ObjectProp<'_>, parent: &Path<'_>, kind: &'static str, known: &[&str]) -> PolicyError {
        let name = member.name.as_str();
        let at = self.place(&member.name, parent);
        PolicyError::UnknownName { at, kind, name: name.to_owned(), nearest: nearest(name, known) }
    }

    /// A value that AWS does not take.
    fn invalid(&self, value: &Value<'_>, path: &Path<'_>, text: String, wanted: &'static str) -> PolicyError {
        PolicyError::InvalidValue { at: self.place(value, path), value: text, wanted }
    }

    /// A value of the wrong type.
    fn wrong_type(&self, value: &Value<'_>, path: &Path<'_>, wanted: &'static str) -> PolicyError {
        let found = match value {
            Value::StringLit(_) => "a string",
            Value::NumberLit(_) => "a number",
            Value::BooleanLit(_) => "a boolean",
            Value::Object(_) => "an object",
            Value::Array(_) => "a list",
            Value::NullKeyword(_) => "null",
        };
        PolicyError::WrongType { at: self.place(value, path), wanted, found }
    }

    /// Where a value or a name stands.
    fn place(&self, ranged: &impl Ranged, path: &Path<'_>) -> Place {
        Place { position: self.lines.position(ranged.start()), path: path.to_string() }
    }
}

/// A value, or those of a list, each with its path.
fn items<'v, 't, 'p>(value: &'v Value<'t>, path: &'p Path<'p>) -> impl Iterator<Item = (Path<'p>, &'v Value<'t>)> {
    let (list, single) = match value {
        Value::Array(list) => (list.elements.as_slice(), None),
        single => (&[][..], Some((*path, single))),
    };
    list.iter().enumerate().map(|(index, value)| (Path::Index(path, index), value)).chain(single)
}

/// Every operator that the language has.
fn all_operators() -> impl Iterator<Item = Operator> {
    Comparison::ALL.into_iter().flat_map(|(comparison, _)| {
        let quantifiers = [None, Some(Quantifier::ForAnyValue), Some(Quantifier::ForAllValues)];
        let forms = quantifiers
            .into_iter()
            .flat_map(move |quantifier| [false, true].map(|if_exists| Operator { quantifier, comparison, if_exists }));
        forms.filter(|form| form.comparison != Comparison::Null || (form.quantifier.is_none() && !form.if_exists))
    })
}

/// The known name that looks most like this one without regard to case, if any looks like it at all.
fn nearest(name: &str, known: &[&str]) -> Option<String> {
    if name.len() > MAX_SHOWN {
        return None;
    }
    let name = name.to_lowercase();
    let likeness = |candidate: &str| strsim::jaro_winkler(&name, &candidate.to_lowercase());
    let best = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then(b.cmp(a)))?;
    (likeness(best) >= 0.7).then(|| (*best).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::document::Position;
    use crate::policy::json::MAX_CHARACTERS;

    /// A statement that lacks nothing, with more elements before its own.
    fn statement(elements: &str) -> String {
        format!(r#"{{"Statement": {{{elements}"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}}}"#)
    }

    /// A policy with a `Condition`.
    fn condition(condition: &str) -> String {
        statement(&format!(r#""Condition": {condition}, "#))
    }

    fn read(text: &str) -> Policy {
        parse(text, PolicyKind::Resource).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn refused(text: &str) -> String {
        let message = parse(text, PolicyKind::Resource).expect_err(text).to_string();
        assert!(!message.contains(char::is_control) && !message.ends_with('.') && message.len() < 1000, "{message}");
        message
    }

    /// Each text with the message that refuses it.
    fn assert_refused(cases: &[(&str, &str)]) {
        for (text, message) in cases {
            assert_eq!(refused(text), *message, "{text}");
        }
    }

    /// Each `Condition` with the message that refuses it, without `line 1 column ` and the column.
    fn assert_condition_refused(cases: &[(&str, &str)]) {
        for (text, message) in cases {
            let refused = refused(&condition(text));
            assert_eq!(refused.split_once(": ").unwrap().1, *message, "{text}");
        }
    }

    fn names(items: &[PrincipalItem]) -> String {
        let items = items.iter().map(|item| match item {
            PrincipalItem::Anyone => "anyone".to_owned(),
            PrincipalItem::Aws(id) => format!("aws {id}"),
            PrincipalItem::Service(name) => format!("service {name}"),
            PrincipalItem::Federated(name) => format!("federated {name}"),
            PrincipalItem::CanonicalUser(id) => format!("canonical {id}"),
        });
        items.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn reads_every_element() {
        let policy = read(
            r#"{
  "Id": "one", "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "first", "Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "*"], "Service": "ec2.amazonaws.com"},
      "NotAction": ["s3:Get*", "s3:List*"], "NotResource": "arn:aws:s3:::b",
      "Condition": {
        "NumericLessThan": {"aws:MultiFactorAuthAge": [3600, "60"], "é": -1.5},
        "forallvalues:StringNotLikeIFEXISTS": {"aws:TagKeys": []},
        "Bool": {"aws:SecureTransport": false}, "Null": {"aws:TokenIssueTime": ["TRUE", true]}
      }
    },
    {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": ["*"], "Condition": {"StringLike": {}}}
  ]
}"#,
        );
        assert_eq!((policy.version, policy.id.as_deref()), (Version::V2012, Some("one")));
        let [first, second] = policy.statements.as_slice() else { panic!("two statements") };
        assert_eq!((first.index, first.sid.as_deref(), first.effect), (0, Some("first"), Effect::Deny));
        assert_eq!((second.index, second.sid.as_deref(), second.effect), (1, None, Effect::Allow));
        let principal = first.principal.as_ref().unwrap();
        assert!(principal.negated && first.action.negated && first.resource.negated);
        assert_eq!(names(&principal.items), "aws 111122223333, anyone, service ec2.amazonaws.com");
        assert_eq!(first.action.patterns, ["s3:Get*", "s3:List*"]);
        assert!(!second.action.negated && second.conditions.is_empty());
        let conditions = first.conditions.iter().map(|condition| {
            let Condition { operator, key, values, position } = condition;
            format!("{operator} {key} {values:?} {position}")
        });
        assert_eq!(
            conditions.collect::<Vec<_>>(),
            [
                r#"NumericLessThan aws:MultiFactorAuthAge ["3600", "60"] line 8 column 29"#,
                r#"NumericLessThan é ["-1.5"] line 8 column 69"#,
                "ForAllValues:StringNotLikeIfExists aws:TagKeys [] line 9 column 48",
                r#"Bool aws:SecureTransport ["false"] line 10 column 18"#,
                r#"Null aws:TokenIssueTime ["TRUE", "true"] line 10 column 58"#,
            ]
        );
        assert_eq!((first.position, second.position), (Position { line: 4, column: 5 }, Position { line: 13, column: 5 }));
    }

    #[test]
    fn one_value_and_a_list_of_one_are_the_same() {
        let plain = read(
            r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": "a"}, "Action": "b", "Resource": "c",
            "Condition": {"StringLike": {"d": "e"}}}}"#,
        );
        let lists = read(
            r#"{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["a"]}, "Action": ["b"], "Resource": ["c"],
            "Condition": {"StringLike": {"d": ["e"]}}}]}"#,
        );
        let parts = |policy: &Policy| {
            let one = policy.statements[0].clone();
            (one.principal, one.action, one.resource, one.conditions[0].values.clone())
        };
        assert_eq!(parts(&plain), parts(&lists));
        assert_eq!(plain.version, Version::V2008);
    }

    #[test]
    fn everyone_has_two_spellings() {
        for (principal, expected) in [
            (r#""*""#, "anyone"),
            (r#"{"AWS": "*"}"#, "anyone"),
            (r#"{"AWS": ["*"]}"#, "anyone"),
            (r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "aws arn:aws:iam::111122223333:root"),
            (r#"{"CanonicalUser": ["7", "8"], "Federated": "*"}"#, "canonical 7, canonical 8, federated *"),
        ] {
            for name in ["Principal", "NotPrincipal"] {
                let text =
                    format!(r#"{{"Statement": {{"Effect": "Deny", "{name}": {principal}, "Action": "a", "Resource": "*"}}}}"#);
                let policy = read(&text);
                let element = policy.statements[0].principal.as_ref().unwrap();
                assert_eq!((names(&element.items).as_str(), element.negated), (expected, name == "NotPrincipal"), "{text}");
            }
        }
    }

    #[test]
    fn every_operator_is_read_without_regard_to_case() {
        assert_eq!(all_operators().count(), 26 * 6 + 1);
        for operator in all_operators() {
            for name in [operator.to_string(), operator.to_string().to_uppercase(), operator.to_string().to_lowercase()] {
                let policy = read(&condition(&format!(r#"{{"{name}": {{"k": []}}}}"#)));
                assert_eq!(policy.statements[0].conditions[0].operator, operator);
            }
        }
    }

    #[test]
    fn strings_are_unescaped() {
        let policy = read(&statement(r#""Sid": "\u0041\ud83e\udd80\u0000\"\\\/\b\f\n\r\t é\u2028 {[", "#));
        assert_eq!(policy.statements[0].sid.as_deref(), Some("A🦀\0\"\\/\u{8}\u{c}\n\r\t é\u{2028} {["));
    }

    #[test]
    fn identity_policies_name_nobody() {
        let identity = |text: &str| parse(text, PolicyKind::Identity).map_err(|error| error.to_string());
        let text = r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;
        assert_eq!(identity(text).unwrap().statements[0].principal, None);
        assert_eq!(refused(text), "line 1 column 15: `Statement` has no `Principal` or `NotPrincipal`");
        assert_eq!(
            identity(r#"{"Statement": [{"Effect": "Allow", "NotPrincipal": 7}]}"#).unwrap_err(),
            "line 1 column 36: `Statement[0].NotPrincipal` cannot stand in an identity policy"
        );
    }

    #[test]
    fn content_is_refused_with_its_place() {
        assert_refused(&[
            ("[]", "line 1 column 1: the policy must be an object, found a list"),
            (" null", "line 1 column 2: the policy must be an object, found null"),
            ("{}", "line 1 column 1: the policy has no `Statement`"),
            (r#"{"Id": 1.5}"#, "line 1 column 8: `Id` must be a string, found a number"),
            (
                "{\n \"Version\": \"2012-10-18\"}",
                "line 2 column 13: `Version` is `2012-10-18`, must be `2012-10-17` or `2008-10-17`",
            ),
            (r#"{"statement": []}"#, "line 1 column 2: the policy has an unknown element `statement`, did you mean `Statement`?"),
            (r#"{"Comment": ""}"#, "line 1 column 2: the policy has an unknown element `Comment`"),
            (r#"{"Id": "a", "Id": "b"}"#, "line 1 column 13: the policy has `Id` twice, first at line 1 column 2"),
            (r#"{"Statement": []}"#, "line 1 column 15: `Statement` is empty"),
            (r#"{"Statement": [{}, true]}"#, "line 1 column 16: `Statement[0]` has no `Effect`"),
            (r#"{"Statement": [[]]}"#, "line 1 column 16: `Statement[0]` must be an object, found a list"),
            (r#"{"Statement": {"Effect": "Deny"}}"#, "line 1 column 15: `Statement` has no `Principal` or `NotPrincipal`"),
            (
                r#"{"Statement": {"Effect": "Deny", "Principal": "*"}}"#,
                "line 1 column 15: `Statement` has no `Action` or `NotAction`",
            ),
            (
                r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*"}}"#,
                "line 1 column 15: `Statement` has no `Resource` or `NotResource`",
            ),
            (
                r#"{"Statement": [{"Effect": "allow"}]}"#,
                "line 1 column 27: `Statement[0].Effect` is `allow`, must be `Allow` or `Deny`",
            ),
            (r#"{"Statement": [{"Effect": true}]}"#, "line 1 column 27: `Statement[0].Effect` must be a string, found a boolean"),
            (
                r#"{"Statement": [{"Resources": "*"}]}"#,
                "line 1 column 17: `Statement[0]` has an unknown element `Resources`, did you mean `Resource`?",
            ),
            (r#"{"Statement": [{"Action": []}]}"#, "line 1 column 27: `Statement[0].Action` is empty"),
            (
                r#"{"Statement": [{"NotAction": ["a", null]}]}"#,
                "line 1 column 36: `Statement[0].NotAction[1]` must be a string, found null",
            ),
            (
                r#"{"Statement": [{"Action": "a", "NotAction": "a"}]}"#,
                "line 1 column 32: `Statement[0]` has both `Action` and `NotAction`",
            ),
            (
                r#"{"Statement": [{"NotResource": "a", "Resource": 1}]}"#,
                "line 1 column 37: `Statement[0]` has both `Resource` and `NotResource`",
            ),
            (
                r#"{"Statement": [{"Sid": "", "Sid": ""}]}"#,
                "line 1 column 28: `Statement[0]` has `Sid` twice, first at line 1 column 17",
            ),
        ]);
    }

    #[test]
    fn principals_are_refused_with_their_place() {
        let principal = |value: &str| refused(&format!(r#"{{"Statement": [{{"Principal": {value}}}]}}"#));
        let wanted = "must be `*` or an object such as `{\"AWS\": \"111122223333\"}`";
        let at = "line 1 column 30: `Statement[0].Principal`";
        for (value, expected) in [
            (r#""111122223333""#, format!("{at} is `111122223333`, {wanted}")),
            (r#"["*"]"#, format!("{at} {wanted}, found a list")),
            ("{}", format!("{at} is empty")),
            (r#"{"AWS": []}"#, "line 1 column 38: `Statement[0].Principal.AWS` is empty".to_owned()),
            (r#"{"AWS": 1}"#, "line 1 column 38: `Statement[0].Principal.AWS` must be a string, found a number".to_owned()),
            (
                r#"{"aws": "*"}"#,
                "line 1 column 31: `Statement[0].Principal` has an unknown kind of principal `aws`, did you mean `AWS`?"
                    .to_owned(),
            ),
            (
                r#"{"AWS": "a", "AWS": "b"}"#,
                "line 1 column 43: `Statement[0].Principal` has `AWS` twice, first at line 1 column 31".to_owned(),
            ),
        ] {
            assert_eq!(principal(value), expected, "{value}");
        }
        assert_eq!(
            refused(r#"{"Statement": [{"Principal": "*", "NotPrincipal": "*"}]}"#),
            "line 1 column 35: `Statement[0]` has both `Principal` and `NotPrincipal`"
        );
    }

    #[test]
    fn conditions_are_refused_with_their_place() {
        assert_eq!(
            refused(&condition(r#"{"StringEqual": {}}"#)),
            "line 1 column 30: `Statement.Condition` has an unknown operator `StringEqual`, did you mean `StringEquals`?"
        );
        let operator = "`Statement.Condition` has an unknown operator";
        let null = "`Null` takes neither a prefix nor `IfExists`";
        assert_condition_refused(&[
            ("[]", "`Statement.Condition` must be an object, found a list"),
            (r#"{"Bool": "true"}"#, "`Statement.Condition.Bool` must be an object, found a string"),
            (r#"{"NotBool": {}}"#, &format!("{operator} `NotBool`")),
            (
                r#"{"forAnyValues:stringlike": {}}"#,
                &format!("{operator} `forAnyValues:stringlike`, did you mean `ForAnyValue:StringLike`?"),
            ),
            (r#"{"": {}}"#, &format!("{operator} ``")),
            (
                r#"{"StringEqualsIfExistsIfExists": {}}"#,
                &format!("{operator} `StringEqualsIfExistsIfExists`, did you mean `StringEqualsIfExists`?"),
            ),
            (r#"{"nullIfExists": {}}"#, &format!("`Statement.Condition` has an operator `nullIfExists`: {null}")),
            (r#"{"ForAnyValue:Null": {}}"#, &format!("`Statement.Condition` has an operator `ForAnyValue:Null`: {null}")),
            (
                r#"{"StringEquals": {"a": "1"}, "STRINGequals": {}}"#,
                "`Statement.Condition` has `STRINGequals` twice, first at line 1 column 30",
            ),
            (
                r#"{"StringEquals": {"aws:SourceIp": "1", "aws:sourceip": "2"}}"#,
                "`Statement.Condition.StringEquals` has `aws:sourceip` twice, first at line 1 column 47",
            ),
            (
                r#"{"StringEquals": {"a": {}}}"#,
                "`Statement.Condition.StringEquals.a` must be a string, a number or a boolean, found an object",
            ),
            (
                r#"{"StringEquals": {"a": ["x", ["y"]]}}"#,
                "`Statement.Condition.StringEquals.a[1]` must be a string, a number or a boolean, found a list",
            ),
            (r#"{"Bool": {"k": "yes"}}"#, "`Statement.Condition.Bool.k` is `yes`, must be `true` or `false`"),
            (r#"{"Null": {"k": ["true", 1]}}"#, "`Statement.Condition.Null.k[1]` is `1`, must be `true` or `false`"),
            (
                r#"{"NotIpAddressIfExists": {"k": "10.0.0.0/40"}}"#,
                "`Statement.Condition.NotIpAddressIfExists.k` is `10.0.0.0/40`, must be an address or a range such as \
                 `203.0.113.0/24` or `2001:db8::/32`",
            ),
            (
                r#"{"NumericEquals": {"k": 1e3}}"#,
                "`Statement.Condition.NumericEquals.k` is `1e3`, must be a decimal number such as `3600` or `-0.5`",
            ),
            (
                r#"{"DateEquals": {"k": "tomorrow"}}"#,
                "`Statement.Condition.DateEquals.k` is `tomorrow`, must be a date such as `2020-04-01` or \
                 `2020-04-01T00:00:00Z`, or seconds since 1970",
            ),
            (r#"{"BinaryEquals": {"k": "?"}}"#, "`Statement.Condition.BinaryEquals.k` is `?`, must be base64 with its padding"),
        ]);
    }

    #[test]
    fn the_first_error_of_the_text_is_told() {
        assert_refused(&[
            (
                "{\"Statement\": [{\"Effect\": \"no\",\n\"Effect\": \"Allow\"}], \"Version\": 1}",
                "line 1 column 27: `Statement[0].Effect` is `no`, must be `Allow` or `Deny`",
            ),
            ("{\"Statement\": [{\"Bad\": 1}, {\"Worse\": 1}]}", "line 1 column 17: `Statement[0]` has an unknown element `Bad`"),
            ("{\"a\" 1, \"\u{1}\"}", "line 1 column 6: not JSON: expected a colon after a name"),
            ("{\"\u{1}\" 1}", "line 1 column 3: not JSON: control character \\u{1} in a string"),
        ]);
    }

    #[test]
    fn only_strict_json_is_read() {
        let position = |text: &str| match parse(text, PolicyKind::Resource) {
            Err(PolicyError::Json { position, .. }) => position,
            other => panic!("{text}: {other:?}"),
        };
        assert_refused(&[
            ("{", "line 1 column 1: not JSON: unterminated object"),
            ("{\"Id\": [", "line 1 column 8: not JSON: unterminated array"),
            ("{\"Id", "line 1 column 2: not JSON: unterminated string literal"),
            ("{\"Id\": \"a\"} {}", "line 1 column 13: not JSON: more text after the policy"),
            ("{\"Id\": \"a\",}", "line 1 column 11: not JSON: trailing commas are not allowed"),
            ("{\"Id\": \"a\" \"b\": 1}", "line 1 column 11: not JSON: expected comma"),
            ("{\"Id\": \"a\" // x\n}", "line 1 column 12: not JSON: comments are not allowed"),
            ("{'Id': 1}", "line 1 column 2: not JSON: single-quoted strings are not allowed"),
            ("{Id: 1}", "line 1 column 2: not JSON: expected a name in double quotes"),
            ("{\"Id\": a}", "line 1 column 8: not JSON: unexpected token"),
            ("{\"Id\": \"\\x41\"}", "line 1 column 9: not JSON: unknown escape in a string"),
            ("{\"Id\": \"\\'\"}", "line 1 column 9: not JSON: unknown escape in a string"),
            ("{\"Id\": \"\\u12\"}", "line 1 column 9: not JSON: expected four hex digits"),
            ("{\"Id\": \"\\ud83e\"}", "line 1 column 9: not JSON: a `\\u` escape is half of a surrogate pair"),
            ("{\"Id\": \"\\udd80\"}", "line 1 column 9: not JSON: a `\\u` escape is half of a surrogate pair"),
            ("{\"Id\": \"\n\"}", "line 1 column 9: not JSON: control character \\n in a string"),
            ("{\"é\": \"\0\"}", "line 1 column 8: not JSON: control character \\0 in a string"),
            ("{\u{a0}}", "line 1 column 2: not JSON: character \\u{a0} outside of a string"),
            ("{\u{b}}", "line 1 column 2: not JSON: character \\u{b} outside of a string"),
            ("\0", "line 1 column 1: not JSON: character \\0 outside of a string"),
        ]);
        for number in ["+1", "01", ".5", "5.", "0x1F", "NaN", "-Infinity", "1e", "-", "--1", "1_0"] {
            assert_eq!(position(&format!("{{\"Id\": {number}}}")).line, 1, "{number}");
        }
        assert_eq!(position("{\r\n\r\n \"é\" é}"), Position { line: 3, column: 6 });
    }

    #[test]
    fn limits_are_told_before_anything_else() {
        let padded = |characters: usize| {
            let frame = statement(r#""Sid": "", "#);
            let length = frame.chars().filter(|c| *c != ' ').count();
            statement(&format!(r#""Sid": "{}", "#, "é".repeat(characters - length)))
        };
        let deep = |open: &str, depth: usize| format!("{{\"Id\":{}", open.repeat(depth));
        read(&padded(MAX_CHARACTERS));
        read(&format!("{}{}", " \r\n\t".repeat(20_000), padded(MAX_CHARACTERS)));
        for (text, message) in [
            (String::new(), "the policy is empty"),
            (" \r\n\t".to_owned(), "the policy is empty"),
            ("\u{feff}{}".to_owned(), "the policy begins with a byte order mark, which JSON does not allow"),
            (" ".repeat(1_048_576), "the policy is 1048576 bytes long, natless reads at most 131072"),
            (deep("[", 1_048_571), "the policy is 1048577 bytes long, natless reads at most 131072"),
            (padded(MAX_CHARACTERS + 1), "the policy has 20481 characters without white space, AWS takes at most 20480"),
            (deep("[", 16), "line 1 column 22: nested deeper than 16 levels"),
            (deep("{\"a\":", 16), "line 1 column 82: nested deeper than 16 levels"),
            (deep("[", 15), "line 1 column 21: not JSON: unterminated array"),
            (format!("{}{}", deep("[", 20_000), "\""), "line 1 column 22: nested deeper than 16 levels"),
        ] {
            assert_eq!(refused(&text), message);
        }
        // Brackets in strings are no depth, also behind an escaped quote.
        read(&statement(&format!("\"Sid\": \"\\\"\\\\{}\", ", "[{".repeat(100))));
    }

    #[test]
    fn hostile_text_is_shortened_and_escaped() {
        let name = format!("\\u001b[2J\\u202e\\n{}", "x".repeat(10_000));
        let expected = format!("\\u{{1b}}[2J\\u{{202e}}\\n{}...", "x".repeat(54));
        assert_eq!(
            refused(&statement(&format!("\"{name}\": 1, "))),
            format!("line 1 column 16: `Statement` has an unknown element `{expected}`")
        );
        assert_eq!(
            refused(&condition(&format!("{{\"Bool\": {{\"{name}\": \"{name}\"}}}}"))).split_once(": ").unwrap().1,
            format!("`Statement.Condition.Bool.{expected}` is `{expected}`, must be `true` or `false`")
        );
        assert_eq!(shown("it's \"C:\\\" 🦀 é"), "it's \"C:\\\" 🦀 é");
    }

    #[test]
    fn a_name_is_guessed_from_a_short_text_only() {
        let long = |length: usize| format!("{:x<length$}", "Condition");
        assert_eq!(nearest(&long(MAX_SHOWN), &["Condition", "Effect"]).as_deref(), Some("Condition"));
        assert_eq!(nearest(&long(MAX_SHOWN + 1), &["Condition", "Effect"]), None);
        assert_eq!(nearest(&long(2 * MAX_SHOWN), &["Condition", "Effect"]), None);
    }

    #[test]
    fn white_space_counts_only_towards_the_longest_text() {
        let policy = statement("");
        let padded = |length: usize| policy.clone() + &" ".repeat(length - policy.len());
        assert!(parse(&padded(MAX_BYTES), PolicyKind::Resource).is_ok());
        let bytes = MAX_BYTES + 1;
        assert_eq!(parse(&padded(bytes), PolicyKind::Resource), Err(PolicyError::TooLong { bytes }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}|[\\[\\]{}\",:\\\\ \u{0}a1-]{0,60}") {
            let _ = parse(&text, PolicyKind::Resource);
        }

        /// A policy with one piece of text overwritten is JSON for this reader if and only if it is for another one.
        #[test]
        fn agrees_with_serde_json_on_what_json_is(
            at in any::<prop::sample::Index>(),
            cut in 0_usize..3,
            piece in "[\\[\\]{}\",:'/*+.\\\\nutf0-9a-e \t\n\u{0}\u{b}\u{c}\u{1f}\u{7f}\u{a0}\u{2028}\u{feff}é-]{0,3}",
        ) {
            let text = r#"{"Version": "2012-10-17", "Id": "\ud83e\udd80\n\"", "Statement": [{"Effect": "Allow", "Principal": "*",
                "Action": ["s3:*"], "Resource": "*", "Condition": {"NumericEquals": {"k": [-10.25e0, true, null]}}}]}"#;
            let at = at.index(text.len() - cut);
            let mut text = text.to_owned();
            text.replace_range(at..at + cut, &piece);
            // Numbers that do not fit into 64 bits are JSON.
            let json = serde_json::from_str::<serde_json::Value>(&text).map_err(|error| error.to_string());
            let json = json.is_ok() || json.is_err_and(|error| error.starts_with("number out of range"));
            let answer = parse(&text, PolicyKind::Resource);
            let not_json = matches!(answer, Err(PolicyError::Json { .. } | PolicyError::ByteOrderMark));
            prop_assert_eq!(not_json, !json, "{}\n{:?}", text, answer);
        }
    }
}
