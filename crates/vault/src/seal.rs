//! XChaCha20-Poly1305: its 24-byte nonce is long enough to be drawn at random.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::secret::{KEY_BYTES, random};

/// Length in bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes a sealed text is longer than the plain one.
pub(crate) const TAG_BYTES: usize = 16;

/// A fresh nonce.
pub(crate) fn nonce() -> Result<[u8; NONCE_BYTES], Error> {
    random().map(|bytes| *bytes)
}

/// Encrypts `plain` and binds it to `context`, which is not stored.
pub(crate) fn seal(
    key: &[u8; KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
        .map_err(|_| Error::Refused("to encrypt so much at once"))
}

/// Decrypts, or `None` if key, nonce, context or text is not what was sealed.
pub(crate) fn unseal(
    key: &[u8; KEY_BYTES],
    nonce: [u8; NONCE_BYTES],
    context: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: context })
        .ok()
        .map(Zeroizing::new)
}
