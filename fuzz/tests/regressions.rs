//! What fuzzing once found, and every seed, as plain tests.

use std::path::Path;

use bursar_fuzz::{TARGETS, files, target};

#[test]
fn nothing_found_before_is_found_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    for target in TARGETS {
        for bytes in files(&folder.join(target.name)).unwrap() {
            (target.read)(&bytes);
        }
    }
}

#[test]
fn every_seed_is_read() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seed", target.name);
        for seed in seeds {
            (target.read)(&seed);
        }
    }
}

#[test]
fn every_folder_of_regressions_is_a_targets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let is_folder = entry.file_type().unwrap().is_dir();
        assert!(!is_folder || target(&name).is_some(), "{name} is no target");
    }
}
