//! `bench`.

use crate::Result;

pub(crate) fn run(_args: &[&str]) -> Result {
    Err("not yet".to_owned())
}
