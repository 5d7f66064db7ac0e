//! What goes on without the window: the choice. The shell does it.

use crate::app::{App, held};
use crate::dto::{Background, CommandError, Done, Tag};
use crate::map;
use std::sync::Arc;
use store::DeviceFile;

/// Settings under which the choice is kept; each is `on` or not there.
const KEEP_IN_TRAY: &str = "keep_in_tray";
const START_WITH_SYSTEM: &str = "start_with_system";

impl App {
    /// What goes on without the window.
    pub fn background(&self) -> Background {
        *held(&self.background)
    }

    pub(crate) async fn background_set(self: &Arc<Self>, asked: Background) -> Result<Done, CommandError> {
        let session = self.session()?;
        for (name, on) in [(KEEP_IN_TRAY, asked.keep_in_tray), (START_WITH_SYSTEM, asked.start_with_system)] {
            let value = if on { "on" } else { "off" };
            session.device.set_setting(name, value).await.map_err(|error| map::store_error(&error))?;
        }
        *held(&self.background) = asked;
        self.tell(&[Tag::App]);
        Ok(Done::default())
    }
}

/// The choice as it is kept on this device.
pub(crate) async fn kept(device: &DeviceFile) -> Result<Background, CommandError> {
    let on = async |name| -> Result<bool, CommandError> {
        let value = device.setting(name).await.map_err(|error| map::store_error(&error))?;
        Ok(value.as_deref() == Some("on"))
    };
    Ok(Background { keep_in_tray: on(KEEP_IN_TRAY).await?, start_with_system: on(START_WITH_SYSTEM).await? })
}
