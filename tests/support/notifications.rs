//! A notification service on the session bus that remembers what it was asked to show, and clicks.
//!
//! Only one may run on a bus, which is one more reason to run these tests in `tests/desktop/session`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use zbus::Connection;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;

use service::Service;

const PATH: &str = "/org/freedesktop/Notifications";

/// One notification as the service got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What the service calls it.
    pub id: u32,
    /// First line.
    pub title: String,
    /// Text, in the markup of the specification.
    pub body: String,
    /// Keys of its actions.
    pub actions: Vec<String>,
    /// What is on its buttons, in the order of the keys.
    pub labels: Vec<String>,
}

/// The running service.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    shown: Arc<Mutex<Vec<Shown>>>,
}

impl Notifications {
    /// Takes the well-known name on the session bus.
    ///
    /// # Errors
    /// Without a bus, or when somebody already has the name.
    pub async fn start() -> Result<Self> {
        Self::start_with(&["actions", "body", "body-markup"]).await
    }

    /// As [`Notifications::start`], a service that shows no buttons.
    ///
    /// # Errors
    /// As [`Notifications::start`].
    pub async fn start_without_buttons() -> Result<Self> {
        Self::start_with(&["body"]).await
    }

    async fn start_with(capabilities: &'static [&'static str]) -> Result<Self> {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let connection = zbus::connection::Builder::session()
            .context("there is no session bus: run this in tests/desktop/session")?
            .name("org.freedesktop.Notifications")?
            .serve_at(PATH, Service { shown: Arc::clone(&shown), capabilities })?
            .build()
            .await
            .context("no notification service could be started on this bus")?;
        Ok(Self { connection, shown })
    }

    /// Everything that was shown so far.
    pub fn shown(&self) -> Vec<Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a click on a notification sends.
    ///
    /// # Errors
    /// When the bus is gone.
    pub async fn click(&self, id: u32) -> Result<()> {
        self.press(id, "default").await
    }

    /// What a click on a button of a notification sends first. Services then close it, but a listener that comes a moment
    /// late would take the close for the answer, and no person clicks that fast.
    ///
    /// # Errors
    /// When the bus is gone.
    pub async fn press(&self, id: u32, action: &str) -> Result<()> {
        let emitter = SignalEmitter::new(&self.connection, PATH)?;
        Service::action_invoked(&emitter, id, action).await?;
        Ok(())
    }
}

/// The service itself, in a module of its own because the macro writes public items without documentation.
mod service {
    use super::*;

    pub(super) struct Service {
        pub(super) shown: Arc<Mutex<Vec<Shown>>>,
        pub(super) capabilities: &'static [&'static str],
    }

    #[zbus::interface(name = "org.freedesktop.Notifications")]
    impl Service {
        #[expect(clippy::too_many_arguments, reason = "the specification has as many")]
        fn notify(
            &self,
            _application: String,
            _replaces: u32,
            _icon: String,
            title: String,
            body: String,
            actions: Vec<String>,
            _hints: HashMap<String, OwnedValue>,
            _timeout: i32,
        ) -> u32 {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            let id = u32::try_from(shown.len()).unwrap_or(u32::MAX).saturating_add(1);
            // Keys and labels take turns.
            let labels = actions.iter().skip(1).step_by(2).cloned().collect();
            let actions = actions.into_iter().step_by(2).collect();
            shown.push(Shown { id, title, body, actions, labels });
            id
        }

        fn close_notification(&self, _id: u32) {}

        fn get_capabilities(&self) -> Vec<String> {
            self.capabilities.iter().map(|&one| one.to_owned()).collect()
        }

        fn get_server_information(&self) -> (String, String, String, String) {
            ("Lockstep tests".into(), "Lockstep".into(), "1".into(), "1.2".into())
        }

        /// A person acted on a notification.
        #[zbus(signal)]
        pub(super) async fn action_invoked(
            emitter: &SignalEmitter<'_>,
            id: u32,
            action: &str,
        ) -> zbus::Result<()>;
    }
}
