//! Before signing in: what an invitation leads to, and taking it.

use super::batch::{After, Batch, Step};
use super::{ConnectionId, Founding, Load, Sequencer, access};
use crate::frame::{FromHub, Inspected, Join, Joined, Preview, Reason};
use crate::link::Token;
use crate::seal;
use domain::entity::{Device, Invitation, Key, Member, Organization, Program, invitation_by};
use domain::{DeviceId, MemberId, Mutate, Mutation, ReadSet, Refusal, Rows, Rule, Timestamp};

/// What a founding invitation leads to.
///
/// # Errors
/// A refusal when it is unknown, used or expired.
pub fn founding_preview(now: Timestamp, founding: Option<&Founding>) -> Result<Preview, Refusal> {
    let founding = founding.filter(|founding| !founding.used).ok_or_else(used)?;
    if now >= founding.expires_at {
        return Err(expired());
    }
    Ok(Preview {
        kind: None,
        program_name: None,
        organization_name: None,
        member_name: None,
        role: None,
        expires_at: founding.expires_at,
    })
}

fn used() -> Refusal {
    Refusal::new(
        Rule::InvitationUsed,
        "This invitation was used or revoked. Ask for a new one where you got it.",
    )
}

fn expired() -> Refusal {
    Refusal::new(Rule::InvitationExpired, "This invitation has expired. Ask for a new one where you got it.")
}

impl Sequencer {
    pub(super) fn inspect(
        &self,
        now: Timestamp,
        connection: ConnectionId,
        token: &Token,
        batch: &mut Batch,
    ) -> Step {
        let hash = seal::token_hash(token);
        let lookup = invitation_by(&hash);
        let mut reads = ReadSet::default().row::<Program>(self.program).lookup(lookup.clone());
        let found = batch.rows.under(&lookup).ok().and_then(|found| found.first().copied());
        let invitation = found.and_then(|key| batch.rows.get::<Invitation>(key.id).ok().flatten());
        if let Some(invitation) = &invitation {
            reads = reads.row::<Organization>(invitation.organization).row::<Member>(invitation.created_by);
            if let Some(member) = invitation.member {
                reads = reads.row::<Member>(member);
            }
        }
        let reads = reads.missing_from(&batch.rows);
        if !reads.is_empty() {
            return Step::Needs(Load { reads, ..Load::default() });
        }
        let preview = match invitation {
            None => founding_preview(now, batch.founding.get(&hash)),
            Some(invitation) if invitation.accepted_by.is_some() || invitation.revoked_at.is_some() => {
                Err(used())
            }
            Some(invitation) if is_void(&invitation, &batch.rows) => Err(used()),
            Some(invitation) if now >= invitation.expires_at => Err(expired()),
            Some(invitation) => Ok(self.preview(&invitation, &batch.rows)),
        };
        let inspected = match preview {
            Ok(preview) => Inspected { preview: Some(preview), refusal: None },
            Err(refusal) => Inspected { preview: None, refusal: Some(refusal) },
        };
        batch.after.push(After::Send(connection, Box::new(FromHub::Inspected(inspected))));
        Step::Done
    }

    fn preview(&self, invitation: &Invitation, rows: &Rows) -> Preview {
        let organization = rows.get::<Organization>(invitation.organization).ok().flatten();
        let member = invitation.member.and_then(|id| rows.get::<Member>(id).ok().flatten());
        Preview {
            kind: Some(invitation.kind),
            program_name: rows.get::<Program>(self.program).ok().flatten().map(|program| program.name),
            organization_name: organization.map(|organization| organization.name),
            member_name: member.map(|member| member.name),
            role: Some(invitation.role),
            expires_at: invitation.expires_at,
        }
    }

