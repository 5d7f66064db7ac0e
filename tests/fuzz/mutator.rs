//! Samples changed at random, the same way every time.

use protocol::frame;

/// Bytes that decoders treat specially: heads of CBOR, borders of numbers, quotes and brackets.
const TELLING: [u8; 20] = [
    0x00, 0x01, 0x17, 0x18, 0x1B, 0x3B, 0x5B, 0x5F, 0x7F, 0x80, 0x9B, 0x9F, 0xBF, 0xF6, 0xFF, b'"', b'<',
    b'#', b',', b'\n',
];

pub struct Mutator(u64);

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// One of the samples after a few changes.
    pub fn changed(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = samples[self.below(samples.len())].clone();
        for _ in 0..=self.below(6) {
            let other = self.below(samples.len());
            self.change(&mut bytes, &samples[other]);
        }
        bytes
    }

    /// A body of a few frames of the samples, some of them changed; the body itself is whole.
    pub fn changed_in_turn(&mut self, samples: &[Vec<u8>]) -> Vec<u8> {
        let mut frames = Vec::new();
        for _ in 0..=self.below(8) {
            let mut some = frame::from_body(&samples[self.below(samples.len())]).unwrap();
            let mut one = some.swap_remove(self.below(some.len()));
            match self.below(4) {
                0 => one = self.changed(&[one]),
                // Another kind of event.
                1 => one[0] = self.below(256) as u8,
                _ => {}
            }
            frames.push(one);
        }
        frame::to_body(&frames)
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len());
        let end = at + self.below(bytes.len() - at);
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = TELLING[self.below(TELLING.len())],
            2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add([1, 255][self.below(2)]),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let twice = bytes[at..end].to_vec();
                bytes.splice(at..at, twice);
            }
            6 => {
                // The beginning of one and the end of another.
                bytes.truncate(at);
                bytes.extend_from_slice(&other[self.below(other.len())..]);
            }
            7 => {
                // A length that promises more than there is, as CBOR or as four bytes.
                let huge = [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
                let some = self.below(huge.len() + 1);
                bytes.splice(at..end.min(at + some), huge[..some].iter().copied());
            }
            _ => {
                let some: Vec<u8> = (0..self.below(8)).map(|_| self.below(256) as u8).collect();
                bytes.splice(at..at, some);
            }
        }
    }
}
