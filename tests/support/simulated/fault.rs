//! What goes wrong, and when.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::request::Call;

/// Something that goes wrong with some calls. The default denies every call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault {
    /// Service by the name of its SDK crate; `None`: any.
    pub(crate) service: Option<&'static str>,
    /// Operation; `None`: any.
    pub(crate) operation: Option<String>,
    /// Region of the credential scope; `None`: any.
    pub(crate) region: Option<String>,
    /// What goes wrong.
    pub(crate) kind: FaultKind,
    /// How many of the calls that fit it strikes; `None`: every one.
    pub(crate) times: Option<usize>,
    /// How many of the calls that fit it lets through first.
    pub(crate) after: usize,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The caller may not.
    #[default]
    Deny,
    /// Too many requests.
    Throttle,
    /// A failure of AWS's own, status 500.
    ServerError,
    /// No answer ever; the connection stays open.
    Hang,
    /// The connection is reset.
    Reset,
    /// The connection closes in the middle of the body.
    TruncatedBody,
    /// Status 200 and a body that is no document of the protocol.
    Garbage,
    /// The caller's session is over.
    ExpiredToken,
    /// Every page names the same next page.
    LoopingToken,
    /// The second page names the first one as the next.
    CyclingTokens,
    /// Every page comes twice.
    RepeatedPage,
    /// Status 200 and half of the document, told to be all of it.
    HalfADocument,
    /// Status 200 and a sound document of the protocol that is the answer to something else.
    OtherDocument,
    /// Status 200 and the web page of a proxy.
    WrongContentType,
    /// The body arrives a byte at a time, two a second.
    SlowDrip,
    /// AWS's clock is an hour ahead: requests that do not bear its time are refused.
    ClockSkew,
    /// The answer is a redirect to another region.
    Redirect,
}

impl FaultKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 17] = [
        Self::Deny,
        Self::Throttle,
        Self::ServerError,
        Self::Hang,
        Self::Reset,
        Self::TruncatedBody,
        Self::Garbage,
        Self::ExpiredToken,
        Self::LoopingToken,
        Self::CyclingTokens,
        Self::RepeatedPage,
        Self::HalfADocument,
        Self::OtherDocument,
        Self::WrongContentType,
        Self::SlowDrip,
        Self::ClockSkew,
        Self::Redirect,
    ];

    /// Whether it is about the tokens of pages, which only some calls have.
    pub(crate) fn is_about_pages(self) -> bool {
        matches!(self, Self::LoopingToken | Self::CyclingTokens | Self::RepeatedPage)
    }
}

impl Fault {
    fn fits(&self, call: &Call) -> bool {
        self.service.is_none_or(|service| service == call.service)
            && self.operation.as_ref().is_none_or(|operation| *operation == call.operation)
            && self.region.as_ref().is_none_or(|region| *region == call.region)
    }
}

/// All faults, each with the number of calls it has seen.
#[derive(Debug)]
pub(super) struct Faults(Vec<(Fault, AtomicUsize)>);

impl Faults {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, AtomicUsize::new(0))).collect())
    }

    /// What goes wrong with this call. Every fault that fits counts it, so several make a time line.
    pub(super) fn strike(&self, call: &Call) -> Option<FaultKind> {
        let mut strikes = None;
        for (fault, seen) in self.0.iter().filter(|(fault, _)| fault.fits(call)) {
            let index = seen.fetch_add(1, Ordering::Relaxed);
            let active = index >= fault.after && fault.times.is_none_or(|times| index - fault.after < times);
            if active && strikes.is_none() {
                strikes = Some(fault.kind);
            }
        }
        strikes
    }
}
