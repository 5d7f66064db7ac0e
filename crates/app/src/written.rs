//! What a change says, as text: for the list of what waits, for Copy, for files.

use crate::say;
use domain::entity::{LostReason, OwnerSide, Stage};
use domain::mutation::{DealValue, Decision, MilestoneValue};
use domain::{Date, Money, Mutation};

/// The words for a change that cannot be read here.
pub(crate) fn unknown() -> String {
    say!("A change by another version of Lockstep")
}

/// The words for one mutation.
pub(crate) fn words(mutation: &Mutation) -> String {
    match mutation {
        Mutation::ProgramCreate(_) => say!("Program"),
        Mutation::OrganizationAdd(_) => say!("New partner"),
        Mutation::InvitationCreate(_) => say!("Invitation"),
        Mutation::InvitationAccept(_) => say!("Joining"),
        Mutation::InvitationRevoke(_) => say!("Revoked invitation"),
        Mutation::DeviceRevoke(_) => say!("Signed-out device"),
        Mutation::MemberLeave(_) => say!("Leaving"),
        Mutation::AccountsPut(_) => say!("Imported accounts"),
        Mutation::DealRegister(_) => say!("Registration"),
        Mutation::DealEdit(_) => say!("Edit"),
        Mutation::RegistrationSubmit(_) => say!("Registration"),
        Mutation::RegistrationReview(_) => say!("Review"),
        Mutation::RegistrationDecide(_) => say!("Decision"),
        Mutation::RegistrationWithdraw(_) => say!("Withdrawal"),
        Mutation::MessageSend(_) => say!("Message"),
        Mutation::RoomRead(_) => say!("Read mark"),
        Mutation::PlanSchedule(_) => say!("Go-live date"),
        Mutation::MilestoneAdd(_) => say!("New milestone"),
        Mutation::MilestoneEdit(_) => say!("Changed milestone"),
        Mutation::MilestoneComplete(_) => say!("Finished milestone"),
        Mutation::MilestoneReopen(_) => say!("Reopened milestone"),
        Mutation::MilestoneRestore(_) => say!("Finished milestone"),
        Mutation::MilestoneRemove(_) => say!("Removed milestone"),
        Mutation::DealShare(_) => say!("Shared deal"),
        Mutation::DealUnshare(_) => say!("Taken-back deal"),
        Mutation::MemberRemove(_) => say!("Removed person"),
        Mutation::PartnershipEnd(_) => say!("Ended partnership"),
        Mutation::LeaseSet(_) => say!("Changed lease"),
        Mutation::RulesPublish(_) => say!("Rules of engagement"),
        Mutation::RowPut(_) => say!("Row of Today"),
        Mutation::RegistrationAsk(_) => say!("Question about a registration"),
        Mutation::RegistrationAnswer(_) => say!("Answer about a registration"),
        Mutation::RegistrationConvert(_) => say!("Deal taken on"),
        Mutation::RegistrationAppeal(_) => say!("Appeal"),
        Mutation::ExtensionRequest(_) => say!("Request for longer protection"),
        Mutation::ExtensionDecide(_) => say!("Decision about longer protection"),
    }
}

