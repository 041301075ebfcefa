//! Memory content in Intel HEX: read, merged and written as gohex does (the library of arduino-cli,
//! <https://github.com/marcinbor85/gohex>), also where gohex differs from other tools.

/// Value of bytes that are not set.
const PADDING: u8 = 0xff;

/// Data bytes per record.
const CHUNK: usize = 16;

/// Pieces of memory, by address. Adjacent pieces are merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pipeline) struct HexMemory {
    pieces: Vec<Piece>,
}

/// Bytes from an address on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pipeline) struct Piece {
    pub(in crate::pipeline) address: u32,
    pub(in crate::pipeline) bytes: Vec<u8>,
}

impl Piece {
    /// Returns the address after the last byte; addresses wrap.
    pub(in crate::pipeline) fn end(&self) -> u32 {
        self.address.wrapping_add(length(&self.bytes))
    }

    fn overlaps(&self, address: u32, size: u32) -> bool {
        let begins_inside = address >= self.address && address < self.end();
        begins_inside || (address < self.address && address.wrapping_add(size) > self.address)
    }
}

impl HexMemory {
    /// Parses Intel HEX. Returns `None` if a line is not a record, a checksum or a length is wrong, records
    /// overlap or the end record is missing. Records of unknown kinds, and records after the end record, are
    /// read like all others.
    pub(in crate::pipeline) fn parse(text: &[u8]) -> Option<Self> {
        let mut memory = Self::default();
        let (mut base, mut has_start, mut has_end) = (0_u32, false, false);
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let record = Record::parse(line)?;
            match record.kind {
                0 => {
                    let address = base.wrapping_add(u32::from(record.address));
                    memory.add(address, &record.data).then_some(())?;
                }
                1 if record.data.is_empty() && record.address == 0 => has_end = true,
                2 | 4 if record.address == 0 => {
                    let [high, low] = *record.data.as_slice() else { return None };
                    base = u32::from(u16::from_be_bytes([high, low])) << (1 << record.kind);
                }
                5 if record.address == 0 && record.data.len() == 4 && !has_start => has_start = true,
                1 | 2 | 4 | 5 => return None,
                _ => {}
            }
        }
        has_end.then_some(memory)
    }

    /// Returns the pieces, by address.
    pub(in crate::pipeline) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Adds bytes; returns `false` without a change if they overlap others.
    pub(in crate::pipeline) fn add(&mut self, address: u32, bytes: &[u8]) -> bool {
        let size = length(bytes);
        if self.pieces.iter().any(|piece| piece.overlaps(address, size)) {
            return false;
        }
        let before = self.pieces.iter().rposition(|piece| piece.end() == address);
        let after = self.pieces.iter().rposition(|piece| piece.address == address.wrapping_add(size));
        match (before, after) {
            (Some(before), Some(after)) => {
                self.pieces[before].bytes.extend_from_slice(bytes);
                let behind = self.pieces[after].bytes.clone();
                self.pieces[before].bytes.extend(behind);
                self.pieces.remove(after);
            }
            (Some(before), None) => self.pieces[before].bytes.extend_from_slice(bytes),
            (None, Some(after)) => {
                let piece = &mut self.pieces[after];
                piece.address = address;
                piece.bytes.splice(0..0, bytes.iter().copied());
            }
            (None, None) => self.pieces.push(Piece { address, bytes: bytes.to_vec() }),
        }
        self.pieces.sort_by_key(|piece| piece.address);
        true
    }

    /// Returns `size` bytes from `begin` on.
    pub(in crate::pipeline) fn binary(&self, begin: u32, size: u32) -> Vec<u8> {
        let mut binary = vec![PADDING; size as usize];
        for piece in &self.pieces {
            let at = piece.address.wrapping_sub(begin) as usize;
            let end = (at + piece.bytes.len()).min(binary.len());
            if let Some(place) = binary.get_mut(at..end) {
                place.copy_from_slice(&piece.bytes[..end - at]);
            }
        }
        binary
    }

    /// Returns Intel HEX: records of 16 bytes from the beginning of each piece and of each 64 KiB, with an
    /// upper-address record before the first one and at each change.
    pub(in crate::pipeline) fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut upper = None;
        for piece in &self.pieces {
            let mut address = piece.address;
            let mut rest = piece.bytes.as_slice();
            while !rest.is_empty() {
                let [high, low, ..] = address.to_be_bytes();
                if upper != Some([high, low]) {
                    upper = Some([high, low]);
                    record(&mut out, 4, 0, &[high, low]);
                }
                let left = 0x1_0000 - (address & 0xffff) as usize;
                let (now, behind) = rest.split_at(rest.len().min(CHUNK).min(left));
                record(&mut out, 0, address, now);
                address = address.wrapping_add(length(now));
                rest = behind;
            }
        }
        record(&mut out, 1, 0, &[]);
        out
    }
}

