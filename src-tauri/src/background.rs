//! What goes on without the window, as the person chose: an icon in the tray, and a start with the system.
//! Closed to the tray, the page and its processes are gone; sync and notifications go on.

use std::sync::Arc;

use app::dto::Background;
use auto_launch::{AutoLaunch, AutoLaunchBuilder};
use tauri::AppHandle;
use tokio::sync::broadcast::error::RecvError;

use crate::arguments::Arguments;
use crate::state::Core;

/// Does what the person chose, now and whenever they choose anew.
pub async fn follow(handle: AppHandle, core: Arc<Core>, arguments: Arguments) {
    let Ok(app) = core.app().await else { return };
    let mut changes = app.changes();
    let mut before = Background::default();
    let mut language = app.language();
    let mut on_you = core.on_you.subscribe();
    let mut tray = tray::Tray::new(handle, Arc::clone(&core));
    loop {
        let wanted = app.background();
        if wanted.keep_in_tray != before.keep_in_tray {
            tray.show(wanted.keep_in_tray).await;
        }
        if wanted != before
            && let Some(entry) = entry(&arguments)
        {
            start_with_system(&entry, wanted.start_with_system);
        }
        if language != app.language() {
            language = app.language();
            tray.say_anew().await;
        }
        before = wanted;
        tokio::select! {
            change = changes.recv() => {
                if matches!(change, Err(RecvError::Closed)) {
                    return;
                }
            }
            Ok(()) = on_you.changed() => {
                let count = *on_you.borrow_and_update();
                tray.count(count).await;
            }
        }
    }
}

/// The entry among what the system starts; none for the demo, which keeps nothing.
fn entry(arguments: &Arguments) -> Option<AutoLaunch> {
    if arguments.demo {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let mut given = vec!["--background".to_owned()];
    if let Some(profile) = &arguments.profile {
        given.extend(["--profile".to_owned(), profile.to_str()?.to_owned()]);
    }
    let built = AutoLaunchBuilder::new()
        .set_app_name("Lockstep")
        .set_app_path(program.to_str()?)
        .set_args(&given)
        .build();
    built.map_err(|error| tracing::warn!("no start with the system: {error}")).ok()
}

/// Written anew every time: an update may have moved the program.
fn start_with_system(entry: &AutoLaunch, wanted: bool) {
    let is = entry.is_enabled().unwrap_or(false);
    let done = match (wanted, is) {
        (true, _) => entry.enable(),
        (false, true) => entry.disable(),
        (false, false) => Ok(()),
    };
    if let Err(error) = done {
        tracing::warn!(wanted, "the start with the system could not be changed: {error}");
    }
}

#[cfg(target_os = "linux")]
mod tray {
    use super::*;
    use crate::{badge, shell};
    use ksni::menu::StandardItem;
    use ksni::{Handle, MenuItem, OfflineReason, ToolTip, TrayMethods as _};

    /// The icon, while it is wanted.
    pub struct Tray {
        icon: Icon,
        shown: Option<Handle<Icon>>,
    }

    impl Tray {
        pub fn new(handle: AppHandle, core: Arc<Core>) -> Self {
            let count = *core.on_you.borrow();
            Self { icon: Icon { handle, core, count }, shown: None }
        }

        /// Says how much waits for the person.
        pub async fn count(&mut self, count: usize) {
            self.icon.count = count;
            if let Some(shown) = &self.shown {
                shown.update(|icon| icon.count = count).await;
            }
        }

        pub async fn show(&mut self, wanted: bool) {
            if let Some(shown) = self.shown.take() {
                shown.shutdown().await;
            }
            self.icon.core.set_tray(false);
            if !wanted {
                return;
            }
            self.icon.core.set_tray(true);
            // The desktop may bring its tray later than us; until then there is none.
            match self.icon.clone().assume_sni_available(true).spawn().await {
                Ok(shown) => self.shown = Some(shown),
                Err(error) => {
                    self.icon.core.set_tray(false);
                    tracing::info!("there is no tray: {error}");
                }
            }
        }
    }

    impl Tray {
        /// Has the desktop ask for the words of the menu again.
        pub async fn say_anew(&self) {
            if let Some(shown) = &self.shown {
                shown.update(|_| {}).await;
            }
        }
    }

    #[derive(Clone)]
    struct Icon {
        handle: AppHandle,
        core: Arc<Core>,
        /// How much waits for the person.
        count: usize,
    }

    impl Icon {
        fn words(&self, say: impl FnOnce() -> String) -> String {
            app::words::speaking(self.core.language(), say)
        }
    }

    impl ksni::Tray for Icon {
        fn id(&self) -> String {
            "app.lockstep.desktop".to_owned()
        }

        fn title(&self) -> String {
            self.words(|| badge::words(self.count))
        }

        fn tool_tip(&self) -> ToolTip {
            ToolTip { title: self.words(|| badge::words(self.count)), ..ToolTip::default() }
        }

        fn overlay_icon_pixmap(&self) -> Vec<ksni::Icon> {
            if self.count == 0 {
                return Vec::new();
            }
            let (width, data) = badge::dot();
            vec![ksni::Icon { width, height: width, data }]
        }

        fn icon_name(&self) -> String {
            "lockstep".to_owned()
        }

        /// For when the icon is not installed.
        fn icon_pixmap(&self) -> Vec<ksni::Icon> {
            let Some(icon) = self.handle.default_window_icon() else { return Vec::new() };
            let (Ok(width), Ok(height)) = (i32::try_from(icon.width()), i32::try_from(icon.height())) else {
                return Vec::new();
            };
            let mut data = icon.rgba().to_vec();
            // To alpha, red, green, blue.
            data.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
            vec![ksni::Icon { width, height, data }]
        }

        fn activate(&mut self, _x: i32, _y: i32) {
            shell::bring_forward(&self.handle);
        }

        fn menu(&self) -> Vec<MenuItem<Self>> {
            let open = StandardItem {
                label: self.words(|| app::say!("Open Lockstep")),
                activate: Box::new(|icon: &mut Self| shell::bring_forward(&icon.handle)),
                ..StandardItem::default()
            };
            let quit = StandardItem {
                label: self.words(|| app::say!("Quit")),
                activate: Box::new(|icon: &mut Self| shell::leave(&icon.handle)),
                ..StandardItem::default()
            };
            vec![open.into(), MenuItem::Separator, quit.into()]
        }

        fn watcher_online(&self) {
            self.core.set_tray(true);
        }

        /// Without a tray nobody would find a program that has no window.
        fn watcher_offline(&self, _: OfflineReason) -> bool {
            self.core.set_tray(false);
            shell::bring_back(&self.handle);
            true
        }
    }
}

/// On other systems closing the window ends the program.
#[cfg(not(target_os = "linux"))]
mod tray {
    use super::*;

    pub struct Tray;

    impl Tray {
        pub fn new(_: AppHandle, _: Arc<Core>) -> Self {
            Self
        }

        #[expect(clippy::unused_async, reason = "as on Linux")]
        pub async fn show(&mut self, _: bool) {}

        #[expect(clippy::unused_async, reason = "as on Linux")]
        pub async fn say_anew(&self) {}

        #[expect(clippy::unused_async, reason = "as on Linux")]
        pub async fn count(&mut self, _: usize) {}
    }
}
