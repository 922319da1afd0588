//! The journal's files: whatever was written comes back, whatever is torn is cut.

use crate::bed::*;
use domain::{ids::TenantId, money::NanoUsd, record::Checkpoint};
use proptest::prelude::*;
use std::{path::Path, sync::Arc};
use store::journal::{
    Durability, Journal, JournalConfig,
    disk::RealDisk,
    node::Node as Identity,
    read_only,
    record::{self, Frame, Record, Settled},
    segment::{HEADER, Reader, Segment},
};

fn start(dir: &Path, durability: Durability) -> (Arc<Journal>, Identity) {
    let node = Identity::start(dir).unwrap();
    let config = JournalConfig { durability, segment_bytes: 64 << 10 };
    (Journal::start(dir, &node, config, Arc::new(RealDisk)).unwrap(), node)
}

fn segments(dir: &Path) -> Vec<Segment> {
    read_only(dir).unwrap().collect::<Result<_, _>>().unwrap()
}

/// All records of all segments, oldest first.
fn records(dir: &Path) -> Vec<Record> {
    let mut all = Vec::new();
    for segment in segments(dir) {
        let mut reader = Reader::at(HEADER);
        while let Some((_, record)) = reader.next(&segment).unwrap() {
            all.push(record);
        }
    }
    all
}

prop_compose! {
    fn some_record()(kind in 0..3, tenant: i64, hold: i64, sale: i64, model in ".{0,40}", unit_prices in ".{0,200}",
                     decision in ".{0,3000}", id: [u8; 16], applied in prop::option::of(".{0,200}")) -> Record {
        let mut opened = opened(TenantId(tenant), hold);
        (opened.model, opened.unit_prices) = (model, unit_prices);
        opened.request.0 = id;
        let mut end = settlement(sale);
        (end.decision, end.unit_prices) = (decision, applied.map(Into::into));
        match kind {
            0 => Record::Open(opened),
            1 => Record::Checkpoint(Checkpoint { unit_prices: end.unit_prices, ..checkpoint(opened.request, sale) }),
            _ => Record::Settled(Box::new(Settled { opened, settlement: end, covered: NanoUsd(sale) })),
        }
    }
}

fn encoded(records: &[Record]) -> Vec<Vec<u8>> {
    let encode = |record: &Record| {
        let mut bytes = Vec::new();
        record::encode(record.into(), &mut bytes).unwrap();
        bytes
    };
    records.iter().map(encode).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_record_comes_back(record in some_record()) {
        let bytes = encoded(std::slice::from_ref(&record)).concat();
        let Frame::Whole(body, length) = record::frame(&bytes) else { panic!("no frame") };
        prop_assert_eq!(length, bytes.len());
        prop_assert_eq!(record::decode(body), Some(record));
    }

    #[test]
    fn a_file_cut_anywhere_holds_exactly_the_whole_records_before_the_cut(
        all in prop::collection::vec(some_record(), 1..12), cut in 0.0_f64..1.0, garbage in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (journal, _node) = start(dir.path(), Durability::Process);
        journal.close();
        let path = segments(dir.path()).pop().unwrap().path;
        let pieces = encoded(&all);
        let bytes = pieces.concat();
        let kept = (bytes.len() as f64 * cut) as usize;
        let mut file = std::fs::read(&path).unwrap();
        file.truncate(64);
        file.extend_from_slice(&bytes[..kept]);
        file.extend_from_slice(&garbage);
        std::fs::write(&path, &file).unwrap();
        let whole = pieces.iter().scan(0, |end, piece| { *end += piece.len(); Some(*end) }).filter(|end| *end <= kept).count();
        let segment = Segment::finished(&path, true).unwrap().unwrap();
        let mut reader = Reader::at(HEADER);
        let mut read = Vec::new();
        while let Some((_, record)) = reader.next(&segment).unwrap() {
            read.push(record);
        }
        // Garbage that happens to continue the cut record would be that record.
        prop_assert_eq!(&read[..], &all[..whole]);
        prop_assert_eq!(std::fs::metadata(&path).unwrap().len(), segment.written(), "the tail is cut off");
    }

    #[test]
    fn any_flipped_bit_ends_the_segment_there(all in prop::collection::vec(some_record(), 2..6), at in 0.0_f64..1.0, bit in 0..8) {
        let pieces = encoded(&all);
        let mut bytes = pieces.concat();
        let at = ((bytes.len() - 1) as f64 * at) as usize;
        bytes[at] ^= 1_u8 << bit;
        let mut rest = &bytes[..];
        let mut read = 0;
        while let Frame::Whole(_, length) = record::frame(rest) {
            rest = &rest[length..];
            read += 1;
        }
        let damaged = pieces.iter().scan(0, |end, piece| { *end += piece.len(); Some(*end) }).filter(|end| *end <= at).count();
        prop_assert_eq!(read, damaged);
    }
}

