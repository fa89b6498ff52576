//! A PNG encoder (ISO/IEC 15948) for images of few colours: one pass, almost no memory, small files
//! for flat drawings. Photographs would be larger than necessary.
//!
//! The filter `Up` turns what equals the row above into zeros, and runs become matches of distance 1.
//! Rectangles and text gain little from more, and this is a hundredth of the code of a general
//! compressor.

use crate::crc32::crc32;

use super::bitmap::{Bitmap, COLORS, HEIGHT, WIDTH};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// Pixels of 4 bits each.
const BIT_DEPTH: u8 = 4;
/// Pixels are numbers of colours.
const PALETTE: u8 = 3;
const FILTER_UP: u8 = 2;
const LINE: usize = WIDTH / 2;
/// The longest match of deflate (RFC 1951, section 3.2.5).
const LONGEST: usize = 258;
const SHORTEST: usize = 3;
const END_OF_BLOCK: u16 = 256;
/// Of Adler-32 (RFC 1950, section 8.2).
const ADLER_PRIME: u32 = 65_521;

pub fn encode(bitmap: &Bitmap, palette: &[[u8; 3]; COLORS]) -> Vec<u8> {
    let mut header = Vec::with_capacity(13);
    for length in [WIDTH, HEIGHT] {
        header.extend_from_slice(&be(length));
    }
    header.extend_from_slice(&[BIT_DEPTH, PALETTE, 0, 0, 0]);
    let mut file = SIGNATURE.to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"PLTE", palette.as_flattened());
    chunk(&mut file, *b"IDAT", &zlib(&filtered(bitmap)));
    chunk(&mut file, *b"IEND", &[]);
    file
}

/// A length as PNG has it. None here comes near 2^32.
fn be(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

fn chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&be(data.len()));
    file.extend_from_slice(&name);
    file.extend_from_slice(data);
    file.extend_from_slice(&crc32(&[&name, data]).to_be_bytes());
}

/// The lines as their differences from the lines above.
fn filtered(bitmap: &Bitmap) -> Vec<u8> {
    let mut out = Vec::with_capacity((LINE + 1) * HEIGHT);
    let mut above = [0_u8; LINE];
    for line in bitmap.lines() {
        out.push(FILTER_UP);
        for (above, pair) in above.iter_mut().zip(line.chunks_exact(2)) {
            let byte = pair[0] << 4 | pair[1];
            out.push(byte.wrapping_sub(*above));
            *above = byte;
        }
    }
    out
}

/// A zlib stream (RFC 1950) of one block with the fixed codes (RFC 1951, section 3.2.6).
fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut bits = Bits {
        out: vec![0x78, 0x01],
        held: 0,
        count: 0,
    };
    bits.put(0b011, 3);
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        bits.symbol(u16::from(first));
        rest = after;
        let mut run = rest.iter().take_while(|byte| **byte == first).count();
        // A tail too short for a match goes out as literals, on the next turns.
        while run >= SHORTEST {
            let length = run.min(LONGEST);
            bits.repeat(length);
            rest = &rest[length..];
            run -= length;
        }
    }
    bits.symbol(END_OF_BLOCK);
    let mut out = bits.finish();
    out.extend_from_slice(&adler32(bytes).to_be_bytes());
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    // 5,552 bytes are the most before a sum could run over.
    for part in bytes.chunks(5_552) {
        for byte in part {
            low += u32::from(*byte);
            high += low;
        }
        low %= ADLER_PRIME;
        high %= ADLER_PRIME;
    }
    high << 16 | low
}

/// Bits on their way into bytes, the lowest first.
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.held |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held.to_le_bytes()[0]);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    /// A code, whose highest bit comes first.
    fn code(&mut self, code: u16, count: u32) {
        self.put(u32::from(code.reverse_bits()) >> (16 - count), count);
    }

    /// A literal, a length or the end, in the fixed code.
    fn symbol(&mut self, symbol: u16) {
        match symbol {
            0..=143 => self.code(0x30 + symbol, 8),
            144..=255 => self.code(0x190 + symbol - 144, 9),
            256..=279 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    /// The byte before, `length` times more: 3 to 258.
    fn repeat(&mut self, length: usize) {
        // As the table in RFC 1951, section 3.2.5 goes: four symbols for each number of extra bits.
        let rest = u16::try_from(length - SHORTEST).unwrap_or_default();
        let (symbol, extra) = match rest {
            0..=7 => (257 + rest, 0),
            255.. => (285, 0),
            _ => {
                let extra = rest.ilog2() - 2;
                let first = [265, 269, 273, 277, 281][extra as usize - 1];
                (first + (rest >> extra) - 4, extra)
            }
        };
        self.symbol(symbol);
        self.put(u32::from(rest) & ((1 << extra) - 1), extra);
        // The distance 1.
        self.code(0, 5);
    }

    fn finish(mut self) -> Vec<u8> {
        let padding = (8 - self.count % 8) % 8;
        self.put(0, padding);
        self.out
    }
}

#[cfg(test)]
mod tests;
