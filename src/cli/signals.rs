//! What ends a command that runs until it is told to end.

use std::io;

use super::CliError;
use super::error::words;

/// Done at the first Ctrl-C or SIGTERM from now on.
///
/// # Errors
/// Signals cannot be handled here.
pub fn ended() -> Result<impl Future<Output = ()>, CliError> {
    let cannot = |error: io::Error| CliError::new(format_args!("signals cannot be handled: {}", words(&error)));
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(cannot)?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).map_err(cannot)?;
    #[cfg(not(unix))]
    let mut interrupt = tokio::signal::windows::ctrl_c().map_err(cannot)?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ended = interrupt.recv().await;
    })
}
