//! What the checks of endpoint policies share: which endpoints have a policy to judge, and what it was found to say.

use std::borrow::Cow;

use crate::analyze::checks::words::organization_gap;
use crate::analyze::{Audit, Decided, Doubt, Evidence, Failure, Reading, Resource, Shown, Subject, Verdict};
use crate::model::ec2::{EndpointKind, VpcEndpoint};
use crate::model::{GapId, RegionInventory, service_slug};
use crate::policy::{self, Answer, Effect, Question};

/// An endpoint with a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guarded<'a> {
    /// Region it stands in.
    pub(super) region: &'a str,
    /// The endpoint.
    pub(super) endpoint: &'a VpcEndpoint,
    /// Its policy and what is known of it.
    pub(super) decided: &'a Decided,
    /// The gap, where the account's organization was not read: an answer may hang on it.
    pub(super) unread: Option<&'a GapId>,
}

/// Judges the policy of every endpoint that has one; all others are not applicable.
pub(super) fn judge_policies<'a>(
    audit: &'a Audit<'_>,
    judge: impl Fn(Guarded<'a>) -> (Verdict, Option<Question>),
) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (name, region) in &audit.inventory.regions {
        for endpoint in region.vpc_endpoints.values() {
            let resource = Resource::vpc_endpoint(audit.inventory, name, endpoint);
            let (verdict, witness) = match guarded(audit, name, region, endpoint) {
                Err(doubt) => (Verdict::Unknown(doubt), None),
                Ok(None) => (Verdict::NotApplicable, None),
                Ok(Some(guarded)) => {
                    let (verdict, shows) = judge(guarded);
                    let shows = shows.filter(|_| matches!(verdict, Verdict::Fail(_)));
                    (verdict, shows.and_then(|question| Shown::of(guarded.decided, question)))
                }
            };
            subjects.push(Subject::new(name, resource, verdict).shown_by(witness));
        }
        subjects.extend(Subject::unlisted(name, "vpc_endpoint", &region.vpc_endpoints));
    }
    subjects
}

/// The endpoint with its policy; `None` where there is none to judge: it is not in service, nobody here can change it, or its
/// service knows no policies.
pub(super) fn guarded<'a>(
    audit: &'a Audit<'_>,
    name: &'a str,
    region: &'a RegionInventory,
    endpoint: &'a VpcEndpoint,
) -> Result<Option<Guarded<'a>>, Doubt> {
    if !endpoint.is_in_hands_of(&audit.inventory.account.id) || endpoint.state.is_gone() || !knows_policies(region, endpoint)? {
        return Ok(None);
    }
    match audit.policies.endpoint(name, &endpoint.id) {
        Reading::Absent => Ok(None),
        Reading::Unknown(doubt) => Err(doubt.clone()),
        Reading::Decided(decided) => {
            Ok(Some(Guarded { region: name, endpoint, decided, unread: organization_gap(audit.inventory) }))
        }
    }
}

/// Whether the endpoint's service honours policies. Gateway endpoints always do; the service of another account never does.
fn knows_policies(region: &RegionInventory, endpoint: &VpcEndpoint) -> Result<bool, Doubt> {
    let service = &endpoint.service_name;
    match endpoint.kind {
        EndpointKind::Gateway => return Ok(true),
        EndpointKind::Interface if endpoint.policy.is_some() && !service.contains(".vpce-svc-") => {}
        _ => return Ok(false),
    }
    match region.endpoint_services.find(service) {
        Ok(Some(offered)) => Ok(offered.policy_supported),
        Ok(None) => Err(Doubt { why: format!("the region's endpoint services do not list {service}"), gaps: Vec::new() }),
        Err(gap) => Err(Doubt::of_gap(format!("whether {service} honours endpoint policies was not read"), gap)),
    }
}

impl<'a> Guarded<'a> {
    /// The answer to a question, where it is yes; `None` where it is no.
    ///
    /// # Errors
    /// What is known does not tell.
    pub(super) fn holds(&self, question: Question) -> Result<Option<Cow<'a, Answer>>, Doubt> {
        if self.decided.verdict(question) == Some(policy::Verdict::No) {
            return Ok(None);
        }
        let Some(answer) = self.decided.answer(question) else {
            let why = format!("{} is not asked of the policy of {}", question.as_str(), self.endpoint.id);
            return Err(Doubt { why, gaps: Vec::new() });
        };
        match answer.verdict {
            policy::Verdict::Yes => Ok(Some(answer)),
            policy::Verdict::No => Ok(None),
            policy::Verdict::Unknown => {
                let why = format!("the policy of {}: {}", self.endpoint.id, answer.why);
                Err(Doubt { why, gaps: self.unread.into_iter().cloned().collect() })
            }
        }
    }

    /// The verdict on a leak: something that passes although the policy does not let everything through, which is another check's.
    pub(super) fn leak(&self, question: Question, failure: impl FnOnce(&Answer) -> Failure) -> Verdict {
        let answer = match self.holds(question) {
            Err(doubt) => return Verdict::Unknown(doubt),
            Ok(None) => return Verdict::Pass,
            Ok(Some(answer)) => answer,
        };
        match self.holds(Question::AllowsEverything) {
            Err(doubt) => Verdict::Unknown(doubt),
            Ok(Some(_)) => Verdict::NotApplicable,
            Ok(None) => Verdict::Fail(Box::new(failure(&answer))),
        }
    }

    /// Short name of the service.
    pub(super) fn service(&self) -> &'a str {
        service_slug(&self.endpoint.service_name, self.region)
    }

    /// A fact that the policy told.
    pub(super) fn evidence(&self, fact: impl Into<String>) -> Evidence {
        Evidence::new(fact, "ec2:DescribeVpcEndpoints", &self.endpoint.id)
    }

    /// Names of the statements with this effect, joined.
    pub(super) fn statements(&self, effect: Effect) -> String {
        let chosen = self.decided.policy.statements.iter().filter(|statement| statement.effect == effect);
        chosen.map(policy::Statement::name).collect::<Vec<_>>().join(", ")
    }

    /// The witness of an answer as one more sentence for the detail; empty where there is none.
    pub(super) fn example(answer: &Answer) -> String {
        answer
            .witness
            .as_ref()
            .map_or_else(String::new, |witness| format!(" For example, {}.", policy::in_words(&witness.request)))
    }
}
