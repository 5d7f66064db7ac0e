//! The key of the file and who uses it.

use domain::{DeviceId, MemberId, ProgramId};
use protocol::seal::DeviceKey;
use std::fmt;
use zeroize::Zeroizing;

/// The raw 256-bit key of one file. Wiped when dropped; shows nothing of itself when printed.
#[derive(Clone)]
pub struct FileKey(Zeroizing<String>);

impl FileKey {
    /// The key made of these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        // The exact capacity, so that growing leaves no copy behind.
        let mut literal = Zeroizing::new(String::with_capacity(67));
        literal.push_str("x'");
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] {
                literal.extend(char::from_digit(u32::from(nibble), 16));
            }
        }
        literal.push('\'');
        Self(literal)
    }

    /// The key written as a SQLCipher blob literal, `x'…'` with 64 hexadecimal digits; `None` for
    /// anything else.
    pub fn from_literal(literal: &str) -> Option<Self> {
        let digits = literal.strip_prefix("x'")?.strip_suffix('\'')?;
        let fits = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| Self(Zeroizing::new(literal.to_owned())))
    }

    /// As the value of `PRAGMA key`.
    pub(crate) fn pragma(&self) -> String {
        format!("\"{}\"", self.0.as_str())
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}

/// Who uses a store: one device of one member in one program.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The program.
    pub program: ProgramId,
    /// The device.
    pub device: DeviceId,
    /// The member it acts as.
    pub member: MemberId,
    /// Signs what this device does.
    pub device_key: DeviceKey,
}
