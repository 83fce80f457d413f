//! What is told of one request, once, however it ends.

use std::sync::Arc;
use std::time::Instant;

use super::body::BodyEnd;
use super::live::Edge;
use super::notice::{Exchange, Notice};

/// A request under way. It is told of when this is let go, which happens too where its viewer goes away before there is
/// an answer, and where the program ends.
pub(super) struct Account {
    pub(super) edge: Arc<Edge>,
    pub(super) exchange: Exchange,
    start: Instant,
    /// Counts the requests under way.
    _open: Arc<()>,
}

impl Account {
    /// Of a request whose head has just come.
    pub(super) fn open(edge: Arc<Edge>, exchange: Exchange) -> Account {
        let open = edge.open_requests();
        Account { edge, exchange, start: Instant::now(), _open: open }
    }

    /// The answer has left, or as much of it as ever will.
    pub(super) fn close(mut self, bytes: u64, end: BodyEnd) {
        self.exchange.bytes = bytes;
        let trouble = match end {
            BodyEnd::Whole => return,
            BodyEnd::Left if self.edge.is_cut_off() => "cut off: the program ended".to_owned(),
            BodyEnd::Left => "the viewer left before the end".to_owned(),
            BodyEnd::Broken(why) => why,
        };
        self.exchange.trouble = Some(trouble);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let mut exchange = std::mem::take(&mut self.exchange);
        exchange.took = self.start.elapsed();
        if exchange.status == 0 {
            let who = if self.edge.is_cut_off() { "cut off: the program ended" } else { "the viewer left" };
            exchange.trouble = Some(format!("{who} before there was an answer"));
        }
        (self.edge.notify)(Notice::Exchange(Box::new(exchange)));
    }
}
