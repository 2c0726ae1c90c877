//! Today's list prices, from the Price List API. Asked only where the request wants them.
//!
//! What is not told, or not in a way that can be used, has the price that natless brings along. So have data between
//! zones and data out to the internet: the API tells transfers by names of places, which drift, and not by region alone.

mod products;

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_pricing::error::BuildError;
use aws_sdk_pricing::operation::get_products::GetProductsOutput;
use aws_sdk_pricing::types::{Filter, FilterType};
use futures::future::join_all;

use self::products::{QUERIES, Query, Told, merge};
use super::calls::GET_PRODUCTS;
use super::outcome::Failure;
use super::session::{RegionSession, Run, begin, joined};

use crate::model::{GapId, GapKind, LivePrices, Observed, Partition};

/// The prices of these regions.
pub(crate) async fn live_prices(run: &Arc<Run>, regions: &[String]) -> BTreeMap<String, LivePrices> {
    let parts: Vec<_> = regions
        .iter()
        .map(|name| {
            let session = RegionSession::new(run, name);
            (name.clone(), begin!(session, region_prices))
        })
        .collect();
    let mut prices = BTreeMap::new();
    for (name, part) in parts {
        prices.insert(name, joined(part).await);
    }
    prices
}

/// The prices of one region. A question without an answer leaves the whole region unknown; what was answered and cannot
/// be used is left out and named by a gap.
async fn region_prices(session: &RegionSession) -> LivePrices {
    match &session.run.partition {
        Partition::Aws => {}
        partition @ (Partition::AwsCn | Partition::AwsUsGov | Partition::Other(_)) => {
            let message = format!("the Price List API of us-east-1 answers accounts of partition `aws`, not of `{partition}`");
            let failure = Failure::new(GapKind::Unsupported, "NoPriceListApi", message);
            return Observed::Unknown(session.record(&GET_PRODUCTS, None, failure));
        }
    }
    let mut told = Vec::new();
    for answer in join_all(QUERIES.iter().map(|query| ask(session, query))).await {
        match answer {
            Ok(answer) => told.push(answer),
            Err(gap) => return Observed::Unknown(gap),
        }
    }
    let (prices, problems) = merge(told);
    if !problems.is_empty() {
        let failure = Failure::new(GapKind::Malformed, "UnusablePrice", problems.join("; "));
        session.record(&GET_PRODUCTS, None, failure);
    }
    Observed::Known(prices)
}

/// Every page of the answer to one question.
async fn ask(session: &RegionSession, query: &Query) -> Result<Told, GapId> {
    let filters = match filters(query, &session.region) {
        Ok(filters) => filters,
        Err(error) => return Err(session.malformed(&GET_PRODUCTS, None, error.to_string())),
    };
    let page = |token| {
        session
            .pricing()
            .get_products()
            .service_code(query.service)
            .set_filters(Some(filters.clone()))
            .format_version("aws_v1")
            .set_next_token(token)
            .send()
    };
    let (answers, gap) = session.pages(&GET_PRODUCTS, None, page, GetProductsOutput::next_token).await;
    if let Some(gap) = gap {
        return Err(gap);
    }
    // An empty list is written out; without one it is some other answer.
    if answers.iter().any(|answer| answer.price_list.is_none()) {
        return Err(session.malformed(&GET_PRODUCTS, None, "the answer lacks `PriceList`".to_owned()));
    }
    let products: Vec<&str> = answers.iter().flat_map(GetProductsOutput::price_list).map(String::as_str).collect();
    Ok(query.read(&session.region, &products))
}

fn filters(query: &Query, region: &str) -> Result<Vec<Filter>, BuildError> {
    [("regionCode", region), query.filter]
        .into_iter()
        .map(|(field, value)| Filter::builder().r#type(FilterType::TermMatch).field(field).value(value).build())
        .collect()
}
