//! Secrets wear types that cannot be printed, serialised or copied by accident.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::error::Error;

/// Length in bytes of every key here.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes of a key on their way somewhere; wiped when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// Fills an array from the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Error> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| Error::Refused("randomness"))?;
    Ok(bytes)
}

/// Lower-case hexadecimal; the capacity is exact so that no copy is left behind by growing.
pub(crate) fn push_hex(into: &mut String, bytes: &[u8]) {
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            into.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        // Boxed: moving the value moves a pointer and leaves no copy of the key on the stack.
        pub struct $name(Box<[u8; KEY_BYTES]>);

        impl $name {
            pub(crate) fn new(bytes: &[u8; KEY_BYTES]) -> Self {
                Self(Box::new(*bytes))
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

secrets! {
    /// The raw 256-bit key of one encrypted database.
    DbKey
    /// The 32-byte Ed25519 seed of this device's identity in one program.
    DeviceSeed
    /// Masks names in logs so that lines about the same thing can still be matched on this device.
    RedactionKey
    /// The device root key, from which or under which everything else is kept.
    RootKey
}

impl DbKey {
    /// The key as a SQLCipher blob literal, `x'…'` with 64 hexadecimal digits and without the double
    /// quotes a pragma wants around it. SQLCipher skips its slow passphrase derivation for it.
    pub fn sqlcipher_literal(&self) -> Zeroizing<String> {
        let mut literal = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 3));
        literal.push_str("x'");
        push_hex(&mut literal, self.0.as_slice());
        literal.push('\'');
        literal
    }
}

impl DeviceSeed {
    /// The seed itself, for the signing key and nothing else.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl RedactionKey {
    /// A stand-in for `value`: 12 hexadecimal digits, equal for equal values on this device only.
    pub fn mask(&self, value: &str) -> String {
        let mut mask = String::with_capacity(12);
        push_hex(&mut mask, blake3::keyed_hash(&self.0, value.as_bytes()).as_bytes().split_at(6).0);
        mask
    }
}

impl RootKey {
    /// Derives one key; `context` is hard-coded, unique and never reused for another purpose.
    pub(crate) fn derive(&self, context: &str) -> KeyBytes {
        Zeroizing::new(blake3::derive_key(context, self.0.as_slice()))
    }

    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Fails to compile as soon as one of the types implements one of the traits: the name in the last
/// line is then ambiguous.
macro_rules! never {
    ($($type:ty: $($forbidden:path),+;)+) => {$(
        const _: fn() = || {
            trait Never<Marker> {
                fn named() {}
            }
            impl<T: ?Sized> Never<()> for T {}
            $({
                struct Forbidden;
                impl<T: ?Sized + $forbidden> Never<Forbidden> for T {}
            })+
            let _ = <$type as Never<_>>::named;
        };
    )+};
}

never! {
    DbKey: serde::Serialize, fmt::Display, fmt::LowerHex, Clone, AsRef<[u8]>;
    DeviceSeed: serde::Serialize, fmt::Display, fmt::LowerHex, Clone, AsRef<[u8]>;
    RedactionKey: serde::Serialize, fmt::Display, fmt::LowerHex, Clone, AsRef<[u8]>;
    RootKey: serde::Serialize, fmt::Display, fmt::LowerHex, Clone, AsRef<[u8]>;
    crate::Passphrase: serde::Serialize, fmt::Display, Clone, AsRef<str>;
    crate::ProgramKeys: serde::Serialize, fmt::Display, Clone;
    crate::Vault: serde::Serialize, fmt::Display, Clone;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_is_what_sqlcipher_takes_for_a_raw_key() {
        let mut bytes = [0; KEY_BYTES];
        bytes[0] = 0xab;
        bytes[31] = 0x0f;
        let literal = DbKey::new(&bytes).sqlcipher_literal();
        assert_eq!(literal.as_str(), format!("x'ab{}0f'", "00".repeat(30)));
        assert_eq!(literal.capacity(), literal.len(), "growing would leave a copy behind");
    }

    #[test]
    fn debug_shows_the_type_and_nothing_else() {
        assert_eq!(format!("{:?}", DbKey::new(&[7; KEY_BYTES])), "DbKey(..)");
        assert_eq!(format!("{:?}", DeviceSeed::new(&[7; KEY_BYTES])), "DeviceSeed(..)");
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        let root = RootKey::new(&[7; KEY_BYTES]);
        assert_ne!(root.derive("one"), root.derive("two"));
        assert_ne!(*root.derive("one"), [7; KEY_BYTES]);
    }

    #[test]
    fn a_mask_is_stable_and_bound_to_the_device() {
        let (here, there) = (RedactionKey::new(&[1; KEY_BYTES]), RedactionKey::new(&[2; KEY_BYTES]));
        assert_eq!(here.mask("Alice"), here.mask("Alice"));
        assert_ne!(here.mask("Alice"), here.mask("Bob"));
        assert_ne!(here.mask("Alice"), there.mask("Alice"));
        assert_eq!(here.mask("Alice").len(), 12);
    }
}
