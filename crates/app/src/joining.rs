//! Looking at an invitation, joining, signing out and leaving.

use crate::app::{App, held};
use crate::dto::{
    Code, CommandError, Done, InProgram, InvitationInspect, InvitationKind, InvitationPreview, ProgramJoin,
    ProgramSummary, SyncStatus, Tag, WorkOffline,
};
use crate::map;
use crate::say;
use crate::session::{Joined, OpenError, Session, Shut};
use crate::start::WORK_OFFLINE;
use domain::entity::Key;
use domain::mutation::{DeviceRevoke, InvitationAccept, MemberLeave, ProgramCreate};
use domain::{DeviceId, MemberId, Mutation, OrganizationId, ProgramId};
use protocol::client::Line;
use protocol::link::InvitationLink;
use protocol::seal::{DeviceKey, token_hash};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::{JoinedProgram, Store};
use sync::entry;

/// How long signing out waits for the hub to hear of it before it erases anyway.
const FAREWELL: Duration = Duration::from_secs(4);
/// How long joining waits for the first rows.
const FIRST_ROWS: Duration = Duration::from_secs(10);

impl App {
    pub(crate) async fn invitation_inspect(
        self: &Arc<Self>,
        asked: InvitationInspect,
    ) -> Result<InvitationPreview, CommandError> {
        let link = parse(&asked.link)?;
        if let Ok(session) = self.session() {
            not_joined_yet(&session, &link).await?;
        }
        let preview = entry::inspect(&self.dial, &link).await.map_err(|error| map::entry_error(&error))?;
        Ok(InvitationPreview {
            kind: preview.kind.map_or(InvitationKind::Found, map::invitation_kind),
            hub: self.hub_name(&link.hub),
            program_name: preview.program_name,
            organization_name: preview.organization_name,
            member_name: preview.member_name,
            role: preview.role.map(map::role),
            expires_at: map::at(preview.expires_at),
        })
    }

    /// Takes an invitation. The keys are on disk before the hub is asked, so that a device the hub
    /// knows is never without them.
    pub(crate) async fn program_join(
        self: &Arc<Self>,
        asked: ProgramJoin,
    ) -> Result<ProgramSummary, CommandError> {
        let session = self.session()?;
        let link = parse(&asked.link)?;
        not_joined_yet(&session, &link).await?;
        let program = link.program.unwrap_or_else(|| ProgramId(map::new_id()));
        let name = program.to_string();
        // Keys of no joined program are what an attempt left that was interrupted.
        let left = session.vault.programs().map_err(|error| map::vault_error(&error))?;
        if left.contains(&name) {
            self.forget(&session, program).await;
        }
        let keys = session.vault.create_program(&name).map_err(|error| map::vault_error(&error))?;
        let key = DeviceKey::from_seed(keys.device_seed.expose());
        let (device, member) = (DeviceId(map::new_id()), MemberId(map::new_id()));
        let mutation = entrance(&asked, &link, program, member, device, key.public());
        let member = match entry::join(&self.dial, &link, &mutation, &key).await {
            Ok((joined, member)) if joined == program => member,
            answer => {
                self.forget(&session, program).await;
                return Err(match answer {
                    Ok(_) => CommandError::new(
                        Code::HubIncompatible,
                        say!("The hub answered for another program."),
                    ),
                    Err(error) => map::entry_error(&error),
                });
            }
        };
        let entry = JoinedProgram {
            program,
            hub: link.hub.clone(),
            device,
            member,
            joined_at: Self::now(),
            written: false,
        };
        session.device.add(&entry).await.map_err(|error| map::store_error(&error))?;
        let opened = match session.open_program(self, &entry, &keys).await {
            Ok(opened) => opened,
            Err(OpenError(trouble, error)) => {
                // The hub has this device now: the program is there to be tried again, not to be joined again.
                session.set_shut(program, Some(Shut { joined: entry, trouble }));
                self.tell(&Tag::ALL);
                return Err(error);
            }
        };
        self.first_rows(&opened).await?;
        self.tell(&Tag::ALL);
        self.summary(&opened).await?.ok_or_else(|| {
            CommandError::new(
                Code::HubUnreachable,
                say!("You have joined. The program appears once the hub answers."),
            )
        })
    }

    /// Waits until the first rows are there, so that the window opens on something.
    async fn first_rows(&self, joined: &Joined) -> Result<(), CommandError> {
        let Some(mut status) = joined.with_link(sync::Link::status) else { return Ok(()) };
        // Of a large program the first segments are the first screen.
        let begun = |first: &sync::FirstCatchUp| first.progress.rows > 0;
        let caught_up = status.wait_for(|status| {
            status.synced_at.is_some()
                || status.line == Line::Revoked
                || status.first.as_ref().is_some_and(begun)
        });
        // Not an error: the rest arrives while the person is already inside.
        let _ = tokio::time::timeout(FIRST_ROWS, caught_up).await;
        Ok(())
    }

