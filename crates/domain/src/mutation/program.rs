//! Founding a program.

use super::*;
use crate::entity::{Device, Grant, Key, Member, Organization, Program, Terms, grant_id};
use minicbor::{Decode, Encode};

/// Creates a program with its vendor and first administrator. Signed by the new device itself; the
/// hub lets it pass only with an unused founding invitation.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ProgramCreate {
    /// Id of the program.
    #[n(1)]
    pub program: ProgramId,
    /// Its name.
    #[n(2)]
    pub name: String,
    /// Id of the vendor organization.
    #[n(3)]
    pub vendor: OrganizationId,
    /// Name of the vendor.
    #[n(4)]
    pub vendor_name: String,
    /// Id of the first administrator.
    #[n(5)]
    pub member: MemberId,
    /// Their name.
    #[n(6)]
    pub member_name: String,
    /// Id of their device.
    #[n(7)]
    pub device: DeviceId,
    /// Name of the device.
    #[n(8)]
    pub device_name: String,
    /// Its Ed25519 public key.
    #[n(9)]
    pub device_key: Key,
    /// A demo world.
    #[n(10)]
    pub demo: bool,
    /// Products that can be registered; one named like the vendor when empty.
    #[n(11)]
    pub products: Vec<String>,
    /// Sales regions; one named "Worldwide" when empty.
    #[n(12)]
    pub regions: Vec<String>,
    /// Currency proposed first, ISO 4217.
    #[n(13)]
    pub currency: String,
}

impl Mutate for ProgramCreate {
    fn lane(&self) -> ScopeId {
        ScopeId::Program
    }

    fn opens_lane(&self) -> bool {
        true
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Program>(self.program)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        check_text("The program name", &self.name, 120)?;
        check_text("The company name", &self.vendor_name, 120)?;
        check_text("Your name", &self.member_name, 120)?;
        check_text("The device name", &self.device_name, 120)?;
        self.products.iter().try_for_each(|name| check_text("The product", name, 120))?;
        self.regions.iter().try_for_each(|name| check_text("The region", name, 120))?;
        let currency_ok = self.currency.len() == 3 && self.currency.bytes().all(|b| b.is_ascii_uppercase());
        if !currency_ok || self.products.len() > 200 || self.regions.len() > 200 {
            return Err(Refusal::new(Rule::InvalidField, "The program settings are malformed."));
        }
        if ctx.program != self.program || rows.get::<Program>(self.program)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This program exists already."));
        }
        let or_default = |list: &[String], default: &str| {
            if list.is_empty() { vec![default.to_owned()] } else { list.to_vec() }
        };
        let founding = Terms::founding();
        let program = Program {
            name: self.name.clone(),
            vendor: self.vendor,
            demo: self.demo,
            products: or_default(&self.products, &self.vendor_name),
            regions: or_default(&self.regions, "Worldwide"),
            currency: self.currency.clone(),
            protection_days: founding.protection_days,
            decision_days: founding.decision_days,
            created_at: ctx.now,
            lease_days: None,
            rules: None,
            extra: Default::default(),
        };
        let vendor = Organization {
            name: self.vendor_name.clone(),
            side: Side::Vendor,
            created_at: ctx.now,
            ended_at: None,
            extra: Default::default(),
        };
        let admin = Member {
            name: self.member_name.clone(),
            organization: self.vendor,
            role: Role::Admin,
            joined_at: ctx.now,
            left_at: None,
            removed_by: None,
            extra: Default::default(),
        };
        let device = Device {
            member: self.member,
            name: self.device_name.clone(),
            key: self.device_key,
            joined_at: ctx.now,
            revoked_at: None,
            extra: Default::default(),
        };
        Ok(vec![
            RowChange::put(self.program, ScopeId::Program, &program),
            RowChange::put(self.vendor, ScopeId::Program, &vendor),
            RowChange::put(self.member, ScopeId::Program, &admin),
            RowChange::put(self.device, ScopeId::Person(self.member), &device),
        ])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The program exists now. Leave it in the settings if it was a mistake.")
    }
}

/// Adds a partner organization. Vendor administrators and channel managers only.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct OrganizationAdd {
    /// Id of the new organization.
    #[n(1)]
    pub organization: OrganizationId,
    /// Its name.
    #[n(2)]
    pub name: String,
}

impl Mutate for OrganizationAdd {
    fn lane(&self) -> ScopeId {
        ScopeId::Partnership(self.organization)
    }

    fn opens_lane(&self) -> bool {
        true
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Organization>(self.organization)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        if actor.side != Side::Vendor || !matches!(actor.role, Role::Admin | Role::ChannelManager) {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "Only the vendor's administrators and channel managers add partners.",
            ));
        }
        check_text("The company name", &self.name, 120)?;
        if rows.get::<Organization>(self.organization)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This organization exists already."));
        }
        let scope = ScopeId::Partnership(self.organization);
        let organization = Organization {
            name: self.name.clone(),
            side: Side::Partner,
            created_at: ctx.now,
            ended_at: None,
            extra: Default::default(),
        };
        let grant = Grant { scope, organization: actor.organization, extra: Default::default() };
        Ok(vec![
            RowChange::put(self.organization, scope, &organization),
            RowChange::put(
                grant_id(scope, actor.organization),
                ScopeId::Organization(actor.organization),
                &grant,
            ),
        ])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::No("The company is in the program now. End the partnership if it was a mistake.")
    }
}
