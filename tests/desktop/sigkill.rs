//! The application dies at random moments while there is no hub. Nothing it said it kept may be lost or
//! doubled. Runs in a desktop session, because the key of the profile has to outlive the process.
#![expect(clippy::unwrap_used, reason = "a test that is surprised fails")]

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use app::dto::{ActionPlanView, DealWindow, Done, MilestoneForm, OwnerSideName, ProgramSummary, RoomWindow};
use journeys::hub::{HubProcess, program};
use journeys::person::Person;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The application of one person in a process of its own.
struct AppProcess {
    child: Child,
    address: String,
    http: reqwest::Client,
}

impl AppProcess {
    async fn start(profile: &Path) -> Result<Self> {
        // Sets up the process-wide cipher provider that the client needs.
        sync::Dial::network(None)?;
        let mut child = Command::new(program("devhost")?)
            .args(["--port", "0", "--system-keychain", "--profile"])
            .arg(profile)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let address = loop {
            let line = lines.next_line().await?.ok_or_else(|| anyhow!("the application ended at start"))?;
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.to_owned();
            }
        };
        Ok(Self { child, address, http: reqwest::Client::new() })
    }

    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        command: &str,
        args: &impl serde::Serialize,
    ) -> Result<T> {
        let address = format!("{}/rpc/{command}", self.address);
        let answer = self.http.post(address).json(args).send().await?;
        let good = answer.status().is_success();
        let body: Value = answer.json().await?;
        if !good {
            bail!("{command}: {body}");
        }
        Ok(serde_json::from_value(body)?)
    }
}

/// What Alice wants to have done, in order; each step can tell from what is stored whether it was.
struct Plan {
    program: String,
    deal: String,
    milestones: Vec<String>,
}

impl Plan {
    async fn deals(&self, alice: &AppProcess) -> Result<Vec<String>> {
        let asked = json!({
            "lens": { "program": null, "counterpart": null }, "text": "", "stage": null, "court": null,
            "status": null, "include_closed": true, "sort": "title", "offset": 0, "limit": 50,
        });
        let window: DealWindow = alice.ask("deal_list", &asked).await?;
        Ok(window.rows.into_iter().map(|row| row.title).collect())
    }

    async fn messages(&self, alice: &AppProcess) -> Result<Vec<String>> {
        let asked = json!({ "program": self.program, "deal": self.deal, "before": null, "limit": 200 });
        let room: RoomWindow = alice.ask("room_window", &asked).await?;
        Ok(room.messages.into_iter().map(|message| message.body).collect())
    }

    async fn ticked(&self, alice: &AppProcess) -> Result<Vec<String>> {
        let plan: ActionPlanView =
            alice.ask("plan_get", &json!({ "program": self.program, "id": self.deal })).await?;
        let done = plan.milestones.into_iter().filter(|milestone| milestone.done_at.is_some());
        Ok(done.map(|milestone| milestone.id).collect())
    }

    /// Does the next thing that is not done yet; `false` when everything is.
    async fn step(&self, alice: &AppProcess, form: &Value) -> Result<bool> {
        if !self.deals(alice).await?.contains(&"Offline deal".to_owned()) {
            let _: Done = alice.ask("deal_register", form).await?;
            return Ok(true);
        }
        let said = self.messages(alice).await?;
        let ticked = self.ticked(alice).await?;
        for number in 1..=20 {
            let body = format!("Message {number}");
            if !said.contains(&body) {
                let send =
                    json!({ "program": self.program, "deal": self.deal, "body": body, "reply_to": null });
                let _: Done = alice.ask("message_send", &send).await?;
                return Ok(true);
            }
            // A milestone is ticked after every sixth message.
            let due = self.milestones.get(number / 6 - usize::from(number >= 6)).filter(|_| number % 6 == 0);
            if let Some(milestone) = due.filter(|milestone| !ticked.contains(milestone)) {
                let tick = json!({ "program": self.program, "deal": self.deal, "milestone": milestone });
                let _: Done = alice.ask("milestone_complete", &tick).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_and_double_nothing() -> Result<()> {
    let mut hub = HubProcess::start().await?;
    let mut bob = Person::new("Bob").await?;
    bob.join(&hub.founding).await?;
    let link = bob.add_partner("Northbeam").await?.link;
    bob.settled().await?;

    let profile = tempfile::tempdir()?;
    let mut alice = AppProcess::start(profile.path()).await?;
    let join = json!({
        "link": link, "your_name": "Alice", "device_name": "laptop", "program_name": "", "company_name": "",
    });
    let joined: ProgramSummary = alice.ask("program_join", &join).await?;
    let form = |title: &str, domain: &str| {
        let form = bob.form(title, domain);
        serde_json::to_value(app::dto::DealForm { program: joined.id.clone(), ..form })
    };
    let made: Done = alice.ask("deal_register", &form("Online deal", "online.example")?).await?;
    let mut plan = Plan { program: joined.id.clone(), deal: made.id.unwrap(), milestones: Vec::new() };
    for title in ["First", "Second", "Third"] {
        let add = MilestoneForm {
            program: plan.program.clone(),
            deal: plan.deal.clone(),
            milestone: None,
            title: title.to_owned(),
            owner_side: OwnerSideName::Partner,
            due: None,
            done_condition: String::new(),
        };
        let made: Done = alice.ask("milestone_add", &add).await?;
        plan.milestones.push(made.id.unwrap());
    }
    bob.until("the deal and its plan", async || {
        let view: ActionPlanView = bob.ask("plan_get", bob.one(&plan.deal)).await?;
        Ok((view.milestones.len() == 3).then_some(()))
    })
    .await?;

    hub.kill().await?;
    let form = form("Offline deal", "offline.example")?;
    let mut luck: u64 = 20_261_101;
    for _ in 0..10 {
        luck = luck.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(luck >> 33 & 0x7f);
        // Whatever is under way when the time has come is cut off in the middle.
        let worked = tokio::time::timeout(moment, async {
            while plan.step(&alice, &form).await? {}
            Ok::<_, anyhow::Error>(())
        });
        if let Ok(Err(error)) = worked.await {
            bail!("before the kill: {error:#}");
        }
        alice.child.kill().await?;
        alice = AppProcess::start(profile.path()).await?;
    }
    while plan.step(&alice, &form).await? {}
    let expected: Vec<String> = (1..=20).map(|number| format!("Message {number}")).collect();
    ensure!(plan.messages(&alice).await? == expected, "the seller's own window shows every message once");

    hub.restart().await?;
    let _: Value = alice.ask("sync_now", &Value::Null).await?;
    bob.ask::<_, app::dto::SyncStatus>("sync_now", ()).await?;
    let seen = bob
        .until("everything on the other side", async || {
            let messages: Vec<String> =
                bob.room(&plan.deal).await?.into_iter().map(|message| message.body).collect();
            let view: ActionPlanView = bob.ask("plan_get", bob.one(&plan.deal)).await?;
            let deals = bob.deals().await?.len();
            Ok((messages.len() >= 20 && view.done == 3 && deals == 2).then_some(messages))
        })
        .await?;
    ensure!(seen == expected, "every message exactly once and in order, but Bob sees {seen:?}");
    let mut titles: Vec<String> = bob.deals().await?.into_iter().map(|row| row.title).collect();
    titles.sort();
    ensure!(titles == ["Offline deal", "Online deal"], "{titles:?}");
    Ok(())
}
