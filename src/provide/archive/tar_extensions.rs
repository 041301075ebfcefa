//! Headers that describe the next entry of a tar: GNU's long names, and the records of PAX. Reads no data.

use super::error::ArchiveFault;
use super::tar_sparse::PaxSparse;

/// Description of the next entry by the headers before it.
#[derive(Debug, Default)]
pub(super) struct TarExtensions {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Seconds since 1970.
    pub(super) modified: Option<u64>,
    pub(super) sparse: PaxSparse,
}

impl TarExtensions {
    /// Reads the data of a PAX header: records `LENGTH KEY=VALUE\n`, with any bytes in the value.
    ///
    /// Source: POSIX.1-2017, pax, "pax Extended Header".
    ///
    /// # Errors
    /// A record or a value is malformed.
    pub(super) fn read_pax(&mut self, mut data: &[u8]) -> Result<(), ArchiveFault> {
        // Some writers pad with NUL.
        while data.first().is_some_and(|byte| *byte != 0) {
            let (record, rest) = split_record(data).ok_or_else(malformed)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
            self.set(&record[..equals], &record[equals + 1..])?;
            data = rest;
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), ArchiveFault> {
        let text = || std::str::from_utf8(value).map_err(|_| malformed());
        match key {
            // An empty value removes an earlier one.
            b"path" => self.path = (!value.is_empty()).then(|| value.to_vec()),
            b"linkpath" => self.link = (!value.is_empty()).then(|| value.to_vec()),
            b"size" => self.size = Some(text()?.parse().map_err(|_| malformed())?),
            // A time before 1970 or after the end of time is not worth an error.
            b"mtime" => self.modified = text()?.split('.').next().and_then(|seconds| seconds.parse().ok()),
            _ => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    self.sparse.set(key, value)?;
                }
            }
        }
        Ok(())
    }
}

/// Splits the first record, without its length and line feed, from the data.
fn split_record(data: &[u8]) -> Option<(&[u8], &[u8])> {
    // A length has at most seven digits: headers are limited to a megabyte.
    let blank = data.iter().take(8).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&data[..blank]).ok()?.parse().ok()?;
    let record = data.get(blank + 1..length)?;
    Some((record.strip_suffix(b"\n")?, &data[length..]))
}

fn malformed() -> ArchiveFault {
    ArchiveFault::damaged("a PAX header is malformed")
}
