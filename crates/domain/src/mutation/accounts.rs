//! The organization's own list of customer accounts.

use super::*;
use crate::company::duns;
use crate::date::Date;
use crate::entity::{Account, Listed, Relation};
use minicbor::{Decode, Encode};

/// Most accounts one mutation writes.
pub const ACCOUNTS_PER_MUTATION: usize = 500;

/// One account to write.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct AccountDraft {
    /// Id of the account.
    #[n(1)]
    pub account: AccountId,
    /// Company name.
    #[n(2)]
    pub name: String,
    /// Registrable domain; empty when unknown.
    #[n(3)]
    pub domain: String,
    /// Country, ISO 3166-1 alpha-2; empty when unknown.
    #[n(4)]
    pub country: String,
    /// Industry.
    #[n(5)]
    pub industry: String,
    /// Who looks after it.
    #[n(6)]
    pub owner: String,
    /// What it is to the vendor, on the vendor's own list.
    #[cbor(n(7), decode_with = "crate::codec::closed")]
    pub relation: Option<Relation>,
    /// A named account of the vendor.
    #[n(8)]
    pub named: Option<bool>,
    /// DUNS number.
    #[n(9)]
    pub duns: Option<String>,
    /// Last activity on the vendor's opportunity.
    #[n(10)]
    pub active_on: Option<Date>,
}

impl AccountDraft {
    /// What an account says already.
    pub fn of(id: AccountId, account: Account) -> Self {
        Self {
            account: id,
            name: account.name,
            domain: account.domain,
            country: account.country,
            industry: account.industry,
            owner: account.owner,
            relation: account.relation,
            named: account.named,
            duns: account.duns,
            active_on: account.active_on,
        }
    }
}

/// Writes accounts onto the organization's list; one that exists is replaced.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct AccountsPut {
    /// Whose list.
    #[n(1)]
    pub organization: OrganizationId,
    /// At most [`ACCOUNTS_PER_MUTATION`].
    #[n(2)]
    pub accounts: Vec<AccountDraft>,
}

impl Mutate for AccountsPut {
    fn lane(&self) -> ScopeId {
        ScopeId::Organization(self.organization)
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        let looked_into = lists(ctx);
        self.accounts.iter().fold(ReadSet::default(), |reads, draft| {
            let reads = reads.row::<Account>(draft.account);
            if looked_into { reads.row::<Listed>(draft.account) } else { reads }
        })
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.organization != self.organization || actor.role == Role::Member {
            return Err(Refusal::new(Rule::NotAllowed, "Your role does not change the account list."));
        }
        if self.accounts.len() > ACCOUNTS_PER_MUTATION {
            return Err(Refusal::new(Rule::InvalidField, "Too many accounts at once."));
        }
        let scope = ScopeId::Organization(self.organization);
        let mut changes = Vec::with_capacity(self.accounts.len());
        for draft in &self.accounts {
            check_text("The account name", &draft.name, 200)?;
            check_optional_text("The domain", &draft.domain, 253)?;
            check_optional_text("The country", &draft.country, 2)?;
            check_optional_text("The industry", &draft.industry, 200)?;
            check_optional_text("The owner", &draft.owner, 200)?;
            let before = rows.get::<Account>(draft.account)?;
            let (created_at, extra) =
                before.map_or((ctx.now, Default::default()), |account| (account.created_at, account.extra));
            let account = Account {
                name: draft.name.clone(),
                domain: draft.domain.clone(),
                country: draft.country.clone(),
                industry: draft.industry.clone(),
                owner: draft.owner.clone(),
                created_at,
                relation: draft.relation,
                named: draft.named.filter(|named| *named),
                duns: draft.duns.as_deref().and_then(duns),
                active_on: draft.active_on,
                extra,
            };
            changes.push(RowChange::put(draft.account, scope, &account));
            if lists(ctx) {
                changes.extend(listed(rows, draft.account, &account)?);
            }
        }
        Ok(changes)
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        let before = |draft: &AccountDraft| {
            let account = rows.get::<Account>(draft.account).ok().flatten()?;
            Some(AccountDraft::of(draft.account, account))
        };
        match self.accounts.iter().map(before).collect() {
            Some(accounts) => Undo::By(Box::new(Self { organization: self.organization, accounts }.into())),
            None => Undo::No("Added accounts stay on the list. Import a corrected list to change them."),
        }
    }
}

/// Whether the rules of engagement look into what is written: the vendor's list, at the hub.
fn lists(ctx: &Context) -> bool {
    ctx.is_authoritative() && ctx.actor.as_ref().is_some_and(|actor| actor.side == Side::Vendor)
}

/// Keeps what the rules look into in step with an account.
fn listed(rows: &Rows, id: AccountId, account: &Account) -> Result<Option<RowChange>, Refusal> {
    let before = rows.get::<Listed>(id)?;
    Ok(match Listed::of(account) {
        Some(listed) if before.as_ref() == Some(&listed) => None,
        Some(listed) => Some(RowChange::put(id, ScopeId::Hub, &listed)),
        None => before.map(|_| RowChange::delete::<Listed>(id, ScopeId::Hub)),
    })
}
