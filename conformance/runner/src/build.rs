//! How a client or a server is built, what with, and what is said where that has not been done.

use crate::{run::Missing, version::Version};
use serde::Deserialize;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// How something is built, what is needed for that, and what is there when it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The command.
    pub command: Vec<String>,
    /// A file or folder that is there when it is built; nothing, where that cannot be told.
    pub made: Option<PathBuf>,
    /// What it is built and run with.
    pub tools: Vec<Tool>,
}

/// A program that a client or a server is built or run with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// The command that tells its version.
    pub version: Vec<String>,
    /// The oldest that it is built or run with.
    #[serde(default)]
    pub at_least: Option<Version>,
    /// What is said of how to get it, by system: `debian`, `macos`, `elsewhere`.
    pub debian: String,
    /// On macOS.
    pub macos: String,
    /// On everything else.
    pub elsewhere: String,
}

impl Build {
    /// What is to be done, where it was not built; nothing, where it was, or nobody can tell.
    pub fn missing(&self) -> Option<String> {
        let made = self.made.as_ref()?;
        (!made.exists()).then(|| match self.advice() {
            Some(advice) => format!("it is not built; {advice}"),
            None => format!("it is not built: there is no {}", made.display()),
        })
    }

    /// The same with the advice what to do, where it may be that it was not built.
    pub fn advise(&self, missing: Missing) -> Missing {
        // A program that says itself what it lacks knows better.
        let advice = self.advice().filter(|_| !missing.why.contains(GET_IT));
        match advice {
            Some(advice) => {
                let between = if missing.why.contains('\n') { "\n" } else { "; " };
                Missing { why: format!("{}{between}{advice}", missing.why), ..missing }
            }
            None => missing,
        }
    }

    /// `build it with: go build -o driver .`, or what has to be there before that can be done.
    pub fn advice(&self) -> Option<String> {
        let missing = self.tools.iter().find_map(Tool::missing);
        missing.or_else(|| {
            (!self.command.is_empty()).then(|| format!("build it with: {}", self.command.join(" ")))
        })
    }
}

const GET_IT: &str = "get it with: ";

impl Tool {
    /// `go is missing; get it with: brew install go`, where there is no such program.
    fn missing(&self) -> Option<String> {
        let program = self.version.first()?;
        (!is_there(program)).then(|| format!("{program} is missing; {}", self.advice()))
    }

    /// The version that is wanted, where what it says of itself tells an older one.
    pub fn lacks(&self, said: &str) -> Option<&Version> {
        let found = Version::first_in(said)?;
        self.at_least.as_ref().filter(|wanted| found < **wanted)
    }

    /// `get it with: brew install go`
    pub fn advice(&self) -> String {
        format!("{GET_IT}{}", self.how_to_get())
    }

    /// The command for this system.
    fn how_to_get(&self) -> &str {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let is_debian = release.lines().any(|line| {
            let (name, value) = line.split_once('=').unwrap_or_default();
            matches!(name, "ID" | "ID_LIKE")
                && value.split(['"', ' ']).any(|id| matches!(id, "debian" | "ubuntu"))
        });
        if cfg!(target_os = "macos") {
            &self.macos
        } else if is_debian {
            &self.debian
        } else {
            &self.elsewhere
        }
    }
}

/// Whether a program is in the path, or where its own path says.
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return Path::new(program).exists();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&path).any(|folder| folder.join(&file).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_with(program: &str) -> Build {
        let [debian, macos, elsewhere] = ["apt", "brew", "curl"].map(|how| format!("{how} install it"));
        let tool = Tool { version: vec![program.to_owned()], at_least: None, debian, macos, elsewhere };
        let command = ["make", "all"].map(str::to_owned).to_vec();
        Build { command, made: Some("nowhere".into()), tools: vec![tool] }
    }

    #[test]
    fn says_how_it_is_built_where_what_that_needs_is_there() {
        let missing = built_with("sh").missing();
        assert_eq!(missing.as_deref(), Some("it is not built; build it with: make all"));
    }

    #[test]
    fn says_how_to_get_what_is_missing_rather_than_how_to_build_without_it() {
        let build = built_with("crosswire-needs-this");
        let missing = build.missing().expect("it is not there");
        let begins = "it is not built; crosswire-needs-this is missing; get it with: ";
        assert!(missing.starts_with(begins) && missing.ends_with(" install it"), "{missing}");
        let advised = build.advise(Missing::not_built("it could not be started".to_owned()));
        assert!(advised.why.starts_with("it could not be started; crosswire-needs-this is missing; "));
    }

    #[test]
    fn an_older_one_than_is_wanted_is_found_by_what_it_says() {
        let mut tool = built_with("sh").tools.remove(0);
        assert_eq!(tool.lacks("v1.0"), None, "any will do");
        tool.at_least = Version::first_in("20.18.1");
        assert_eq!(tool.lacks("v20.9.0").map(ToString::to_string).as_deref(), Some("20.18.1"));
        assert!(tool.lacks("v20.18.1").is_none() && tool.lacks("says nothing of it").is_none());
    }

    #[test]
    fn leaves_the_last_word_to_a_program_that_knows_what_it_lacks() {
        let said = "there is no chromedriver; get it with: apt install chromium-driver";
        assert_eq!(built_with("crosswire-needs-this").advise(Missing::not_built(said.to_owned())).why, said);
    }
}
