//! Ctrl-C, and the signal by which a machine says the same.

use crate::Failure;

/// Hears Ctrl-C and SIGTERM; from then on neither ends the process by itself.
///
/// The first asks a command that changes something to stop and say what state it leaves; a second
/// should end it at once. Must be made within a tokio runtime.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let signals be heard.
    #[cfg(unix)]
    pub fn listen() -> Result<Self, Failure> {
        use tokio::signal::unix::{SignalKind, signal};
        let hear = |kind| {
            signal(kind)
                .map_err(|error| Failure::new(format!("Ctrl-C can't be listened for: {error}")))
        };
        Ok(Self {
            signals: [
                hear(SignalKind::interrupt())?,
                hear(SignalKind::terminate())?,
            ],
        })
    }

    /// Begins to listen.
    ///
    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub fn listen() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// Waits for the next one; a cancelled wait misses none.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }

    /// Waits for the next one.
    #[cfg(not(unix))]
    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn each_signal_is_heard_and_ends_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut interrupts = Interrupts::listen().unwrap();
            let this = rustix::process::getpid();
            for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
                rustix::process::kill_process(this, signal).unwrap();
                interrupts.next().await;
            }
        });
    }
}
