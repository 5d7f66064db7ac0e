//! Organizations, members, devices and invitations.

use crate::app::App;
use crate::dto::{
    CommandError, Counterpart, Court, DeviceRow, Done, InProgram, InvitationCreate, InvitationLink,
    InvitationRow, InvitationStatus, MemberRow, OneOf, OrganizationAdd, OrganizationCard, People, Person,
    ProgramSummary,
};
use crate::session::Joined;
use crate::{map, say, sync_page};
use domain::entity::{self, Invitation, Role, Side, Terms};
use domain::mutation;
use domain::{Actor, InvitationId, MemberId, OrganizationId};
use protocol::client::Line;
use protocol::link::Token;
use protocol::seal::token_hash;
use std::sync::Arc;
use store::query::people::{self, Directory};

/// Days a first administrator has to take the invitation.
const FIRST_INVITATION_DAYS: u32 = 14;

/// Everybody of a program as seen by the member of this device.
pub(crate) struct Faces {
    pub directory: Arc<Directory>,
}

impl Faces {
    pub async fn of(joined: &Joined) -> Result<Self, CommandError> {
        let directory = people::directory(&joined.store).await.map_err(|error| map::store_error(&error))?;
        Ok(Self { directory })
    }

    /// The member of this device.
    pub fn me(&self) -> Result<&Actor, CommandError> {
        self.directory.me.as_ref().ok_or_else(|| {
            CommandError::new(
                crate::dto::Code::HubUnreachable,
                say!("This program has not arrived on this device yet. It will as soon as its hub answers."),
            )
        })
    }

    /// A person; one who is not visible from here keeps an id and no name.
    pub fn person(&self, member: MemberId) -> Person {
        let found = self.directory.members.get(&member);
        let organization = found.map(|member| member.organization);
        let company = organization.and_then(|id| self.directory.organizations.get(&id));
        let ours =
            organization.is_some() && organization == self.directory.me.as_ref().map(|me| me.organization);
        Person {
            id: member.to_string(),
            name: found.map_or_else(|| say!("Somebody"), |member| member.name.clone()),
            organization: organization.map(|id| id.to_string()).unwrap_or_default(),
            organization_name: company.map(|company| company.name.clone()).unwrap_or_default(),
            side: if ours { Court::Us } else { Court::Them },
        }
    }

    pub fn organization_name(&self, id: OrganizationId) -> String {
        self.directory.organizations.get(&id).map(|found| found.name.clone()).unwrap_or_default()
    }

    /// The rules of engagement in force, and their version.
    pub fn rules(&self) -> (u32, Terms) {
        let published = self.directory.rules.as_ref();
        published.map_or_else(|| (1, Terms::founding()), |rules| (rules.version, rules.terms.clone()))
    }

    pub fn vendor(&self) -> Option<OrganizationId> {
        self.directory.program.as_ref().map(|program| program.vendor)
    }

    pub fn vendor_name(&self) -> String {
        self.vendor().map(|vendor| self.organization_name(vendor)).unwrap_or_default()
    }
}

/// The companies one can look through, by name.
pub(crate) fn counterparts(faces: &Faces) -> Vec<Counterpart> {
    let mine = faces.directory.me.as_ref().map(|me| me.organization);
    let others = faces
        .directory
        .organizations
        .iter()
        .filter(|(id, organization)| Some(**id) != mine && organization.ended_at.is_none());
    let mut others: Vec<Counterpart> = others
        .map(|(id, organization)| Counterpart { id: id.to_string(), name: organization.name.clone() })
        .collect();
    others.sort_by(|a, b| a.name.cmp(&b.name));
    others
}

impl App {
    /// A joined program for the start; `None` until its first rows are here.
    pub(crate) async fn summary(&self, joined: &Joined) -> Result<Option<ProgramSummary>, CommandError> {
        let faces = Faces::of(joined).await?;
        let (Some(program), Some(me)) = (&faces.directory.program, &faces.directory.me) else {
            return Ok(None);
        };
        let line = joined.with_link(|link| link.status().borrow().line).unwrap_or(Line::Offline);
        Ok(Some(ProgramSummary {
            id: joined.id.to_string(),
            name: program.name.clone(),
            vendor_name: faces.vendor_name(),
            me: faces.person(me.member),
            side: map::side(me.side),
            role: map::role(me.role),
            counterparts: counterparts(&faces),
            connection: sync_page::connection(line),
        }))
    }

