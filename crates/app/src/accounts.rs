//! The organization's own list of customer accounts.

use crate::app::App;
use crate::deals::small;
use crate::dto::{AccountQuery, AccountRow, AccountWindow, CommandError};
use crate::map;
use std::sync::Arc;
use store::query::accounts;

/// Most rows in one answer.
const WINDOW_MAX: u32 = 200;

impl App {
    pub(crate) async fn account_list(
        self: &Arc<Self>,
        asked: AccountQuery,
    ) -> Result<AccountWindow, CommandError> {
        let limit = asked.limit.min(WINDOW_MAX);
        let mut answer = AccountWindow { total: 0, all: 0, rows: Vec::new() };
        let looked = self.through(&asked.lens).await?;
        let (offset, first) = match looked.len() {
            1 => (asked.offset, limit),
            _ => (0, asked.offset.saturating_add(limit)),
        };
        for looked in looked {
            let window = accounts::window(&looked.joined.store, &asked.text, offset, first)
                .await
                .map_err(|error| map::store_error(&error))?;
            answer.total = answer.total.saturating_add(small(window.total));
            answer.all = answer.all.saturating_add(small(window.all));
            answer.rows.extend(window.rows.into_iter().map(|line| AccountRow {
                program: looked.joined.id.to_string(),
                id: line.id.to_string(),
                name: line.account.name,
                domain: line.account.domain,
                country: line.account.country,
                industry: line.account.industry,
                owner: line.account.owner,
                relation: line.account.relation.map(map::relation),
                named: line.account.named == Some(true),
                active_on: line.account.active_on.map(|day| day.to_string()),
                deals: small(line.deals),
                mark: map::mark(line.mark, looked.sent, false),
            }));
        }
        if offset != asked.offset {
            answer.rows.sort_by_key(|row| row.name.to_lowercase());
            answer.rows = answer.rows.into_iter().skip(asked.offset as usize).collect();
        }
        answer.rows.truncate(limit as usize);
        Ok(answer)
    }
}
