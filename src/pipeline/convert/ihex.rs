//! Intel HEX as BFD writes it (`bfd/ihex.c`): records of 16 bytes from the beginning of each section; segment
//! addresses below 1 MiB, linear addresses above; the entry address, unless it is 0.

use super::image::Image;

/// Data bytes per record.
const CHUNK: usize = 16;

const LINE_END: &[u8] = b"\r\n";

const DATA: u8 = 0;
const END: u8 = 1;
const SEGMENT: u8 = 2;
const START_SEGMENT: u8 = 3;
const LINEAR: u8 = 4;
const START_LINEAR: u8 = 5;

/// Last address that segment addresses reach.
const LAST_OF_SEGMENTS: u32 = 0xf_ffff;

/// Returns an image as Intel HEX.
pub(super) fn write(image: &Image, entry: u32) -> Vec<u8> {
    let size: usize = image.pieces.iter().map(|piece| piece.bytes.len()).sum();
    let mut out = Vec::with_capacity(size / CHUNK * 45 + 256);
    let (mut segment, mut linear) = (0, 0);
    for piece in &image.pieces {
        let mut address = piece.address;
        let mut bytes = piece.bytes.as_slice();
        while !bytes.is_empty() {
            if u64::from(address) > u64::from(segment) + u64::from(linear) + 0xffff {
                let [high, low, ..] = address.to_be_bytes();
                if address <= LAST_OF_SEGMENTS {
                    segment = address & 0xf_0000;
                    record(&mut out, SEGMENT, 0, &[low << 4, 0], LINE_END);
                } else {
                    if segment != 0 {
                        // Some readers add segment and linear addresses.
                        record(&mut out, SEGMENT, 0, &[0, 0], LINE_END);
                        segment = 0;
                    }
                    linear = address & 0xffff_0000;
                    record(&mut out, LINEAR, 0, &[high, low], LINE_END);
                }
            }
            let offset = address - (segment + linear);
            // A record does not cross the 64 KiB border of its address record.
            let left = 0x1_0000 - offset as usize;
            let (now, rest) = bytes.split_at(bytes.len().min(CHUNK).min(left));
            record(&mut out, DATA, offset, now, LINE_END);
            address = address.wrapping_add(u32::try_from(now.len()).unwrap_or_default());
            bytes = rest;
        }
    }
    let [_, second, third, last] = entry.to_be_bytes();
    match entry {
        0 => {}
        1..=LAST_OF_SEGMENTS => record(&mut out, START_SEGMENT, 0, &[second << 4, 0, third, last], LINE_END),
        _ => record(&mut out, START_LINEAR, 0, &entry.to_be_bytes(), LINE_END),
    }
    record(&mut out, END, 0, &[], LINE_END);
    out
}

/// Writes a record with the lower 16 bits of `address`.
pub(super) fn record(out: &mut Vec<u8>, kind: u8, address: u32, data: &[u8], line_end: &[u8]) {
    let [.., high, low] = address.to_be_bytes();
    // No record has more than 16 bytes.
    let head = [u8::try_from(data.len()).unwrap_or_default(), high, low, kind];
    let all = || head.iter().chain(data).copied();
    out.push(b':');
    for byte in all().chain([all().fold(0, u8::wrapping_add).wrapping_neg()]) {
        out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789ABCDEF"[usize::from(digit)]));
    }
    out.extend(line_end);
}

#[cfg(test)]
mod tests {
    use super::super::image::Piece;
    use super::*;

    fn written(pieces: &[(u32, &[u8])], entry: u32) -> String {
        let pieces = pieces.iter().map(|(address, bytes)| Piece { address: *address, bytes: bytes.to_vec() });
        let text = String::from_utf8(write(&Image { pieces: pieces.collect() }, entry)).unwrap();
        assert!(text.ends_with("\r\n"));
        text.replace("\r\n", "\n")
    }

    #[test]
    fn nothing_is_one_record() {
        assert_eq!(written(&[], 0), ":00000001FF\n");
    }

    #[test]
    fn records_have_16_bytes_from_the_beginning_of_each_piece() {
        let bytes: Vec<u8> = (0..18).collect();
        assert_eq!(
            written(&[(0x100, &bytes), (0x112, &[0xff])], 0),
            ":10010000000102030405060708090A0B0C0D0E0F77\n:020110001011CC\n:01011200FFED\n:00000001FF\n"
        );
    }

    #[test]
    fn addresses_above_64_kib_are_segments_and_above_1_mib_linear() {
        assert_eq!(
            written(&[(0xffff, &[1, 2]), (0x2_0000, &[3]), (0x10_0000, &[4]), (0x0801_0000, &[5])], 0),
            ":01FFFF000100\n:020000021000EC\n:0100000002FD\n:020000022000DC\n:0100000003FC\n\
             :020000020000FC\n:020000040010EA\n:0100000004FB\n:020000040801F1\n:0100000005FA\n:00000001FF\n"
        );
    }

    #[test]
    fn a_start_is_told_unless_it_is_0() {
        assert_eq!(written(&[], 0x1_2345), ":0400000310002345 81\n:00000001FF\n".replace(' ', ""));
        assert_eq!(written(&[], 0x0800_01c1), ":04000005080001C12D\n:00000001FF\n");
    }
}
