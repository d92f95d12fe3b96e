//! Reports: what a run wrote down, for people and for other programs. None decides anything; all of it is in the results.
//!
//! | to see | read |
//! |---|---|
//! | the table on a terminal | `terminal` |
//! | where the time went, and who had the processors | `spent` |
//! | `junit.xml` | `junit` |
//! | the summary in continuous integration | `markdown` |
//! | `matrix.html` | `html`, `matrix.html`, `matrix.css`, `matrix.js` |
//! | what is compared with an earlier run | [`Difference`] |
//! | what libraries rightly do differently | `observations`, `differences` |
//! | how it is guessed where to look first | [`blame()`] |

mod blame;
mod command;
mod difference;
mod differences;
mod failures;
mod frozen;
mod html;
mod junit;
mod markdown;
mod observations;
mod one;
mod overview;
mod spent;
mod step;
mod terminal;
mod text;

pub use blame::{Blame, Suspect, blame};
pub use difference::{Cause, Changed, Difference, Moved, Roster, Way};
pub use differences::differences;
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use one::one;
pub use terminal::{Style, terminal};
pub use text::plain as harmless;
