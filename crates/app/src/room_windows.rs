//! Rooms in windows of their own: which are open, and where they stood. The shell opens and closes the windows;
//! this remembers them for the next start, in the device's encrypted file, and says which may be shown.

use crate::app::App;
use crate::dto::{Code, CommandError};
use crate::map;
use crate::session::Session;
use domain::{DealId, ProgramId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::DeviceFile;
use store::query::deals;

/// The setting under which they are kept.
const KEPT: &str = "room_windows";
/// Each is a page with processes of its own.
const MOST: usize = 8;

/// Where a window stood, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Left edge of the frame.
    pub x: i32,
    /// Upper edge of the frame.
    pub y: i32,
    /// Width of the page.
    pub width: i32,
    /// Height of the page.
    pub height: i32,
    /// Fills the screen; the rest is of the time before.
    pub maximized: bool,
}

/// A room in a window of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWindow {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// Where it stood; none when it was never closed.
    pub place: Option<Place>,
}

impl OwnWindow {
    /// Where its page is. The flag tells the page that it stands alone.
    pub fn route(&self) -> String {
        format!("/deals/{}/{}?alone", self.program, self.deal)
    }

    fn is(&self, program: &str, deal: &str) -> bool {
        self.program == program && self.deal == deal
    }
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    windows: Vec<OwnWindow>,
    /// Where the one that was closed last stood: the next one begins in its size.
    last: Option<Place>,
}

impl Open {
    /// Adds a window, or says how many there may be.
    fn add(&mut self, program: &str, deal: &str) -> Result<OwnWindow, usize> {
        if let Some(known) = self.windows.iter().find(|window| window.is(program, deal)) {
            return Ok(known.clone());
        }
        if self.windows.len() >= MOST {
            return Err(MOST);
        }
        let window = OwnWindow { program: program.to_owned(), deal: deal.to_owned(), place: self.last };
        self.windows.push(window.clone());
        Ok(window)
    }

    fn remove(&mut self, program: &str, deal: &str, place: Option<Place>) {
        self.windows.retain(|window| !window.is(program, deal));
        self.last = place.or(self.last);
    }

    fn put(&mut self, program: &str, deal: &str, place: Place) {
        if let Some(window) = self.windows.iter_mut().find(|window| window.is(program, deal)) {
            window.place = Some(place);
        }
    }
}

/// What was open in the last run. What cannot be read is as good as nothing.
pub(crate) async fn kept(device: &DeviceFile) -> Result<Open, CommandError> {
    let kept = device.setting(KEPT).await.map_err(|error| map::store_error(&error))?;
    Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
}

async fn keep(session: &Session, open: &Open) -> Result<(), CommandError> {
    let text = serde_json::to_string(open)
        .map_err(|error| CommandError::internal("keeping which windows are open", &error))?;
    session.device.set_setting(KEPT, &text).await.map_err(|error| map::store_error(&error))
}

impl App {
    /// Whether there is anything to show: nothing of a room is, before the vault is open.
    pub fn is_open(&self) -> bool {
        self.session().is_ok()
    }

    /// Remembers that a room gets a window of its own, and says where that stands.
    ///
    /// # Errors
    /// When the deal is not here, or there are too many windows.
    pub async fn room_window_open(
        self: &Arc<Self>,
        program: &str,
        deal: &str,
    ) -> Result<OwnWindow, CommandError> {
        let (looked, line) = self.one_deal(program, deal).await?;
        // As they are written here, however they were written there.
        let (program, deal) = (looked.joined.id.to_string(), line.id.to_string());
        let session = self.session()?;
        let mut open = session.room_windows.lock().await;
        let mut next = open.clone();
        let window = next.add(&program, &deal).map_err(|most| {
            let message = format!("{most} rooms have windows of their own already. Close one of them first.");
            CommandError::new(Code::BadInput, message)
        })?;
        keep(&session, &next).await?;
        *open = next;
        Ok(window)
    }

