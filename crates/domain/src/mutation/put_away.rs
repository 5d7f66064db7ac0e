//! Putting rows of a list of the day away, and bringing them back.

use super::*;
use crate::entity::{Put, PutAway, RowOf};
use minicbor::{Decode, Encode};

/// Says where the member wants one row of their list of the day. It is their own affair: nobody else
/// sees it, and their other devices follow.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct RowPut {
    /// Whose list.
    #[n(1)]
    pub member: MemberId,
    /// Which row.
    #[n(2)]
    pub row: RowOf,
    /// Where to.
    #[n(3)]
    pub put: Put,
    /// What there was to see, see [`PutAway::seen`].
    #[n(4)]
    pub seen: u64,
}

impl Mutate for RowPut {
    fn lane(&self) -> ScopeId {
        ScopeId::Person(self.member)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<PutAway>(self.row.put_away_id(self.member))
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        if ctx.actor()?.member != self.member {
            return Err(Refusal::new(Rule::NotAllowed, "Everybody keeps their own list of the day."));
        }
        let id = self.row.put_away_id(self.member);
        let extra = rows.get::<PutAway>(id)?.map(|before| before.extra).unwrap_or_default();
        let put = PutAway { row: self.row, put: self.put, seen: self.seen, at: ctx.now, extra };
        Ok(vec![RowChange::put(id, self.lane(), &put)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        let before = rows.get::<PutAway>(self.row.put_away_id(self.member)).ok().flatten();
        let (put, seen) = before.map_or((Put::Here, 0), |before| (before.put, before.seen));
        Undo::By(Box::new(Self { put, seen, ..self.clone() }.into()))
    }
}
