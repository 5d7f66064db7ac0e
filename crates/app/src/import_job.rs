//! The job that writes an imported list: in chunks, with progress and cancel, while the window lives.

use crate::app::{App, held};
use crate::dto::{CommandError, ImportJob, ImportOf, ImportPreview, ImportRequest, ImportState, Tag};
use crate::import::{AccountRowIn, Existing, Mapping, Table, Upload, preview, rows};
use crate::map;
use crate::people::Faces;
use crate::session::Joined;
use crate::words;
use domain::AccountId;
use domain::entity::{Account, Side};
use domain::mutation::{ACCOUNTS_PER_MUTATION, AccountDraft, AccountsPut};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::query::accounts::Existing as OnFile;

/// Finished jobs that are remembered, so that a window that comes back can show the summary.
const REMEMBERED: usize = 16;

/// Running and finished jobs of this run.
#[derive(Debug, Default)]
pub(crate) struct ImportJobs {
    next: u64,
    jobs: BTreeMap<u64, (ImportJob, Arc<AtomicBool>)>,
}

impl App {
    pub(crate) async fn import_preview(
        self: &Arc<Self>,
        asked: ImportRequest,
    ) -> Result<ImportPreview, CommandError> {
        let joined = self.program(&asked.program)?;
        let (existing, _) = existing(&joined).await?;
        let upload = self.uploaded(&asked.upload)?;
        let previewed = words::blocking(move || {
            let table = table(&upload, &asked)?;
            Ok(preview(&table, asked.mapping.as_deref(), &existing))
        });
        previewed.await.map_err(|error| CommandError::internal("reading a list", &error))?
    }

    pub(crate) async fn import_start(
        self: &Arc<Self>,
        asked: ImportRequest,
    ) -> Result<ImportJob, CommandError> {
        let joined = self.program(&asked.program)?;
        let (existing, on_file) = existing(&joined).await?;
        let upload = self.uploaded(&asked.upload)?;
        let name = upload.name().to_owned();
        let program = asked.program.clone();
        let checked = words::blocking(move || {
            let table = table(&upload, &asked)?;
            let mapping = Mapping::new(&table, asked.mapping.as_deref());
            let mut accounts = Vec::new();
            let mut skipped = 0;
            for row in rows(&table, &mapping, &existing) {
                match row {
                    Ok(row) => accounts.push(row),
                    Err(_) => skipped += 1,
                }
            }
            Ok::<_, CommandError>((accounts, skipped))
        });
        let (accounts, skipped) =
            checked.await.map_err(|error| CommandError::internal("reading a list", &error))??;
        let cancel = Arc::new(AtomicBool::new(false));
        let job = {
            let mut jobs = held(&self.imports);
            jobs.next += 1;
            let id = jobs.next;
            let job = ImportJob {
                id: id.to_string(),
                program,
                name,
                total: u32::try_from(accounts.len()).unwrap_or(u32::MAX),
                done: 0,
                skipped,
                state: ImportState::Running,
                message: None,
            };
            jobs.jobs.insert(id, (job.clone(), Arc::clone(&cancel)));
            while jobs.jobs.len() > REMEMBERED {
                jobs.jobs.pop_first();
            }
            job
        };
        let id = jobs_key(&job.id)?;
        let app = Arc::clone(self);
        let language = words::spoken();
        tokio::spawn(async move {
            words::in_language(language, app.write_accounts(id, &joined, accounts, &on_file, &cancel)).await;
        });
        self.tell(&[Tag::Imports]);
        Ok(job)
    }

    pub(crate) async fn import_status(self: &Arc<Self>, asked: ImportOf) -> Result<ImportJob, CommandError> {
        let id = jobs_key(&asked.job)?;
        let jobs = held(&self.imports);
        jobs.jobs.get(&id).map(|(job, _)| job.clone()).ok_or_else(|| CommandError::not_found("import"))
    }

    pub(crate) async fn import_list(self: &Arc<Self>, (): ()) -> Result<Vec<ImportJob>, CommandError> {
        Ok(held(&self.imports).jobs.values().rev().map(|(job, _)| job.clone()).collect())
    }

