//! The program's parts put together: configuration, wiring, serving.
//!
//! The binary is a thin front; tests start the same [`Platform`] that it does.

pub mod config;
mod platform;
pub mod sandbox;

pub use platform::{Platform, StartError};

/// Completes on Ctrl-C or SIGTERM.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).ok();
    let terminated = async {
        match &mut terminate {
            Some(signal) => signal.recv().await.map(drop),
            None => std::future::pending().await,
        }
    };
    tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = terminated => {} }
}
