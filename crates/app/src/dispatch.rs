//! From a name and JSON to a method of [`App`] and back, for every command of the list.

use crate::App;
use crate::dto::{Code, CommandError};
use crate::{say, words};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Reads the arguments of a command.
pub(crate) fn arguments<A: DeserializeOwned>(args: Value) -> Result<A, CommandError> {
    serde_json::from_value(args).map_err(|error| {
        CommandError::new(Code::BadInput, say!("The arguments are malformed: {error}", error = error))
    })
}

/// Writes the answer of a command.
pub(crate) fn answer<T: Serialize>(answer: T) -> Result<Value, CommandError> {
    serde_json::to_value(answer).map_err(|error| CommandError::internal("writing an answer", &error))
}

/// Declares the commands. A command without a method of the same name on [`App`] does not compile.
macro_rules! commands {
    ($( $(#[$doc:meta])* $name:ident($args:ty) -> $answer:ty ),* $(,)?) => {
        /// The names of all commands.
        pub const COMMANDS: &[&str] = &[$( stringify!($name) ),*];

        impl $crate::App {
            /// Runs a command; what it says is in the language of the moment.
            ///
            /// # Errors
            /// [`CommandError`] with a closed code and a sentence for the person.
            pub async fn dispatch(
                self: &std::sync::Arc<Self>,
                command: &str,
                args: serde_json::Value,
            ) -> Result<serde_json::Value, CommandError> {
                $crate::words::in_language(self.language(), self.run(command, args)).await
            }

            async fn run(
                self: &std::sync::Arc<Self>,
                command: &str,
                args: serde_json::Value,
            ) -> Result<serde_json::Value, CommandError> {
                match command {
                    $( stringify!($name) => {
                        let args: $args = $crate::dispatch::arguments(args)?;
                        // Boxed, so that the future of the longest command is not the size of all.
                        let answered: std::pin::Pin<Box<dyn Future<Output = Result<$answer, CommandError>> + Send + '_>> =
                            Box::pin(self.$name(args));
                        $crate::dispatch::answer(self.unless_damaged(answered.await).await?)
                    } )*
                    _ => Err(CommandError::new(Code::BadInput, $crate::say!("There is no such command."))),
                }
            }
        }

        /// The TypeScript twin of this list: for each command its argument and its answer.
        #[cfg(test)]
        pub(crate) fn typescript(config: &ts_rs::Config) -> String {
            use ts_rs::TS;
            let mut names = std::collections::BTreeSet::new();
            let mut lines = String::new();
            $(
                $crate::dispatch::collect::<$args>(config, &mut names);
                $crate::dispatch::collect::<$answer>(config, &mut names);
                lines.push_str(&format!(
                    "  {}: [{}, {}];\n",
                    stringify!($name),
                    <$args as TS>::name(config),
                    <$answer as TS>::name(config),
                ));
            )*
            let mut text = String::from("// Written by `cargo test -p app`; edit the command list in Rust instead.\n\n");
            for name in names {
                text.push_str(&format!("import type {{ {name} }} from './{name}';\n"));
            }
            text.push_str("\nexport interface Commands {\n");
            text.push_str(&lines);
            text.push_str("}\n");
            text
        }
    };
}
pub(crate) use commands;

impl CommandError {
    /// A refusal with a code.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// Something broke inside: the log has the cause, the person gets a reference.
    pub(crate) fn internal(doing: &'static str, error: &dyn std::fmt::Display) -> Self {
        let mut reference = [0; 3];
        let _ = getrandom::fill(&mut reference);
        let reference = reference.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        tracing::error!(reference, doing, %error, "a command failed");
        Self::new(
            Code::Internal,
            say!(
                "Something went wrong inside. Save a diagnostics bundle and mention {reference}.",
                reference = reference
            ),
        )
    }

    pub(crate) fn not_found(what: &str) -> Self {
        // A sentence of its own for each thing: in most languages its grammar differs.
        Self::new(Code::NotFound, words::sentence(&format!("This {what} is not here (any more).")))
    }
}

/// Collects the exported names that the type of one argument or answer mentions.
#[cfg(test)]
pub(crate) fn collect<T: ts_rs::TS + 'static>(
    config: &ts_rs::Config,
    names: &mut std::collections::BTreeSet<String>,
) {
    let written = T::name(config);
    for word in written.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if word.starts_with(|c: char| c.is_ascii_uppercase()) && word != "Array" {
            names.insert(word.to_owned());
        }
    }
}

impl App {
    /// When an answer met damage, shuts the programs that have it, so that the next question about the
    /// others is answered.
    pub(crate) async fn unless_damaged<T>(
        self: &Arc<Self>,
        answer: Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        if answer.as_ref().is_err_and(|error| error.code == Code::Damaged) {
            self.shut_damaged(None).await;
        }
        answer
    }

    /// Whether a command of this name exists.
    pub fn knows(command: &str) -> bool {
        crate::commands::COMMANDS.contains(&command)
    }
}
