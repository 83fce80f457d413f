//! `crossfade serve`: the local edge.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;

use super::error::words;
use super::locate::TableArg;
use super::viewer::country;
use super::watch::Watched;
use super::{CliError, Exit, Global, Terminal, secrets};
use crate::report::exchange::{Columns, Served, banner, ending, reloaded, warning};
use crate::report::numbers::count;
use crate::serve::{self, Edge, MapError, Mapping, Notice, Reading, ServeSettings, Tabled, parse_mapping};
use crate::text::{nearest, quoted};

/// Arguments of `serve`.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ServeArgs {
    #[command(flatten)]
    table: TableArg,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: Listen,
    /// The port, instead of that of `--listen`; 0 takes any free one
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// What plays an origin: a server (`http://HOST:PORT`), a port of this machine, or a folder of files
    #[arg(long, value_name = "ID=TARGET")]
    map: Vec<String>,
    /// Country of viewers that send no `cloudfront-viewer-country`
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<String>,
}

const EXAMPLES: &str = "\
An origin without a `--map` is played by a page that tells which route chose it
and what it got. Every answer says so too, in x-crossfade-origin and
x-crossfade-route. A viewer's cohorts follow from the number in the cookie
crossfade-draw and each cohort's share, its language from Accept-Language or the
cookie that `[languages]` names. A mapped server gets every header and cookie;
CloudFront forwards only what its policies name.

The table is read again when it changes. One with an error, or without an origin
that a `--map` names, leaves the last good one in use. Ctrl-C waits for open
requests, a second one does not.

Examples:
  crossfade serve
  crossfade serve --map legacy=http://127.0.0.1:9001
  crossfade serve --map cms=3000 --map site=./dist
  curl -i -H 'Host: www.example.com' http://127.0.0.1:8080/promo/natal

Exit codes: 0 ended by Ctrl-C or SIGTERM · 2 no table, no such origin
to map, or nowhere to listen";

/// Lines that may wait for a slow terminal.
const WAITING_LINES: usize = 4_096;
/// How long the last lines may take to be written.
const LAST_LINES: Duration = Duration::from_secs(1);
const DEFAULT_PORT: u16 = 8080;

/// A host, and a port where one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listen {
    host: String,
    port: Option<u16>,
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Listen, String> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Listen { host: address.ip().to_string(), port: Some(address.port()) });
        }
        if text.parse::<u16>().is_ok() {
            return Err(format!("it takes HOST:PORT; a port alone is given with `--port {text}`"));
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if bare.parse::<IpAddr>().is_ok() {
            return Ok(Listen { host: bare.to_owned(), port: None });
        }
        let (host, port) = text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
        if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
            return Err("it takes HOST:PORT".to_owned());
        }
        let port = port.map(|port| port.parse().map_err(|_| "it takes HOST:PORT".to_owned())).transpose()?;
        Ok(Listen { host: host.to_owned(), port })
    }
}

/// Serves until it is told to end.
///
/// # Errors
/// There is no usable table, an origin cannot be mapped, or there is nowhere to listen.
pub fn run(args: ServeArgs, global: &Global) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(listen_and_serve(args, global));
    // What is still under way is cut off here; its lines are still written.
    runtime.shutdown_timeout(LAST_LINES);
    let written = served?;
    let _slow_terminal = written.recv_timeout(LAST_LINES);
    Ok(Exit::Fine)
}

/// Returns what tells that the last line is written.
async fn listen_and_serve(args: ServeArgs, global: &Global) -> Result<Receiver<()>, CliError> {
    let mapping = parse_mapping(args.map.iter().map(String::as_str)).map_err(unmappable)?;
    let located = args.table.locate(global)?;
    let (watched, table) = Watched::open(&located, global)?;
    let stop = stop()?;
    let listener = listen(&args).await?;
    let address = listener.local_addr()?;
    let name = located.path.display().to_string();
    let greeting = banner(&format!("http://{address}"), &name, table.definition(), &mapping);
    let columns = Arc::new(Mutex::new(Columns::of(table.definition())));
    let (told, notices) = sync_channel(WAITING_LINES);
    let teller = Teller { told, left_out: AtomicUsize::new(0) };
    let settings = ServeSettings { country: args.country, ..ServeSettings::default() };
    let tabled = Tabled::new(table, mapping.clone(), secrets::of_environment).map_err(unmappable)?;
    let edge = Arc::new(Edge::new(tabled, settings, Arc::new(move |notice| teller.tell(notice))));
    greet(global, address, &greeting);
    let written = write_in_a_thread(global.clone(), Arc::clone(&columns), notices);
    let read = reader(ReloadReader { watched, mapping, columns, global: global.clone() });
    let watching = tokio::spawn(serve::watch(Arc::clone(&edge), read));
    serve::serve(listener, edge, stop).await;
    watching.abort();
    Ok(written)
}

/// What a table that changes is read with.
struct ReloadReader {
    watched: Watched,
    mapping: Mapping,
    columns: Arc<Mutex<Columns>>,
    global: Global,
}

/// Looks whether the table changed, and reads it if so.
fn reader(mut reader: ReloadReader) -> impl FnMut() -> Reading + Send + 'static {
    move || if reader.watched.has_changed() { reader.read() } else { Reading::Unchanged }
}

impl ReloadReader {
    fn read(&mut self) -> Reading {
        let table = match self.watched.read(&self.global) {
            Ok(None) => return Reading::Unchanged,
            Ok(Some(table)) => table,
            Err(error) => return Reading::Broken(error.render()),
        };
        let columns = Columns::of(table.definition());
        match Tabled::new(table, self.mapping.clone(), secrets::of_environment) {
            Ok(tabled) => {
                *self.columns.lock().unwrap_or_else(PoisonError::into_inner) = columns;
                Reading::Changed(Box::new(tabled))
            }
            Err(error) => Reading::Broken(unmappable(error).render()),
        }
    }
}

