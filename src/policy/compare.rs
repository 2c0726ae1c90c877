//! Whether one policy permits anything that another does not.
//!
//! As AWS's own `CheckNoNewAccess` does, actions and resources are taken as independent of one another: every action of every service
//! with every resource. Source: IAM User Guide, "Custom policy checks".

use super::budget::{Budget, TooComplex};
use super::case::{Outcome, Witness, doubts};
use super::document::{Effect, Policy};
use super::rules::Rules;
use super::scope::Scope;
use super::search::{Region, find};
use super::space::{Reading, Sides, Space, Usage, World};

/// Whether `new` permits a request that `old` does not: [`Outcome::Open`] with such a request, [`Outcome::Closed`] if there is none.
#[must_use]
pub fn new_access(old: &Policy, new: &Policy, scope: &Scope) -> Outcome {
    let mut budget = Budget::new();
    let found = Comparison::new(old, new, scope, &mut budget).and_then(|comparison| comparison.search(&mut budget));
    found.unwrap_or_else(|TooComplex| {
        Outcome::Unknown(vec!["too complex: the policies tell apart more requests than natless goes through".to_owned()])
    })
}

struct Comparison<'s> {
    scope: &'s Scope,
    space: Space,
    old: (Rules, Vec<Sides>),
    new: (Rules, Vec<Sides>),
}

impl<'s> Comparison<'s> {
    fn new(old: &Policy, new: &Policy, scope: &'s Scope, budget: &mut Budget) -> Result<Self, TooComplex> {
        let (old, new) = (Rules::new(old, scope.attachment), Rules::new(new, scope.attachment));
        let space = Space::new(scope, &Reading::new(&[&old, &new]), World::Free, budget)?;
        let mut sides = |rules: &Rules| -> Result<Vec<Sides>, TooComplex> {
            rules.statements.iter().map(|rule| space.sides(rule, scope.attachment, budget)).collect()
        };
        let (of_old, of_new) = (sides(&old)?, sides(&new)?);
        Ok(Self { scope, space, old: (old, of_old), new: (new, of_new) })
    }

    fn search(&self, budget: &mut Budget) -> Result<Outcome, TooComplex> {
        for search in [Usage::Must, Usage::May] {
            let surely = search == Usage::Must;
            // What the new policy grants for sure is sought outside of what may deny it or may have been granted before.
            let grants = boxes(&self.new, Effect::Allow, surely);
            let denies = boxes(&self.new, Effect::Deny, !surely);
            let before = boxes(&self.old, Effect::Allow, !surely);
            let refused = boxes(&self.old, Effect::Deny, surely);
            let domains = self.space.domains(search);
            let closed: Vec<&Region> = self.space.ruled_out(search).chain(denies.iter().copied()).collect();
            for grant in grants {
                let outside: Vec<&Region> = closed.iter().chain(&before).copied().collect();
                let mut found = find(&domains, grant, &outside, budget)?;
                for deny in &refused {
                    if found.is_none() {
                        found = find(&domains, &grant.and(deny), &closed, budget)?;
                    }
                }
                let Some(point) = found else { continue };
                if !surely {
                    return Ok(Outcome::Unknown(doubts(&self.space, &[&self.old.0, &self.new.0], self.scope, &point)));
                }
                if let Some(witness) = self.confirm(&point) {
                    return Ok(Outcome::Open(Box::new(witness)));
                }
            }
        }
        Ok(Outcome::Closed)
    }

    /// The witness that a point is, if the evaluator says so of both policies.
    fn confirm(&self, point: &[usize]) -> Option<Witness> {
        let request = self.space.request(point)?;
        let now = self.new.0.evaluate(&request);
        (now.decision.passes() && self.old.0.refuses(&request)).then_some(Witness {
            request,
            decision: now.decision,
            statements: now.statements,
        })
    }
}

