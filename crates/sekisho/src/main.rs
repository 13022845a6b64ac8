//! `sekisho`: the API-federation authentication system, in one binary.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let path = std::env::args().skip_while(|a| a != "--config").nth(1);
    let config = sekisho::config::load_server(path.as_deref().map(std::path::Path::new)).unwrap();
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    sekisho::wiring::serve(config).await.unwrap();
}
