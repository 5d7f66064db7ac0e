//! The one list of commands. Every host (the desktop shell, the browser test host) dispatches through
//! it, and the TypeScript bindings are written from it, so a name exists in one place only.

use crate::dispatch::commands;
use crate::dto::*;

commands! {
    // Start, vault, joining.
    app_state(()) -> AppState,
    vault_retry(()) -> AppState,
    vault_passphrase(Passphrase) -> AppState,
    vault_start_over(()) -> AppState,
    invitation_inspect(InvitationInspect) -> InvitationPreview,
    program_join(ProgramJoin) -> ProgramSummary,
    program_sign_out(InProgram) -> Done,
    program_leave(InProgram) -> Done,
    work_offline(WorkOffline) -> SyncStatus,
    appearance_set(Appearance) -> Done,
    background_set(Background) -> Done,
    // A program whose file cannot be read.
    shut_retry(InProgram) -> AppState,
    shut_rescue(InProgram) -> SavedFile,
    shut_remove(InProgram) -> AppState,
    // Where the key is kept.
    security(()) -> Security,
    passphrase_change(PassphraseChange) -> Security,
    key_to_keychain(Passphrase) -> Security,
    key_to_passphrase(Passphrase) -> Security,
    // People.
    people(InProgram) -> People,
    organization_add(OrganizationAdd) -> InvitationLink,
    invitation_create(InvitationCreate) -> InvitationLink,
    invitation_revoke(OneOf) -> Done,
    member_remove(OneOf) -> Done,
    partnership_end(OneOf) -> Done,
    lease_set(LeaseSet) -> Done,
    // Today, deals, accounts.
    today(Through) -> Today,
    deal_list(DealQuery) -> DealWindow,
    deal_get(OneOf) -> DealDetail,
    deal_form(OneOf) -> DealForm,
    deal_similar(SimilarQuery) -> Vec<Similar>,
    register_options(InProgram) -> RegisterOptions,
    deal_register(DealForm) -> Done,
    deal_edit(DealEdit) -> Done,
    registration_review(OneOf) -> Done,
    registration_decide(RegistrationDecide) -> Done,
    registration_withdraw(OneOf) -> Done,
    deal_share(DealAccess) -> Done,
    deal_unshare(DealAccess) -> Done,
    account_list(AccountQuery) -> AccountWindow,
    // The room.
    room_window(RoomQuery) -> RoomWindow,
    message_send(MessageSend) -> Done,
    room_read(RoomRead) -> Done,
    plan_get(OneOf) -> ActionPlanView,
    plan_schedule(PlanSchedule) -> Done,
    milestone_add(MilestoneForm) -> Done,
    milestone_edit(MilestoneEdit) -> Done,
    milestone_complete(MilestoneOf) -> Done,
    milestone_reopen(MilestoneOf) -> Done,
    milestone_remove(MilestoneOf) -> Done,
    undo(Undo) -> Done,
    // Import.
    import_preview(ImportRequest) -> ImportPreview,
    import_start(ImportRequest) -> ImportJob,
    import_status(ImportOf) -> ImportJob,
    import_list(()) -> Vec<ImportJob>,
    import_cancel(ImportOf) -> ImportJob,
    // Sync and settings.
    sync_status(()) -> SyncStatus,
    sync_now(()) -> SyncStatus,
    refusal_retry(OneOf) -> Done,
    refusal_resend(RefusalResend) -> Done,
    refusal_discard(OneOf) -> Done,
    refusal_put_back(OneOf) -> Done,
    unsent_export(UnsentOf) -> Vec<SavedFile>,
    // What was there before, and what met.
    deal_history(OneOf) -> Vec<FieldChangeRow>,
    field_restore(OneOf) -> Done,
    overwritten_keep(OverwrittenKeep) -> Done,
    ended_seen(()) -> Done,
    palette(PaletteQuery) -> Vec<PaletteHit>,
    search(SearchQuery) -> SearchAnswer,
    search_recents(()) -> Vec<String>,
    search_remember(SearchText) -> Done,
    search_forget(()) -> Done,
    diagnostics_save(()) -> SavedFile,
}
