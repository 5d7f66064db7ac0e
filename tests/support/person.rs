//! A person with the application on a device of their own, without a window.

use crate::hub::HubProcess;
use anyhow::{anyhow, bail};
use app::dto::{
    AppState, DealForm, DealQuery, DealRow, DealSort, DealWindow, ImportJob, ImportOf, ImportRequest,
    ImportState, InvitationCreate, InvitationKind, InvitationLink, Lens, MessageRow, Money, OneOf,
    OrganizationAdd, ProgramJoin, ProgramSummary, RoleName, RoomQuery, RoomWindow, SyncStatus,
};
use app::{App, Keychain, Options};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::{Handle, RuntimeFlavor};

/// How long anything that has to travel may take before a journey fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A form filled in as far as it has to be, to be submitted.
pub fn deal_form(program: &str, title: &str, domain: &str) -> DealForm {
    DealForm {
        program: program.to_owned(),
        deal: None,
        customer: format!("{title} B.V."),
        domain: domain.to_owned(),
        title: title.to_owned(),
        amount: Money { minor: 4_150_000, currency: "EUR".to_owned() },
        close_date: "2027-01-30".to_owned(),
        country: "NL".to_owned(),
        product: String::new(),
        region: String::new(),
        need: "Quay sensors in phase one".to_owned(),
        contact: String::new(),
        duns: String::new(),
        tender: false,
        submit: true,
    }
}

/// Bob founds Halden's program; Alice joins it as Northbeam's first administrator.
///
/// # Errors
/// When the hub does not start or refuses.
pub async fn halden_and_northbeam() -> anyhow::Result<(HubProcess, Person, Person)> {
    let hub = HubProcess::start().await?;
    let mut bob = Person::new("Bob").await?;
    bob.join(&hub.founding).await?;
    let invitation = bob.add_partner("Northbeam").await?;
    bob.settled().await?;
    let mut alice = Person::new("Alice").await?;
    alice.join(&invitation.link).await?;
    Ok((hub, bob, alice))
}

/// A person. Dropping them removes their profile folder.
#[derive(Debug)]
pub struct Person {
    /// First name, for messages of failed journeys.
    pub name: &'static str,
    /// The application.
    pub app: Arc<App>,
    /// The program joined.
    pub program: String,
    keychain: Keychain,
    folder: TempDir,
}

