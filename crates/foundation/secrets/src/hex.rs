//! Keys as text: 64 hexadecimal digits.

use std::fmt::{self, Write as _};

use bursar_kernel::Rng;
use zeroize::Zeroizing;

/// The key of a text; none when it is not 64 hexadecimal digits.
pub(crate) fn read(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = Zeroizing::new([0; 32]);
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(bytes)
}

/// A new key, as one line of a file. `room` is for what follows it: text that grows would leave
/// copies of a key behind.
pub(crate) fn draw(rng: &Rng, room: usize) -> Result<Zeroizing<String>, fmt::Error> {
    let key = Zeroizing::new(rng.bytes::<32>());
    let mut text = Zeroizing::new(String::with_capacity(65 + room));
    for byte in key.iter() {
        write!(text, "{byte:02x}")?;
    }
    text.push('\n');
    Ok(text)
}
