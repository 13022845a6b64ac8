//! node-oidc-provider, installed from a lock file into `target/` and started on the servers' core.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::Endpoints;
use crate::{
    app::App,
    process::{Process, Subject as _, free_address, on_servers_core},
};

/// Its name.
pub const NAME: &str = "node-oidc-provider";
/// Its client for tokens of its own and for introspection.
pub const CLIENT: (&str, &str) = ("robot", "robot-secret-of-the-benchmark");

/// What it is made of; the directory is that of this crate.
const FILES: [(&str, &str); 3] = [
    (
        "package.json",
        include_str!("../../peers/node-oidc-provider/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../peers/node-oidc-provider/package-lock.json"),
    ),
    ("server.mjs", include_str!("../../peers/node-oidc-provider/server.mjs")),
];

fn directory() -> PathBuf {
    Path::new("target").join("bench-peers").join(NAME)
}

/// Installs and starts it.
pub async fn start() -> Result<Process, String> {
    let directory = directory();
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    for (name, content) in FILES {
        fs::write(directory.join(name), content).map_err(|error| error.to_string())?;
    }
    eprintln!("npm ci in {} …", directory.display());
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&directory)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("npm: {error}"))?;
    if !installed.success() {
        return Err(format!("npm ci in {}: {installed}", directory.display()));
    }
    let address = free_address();
    let mut command = on_servers_core("node");
    command
        .arg("server.mjs")
        .arg(address.port().to_string())
        .current_dir(&directory)
        .env("NODE_ENV", "production")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Process::start(command, address, "/.well-known/openid-configuration").await
}

/// The version that was installed.
pub fn version() -> Result<String, String> {
    let about = directory().join("node_modules/oidc-provider/package.json");
    let about = fs::read(&about).map_err(|error| format!("{}: {error}", about.display()))?;
    let about: serde_json::Value = serde_json::from_slice(&about).map_err(|error| error.to_string())?;
    let version = about.get("version").and_then(serde_json::Value::as_str);
    version.map(str::to_owned).ok_or_else(|| "it has no version".to_owned())
}

/// Its issuer.
pub fn issuer(server: &Process) -> String {
    format!("http://localhost:{}", server.address().port())
}

/// Its confidential app: an ID token by ES256.
pub fn confidential(at: &Endpoints) -> App {
    App {
        origin: at.origin.clone(),
        authorize: at.authorize.clone(),
        token: at.token.clone(),
        scope: "openid",
        ..App::confidential(&at.origin)
    }
}

/// Its public app: refresh tokens that rotate.
pub fn public(at: &Endpoints) -> App {
    App {
        client_id: "phone",
        secret: None,
        scope: "openid offline_access",
        more: &[("prompt", "consent")],
        ..confidential(at)
    }
}
