//! The TypeScript bindings are written here, and a stale file fails. Joining that a power cut interrupted.

use std::path::PathBuf;

mod interrupted;
mod language;

#[test]
fn the_command_list_has_a_typescript_twin() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ui/bindings");
    let text = crate::commands::typescript(&ts_rs::Config::new());
    let file = folder.join("commands.ts");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    if before != text {
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, &text)).ok();
    }
    assert!(crate::commands::COMMANDS.contains(&"milestone_complete"));
    assert!(text.contains("milestone_complete: [MilestoneOf, Done];"), "{text}");
}
