//! Access to a deal is given and ends, at the moments that matter: while whoever loses it talks there, with
//! things in its outbox, in its journal and on its line.

use crate::law::Run;
use crate::model::all;
use crate::rng::pick;
use crate::world::World;
use domain::entity::{Member, Organization, Side, Status};
use domain::mutation::*;
use domain::{DealId, MemberId, Mutation, OrganizationId};

impl World {
    /// The company of an installation is let into a deal; or it is at work in one, and shut out.
    pub(crate) async fn guest(&mut self, d: usize, r: u64) -> Run {
        let Some(guest) = self.at_work(d).await?.filter(|actor| actor.side == Side::Partner) else {
            return Ok(());
        };
        let mut host = None;
        for other in 0..self.desks.len() {
            if self.at_work(other).await?.is_some_and(|actor| actor.side == Side::Vendor) {
                host = host.or(Some(other));
            }
        }
        let Some(host) = host else { return Ok(()) };
        let company = guest.organization;
        let open = self.deals(host).into_iter().filter(|(_, deal)| {
            let status = deal.registration.status;
            deal.partner != company && status != Status::Draft && !status.is_closed()
        });
        let is_guest = |guests: &Option<Vec<_>>| guests.iter().flatten().any(|guest| *guest == company);
        let (shared, others): (Vec<_>, Vec<_>) =
            open.map(|(id, deal)| (id, is_guest(&deal.guests))).partition(|(_, is_guest)| *is_guest);
        if let Some((deal, _)) = pick(&shared, r).filter(|_| !r.is_multiple_of(5)) {
            return self.shut_out(host, d, (*deal, company), r / 5).await;
        }
        let Some((deal, _)) = pick(&others, r / 5).copied() else { return Ok(()) };
        self.commit(host, vec![DealShare { deal, organization: company }.into()], true).await?;
        if !r.is_multiple_of(7) {
            self.flow(host).await?;
            self.flow(d).await?;
        }
        Ok(())
    }

    /// A guest works in a deal and loses it: what it says is answered and its own, answered and on its line,
    /// or on its way.
    async fn shut_out(&mut self, host: usize, d: usize, of: (DealId, OrganizationId), r: u64) -> Run {
        let (deal, organization) = of;
        let said = self.talk_in(d, deal, r, r % 3);
        self.commit(d, said, r.is_multiple_of(2)).await?;
        match r / 16 % 4 {
            0 => {}
            1 => self.reaches_the_hub(d).await?,
            more => {
                self.flow(d).await?;
                let said = self.talk_in(d, deal, r / 3, more - 2);
                self.commit(d, said, true).await?;
            }
        }
        let said = self.talk_in(host, deal, r / 7, r / 64 % 2);
        self.commit(host, said, true).await?;
        // Most of the time what was said there reaches the guest's line before the end does.
        if !(r / 128).is_multiple_of(4) {
            self.reaches_the_hub(host).await?;
        }
        self.commit(host, vec![DealUnshare { deal, organization }.into()], true).await?;
        if !(r / 512).is_multiple_of(4) {
            self.reaches_the_hub(host).await?;
        }
        Ok(())
    }

    /// What an installation has on its way is decided; what the hub says to anybody waits on their lines.
    pub(crate) async fn reaches_the_hub(&mut self, d: usize) -> Run {
        for id in self.with_up(d) {
            while self.deliver_up(id).await? {}
        }
        self.hub_rest().await.map(drop)
    }

    /// The vendor gives access and takes it back.
    pub(crate) fn give_and_take(&self, d: usize, r: u64) -> Vec<Mutation> {
        let Some(desk) = self.desks.get(d) else { return Vec::new() };
        let partners: Vec<OrganizationId> = all::<Organization>(&desk.rows)
            .filter(|(_, company)| company.side == Side::Partner && company.ended_at.is_none())
            .map(|(id, _)| id.into())
            .collect();
        let (what, r) = (r % 32, r / 32);
        match what {
            0..=13 => {
                let Some((id, deal)) = self.some_deal(d, r) else { return Vec::new() };
                let guests = deal.guests.unwrap_or_default();
                let others: Vec<_> =
                    partners.iter().filter(|id| **id != deal.partner && !guests.contains(id)).collect();
                let share = |organization| DealShare { deal: id, organization }.into();
                pick(&others, r).map(|organization| share(**organization)).into_iter().collect()
            }
            14..=25 => {
                let shared: Vec<(DealId, OrganizationId)> = self
                    .deals(d)
                    .into_iter()
                    .flat_map(|(id, deal)| {
                        deal.guests.unwrap_or_default().into_iter().map(move |to| (id, to))
                    })
                    .collect();
                let unshare = |(deal, organization)| DealUnshare { deal, organization }.into();
                pick(&shared, r).copied().map(unshare).into_iter().collect()
            }
            26..=29 => {
                let days = pick(&[1, 7, 30, 90], r).copied().unwrap_or(30);
                vec![LeaseSet { days }.into()]
            }
            30 if r.is_multiple_of(3) => {
                let members: Vec<(MemberId, OrganizationId)> = all::<Member>(&desk.rows)
                    .filter(|(_, member)| partners.contains(&member.organization) && member.left_at.is_none())
                    .map(|(id, member)| (id.into(), member.organization))
                    .collect();
                let remove = |(member, organization)| {
                    MemberRemove { member, organization, side: Side::Partner }.into()
                };
                pick(&members, r / 3).copied().map(remove).into_iter().collect()
            }
            31 if r.is_multiple_of(4) => {
                let end = |organization| PartnershipEnd { organization }.into();
                pick(&partners, r / 4).copied().map(end).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}
