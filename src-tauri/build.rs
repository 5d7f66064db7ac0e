//! Checks that there is a UI to embed, then hands the configuration, the capability file and our
//! commands to Tauri. A command that is not listed here has no permission and cannot be called.

use std::path::Path;

use tauri_build::{AppManifest, Attributes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=ui/dist");
    if !Path::new("ui/dist/index.html").is_file() {
        return Err("ui/dist/index.html is missing: `./dev ui-build` makes it".into());
    }
    tauri_build::try_build(
        Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*").app_manifest(
            AppManifest::new().commands(&[
                "rpc",
                "subscribe",
                "upload",
                "shown",
                "demo",
                "quit",
                "pop_out",
                "close_window",
                "go_in_main",
            ]),
        ),
    )?;
    Ok(())
}
