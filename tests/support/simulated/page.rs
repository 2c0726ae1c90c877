//! Pages of listings, as each operation limits them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::failure::Failure;
use super::fault::FaultKind;
use super::request::Call;
use super::server::Context;

/// The part of a listing that one answer holds.
#[derive(Debug)]
pub(super) struct Page {
    /// Index of the first item.
    pub(super) start: usize,
    /// Number of items at most.
    pub(super) len: usize,
    /// Token of the next page, where there is one.
    pub(super) next: Option<String>,
}

impl Page {
    /// The items of this page.
    pub(super) fn of<I: Iterator>(&self, items: I) -> std::iter::Take<std::iter::Skip<I>> {
        items.skip(self.start).take(self.len)
    }
}

/// The page a call asks for, of a listing of `total` items. `cut` listings are denied after their last item.
///
/// `size` and `token` are the values of the parameters that the operation has for them.
pub(super) fn page(
    context: &Context<'_>,
    total: usize,
    cut: bool,
    size: Option<&str>,
    token: Option<&str>,
) -> Result<Page, Failure> {
    let call = context.call;
    let asked = size.map(|size| page_size(call, size)).transpose()?;
    let start = match token.filter(|token| !token.is_empty()) {
        Some(token) => offset(call, token).filter(|start| *start <= total).ok_or_else(|| Failure::bad_token(call))?,
        None => 0,
    };
    if cut && start >= total {
        return Err(Failure::denied(call));
    }
    let most = [asked, context.page_size, default_page_size(call)].into_iter().flatten().min().unwrap_or(usize::MAX);
    let len = most.min(total - start);
    let next = match context.pages {
        Some(FaultKind::LoopingToken) => Some(self::token(call, 0)),
        Some(FaultKind::CyclingTokens) => Some(self::token(call, if start == 0 { len } else { 0 })),
        // The first page again, then the one behind it: no token comes twice.
        Some(FaultKind::RepeatedPage) if token.is_none_or(str::is_empty) => Some(self::token(call, 0)),
        _ => (start + len < total || cut).then(|| self::token(call, start + len)),
    };
    Ok(Page { start, len, next })
}

/// The page size a call asks for, refused where AWS refuses it.
///
/// Source: the `MaxResults` ranges in each operation's page of the API references.
fn page_size(call: &Call, size: &str) -> Result<usize, Failure> {
    let range = match (call.service, call.operation.as_str()) {
        ("ec2", "DescribeRouteTables") => 5..=100,
        ("ec2", "DescribeEgressOnlyInternetGateways") => 5..=255,
        ("ec2", "DescribeManagedPrefixLists" | "GetManagedPrefixListEntries")
        | ("route53", "ListHostedZonesByVPC")
        | ("pricing", _) => 1..=100,
        // "If the value is greater than 1,000, we return only 1,000 items."
        ("ec2", "DescribeVpcEndpoints" | "DescribeVpcEndpointServices" | "DescribeVpcEndpointServiceConfigurations") => {
            1..=usize::MAX
        }
        ("ec2", "DescribeFlowLogs") | ("s3control", _) => 1..=1000,
        ("ec2", _) => 5..=1000,
        ("s3", "ListBuckets") => 1..=10_000,
        // "If the value of MaxItems is greater than 300, Amazon Route 53 returns only the first 300 records."
        ("route53", _) => 1..=usize::MAX,
        ("organizations", _) => 1..=20,
        ("cloudwatch", _) => 1..=100_800,
        _ => 1..=1000,
    };
    let value = size.parse().ok().filter(|value| range.contains(value));
    value.ok_or_else(|| {
        let message = format!("page size `{size}` of {} must lie between {} and {}", call.operation, range.start(), range.end());
        Failure::bad_parameter(call, message)
    })
}

/// Most items on a page, whatever was asked; `None` where a call without a page size gets everything.
fn default_page_size(call: &Call) -> Option<usize> {
    match (call.service, call.operation.as_str()) {
        (
            "ec2",
            "DescribeVpcEndpoints"
            | "DescribeVpcEndpointServices"
            | "DescribeVpcEndpointServiceConfigurations"
            | "SearchTransitGatewayRoutes",
        )
        | ("s3control", _) => Some(1000),
        ("ec2" | "sts" | "directconnect", _) => None,
        ("s3", _) => Some(10_000),
        ("route53", "ListHostedZonesByVPC") | ("pricing", _) => Some(100),
        ("route53", _) => Some(300),
        ("organizations", _) => Some(20),
        _ => Some(100_800),
    }
}

/// An opaque token that only the same operation in the same region takes.
fn token(call: &Call, offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}/{}/{offset}", call.service, call.region, call.operation))
}

fn offset(call: &Call, token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (owner, offset) = text.rsplit_once('/')?;
    (owner == format!("{}/{}/{}", call.service, call.region, call.operation)).then(|| offset.parse().ok())?
}