/// What the first build wrote: a request with id 7, its checkpoint and its end.
const FIRST_BUILD: [&str; 3] = [
    "3b00000071fadf9500070707070707070707070707070707070a9a010b6770742d346f2d6d696e6900010a15696e7075743d302e31353b6f75747075743d302e36c801",
    "250000000e44c9db010707070707070707070707070707070701b00100010c0b00000003000000000000502801",
    "6c00000051368eaf02070707070707070707070707070707070a9a010b6770742d346f2d6d696e6900010a15696e7075743d302e31353b6f75747075743d302e36c80100c8010001b00100010c0b0200000703000000000000783cc0c40701eee4026301b00100c801000af8c007036f6e650078",
];

#[test]
fn records_of_the_first_build_are_read_and_written_alike() {
    let mut opened = opened(TenantId(5), 100);
    opened.request.0 = [7; 16];
    let end = Settled { opened: opened.clone(), settlement: settlement(60), covered: NanoUsd(60) };
    let all = [
        Record::Open(opened.clone()),
        Record::Checkpoint(checkpoint(opened.request, 40)),
        Record::Settled(Box::new(end)),
    ];
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let written: Vec<String> = encoded(&all).iter().map(|bytes| hex(bytes)).collect();
    assert_eq!(written, FIRST_BUILD);
}

#[test]
fn what_a_later_build_adds_is_left_alone() {
    let record = Record::Checkpoint(Checkpoint {
        unit_prices: Some("input=1".into()),
        ..checkpoint(opened(TenantId(5), 1).request, 40)
    });
    let mut body = encoded(std::slice::from_ref(&record)).concat().split_off(record::FRAME);
    body.extend_from_slice(&[99, 1, 2, 3]);
    assert_eq!(record::decode(&body), Some(record));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_producers_lose_nothing_over_many_segments() {
    for durability in [Durability::Process, Durability::Power] {
        let dir = tempfile::tempdir().unwrap();
        let (journal, node) = start(dir.path(), durability);
        let producers = (0..16).map(|producer| {
            let journal = journal.clone();
            async move {
                for i in 0..100 {
                    let opened = opened(TenantId(producer), i);
                    journal.open(&opened).unwrap();
                    journal.checkpoint(&checkpoint(opened.request, 1));
                    journal.settled(&opened, &settlement(i), NanoUsd(i)).await.unwrap();
                }
            }
        });
        futures::future::join_all(producers).await;
        assert_eq!(journal.open_requests(), 0);
        journal.close();
        drop((journal, node));
        let segments = segments(dir.path());
        assert!(segments.len() > 4, "{}", segments.len());
        assert!(segments.is_sorted_by_key(|segment| segment.header.sequence));
        let all = records(dir.path());
        assert_eq!(all.len(), 16 * 300);
        for producer in 0..16 {
            let own = all.iter().filter_map(|record| match record {
                Record::Settled(end) if end.opened.tenant == TenantId(producer) => Some(end.opened.hold.0),
                _ => None,
            });
            assert!(own.eq(0..100), "in the order they were made");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_start_has_an_epoch_of_its_own_and_the_same_node() {
    let dir = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (journal, node) = start(dir.path(), Durability::Process);
        seen.push((node.id.clone(), journal.epoch()));
        journal.settled(&opened(TenantId(1), 1), &settlement(1), NanoUsd(1)).await.unwrap();
    }
    assert_eq!(seen.iter().map(|(_, epoch)| *epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(seen.iter().all(|(id, _)| *id == seen[0].0));
    assert_eq!(records(dir.path()).len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_journal_takes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _node) = start(dir.path(), Durability::Process);
    journal.close();
    assert!(journal.open(&opened(TenantId(1), 1)).is_err());
    assert!(journal.settled(&opened(TenantId(1), 1), &settlement(1), NanoUsd(1)).await.is_err());
}
