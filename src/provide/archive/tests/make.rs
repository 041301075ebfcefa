//! Writers of archives that follow no rule unless told to.

use std::io::Write;

use crate::provide::archive::format::checksum;

/// A tar under construction.
#[derive(Default)]
pub(super) struct TarMaker(Vec<u8>);

impl TarMaker {
    /// Adds a header whose fields are the caller's, and data, padded to blocks.
    pub(super) fn raw(mut self, header: &[u8; 512], data: &[u8]) -> Self {
        self.0.extend_from_slice(header);
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds an entry of the type `flag`.
    pub(super) fn entry(self, name: &str, flag: u8, link: &str, data: &[u8]) -> Self {
        self.raw(&header(name.as_bytes(), flag, link.as_bytes(), data.len() as u64), data)
    }

    pub(super) fn file(self, name: &str, data: &str) -> Self {
        self.entry(name, b'0', "", data.as_bytes())
    }

    pub(super) fn dir(self, name: &str) -> Self {
        self.entry(name, b'5', "", b"")
    }

    pub(super) fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(name, b'2', target, b"")
    }

    pub(super) fn hardlink(self, name: &str, target: &str) -> Self {
        self.entry(name, b'1', target, b"")
    }

    /// Adds the PAX records of the next entry.
    pub(super) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let mut data = Vec::new();
        for (key, value) in records {
            data.extend(pax_record(key, value));
        }
        self.entry("pax", b'x', "", &data)
    }

    /// The bytes without an end marker.
    pub(super) fn unfinished(self) -> Vec<u8> {
        self.0
    }

    /// The bytes with the end marker.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

/// Returns a record of PAX, whose length counts itself.
pub(super) fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (1..8).map(|digits| rest + digits).find(|length| length.to_string().len() + rest == *length);
    let mut record = format!("{} {key}=", length.unwrap()).into_bytes();
    record.extend_from_slice(value);
    record.push(b'\n');
    record
}

/// Returns a header in GNU's format.
pub(super) fn header(name: &[u8], flag: u8, link: &[u8], size: u64) -> [u8; 512] {
    let mut block = [0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[100..107].copy_from_slice(b"0000644");
    if size < 1 << 33 {
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
    } else {
        block[124] = 0x80;
        block[128..136].copy_from_slice(&size.to_be_bytes());
    }
    block[136..147].copy_from_slice(b"14000000000");
    block[156] = flag;
    block[157..157 + link.len().min(100)].copy_from_slice(&link[..link.len().min(100)]);
    block[257..265].copy_from_slice(b"ustar  \0");
    summed(block)
}

/// Sets the checksum of a header.
pub(super) fn summed(mut block: [u8; 512]) -> [u8; 512] {
    let sum = checksum(&block);
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// An entry of a zip. Each field is written as it is.
#[derive(Clone)]
pub(super) struct ZipItem {
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) flags: u16,
    /// Version made by: 3 is Unix.
    pub(super) system: u8,
    pub(super) mode: u32,
    pub(super) data: Vec<u8>,
    /// Size and checksum of the content.
    pub(super) size: u32,
    pub(super) crc: u32,
    /// Compressed size.
    pub(super) packed: u32,
    /// Place of the local header, in place of the true one.
    pub(super) offset: Option<u32>,
}

impl ZipItem {
    /// A stored file.
    pub(super) fn file(name: &str, content: &str) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content.as_bytes());
        let size = u32::try_from(content.len()).unwrap();
        Self {
            name: name.as_bytes().to_vec(),
            method: 0,
            flags: 0,
            system: 3,
            mode: 0o100_644,
            data: content.as_bytes().to_vec(),
            size,
            crc: crc.sum(),
            packed: size,
            offset: None,
        }
    }

    /// An entry of another type.
    pub(super) fn of_mode(name: &str, mode: u32, content: &str) -> Self {
        Self { mode, ..Self::file(name, content) }
    }

    /// A deflated file.
    pub(super) fn deflated(name: &str, content: &str) -> Self {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content.as_bytes()).unwrap();
        let data = encoder.finish().unwrap();
        let packed = u32::try_from(data.len()).unwrap();
        Self { method: 8, data, packed, ..Self::file(name, content) }
    }
}

/// Returns a zip of the entries.
pub(super) fn zip(items: &[ZipItem]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for item in items {
        let offset = item.offset.unwrap_or(u32::try_from(bytes.len()).unwrap());
        let mut common = Vec::new();
        for field in [20, item.flags, item.method, 0, 0x21] {
            common.extend(u16::to_le_bytes(field));
        }
        for field in [item.crc, item.packed, item.size] {
            common.extend(u32::to_le_bytes(field));
        }
        common.extend(u16::to_le_bytes(u16::try_from(item.name.len()).unwrap()));
        common.extend([0; 2]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(&item.name);
        bytes.extend(&item.data);
        directory.extend(b"PK\x01\x02");
        directory.extend([20, item.system]);
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend(u32::to_le_bytes(item.mode << 16));
        directory.extend(u32::to_le_bytes(offset));
        directory.extend(&item.name);
    }
    let start = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(items.len()).unwrap();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Returns one gzip stream.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns one bzip2 stream.
pub(super) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns one xz stream.
pub(super) fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Returns one frame of zstd, with its checksum.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A compressor with the ending that it gives a tar.
pub(super) type Packer = (&'static str, fn(&[u8]) -> Vec<u8>);

/// Returns all compressors.
pub(super) fn packers() -> [Packer; 5] {
    [("tar", <[u8]>::to_vec), ("tar.gz", gzip), ("tar.bz2", bzip2), ("tar.xz", xz), ("tar.zst", zstd)]
}
