//! Numbers and words that are the same in every run.

use uuid::Uuid;

/// A row of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The row that begins with `seed` for one purpose.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(purpose.as_bytes());
        let mut first = [0; 8];
        hasher.finalize_xof().fill(&mut first);
        Self(u64::from_le_bytes(first))
    }

    /// The next one.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next one below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit.max(1)
    }

    /// The next place in a list of so many.
    pub fn index(&mut self, many: usize) -> usize {
        usize::try_from(self.below(many as u64)).unwrap_or_default()
    }

    /// One of a list, the first much more often than the last, as words are used.
    pub fn of<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        let even = (self.below(1 << 20) as f64 + 1.0) / f64::from(1 << 20);
        let rank = (list.len() as f64).powf(even) - 1.0;
        list.get((rank as usize).min(list.len().saturating_sub(1)))
    }

    /// 32 of its bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.number().to_le_bytes());
        }
        bytes
    }

    /// An id made at a moment, milliseconds since 1970.
    pub fn id<T: From<Uuid>>(&mut self, at: i64) -> T {
        let mut random = [0; 10];
        for part in random.chunks_mut(8) {
            let next = self.number().to_le_bytes();
            part.copy_from_slice(next.get(..part.len()).unwrap_or_default());
        }
        uuid::Builder::from_unix_timestamp_millis(at.unsigned_abs(), &random).into_uuid().into()
    }

    /// A sentence of about so many bytes.
    pub fn sentence(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 12);
        while text.len() < bytes {
            if !text.is_empty() {
                text.push(' ');
            }
            let word = usize::try_from(self.below(WORDS.len() as u64)).unwrap_or_default();
            text.push_str(WORDS.get(word).copied().unwrap_or_default());
        }
        text
    }
}

const WORDS: [&str; 64] = [
    "the",
    "port",
    "wants",
    "a",
    "pilot",
    "before",
    "summer",
    "and",
    "their",
    "board",
    "meets",
    "in",
    "two",
    "weeks",
    "we",
    "should",
    "send",
    "our",
    "numbers",
    "first",
    "security",
    "asked",
    "for",
    "reports",
    "budget",
    "is",
    "confirmed",
    "but",
    "not",
    "signed",
    "can",
    "you",
    "join",
    "on",
    "Thursday",
    "to",
    "show",
    "how",
    "scheduling",
    "works",
    "with",
    "cranes",
    "legal",
    "has",
    "questions",
    "about",
    "data",
    "that",
    "stays",
    "inside",
    "Europe",
    "I",
    "will",
    "call",
    "them",
    "tomorrow",
    "morning",
    "price",
    "list",
    "changes",
    "next",
    "quarter",
    "so",
    "hurry",
];
