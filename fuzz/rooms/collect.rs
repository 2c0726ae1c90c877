//! Of the first stage what recordings need: no AWS SDK.

#[path = "../../src/collect/error.rs"]
pub(crate) mod error;
#[path = "../../src/collect/lock.rs"]
pub(crate) mod lock;
#[path = "../../src/collect/request.rs"]
pub(crate) mod request;
#[path = "../../src/collect/aws/tape/mod.rs"]
pub(crate) mod tape;
