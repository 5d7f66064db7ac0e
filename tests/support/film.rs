//! A film of the screen, from the memory in which `tests/desktop/session --own-display` keeps it.

use anyhow::{Context as _, Result, ensure};
use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Every pixel of every so many-th row and column is looked at.
const STEP: usize = 8;
/// Brightness below which a pixel is dark, and from which on it is light.
const MIDDLE: std::ops::Range<u8> = 64..200;

/// The screen's memory: a picture in the format of `xwd`, whose header is numbers of four bytes, most
/// significant first.
#[derive(Debug)]
pub struct Screen {
    file: File,
    width: usize,
    height: usize,
    start: usize,
    row: usize,
}

/// What a look at the screen saw: how bright it is, at places that are some pixels apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    width: usize,
    pixels: Vec<u8>,
}

/// How much of the screen is how bright, in percent. The screen around the window is black.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Nearly white.
    pub light: usize,
    /// Neither light nor dark.
    pub middle: usize,
}

impl Screen {
    /// Opens the screen of this session.
    ///
    /// # Errors
    /// When there is none that can be filmed.
    pub fn open() -> Result<Self> {
        let path = std::env::var_os("LOCKSTEP_SCREEN")
            .context("nothing to film: run this with `tests/desktop/session --own-display`")?;
        let file = File::open(path)?;
        let mut header = [0; 100];
        file.read_exact_at(&mut header, 0)?;
        let field = |at: usize| {
            let bytes = header.get(4 * at..4 * at + 4).and_then(|bytes| bytes.try_into().ok());
            bytes.map_or(0, |bytes| u32::from_be_bytes(bytes) as usize)
        };
        ensure!(field(11) == 32, "a pixel of this screen has {} bits", field(11));
        // After the header comes a table of colours, twelve bytes each.
        let start = field(0) + 12 * field(19);
        Ok(Self { file, width: field(4), height: field(5), start, row: field(12) })
    }

    /// Looks at it.
    ///
    /// # Errors
    /// When the screen is gone.
    pub fn look(&self) -> Result<Frame> {
        let mut pixels = Vec::with_capacity(self.width * self.height / STEP / STEP);
        let mut row = vec![0; 4 * self.width];
        for y in (0..self.height).step_by(STEP) {
            self.file.read_exact_at(&mut row, (self.start + y * self.row) as u64)?;
            for pixel in row.chunks_exact(4).step_by(STEP) {
                let [blue, green, red, _] = pixel else { continue };
                let bright = (u16::from(*red) + u16::from(*green) + u16::from(*blue)) / 3;
                pixels.push(u8::try_from(bright).unwrap_or(u8::MAX));
            }
        }
        Ok(Frame { width: self.width.div_ceil(STEP), pixels })
    }
}

impl Frame {
    /// Whether nothing is on the screen.
    pub fn is_black(&self) -> bool {
        self.pixels.iter().all(|bright| *bright == 0)
    }

    /// How much of it is how bright.
    pub fn shares(&self) -> Shares {
        let share = |is: fn(&u8) -> bool| {
            100 * self.pixels.iter().filter(|bright| is(bright)).count() / self.pixels.len().max(1)
        };
        Shares {
            light: share(|bright| *bright >= MIDDLE.end),
            middle: share(|bright| MIDDLE.contains(bright)),
        }
    }

    /// Dark places in the right three quarters of a light window, where its rows are: what is written there.
    /// None while there is no light window.
    pub fn ink(&self) -> Option<usize> {
        let rows: Vec<&[u8]> = self.pixels.chunks(self.width.max(1)).collect();
        let (top, bottom) = (rows.iter().position(wide)?, rows.iter().rposition(wide)?);
        let inside = rows.get(top..bottom)?;
        let middle = inside.get(inside.len() / 2)?;
        let (left, right) = (middle.iter().position(light)?, middle.iter().rposition(light)?);
        let from = left + (right - left) / 4;
        let below = inside.get(inside.len() / 8..)?.iter();
        let written = below.flat_map(|row| row.get(from..right).unwrap_or_default());
        Some(written.filter(|bright| **bright < 150).count())
    }
}

fn light(bright: &u8) -> bool {
    *bright >= MIDDLE.end
}

/// Where a row is light for long, the window is.
fn wide(row: &&[u8]) -> bool {
    row.iter().filter(|bright| light(bright)).count() > 40
}