/// Done at the first Ctrl-C or SIGTERM; a second one ends the process where it stands.
fn stop() -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error: io::Error| CliError::new(format_args!("signals cannot be handled: {}", words(&error)));
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(cannot)?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).map_err(cannot)?;
    #[cfg(unix)]
    let mut next = async move || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    #[cfg(not(unix))]
    let mut next = async move || drop(tokio::signal::ctrl_c().await);
    Ok(async move {
        next().await;
        tokio::spawn(async move {
            next().await;
            std::process::exit(0);
        });
    })
}

async fn listen(args: &ServeArgs) -> Result<TcpListener, CliError> {
    let port = args.port.or(args.listen.port).unwrap_or(DEFAULT_PORT);
    let host = args.listen.host.as_str();
    TcpListener::bind((host, port)).await.map_err(|error| {
        let problem = CliError::new(format_args!("cannot listen on `{host}:{port}`: {}", words(&error)));
        match error.kind() {
            io::ErrorKind::AddrInUse => problem.help(format_args!(
                "another program has this port: give another with `--port {}`, or any free one with `--port 0`",
                if port == u16::MAX { DEFAULT_PORT } else { port + 1 }
            )),
            io::ErrorKind::PermissionDenied => {
                problem.help("ports below 1024 need more rights: give another with `--port`")
            }
            _ => problem.help("`--listen` takes an address of this machine, such as `127.0.0.1:8080` or `[::1]:8080`"),
        }
    })
}

/// The banner belongs to the answer for people; programs get nothing but their lines. A warning is told in any case.
fn greet(global: &Global, address: SocketAddr, greeting: &str) {
    if !global.quiet {
        Terminal::for_people(global).note(greeting);
    }
    if !address.ip().is_loopback() {
        Terminal::stderr(global).note(&warning("whoever reaches this machine can reach the mapped origins"));
    }
}

/// A notice on its way to the terminal, and how many were left out before it.
type Queued = (Notice, usize);

/// Hands notices over without ever waiting for the terminal.
struct Teller {
    told: SyncSender<Queued>,
    left_out: AtomicUsize,
}

impl Teller {
    fn tell(&self, notice: Notice) {
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        if self.told.try_send((notice, left_out)).is_err() {
            self.left_out.fetch_add(left_out + 1, Ordering::Relaxed);
        }
    }
}

fn write_in_a_thread(global: Global, columns: Arc<Mutex<Columns>>, notices: Receiver<Queued>) -> Receiver<()> {
    let (done, written) = sync_channel(1);
    std::thread::spawn(move || {
        for (notice, left_out) in notices {
            if left_out > 0 {
                let lines = count(left_out, "line");
                Terminal::stderr(&global).note(&format!("{lines} left out: the terminal is too slow\n"));
            }
            let columns = *columns.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever stopped reading the lines still has a server.
            let _closed = write(&notice, columns, &global);
        }
        let _nobody_waits = done.send(());
    });
    written
}

fn write(notice: &Notice, columns: Columns, global: &Global) -> io::Result<()> {
    match notice {
        Notice::Exchange(_) if global.quiet && global.format.is_for_people() => Ok(()),
        Notice::Reloaded { .. } if global.quiet => Ok(()),
        Notice::Exchange(exchange) => {
            Terminal::stdout(global).print(&global.format.line(&Served { exchange, columns })?)
        }
        Notice::Reloaded { routes } => Terminal::for_people(global).print(&reloaded(*routes)),
        Notice::Kept(why) => Terminal::stderr(global).print(&format!("{why}the last good table stays in use\n")),
        Notice::Ending { open, limit } => Terminal::for_people(global).print(&ending(*open, *limit)),
    }
}

fn unmappable(error: MapError) -> CliError {
    let problem = CliError::new(format_args!("--map {error}"));
    match &error {
        MapError::Unknown { id, known } => match nearest(id, known.iter().map(String::as_str)) {
            Some(near) => problem.help(format_args!("did you mean `{near}`?")),
            None => problem.help(format_args!("it has {}", quoted(known))),
        },
        MapError::Scheme(_) => problem.help("put a local server or a proxy that speaks plain HTTP before it"),
        MapError::Folder(text) if text.contains(':') || text.parse::<IpAddr>().is_ok() => {
            let host = if text.starts_with(':') { "127.0.0.1" } else { "" };
            problem.help(format_args!("a server is written `http://{host}{text}`"))
        }
        MapError::Folder(_) | MapError::Form(_) => {
            problem.help("a target is `http://HOST:PORT`, a port of this machine, or a folder that exists")
        }
        MapError::Twice(_) | MapError::Address(_) => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_or_without_a_port() {
        let rows = [
            ("127.0.0.1:8080", Some(("127.0.0.1", Some(8080)))),
            ("0.0.0.0", Some(("0.0.0.0", None))),
            ("[::1]:1", Some(("::1", Some(1)))),
            ("::1", Some(("::1", None))),
            ("[::1]", Some(("::1", None))),
            ("localhost:0", Some(("localhost", Some(0)))),
            ("localhost", Some(("localhost", None))),
            ("localhost:x", None),
            (":80", None),
            ("http://localhost", None),
            ("8080", None),
            ("", None),
        ];
        for (text, expected) in rows {
            let expected = expected.map(|(host, port)| Listen { host: host.to_owned(), port });
            assert_eq!(text.parse::<Listen>().ok(), expected, "{text}");
        }
    }
}
