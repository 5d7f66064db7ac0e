//! The world that all others begin with: a vendor with bob, two rival partners with alice (who has two
//! devices) and carol, some deals, and rows that a newer version wrote. Made once a process, through
//! the protocol.

use crate::law::{Run, Violation, broken};
use crate::net::{Conn, Down};
use crate::people::{PRODUCTS, REGIONS};
use crate::plan::{Action, DESKS};
use crate::rng::pick;
use crate::world::{BEGINNING, Invite, World, tell};
use domain::codec::Entity;
use domain::entity::{ActionPlan, Deal, InvitationKind, Milestone, Role};
use domain::mutation::*;
use domain::{Actor, DeviceId, MemberId, Mutation, ProgramId, RowKey, Table, Timestamp};
use hub::sim::{Backroom, Start};
use protocol::frame::{self, Answer, FromDevice, FromHub, Incoming, Join, Joined};
use protocol::link::Token;
use protocol::seal::{self, Chain, DeviceKey};
use protocol::sequencer::{Commit, CommitRow, HubEvent};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::Identity;
use tempfile::TempDir;

/// See the module documentation.
pub struct Base {
    _dir: TempDir,
    folder: PathBuf,
    pub(crate) program: ProgramId,
    pub(crate) now: u64,
    pub(crate) runs: BTreeMap<u64, u64>,
    pub(crate) cast: Vec<(String, Identity)>,
    pub(crate) chains: BTreeMap<DeviceId, Chain>,
    pub(crate) answers: BTreeMap<(DeviceId, u64), Answer>,
    pub(crate) invites: Vec<Invite>,
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Somebody on the way in.
struct Newcomer {
    key: DeviceKey,
    member: MemberId,
    device: DeviceId,
    name: String,
}

impl Base {
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes it.
    ///
    /// # Errors
    /// When making it breaks a promise already.
    pub async fn make() -> Result<Self, Violation> {
        let program = ProgramId(uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        let mut world = World::empty(0, program)?;
        world.start_hub().await?;
        world.found().await?;
        let bob = 0;
        let actor = world.actor(bob)?;
        for (partner, person) in [("Polder", "alice"), ("Dijk", "carol")] {
            let organization = world.fresh();
            let invite = world.invitation(&actor, InvitationKind::Member, organization, Role::Admin, person);
            let add = OrganizationAdd { organization, name: partner.to_owned() };
            let mutations = std::iter::once(add.into()).chain(invite).collect();
            world.commit(bob, mutations, true).await?;
            world.rest().await?;
            world.take_last("laptop").await?;
        }
        let (alice, carol) = (1, 2);
        let actor = world.actor(alice)?;
        let link =
            world.invitation(&actor, InvitationKind::Device, actor.organization, Role::Seller, "alice");
        world.commit(alice, link.into_iter().collect(), true).await?;
        world.rest().await?;
        world.take_last("phone").await?;
        for (d, r) in [(alice, 1), (alice, 4), (carol, 2), (carol, 5)] {
            let actor = world.actor(d)?;
            let register = world.register(&actor, r);
            let Mutation::DealRegister(registered) = &register else { continue };
            let deal = registered.deal;
            let steps = [world.milestone(deal, r), world.milestone(deal, r + 1)];
            world.commit(d, std::iter::once(register).chain(steps).collect(), false).await?;
        }
        world.rest().await?;
        let oldest = world.deals(bob).into_iter().next();
        if let Some((deal, _)) = oldest {
            let approve = RegistrationDecide { deal, decision: Decision::Approve };
            world.commit(bob, vec![approve.into()], true).await?;
        }
        for d in [bob, alice, carol, bob, alice] {
            let talk = Action::Act { d, r: 5 + 32 * 7 };
            world.step(talk).await?;
            world.rest().await?;
        }
        // Lies around until somebody takes it.
        let actor = world.actor(alice)?;
        let spare =
            world.invitation(&actor, InvitationKind::Member, actor.organization, Role::Seller, "dave");
        world.commit(alice, spare.into_iter().collect(), true).await?;
        world.rest().await?;
        world.write_of_tomorrow().await?;
        Self::keep(world).await
    }

    async fn keep(mut world: World) -> Run<Self> {
        world.oracle.runs.insert(world.oracle.epoch, world.oracle.head);
        let mut cast = Vec::new();
        for d in 0..world.desks.len() {
            world.close(d).await?;
        }
        world.stop_hub().await?;
        let folder = world.hub.folder.clone();
        for (number, desk) in world.desks.iter().enumerate() {
            std::fs::rename(&desk.path, folder.join(format!("d{number}.db")))?;
            cast.push((desk.name.clone(), desk.identity.clone()));
        }
        Ok(Self {
            folder,
            program: world.hub.program,
            runs: world.oracle.runs.clone(),
            now: world.now,
            cast,
            chains: world.oracle.chains.clone(),
            answers: world.oracle.answers.clone(),
            invites: world.invites.iter().filter(|invite| invite.taken == 0).cloned().collect(),
            _dir: world.dir,
        })
    }
}

impl World {
    fn fresh<I: From<uuid::Uuid>>(&mut self) -> I {
        let now = u64::try_from(self.hub_time().0).unwrap_or_default();
        self.rng.id(now).into()
    }

