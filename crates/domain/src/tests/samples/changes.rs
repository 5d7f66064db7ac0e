//! One mutation of every name.

use crate::entity::{
    Customer, InvitationKind, Key, LostReason, OwnerSide, Put, RejectionRule, Relation, Role, RowOf, Stage,
    Terms,
};
use crate::mutation::*;
use crate::tests::world::*;

/// Every mutation, with the name it travels under; those with choices more than once.
pub fn mutations() -> Vec<(&'static str, Mutation)> {
    let mut all = company();
    all.extend(deals());
    all.extend(rooms_and_plans());
    all.into_iter().map(|mutation| (mutation.name(), mutation)).collect()
}

fn company() -> Vec<Mutation> {
    let hugo = Actor {
        member: id(0x100),
        organization: id(HALDEN),
        side: crate::entity::Side::Vendor,
        role: Role::Admin,
        device: id(0x200),
    };
    let account = AccountDraft {
        account: id(0x700),
        name: "Polder Logistics".into(),
        domain: "polder.nl".into(),
        country: "NL".into(),
        industry: "Logistics".into(),
        owner: "Alice".into(),
        relation: Some(Relation::Customer),
        named: Some(true),
        duns: Some("123456789".into()),
        active_on: Some(day("2026-03-01")),
    };
    vec![
        founding(&hugo).into(),
        OrganizationAdd { organization: id(NORTHBEAM), name: "Northbeam".into() }.into(),
        InvitationCreate {
            invitation: id(0x400),
            kind: InvitationKind::Member,
            organization: id(NORTHBEAM),
            role: Role::Seller,
            token_hash: Key([0x5A; 32]),
            days: 7,
            by_organization: id(HALDEN),
        }
        .into(),
        InvitationAccept {
            token_hash: Key([0x5A; 32]),
            member: id(0x500),
            member_name: "Dora New".into(),
            device: id(0x600),
            device_name: "Dora's laptop".into(),
            device_key: Key([0xDD; 32]),
        }
        .into(),
        InvitationRevoke { invitation: id(0x400), by_organization: id(HALDEN) }.into(),
        DeviceRevoke { device: id(0x600), member: id(0x500) }.into(),
        MemberLeave { member: id(0x500) }.into(),
        MemberRemove { member: id(0x500), organization: id(NORTHBEAM), side: crate::entity::Side::Partner }
            .into(),
        PartnershipEnd { organization: id(NORTHBEAM) }.into(),
        LeaseSet { days: 14 }.into(),
        RulesPublish { version: 2, terms: Terms::founding(), note: "Named accounts are held".into() }.into(),
        AccountsPut { organization: id(NORTHBEAM), accounts: vec![account] }.into(),
    ]
}

fn deals() -> Vec<Mutation> {
    let customer = Customer { name: "Meer".into(), domain: "meer.example".into(), country: String::new() };
    let values = [
        DealValue::Title("Polder rollout, phase 2".into()),
        DealValue::Amount(euros(150_000)),
        DealValue::CloseDate(day("2026-12-31")),
        DealValue::Stage(Stage::Committed),
        DealValue::Need("Two more sites".into()),
        DealValue::Customer(customer),
        DealValue::Product("Archive".into()),
        DealValue::Region("Nordics".into()),
        DealValue::Contact("ana@meer.example".into()),
        DealValue::Duns("123456789".into()),
        DealValue::Tender(true),
        DealValue::LostReason(Some(LostReason::CompetitorOther)),
        DealValue::LostReason(None),
    ];
    let patch = values.into_iter().map(|value| FieldPatch { value, base: 12 }).collect();
    let reasons = [
        RejectionRule::ExistingCustomer,
        RejectionRule::OpenOpportunity,
        RejectionRule::NamedAccount,
        RejectionRule::PublicTender,
        RejectionRule::NotQualified,
        RejectionRule::OtherRegistration,
    ];
    let rejections = reasons.map(|rule| {
        let decision = Decision::Reject { rule, evidence: "Order 4711".into() };
        RegistrationDecide { deal: id(1), decision }.into()
    });
    let mut deals = vec![
        DealRegister {
            stage: Some(Stage::Qualified),
            contact: Some("ana@polder.nl".into()),
            duns: Some("123456789".into()),
            tender: Some(true),
            ..sent(1)
        }
        .into(),
        draft(1).into(),
        DealEdit { deal: id(1), patch }.into(),
        RegistrationSubmit { deal: id(1) }.into(),
        RegistrationReview { deal: id(1) }.into(),
        RegistrationWithdraw { deal: id(1) }.into(),
        approve(1).into(),
        hold(1).into(),
        share(1).into(),
        ask(1).into(),
        answer(1).into(),
        RegistrationConvert { deal: id(1) }.into(),
        appeal(1).into(),
        ExtensionRequest {
            deal: id(1),
            until: day("2026-12-31"),
            reason: "Their board meets in June".into(),
        }
        .into(),
        answer_extension(1, false).into(),
        DealShare { deal: id(1), organization: id(COASTLINE) }.into(),
        DealUnshare { deal: id(1), organization: id(COASTLINE) }.into(),
    ];
    deals.extend(rejections);
    deals
}

fn rooms_and_plans() -> Vec<Mutation> {
    let say = MessageSend {
        message: id(0x2001),
        deal: id(1),
        body: "On Thursday. 🚢".into(),
        reply_to: Some(id(0x2000)),
    };
    let add = MilestoneAdd {
        owner: Some(id(0x100)),
        due: Some(day("2026-05-01")),
        done_condition: "Signed by the CISO".into(),
        ..step(1, 0x3000, "Security review")
    };
    let values = [
        MilestoneValue::Title("Security review".into()),
        MilestoneValue::Owner(OwnerSide::Partner, Some(id(0x100))),
        MilestoneValue::Owner(OwnerSide::Customer, None),
        MilestoneValue::Due(Some(day("2026-05-01"))),
        MilestoneValue::Due(None),
        MilestoneValue::DoneCondition(String::new()),
    ];
    let patch = values.into_iter().map(|value| MilestonePatch { value, base: 12 }).collect();
    let edit = MilestoneEdit { deal: id(1), milestone: id(0x3000), patch };
    vec![
        MessageSend { reply_to: None, ..say.clone() }.into(),
        say.into(),
        RoomRead { deal: id(1), member: id(0x100), position: 77 }.into(),
        RowPut { member: id(0x100), row: RowOf::Decision(id(1)), put: Put::Done, seen: 1 }.into(),
        RowPut { member: id(0x100), row: RowOf::Draft(id(1)), put: Put::Here, seen: 0 }.into(),
        PlanSchedule { deal: id(1), go_live: Some(day("2026-10-01")) }.into(),
        PlanSchedule { deal: id(1), go_live: None }.into(),
        add.into(),
        edit.into(),
        MilestoneComplete { deal: id(1), milestone: id(0x3000) }.into(),
        MilestoneReopen { deal: id(1), milestone: id(0x3000) }.into(),
        MilestoneRestore { deal: id(1), milestone: id(0x3000), by: Some(id(0x105)) }.into(),
        MilestoneRemove { deal: id(1), milestone: id(0x3000) }.into(),
    ]
}
