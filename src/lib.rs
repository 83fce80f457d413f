//! Crossfade decides, for every URL of a site that is moving, which origin answers it.
//!
//! One file, `routes.toml`, says so; it is read by [`config`], and [`route::decide`] is the one place where a request
//! meets it. The Lambda@Edge function, the command line and the local edge all call that function, so an explanation is
//! the decision, and a test in a pull request is the truth at the edge.
//!
//! ```
//! use crossfade::check::load;
//! use crossfade::config::MemoryFiles;
//! use crossfade::route::{Outcome, Request, decide};
//!
//! let text = r#"
//! schema  = 1
//! default = "legacy"
//!
//! [origins.legacy]
//! side   = "legacy"
//! type   = "custom"
//! domain = "legacy-alb.example.com"
//!
//! [[route]]
//! id       = "campaigns"
//! path     = "/campanha/{slug}"
//! method   = "GET"
//! redirect = "/promo/{slug}"
//! status   = 301
//! "#;
//! let loaded = load("routes.toml", &MemoryFiles::new().with("routes.toml", text));
//! assert!(loaded.diagnostics.is_empty());
//! let table = loaded.table.expect("a table without errors");
//!
//! let request = Request::get("https://www.example.com/campanha/natal?x=1");
//! let decision = decide(&table, &request);
//! assert_eq!(decision.route_id(), Some("campaigns"));
//! let Outcome::Redirect(redirect) = &decision.outcome else { panic!("a redirect was written") };
//! assert_eq!((redirect.status, redirect.location.to_string()), (301, "/promo/natal?x=1".to_owned()));
//!
//! // What no route takes goes to the default, byte for byte.
//! let request = Request::get("/anything%20else");
//! let decision = decide(&table, &request);
//! assert_eq!(decision.route_id(), None);
//! ```
//!
//! # Reading order
//! `docs/design.md` numbers the rules that comments cite, `docs/architecture.md` draws the way of a table and of a request
//! through these rooms.
//! 1. [`text`]: what every room may ask of a text. Then [`mod@route`], the meaning: facts, the normal form of a path,
//!    patterns, conditions, the table, [`route::decide`], [`fn@route::explain`]. Pure, like everything up to `check`.
//! 2. [`diagnostic`] and [`platform`]: what is wrong with a table, and what CloudFront accepts, both as data.
//! 3. [`requests`]: requests and decisions as people and tools write them.
//! 4. [`config`], then [`check`]: `routes.toml` → a definition → a table and every finding.
//! 5. [`event`], then [`edge`]: CloudFront's event → the decision → an answer that CloudFront takes.
//! 6. [`analysis`], [`serve`], [`report`], [`cli`]: what people and pull requests see.
//!
//! A module uses only those before it; `tests/architecture` holds the code to that.
//!
//! # Features
//! `cli` (default) is everything of the command line; `edge` is the Lambda loop of `bootstrap`. With neither, what is
//! left is the pure core and the handler.

#[cfg(feature = "cli")]
pub mod analysis;
#[cfg(feature = "cli")]
pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod config;
pub mod diagnostic;
pub mod edge;
pub mod event;
pub mod platform;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod requests;
pub mod route;
#[cfg(feature = "cli")]
pub mod serve;
pub mod text;
