//! The table is looked at from time to time.

use std::sync::Arc;
use std::time::Duration;

use super::live::{Edge, Tabled};
use super::notice::Notice;

const WATCH_EVERY: Duration = Duration::from_millis(500);

/// What a look at the table's files found.
#[derive(Debug)]
pub enum Reading {
    /// They are as they were.
    Unchanged,
    /// They hold a new table.
    Changed(Box<Tabled>),
    /// They hold no table that can be used; why, in words.
    Broken(String),
}

/// Looks at the table from time to time, for ever. `read` is called in a thread of its own, never twice at once.
pub async fn watch(edge: Arc<Edge>, mut read: impl FnMut() -> Reading + Send + 'static) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        let looked = tokio::task::spawn_blocking(move || {
            let reading = read();
            (read, reading)
        });
        // A reader that panicked has told why; there is nothing more to read with.
        let Ok((reader, reading)) = looked.await else { return };
        read = reader;
        match reading {
            Reading::Unchanged => {}
            Reading::Changed(tabled) => edge.replace(*tabled),
            Reading::Broken(why) => (edge.notify)(Notice::Kept(why)),
        }
    }
}
