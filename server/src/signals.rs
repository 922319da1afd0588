//! SIGTERM and SIGINT: the first asks for a drain, the second for its end.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask the server to stop.
pub struct Stops {
    term: Signal,
    int: Signal,
}

impl Stops {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
    pub fn new() -> io::Result<Self> {
        Ok(Self { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? })
    }

    /// The next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}
