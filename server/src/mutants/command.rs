//! The command line of `crosswire-mutant`: which mutant, and behind it the flags of `crosswire-server`.

use super::Mutant;
use std::{ffi::OsString, fmt::Write as _};

/// What a command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum MutantInvocation {
    /// To be this mutant; the rest is for the server.
    Be(Mutant, Vec<OsString>),
    /// To be told something: text for standard output.
    Tell(String),
}

const USAGE: &str = "\
The reference server of crosswire, wrong in exactly one named way.

Usage: crosswire-mutant --mutant NAME [the flags of crosswire-server]

      --mutant NAME  How it is wrong; `none` is the healthy server
      --list         Tells every name, and what it means
";

/// Reads a command line, its program's name first.
///
/// # Errors
/// When no mutant is named, two are, or one that there is not: one line that says what to do.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<MutantInvocation, String> {
    let mut arguments = arguments.into_iter();
    let mut rest: Vec<OsString> = arguments.next().into_iter().collect();
    let mut named: Option<Mutant> = None;
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        let name = match &*text {
            "--list" => return Ok(MutantInvocation::Tell(list())),
            "--help" | "-h" => return Ok(MutantInvocation::Tell(USAGE.to_owned())),
            "--mutant" => {
                let name = arguments.next().ok_or("--mutant needs a name; --list tells them all")?;
                name.to_string_lossy().into_owned()
            }
            text => match text.strip_prefix("--mutant=") {
                Some(name) => name.to_owned(),
                None => {
                    rest.push(argument);
                    continue;
                }
            },
        };
        let mutant = name.parse::<Mutant>().map_err(|unknown| unknown.to_string())?;
        if named.replace(mutant).is_some() {
            return Err("--mutant is there twice; a mutant is wrong in one way".to_owned());
        }
    }
    let mutant = named.ok_or("no mutant is named; say --mutant NAME, and --list tells them all")?;
    Ok(MutantInvocation::Be(mutant, rest))
}

fn list() -> String {
    let longest = Mutant::ALL.iter().map(|mutant| mutant.name().len()).max().unwrap_or_default();
    let mut list = String::new();
    for mutant in std::iter::once(&Mutant::Healthy).chain(Mutant::ALL) {
        let _ = writeln!(list, "{:longest$}  {}", mutant.name(), mutant.sentence());
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<MutantInvocation, String> {
        super::read(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_mutant_is_taken_out_and_the_rest_is_for_the_server() {
        for line in ["p --mutant echo-twice --journal", "p --journal --mutant=echo-twice"] {
            let rest = vec![OsString::from("p"), OsString::from("--journal")];
            assert_eq!(read(line), Ok(MutantInvocation::Be(Mutant::EchoTwice, rest)));
        }
    }

    #[test]
    fn whoever_names_none_or_two_is_told_what_to_do() {
        for line in ["p", "p --mutant", "p --mutant nobody", "p --mutant none --mutant none"] {
            let told = read(line).unwrap_err();
            assert!(told.contains("--list") || told.contains("twice"), "{told}");
        }
    }

    #[test]
    fn the_list_has_a_line_for_each() {
        let Ok(MutantInvocation::Tell(list)) = read("p --list") else { panic!("no list") };
        assert_eq!(list.lines().count(), 1 + Mutant::ALL.len());
    }
}