fn length(bytes: &[u8]) -> u32 {
    // No piece exceeds the 32-bit address space of Intel HEX.
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Writes a record with the lower 16 bits of `address`.
fn record(out: &mut Vec<u8>, kind: u8, address: u32, data: &[u8]) {
    super::ihex::record(out, kind, address, data, b"\n");
}

/// A line of Intel HEX.
struct Record {
    kind: u8,
    address: u16,
    data: Vec<u8>,
}

impl Record {
    fn parse(line: &[u8]) -> Option<Self> {
        let digits = line.strip_prefix(b":")?;
        if digits.len() % 2 != 0 {
            return None;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let bytes: Option<Vec<u8>> =
            digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect();
        let bytes = bytes?;
        let [count, high, low, kind, data @ .., _checksum] = bytes.as_slice() else { return None };
        let sum = bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte));
        let is_whole = sum == 0 && usize::from(*count) == data.len();
        is_whole.then(|| Self {
            kind: *kind,
            address: u16::from_be_bytes([*high, *low]),
            data: data.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pieces: &[(u32, &[u8])]) -> HexMemory {
        let mut memory = HexMemory::default();
        for (address, bytes) in pieces {
            assert!(memory.add(*address, bytes), "{address:x}");
        }
        memory
    }

    #[test]
    fn neighbours_are_one_piece_and_overlaps_are_refused() {
        let mut memory = memory(&[(0x10, &[1, 2]), (0x14, &[5]), (0x12, &[3, 4])]);
        assert_eq!(memory.pieces(), [Piece { address: 0x10, bytes: vec![1, 2, 3, 4, 5] }]);
        assert!(!memory.add(0x14, &[9]) && !memory.add(0xf, &[9, 9]) && memory.add(0xf, &[0]));
        assert_eq!(memory.pieces(), [Piece { address: 0xf, bytes: vec![0, 1, 2, 3, 4, 5] }]);
        assert_eq!(memory.binary(0xe, 4), [0xff, 0, 1, 2]);
    }

    #[test]
    fn records_begin_anew_at_64_kib_with_an_upper_address() {
        let written = memory(&[(0xfff8, &[7; 20])]).write();
        let expected = ":020000040000FA\n:08FFF8000707070707070707C9\n:020000040001F9\n\
                        :0C00000007070707070707070707070 7A0\n:00000001FF\n"
            .replace(' ', "");
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let memory = memory(&[(0, &[1; 33]), (0x7e00, &[2; 5]), (0x2_0000, &[3])]);
        assert_eq!(HexMemory::parse(&memory.write()), Some(memory));
    }

    #[test]
    fn segments_and_unknown_records_are_read() {
        let text = b":020000021000EC\r\n:0100000002FD\r\n\r\n:0400000300000000F9\n:00000001ff";
        assert_eq!(HexMemory::parse(text), Some(memory(&[(0x1_0000, &[2])])));
    }

    #[test]
    fn damage_is_refused() {
        for text in [
            ":0100000002FD\n",               // no end
            ":0100000002FE\n:00000001FF\n",  // checksum
            ":0200000002FC\n:00000001FF\n",  // length
            "0100000002FD\n:00000001FF\n",   // no colon
            ":0100000002F\n:00000001FF\n",   // half a byte
            ":0100000002FD \n:00000001FF\n", // a blank
            ":0100000002FD\n:0100000002FD\n:00000001FF\n",
            ":0400000500000000F7\n:0400000500000000F7\n:00000001FF\n",
        ] {
            assert_eq!(HexMemory::parse(text.as_bytes()), None, "{text}");
        }
    }
}
