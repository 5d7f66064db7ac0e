//! What a field was before it was changed: the hub keeps it beside the deal, for whoever wants to know, and
//! for whoever was overwritten without having been seen.

use super::*;
use crate::entity::FieldHistory;
use minicbor::Encode;

/// A change of one field of a deal, or of a milestone of it.
pub(super) struct FieldChange<V> {
    pub deal: DealId,
    pub milestone: Option<MilestoneId>,
    /// Number of the field.
    pub field: u8,
    pub was: V,
    pub now: V,
    /// Who patched the field last, and the sequence number of that.
    pub last: Option<(MemberId, u64)>,
    /// Whether the author knew nothing of that.
    pub unseen: bool,
}

impl<V: Encode<()>> FieldChange<V> {
    /// The row that keeps it.
    pub fn kept(self, ctx: &Context, by: MemberId) -> RowChange {
        let of = self.milestone.map_or(self.deal.0, |milestone| milestone.0);
        // Writing to a vector cannot fail.
        let bytes = |value| minicbor::to_vec(value).unwrap_or_default();
        let history = FieldHistory {
            deal: self.deal,
            field: self.field,
            value: bytes(self.was),
            by,
            at: ctx.now,
            milestone: self.milestone,
            now: Some(bytes(self.now).into()),
            was_by: self.last.map(|(by, _)| by),
            was_seq: self.last.map(|(_, seq)| seq),
            unseen: Some(self.unseen),
            extra: Default::default(),
        };
        RowChange::put(history_id(of, self.field, ctx.seq), ScopeId::Deal(self.deal), &history)
    }
}

/// The id of what is kept of the change that `seq` made to a field of `of`, a deal or a milestone.
pub fn history_id(of: uuid::Uuid, field: u8, seq: u64) -> uuid::Uuid {
    derived("field", &[of.as_bytes(), &[field], &seq.to_le_bytes()])
}
