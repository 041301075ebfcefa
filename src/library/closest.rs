//! The names closest to a header's, by the number of common pairs of bytes. arduino-cli chooses with it among libraries
//! of equal priority.
//!
//! Counts as version 2.1.0 of github.com/schollz/closestmatch does with bags of size 2, which ignores the last pair of
//! a word.

use std::collections::{BTreeMap, BTreeSet};

/// Returns the names with the highest score for `wanted`, sorted; none without a common pair of bytes. arduino-cli
/// takes any one of several. `names` repeats a name for each library that has it: each counts.
pub(super) fn closest<'n>(wanted: &str, names: &[&'n str]) -> Vec<&'n str> {
    let wanted = pairs(wanted);
    let mut scores: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *scores.entry(name).or_default() += pairs(name).intersection(&wanted).count();
    }
    let best = scores.values().max().copied().filter(|best| *best > 0);
    scores.into_iter().filter(|(_, score)| Some(*score) == best).map(|(name, _)| name).collect()
}

/// Returns the pairs of neighbouring bytes, without the last pair and without pairs of blanks.
fn pairs(word: &str) -> BTreeSet<&[u8]> {
    let pairs = word.as_bytes().windows(2).rev().skip(1);
    pairs.filter(|pair| !pair.trim_ascii().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_common_pairs_come_first() {
        assert_eq!(closest("sensor.h", &["mysensors", "sense_it"]), ["mysensors"]);
        assert_eq!(closest("sensor.h", &["sensor_kit", "sensor.kit"]), ["sensor.kit"]);
        // The last pair of a word does not count.
        assert_eq!(closest("sensor.h", &["xsensor", "sensorx"]), ["sensorx"]);
    }

    #[test]
    fn capitals_of_the_header_match_nothing() {
        // Names of libraries are in lower case, the header keeps its case.
        assert_eq!(closest("DHT.h", &["dht_one", "other"]), Vec::<&str>::new());
        assert_eq!(closest("DHTsensor.h", &["dht_one", "other_sensor"]), ["other_sensor"]);
    }

    #[test]
    fn equals_are_all_given_and_a_name_of_two_libraries_counts_twice() {
        assert_eq!(closest("thing.h", &["thing_b", "thing_long_a"]), ["thing_b", "thing_long_a"]);
        assert_eq!(closest("thing.h", &["thing_b", "thing_a", "thing_a"]), ["thing_a"]);
        assert_eq!(closest("a.h", &["a", "b"]), Vec::<&str>::new());
    }
}
