//! The scopes a device may see. Colleagues see the same, and there may be thousands of them with hundreds of
//! deals each, so that what their organization was granted is in memory once.

use domain::entity::{Grant, grants_of};
use domain::{OrganizationId, Rows, ScopeId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Weak};

/// Scopes granted to an organization, each with the sequence number of the grant.
pub(super) type Granted = BTreeMap<ScopeId, u64>;

/// Scopes, each with the sequence number at which the device got it.
#[derive(Debug, Clone)]
pub(super) struct Scopes {
    /// Held without a grant.
    own: Vec<(ScopeId, u64)>,
    granted: Arc<Granted>,
}

impl Scopes {
    /// A member's own scopes, and what their organization was granted.
    pub fn new(own: Vec<ScopeId>, granted: Arc<Granted>) -> Self {
        Self { own: own.into_iter().map(|scope| (scope, 0)).collect(), granted }
    }

    pub fn contains_key(&self, scope: &ScopeId) -> bool {
        self.own.iter().any(|(own, _)| own == scope) || self.granted.contains_key(scope)
    }

    pub fn len(&self) -> usize {
        self.own.len() + self.granted.len()
    }

    /// In no order.
    pub fn keys(&self) -> impl Iterator<Item = &ScopeId> {
        self.own.iter().map(|(scope, _)| scope).chain(self.granted.keys())
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = (&ScopeId, &u64)> {
        let own = self.own.iter().map(|(scope, since)| (scope, since));
        let mut all: Vec<(&ScopeId, &u64)> = own.chain(self.granted.iter()).collect();
        all.sort_unstable();
        all.into_iter()
    }

    pub fn insert(&mut self, scope: ScopeId, since: u64) {
        Arc::make_mut(&mut self.granted).insert(scope, since);
    }

    /// Keeps of what was granted what passes.
    pub fn retain(&mut self, mut keep: impl FnMut(&ScopeId, &mut u64) -> bool) {
        // Most lose nothing, and go on sharing.
        if !self.granted.iter().all(|(scope, since)| keep(scope, &mut since.clone())) {
            Arc::make_mut(&mut self.granted).retain(keep);
        }
    }
}

/// What organizations were granted, as long as somebody of theirs is connected.
#[derive(Debug, Default)]
pub(super) struct Shared(BTreeMap<OrganizationId, Weak<Granted>>);

impl Shared {
    /// What an organization was granted: as its colleagues have it, or according to `rows`.
    pub fn of(&mut self, organization: OrganizationId, rows: &Rows) -> Arc<Granted> {
        if let Some(known) = self.0.get(&organization).and_then(Weak::upgrade) {
            return known;
        }
        let mut granted = Granted::new();
        for key in rows.under(&grants_of(organization)).unwrap_or_default() {
            if let (Ok(Some(row)), Ok(Some(grant))) = (rows.row(key), rows.get::<Grant>(key.id)) {
                granted.insert(grant.scope, row.seq);
            }
        }
        let granted = Arc::new(granted);
        // Those nobody needs any more go when there is somebody new.
        self.0.retain(|_, known| known.strong_count() > 0);
        self.0.insert(organization, Arc::downgrade(&granted));
        granted
    }

    /// Lets a colleague share what the `first` of each organization has, after the same change for both.
    pub fn share(
        &mut self,
        organization: OrganizationId,
        scopes: &mut Scopes,
        first: &mut BTreeMap<OrganizationId, Arc<Granted>>,
    ) {
        match first.entry(organization) {
            Entry::Vacant(none) => {
                self.0.insert(organization, Arc::downgrade(&scopes.granted));
                none.insert(Arc::clone(&scopes.granted));
            }
            Entry::Occupied(first) if **first.get() == *scopes.granted => {
                scopes.granted = Arc::clone(first.get());
            }
            Entry::Occupied(_) => {}
        }
    }
}
