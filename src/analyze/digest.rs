//! Short digests that tell things apart and stay the same from night to night.

use sha2::{Digest as _, Sha256};

/// 16 hexadecimal digits of the SHA-256 of some parts, each preceded by its length: no two lists of parts look alike.
pub(super) fn digest<'p>(parts: impl IntoIterator<Item = Option<&'p str>>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        match part {
            Some(text) => {
                hasher.update(text.len().to_string());
                hasher.update(":");
                hasher.update(text);
            }
            None => hasher.update("-"),
        }
    }
    let first = hasher.finalize().iter().take(8).fold(0_u64, |first, byte| first << 8 | u64::from(*byte));
    format!("{first:016x}")
}
