//! A running digest of a segment's end records: how many, their sales, and a hash chained over them in order.

use crate::journal::record::Settled;
use domain::record::EndState;
use sha2::{Digest as _, Sha256};

/// The digest up to some position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentDigest {
    /// End records.
    pub records: i64,
    /// Their sales.
    pub sale: i64,
    /// SHA-256 over the hash before and the record's id, sale and cost.
    pub hash: [u8; 32],
}

impl SegmentDigest {
    /// Takes one more end in. One that the replay worked out is left out: it comes from records of other segments, which
    /// may be deleted sooner.
    pub fn add(&mut self, end: &Settled) {
        let (request, sale, cost) = (end.opened.request, end.settlement.sale, end.settlement.cost);
        if end.settlement.end_state == EndState::Interrupted {
            return;
        }
        self.records += 1;
        self.sale = self.sale.saturating_add(sale.0);
        let mut hash = Sha256::new();
        hash.update(self.hash);
        hash.update(request.0);
        hash.update(sale.0.to_le_bytes());
        hash.update(cost.0.to_le_bytes());
        self.hash = hash.finalize().into();
    }

    /// The hash as the database keeps it.
    pub fn hash_text(&self) -> String {
        crate::journal::node::hex(&self.hash)
    }

    /// The digest the database keeps.
    pub fn from_row(records: i64, sale: i64, hash: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hash.len() != 64 {
            return None;
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hash.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        Some(Self { records, sale, hash: bytes })
    }
}
