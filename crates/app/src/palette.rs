//! What the palette finds on this device.

use crate::app::App;
use crate::dto::{CommandError, PaletteHit, PaletteKind, PaletteQuery};
use crate::map;
use std::sync::Arc;
use store::query::palette;

/// Hits of one kind.
const EACH: u32 = 6;

impl App {
    pub(crate) async fn palette(
        self: &Arc<Self>,
        asked: PaletteQuery,
    ) -> Result<Vec<PaletteHit>, CommandError> {
        let mut hits = Vec::new();
        for looked in self.through(&asked.lens).await? {
            let program = looked.joined.id.to_string();
            let found = palette::search(&looked.joined.store, &asked.text, looked.partner, EACH)
                .await
                .map_err(|error| map::store_error(&error))?;
            let mut add = |kind, id: String, title: String, detail: String| {
                hits.push(PaletteHit { kind, program: program.clone(), id, title, detail });
            };
            for hit in found.deals {
                add(PaletteKind::Deal, hit.id.to_string(), hit.title, hit.detail);
            }
            for hit in found.accounts {
                add(PaletteKind::Account, hit.id.to_string(), hit.title, hit.detail);
            }
            for hit in found.members {
                add(PaletteKind::Person, hit.id.to_string(), hit.title, hit.detail);
            }
            for hit in found.organizations {
                add(PaletteKind::Organization, hit.id.to_string(), hit.title, hit.detail);
            }
        }
        Ok(hits)
    }
}
