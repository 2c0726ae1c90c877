//! How the latest attempt of a call ended: what there is to tell of a call whose time is up while it waits to be tried
//! again.

use std::cell::RefCell;
use std::future::Future;

use crate::collect::outcome::Failure;

tokio::task_local! {
    static LATEST: RefCell<Option<Failure>>;
}

/// Makes a call. Beside its result comes how its latest attempt failed, unless a later one was still under way.
pub(crate) async fn watched<T>(call: impl Future<Output = T>) -> (T, Option<Failure>) {
    let watched = async {
        let result = call.await;
        (result, LATEST.with(RefCell::take))
    };
    LATEST.scope(RefCell::new(None), watched).await
}

/// Takes note that an attempt begins (`None`) or how it failed.
pub(super) fn note(failure: Option<Failure>) {
    // Calls that nobody watches, such as those of credentials providers, are not followed.
    let _ = LATEST.try_with(|latest| latest.replace(failure));
}
