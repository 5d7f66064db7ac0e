//! The seller's program dies at random moments while there is no hub. Nothing it said it kept may be lost or
//! doubled: the vendor's window shows every item once, in order. Both are the real program in its own process.

use anyhow::{Context as _, Result, bail, ensure};
use app::dto::{
    ActionPlanView, DealForm, DealWindow, Done, InvitationLink, MilestoneForm, MilestoneOwner, OwnerSideName,
    ProgramSummary, RoomWindow, SyncStatus,
};
use journeys::desktop::{Launch, Window, eventually};
use journeys::hub::HubProcess;
use journeys::person::deal_form;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// How often the seller's program is killed.
const KILLS: u64 = 10;

async fn ask<T: DeserializeOwned>(window: &Window, command: &str, args: &impl Serialize) -> Result<T> {
    let answer = window.rpc(command, &serde_json::to_value(args)?).await?;
    serde_json::from_value(answer).with_context(|| format!("the answer to {command}"))
}

/// Opens a profile; one whose last program was just killed may still be held for a moment.
async fn open(name: &str, profile: &Path) -> Result<Window> {
    let window = Launch::new(name, profile).open().await?;
    eventually("an open profile", async || {
        if window.rpc("app_state", &Value::Null).await?.get("vault") == Some(&json!("open")) {
            return Ok(Some(()));
        }
        window.rpc("vault_retry", &Value::Null).await.ok();
        Ok(None)
    })
    .await?;
    Ok(window)
}

async fn join(window: &Window, link: &str, name: &str) -> Result<ProgramSummary> {
    let join = json!({
        "link": link, "your_name": name, "device_name": "laptop",
        "program_name": "Halden Partner Program", "company_name": "Halden Systems",
    });
    ask(window, "program_join", &join).await
}

/// What Alice wants to have done, in order; each step can tell from what is stored whether it was.
struct Plan {
    program: String,
    deal: String,
    milestones: Vec<String>,
    form: DealForm,
}

impl Plan {
    async fn deals(&self, window: &Window) -> Result<Vec<String>> {
        let asked = json!({
            "lens": { "program": null, "counterpart": null }, "text": "", "stage": null, "court": null,
            "status": null, "include_closed": true, "sort": "title", "offset": 0, "limit": 50,
        });
        let deals: DealWindow = ask(window, "deal_list", &asked).await?;
        Ok(deals.rows.into_iter().map(|row| row.title).collect())
    }

    async fn messages(&self, window: &Window) -> Result<Vec<String>> {
        let asked = json!({ "program": self.program, "deal": self.deal, "before": null, "limit": 200 });
        let room: RoomWindow = ask(window, "room_window", &asked).await?;
        Ok(room.messages.into_iter().map(|message| message.body).collect())
    }

    async fn milestones(&self, window: &Window) -> Result<ActionPlanView> {
        ask(window, "plan_get", &json!({ "program": self.program, "id": self.deal })).await
    }

