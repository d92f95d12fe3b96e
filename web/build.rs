//! Lists the files of the page, so that the library holds them.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// What the page is made of, beside this script. `built` may be empty: the page then says how to fill it.
const PARTS: [&str; 4] = ["index.html", "style.css", "scripts", "built"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut files = Vec::new();
    for part in PARTS {
        println!("cargo::rerun-if-changed={part}");
        collect(&root.join(part), &mut files)?;
    }
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let Some(media_type) = media_type(file) else { continue };
        let path = file.strip_prefix(&root)?.to_str().ok_or("a file's name is not UTF-8")?.replace('\\', "/");
        writeln!(
            list,
            "File {{ path: \"/{path}\", media_type: {media_type:?}, text: include_str!({file:?}) }},"
        )?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join("files.rs"), list)?;
    Ok(())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            collect(&entry?.path(), files)?;
        }
    } else if path.is_file() {
        files.push(path.to_owned());
    }
    Ok(())
}

/// What a browser is told that a file is. Declarations and lists of what to ignore are for other readers.
fn media_type(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    match name.rsplit_once('.')? {
        (_, "html") => Some("text/html; charset=utf-8"),
        (_, "css") => Some("text/css; charset=utf-8"),
        (_, "js") => Some("text/javascript; charset=utf-8"),
        _ => None,
    }
}
