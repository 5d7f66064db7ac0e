//! Chance that comes from the seed alone.

use domain::entity::Key;
use uuid::Uuid;

/// SplitMix64: small, and good enough to choose what happens next.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x6c6f_636b_7374_6570)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }

    pub fn key(&mut self) -> Key {
        let mut key = [0; 32];
        for piece in key.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes());
        }
        Key(key)
    }

    /// A new id as a device would make it at `ms` since 1970.
    pub fn id(&mut self, ms: u64) -> Uuid {
        let mut random = [0; 10];
        for (byte, from) in
            random.iter_mut().zip(self.next().to_le_bytes().into_iter().chain(self.next().to_le_bytes()))
        {
            *byte = from;
        }
        uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
    }
}

/// One of `items`, chosen by `r`.
pub(crate) fn pick<T>(items: &[T], r: u64) -> Option<&T> {
    let at = usize::try_from(r % (items.len().max(1) as u64)).unwrap_or_default();
    items.get(at)
}