    /// Does the next thing that is not done yet; `false` when everything is.
    async fn step(&self, alice: &Window) -> Result<bool> {
        if !self.deals(alice).await?.contains(&self.form.title) {
            let _: Done = ask(alice, "deal_register", &self.form).await?;
            return Ok(true);
        }
        let said = self.messages(alice).await?;
        let plan = self.milestones(alice).await?.milestones;
        for number in 1..=20 {
            let body = format!("Message {number}");
            if !said.contains(&body) {
                let send =
                    json!({ "program": self.program, "deal": self.deal, "body": body, "reply_to": null });
                let _: Done = ask(alice, "message_send", &send).await?;
                return Ok(true);
            }
            // A milestone is ticked after every sixth message.
            let due = self.milestones.get(number / 6 - usize::from(number >= 6)).filter(|_| number % 6 == 0);
            let ticked = |id: &&String| plan.iter().any(|row| row.id == **id && row.done_at.is_some());
            if let Some(milestone) = due.filter(|milestone| !ticked(milestone)) {
                let tick = json!({ "program": self.program, "deal": self.deal, "milestone": milestone });
                let _: Done = ask(alice, "milestone_complete", &tick).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_kills_lose_nothing_and_double_nothing() -> Result<()> {
    let mut hub = HubProcess::start().await?;
    let (bobs, alices) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let bob = open("bob", bobs.path()).await?;
    let program = join(&bob, &hub.founding, "Bob").await?.id;
    let add = json!({ "program": program, "name": "Northbeam" });
    let invitation: InvitationLink = ask(&bob, "organization_add", &add).await?;
    eventually("the invitation at the hub", async || {
        let status: SyncStatus = ask(&bob, "sync_status", &Value::Null).await?;
        Ok((status.waiting == 0).then_some(()))
    })
    .await?;

    let mut alice = open("alice", alices.path()).await?;
    join(&alice, &invitation.link, "Alice").await?;
    let made: Done =
        ask(&alice, "deal_register", &deal_form(&program, "Online deal", "online.example")).await?;
    let mut plan = Plan {
        deal: made.id.context("no deal")?,
        milestones: Vec::new(),
        form: deal_form(&program, "Offline deal", "offline.example"),
        program,
    };
    for title in ["First", "Second", "Third"] {
        let add = MilestoneForm {
            program: plan.program.clone(),
            deal: plan.deal.clone(),
            title: title.to_owned(),
            owner: MilestoneOwner { side: OwnerSideName::Partner, person: None },
            due: None,
            done_condition: String::new(),
        };
        let made: Done = ask(&alice, "milestone_add", &add).await?;
        plan.milestones.push(made.id.context("no milestone")?);
    }
    eventually("the deal and its plan on the other side", async || {
        Ok((plan.milestones(&bob).await?.milestones.len() == 3).then_some(()))
    })
    .await?;

    hub.kill().await?;
    let mut luck: u64 = 20_261_101;
    for _ in 0..KILLS {
        luck = luck.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_millis(luck >> 33 & 0xff);
        // Whatever is under way when the time has come is cut off in the middle.
        let worked = tokio::time::timeout(moment, async {
            while plan.step(&alice).await? {}
            Ok::<_, anyhow::Error>(())
        });
        if let Ok(Err(error)) = worked.await {
            bail!("before the kill: {error:#}");
        }
        alice.kill();
        alice = open("alice", alices.path()).await?;
    }
    while plan.step(&alice).await? {}
    let expected: Vec<String> = (1..=20).map(|number| format!("Message {number}")).collect();
    ensure!(plan.messages(&alice).await? == expected, "the seller's own window shows every message once");

    hub.restart().await?;
    for window in [&alice, &bob] {
        let _: SyncStatus = ask(window, "sync_now", &Value::Null).await?;
    }
    eventually("everything on the other side", async || {
        let done = plan.milestones(&bob).await?.done == 3 && plan.deals(&bob).await?.len() >= 2;
        Ok((done && plan.messages(&bob).await?.len() >= 20).then_some(()))
    })
    .await?;
    let mut titles = plan.deals(&bob).await?;
    titles.sort();
    ensure!(titles == ["Offline deal", "Online deal"], "{titles:?}");

    // And what counts is what the person sees.
    let place = format!("/deals/{}/{}", plan.program, plan.deal);
    bob.run("history.pushState({}, '', arguments[0]); location.reload();", vec![json!(place)]).await?;
    bob.until("the room", "document.querySelectorAll('[data-test=message]').length >= 20").await?;
    let script = "return [...document.querySelectorAll('[data-test=message]')]
        .map((message) => message.innerText.match(/Message \\d+/)?.[0])";
    let seen: Vec<String> = serde_json::from_value(bob.run(script, Vec::new()).await?)?;
    ensure!(seen == expected, "every message exactly once and in order, but Bob sees {seen:?}");
    alice.close().await?;
    bob.close().await
}
