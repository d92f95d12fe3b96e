//! The page of crosswire as files that a program carries with it: `index.html`, its stylesheet and scripts, and what
//! `just web` had built when this was compiled.

use sha2::{Digest as _, Sha256};

/// A file of the page.
#[derive(Debug)]
pub struct File {
    /// Where a server has it: `/style.css`.
    pub path: &'static str,
    /// Its `Content-Type`.
    pub media_type: &'static str,
    /// What is in it.
    pub text: &'static str,
}

/// Every file, the page itself among them.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

const PAGE: &str = "/index.html";

/// What the page has without a server, and the one that serves it puts its own in the place of.
const FROM_DISK: &str = "<meta name=\"crosswire\" content=\"disk\" />";

/// What the page loads from this path. The page itself is [`page`]'s alone.
pub fn file_at(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path && path != PAGE)
}

/// The page, knowing which server has sent it, and the token of that server where it may be told.
///
/// Neither may hold a character that means something to HTML.
pub fn page(server: &str, token: Option<&str>) -> String {
    let page = FILES.iter().find(|file| file.path == PAGE).map_or("", |file| file.text);
    let mut served = format!("<meta name=\"crosswire\" content=\"{server}\" />");
    if let Some(token) = token {
        served.push_str(&format!("\n    <meta name=\"crosswire-token\" content=\"{token}\" />"));
    }
    page.replacen(FROM_DISK, &served, 1)
}

impl File {
    /// Another one for other content.
    pub fn entity_tag(&self) -> String {
        format!("\"{}\"", hex::encode(&Sha256::digest(self.text)[..16]))
    }
}

/// A file is where it is.
impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for File {}

impl std::hash::Hash for File {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.path.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of an attribute in the page.
    fn values(attribute: &str) -> Vec<&'static str> {
        let page = FILES.iter().find(|file| file.path == PAGE).unwrap().text;
        let start = format!(" {attribute}=\"");
        page.split(&start).skip(1).filter_map(|rest| rest.split_once('"')).map(|(value, _)| value).collect()
    }

    #[test]
    fn whatever_the_page_loads_is_there_but_for_what_may_not_be_built() {
        let loaded: Vec<_> = values("src")
            .into_iter()
            .chain(values("href"))
            .filter(|path| !path.starts_with('#') && !path.starts_with("data:"))
            .collect();
        assert!(loaded.len() > 5, "{loaded:?}");
        for path in loaded {
            assert!(path.starts_with("built/") || file_at(&format!("/{path}")).is_some(), "{path}");
        }
    }

    #[test]
    fn every_script_is_loaded_by_the_page() {
        let loaded = values("src");
        for file in FILES.iter().filter(|file| file.path.starts_with("/scripts/")) {
            assert!(loaded.contains(&&file.path[1..]), "{}", file.path);
        }
    }

    #[test]
    fn the_page_needs_nothing_that_its_policy_forbids() {
        let page = page("crosswire/0", None);
        for forbidden in ["<style", " style=", "javascript:", " onclick=", "http://", "https://", "//cdn"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(page.matches("<script").count(), page.matches("<script defer src=").count());
    }

    #[test]
    fn the_page_is_told_who_serves_it_and_the_token_only_where_there_is_one() {
        let (without, with) = (page("crosswire/0", None), page("crosswire/0", Some("abc")));
        assert!(without.contains("<meta name=\"crosswire\" content=\"crosswire/0\" />"), "{without}");
        assert!(!without.contains("crosswire-token\""));
        assert!(with.contains("<meta name=\"crosswire-token\" content=\"abc\" />"));
    }

    #[test]
    fn the_page_itself_is_no_file_for_it_would_lack_what_the_server_says() {
        assert_eq!(file_at(PAGE), None);
        assert_eq!(file_at("/style.css").map(|file| file.media_type), Some("text/css; charset=utf-8"));
    }

    #[test]
    fn other_content_has_another_entity_tag() {
        let tag = |text| File { path: "/a.js", media_type: "text/javascript", text }.entity_tag();
        assert_ne!(tag("a"), tag("b"));
        assert_eq!(tag("a").len(), 34);
    }
}
