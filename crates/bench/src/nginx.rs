//! nginx as a process on the servers' core: one worker, connections to what is behind it kept open.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::process::{Process, free_address, on_servers_core};

/// What users include in the `server` of their nginx; the same as in `docs/forward-auth.md`.
const CHECKED: &str = include_str!("../../../packaging/proxies/nginx/sekisho.conf");

/// What the same needs that asks nobody.
const PLAIN: &str = "proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection \"\";";

/// A running nginx with its directory.
pub struct Nginx {
    /// The process.
    pub process: Process,
    directory: PathBuf,
}

impl Nginx {
    /// Forwards to `api` whatever comes; if there is a server to ask, only what that permits.
    pub async fn start(api: SocketAddr, server: Option<SocketAddr>) -> Result<Self, String> {
        let directory = testkit::process::temporary_directory("bench-nginx");
        let address = free_address();
        fs::write(directory.join("nginx.conf"), config(&directory, address, api, server))
            .map_err(|error| error.to_string())?;
        let mut command = on_servers_core("nginx");
        command
            .args(["-e", "stderr", "-c"])
            .arg(directory.join("nginx.conf"))
            .arg("-p")
            .arg(&directory);
        let process = Process::start(command, address, "/_ready").await;
        let process = process.map_err(|error| format!("{error}; it is in the package nginx-light"))?;
        Ok(Self { process, directory })
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.end();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

fn config(directory: &Path, address: SocketAddr, api: SocketAddr, server: Option<SocketAddr>) -> String {
    let at = directory.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {at};"));
    let upstream = |name: &str, address: SocketAddr| {
        format!("upstream {name} {{ server {address}; keepalive 64; keepalive_requests 1000000000; }}\n")
    };
    let asked = server.map_or_else(String::new, |address| upstream("sekisho", address));
    let checked = if server.is_some() { CHECKED } else { PLAIN };
    format!(
        "daemon off; master_process off; pid {at}/pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000;
  {temporary}
  {api}{asked}
  map $host $client_cert {{ default \"\"; }}
  server {{
    listen {address};
    {checked}
    location / {{ proxy_pass http://api; }}
    location = /_ready {{ auth_request off; default_type text/plain; return 200 ready; }}
  }}
}}
",
        temporary = temporary.join("\n  "),
        api = upstream("api", api),
    )
}
