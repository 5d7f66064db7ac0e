//! The diagnostics bundle: one text file with versions, sync state and the log, and no secrets.

use crate::app::App;
use crate::dto::{Code, CommandError, SavedFile};
use crate::say;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The end of the log that goes into a bundle, in bytes.
const LOG_BYTES: usize = 512 << 10;

impl App {
    pub(crate) async fn diagnostics_save(self: &Arc<Self>, (): ()) -> Result<SavedFile, CommandError> {
        let mut text = String::new();
        let _ = writeln!(text, "Lockstep {}", env!("CARGO_PKG_VERSION"));
        let _ = writeln!(text, "system: {} {}", std::env::consts::OS, std::env::consts::ARCH);
        let _ = writeln!(text, "protocol: {}", protocol::frame::PROTO);
        let _ = writeln!(text, "keychain: {}", self.keychain_name());
        let _ = writeln!(text, "saved at: {}", jiff::Timestamp::now());
        if let Ok(session) = self.session() {
            for joined in session.programs() {
                // Names of companies and people stay out: a bundle is sent to strangers.
                let name = session.vault.redaction_key().mask(&joined.id.to_string());
                let _ = writeln!(text, "\nprogram {name}");
                if let Some(status) = joined.with_link(|link| link.status().borrow().clone()) {
                    let _ = writeln!(text, "  line: {:?}", status.line);
                    let _ = writeln!(text, "  message: {}", status.message.as_deref().unwrap_or("-"));
                }
                match joined.store.sync_state().await {
                    Ok(state) => {
                        let _ = writeln!(
                            text,
                            "  epoch {} cursor {} answered {} written {}",
                            state.epoch, state.cursor, state.answered, state.chain.n
                        );
                    }
                    Err(error) => {
                        let _ = writeln!(text, "  store: {error}");
                    }
                }
            }
        }
        let log = self.profile.join("logs").join("lockstep.log");
        let _ = writeln!(text, "\nlog");
        text.push_str(&tail(&log).await);
        save("diagnostics", "txt", &text).await
    }
}

async fn tail(log: &Path) -> String {
    match tokio::fs::read(log).await {
        Ok(bytes) => {
            let start = bytes.len().saturating_sub(LOG_BYTES);
            String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned()
        }
        Err(error) => format!("(no log: {error})\n"),
    }
}

/// Writes into the downloads folder, or the home folder where there is none.
pub(crate) async fn save(what: &str, extension: &str, text: &str) -> Result<SavedFile, CommandError> {
    let dirs = directories::UserDirs::new();
    let folder = dirs
        .as_ref()
        .map(|dirs| dirs.download_dir().unwrap_or_else(|| dirs.home_dir()).to_path_buf())
        .unwrap_or_else(|| PathBuf::from("."));
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string();
    let path = folder.join(format!("lockstep-{what}-{stamp}.{extension}"));
    let written = async {
        tokio::fs::create_dir_all(&folder).await?;
        tokio::fs::write(&path, text).await
    };
    written.await.map_err(|error| {
        CommandError::new(
            Code::DiskFull,
            say!(
                "The file could not be written to {folder}: {error}",
                folder = folder.display(),
                error = error
            ),
        )
    })?;
    Ok(SavedFile { path: path.display().to_string(), size: text.len() as f64 })
}
