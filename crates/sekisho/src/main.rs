//! `sekisho`: the API-federation authentication system, in one binary.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let path = std::env::args().skip_while(|a| a != "--config").nth(1);
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    if std::env::args().nth(1).as_deref() == Some("demo") {
        let port = std::env::args().skip_while(|a| a != "--port").nth(1).and_then(|p| p.parse().ok()).unwrap_or(8080);
        if std::env::args().nth(2).as_deref() == Some("cli") {
            sekisho::demo::cli_app::run(&format!("http://localhost:{port}"), &format!("http://localhost:{}", port + 2)).await.unwrap();
            return;
        }
        sekisho::demo::run(sekisho::demo::DemoOptions { port, data: None }).await.unwrap();
        return;
    }
    let config = sekisho::config::load_server(path.as_deref().map(std::path::Path::new)).unwrap();
    sekisho::wiring::serve(config).await.unwrap();
}