    pub(crate) async fn import_cancel(self: &Arc<Self>, asked: ImportOf) -> Result<ImportJob, CommandError> {
        let id = jobs_key(&asked.job)?;
        if let Some((_, cancel)) = held(&self.imports).jobs.get(&id) {
            cancel.store(true, Ordering::Relaxed);
        }
        self.import_status(asked).await
    }

    async fn write_accounts(
        &self,
        id: u64,
        joined: &Joined,
        rows: Vec<AccountRowIn>,
        on_file: &OnFile,
        cancel: &AtomicBool,
    ) {
        let me = match Faces::of(joined).await.and_then(|faces| faces.me().cloned()) {
            Ok(me) => me,
            Err(error) => return self.end_job(id, ImportState::Failed, Some(error.message)),
        };
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            if cancel.load(Ordering::Relaxed) {
                return self.end_job(id, ImportState::Cancelled, None);
            }
            let mut accounts = Vec::with_capacity(ACCOUNTS_PER_MUTATION);
            for row in rows.by_ref().take(ACCOUNTS_PER_MUTATION) {
                match draft(joined, row, on_file, me.side).await {
                    Ok(draft) => accounts.push(draft),
                    Err(error) => return self.end_job(id, ImportState::Failed, Some(error.message)),
                }
            }
            let written = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
            let put = AccountsPut { organization: me.organization, accounts };
            if let Err(error) = joined.commit(put).await {
                return self.end_job(id, ImportState::Failed, Some(error.message));
            }
            if let Some((job, _)) = held(&self.imports).jobs.get_mut(&id) {
                job.done = job.done.saturating_add(written);
            }
            self.tell(&[Tag::Imports]);
        }
        self.end_job(id, ImportState::Finished, None);
    }

    fn end_job(&self, id: u64, state: ImportState, message: Option<String>) {
        if let Some((job, _)) = held(&self.imports).jobs.get_mut(&id) {
            job.state = state;
            job.message = message;
        }
        self.tell(&[Tag::Imports, Tag::Accounts]);
    }
}

fn jobs_key(id: &str) -> Result<u64, CommandError> {
    id.parse().map_err(|_| CommandError::not_found("import"))
}

fn table(upload: &Upload, asked: &ImportRequest) -> Result<Table, CommandError> {
    upload
        .table(asked.sheet.as_deref())
        .map_err(|error| CommandError::new(crate::dto::Code::BadInput, error.to_string()))
}

/// What is on file already: for finding repeats, and which account is meant.
async fn existing(joined: &Joined) -> Result<(Existing, OnFile), CommandError> {
    let known =
        store::query::accounts::existing(&joined.store).await.map_err(|error| map::store_error(&error))?;
    let mut existing = Existing::default();
    for domain in known.by_domain.keys() {
        existing.add(Some(domain), "");
    }
    for name in known.by_name.keys() {
        existing.add(None, name);
    }
    // The rules of engagement look into the vendor's list: what it says of an account changes.
    let vendor = Faces::of(joined).await?.me()?.side == Side::Vendor;
    Ok((if vendor { existing.updating() } else { existing }, known))
}

/// A row of the list as it is written. What an account is to the vendor is for the vendor's own list.
async fn draft(
    joined: &Joined,
    row: AccountRowIn,
    on_file: &OnFile,
    side: Side,
) -> Result<AccountDraft, CommandError> {
    let vendor = side == Side::Vendor;
    let id = on_file.find(row.domain.as_deref().unwrap_or_default(), &row.name).filter(|_| row.on_file);
    let before: Option<Account> = match id {
        Some(id) => joined.store.entity(id).await.map_err(|error| map::store_error(&error))?,
        None => None,
    };
    let said = AccountDraft {
        account: id.unwrap_or_else(|| AccountId(map::new_id())),
        name: row.name,
        domain: row.domain.unwrap_or_default(),
        country: row.country.unwrap_or_default(),
        industry: row.industry.unwrap_or_default(),
        owner: row.owner.unwrap_or_default(),
        relation: row.relation.filter(|_| vendor),
        named: row.named.filter(|_| vendor),
        duns: row.duns,
        active_on: None,
    };
    // What the list does not say stays as it is.
    Ok(match before {
        None => said,
        Some(before) => {
            let before = AccountDraft::of(said.account, before);
            AccountDraft {
                relation: said.relation.or(before.relation),
                named: said.named.or(before.named),
                duns: said.duns.or(before.duns),
                ..before
            }
        }
    })
}