impl Person {
    /// Opens the application on an empty profile whose key lives in memory.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn new(name: &'static str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let app = open(folder.path(), Keychain::Memory).await?;
        Ok(Self { name, app, program: String::new(), keychain: Keychain::Memory, folder })
    }

    /// Opens the application again after it was closed, with the passphrase that opens its vault.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn reopen(&mut self, passphrase: &str) -> anyhow::Result<()> {
        self.app = open(self.folder.path(), self.keychain.clone()).await?;
        let passphrase = app::dto::Passphrase { passphrase: passphrase.to_owned() };
        self.ask::<_, AppState>("vault_passphrase", passphrase).await.map(drop)
    }

    /// The id of a company of the program, by its name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn counterpart(&self, name: &str) -> anyhow::Result<String> {
        let found = self.summary().await?.counterparts.into_iter().find(|company| company.name == name);
        found.map(|company| company.id).ok_or_else(|| anyhow!("{} knows no {name}", self.name))
    }

    /// The profile folder.
    pub fn profile(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// How this person's keychain is reached.
    pub fn keychain(&self) -> &Keychain {
        &self.keychain
    }

    /// Runs a command.
    ///
    /// # Errors
    /// The command's own error, as text with its code.
    pub async fn ask<A: Serialize, T: DeserializeOwned>(&self, command: &str, args: A) -> anyhow::Result<T> {
        let args = serde_json::to_value(args)?;
        match self.app.dispatch(command, args).await {
            Ok(answer) => Ok(serde_json::from_value(answer)?),
            Err(error) => bail!("{} · {command}: {:?}: {}", self.name, error.code, error.message),
        }
    }

    /// Takes an invitation under this person's name and remembers the program.
    ///
    /// # Errors
    /// When the hub refuses.
    pub async fn join(&mut self, link: &str) -> anyhow::Result<ProgramSummary> {
        let joined: ProgramSummary = self
            .ask(
                "program_join",
                ProgramJoin {
                    link: link.to_owned(),
                    your_name: self.name.to_owned(),
                    device_name: format!("{}'s laptop", self.name),
                    program_name: "Halden Partner Program".to_owned(),
                    company_name: "Halden Systems".to_owned(),
                },
            )
            .await?;
        self.program.clone_from(&joined.id);
        Ok(joined)
    }

    /// Adds a partner company; returns the link for its first administrator.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn add_partner(&self, name: &str) -> anyhow::Result<InvitationLink> {
        self.ask("organization_add", OrganizationAdd { program: self.program.clone(), name: name.to_owned() })
            .await
    }

    /// Makes a link for a further device of one's own.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn device_link(&self) -> anyhow::Result<InvitationLink> {
        let organization = self.summary().await?.me.organization;
        self.ask(
            "invitation_create",
            InvitationCreate {
                program: self.program.clone(),
                organization,
                kind: InvitationKind::Device,
                role: RoleName::Seller,
                days: 1,
            },
        )
        .await
    }

    /// The joined program.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn summary(&self) -> anyhow::Result<ProgramSummary> {
        let state: AppState = self.ask("app_state", ()).await?;
        let mut programs = state.programs.into_iter();
        programs.find(|program| program.id == self.program).ok_or_else(|| anyhow!("{} is out", self.name))
    }

    /// A filled registration form.
    pub fn form(&self, title: &str, domain: &str) -> DealForm {
        deal_form(&self.program, title, domain)
    }

    /// Registers a deal and returns its id.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn register(&self, title: &str, domain: &str) -> anyhow::Result<String> {
        let done: app::dto::Done = self.ask("deal_register", self.form(title, domain)).await?;
        done.id.ok_or_else(|| anyhow!("no deal"))
    }

    /// Imports a list of accounts and waits until it is written.
    ///
    /// # Errors
    /// When it cannot be read, or is refused.
    pub async fn import(&self, csv: impl Into<Vec<u8>>) -> anyhow::Result<ImportJob> {
        let uploaded = self.app.upload("accounts.csv".to_owned(), csv.into()).await;
        let upload = uploaded.map_err(|error| anyhow!(error.message))?.upload;
        let request = ImportRequest { program: self.program.clone(), upload, sheet: None, mapping: None };
        let job: ImportJob = self.ask("import_start", request).await?;
        self.until("the import to end", async || {
            let job: ImportJob = self.ask("import_status", ImportOf { job: job.id.clone() }).await?;
            Ok((job.state != ImportState::Running).then_some(job))
        })
        .await
    }

    /// Says something in a room.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn say(&self, deal: &str, body: &str) -> anyhow::Result<()> {
        let send = app::dto::MessageSend {
            program: self.program.clone(),
            deal: deal.to_owned(),
            message: None,
            body: body.to_owned(),
            reply_to: None,
        };
        self.ask::<_, app::dto::Done>("message_send", send).await.map(drop)
    }

    /// The newest messages of a room, oldest first.
    ///
    /// # Errors
    /// When the room is not here.
    pub async fn room(&self, deal: &str) -> anyhow::Result<Vec<MessageRow>> {
        let asked =
            RoomQuery { program: self.program.clone(), deal: deal.to_owned(), before: None, limit: 200 };
        Ok(self.ask::<_, RoomWindow>("room_window", asked).await?.messages)
    }

    /// All deals.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn deals(&self) -> anyhow::Result<Vec<DealRow>> {
        let asked = DealQuery {
            lens: Lens::default(),
            text: String::new(),
            stage: None,
            court: None,
            status: None,
            include_closed: true,
            sort: DealSort::Activity,
            offset: 0,
            limit: 200,
        };
        Ok(self.ask::<_, DealWindow>("deal_list", asked).await?.rows)
    }

    /// One object of the joined program, as an argument.
    pub fn one(&self, id: &str) -> OneOf {
        OneOf { program: self.program.clone(), id: id.to_owned() }
    }

    /// The sync page.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sync(&self) -> anyhow::Result<SyncStatus> {
        self.ask("sync_status", ()).await
    }

    /// Waits until `look` finds something, looking again whenever anything changes on the device.
    ///
    /// # Errors
    /// After [`PATIENCE`], with `what` and the last error.
    pub async fn until<T>(
        &self,
        what: &str,
        look: impl AsyncFn() -> anyhow::Result<Option<T>>,
    ) -> anyhow::Result<T> {
        let mut changes = self.app.changes();
        let mut last = None;
        let found = tokio::time::timeout(PATIENCE, async {
            loop {
                match look().await {
                    Ok(Some(found)) => return found,
                    Ok(None) => last = None,
                    Err(error) => last = Some(error),
                }
                // A change or, for what no change announces, a short while.
                let _ = tokio::time::timeout(Duration::from_millis(200), changes.recv()).await;
            }
        });
        match found.await {
            Ok(found) => Ok(found),
            Err(_) => bail!("{} waited in vain for {what}; last error: {last:?}", self.name),
        }
    }

    /// Waits until nothing waits to be sent and the line is online.
    ///
    /// # Errors
    /// After [`PATIENCE`].
    pub async fn settled(&self) -> anyhow::Result<()> {
        self.until("everything to be sent", async || {
            let status = self.sync().await?;
            let online = status.connection == app::dto::Connection::Online;
            Ok((online && status.waiting == 0).then_some(()))
        })
        .await
    }
}

impl Drop for Person {
    /// When a process ends, SQLCipher wipes its memory, and a connection that some thread still closes takes the
    /// process with it: so they are closed before a journey is over.
    #[expect(clippy::disallowed_methods, reason = "only on a runtime of several threads")]
    fn drop(&mut self) {
        let app = Arc::clone(&self.app);
        match Handle::try_current() {
            Ok(runtime) if runtime.runtime_flavor() == RuntimeFlavor::MultiThread => {
                tokio::task::block_in_place(|| runtime.block_on(app.close()));
            }
            _ => {}
        }
    }
}

/// Opens the application on a profile.
///
/// # Errors
/// When it cannot be opened.
pub async fn open(profile: &Path, keychain: Keychain) -> anyhow::Result<Arc<App>> {
    let options = Options { profile: profile.to_owned(), keychain, dial: None, demo: false };
    App::open(options).await.map_err(|error| anyhow!(error.message))
}