/// The boxes of a policy's statements of one effect.
fn boxes((rules, sides): &(Rules, Vec<Sides>), effect: Effect, surely: bool) -> Vec<&Region> {
    let own = rules.statements.iter().zip(sides).filter(|(rule, _)| rule.effect == effect);
    own.filter_map(|(_, sides)| sides.region(surely)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse::{PolicyKind, parse};
    use super::super::rules::Attachment;
    use super::*;

    const READ: &str = r#"{"Sid":"Read","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;
    const WRITE: &str =
        r#"{"Sid":"Write","Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}"#;
    const NO_DRAFTS: &str =
        r#"{"Sid":"NoDrafts","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/drafts/*"}"#;

    fn access(old: &[&str], new: &[&str]) -> Outcome {
        let policy = |statements: &[&str]| {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
            parse(&text, PolicyKind::Resource).unwrap()
        };
        new_access(&policy(old), &policy(new), &Scope::new(Attachment::Bucket, "111122223333"))
    }

    /// What the second policy permits and the first does not.
    fn gained(old: &[&str], new: &[&str]) -> Option<(String, String)> {
        match access(old, new) {
            Outcome::Closed => None,
            Outcome::Open(witness) => Some((witness.request.action, witness.request.resource)),
            Outcome::Unknown(why) => panic!("{why:?}"),
        }
    }

    #[test]
    fn what_a_policy_permits_more_is_shown_by_a_request() {
        assert_eq!(gained(&[READ], &[READ, WRITE]).map(|(action, _)| action).as_deref(), Some("s3:PutObject"));
        assert_eq!(gained(&[READ, WRITE], &[READ]), None);
        assert_eq!(gained(&[READ], &[READ]), None);
    }

    #[test]
    fn every_service_and_every_resource_is_compared() {
        const ALL: &str = r#"{"Sid":"All","Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
        const S3: &str = r#"{"Sid":"S3","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#;
        const OF_OWN: &str = r#"{"Sid":"Own","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*",
            "Condition":{"StringEquals":{"aws:ResourceAccount":"111122223333"}}}"#;
        let (action, _) = gained(&[S3], &[ALL]).unwrap();
        assert!(!action.starts_with("s3:"), "{action}");
        let (action, resource) = gained(&[READ], &[S3]).unwrap();
        assert!(action != "s3:GetObject" || !resource.starts_with("arn:aws:s3:::b/"), "{action} on {resource}");
        assert_eq!(gained(&[ALL], &[S3]), None);
        assert_eq!(gained(&[S3], &[OF_OWN]), None);
        assert!(gained(&[OF_OWN], &[S3]).is_some());
        // Keys are free as well: whether the action has the key is not looked at.
        let with_acl = READ.replace(r#""Resource""#, r#""Condition":{"StringEquals":{"s3:x-amz-acl":"private"}},"Resource""#);
        assert!(gained(&[WRITE], &[&with_acl]).is_some());
        assert!(gained(&[&READ.replace("s3:", "S3:")], &[&S3.replace("s3:", "S3:")]).is_some());
    }

    #[test]
    fn a_deny_that_goes_opens_what_it_closed_and_a_new_one_opens_nothing() {
        let opened = gained(&[READ, NO_DRAFTS], &[READ]).unwrap().1;
        assert!(opened.starts_with("arn:aws:s3:::b/drafts/"), "{opened}");
        assert_eq!(gained(&[READ], &[READ, NO_DRAFTS]), None);
        assert_eq!(gained(&[READ, NO_DRAFTS], &[READ, NO_DRAFTS]), None);
    }

    #[test]
    fn what_may_have_been_granted_before_or_may_be_denied_now_is_unknown() {
        const KEYS: &str =
            r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":"#;
        // Whether a Deny with `NotPrincipal` spares the sessions of a role that it lists, no documentation tells.
        const ROLE: &str =
            r#""Principal":{"AWS":"arn:aws:iam::444455556666:role/r1"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*""#;
        let to_role = format!(r#"{{"Sid":"Role","Effect":"Allow",{ROLE}}}"#);
        let but_role = format!(r#"{{"Sid":"Others","Effect":"Deny",{}}}"#, ROLE.replace("Principal", "NotPrincipal"));
        assert_eq!(gained(&[WRITE], &[&to_role]).map(|(action, _)| action).as_deref(), Some("s3:GetObject"));
        assert!(matches!(access(&[WRITE], &[&to_role, &but_role]), Outcome::Unknown(_)));
        // What `ForAnyValue` with `IfExists` makes of a request without the key, neither.
        let maybe = format!(r#"{{"Sid":"Maybe",{KEYS}{{"ForAnyValue:StringEqualsIfExists":{{"aws:TagKeys":"team"}}}}}}"#);
        let without = format!(r#"{{"Sid":"Without",{KEYS}{{"Null":{{"aws:TagKeys":"true"}}}}}}"#);
        assert_eq!(gained(&[&without], &[&without]), None);
        assert!(matches!(access(&[&maybe], &[&without]), Outcome::Unknown(_)));
    }
}
