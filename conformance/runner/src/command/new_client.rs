//! `crosswire new-client`: a driver that does everything but connect, to begin with.

use super::{AS_EXPECTED, NewClientArguments, Outcome, Stop, say};
use crate::manifest;
use clap::ValueEnum;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The languages that there is a skeleton in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Like {
    Python,
    Go,
    Csharp,
    Rust,
}

/// What is written for a language.
struct Template {
    language: &'static str,
    /// Each file's place and text. `{{name}}` and `{{language}}` in it are filled in.
    files: &'static [(&'static str, &'static str)],
    /// The file that is left to be written.
    library: &'static str,
    /// The command that builds it, where something has to be built.
    build: Option<&'static str>,
}

macro_rules! files {
    ($($place:literal = $file:literal),* $(,)?) => {
        &[$(($place, include_str!(concat!("../../templates/", $file)))),*]
    };
}

/// Nothing is known of a library that there is not yet.
const KNOWN: &str = include_str!("../../templates/known.json");
const README: &str = include_str!("../../templates/README.md");

const PYTHON: Template = Template {
    language: "python",
    files: files!(
        "driver.py" = "python/driver.py",
        "library.py" = "python/library.py",
        "impl.json" = "python/impl.json"
    ),
    library: "library.py",
    build: None,
};

const GO: Template = Template {
    language: "go",
    files: files!(
        "main.go" = "go/main.go",
        "command.go" = "go/command.go",
        "connection.go" = "go/connection.go",
        "library.go" = "go/library.go",
        "go.mod" = "go/go.mod",
        "impl.json" = "go/impl.json",
        ".gitignore" = "go/gitignore",
    ),
    library: "library.go",
    build: Some("go build -o build/driver ."),
};

const CSHARP: Template = Template {
    language: "csharp",
    files: files!(
        "Driver.cs" = "csharp/Driver.cs",
        "Command.cs" = "csharp/Command.cs",
        "Connection.cs" = "csharp/Connection.cs",
        "Library.cs" = "csharp/Library.cs",
        "Driver.csproj" = "csharp/Driver.csproj",
        "impl.json" = "csharp/impl.json",
        ".gitignore" = "csharp/gitignore",
    ),
    library: "Library.cs",
    build: Some("dotnet build --configuration Release"),
};

const RUST: Template = Template {
    language: "rust",
    files: files!(
        "src/main.rs" = "rust/src/main.rs",
        "src/command.rs" = "rust/src/command.rs",
        "src/connection.rs" = "rust/src/connection.rs",
        "src/library.rs" = "rust/src/library.rs",
        "Cargo.toml" = "rust/Cargo.toml",
        "impl.json" = "rust/impl.json",
        ".gitignore" = "rust/gitignore",
    ),
    library: "src/library.rs",
    build: Some("cargo build --release --target-dir build"),
};

impl Like {
    const fn template(self) -> &'static Template {
        match self {
            Self::Python => &PYTHON,
            Self::Go => &GO,
            Self::Csharp => &CSHARP,
            Self::Rust => &RUST,
        }
    }
}

pub(super) fn new_client(arguments: &NewClientArguments) -> Outcome {
    let NewClientArguments { name, like, out } = arguments;
    check(name)?;
    let template = like.template();
    let folder = out.clone().unwrap_or_else(|| usual_place(name));
    let shown = folder.display().to_string();
    let cannot = |error: &io::Error| Stop::usage(format!("{shown} cannot be written: {error}"));
    if folder.exists() {
        return Err(Stop::usage(format!(
            "{shown} is there already, and nothing of it is touched; choose another name, or --out another folder"
        )));
    }
    write(template, name, &folder).map_err(|error| cannot(&error))?;
    say(&next(template, name, &folder));
    Ok(AS_EXPECTED)
}

/// The name is a file's, a client's and in some languages a package's.
fn check(name: &str) -> Result<(), Stop> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit())
    };
    if name.split('-').all(is_word) {
        return Ok(());
    }
    let form = "lower-case words with hyphens between, such as `ruby` or `python-wsproto`";
    Err(Stop::usage(format!("`{name}` cannot be the name of a client: it is {form}")))
}

/// Beside the other clients of the repository, where we are in one; else here.
fn usual_place(name: &str) -> PathBuf {
    manifest::root().map_or_else(|| PathBuf::from(name), |root| root.join("conformance/clients").join(name))
}

