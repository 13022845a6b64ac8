//! `/consent`.

mod answer;
mod asks;
mod client;
mod remembered;