/// What a person wrote with a change, each value with its label. The label of running text is empty.
pub(crate) fn facts(mutation: &Mutation) -> Vec<(String, String)> {
    match mutation {
        Mutation::DealRegister(register) => vec![
            (say!("Title"), register.title.clone()),
            (say!("Customer"), register.customer.name.clone()),
            (say!("Domain"), register.customer.domain.clone()),
            (say!("Country"), register.customer.country.clone()),
            (say!("Product"), register.product.clone()),
            (say!("Region"), register.region.clone()),
            (say!("Amount"), money(&register.amount)),
            (say!("Expected close"), register.close_date.to_string()),
            (say!("Needs"), register.need.clone()),
            (say!("Contact"), register.contact.clone().unwrap_or_default()),
            (say!("DUNS number"), register.duns.clone().unwrap_or_default()),
            (say!("Public tender"), yes_or_no(register.tender == Some(true))),
        ],
        Mutation::DealEdit(edit) => edit.patch.iter().map(|patch| deal_value(&patch.value)).collect(),
        Mutation::RegistrationDecide(decide) => match &decide.decision {
            Decision::Approve => vec![(say!("Decision"), say!("approved"))],
            Decision::Reject { rule, evidence } => vec![
                (say!("Decision"), say!("rejected: {rule}", rule = crate::map::rejection_words(*rule))),
                (say!("Evidence"), evidence.clone()),
            ],
            Decision::Hold { evidence } => {
                vec![(say!("Decision"), say!("on hold")), (say!("Evidence"), evidence.clone())]
            }
            Decision::Share { basis_points, evidence } => {
                let percent = format!("{}.{:02}", basis_points / 100, basis_points % 100);
                vec![
                    (say!("Decision"), say!("approved at a share of {percent} %", percent = percent)),
                    (say!("Evidence"), evidence.clone()),
                ]
            }
        },
        Mutation::RegistrationAsk(ask) => vec![(String::new(), ask.text.clone())],
        Mutation::RegistrationAnswer(answer) => vec![(String::new(), answer.text.clone())],
        Mutation::RegistrationAppeal(appeal) => vec![(String::new(), appeal.reason.clone())],
        Mutation::ExtensionRequest(request) => vec![
            (say!("Protected until"), request.until.to_string()),
            (say!("Reason"), request.reason.clone()),
        ],
        Mutation::ExtensionDecide(decide) => vec![
            (say!("Decision"), if decide.granted { say!("granted") } else { say!("refused") }),
            (say!("Evidence"), decide.evidence.clone()),
        ],
        Mutation::RulesPublish(publish) => {
            let terms = crate::engagement::form(&publish.terms);
            vec![
                (say!("Version"), publish.version.to_string()),
                (say!("What is different"), publish.note.clone()),
                // Whoever publishes them once more needs every number.
                (say!("Rules of engagement"), serde_json::to_string(&terms).unwrap_or_default()),
            ]
        }
        Mutation::MessageSend(send) => vec![(String::new(), send.body.clone())],
        Mutation::PlanSchedule(schedule) => vec![(say!("Go-live"), day(schedule.go_live))],
        Mutation::MilestoneAdd(add) => vec![
            (say!("Milestone"), add.title.clone()),
            (say!("Owner"), owner(add.owner_side)),
            (say!("Due"), day(add.due)),
            (say!("Done when"), add.done_condition.clone()),
        ],
        Mutation::MilestoneEdit(edit) => edit.patch.iter().map(|patch| step_value(&patch.value)).collect(),
        Mutation::OrganizationAdd(add) => vec![(say!("Company"), add.name.clone())],
        Mutation::AccountsPut(put) => {
            let one = |account: &domain::mutation::AccountDraft| {
                let parts =
                    [&account.name, &account.domain, &account.country, &account.industry, &account.owner];
                let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).cloned().collect();
                (say!("Account"), parts.join(", "))
            };
            put.accounts.iter().map(one).collect()
        }
        _ => Vec::new(),
    }
}

/// A value of a deal and its label.
pub(crate) fn deal_value(value: &DealValue) -> (String, String) {
    match value {
        DealValue::Title(title) => (say!("Title"), title.clone()),
        DealValue::Amount(amount) => (say!("Amount"), money(amount)),
        DealValue::CloseDate(date) => (say!("Expected close"), date.to_string()),
        DealValue::Stage(stage) => (say!("Stage"), stage_word(*stage)),
        DealValue::Need(need) => (say!("Needs"), need.clone()),
        DealValue::Customer(customer) => {
            (say!("Customer"), format!("{} ({})", customer.name, customer.domain))
        }
        DealValue::Product(product) => (say!("Product"), product.clone()),
        DealValue::Region(region) => (say!("Region"), region.clone()),
        DealValue::Contact(contact) => (say!("Contact"), contact.clone()),
        DealValue::Duns(number) => (say!("DUNS number"), number.clone()),
        DealValue::Tender(tender) => (say!("Public tender"), yes_or_no(*tender)),
        DealValue::LostReason(reason) => (say!("Lost because"), reason.map(lost_words).unwrap_or_default()),
    }
}

