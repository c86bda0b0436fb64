//! The program's parts put together: configuration, wiring, serving.
//!
//! The binary is a thin front; tests start the same [`Platform`] that it does.

pub mod admin;
pub mod config;
pub mod control;
pub mod gateway;
pub mod lint;
mod mail;
mod platform;
pub mod sandbox;
pub mod tls;

pub use gateway::Gateway;
pub use platform::{Platform, StartError};

/// Completes on Ctrl-C or SIGTERM. Both are caught from this call on, awaited or not: call it
/// before anybody is told that the program serves.
pub fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, StartError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}
