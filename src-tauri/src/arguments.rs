//! The command line. Desktop launchers and desktop files pass arguments too, so every unknown one is
//! refused instead of guessed at.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::place;

/// What `--help` prints.
pub const HELP: &str = "\
Usage: lockstep [--profile DIR] [--demo] [--background] [LINK]

  LINK            open this place, for example lockstep://deals
  --profile DIR   keep data, keys and log in DIR instead of the usual folder
  --demo          open a demo program with invented companies; nothing leaves this computer
  --background    start in the tray, without a window; with one where there is no tray
  --version       print the version
  --help          print this";

/// Arguments of a run with a window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// Where this installation keeps its data, when not in the usual folder.
    pub profile: Option<PathBuf>,
    /// Run against a hub inside the process that holds the demo world.
    pub demo: bool,
    /// Begin in the tray.
    pub background: bool,
    /// A deep link to open; see [`crate::place`].
    pub link: Option<String>,
}

impl Arguments {
    /// Whether this run leaves nothing behind: the demo, unless somebody names a folder for its log.
    pub fn scratch(&self) -> bool {
        self.demo && self.profile.is_none()
    }

    /// The folder of this run.
    pub fn profile(&self) -> PathBuf {
        if self.scratch() {
            return std::env::temp_dir().join(format!("lockstep-demo-window-{}", std::process::id()));
        }
        app::profile_dir(self.profile.clone())
    }
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// Open the window.
    Run(Arguments),
    /// Print the help.
    Help,
    /// Print the version.
    Version,
}

/// A command line that makes no sense.
#[derive(Debug, PartialEq, Eq)]
pub enum Misuse {
    /// An argument nobody knows.
    Unknown(String),
    /// An option that needs a value came last.
    MissingValue(&'static str),
    /// An option that may be given once came twice.
    Twice(&'static str),
}

impl fmt::Display for Misuse {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(argument) => write!(out, "unknown argument {argument:?}"),
            Self::MissingValue(option) => write!(out, "{option} needs a value"),
            Self::Twice(option) => write!(out, "{option} was given twice"),
        }
    }
}

/// Reads the arguments that follow the program's name.
pub fn parse(given: impl IntoIterator<Item = OsString>) -> Result<Wish, Misuse> {
    let mut arguments = Arguments::default();
    let mut given = given.into_iter();
    while let Some(argument) = given.next() {
        match argument.to_str() {
            Some("--profile") => {
                let folder = given.next().filter(|value| !value.is_empty());
                let folder = folder.ok_or(Misuse::MissingValue("--profile"))?;
                if arguments.profile.replace(folder.into()).is_some() {
                    return Err(Misuse::Twice("--profile"));
                }
            }
            Some("--demo") => arguments.demo = true,
            Some("--background") => arguments.background = true,
            Some("--help" | "-h") => return Ok(Wish::Help),
            Some("--version" | "-V") => return Ok(Wish::Version),
            Some(link) if place::is_link(link) => {
                if arguments.link.replace(link.to_owned()).is_some() {
                    return Err(Misuse::Twice("a link"));
                }
            }
            _ => return Err(Misuse::Unknown(argument.to_string_lossy().into_owned())),
        }
    }
    Ok(Wish::Run(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(given: &[&str]) -> Result<Wish, Misuse> {
        parse(given.iter().map(OsString::from))
    }

    #[test]
    fn a_bare_start_opens_the_usual_folder() {
        assert_eq!(parsed(&[]), Ok(Wish::Run(Arguments::default())));
    }

    #[test]
    fn profile_and_demo_are_read_in_any_order() {
        let expected = Arguments { profile: Some("/tmp/alice".into()), demo: true, ..Arguments::default() };
        assert_eq!(parsed(&["--demo", "--profile", "/tmp/alice"]), Ok(Wish::Run(expected.clone())));
        assert_eq!(parsed(&["--profile", "/tmp/alice", "--demo"]), Ok(Wish::Run(expected)));
    }

    #[test]
    fn a_link_is_taken_as_it_is() {
        let expected = Arguments { link: Some("lockstep://deals".into()), ..Arguments::default() };
        assert_eq!(parsed(&["lockstep://deals"]), Ok(Wish::Run(expected)));
        assert_eq!(parsed(&["lockstep://a", "lockstep://b"]), Err(Misuse::Twice("a link")));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parsed(&["--profile"]), Err(Misuse::MissingValue("--profile")));
        assert_eq!(parsed(&["--profile", ""]), Err(Misuse::MissingValue("--profile")));
        assert_eq!(parsed(&["--profile", "a", "--profile", "b"]), Err(Misuse::Twice("--profile")));
        assert_eq!(parsed(&["--foo"]), Err(Misuse::Unknown("--foo".into())));
        assert_eq!(parsed(&["deal/1"]), Err(Misuse::Unknown("deal/1".into())));
    }
}
