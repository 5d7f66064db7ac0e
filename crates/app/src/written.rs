//! What a change says, as text: for the list of what waits, for Copy, for files.

use domain::entity::{OwnerSide, Stage};
use domain::mutation::{DealValue, Decision, MilestoneValue};
use domain::{Date, Money, Mutation};

/// The words for a change that cannot be read here.
pub(crate) const UNKNOWN: &str = "A change by another version of Lockstep";

/// The words for one mutation.
pub(crate) fn words(mutation: &Mutation) -> &'static str {
    match mutation {
        Mutation::ProgramCreate(_) => "Program",
        Mutation::OrganizationAdd(_) => "New partner",
        Mutation::InvitationCreate(_) => "Invitation",
        Mutation::InvitationAccept(_) => "Joining",
        Mutation::InvitationRevoke(_) => "Revoked invitation",
        Mutation::DeviceRevoke(_) => "Signed-out device",
        Mutation::MemberLeave(_) => "Leaving",
        Mutation::AccountsPut(_) => "Imported accounts",
        Mutation::DealRegister(_) => "Registration",
        Mutation::DealEdit(_) => "Edit",
        Mutation::RegistrationSubmit(_) => "Registration",
        Mutation::RegistrationReview(_) => "Review",
        Mutation::RegistrationDecide(_) => "Decision",
        Mutation::RegistrationWithdraw(_) => "Withdrawal",
        Mutation::MessageSend(_) => "Message",
        Mutation::RoomRead(_) => "Read mark",
        Mutation::PlanSchedule(_) => "Go-live date",
        Mutation::MilestoneAdd(_) => "New milestone",
        Mutation::MilestoneEdit(_) => "Changed milestone",
        Mutation::MilestoneComplete(_) => "Finished milestone",
        Mutation::MilestoneReopen(_) => "Reopened milestone",
        Mutation::MilestoneRestore(_) => "Finished milestone",
        Mutation::MilestoneRemove(_) => "Removed milestone",
        Mutation::DealShare(_) => "Shared deal",
        Mutation::DealUnshare(_) => "Taken-back deal",
        Mutation::MemberRemove(_) => "Removed person",
        Mutation::PartnershipEnd(_) => "Ended partnership",
        Mutation::LeaseSet(_) => "Changed lease",
        Mutation::RowPut(_) => "Row of Today",
    }
}

/// What a person wrote with a change, each value with its label. The label of running text is empty.
pub(crate) fn facts(mutation: &Mutation) -> Vec<(&'static str, String)> {
    match mutation {
        Mutation::DealRegister(register) => vec![
            ("Title", register.title.clone()),
            ("Customer", register.customer.name.clone()),
            ("Domain", register.customer.domain.clone()),
            ("Country", register.customer.country.clone()),
            ("Product", register.product.clone()),
            ("Region", register.region.clone()),
            ("Amount", money(&register.amount)),
            ("Expected close", register.close_date.to_string()),
            ("Needs", register.need.clone()),
        ],
        Mutation::DealEdit(edit) => edit.patch.iter().map(|patch| deal_value(&patch.value)).collect(),
        Mutation::RegistrationDecide(decide) => match &decide.decision {
            Decision::Approve => vec![("Decision", "approved".to_owned())],
            Decision::Reject { rule, evidence } => vec![
                ("Decision", format!("rejected: {}", crate::map::rejection_words(*rule))),
                ("Evidence", evidence.clone()),
            ],
        },
        Mutation::MessageSend(send) => vec![("", send.body.clone())],
        Mutation::PlanSchedule(schedule) => vec![("Go-live", day(schedule.go_live))],
        Mutation::MilestoneAdd(add) => vec![
            ("Milestone", add.title.clone()),
            ("Owner", owner(add.owner_side).to_owned()),
            ("Due", day(add.due)),
            ("Done when", add.done_condition.clone()),
        ],
        Mutation::MilestoneEdit(edit) => edit.patch.iter().map(|patch| step_value(&patch.value)).collect(),
        Mutation::OrganizationAdd(add) => vec![("Company", add.name.clone())],
        Mutation::AccountsPut(put) => {
            let one = |account: &domain::mutation::AccountDraft| {
                let parts =
                    [&account.name, &account.domain, &account.country, &account.industry, &account.owner];
                let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).cloned().collect();
                ("Account", parts.join(", "))
            };
            put.accounts.iter().map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// A value of a deal and its label.
pub(crate) fn deal_value(value: &DealValue) -> (&'static str, String) {
    match value {
        DealValue::Title(title) => ("Title", title.clone()),
        DealValue::Amount(amount) => ("Amount", money(amount)),
        DealValue::CloseDate(date) => ("Expected close", date.to_string()),
        DealValue::Stage(stage) => ("Stage", stage_word(*stage).to_owned()),
        DealValue::Need(need) => ("Needs", need.clone()),
        DealValue::Customer(customer) => ("Customer", format!("{} ({})", customer.name, customer.domain)),
        DealValue::Product(product) => ("Product", product.clone()),
        DealValue::Region(region) => ("Region", region.clone()),
    }
}

fn step_value(value: &MilestoneValue) -> (&'static str, String) {
    match value {
        MilestoneValue::Title(title) => ("Milestone", title.clone()),
        MilestoneValue::Owner(side, _) => ("Owner", owner(*side).to_owned()),
        MilestoneValue::Due(due) => ("Due", day(*due)),
        MilestoneValue::DoneCondition(condition) => ("Done when", condition.clone()),
    }
}

/// Everything a change says, one value a line; its words when it says nothing.
pub(crate) fn written(mutation: &Mutation) -> String {
    let facts = facts(mutation).into_iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> = facts
        .map(|(label, value)| if label.is_empty() { value } else { format!("{label}: {value}") })
        .collect();
    if lines.is_empty() { words(mutation).to_owned() } else { lines.join("\n") }
}

fn money(amount: &Money) -> String {
    let (sign, minor) = (if amount.minor < 0 { "-" } else { "" }, amount.minor.unsigned_abs());
    format!("{} {sign}{}.{:02}", amount.currency, minor / 100, minor % 100)
}

fn day(day: Option<Date>) -> String {
    day.map_or_else(|| "none".to_owned(), |day| day.to_string())
}

fn owner(side: OwnerSide) -> &'static str {
    match side {
        OwnerSide::Vendor => "the vendor",
        OwnerSide::Partner => "the partner",
        OwnerSide::Customer => "the customer",
    }
}

fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Prospect => "Prospect",
        Stage::Qualified => "Qualified",
        Stage::TechnicalValidation => "Technical fit",
        Stage::BusinessValidation => "Business case",
        Stage::Committed => "Committed",
        Stage::Launched => "Won",
        Stage::ClosedLost => "Lost",
    }
}
