//! Who may work on a deal and in the program, how access ends, and what a person is told when their own
//! has ended.

use crate::app::App;
use crate::dto::{CommandError, DealAccess, Done, EndedAccess, LeaseSet, LockedProgram, OneOf, Tag};
use crate::session::{Joined, Session};
use crate::{map, sync_page};
use domain::entity::Member;
use domain::mutation;
use domain::{MemberId, OrganizationId, ProgramId, ScopeId};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What settings about ended access to a whole program begin with.
const ENDED: &str = "ended access to ";

impl App {
    pub(crate) async fn deal_share(self: &Arc<Self>, asked: DealAccess) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let share =
            mutation::DealShare { deal: map::id(&asked.deal)?, organization: map::id(&asked.organization)? };
        self.act(&joined, Some(asked.deal), share).await
    }

    pub(crate) async fn deal_unshare(self: &Arc<Self>, asked: DealAccess) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let unshare = mutation::DealUnshare {
            deal: map::id(&asked.deal)?,
            organization: map::id(&asked.organization)?,
        };
        self.act(&joined, Some(asked.deal), unshare).await
    }

    pub(crate) async fn member_remove(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let member: MemberId = map::id(&asked.id)?;
        let missing = || CommandError::not_found("person");
        let faces = crate::people::Faces::of(&joined).await?;
        let found: &Member = faces.directory.members.get(&member).ok_or_else(missing)?;
        let organization = found.organization;
        let company = faces.directory.organizations.get(&organization).ok_or_else(missing)?;
        let remove = mutation::MemberRemove { member, organization, side: company.side };
        self.act(&joined, Some(asked.id), remove).await
    }

    pub(crate) async fn partnership_end(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let organization: OrganizationId = map::id(&asked.id)?;
        self.act(&joined, Some(asked.id), mutation::PartnershipEnd { organization }).await
    }

    pub(crate) async fn lease_set(self: &Arc<Self>, asked: LeaseSet) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        self.act(&joined, None, mutation::LeaseSet { days: asked.days }).await
    }

    /// What ended and the person has not been told of.
    pub(crate) async fn ended(&self, session: &Session) -> Result<Vec<EndedAccess>, CommandError> {
        let store_error = |error: store::StoreError| map::store_error(&error);
        let mut ended = Vec::new();
        for joined in session.programs() {
            let scopes = joined.store.taken_away().await.map_err(store_error)?;
            let deals = scopes.iter().filter(|scope| matches!(scope, ScopeId::Deal(_))).count();
            if deals > 0 {
                ended.push(EndedAccess {
                    program: Some(joined.id.to_string()),
                    program_name: self.name_of(session, &joined).await,
                    deals: u32::try_from(deals).unwrap_or(u32::MAX),
                });
            }
        }
        for (_, name) in session.device.settings_like(ENDED).await.map_err(store_error)? {
            ended.push(EndedAccess { program: None, program_name: name, deals: 0 });
        }
        Ok(ended)
    }

    pub(crate) async fn ended_seen(self: &Arc<Self>, (): ()) -> Result<Done, CommandError> {
        let session = self.session()?;
        let store_error = |error: store::StoreError| map::store_error(&error);
        for joined in session.programs() {
            joined.store.told_of_taken_away().await.map_err(store_error)?;
        }
        for (setting, _) in session.device.settings_like(ENDED).await.map_err(store_error)? {
            session.device.remove_setting(&setting).await.map_err(store_error)?;
        }
        self.tell(&[Tag::App]);
        Ok(Done::default())
    }

    /// Notes that access to a whole program has ended, for the day the person looks.
    pub(crate) async fn note_ended(&self, program: ProgramId) {
        let Ok(session) = self.session() else { return };
        let Some(joined) = session.program(program) else { return };
        if joined.parting.load(Ordering::Relaxed) {
            return;
        }
        let name = self.name_of(&session, &joined).await;
        if let Err(error) = session.device.set_setting(&format!("{ENDED}{program}"), &name).await {
            tracing::warn!(%error, "noting that access has ended");
        }
    }

    /// A program whose lease is over, for the start.
    pub(crate) async fn locked(&self, session: &Session, joined: &Joined) -> LockedProgram {
        let counts = joined.store.counts().await.unwrap_or_default();
        let lease = joined.store.lease();
        let line = joined.with_link(|link| link.status().borrow().line);
        LockedProgram {
            id: joined.id.to_string(),
            name: self.name_of(session, joined).await,
            hub: self.hub_name(&joined.hub),
            days: lease.map_or(0, |lease| lease.days),
            connection: sync_page::connection(line.unwrap_or(protocol::client::Line::Offline)),
            unsent: crate::deals::small(counts.waiting.saturating_add(counts.refused)),
        }
    }

    /// The name of a program, also when its file shows nothing.
    pub(crate) async fn name_of(&self, session: &Session, joined: &Joined) -> String {
        if let Ok(Some(program)) = joined.store.entity::<domain::entity::Program>(joined.id).await {
            return program.name;
        }
        let known = session.device.setting(&crate::shut::name_of(joined.id)).await.ok().flatten();
        known.unwrap_or_else(|| self.hub_name(&joined.hub))
    }
}
