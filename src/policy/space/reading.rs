//! What a set of policies mentions: the keys, patterns and names that decide which requests have to be told apart.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::budget::{Budget, TooComplex};
use crate::policy::document::PrincipalItem;
use crate::policy::minterm::{Language, kinds};
use crate::policy::operand::Operand;
use crate::policy::pattern::Pattern;
use crate::policy::rules::{Rules, Test};
use crate::policy::scope::Scope;

/// What a set of policies mentions.
#[derive(Debug)]
pub(in crate::policy) struct Reading<'r> {
    /// Every text that may name an account, organization or resource.
    pub(super) texts: Vec<&'r str>,
    /// Tests by key, in lower case.
    pub(super) tests: BTreeMap<&'r str, Vec<&'r Test>>,
    /// Keys that stand in variables, in lower case.
    pub(super) variables: BTreeSet<&'r str>,
    /// Every principal named.
    pub(super) principals: BTreeSet<&'r PrincipalItem>,
    /// Every pattern of actions.
    pub(super) actions: Vec<&'r Pattern>,
    /// Every pattern of resources that holds no variable.
    pub(super) resources: Vec<&'r Pattern>,
    /// Every pattern of resources as written.
    pub(super) resource_texts: Vec<&'r str>,
    /// Patterns of resources that hold variables.
    pub(super) resource_templates: Vec<&'r Operand>,
}

impl<'r> Reading<'r> {
    pub(in crate::policy) fn new(policies: &[&'r Rules]) -> Self {
        let mut reading = Self {
            texts: Vec::new(),
            tests: BTreeMap::new(),
            variables: BTreeSet::new(),
            principals: BTreeSet::new(),
            actions: Vec::new(),
            resources: Vec::new(),
            resource_texts: Vec::new(),
            resource_templates: Vec::new(),
        };
        for rule in policies.iter().flat_map(|rules| &rules.statements) {
            reading.actions.extend(&rule.action.patterns);
            reading.resource_texts.extend(rule.resource.texts.iter().map(String::as_str));
            reading.texts.extend(rule.resource.texts.iter().map(String::as_str));
            for operand in &rule.resource.operands {
                reading.operand(operand);
                match operand {
                    Operand::Pattern(pattern) | Operand::ShortArn(pattern) => reading.resources.push(pattern),
                    Operand::Template(_) => reading.resource_templates.push(operand),
                    _ => {}
                }
            }
            for item in rule.principal.iter().flat_map(|element| &element.items) {
                reading.principals.insert(item);
                if let PrincipalItem::Aws(text) = item {
                    reading.texts.push(text);
                }
            }
            for test in &rule.conditions {
                reading.tests.entry(&test.key).or_default().push(test);
                reading.texts.extend(test.values.iter().map(String::as_str));
                test.operands.iter().for_each(|operand| reading.operand(operand));
            }
        }
        reading
    }

    fn operand(&mut self, operand: &'r Operand) {
        if let Operand::Template(template) = operand {
            self.variables.extend(template.keys());
        }
    }

    /// Whether a policy asks for a key.
    pub(super) fn key(&self, key: &str) -> bool {
        self.tests.contains_key(key) || self.variables.contains(key)
    }

    /// Whether a policy asks for any of these keys.
    pub(super) fn any_key(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.key(key))
    }

    /// Every key that a policy asks for.
    pub(super) fn keys(&self) -> BTreeSet<&'r str> {
        self.tests.keys().copied().chain(self.variables.iter().copied()).collect()
    }

    /// The tests of some keys.
    pub(super) fn tests_of(&self, keys: &[&str]) -> impl Iterator<Item = &'r Test> {
        keys.iter().filter_map(|key| self.tests.get(key)).flatten().copied().collect::<Vec<_>>().into_iter()
    }

    /// The patterns that values of some keys are compared with.
    pub(super) fn patterns(&self, keys: &[&str]) -> Vec<&'r Pattern> {
        let operands = self.tests_of(keys).flat_map(|test| &test.operands);
        operands
            .filter_map(|operand| match operand {
                Operand::Pattern(pattern) | Operand::ShortArn(pattern) => Some(pattern),
                _ => None,
            })
            .collect()
    }

    /// Whether a policy names a value of some keys in full.
    pub(super) fn names(&self, keys: &[&str], value: &str) -> bool {
        self.patterns(keys).into_iter().any(|pattern| pattern.is_name() && pattern.matches(value))
    }

    /// Services that the tests of some keys can tell apart, one that nobody names first.
    pub(super) fn services(&self, keys: &[&str], budget: &mut Budget) -> Result<Vec<String>, TooComplex> {
        let language = Language {
            prefix: "",
            allows: |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'),
            never_last: None,
            min: 1,
            max: None,
            sample: "any-service.amazonaws.com",
            closing: "",
        };
        kinds(&self.patterns(keys), &language, budget)
    }
}

/// The scope's region where it is told, else those of [`regions`].
pub(super) fn own_regions(
    patterns: &[&Pattern],
    prefix: &str,
    scope: &Scope,
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    match &scope.region {
        Some(region) => Ok(vec![region.clone()]),
        None => regions(patterns, prefix, scope, budget),
    }
}

/// Regions that ARN patterns can tell apart behind a prefix, such as `arn:aws:ec2:`: the scope's first.
pub(super) fn regions(
    patterns: &[&Pattern],
    prefix: &str,
    scope: &Scope,
    budget: &mut Budget,
) -> Result<Vec<String>, TooComplex> {
    let language = Language {
        prefix,
        allows: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        never_last: None,
        min: 1,
        max: None,
        sample: scope.region_or_any(),
        closing: ":",
    };
    let found = kinds(patterns, &language, budget)?;
    Ok(found.iter().filter_map(|arn| arn.strip_prefix(prefix)).map(str::to_owned).collect())
}
