//! Several requests at once, but never so many that the API server has to queue them.

use futures::{StreamExt, stream};

/// Requests under way at once; each may open a connection of its own.
const MOST_AT_ONCE: usize = 8;

/// Runs requests side by side and returns their answers in the requests' order.
pub async fn in_parallel<T>(requests: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(requests)
        .buffered(MOST_AT_ONCE)
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_order_is_kept_and_the_number_bounded() {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let requests = (0..100).map(|number| async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            tokio::task::yield_now().await;
            now.set(now.get() - 1);
            number
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let answers = runtime.block_on(in_parallel(requests));
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        assert_eq!(most.get(), MOST_AT_ONCE);
    }
}