    fn actor(&self, d: usize) -> Run<Actor> {
        let desk = self.desks.get(d);
        match desk.and_then(|desk| crate::model::actor(&desk.rows, desk.identity.device)) {
            Some(actor) => Ok(actor),
            None => broken("sim", "nobody acts on this device"),
        }
    }

    fn newcomer(&mut self, name: &str) -> Newcomer {
        let key = DeviceKey::from_seed(&self.rng.key().0);
        Newcomer { key, member: self.fresh(), device: self.fresh(), name: name.to_owned() }
    }

    async fn found(&mut self) -> Run {
        let token = Token(self.rng.key().0);
        let until = Timestamp(BEGINNING).plus_days(30);
        if let Some(room) = &self.hub.room {
            room.invite(&seal::token_hash(&token), until).await?;
        }
        let bob = self.newcomer("bob");
        let create = ProgramCreate {
            program: self.hub.program,
            name: "Program".to_owned(),
            vendor: self.fresh(),
            vendor_name: "Veld".to_owned(),
            member: bob.member,
            member_name: "bob".to_owned(),
            device: bob.device,
            device_name: "bob's desk".to_owned(),
            device_key: bob.key.public(),
            demo: false,
            products: PRODUCTS.map(str::to_owned).to_vec(),
            regions: REGIONS.map(str::to_owned).to_vec(),
            currency: "EUR".to_owned(),
        };
        let joined = self.enter(token, vec![(create.into(), bob.key.clone())]).await?;
        let Some(Some(Joined { member: Some(member), .. })) = joined.into_iter().next() else {
            return broken("sim", "the program could not be founded");
        };
        self.move_in(&bob, member, "desk").await?;
        self.rest().await
    }

    /// Goes through the door of the hub with a token; several at the same moment. What the hub says to
    /// each.
    async fn enter(&mut self, token: Token, who: Vec<(Mutation, DeviceKey)>) -> Run<Vec<Option<Joined>>> {
        let mut connections = Vec::new();
        self.hub_rest().await?;
        for (mutation, key) in who {
            self.last_conn += 1;
            let connection = self.last_conn;
            self.conns.insert(connection, Conn { at_hub: true, ..Conn::new(None) });
            let nonce = self.rng.key();
            self.hub_event(HubEvent::Opened { connection, nonce }).await?;
            let payload = mutation.to_payload();
            let signature = key.sign(&seal::join_bytes(&nonce, &token, &payload));
            let join = Join { token, name: mutation.name().to_owned(), payload, signature };
            let bytes = frame::encode(&FromDevice::Join(join));
            self.hub_event(HubEvent::Received { connection, bytes }).await?;
            connections.push(connection);
        }
        self.hub_rest().await?;
        let mut answers = Vec::new();
        for connection in connections {
            let conn = self.conns.remove(&connection);
            let said = conn.into_iter().flat_map(|conn| conn.down).filter_map(|down| match down {
                Down::Frame(bytes) => frame::decode::<FromHub>(&bytes).ok(),
                Down::End => None,
            });
            let joined = said.into_iter().find_map(|said| match said {
                Incoming::Known(FromHub::Joined(joined)) => Some(joined),
                _ => None,
            });
            answers.push(joined);
            if let Some(room) = &mut self.hub.room {
                room.closed(connection);
            }
            self.hub_event(HubEvent::Closed { connection }).await?;
        }
        Ok(answers)
    }

