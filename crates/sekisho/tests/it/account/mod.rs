//! `/account`: what a user has permitted, where they are signed in, and how it ends.

mod devices;
mod email;
mod forms;
mod grants;
mod overview;
mod password;
mod requests;
mod sessions;