fn write(template: &Template, name: &str, folder: &Path) -> io::Result<()> {
    let readme = readme(template, name, folder);
    let more = [("known.json", KNOWN), ("README.md", readme.as_str())];
    let files = template.files.iter().copied().chain(more);
    write_whole(folder, files.map(|(place, text)| (place, filled_in(text, template, name))))
}

/// Writes a folder whole or not at all: half of one would be in the way of the next try.
fn write_whole(folder: &Path, mut files: impl Iterator<Item = (&'static str, String)>) -> io::Result<()> {
    let mut unfinished = folder.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = PathBuf::from(unfinished);
    if let Some(around) = folder.parent().filter(|around| !around.exists()) {
        fs::create_dir_all(around)?;
    }
    // It may be there already, and somebody's.
    fs::create_dir(&unfinished)?;
    let written = files.try_for_each(|(place, text)| {
        let path = unfinished.join(place);
        fs::create_dir_all(path.parent().unwrap_or(&unfinished))?;
        fs::write(path, text)
    });
    let written = written.and_then(|()| fs::rename(&unfinished, folder));
    if written.is_err() {
        // What cannot be taken away either is named by what could not be written.
        let _ = fs::remove_dir_all(&unfinished);
    }
    written
}

fn filled_in(text: &str, template: &Template, name: &str) -> String {
    text.replace("{{name}}", name).replace("{{language}}", template.language)
}

fn readme(template: &Template, name: &str, folder: &Path) -> String {
    let is_code = |place: &&str| {
        *place != template.library && [".py", ".go", ".cs", ".rs"].iter().any(|end| place.ends_with(end))
    };
    let others: Vec<_> = template.files.iter().map(|(place, _)| *place).filter(is_code).collect();
    let commands: Vec<_> = steps(template, name, folder).into_iter().map(|(command, _)| command).collect();
    README
        .replace("{{library}}", template.library)
        .replace("{{others}}", &format!("`{}`", others.join("`, `")))
        .replace("{{commands}}", &commands.join("\n"))
}

/// What is done next, and what it is for.
fn steps(template: &Template, name: &str, folder: &Path) -> Vec<(String, &'static str)> {
    let shown = shown_from_here(folder);
    let is_found = manifest::root().is_some_and(|root| folder == root.join("conformance/clients").join(name));
    let manifest = format!("{shown}/impl.json");
    let examined = if is_found { name } else { &manifest };
    let build = template.build.map(|build| (format!("(cd {shown} && {build})"), "builds it"));
    build
        .into_iter()
        .chain([
            (format!("crosswire doctor {examined}"), "tells what is missing"),
            (
                format!("crosswire run --client {manifest} --test core/connects"),
                "fails, until your library connects",
            ),
        ])
        .collect()
}

/// As one would write it here, where it is below us.
fn shown_from_here(folder: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    folder.strip_prefix(here).unwrap_or(folder).display().to_string()
}

fn next(template: &Template, name: &str, folder: &Path) -> String {
    let shown = shown_from_here(folder);
    let steps = steps(template, name, folder);
    let width = steps.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    let lines: Vec<_> =
        steps.iter().map(|(command, what)| format!("  {command:width$}  # {what}\n")).collect();
    let library = template.library;
    format!(
        "{name} is written, and all of it works but {shown}/{library}, which is yours. Next:\n\n{}\n\
         docs/add-a-language.md goes from there to all nine tests of core.\n",
        lines.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skeleton_that_cannot_be_written_whole_leaves_nothing_in_the_way_of_the_next_try() {
        let around = std::env::temp_dir().join(format!("crosswire-skeleton-{}", std::process::id()));
        let folder = around.join("driver");
        let files = [("library", "a file"), ("library/more", "and a folder of the same name")];
        let written =
            || write_whole(&folder, files.into_iter().map(|(place, text)| (place, text.to_owned())));
        for _ in 0..2 {
            assert!(written().is_err());
            assert_eq!(fs::read_dir(&around).unwrap().count(), 0);
        }
        write_whole(&folder, [("src/library", "a file".to_owned())].into_iter()).unwrap();
        assert_eq!(fs::read_to_string(folder.join("src/library")).unwrap(), "a file");
        fs::remove_dir_all(&around).unwrap();
    }
}
