//! `/consent`.

mod answer;
mod asks;
mod remembered;
