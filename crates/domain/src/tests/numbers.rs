//! Numbers that are part of stored rows and of the protocol. They are appended, never changed.

use crate::company::MatchKey;
use crate::entity::*;
use crate::refusal::{Refusal, Rule};
use crate::row::Table;
use minicbor::Encode;
use std::fmt::{Debug, Write};

/// `number name` for each, the number as it is encoded.
fn numbered<T: Encode<()> + Debug + Copy>(title: &str, all: &[T]) -> String {
    let mut text = format!("{title}\n");
    for item in all {
        let number: u32 = minicbor::decode(&minicbor::to_vec(item).unwrap()).unwrap();
        writeln!(text, "  {number} {item:?}").unwrap();
    }
    text
}

#[test]
fn every_number_means_what_it_meant() {
    use {DealField as F, OwnerSide as O, RejectionRule as R, Stage as S, Status as T};
    let mut text = numbered("rules", &Rule::ALL);
    for rule in Rule::ALL {
        writeln!(text, "  {}", rule.name()).unwrap();
    }
    text += &numbered("tables", &Table::ALL);
    text += &numbered("sides", &[Side::Vendor, Side::Partner]);
    text += &numbered("roles", &[Role::Admin, Role::Seller, Role::ChannelManager, Role::Member]);
    text += &numbered("invitations", &[InvitationKind::Member, InvitationKind::Device]);
    text += &numbered("owners", &[O::Vendor, O::Partner, O::Customer]);
    text += &numbered(
        "stages",
        &[
            S::Prospect,
            S::Qualified,
            S::TechnicalValidation,
            S::BusinessValidation,
            S::Committed,
            S::Launched,
            S::ClosedLost,
        ],
    );
    text += &numbered(
        "statuses",
        &[T::Draft, T::Submitted, T::InReview, T::Approved, T::Rejected, T::Duplicate, T::Withdrawn],
    );
    text += &numbered(
        "rejections",
        &[
            R::ExistingCustomer,
            R::OpenOpportunity,
            R::NamedAccount,
            R::PublicTender,
            R::NotQualified,
            R::OtherRegistration,
        ],
    );
    text += &numbered(
        "fields",
        &[
            F::Title,
            F::Amount,
            F::CloseDate,
            F::Stage,
            F::Need,
            F::Customer,
            F::Product,
            F::Region,
            F::Contact,
            F::Duns,
            F::Tender,
            F::LostReason,
        ],
    );
    text += &numbered("reasons of loss", &LostReason::ALL);
    text += &numbered("checks", &Check::ALL);
    text += &numbered("effects", &[Effect::Off, Effect::Note, Effect::Hold, Effect::Reject]);
    text += &numbered("match keys", &[MatchKey::Domain, MatchKey::Duns, MatchKey::Email, MatchKey::Name]);
    text += &numbered("relations", &[Relation::Prospect, Relation::OpenOpportunity, Relation::Customer]);
    {
        use MilestoneField as M;
        text += &numbered("milestone fields", &[M::Title, M::Owner, M::Due, M::DoneCondition]);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_table_is_found_by_its_number() {
    for (number, table) in Table::ALL.into_iter().enumerate() {
        assert_eq!(usize::from(table.number()), number);
        assert_eq!(Table::from_number(table.number()), Some(table));
    }
    assert_eq!(Table::from_number(18), None);
    assert_eq!(Table::from_number(u8::MAX), None);
}

#[test]
fn a_patched_field_is_kept_under_the_number_it_travels_with() {
    // `field_seq` and `field_by` use the number of the variant, the patch its encoded number.
    for field in [DealField::Title, DealField::Amount, DealField::Stage, DealField::Region] {
        let encoded: u8 = minicbor::decode(&minicbor::to_vec(field).unwrap()).unwrap();
        assert_eq!(encoded, field as u8);
    }
}

#[test]
fn rules_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn a_refusal_by_a_rule_of_a_newer_version_is_still_a_refusal() {
    let mut bytes = minicbor::to_vec(Refusal::new(Rule::NotFound, "Look again.").because("deal", 7)).unwrap();
    assert_eq!(bytes.get(1), Some(&1), "the number of the rule");
    bytes.splice(1..2, [0x18, 99]);
    let refusal: Refusal = minicbor::decode(&bytes).unwrap();
    assert_eq!(refusal, Refusal::new(Rule::Newer, "Look again.").because("deal", 7));
}

#[test]
fn a_refusal_reads_as_its_sentence() {
    let refusal = Refusal::new(Rule::ClaimTaken, "Somebody was first.").because("Region", "Benelux");
    assert_eq!(refusal.to_string(), "Somebody was first.");
}
