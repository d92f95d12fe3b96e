//! How each contender is started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contender::Contender;
use crate::echo::EchoLoop;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Launch {
    /// The crosswire-server to measure; none when it is not among the contenders.
    pub(crate) server: Option<PathBuf>,
    /// The way in which [`Contender::Plain`] echoes.
    pub(crate) plain: EchoLoop,
}

impl Launch {
    pub(crate) fn command(&self, contender: Contender) -> Result<Command, Error> {
        let own = |name: &str| Ok(with_arguments(&env::current_exe().map_err(Error::OwnPath)?, &[name]));
        let mut command = match (contender, &self.server) {
            (Contender::Crosswire, Some(server)) => {
                with_arguments(server, &["--under-test", "--threads", "1"])
            }
            (Contender::Crosswire, None) => return Err(Error::NoServer(PathBuf::new())),
            (Contender::Raw, _) => own("raw")?,
            (Contender::Plain, _) => {
                let mut command = own("plain")?;
                command.arg(match self.plain {
                    EchoLoop::Send => "send",
                    EchoLoop::Forward => "forward",
                });
                command
            }
        };
        // A server configured by the shell that it happens to be started from would be another server.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CROSSWIRE_SERVER_") {
                command.env_remove(name);
            }
        }
        Ok(command)
    }
}

fn with_arguments(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// The crosswire-server to measure: the named one, or the one beside this binary, which was then built the same way.
pub(crate) fn server_path(named: Option<&Path>) -> Result<PathBuf, Error> {
    let path = if let Some(path) = named {
        path.to_owned()
    } else {
        let own = env::current_exe().map_err(Error::OwnPath)?;
        own.with_file_name(format!("crosswire-server{}", env::consts::EXE_SUFFIX))
    };
    if path.is_file() { Ok(path) } else { Err(Error::NoServer(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_server_says_what_to_build() {
        let error = server_path(Some(Path::new("nowhere/crosswire-server"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no server at nowhere/crosswire-server: build it with \
             `cargo build --release -p crosswire-server`, or name another one with --server PATH"
        );
    }

    #[test]
    fn the_reference_server_is_started_as_a_test_server_with_one_thread() {
        let launch = Launch { server: Some("server".into()), plain: EchoLoop::Send };
        let command = launch.command(Contender::Crosswire).unwrap();
        assert_eq!(command.get_program(), "server");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["--under-test", "--threads", "1"]);
    }

    #[test]
    fn the_peers_are_this_very_binary() {
        let launch = Launch { server: None, plain: EchoLoop::Forward };
        let arguments = |contender| {
            let command = launch.command(contender).unwrap();
            command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(arguments(Contender::Raw), ["raw"]);
        assert_eq!(arguments(Contender::Plain), ["plain", "forward"]);
    }
}
