//! Words as people use them: a few often, most rarely. Search is only as hard as its words.

use crate::chance::Chance;

const WORDS: u64 = 30_000;

/// The words of a world.
#[derive(Debug, Clone)]
pub struct Vocabulary(Vec<String>);

impl Vocabulary {
    /// Makes them up.
    pub fn new(chance: &mut Chance) -> Self {
        const PARTS: [&str; 24] = [
            "ba", "co", "den", "fi", "gra", "hal", "in", "ko", "lan", "mi", "nor", "pol", "qua", "ri", "sen",
            "tor", "un", "ver", "wes", "yar", "zel", "st", "re", "pre",
        ];
        let word = |chance: &mut Chance| {
            let parts = 2 + chance.below(4);
            (0..parts).filter_map(|_| PARTS.get(chance.index(PARTS.len())).copied()).collect()
        };
        Self((0..WORDS).map(|_| word(chance)).collect())
    }

    /// The one that is said most.
    pub fn commonest(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// One of them, the first more often than the last.
    pub fn word(&self, chance: &mut Chance) -> &str {
        chance.of(&self.0).map_or("", String::as_str)
    }

    /// Some of them.
    pub fn some(&self, chance: &mut Chance, many: usize) -> String {
        let said: Vec<&str> = (0..many).map(|_| self.word(chance)).collect();
        said.join(" ")
    }

    /// What somebody says: 4 to 20 words.
    pub fn sentence(&self, chance: &mut Chance) -> String {
        let many = 4 + chance.index(17);
        self.some(chance, many)
    }
}
