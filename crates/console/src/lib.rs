//! The pages: what a signed-in traveller sees of the platform.
//!
//! [`views`] holds one struct a page, rendered by a template of the same name; they are plain
//! data, so that a page is tested without a server. Texts come from [`messages`], numbers and
//! dates from [`formats`], style sheet and icon from [`assets`], and [`respond`] adds the headers
//! that every page needs. [`session`] holds cookies and the checks against forged requests.

pub mod assets;
pub mod formats;
pub mod json_text;
pub mod messages;
pub mod respond;
pub mod session;
pub mod totals;
pub mod views;
