//! Walks through the places of the real window on the demo world and leaves a picture of each: two sizes,
//! light and dark. `./dev pictures` builds what is shown, gives it a screen, a bus and a keyring, and runs
//! this; docs/design-review.md says what was found in the pictures.
//!
//! The first argument is the folder. Further ones choose walks: `seller`, `offline`, `vendor`, `empty`,
//! `start`.

use anyhow::{Context as _, Result, ensure};
use journeys::desktop::{Launch, Window, room, text};
use journeys::hub::HubProcess;
use journeys::world::World;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZES: [(u32, u32); 2] = [(1280, 800), (1440, 900)];
const THEMES: [&str; 2] = ["light", "dark"];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let (folder, walks) = words.split_first().context("the folder for the pictures is missing")?;
    let album = Album { folder: PathBuf::from(folder) };
    fs::create_dir_all(&album.folder)?;
    let wanted = |walk: &str| walks.is_empty() || walks.iter().any(|word| word == walk);

    let scratch = tempfile::tempdir()?;
    if wanted("seller") || wanted("offline") || wanted("vendor") {
        let world = World::build(scratch.path()).await?;
        let seller = Launch::new("seller", &world.seller).open().await?;
        seller.find("[data-test=today]").await?;
        if wanted("seller") {
            album.places_of_a_seller(&seller).await.context("the seller's places")?;
        }
        let vendor = Launch::new("vendor", &world.vendor).open().await?;
        vendor.find("[data-test=today]").await?;
        if wanted("offline") {
            album.without_a_line(&seller, &vendor).await.context("without a line")?;
        }
        if wanted("vendor") {
            album.places_of_a_vendor(&vendor).await.context("the vendor's places")?;
        }
        seller.close().await?;
        vendor.close().await?;
    }
    if wanted("empty") {
        album.first_day(&scratch.path().join("founder")).await.context("the first day")?;
    }
    if wanted("start") {
        album.without_a_keyring(&scratch.path().join("locked")).await.context("without a keyring")?;
    }
    Ok(())
}

/// Where the pictures go.
struct Album {
    folder: PathBuf,
}