    pub(crate) async fn people(self: &Arc<Self>, asked: InProgram) -> Result<People, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let me = faces.me()?;
        let store_error = |error: store::StoreError| map::store_error(&error);
        let queued = people::queued_organizations(&joined.store).await.map_err(store_error)?;
        let mut organizations: Vec<OrganizationCard> = faces
            .directory
            .organizations
            .iter()
            .map(|(id, organization)| OrganizationCard {
                id: id.to_string(),
                name: organization.name.clone(),
                side: map::side(organization.side),
                members: members(&faces, *id, me),
                ended: organization.ended_at.is_some(),
                may_end: me.side == Side::Vendor
                    && me.role == Role::Admin
                    && organization.side == Side::Partner
                    && organization.ended_at.is_none(),
                queued: queued.contains(id),
            })
            .collect();
        organizations.sort_by(|a, b| {
            let rank = |card: &OrganizationCard| card.side == crate::dto::Side::Partner;
            (a.ended, rank(a), &a.name).cmp(&(b.ended, rank(b), &b.name))
        });
        let made = people::invitations(&joined.store).await.map_err(store_error)?;
        let devices = people::devices(&joined.store).await.map_err(store_error)?;
        let may_add = may_add(me);
        Ok(People {
            organizations,
            invitations: made
                .iter()
                .map(|(id, invitation, mark)| invitation_row(&faces, *id, invitation, mark.waiting.is_some()))
                .collect(),
            devices: devices
                .into_iter()
                .filter(|(_, device)| device.revoked_at.is_none())
                .map(|(id, device)| DeviceRow {
                    id: id.to_string(),
                    name: device.name,
                    is_this: id == joined.device,
                    joined_at: map::at(device.joined_at),
                })
                .collect(),
            may_invite: me.role == Role::Admin || may_add,
            may_add_organization: may_add,
            lease_days: faces.directory.program.as_ref().map_or(0, |program| program.lease_days()),
            may_set_lease: me.side == Side::Vendor && me.role == Role::Admin,
        })
    }

    pub(crate) async fn organization_add(
        self: &Arc<Self>,
        asked: OrganizationAdd,
    ) -> Result<InvitationLink, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let organization = OrganizationId(map::new_id());
        let add = mutation::OrganizationAdd { organization, name: asked.name.trim().to_owned() };
        let (create, link) =
            invitation(&joined, faces.me()?, organization, Role::Admin, FIRST_INVITATION_DAYS, false)?;
        let both = vec![add.into(), create.into()];
        let committed = joined.store.commit_all(both, Self::now()).await;
        committed.map_err(|error| crate::session::commit_error(&error))?;
        Ok(link)
    }

    pub(crate) async fn invitation_create(
        self: &Arc<Self>,
        asked: InvitationCreate,
    ) -> Result<InvitationLink, CommandError> {
        let joined = self.program(&asked.program)?;
        let faces = Faces::of(&joined).await?;
        let device = asked.kind == crate::dto::InvitationKind::Device;
        let organization = map::id(&asked.organization)?;
        let role = map::role_of(asked.role);
        let (create, link) = invitation(&joined, faces.me()?, organization, role, asked.days, device)?;
        joined.commit(create).await?;
        Ok(link)
    }

    pub(crate) async fn invitation_revoke(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let by_organization = Faces::of(&joined).await?.me()?.organization;
        let invitation = map::id(&asked.id)?;
        self.act(&joined, Some(asked.id), mutation::InvitationRevoke { invitation, by_organization }).await
    }
}

fn may_add(me: &Actor) -> bool {
    me.side == Side::Vendor && matches!(me.role, Role::Admin | Role::ChannelManager)
}

fn members(faces: &Faces, organization: OrganizationId, me: &Actor) -> Vec<MemberRow> {
    let own = organization == me.organization;
    let removes = if own { me.role == Role::Admin } else { may_add(me) };
    let ended =
        faces.directory.organizations.get(&organization).is_some_and(|found| found.ended_at.is_some());
    let all = faces.directory.members.iter();
    let mut rows: Vec<MemberRow> = all
        .filter(|(_, member)| !ended && member.organization == organization && member.left_at.is_none())
        .map(|(id, member)| MemberRow {
            person: faces.person(*id),
            role: map::role(member.role),
            is_me: *id == me.member,
            may_remove: removes && *id != me.member,
        })
        .collect();
    rows.sort_by(|a, b| a.person.name.cmp(&b.person.name));
    rows
}

/// A fresh token, the mutation that makes its hash known, and the link that carries it.
fn invitation(
    joined: &Joined,
    me: &Actor,
    organization: OrganizationId,
    role: Role,
    days: u32,
    device: bool,
) -> Result<(mutation::InvitationCreate, InvitationLink), CommandError> {
    let mut token = Token([0; 32]);
    getrandom::fill(&mut token.0).map_err(|error| CommandError::internal("drawing a token", &error))?;
    let id = InvitationId(map::new_id());
    let kind = if device { entity::InvitationKind::Device } else { entity::InvitationKind::Member };
    let create = mutation::InvitationCreate {
        invitation: id,
        kind,
        organization,
        role,
        token_hash: token_hash(&token),
        days,
        by_organization: me.organization,
    };
    let link = protocol::link::InvitationLink { hub: joined.hub.clone(), program: Some(joined.id), token };
    let expires_at = map::at(App::now().plus_days(i64::from(days)));
    Ok((create, InvitationLink { id: id.to_string(), link: link.to_string(), expires_at }))
}

fn invitation_row(faces: &Faces, id: InvitationId, invitation: &Invitation, queued: bool) -> InvitationRow {
    let status = if queued && invitation.accepted_by.is_none() && invitation.revoked_at.is_none() {
        InvitationStatus::Queued
    } else if invitation.accepted_by.is_some() {
        InvitationStatus::Accepted
    } else if invitation.revoked_at.is_some() {
        InvitationStatus::Revoked
    } else if invitation.expires_at <= App::now() {
        InvitationStatus::Expired
    } else {
        InvitationStatus::Open
    };
    InvitationRow {
        id: id.to_string(),
        kind: map::invitation_kind(invitation.kind),
        organization_name: faces.organization_name(invitation.organization),
        role: map::role(invitation.role),
        created_by: faces.person(invitation.created_by).name,
        expires_at: map::at(invitation.expires_at),
        status,
        accepted_by: invitation.accepted_by.map(|member| faces.person(member).name),
    }
}
