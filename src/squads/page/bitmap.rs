//! A bitmap of 16 colours with rectangles and text in one bitmap font. Drawing is clipped to the
//! bitmap. `card` decides what is drawn, `png` encodes the file.

use embedded_graphics::geometry::{OriginDimensions as _, Point};
use embedded_graphics::image::GetPixel as _;
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::mono_font::iso_8859_1::FONT_10X20 as FONT;
use embedded_graphics::pixelcolor::BinaryColor;

/// The size that chat programs show whole.
pub const WIDTH: usize = 1200;
/// The height that goes with [`WIDTH`].
pub const HEIGHT: usize = 630;
pub const COLORS: usize = 16;
pub const LETTER_WIDTH: usize = 10;
const LETTER_HEIGHT: usize = 20;

pub type Color = u8;

pub struct Bitmap {
    pixels: Vec<Color>,
}

struct Glyph {
    dots: Vec<bool>,
    width: usize,
    height: usize,
}

impl Bitmap {
    pub fn new(color: Color) -> Self {
        Self {
            pixels: vec![color; WIDTH * HEIGHT],
        }
    }

    pub fn lines(&self) -> impl Iterator<Item = &[Color]> {
        self.pixels.chunks_exact(WIDTH)
    }

    /// Fills a rectangle: left, top, width, height.
    pub fn fill(&mut self, [x, y, width, height]: [usize; 4], color: Color) {
        let columns = x.min(WIDTH)..(x + width).min(WIDTH);
        for line in self.pixels.chunks_exact_mut(WIDTH).skip(y).take(height) {
            line[columns.clone()].fill(color);
        }
    }

    /// Writes one line of text; its letters are 2^`doublings` times as large as the font has them.
    pub fn text(&mut self, [mut x, y]: [usize; 2], doublings: u32, color: Color, text: &str) {
        for letter in text.chars() {
            let mut glyph = Glyph::of(letter);
            for _ in 0..doublings {
                glyph = glyph.doubled();
            }
            for (row, line) in glyph.dots.chunks_exact(glyph.width).enumerate() {
                for (column, _) in line.iter().enumerate().filter(|(_, dot)| **dot) {
                    self.fill([x + column, y + row, 1, 1], color);
                }
            }
            x += glyph.width;
        }
    }
}

impl Glyph {
    fn of(letter: char) -> Self {
        const FONT_AS_IT_IS: &MonoFont<'_> = &FONT;
        let image = FONT_AS_IT_IS.image;
        let per_line = image.size().width as usize / LETTER_WIDTH;
        let index = FONT_AS_IT_IS.glyph_mapping.index(letter);
        let (left, top) = (
            index % per_line * LETTER_WIDTH,
            index / per_line * LETTER_HEIGHT,
        );
        let dot = |place: usize| {
            let x = i32::try_from(left + place % LETTER_WIDTH).ok()?;
            let y = i32::try_from(top + place / LETTER_WIDTH).ok()?;
            image.pixel(Point::new(x, y))
        };
        Self {
            dots: (0..LETTER_WIDTH * LETTER_HEIGHT)
                .map(|place| dot(place) == Some(BinaryColor::On))
                .collect(),
            width: LETTER_WIDTH,
            height: LETTER_HEIGHT,
        }
    }

    fn dot(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.height && self.dots[y * self.width + x]
    }

    /// Twice the size, with slopes smoothed (EPX, also known as Scale2x): a dot's quarter takes after
    /// the two neighbours that it touches when these agree and the ones across do not.
    fn doubled(&self) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let mut dots = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (column, row) = (x / 2, y / 2);
                // Wraps to a place outside, which is empty.
                let left = self.dot(column.wrapping_sub(1), row);
                let right = self.dot(column + 1, row);
                let above = self.dot(column, row.wrapping_sub(1));
                let below = self.dot(column, row + 1);
                let (beside, across) = if x % 2 == 0 {
                    (left, right)
                } else {
                    (right, left)
                };
                let (next, opposite) = if y % 2 == 0 {
                    (above, below)
                } else {
                    (below, above)
                };
                let is_slope = beside == next && beside != opposite && next != across;
                dots.push(if is_slope {
                    beside
                } else {
                    self.dot(column, row)
                });
            }
        }
        Self {
            dots,
            width,
            height,
        }
    }
}

/// Whether the font has this letter as it is.
pub fn has(letter: char) -> bool {
    matches!(letter, ' '..='~' | '\u{a1}'..='\u{ff}')
}
