//! The local edge: HTTP in, the very handler of the edge, HTTP out.
//!
//! It plays what stands around the router: the gate (`gate`), CloudFront (`refusal`, `incoming`, `outgoing`) and the
//! origins: servers (`forward`), folders (`folder`) or a stand-in page (`stand_in`). `exchange` is the way of one
//! request through all of them, `account` what is told of it, `unread` what is told where no request could be read, `live`
//! what they share. It reads no table and prints nothing: the table comes from a closure, and what happens is told as
//! [`Notice`]s.

mod account;
mod body;
mod connections;
mod exchange;
mod folder;
mod forward;
mod gate;
mod headers;
mod incoming;
mod live;
mod notice;
mod outgoing;
mod page;
mod range;
mod refusal;
mod stand_in;
mod target;
mod unread;
mod watch;

pub use connections::serve;
pub use live::{Edge, ServeSettings, Tabled};
pub use notice::{Exchange, Notice, Notify, ServedBehavior};
pub use target::{HttpServer, MapError, Mapping, Player, parse_mapping};
pub use watch::{Reading, watch};
