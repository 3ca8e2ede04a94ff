//! What is wrong with arguments that the command line does not take, and what to do about it.

use crate::arguments::Arguments;
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue};

/// From an error's text the first paragraph, which says what is wrong; and what to do next.
pub(crate) fn message_and_hint(error: &clap::Error) -> (String, String) {
    let text = error.to_string();
    let message = text.lines().take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let message = message.strip_prefix("error: ").unwrap_or(&message).to_owned();
    // The other tip, to put `--` before an option that does not exist, would make it a file's name.
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: ").filter(|tip| !tip.contains("'-- ")));
    let hint = tip
        .map(str::to_owned)
        .or_else(|| whose_option(error))
        .unwrap_or_else(|| "steadygan --help lists the commands; steadygan COMMAND --help their options".to_owned());
    (message, hint)
}

/// The commands that take the unknown option, if there are any.
fn whose_option(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = option.strip_prefix("--")?.split('=').next()?;
    let program = Arguments::command();
    let takes = |command: &&clap::Command| command.get_opts().any(|known| known.get_long() == Some(name));
    let commands: Vec<&str> = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .filter(takes)
        .map(|command| command.get_name())
        .collect();
    if commands.is_empty() {
        return None;
    }
    Some(format!("--{name} is an option of {}; steadygan COMMAND --help shows those of a command", commands.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn hint(arguments: &str) -> String {
        let error = Arguments::try_parse_from(["steadygan"].into_iter().chain(arguments.split(' '))).unwrap_err();
        message_and_hint(&error).1
    }

    #[test]
    fn an_option_of_another_command_is_said_to_be_its() {
        let common = "steadygan COMMAND --help shows those of a command";
        assert_eq!(hint("resume runs/1 --set a=1"), format!("--set is an option of train, summary; {common}"));
        assert_eq!(
            hint("export runs/1 --seed=3"),
            format!("--seed is an option of train, generate, evaluate, summary; {common}")
        );
        assert_eq!(hint("train --image 3"), "a similar argument exists: '--images'");
        assert!(hint("train --nothing-like-it").starts_with("steadygan --help lists the commands"));
    }

    /// Options of other programs, which hints name too.
    const FOREIGN: [(&str, &[&str]); 3] = [
        ("cargo", &["--release", "--features"]),
        ("tar", &["--dereference", "--sparse", "--concatenate"]),
        ("zip", &["--symlinks"]),
    ];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }

    /// The options in a text that begin with two hyphens, each with the text before it.
    fn options(text: &str) -> Vec<(String, &str)> {
        let starts = text
            .match_indices("--")
            .filter(|(at, _)| !text[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '-'));
        let option = |(at, _): (usize, &str)| {
            let name: String = text[at + 2..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            (name, &text[..at])
        };
        starts.map(option).filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
    }

    /// The command of this program that is named last before an option, if one is.
    fn command_before<'a>(program: &'a clap::Command, before: &str) -> Option<&'a clap::Command> {
        let (_, words) = before.rsplit_once("steadygan ")?;
        let mut command = program;
        for word in words.split_whitespace() {
            command = command.find_subcommand(word).unwrap_or(command);
        }
        (!std::ptr::eq(command, program)).then_some(command)
    }

    /// Every option that a message of the program names exists, and the command that it is named with takes it.
    #[test]
    fn hints_name_options_that_exist() {
        let mut program = Arguments::command();
        program.build();
        let takes =
            |command: &clap::Command, name: &str| command.get_arguments().any(|known| known.get_long() == Some(name));
        let of_any = |name: &str| {
            let all =
                program.get_subcommands().flat_map(|command| std::iter::once(command).chain(command.get_subcommands()));
            all.into_iter().any(|command| takes(command, name))
        };
        let foreign = |name: &str| FOREIGN.iter().any(|(_, options)| options.iter().any(|known| known[2..] == *name));
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = Vec::new();
        for entry in fs::read_dir(crates).unwrap() {
            let folder = entry.unwrap().path();
            // The planted failures are for `cargo xtask`, and fuzzing is a program by itself: their options are others.
            let is_of_program = ["steadygan-planted", "steadygan-fuzz"].iter().all(|other| !folder.ends_with(other));
            if is_of_program && folder.join("src").is_dir() {
                sources(&folder.join("src"), &mut files);
            }
        }
        let (mut wrong, mut seen) = (Vec::new(), 0);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains('"')) {
                for (name, before) in options(line) {
                    seen += 1;
                    let right = match command_before(&program, before) {
                        Some(command) => takes(command, &name),
                        None => of_any(&name) || foreign(&name),
                    };
                    if !right {
                        wrong.push(format!("{}: --{name} in {}", file.display(), line.trim()));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(seen > 60, "{seen} options were found");
    }
}
