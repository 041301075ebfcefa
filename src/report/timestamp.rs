//! Calendar times in reports.

use junit_report::OffsetDateTime;

/// Returns the time of a Unix timestamp; the epoch for a clock beyond the year 9999, which RFC 3339 can't write.
pub(super) fn timestamp(unix: u64) -> OffsetDateTime {
    i64::try_from(unix)
        .ok()
        .and_then(|unix| OffsetDateTime::from_unix_timestamp(unix).ok())
        .filter(|time| (0..=9999).contains(&time.year()))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Returns `2023-11-14T22:13:20Z`.
pub(super) fn rfc3339(time: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_no_panic() {
        assert_eq!(timestamp(u64::MAX), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(timestamp(400_000_000_000), OffsetDateTime::UNIX_EPOCH);
        assert_eq!(timestamp(1_700_000_000).year(), 2023);
    }
}