    async fn move_in(&mut self, who: &Newcomer, member: MemberId, kind: &str) -> Run {
        let identity =
            Identity { program: self.hub.program, device: who.device, member, device_key: who.key.clone() };
        self.install(format!("{}'s {kind}", who.name), identity).await.map(drop)
    }

    async fn take_last(&mut self, kind: &str) -> Run {
        let Some(last) = self.invites.len().checked_sub(1) else { return Ok(()) };
        self.take(last, kind, 1, true).await?;
        self.rest().await
    }

    /// Somebody takes an invitation, `rush` people at the same moment; the answer may get lost.
    async fn take(&mut self, invite: usize, kind: &str, rush: usize, heard: bool) -> Run {
        let Some(Invite { token, kind: leads_to, person, .. }) = self.invites.get(invite).cloned() else {
            return Ok(());
        };
        let name = match leads_to {
            InvitationKind::Device => person,
            InvitationKind::Member if self.desks.len() < 3 => person,
            InvitationKind::Member => format!("dave {}", self.desks.len()),
        };
        let people: Vec<Newcomer> = (0..rush).map(|_| self.newcomer(&name)).collect();
        let accept = |who: &Newcomer| InvitationAccept {
            token_hash: seal::token_hash(&token),
            member: who.member,
            member_name: who.name.clone(),
            device: who.device,
            device_name: kind.to_owned(),
            device_key: who.key.public(),
        };
        let tries = people.iter().map(|who| (accept(who).into(), who.key.clone())).collect();
        let answers = self.enter(token, tries).await?;
        for (who, answer) in people.iter().zip(answers) {
            let Some(Joined { member: Some(member), .. }) = answer else { continue };
            let Some(invite) = self.invites.get_mut(invite) else { continue };
            invite.taken += 1;
            if invite.taken > 1 {
                return broken("I4", format!("an invitation lets a second device of {name} in"));
            }
            tell!(self, "{} joins with a {kind}", who.name);
            if heard && (self.desks.len() as u64) < DESKS {
                self.move_in(who, member, kind).await?;
            }
        }
        Ok(())
    }

    /// Somebody takes one of the invitations that lie around.
    pub async fn join_somebody(&mut self, r: u64) -> Run {
        if self.hub.room.is_none() || self.hub.crash_in.is_some() || self.hub.fails || self.invites.is_empty()
        {
            return Ok(());
        }
        let all: Vec<usize> = (0..self.invites.len()).collect();
        let Some(invite) = pick(&all, r).copied() else { return Ok(()) };
        let rush = if (r / 8).is_multiple_of(3) { 2 } else { 1 };
        self.take(invite, "laptop", rush, !(r / 64).is_multiple_of(5)).await
    }

    /// A version of tomorrow has written fields that this one does not know.
    async fn write_of_tomorrow(&mut self) -> Run {
        self.stop_hub().await?;
        let head = self.oracle.head + 1;
        let tables = [Deal::TABLE, ActionPlan::TABLE, Milestone::TABLE];
        let wanted = |key: &RowKey| tables.contains(&key.table) && key.id.as_u128().is_multiple_of(2);
        let rows: Vec<CommitRow> = self
            .oracle
            .rows
            .iter()
            .filter(|(key, _)| wanted(key) || key.table == Table::Deals)
            .map(|(key, row)| CommitRow {
                key: *key,
                scope: row.scope,
                seq: head,
                body: with_field_200(&row.body),
            })
            .collect();
        let start = Start { epoch: (self.rng.next() >> 1) | 1, now: self.hub_time(), restored: false };
        let mut room = Backroom::open(&self.hub.folder, self.hub.program, start).await?;
        let commit = Commit { base: head - 1, head, rows, ..Commit::default() };
        room.commit(self.hub_time(), &commit).await?;
        room.close().await;
        self.oracle.looks_anew(start.epoch);
        self.start_hub().await?;
        self.rest().await
    }
}

/// The body with one more field.
fn with_field_200(body: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = body.split_first()?;
    // A small map holds its length in its first byte.
    if !(0xa0..0xb7).contains(first) {
        return None;
    }
    let mut bytes = vec![first + 1];
    bytes.extend_from_slice(rest);
    bytes.extend_from_slice(&[0x18, 200, 0x63, b'n', b'e', b'w']);
    Some(bytes)
}