/// Why a deal was lost, in words.
pub(crate) fn lost_words(reason: LostReason) -> String {
    match reason {
        LostReason::CustomerDeficiency => say!("The customer could not go on"),
        LostReason::ProjectCancelled => say!("The project was delayed or cancelled"),
        LostReason::Legal => say!("Legal, tax or regulation"),
        LostReason::CompetitorGoogle => say!("Lost to Google"),
        LostReason::CompetitorMicrosoft => say!("Lost to Microsoft"),
        LostReason::CompetitorSoftLayer => say!("Lost to SoftLayer"),
        LostReason::CompetitorVmware => say!("Lost to VMware"),
        LostReason::CompetitorOther => say!("Lost to another competitor"),
        LostReason::NoOpportunity => say!("There was no opportunity"),
        LostReason::OnPremises => say!("Stays on premises"),
        LostReason::PartnerGap => say!("A gap on the partner’s side"),
        LostReason::Price => say!("Price"),
        LostReason::Security => say!("Security or compliance"),
        LostReason::TechnicalLimitations => say!("Technical limits"),
        LostReason::CustomerExperience => say!("Customer experience"),
        LostReason::Other => say!("Another reason"),
        LostReason::Relationship => say!("People, relationship or governance"),
        LostReason::Product => say!("Product or technology"),
        LostReason::Commercial => say!("Financial or commercial"),
    }
}

/// A word for a switch.
pub(crate) fn yes_or_no(yes: bool) -> String {
    if yes { say!("yes") } else { say!("no") }
}

fn step_value(value: &MilestoneValue) -> (String, String) {
    match value {
        MilestoneValue::Title(title) => (say!("Milestone"), title.clone()),
        MilestoneValue::Owner(side, _) => (say!("Owner"), owner(*side)),
        MilestoneValue::Due(due) => (say!("Due"), day(*due)),
        MilestoneValue::DoneCondition(condition) => (say!("Done when"), condition.clone()),
    }
}

/// Everything a change says, one value a line; its words when it says nothing.
pub(crate) fn written(mutation: &Mutation) -> String {
    let facts = facts(mutation).into_iter().filter(|(_, value)| !value.is_empty());
    let lines: Vec<String> =
        facts.map(|(label, value)| if label.is_empty() { value } else { labelled(&label, &value) }).collect();
    if lines.is_empty() { words(mutation) } else { lines.join("\n") }
}

/// A value behind its label.
pub(crate) fn labelled(label: &str, value: &str) -> String {
    say!("{label}: {value}", label = label, value = value)
}

fn money(amount: &Money) -> String {
    let (sign, minor) = (if amount.minor < 0 { "-" } else { "" }, amount.minor.unsigned_abs());
    format!("{} {sign}{}.{:02}", amount.currency, minor / 100, minor % 100)
}

fn day(day: Option<Date>) -> String {
    day.map_or_else(|| say!("none"), |day| day.to_string())
}

fn owner(side: OwnerSide) -> String {
    match side {
        OwnerSide::Vendor => say!("the vendor"),
        OwnerSide::Partner => say!("the partner"),
        OwnerSide::Customer => say!("the customer"),
    }
}

fn stage_word(stage: Stage) -> String {
    match stage {
        Stage::Prospect => say!("Prospect"),
        Stage::Qualified => say!("Qualified"),
        Stage::TechnicalValidation => say!("Technical fit"),
        Stage::BusinessValidation => say!("Business case"),
        Stage::Committed => say!("Committed"),
        Stage::Launched => say!("Won"),
        Stage::ClosedLost => say!("Lost"),
    }
}
