//! What partner and vendor do with a registration.

use crate::app::App;
use crate::deals::Looked;
use crate::dto::{
    CommandError, DecisionForm, Done, ExtensionDecide, ExtensionRequest, ExtensionView, OneOf,
    RegistrationDecide, RegistrationSay, RegistrationView, Said, SplitView,
};
use crate::map;
use domain::entity::{Deal, Side};
use domain::mutation::{self, Decision};
use domain::{Actor, DealId, MemberId, Mutation, Timestamp, registration};
use std::sync::Arc;

impl App {
    pub(crate) async fn registration_review(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        self.registration(&asked.program, &asked.id, |deal| mutation::RegistrationReview { deal }.into())
            .await
    }

    pub(crate) async fn registration_ask(
        self: &Arc<Self>,
        asked: RegistrationSay,
    ) -> Result<Done, CommandError> {
        let text = asked.text;
        self.registration(&asked.program, &asked.deal, |deal| mutation::RegistrationAsk { deal, text }.into())
            .await
    }

    pub(crate) async fn registration_answer(
        self: &Arc<Self>,
        asked: RegistrationSay,
    ) -> Result<Done, CommandError> {
        let text = asked.text;
        self.registration(&asked.program, &asked.deal, |deal| {
            mutation::RegistrationAnswer { deal, text }.into()
        })
        .await
    }

    pub(crate) async fn registration_decide(
        self: &Arc<Self>,
        asked: RegistrationDecide,
    ) -> Result<Done, CommandError> {
        let decision = match asked.decision {
            DecisionForm::Approve => Decision::Approve,
            DecisionForm::Reject { rule, evidence } => {
                Decision::Reject { rule: map::rejection_of(rule), evidence }
            }
            DecisionForm::Hold { evidence } => Decision::Hold { evidence },
            DecisionForm::Share { basis_points, evidence } => Decision::Share { basis_points, evidence },
        };
        self.registration(&asked.program, &asked.deal, |deal| {
            mutation::RegistrationDecide { deal, decision }.into()
        })
        .await
    }

    pub(crate) async fn registration_withdraw(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        self.registration(&asked.program, &asked.id, |deal| mutation::RegistrationWithdraw { deal }.into())
            .await
    }

    /// Sends a registration again whose protection has ended.
    pub(crate) async fn registration_submit(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        self.registration(&asked.program, &asked.id, |deal| mutation::RegistrationSubmit { deal }.into())
            .await
    }

    pub(crate) async fn registration_convert(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        self.registration(&asked.program, &asked.id, |deal| mutation::RegistrationConvert { deal }.into())
            .await
    }

    pub(crate) async fn registration_appeal(
        self: &Arc<Self>,
        asked: RegistrationSay,
    ) -> Result<Done, CommandError> {
        let reason = asked.text;
        self.registration(&asked.program, &asked.deal, |deal| {
            mutation::RegistrationAppeal { deal, reason }.into()
        })
        .await
    }

    pub(crate) async fn extension_request(
        self: &Arc<Self>,
        asked: ExtensionRequest,
    ) -> Result<Done, CommandError> {
        let (until, reason) = (map::date(&asked.until)?, asked.reason);
        self.registration(&asked.program, &asked.deal, |deal| {
            mutation::ExtensionRequest { deal, until, reason }.into()
        })
        .await
    }

    pub(crate) async fn extension_decide(
        self: &Arc<Self>,
        asked: ExtensionDecide,
    ) -> Result<Done, CommandError> {
        let (granted, evidence) = (asked.granted, asked.evidence);
        self.registration(&asked.program, &asked.deal, |deal| {
            mutation::ExtensionDecide { deal, granted, evidence }.into()
        })
        .await
    }

    /// Does something to the registration of a deal.
    async fn registration(
        &self,
        program: &str,
        deal: &str,
        change: impl FnOnce(DealId) -> Mutation,
    ) -> Result<Done, CommandError> {
        let joined = self.program(program)?;
        let id = map::id(deal)?;
        self.act(&joined, Some(deal.to_owned()), change(id)).await
    }
}

/// Where a registration stands, and what was said about it.
pub(crate) fn view(looked: &Looked, deal: &Deal, me: &Actor) -> RegistrationView {
    let faces = &looked.faces;
    let said = |text: &str, by: MemberId, at: Timestamp| Said {
        text: text.to_owned(),
        by: faces.person(by),
        at: map::at(at),
    };
    let registration = &deal.registration;
    let answer = deal.question.as_ref().and_then(|question| question.answer.as_ref());
    RegistrationView {
        submitted_at: registration.submitted_at.map(map::at),
        decision_due: registration.decision_due.map(map::at),
        decided_by: registration.decided_by.map(|member| faces.person(member)),
        decided_at: registration.decided_at.map(map::at),
        protected_until: registration.protected_until.map(|day| day.to_string()),
        rejection_rule: registration.rule.map(map::rejection_words),
        rejection_evidence: registration.evidence.clone(),
        question: deal.question.as_ref().map(|asked| said(&asked.text, asked.by, asked.at)),
        answer: answer.map(|answer| said(&answer.text, answer.by, answer.at)),
        hold: deal.hold.as_ref().map(|hold| said(&hold.evidence, hold.by, hold.at)),
        split: deal
            .split
            .as_ref()
            .map(|split| SplitView { basis_points: split.basis_points, evidence: split.evidence.clone() }),
        extension: deal.extension.as_ref().map(|extension| ExtensionView {
            until: extension.until.to_string(),
            reason: said(&extension.reason, extension.by, extension.at),
            due: extension.due.map(map::at),
            granted: extension.answer.as_ref().map(|answer| answer.granted),
            answer: extension.answer.as_ref().map(|answer| said(&answer.evidence, answer.by, answer.at)),
        }),
        appeal: deal.appeal.as_ref().map(|appeal| said(&appeal.reason, appeal.by, appeal.at)),
        converted_at: deal.converted_at.map(map::at),
        // Guests of the room sell with the two; what was found is between those.
        finding: deal
            .finding
            .as_ref()
            .filter(|_| me.side == Side::Vendor || me.organization == deal.partner)
            .map(crate::engagement::finding),
        decided_by_rules: deal.decided_by_rules,
        second_share: faces.rules().1.second_share,
        protection_days: faces.directory.program.as_ref().map_or(90, |program| program.protection_days),
        may: registration::allowed(me, deal, App::now().date()).into_iter().map(map::action).collect(),
    }
}
