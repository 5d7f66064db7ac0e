//! Which crate may know which, checked against what cargo resolves and not against memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Every member and the members it may name. Rules live in `domain`, so it knows nobody; the hub never meets
/// what belongs to a desktop; the shell meets the app and, for `--demo`, the demo world with its hub.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("bench", &["domain", "protocol", "store", "sync"]),
    ("disk", &[]),
    ("domain", &[]),
    ("protocol", &["domain"]),
    ("vault", &[]),
    ("store", &["domain", "protocol"]),
    ("sync", &["domain", "protocol", "store"]),
    ("app", &["domain", "protocol", "store", "sync", "vault"]),
    ("hub", &["domain", "protocol"]),
    ("demo", &["domain", "protocol", "sync", "app", "hub"]),
    ("devhost", &["app", "demo", "hub"]),
    ("lockstep", &["app", "demo", "hub"]),
    ("sim", &["domain", "protocol", "store", "hub"]),
    ("journeys", &["domain", "protocol", "vault", "store", "sync", "app", "hub", "demo", "devhost"]),
];

/// Libraries that decide what a crate is, and the members that may depend on them directly. The same is in
/// `deny.toml`, which also looks at the libraries' own dependencies.
const KEPT_APART: [(&str, &[&str]); 6] = [
    ("tauri", &["lockstep"]),
    ("notify-rust", &["lockstep"]),
    ("axum", &["hub", "devhost"]),
    ("keyring", &["vault"]),
    ("reqwest", &["sync"]),
    ("sqlx", &["store", "hub"]),
];

/// The crates that run on the desktop and on the hub and have to come to the same result on both.
const PURE: [&str; 2] = ["domain", "protocol"];

/// Libraries that would give them a network, a disk or chance.
const IMPURE_LIBRARIES: [&str; 6] = ["tokio", "async-trait", "sqlx", "reqwest", "getrandom", "directories"];

/// Words in their sources that would: a clock, the machine, an order that differs from run to run, and
/// numbers that round differently.
const IMPURE_WORDS: [&str; 9] =
    ["::now(", "std::env", "std::fs", "std::net::Tcp", "std::process", "HashMap", "HashSet", "f32", "f64"];

/// Member name → names of its ordinary dependencies. What only its own tests use is its own affair.
fn members() -> Result<BTreeMap<String, BTreeSet<String>>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get("packages").and_then(Value::as_array).context("no packages")?;
    packages.iter().map(|package| Ok((text(package, "name")?, dependencies(package)?))).collect()
}

fn dependencies(package: &Value) -> Result<BTreeSet<String>> {
    let all = package.get("dependencies").and_then(Value::as_array).context("no dependencies")?;
    all.iter()
        .filter(|dependency| dependency.get("kind").and_then(Value::as_str) != Some("dev"))
        .map(|dependency| text(dependency, "name"))
        .collect()
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value.get(key).and_then(Value::as_str).with_context(|| format!("no {key}"))?.to_owned())
}

#[test]
fn members_know_only_the_layers_below_them() -> Result<()> {
    let members = members()?;
    let names: BTreeSet<&String> = members.keys().collect();
    for (member, dependencies) in &members {
        let (_, allowed) = ALLOWED
            .iter()
            .find(|(name, _)| name == member)
            .with_context(|| format!("{member} is new: give it a line in ALLOWED and in ARCHITECTURE.md"))?;
        for other in dependencies.iter().filter(|other| names.contains(other)) {
            ensure!(allowed.contains(&other.as_str()), "{member} must not depend on {other}");
        }
    }
    Ok(())
}

#[test]
fn heavy_libraries_stay_where_they_belong() -> Result<()> {
    for (member, dependencies) in members()? {
        for (library, owners) in KEPT_APART {
            let allowed = owners.contains(&member.as_str()) || member == "journeys";
            ensure!(allowed || !dependencies.contains(library), "{member} must not depend on {library}");
        }
    }
    Ok(())
}

#[test]
fn the_rules_stay_pure() -> Result<()> {
    let members = members()?;
    for pure in PURE {
        let dependencies = members.get(pure).with_context(|| format!("{pure} is gone"))?;
        for library in IMPURE_LIBRARIES {
            ensure!(
                !dependencies.contains(library),
                "{pure} must stay a function of its arguments: no {library}"
            );
        }
    }
    Ok(())
}

#[test]
fn the_rules_ask_nobody() -> Result<()> {
    for pure in PURE {
        for source in sources(&root().join("crates").join(pure).join("src"))? {
            let text = std::fs::read_to_string(&source)?;
            // A unit test may do what it likes, and a comment may say what it likes.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim().starts_with("//"))
            {
                let word = IMPURE_WORDS.iter().find(|word| line.contains(*word));
                ensure!(word.is_none(), "{}:{}: {}", source.display(), number + 1, line.trim());
            }
        }
    }
    Ok(())
}

#[test]
fn only_the_simulator_plants_bugs() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    for package in metadata.get("packages").and_then(Value::as_array).context("no packages")? {
        let name = text(package, "name")?;
        for dependency in package.get("dependencies").and_then(Value::as_array).context("no dependencies")? {
            let features = dependency.get("features").and_then(Value::as_array).context("no features")?;
            let planted = features.iter().any(|feature| feature == "planted" || feature == "sim");
            ensure!(!planted || name == "sim", "{name} must not plant bugs nor look behind the stores");
        }
    }
    Ok(())
}

/// Every Rust source under a folder except files of tests.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests" {
            found.push(path);
        }
    }
    Ok(found)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
