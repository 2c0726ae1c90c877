//! What a check says about one subject, with its evidence.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Severity, Shown};
use crate::model::{GapId, Listing};
use crate::network::Obstacle;

/// One thing a check looked at, and what it says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Region, `aws-global` for things without one.
    pub region: String,
    /// The resource that is judged.
    pub resource: Resource,
    /// AWS service the verdict is about, by short name, where one resource is judged once per service.
    pub service: Option<String>,
    /// Tells subjects apart that share check, region, resource and service, such as a subnet of the judged route table.
    pub discriminator: String,
    /// What the check says.
    pub verdict: Verdict,
    /// Bytes measured on what is judged, over the lookback window; `None` where unknown. Weighs the egress score.
    pub measured_bytes: Option<u64>,
    /// A request that shows the failure, for verdicts about policies.
    pub witness: Option<Box<Shown>>,
}

impl Subject {
    /// A subject of which nothing is measured and that needs nothing to tell it apart.
    pub(crate) fn new(region: &str, resource: Resource, verdict: Verdict) -> Self {
        let region = region.to_owned();
        Self { region, resource, service: None, discriminator: String::new(), verdict, measured_bytes: None, witness: None }
    }

    /// The subject that stands for all resources a cut-short listing may hide; `None` where the listing is complete.
    ///
    /// Every check adds it for the listing its subjects come from, so that a denied call lowers coverage.
    pub(crate) fn unlisted<T>(region: &str, kind: &str, listing: &Listing<T>) -> Option<Self> {
        let gap = listing.gap.as_ref()?;
        let doubt = Doubt::of_gap(format!("the list of resources of kind {kind} is not complete"), gap);
        Some(Self::new(region, Resource::unlisted(kind), Verdict::Unknown(doubt)))
    }

    /// Says which AWS service the verdict is about.
    pub(crate) fn about_service(self, service: &str) -> Self {
        Self { service: Some(service.to_owned()), ..self }
    }

    /// Tells it apart from subjects with the same region, resource and service.
    pub(crate) fn told_apart_by(self, discriminator: impl Into<String>) -> Self {
        Self { discriminator: discriminator.into(), ..self }
    }

    /// Says how many bytes were measured on it, over the lookback window.
    pub(crate) fn measured(self, bytes: Option<u64>) -> Self {
        Self { measured_bytes: bytes, ..self }
    }

    /// Adds the request that shows the failure.
    pub(crate) fn shown_by(self, witness: Option<Shown>) -> Self {
        Self { witness: witness.map(Box::new), ..self }
    }
}

/// What a check says about a subject.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Looked at, and in order.
    Pass,
    /// Looked at, and wrong.
    Fail(Box<Failure>),
    /// Cannot be told.
    Unknown(Doubt),
    /// The check has nothing to say about it.
    NotApplicable,
}

/// Why a verdict cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What is not known, in one line.
    pub why: String,
    /// The gaps behind it; empty where AWS documents no answer.
    pub gaps: Vec<GapId>,
}

impl Doubt {
    /// A doubt that one gap explains.
    pub(crate) fn of_gap(why: impl Into<String>, gap: &GapId) -> Self {
        Self { why: why.into(), gaps: vec![gap.clone()] }
    }

    /// One doubt for all of these: the first reasons and how many more there are; every gap, sorted, once. `None` of none.
    pub(crate) fn join(doubts: impl IntoIterator<Item = Self>) -> Option<Self> {
        const SHOWN: usize = 3;
        let (mut reasons, mut gaps) = (BTreeSet::new(), BTreeSet::new());
        for doubt in doubts {
            reasons.insert(doubt.why);
            gaps.extend(doubt.gaps);
        }
        let more = reasons.len().saturating_sub(SHOWN);
        let mut why = reasons.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
        if more > 0 {
            why = format!("{why}; and {more} more");
        }
        (!reasons.is_empty()).then(|| Self { why, gaps: gaps.into_iter().collect() })
    }
}

impl From<Obstacle> for Doubt {
    fn from(obstacle: Obstacle) -> Self {
        Self { why: obstacle.reason, gaps: obstacle.gaps }
    }
}

/// What is wrong, and how it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// One line that names the resource and the defect.
    pub title: String,
    /// What it means and what to do about it, in a few sentences of plain text.
    pub detail: String,
    /// Other resources that take part, by id, most telling first.
    pub related: Vec<String>,
    /// Facts it rests on.
    pub evidence: Vec<Evidence>,
    /// Severity, where this case differs from the check's own.
    pub severity: Option<Severity>,
}

/// One fact and the call that told it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The fact, in one line.
    pub fact: String,
    /// The call and resource, such as `ec2:DescribeRouteTables rtb-0aa`.
    pub source: String,
}

impl Evidence {
    /// A fact that `operation` told about `resource`, such as `ec2:DescribeRouteTables` about `rtb-0aa`.
    pub(crate) fn new(fact: impl Into<String>, operation: &str, resource: &str) -> Self {
        Self { fact: fact.into(), source: format!("{operation} {resource}") }
    }
}

/// A resource as findings name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Resource {
    /// Kind, such as `route_table`.
    pub kind: String,
    /// Id or name.
    pub id: String,
    /// ARN, where the kind has one.
    pub arn: Option<String>,
    /// Name a person gave it. Text from the account.
    pub name: Option<String>,
    /// VPC it belongs to.
    pub vpc_id: Option<String>,
}
