//! `sekisho`: the API-federation authentication system, in one binary.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    small_pages();
    sekisho::cli::run()
}

/// The allocator asks for huge pages, of which an idle server fills a part and keeps the whole: a third more memory, and no
/// request is faster for it. A kernel that cannot do without them is no reason not to start.
fn small_pages() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