    /// Forgets the window of a room, which was closed where `place` says.
    ///
    /// # Errors
    /// When that cannot be written.
    pub async fn room_window_closed(
        &self,
        program: &str,
        deal: &str,
        place: Option<Place>,
    ) -> Result<(), CommandError> {
        self.change_room_windows(|open| open.remove(program, deal, place)).await
    }

    /// Remembers where windows stand that are about to go, and to come back: program, deal and place.
    ///
    /// # Errors
    /// When that cannot be written.
    pub async fn room_windows_stand(&self, windows: &[(String, String, Place)]) -> Result<(), CommandError> {
        let put = |open: &mut Open| {
            windows.iter().for_each(|(program, deal, place)| open.put(program, deal, *place));
        };
        self.change_room_windows(put).await
    }

    async fn change_room_windows(&self, change: impl FnOnce(&mut Open)) -> Result<(), CommandError> {
        let session = self.session()?;
        let mut open = session.room_windows.lock().await;
        let mut next = open.clone();
        change(&mut next);
        if next != *open {
            keep(&session, &next).await?;
            *open = next;
        }
        Ok(())
    }

    /// The windows to open again. One whose deal is not here any more is forgotten; one whose program only
    /// waits stays remembered.
    ///
    /// # Errors
    /// While the vault is not open.
    pub async fn room_windows(&self) -> Result<Vec<OwnWindow>, CommandError> {
        let session = self.session()?;
        let windows = session.room_windows.lock().await.windows.clone();
        let (mut shown, mut gone) = (Vec::new(), Vec::new());
        for window in windows {
            let program = map::id::<ProgramId>(&window.program).ok();
            match program.and_then(|program| session.program(program)) {
                Some(joined) if joined.store.is_locked() => {}
                Some(joined) => match map::id::<DealId>(&window.deal) {
                    Ok(deal) => match deals::get(&joined.store, deal).await {
                        Ok(Some(_)) => shown.push(window),
                        Ok(None) => gone.push(window),
                        Err(error) => tracing::warn!(%error, "looking for the deal of a window"),
                    },
                    Err(_) => gone.push(window),
                },
                None if session.shut().iter().any(|shut| Some(shut.joined.program) == program) => {}
                None => gone.push(window),
            }
        }
        if !gone.is_empty() {
            let forget =
                |open: &mut Open| gone.iter().for_each(|one| open.remove(&one.program, &one.deal, None));
            self.change_room_windows(forget).await?;
        }
        Ok(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { x: 10, y: 20, width: 900, height: 700, maximized: false };

    #[test]
    fn a_room_has_one_window_and_a_new_one_begins_where_the_last_was_closed() {
        let mut open = Open::default();
        assert_eq!(open.add("p", "1").unwrap().place, None);
        assert_eq!(open.add("p", "1").unwrap(), open.windows[0]);
        assert_eq!(open.windows.len(), 1);
        open.remove("p", "1", Some(PLACE));
        assert_eq!(open.windows, []);
        assert_eq!(open.add("p", "2").unwrap().place, Some(PLACE));
    }

    #[test]
    fn what_goes_with_the_program_comes_back_where_it_stood() {
        let mut open = Open::default();
        open.add("p", "1").unwrap();
        open.put("p", "1", PLACE);
        open.put("p", "unknown", PLACE);
        let kept = serde_json::to_string(&open).unwrap();
        let again: Open = serde_json::from_str(&kept).unwrap();
        assert_eq!(again.windows.iter().map(|window| window.place).collect::<Vec<_>>(), [Some(PLACE)]);
    }

    #[test]
    fn there_are_only_so_many() {
        let mut open = Open::default();
        for number in 0..MOST {
            open.add("p", &number.to_string()).unwrap();
        }
        assert_eq!(open.add("p", "one more"), Err(MOST));
        assert!(open.add("p", "0").is_ok());
    }

    #[test]
    fn a_route_tells_the_page_that_it_stands_alone() {
        let window = OwnWindow { program: "p".into(), deal: "1".into(), place: None };
        assert_eq!(window.route(), "/deals/p/1?alone");
    }
}
