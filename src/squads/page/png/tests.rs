use super::*;
use proptest::prelude::*;

/// What another decoder makes of the file: the palette's numbers, a byte each.
fn decoded(file: &[u8]) -> Vec<u8> {
    let decoder = ::png::Decoder::new(std::io::Cursor::new(file));
    let mut reader = decoder.read_info().expect("a header");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("an image");
    assert_eq!((info.width as usize, info.height as usize), (WIDTH, HEIGHT));
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn another_decoder_sees_what_was_drawn(
        rectangles in prop::collection::vec((0..1300_usize, 0..700_usize, 0..1300_usize, 0..700_usize, 0..16_u8), 0..30),
    ) {
        let mut bitmap = Bitmap::new(3);
        for (x, y, width, height, color) in rectangles {
            bitmap.fill([x, y, width, height], color);
        }
        let file = encode(&bitmap, &[[7; 3]; COLORS]);
        let drawn: Vec<u8> = bitmap.lines().flatten().copied().collect();
        prop_assert!(decoded(&file) == drawn);
    }
}

#[test]
fn every_length_of_a_run_comes_back() {
    for length in 1..=1_100 {
        let mut bytes = vec![1, 2];
        bytes.extend(std::iter::repeat_n(200, length));
        bytes.push(9);
        let stream = zlib(&bytes);
        let back = miniz(&stream);
        assert_eq!(back, bytes, "{length}");
    }
}

/// Unpacked by somebody else's code: as an image of one line.
fn miniz(stream: &[u8]) -> Vec<u8> {
    use std::io::Read as _;
    let mut out = Vec::new();
    flate2::read::ZlibDecoder::new(stream)
        .read_to_end(&mut out)
        .expect("a stream");
    out
}
