//! What holds for any sequence of faults.

use proptest::prelude::*;

use super::bench::{DownloadBench, content};
use crate::http_server::RouteBuilder;

/// Something that goes wrong with one request.
#[derive(Debug, Clone)]
enum RandomFault {
    Closes(usize),
    Resets(usize),
    Status(u16),
    IgnoresRanges,
    WrongRange,
    OtherBytes(usize),
}

impl RandomFault {
    fn add<'a>(&self, route: RouteBuilder<'a>, number: usize) -> RouteBuilder<'a> {
        let route = match self {
            Self::Closes(at) => route.closes_at(*at),
            Self::Resets(at) => route.resets_at(*at),
            Self::Status(status) => route.status(*status),
            Self::IgnoresRanges => route.ignores_ranges(),
            Self::WrongRange => route.answers_wrong_ranges(),
            Self::OtherBytes(length) => route.sends(vec![0; *length]),
        };
        route.times(number)
    }
}

const LENGTH: usize = 300_000;

fn fault() -> impl Strategy<Value = RandomFault> {
    prop_oneof![
        (0..LENGTH).prop_map(RandomFault::Closes),
        (0..LENGTH).prop_map(RandomFault::Resets),
        prop_oneof![Just(404), Just(416), Just(429), Just(500)].prop_map(RandomFault::Status),
        Just(RandomFault::IgnoresRanges),
        Just(RandomFault::WrongRange),
        (0..LENGTH).prop_map(RandomFault::OtherBytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A run either fails and leaves no file under the final name, or delivers the right file. As soon as the server
    /// works again, a run succeeds.
    #[test]
    fn no_wrong_file_is_ever_delivered(faults in proptest::collection::vec((fault(), 1..4_usize), 0..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bench = DownloadBench::new();
            let bytes = content(LENGTH);
            let mut route = bench.server.file("/a.zip", bytes.clone());
            for (fault, number) in &faults {
                route = fault.add(route, *number);
            }
            drop(route);
            if bench.run(&bytes).await.is_err() {
                prop_assert!(!bench.staging("a.zip").exists());
                bench.server.route("/a.zip").recovers();
                bench.run(&bytes).await.unwrap();
            }
            prop_assert!(std::fs::read(bench.staging("a.zip")).unwrap() == bytes);
            prop_assert_eq!(bench.names(), ["a.zip"]);
            Ok(())
        })?;
    }
}
