//! What stands between libFuzzer and a target.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::OnceLock;

use crate::{TARGETS, Target, target};

/// The target's name.
const NAME: &str = "BURSAR_FUZZ_TARGET";
/// The folder that libFuzzer starts from.
const CORPUS: &str = "BURSAR_FUZZ_CORPUS";

static TARGET: OnceLock<&'static Target> = OnceLock::new();

thread_local! {
    /// What the last panic said.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Chooses the target and lays out its seeds; names them all when none is chosen. Called once,
/// before libFuzzer reads its folder.
///
/// libFuzzer's own hook ends the program at every panic. Decoders may panic, for we catch it, so
/// a hook that only listens takes its place.
pub fn start() {
    let Ok(name) = std::env::var(NAME) else {
        for target in TARGETS {
            println!("{}", target.name);
        }
        std::process::exit(0);
    };
    let Some(target) = target(&name) else {
        eprintln!("{NAME} names no target: {name:?}");
        std::process::exit(2);
    };
    let laid = std::env::var(CORPUS).map(|folder| lay_out(target, Path::new(&folder)));
    if let Ok(Err(error)) = laid {
        eprintln!("cannot write the seeds: {error}");
        std::process::exit(2);
    }
    let _ = TARGET.set(target);
    panic::set_hook(Box::new(|info| SAID.set(info.to_string())));
}

fn lay_out(target: &Target, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for (number, seed) in (target.seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}

/// Gives the target one input. A panic that comes through ends the program: libFuzzer then keeps
/// the input.
pub fn run(bytes: &[u8]) {
    let Some(target) = TARGET.get() else { return };
    if panic::catch_unwind(AssertUnwindSafe(|| (target.read)(bytes))).is_err() {
        SAID.with_borrow(|said| eprintln!("{said}"));
        std::process::abort();
    }
}
