//! A tray on the session bus: it takes items as a panel does, and clicks on them.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use zbus::{Connection, Proxy};

use service::Watcher;

/// The running tray.
#[derive(Debug)]
pub struct Tray {
    connection: Connection,
    items: Arc<Mutex<Vec<String>>>,
}

impl Tray {
    /// Takes the well-known name of the tray on the session bus.
    ///
    /// # Errors
    /// Without a bus, or when somebody already has the name.
    pub async fn start() -> Result<Self> {
        let items = Arc::new(Mutex::new(Vec::new()));
        let connection = zbus::connection::Builder::session()
            .context("there is no session bus: run this in tests/desktop/session")?
            .name("org.kde.StatusNotifierWatcher")?
            .serve_at("/StatusNotifierWatcher", Watcher { items: Arc::clone(&items) })?
            .build()
            .await
            .context("no tray could be started on this bus")?;
        Ok(Self { connection, items })
    }

    /// Names of the items that are in it.
    pub fn items(&self) -> Vec<String> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What an item calls itself.
    ///
    /// # Errors
    /// When the item is gone.
    pub async fn title(&self, item: &str) -> Result<String> {
        Ok(self.item(item).await?.get_property("Title").await?)
    }

    /// A click on an item.
    ///
    /// # Errors
    /// When the item is gone.
    pub async fn click(&self, item: &str) -> Result<()> {
        self.item(item).await?.call_method("Activate", &(0, 0)).await?;
        Ok(())
    }

    /// Takes the tray away, as when a panel ends.
    ///
    /// # Errors
    /// When the bus is gone.
    pub async fn stop(self) -> Result<()> {
        self.connection.close().await?;
        Ok(())
    }

    async fn item(&self, item: &str) -> Result<Proxy<'_>> {
        let name = item.to_owned();
        Ok(Proxy::new(&self.connection, name, "/StatusNotifierItem", "org.kde.StatusNotifierItem").await?)
    }
}

/// The service itself, in a module of its own because the macro writes public items without documentation.
mod service {
    use super::*;

    #[derive(Debug)]
    pub(super) struct Watcher {
        pub(super) items: Arc<Mutex<Vec<String>>>,
    }

    #[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
    impl Watcher {
        fn register_status_notifier_item(&self, service: String) {
            self.items.lock().unwrap_or_else(PoisonError::into_inner).push(service);
        }

        fn register_status_notifier_host(&self, _service: String) {}

        #[zbus(property)]
        fn is_status_notifier_host_registered(&self) -> bool {
            true
        }

        #[zbus(property)]
        fn protocol_version(&self) -> i32 {
            0
        }

        #[zbus(property)]
        fn registered_status_notifier_items(&self) -> Vec<String> {
            self.items.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }
}
