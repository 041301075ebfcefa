//! Raw binary as BFD writes it (`bfd/binary.c`): from the lowest address to the highest, gaps filled with
//! zeros.

use super::image::Image;
use super::unsupported::Unsupported;

/// Largest span in bytes; a larger one is left to the tool, which leaves holes in the file.
const MOST: u64 = 64 << 20;

/// Returns an image as a raw binary.
pub(super) fn write(image: &Image) -> Result<Vec<u8>, Unsupported> {
    let (Some(first), Some(last)) = (image.pieces.first(), image.pieces.last()) else {
        return Ok(Vec::new());
    };
    let start = first.address;
    let Some(length) = last.end().checked_sub(start.into()).filter(|length| *length <= MOST) else {
        return Err(Unsupported::Odd("addresses far apart"));
    };
    // At most `MOST`.
    let mut out = vec![0; usize::try_from(length).unwrap_or_default()];
    for piece in &image.pieces {
        let at = (piece.address - start) as usize;
        out[at..at + piece.bytes.len()].copy_from_slice(&piece.bytes);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::image::Piece;
    use super::*;

    #[test]
    fn gaps_are_zeros_and_nothing_is_before_the_first_byte() {
        let piece = |address, bytes: &[u8]| Piece { address, bytes: bytes.to_vec() };
        let pieces = vec![piece(0x0800_0000, &[1, 2]), piece(0x0800_0004, &[3])];
        assert_eq!(write(&Image { pieces }).unwrap(), [1, 2, 0, 0, 3]);
        assert!(write(&Image { pieces: Vec::new() }).unwrap().is_empty());
        assert!(write(&Image { pieces: vec![piece(0, &[1]), piece(0x0800_0000, &[2])] }).is_err());
    }
}
