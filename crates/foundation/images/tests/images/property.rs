//! Whatever comes in, an answer comes out.

use bursar_images::{Format, Normalised, normalise, page_count, page_png};
use proptest::prelude::*;
use proptest::sample::Index;

use super::kit::good;

/// Everything that can be asked of bytes; what came out is a picture again.
fn ask(format: Format, bytes: &[u8]) {
    if let Ok(Normalised::Converted { format, bytes }) = normalise(format, bytes) {
        assert_eq!(Format::sniff(&bytes), Some(format));
        assert!(page_count(format, &bytes).is_ok());
    }
    let _ = page_count(format, bytes);
    for page in [0, 1] {
        if let Ok(png) = page_png(format, bytes, page, 60) {
            assert_eq!(Format::sniff(&png), Some(Format::Png));
        }
    }
}

#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Cut(Index),
    Repeat(Index, Index),
    Fill(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => any::<Index>().prop_map(Change::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Repeat(from, to)),
        1 => any::<Index>().prop_map(Change::Fill),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        if bytes.is_empty() {
            break;
        }
        let at = |index: &Index| index.index(bytes.len());
        match change {
            Change::Set(index, byte) => {
                let at = at(index);
                bytes[at] = *byte;
            }
            Change::Cut(index) => bytes.truncate(at(index)),
            Change::Repeat(from, to) => {
                let (from, to) = (at(from).min(at(to)), at(from).max(at(to)));
                bytes.extend_from_within(from..to);
            }
            Change::Fill(index) => {
                let at = at(index);
                let end = bytes.len().min(at + 4);
                bytes[at..end].fill(0xff);
            }
        }
    }
    bytes
}

proptest! {
    #[test]
    fn any_bytes_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        which in 0..5_usize,
    ) {
        let _ = Format::sniff(&bytes);
        let (format, good) = &good()[which];
        ask(*format, &bytes);
        ask(*format, &[&good[..8], &bytes[..]].concat());
    }

    #[test]
    fn what_was_good_is_answered(
        which in 0..5_usize,
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let (format, good) = good().swap_remove(which);
        ask(format, &changed(good, &changes));
    }
}