impl Album {
    /// Takes the window as it is, in each size and theme.
    async fn take(&self, window: &Window, name: &str) -> Result<()> {
        // The window under the pointer has the focus, and shows where: nothing is under it here but the window.
        ensure!(Command::new("xdotool").args(["mousemove", "4", "500"]).status()?.success(), "no pointer");
        for (width, height) in SIZES {
            window.client().set_window_size(width, height).await?;
            for theme in THEMES {
                let dress = "document.documentElement.dataset.theme = arguments[0]";
                window.run(dress, vec![json!(theme)]).await?;
                // A frame to be laid out in, one to be drawn in, and time for what fades.
                window
                    .wait_for(
                        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => \
                         setTimeout(done, 150))))",
                    )
                    .await?;
                let file = self.folder.join(format!("{name}-{width}-{theme}.png"));
                fs::write(file, window.client().screenshot().await?)?;
            }
        }
        Ok(())
    }

    async fn places_of_a_seller(&self, seller: &Window) -> Result<()> {
        self.take(seller, "today").await?;

        seller.press("g d").await?;
        seller.find("[data-test=deal-row]").await?;
        self.take(seller, "deals").await?;
        seller.click("filter-stage").await?;
        self.take(seller, "deals-stage-menu").await?;
        seller.press("Escape").await?;
        seller.fill("deal-filter", "polder").await?;
        seller
            .until("the filtered deals", "document.querySelectorAll('[data-test=deal-row]').length < 9")
            .await?;
        self.take(seller, "deals-filtered").await?;
        seller.fill("deal-filter", "no deal has these words").await?;
        seller.find("[data-test=empty]").await?;
        self.take(seller, "deals-nothing").await?;
        seller.fill("deal-filter", "").await?;

        seller.press("c").await?;
        seller.find("[data-test=register-form]").await?;
        self.take(seller, "register").await?;
        seller.press("mod+Enter").await?;
        seller.find("[aria-invalid=true]").await?;
        self.take(seller, "register-errors").await?;
        for (hook, text) in [
            ("register-customer", "Polder Port Authority"),
            ("register-domain", "polderport.example"),
            ("register-title", "Polder rollout, phase two"),
            ("register-amount", "41.5k"),
            ("register-close", "end of jan"),
        ] {
            seller.fill(hook, text).await?;
        }
        seller.find("[data-test=similar]").await?;
        seller.click("register-more").await?;
        seller.find("[data-test=rules-check]").await?;
        self.take(seller, "register-similar").await?;
        seller.go("/deals").await?;

        seller.open_room("Polder rollout").await?;
        self.take(seller, "room").await?;
        seller.run("document.querySelector('[data-test=facts] summary').click()", vec![]).await?;
        self.take(seller, "room-details").await?;
        seller.run("document.querySelector('[data-test=facts] summary').click()", vec![]).await?;
        seller.press("p").await?;
        seller.press("j").await?;
        self.take(seller, "room-plan").await?;
        seller.press("Enter").await?;
        seller.find("[data-test=milestone-editor]").await?;
        self.take(seller, "room-milestone-editor").await?;
        seller.run("document.activeElement.blur()", vec![]).await?;
        seller.go("/deals").await?;
        seller.open_room("Polder rollout").await?;
        seller.press("s").await?;
        seller.find("[data-test=edit-deal]").await?;
        self.take(seller, "room-edit-deal").await?;
        seller.press("Escape").await?;
        seller.until("no dialog", "!document.querySelector('[data-test=edit-deal]')").await?;
        seller.press("r").await?;
        seller.find("[data-test=replying]").await?;
        seller
            .fill(
                "composer",
                "Yes: quay 7 stays in phase one.\nI write it into chapter 3 and send it tonight.",
            )
            .await?;
        self.take(seller, "room-reply").await?;
        seller.fill("composer", "").await?;

        seller.press("mod+k").await?;
        seller.find("[data-test=palette-entry]").await?;
        self.take(seller, "palette").await?;
        seller.fill("palette-input", "po").await?;
        seller.until("what was found", "document.body.innerText.includes('Polder Port')").await?;
        self.take(seller, "palette-found").await?;
        seller.fill("palette-input", "xylophone").await?;
        self.take(seller, "palette-nothing").await?;
        seller.press("Escape").await?;
        seller.until("no palette", "!document.querySelector('[data-test=palette]')").await?;
        seller.press("?").await?;
        seller.find("[data-test=key-sheet]").await?;
        self.take(seller, "keys").await?;
        seller.press("Escape").await?;
        seller.until("no key sheet", "!document.querySelector('[data-test=key-sheet]')").await?;

        seller.press("g a").await?;
        seller.find("[data-test=account-row]").await?;
        self.take(seller, "accounts").await?;
        seller.go("/accounts/import").await?;
        seller.find("[data-test=import-drop]").await?;
        self.take(seller, "import").await?;
        choose_file(seller).await?;
        seller.find("[data-test=import-outcome]").await?;
        self.take(seller, "import-preview").await?;
        seller.click("import-start").await?;
        seller.find("[data-test=import-run][data-state=finished]").await?;
        self.take(seller, "import-finished").await?;

        seller.press("g e").await?;
        seller.find("[data-test=member]").await?;
        self.take(seller, "people").await?;
        seller.go("/rules").await?;
        seller.find("[data-test=rules-terms]").await?;
        self.take(seller, "rules").await?;
        seller.find("[data-test=rules-version]:last-child").await?;
        seller.run("document.querySelector('[data-test=rules-versions]').scrollIntoView()", vec![]).await?;
        self.take(seller, "rules-versions").await?;
        seller.go("/search").await?;
        seller.find("[data-test=search-start]").await?;
        seller.fill("search-input", "polder").await?;
        seller.find("[data-test=hit]").await?;
        self.take(seller, "search").await?;
        for tab in ["sync", "devices", "security", "appearance", "general", "diagnostics"] {
            seller.go(&format!("/settings?tab={tab}")).await?;
            seller.find(&format!("[data-test=tab-{tab}][aria-selected=true]")).await?;
            self.take(seller, &format!("settings-{tab}")).await?;
        }
        Ok(())
    }

    /// What waits, what was refused, and what is longer than anybody planned for.
    async fn without_a_line(&self, seller: &Window, vendor: &Window) -> Result<()> {
        let pending = seller.deal("submitted").await?;
        let offline = json!({ "on": true });
        seller.rpc("work_offline", &offline).await?;
        seller.go("/deals").await?;
        seller.open_room("Polder rollout").await?;
        for text in ["I am on the train. The scope is in chapter 3.", "Quay 7 stays in phase one."] {
            seller.say(text).await?;
        }
        self.take(seller, "offline-room").await?;
        let long = json!({
            "program": text(&pending, "program")?, "deal": null, "customer":
            "Norddeutsche Binnenhafen- und Umschlaggesellschaft Brunsbüttel mbH & Co. KG",
            "domain": "binnenhafen-brunsbuettel.example",
            "title": "Vertragsverlängerung Datenhaltung Umschlagterminal Nord einschließlich Zollabwicklung",
            "amount": { "minor": 1_250_000_000, "currency": "EUR" }, "close_date": "2027-03-31",
            "country": "DE", "product": "", "region": "", "need": "", "submit": true,
        });
        let options =
            seller.rpc("register_options", &json!({ "program": text(&pending, "program")? })).await?;
        let mut long = long;
        for (name, list) in [("product", "products"), ("region", "regions")] {
            let first = options.get(list).and_then(|list| list.get(0)).cloned().unwrap_or(json!(""));
            if let Some(form) = long.as_object_mut() {
                form.insert(name.to_owned(), first);
            }
        }
        seller.rpc("deal_register", &long).await?;
        seller.go("/deals").await?;
        seller.see("Vertragsverlängerung").await?;
        self.take(seller, "offline-deals").await?;
        seller.open_room("Vertragsverlängerung").await?;
        seller.find("[data-test=registration-bar]").await?;
        self.take(seller, "offline-long-room").await?;
        let of = json!({ "program": text(&pending, "program")?, "id": text(&pending, "id")? });
        seller.rpc("registration_withdraw", &of).await?;
        seller.go("/settings?tab=sync").await?;
        seller.find("[data-test=waiting-item]").await?;
        self.take(seller, "offline-waiting").await?;
        seller.go("/").await?;
        seller.find("[data-test=today]").await?;
        self.take(seller, "offline-today").await?;

        // Meanwhile the vendor decides what the seller takes back.
        vendor.approves(&pending).await?;
        seller.rpc("work_offline", &json!({ "on": false })).await?;
        seller.go("/settings?tab=sync").await?;
        seller.find("[data-test=refusal]").await?;
        self.take(seller, "needs-you").await?;
        seller.go(&room(&pending)?).await?;
        seller.find("[data-test=room-needs-you]").await?;
        self.take(seller, "needs-you-room").await?;
        seller.go("/settings?tab=sync").await?;
        seller.click("refusal-discard").await?;
        seller.see("discarded change").await?;
        self.take(seller, "needs-you-discarded").await
    }

    async fn places_of_a_vendor(&self, vendor: &Window) -> Result<()> {
        vendor.go("/").await?;
        vendor.find("[data-test=today]").await?;
        self.take(vendor, "vendor-today").await?;
        vendor.click("lens").await?;
        self.take(vendor, "vendor-lens").await?;
        vendor.press("Escape").await?;
        vendor.press("g d").await?;
        vendor.find("[data-test=deal-row]").await?;
        self.take(vendor, "vendor-deals").await?;
        let open = vendor.deal("in_review").await?;
        vendor.go(&room(&open)?).await?;
        vendor.find("[data-test=approve]").await?;
        self.take(vendor, "vendor-decide").await?;
        vendor.click("reject").await?;
        vendor.find("[data-test=reject-dialog]").await?;
        self.take(vendor, "vendor-reject").await?;
        vendor.press("Escape").await?;
        let held = vendor.deal("conflict_hold").await?;
        vendor.go(&room(&held)?).await?;
        vendor.find("[data-test=finding]").await?;
        self.take(vendor, "vendor-held").await?;
        vendor.press("g a").await?;
        vendor.find("[data-test=account-row]").await?;
        self.take(vendor, "vendor-accounts").await?;
        vendor.press("m").await?;
        vendor.find("[data-test=mark-dialog]").await?;
        self.take(vendor, "vendor-mark").await?;
        vendor.press("Escape").await?;
        vendor.press("g e").await?;
        vendor.find("[data-test=member]").await?;
        self.take(vendor, "vendor-people").await
    }

    /// A hub on which nothing has happened, from the start screen on.
    async fn first_day(&self, profile: &Path) -> Result<()> {
        let hub = HubProcess::start().await?;
        let founder = Launch::new("founder", profile).open().await?;
        founder.find("[data-test=join-link]").await?;
        self.take(&founder, "start").await?;
        founder.fill("join-link", "https://example.com/nothing").await?;
        founder.find("[data-test=join-trouble]").await?;
        self.take(&founder, "start-no-invitation").await?;
        founder.fill("join-link", &hub.founding).await?;
        founder.find("[data-test=invitation-preview]").await?;
        self.take(&founder, "start-invitation").await?;
        founder.found_program().await?;
        for (keys, name) in [("g t", "today"), ("g d", "deals"), ("g a", "accounts"), ("g e", "people")] {
            founder.press(keys).await?;
            let title = format!("document.title.toLowerCase().startsWith('{name}')");
            founder.until("the place", &title).await?;
            self.take(&founder, &format!("empty-{name}")).await?;
        }
        founder.go("/rules").await?;
        founder.press("e").await?;
        founder.find("[data-test=rules-form]").await?;
        self.take(&founder, "rules-editor").await?;
        founder.fill("rules-protection_days", "60").await?;
        founder.click("rules-try").await?;
        founder.find("[data-test=replay]").await?;
        founder.run("document.querySelector('[data-test=replay]').scrollIntoView()", vec![]).await?;
        self.take(&founder, "rules-tried").await?;
        founder.press("g e").await?;
        founder.find("[data-test=member]").await?;
        founder.click("add-partner").await?;
        founder.find("[data-test=add-partner-dialog]").await?;
        self.take(&founder, "add-partner").await?;
        founder.fill("partner-name", "Kestrel Logistics").await?;
        founder.click("add-partner-create").await?;
        founder.find("[data-test=invitation-link]").await?;
        self.take(&founder, "invitation").await?;
        founder.click("add-partner-done").await?;
        founder.click("invite").await?;
        founder.find("[data-test=invite-dialog]").await?;
        self.take(&founder, "invite").await?;
        founder.close().await
    }

    /// Where there is no keyring, a passphrase opens the data.
    async fn without_a_keyring(&self, profile: &Path) -> Result<()> {
        let launch = || {
            Launch::new("locked", profile)
                .environment("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
                .open()
        };
        let window = launch().await?;
        window.find("[data-test=passphrase]").await?;
        self.take(&window, "passphrase-choose").await?;
        window.fill("passphrase", "four quiet harbour cranes").await?;
        window.fill("passphrase-again", "four quiet harbour cranes").await?;
        self.take(&window, "passphrase-chosen").await?;
        window.click("passphrase-submit").await?;
        window.find("[data-test=join-link]").await?;
        window.close().await?;
        let window = launch().await?;
        window.find("[data-test=passphrase]").await?;
        window.fill("passphrase", "not this one").await?;
        window.click("passphrase-submit").await?;
        window.find("[aria-invalid=true]").await?;
        self.take(&window, "passphrase-enter").await?;
        window.close().await
    }
}

/// Hands a small customer list to the import, with rows that are known and rows that are wrong.
async fn choose_file(window: &Window) -> Result<()> {
    let script = "
        const rows = ['Firma;Webseite;Land',
            'Polder Port Authority;polderport.example;NL', 'Brightwater Foods;brightwater.example;GB',
            'Werft Brunsbüttel;werft-brunsbuettel.example;DE', ';nameless.example;DE',
            'Quayside Cold Storage;not a domain;GB', 'Norra Hamnen;norrahamnen.example;SE'];
        const input = document.querySelector('[data-test=import-file]');
        const held = new DataTransfer();
        held.items.add(new File([rows.join('\\r\\n')], 'customers-november.csv', { type: 'text/csv' }));
        input.files = held.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));";
    window.run(script, vec![]).await.map(drop)
}