    pub(super) fn join(
        &self,
        now: Timestamp,
        connection: ConnectionId,
        join: &Join,
        mutation: &Result<Mutation, Refusal>,
        batch: &mut Batch,
    ) -> Step {
        let Some(open) = self.connections.get(&connection) else { return Step::Done };
        let hash = seal::token_hash(&join.token);
        let entry = match mutation {
            Ok(Mutation::InvitationAccept(accept)) if accept.token_hash == hash => {
                Some((accept.device_key, accept.device, accept.member))
            }
            Ok(Mutation::ProgramCreate(create)) if create.program == self.program => {
                Some((create.device_key, create.device, create.member))
            }
            _ => None,
        };
        let Some((key, device, member)) = entry else {
            batch.after.push(After::HangUp(connection, Reason::Malformed, "This is no way to join."));
            return Step::Done;
        };
        if !seal::verify(&key, &seal::join_bytes(&open.nonce, &join.token, &join.payload), &join.signature) {
            let message = "The signature is not the device's.";
            batch.after.push(After::HangUp(connection, Reason::UnknownDevice, message));
            return Step::Done;
        }
        match self.joined_before(&key, device, &hash, batch) {
            Err(reads) => return Step::Needs(Load { reads, ..Load::default() }),
            Ok(Some(member)) => {
                let joined = Joined { program: self.program, member: Some(member), refusal: None };
                batch.after.push(After::Send(connection, Box::new(FromHub::Joined(joined))));
                return Step::Done;
            }
            Ok(None) => {}
        }
        let Ok(mutation) = mutation else { return Step::Done };
        let ctx = self.context(None, now, batch.commit.head + 1);
        let mut seen = Rows::default();
        let mut load = Load::default();
        for _ in 0..3 {
            let reads = mutation.reads(&ctx, &seen);
            access::copy_visible(reads, None, &batch.rows, &mut seen, &mut load);
            if !load.is_empty() {
                return Step::Needs(load);
            }
        }
        let outcome =
            self.admit_founder(now, mutation, &hash, batch).and_then(|()| mutation.apply(&ctx, &seen));
        let refusal = match outcome {
            Ok(changes) => {
                batch.write(changes);
                None
            }
            Err(refusal) => Some(refusal),
        };
        let joined = match refusal {
            None => {
                if matches!(mutation, Mutation::ProgramCreate(_)) {
                    batch.commit.founding = Some(hash);
                    if let Some(founding) = batch.founding.get_mut(&hash) {
                        founding.used = true;
                    }
                }
                Joined {
                    program: self.program,
                    member: Some(joined_as(mutation, member, batch)),
                    refusal: None,
                }
            }
            Some(refusal) => Joined { program: self.program, member: None, refusal: Some(refusal) },
        };
        batch.after.push(After::Send(connection, Box::new(FromHub::Joined(joined))));
        Step::Done
    }

    /// The member of a device that took this very invitation and asks again, because the answer was
    /// lost on the way; the rows to read first when that cannot be told yet.
    fn joined_before(
        &self,
        key: &Key,
        device: DeviceId,
        hash: &Key,
        batch: &Batch,
    ) -> Result<Option<MemberId>, ReadSet> {
        let lookup = invitation_by(hash);
        let reads = ReadSet::default().row::<Device>(device).lookup(lookup.clone()).missing_from(&batch.rows);
        if !reads.is_empty() {
            return Err(reads);
        }
        let found = batch.rows.get::<Device>(device).ok().flatten();
        let Some(found) = found.filter(|found| found.key == *key && found.revoked_at.is_none()) else {
            return Ok(None);
        };
        let invited = batch.rows.under(&lookup).ok().and_then(|found| found.first().copied());
        let invited = invited.and_then(|key| batch.rows.get::<Invitation>(key.id).ok().flatten());
        let by_it = match invited {
            Some(invitation) => invitation.accepted_by == Some(found.member),
            None => batch.founding.get(hash).is_some_and(|founding| founding.used),
        };
        Ok(by_it.then_some(found.member))
    }

    fn admit_founder(
        &self,
        now: Timestamp,
        mutation: &Mutation,
        hash: &Key,
        batch: &Batch,
    ) -> Result<(), Refusal> {
        match mutation {
            Mutation::ProgramCreate(create) => {
                founding_preview(now, batch.founding.get(hash))?;
                if create.demo && !self.settings.allow_demo {
                    return Err(Refusal::new(Rule::NotAllowed, "This hub holds no demo programs."));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether an invitation leads nowhere because its maker was removed or the partnership has ended.
fn is_void(invitation: &Invitation, rows: &Rows) -> bool {
    let maker = rows.get::<Member>(invitation.created_by).ok().flatten();
    let company = rows.get::<Organization>(invitation.organization).ok().flatten();
    maker.is_some_and(|maker| maker.removed_by.is_some())
        || company.is_some_and(|company| company.ended_at.is_some())
}

/// The member a device acts as after joining: for a device link the one who made the link.
fn joined_as(mutation: &Mutation, member: MemberId, batch: &Batch) -> MemberId {
    match mutation {
        Mutation::InvitationAccept(accept) => {
            batch.rows.get::<Device>(accept.device).ok().flatten().map_or(member, |device| device.member)
        }
        _ => member,
    }
}
