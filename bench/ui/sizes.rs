//! Bars 15 and 16: what the page loads, as its build counts it, and the package.

use crate::Bench;
use crate::report::{Limit, Row};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// What the build calls its figures, and what they may be, KB.
const SCRIPTS: [(&str, f64); 5] = [
    ("script before the first screen", 120.0),
    ("script of the largest place", 40.0),
    ("script altogether", 600.0),
    ("styles before the first screen", 25.0),
    ("fonts of the first screen", 120.0),
];
const PACKAGE_MB: f64 = 12.0;

/// See the module documentation.
pub async fn measure(_: &Bench) -> Result<Vec<Row>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut rows = match scripts(&root).await {
        Ok(rows) => rows,
        Err(error) => {
            vec![Row::missing(15, format!("run `./dev ui-build`: {error:#}"))]
        }
    };
    rows.push(package(&root).await?);
    Ok(rows)
}

async fn scripts(root: &Path) -> Result<Vec<Row>> {
    let counted = Command::new("node").arg("scripts/budget.js").current_dir(root.join("ui")).output().await?;
    let said = String::from_utf8(counted.stdout)?;
    let number = |name: &str| {
        let line = said.lines().find(|line| line.contains(name))?;
        line.trim_start_matches(['!', ' ']).split(' ').next()?.parse::<f64>().ok()
    };
    SCRIPTS
        .iter()
        .map(|(name, limit)| {
            let size = number(name).with_context(|| format!("the build says nothing of: {name}"))?;
            let packed = if name.starts_with("fonts") { "" } else { ", gzipped" };
            Ok(Row::new(15, format!("{name}{packed}"), "KB", vec![size]).limit(Limit::Most(50, *limit)))
        })
        .collect()
}

async fn package(root: &Path) -> Result<Row> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folders = [target, Some(root.join("target"))].into_iter().flatten();
    let packages =
        folders.flat_map(|folder| std::fs::read_dir(folder.join("release/bundle/deb")).into_iter().flatten());
    let packages = packages.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = packages
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok());
    let Some(newest) = newest else {
        return Ok(Row::missing(16, "run `./dev package`"));
    };
    let size = newest.metadata()?.len() as f64 / 1_048_576.0;
    let said = Command::new("dpkg-deb").arg("--field").arg(&newest).arg("Installed-Size").output().await?;
    let installed = String::from_utf8(said.stdout)?.trim().parse::<f64>().unwrap_or(f64::NAN) / 1_024.0;
    let row = Row::new(16, "Debian package", "MB", vec![size]).limit(Limit::Most(50, PACKAGE_MB));
    Ok(row.note(format!("{installed:.0} MB once it is installed")))
}