    /// Removes what a join that failed had made, and whatever else is kept of a program that is gone.
    pub(crate) async fn forget(&self, session: &Arc<Session>, program: ProgramId) {
        let name = program.to_string();
        self.unpin_all_of(session, program).await;
        held(&self.drafts).retain(|(of, _), _| *of != program);
        let dir = session.vault.program_dir(&name);
        if let Err(error) = session.vault.forget_program(&name) {
            tracing::warn!(%error, "removing the keys of a program");
        }
        if let Ok(dir) = dir
            && let Err(error) = tokio::fs::remove_dir_all(&dir).await
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "removing the folder of a program");
        }
    }

    pub(crate) async fn program_sign_out(self: &Arc<Self>, asked: InProgram) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let revoke = DeviceRevoke { device: joined.device, member: joined.member };
        self.part_from(&joined, revoke.into()).await
    }

    pub(crate) async fn program_leave(self: &Arc<Self>, asked: InProgram) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        self.part_from(&joined, MemberLeave { member: joined.member }.into()).await
    }

    /// Tells the hub if it can be reached, then removes the program from this device.
    async fn part_from(
        self: &Arc<Self>,
        joined: &Arc<Joined>,
        farewell: Mutation,
    ) -> Result<Done, CommandError> {
        joined.parting.store(true, Ordering::Relaxed);
        if let Err(error) = joined.commit(farewell).await {
            joined.parting.store(false, Ordering::Relaxed);
            return Err(error);
        }
        if let Some(mut status) = joined.with_link(sync::Link::status) {
            let heard = status.wait_for(|status| status.line == Line::Revoked);
            if tokio::time::timeout(FAREWELL, heard).await.is_err() {
                tracing::warn!(program = %joined.id, "the hub did not hear of the sign-out");
            }
        }
        self.erase_program(joined.id).await?;
        Ok(Done::default())
    }

    /// The hub shut this device out: its copy goes.
    pub(crate) async fn erase_revoked(self: &Arc<Self>, program: ProgramId) {
        self.note_ended(program).await;
        if let Err(error) = self.erase_program(program).await {
            tracing::error!(code = ?error.code, "removing a revoked program");
        }
    }

    /// Destroys the keys first, so that whatever cannot be deleted is unreadable.
    async fn erase_program(self: &Arc<Self>, program: ProgramId) -> Result<(), CommandError> {
        let session = self.session()?;
        let _turn = session.erasing.lock().await;
        let Some(joined) = session.remove(program) else { return Ok(()) };
        let path = session.store_path(program)?;
        joined.close().await;
        session.device.remove(program).await.map_err(|error| map::store_error(&error))?;
        self.forget(&session, program).await;
        if let Err(error) = Store::erase(&path).await {
            tracing::warn!(%error, "removing the file of a program");
        }
        self.tell(&Tag::ALL);
        Ok(())
    }

    pub(crate) async fn work_offline(
        self: &Arc<Self>,
        asked: WorkOffline,
    ) -> Result<SyncStatus, CommandError> {
        let session = self.session()?;
        let setting = if asked.on { "on" } else { "off" };
        session.device.set_setting(WORK_OFFLINE, setting).await.map_err(|error| map::store_error(&error))?;
        self.work_offline.store(asked.on, Ordering::Relaxed);
        for joined in session.programs() {
            joined.with_link(|link| link.work_offline(asked.on));
        }
        self.tell(&[Tag::App, Tag::Sync]);
        self.sync_status(()).await
    }
}

/// Refuses a link into a program that this device is in, whether or not its file can be opened.
async fn not_joined_yet(session: &Session, link: &InvitationLink) -> Result<(), CommandError> {
    let joined = session.device.joined().await.map_err(|error| map::store_error(&error))?;
    if !joined.iter().any(|joined| Some(joined.program) == link.program) {
        return Ok(());
    }
    let shut = session.shut().iter().any(|shut| Some(shut.joined.program) == link.program);
    Err(CommandError::new(
        Code::AlreadyJoined,
        if shut {
            say!(
                "This program is on this device, but cannot be opened. Remove it here first, then join again."
            )
        } else {
            say!("This device has joined the program already. A colleague can use the link instead.")
        },
    ))
}

/// The mutation by which this device comes into being.
fn entrance(
    asked: &ProgramJoin,
    link: &InvitationLink,
    program: ProgramId,
    member: MemberId,
    device: DeviceId,
    device_key: Key,
) -> Mutation {
    let device_name = match asked.device_name.trim() {
        "" => say!("This computer"),
        name => name.to_owned(),
    };
    match link.program {
        Some(_) => InvitationAccept {
            token_hash: token_hash(&link.token),
            member,
            member_name: asked.your_name.trim().to_owned(),
            device,
            device_name,
            device_key,
        }
        .into(),
        None => ProgramCreate {
            program,
            name: asked.program_name.trim().to_owned(),
            vendor: OrganizationId(map::new_id()),
            vendor_name: asked.company_name.trim().to_owned(),
            member,
            member_name: asked.your_name.trim().to_owned(),
            device,
            device_name,
            device_key,
            demo: false,
            products: Vec::new(),
            regions: Vec::new(),
            currency: "EUR".to_owned(),
        }
        .into(),
    }
}

fn parse(link: &str) -> Result<InvitationLink, CommandError> {
    link.parse().map_err(|_| {
        CommandError::new(
            Code::InvitationMalformed,
            say!(
                "This is not an invitation link. It looks like https://hub.example/join#… — copy all of it."
            ),
        )
    })
}

/// The host of a hub's address, as a person would recognise it.
pub(crate) fn host(hub: &str) -> String {
    let address = hub.split_once("://").map_or(hub, |(_, rest)| rest);
    address.split('/').next().unwrap_or(address).to_owned()
}
