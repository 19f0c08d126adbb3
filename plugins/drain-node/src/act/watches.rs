//! The watches of a drain.

use std::time::Duration;

use cluster::{ApiServer, Change, Error, ListRequest, Versioned, Watch};
use futures::Stream;
use serde::de::DeserializeOwned;

/// How long a watch that could not begin rests.
pub const WATCH_PAUSE: Duration = Duration::from_millis(500);

/// The changes of a request, without end; a watch that can't begin yet is begun again. One that
/// can't go on ends with its error.
pub fn changes<T>(
    server: &ApiServer,
    request: ListRequest,
) -> impl Stream<Item = Result<Change<T>, Error>> + '_
where
    T: Clone + DeserializeOwned + Versioned + 'static,
{
    let watch = Some(Watch::<T>::new(server, request.clone()));
    futures::stream::unfold((watch, request), move |(watch, request)| async move {
        let mut watch = watch?;
        match watch.next().await {
            Ok(change) => Some((Ok(change), (Some(watch), request))),
            Err(error) if error.is_transient() => {
                tokio::time::sleep(WATCH_PAUSE).await;
                let again = Watch::new(server, request.clone());
                Some((Ok(Change::Interrupted(error)), (Some(again), request)))
            }
            Err(error) => Some((Err(error), (None, request))),
        }
    })
}
