//! `/quickexpense/v4` and `/api/v3.0/expense/expensegroupconfigurations`.

mod access;
mod body;
mod groups;
mod image;
mod limit;
mod pages;
mod post;
mod rules;
pub(crate) mod sample;
