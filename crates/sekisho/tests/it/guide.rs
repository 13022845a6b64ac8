//! The guides are run as written: every command of a ```` ```sh ```` block in one shell, with the files that named blocks
//! hold, in an empty directory; what a ```` ```text ```` block shows must have been printed by the block before it. The
//! ports are others, so that nothing that runs here already is met. Where a guide prints an address for the user to open,
//! a browser without a screen does, and types in where it ended.

use std::{
    fs,
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Certificate, Client, redirect};
use testkit::{
    Answer, Browser,
    process::{Watchdog, free_port, signal, temporary_directory, wait_for},
};
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_mins(2);
/// Printed behind each block, on its own line.
const END_OF_BLOCK: &str = "=== end of block ===";
/// What bash does besides the guide: a failing command fails the test, and nothing that was started stays.
const PRELUDE: &str = "set -eo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\ntrap 'exit 1' TERM\n";

/// A fenced block: its words behind the fence, and its lines.
struct Block {
    info: String,
    text: String,
}

fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in guide.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block {
                    info: info.to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block of the guide does not end");
    blocks
}

/// The file that a block holds.
fn file_name(block: &Block) -> Option<&str> {
    block.info.split(' ').find_map(|word| word.strip_prefix("file="))
}

/// One script: commands as they stand, each file written where its block stands.
fn script(blocks: &[Block]) -> String {
    blocks.iter().fold(PRELUDE.to_owned(), |script, block| {
        match (block.info.as_str(), file_name(block)) {
            ("sh", _) => format!("{script}{}echo '{END_OF_BLOCK}'\n", block.text),
            (_, Some(name)) => format!("{script}cat > {name} <<'END_OF_FILE'\n{}END_OF_FILE\n", block.text),
            _ => script,
        }
    })
}

/// Whether the lines are among those that were printed, in their order.
fn missing_line<'e>(expected: &'e str, printed: &str) -> Option<&'e str> {
    let mut printed = printed.lines().map(str::trim_end);
    expected
        .lines()
        .find(|line| !line.is_empty() && !printed.any(|other| other == *line))
}

/// The program that the guides are for: the one of this build, or that which `SEKISHO_BIN` names.
#[expect(
    clippy::disallowed_methods,
    reason = "who runs the tests names the program by a variable"
)]
fn program() -> PathBuf {
    let built = || env!("CARGO_BIN_EXE_sekisho").into();
    std::env::var_os("SEKISHO_BIN").map_or_else(built, PathBuf::from)
}

/// A shell with everything that it starts. Dropped, it ends.
struct Shell {
    process: Child,
    _watchdog: Watchdog,
    directory: PathBuf,
}

impl Shell {
    fn start(script: &str) -> Self {
        let directory = temporary_directory("guide");
        let (place, programs) = (directory.join("empty"), directory.join("bin"));
        for made in [&place, &programs] {
            fs::create_dir(made).unwrap();
        }
        std::os::unix::fs::symlink(program(), programs.join("sekisho")).unwrap();
        fs::write(directory.join("script"), script).unwrap();
        let out = |name: &str| Stdio::from(fs::File::create(directory.join(name)).unwrap());
        let process = Command::new("bash")
            .arg("-c")
            .arg(r#"PATH="$1:$PATH"; . "$2""#)
            .arg("guide")
            .args([&programs, &directory.join("script")])
            .current_dir(&place)
            .env("HOME", &directory)
            .envs(["no_proxy", "NO_PROXY"].map(|name| (name, "localhost")))
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(out("stdout"))
            .stderr(out("stderr"))
            .process_group(0)
            .spawn()
            .expect("bash starts");
        let watchdog = Watchdog::over(process.id(), "TERM", &directory);
        Self {
            process,
            _watchdog: watchdog,
            directory,
        }
    }

    /// What the script printed, when it has come to its end without an error. Whoever reads the guide opens the
    /// addresses that it prints for them.
    fn finish(&mut self) -> String {
        let mut opened = 0;
        let status = wait_for(PATIENCE, || {
            let printed = self.read("stdout");
            let (complete, _) = printed.rsplit_once('\n').unwrap_or_default();
            let is_for_users =
                |line: &&str| line.contains("/authorize?client_id=") || line.ends_with("/account/requests");
            let mut addresses = complete.lines().filter(is_for_users);
            if let Some(address) = addresses.nth(opened) {
                opened += 1;
                let ended = self.open(address);
                let typed = self.process.stdin.as_mut().unwrap();
                writeln!(typed, "{ended}").unwrap();
            }
            self.process.try_wait().unwrap()
        });
        let (printed, complaints) = (self.read("stdout"), self.read("stderr"));
        assert!(
            status.is_some_and(|status| status.success()),
            "the commands of the guide failed: {status:?}\n{printed}\n{complaints}\n{}",
            logs(&self.place())
        );
        printed
    }

    /// Signs alice in, and allows what the page asks. Answers where the browser ended.
    fn open(&self, address: &str) -> String {
        let read = |name: &str| fs::read_to_string(self.place().join(name)).unwrap();
        let authority = Certificate::from_pem(read("sekisho-data/tls/ca.pem").as_bytes()).unwrap();
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_certs_only([authority])
            .build()
            .unwrap();
        let issuer = ["/authorize", "/account"]
            .iter()
            .find_map(|path| address.split_once(path));
        let browser = Browser::with_client(issuer.unwrap().0, http);
        let password = read("alice.password");
        let answer = Runtime::new().unwrap().block_on(async {
            let page = browser.open(address).await.page();
            let page = browser.sign_in(&page, "alice", password.trim()).await.page();
            browser.approve(&page).await
        });
        match answer {
            Answer::Callback(callback) => callback.url.to_string(),
            Answer::Page(_) => String::new(),
        }
    }

    /// The one directory that the guide made.
    fn place(&self) -> PathBuf {
        let mut made = fs::read_dir(self.directory.join("empty")).unwrap();
        made.next().expect("a directory").unwrap().path()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap_or_default()
    }
}

/// What the programs in the background had to say.
fn logs(place: &Path) -> String {
    let logs = ["serve.log", "api.log"];
    logs.map(|log| fs::read_to_string(place.join(log)).unwrap_or_default())
        .concat()
}

impl Drop for Shell {
    fn drop(&mut self) {
        signal("TERM", &[self.process.id()]);
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Runs a page of `docs/guides`, with these ports replaced, and compares what it shows in `shown` places at least.
fn goes_as_written(page: &str, ports: &[&str], shown: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = fs::read_to_string(root.join("docs/guides").join(page)).unwrap();
    let guide = ports
        .iter()
        .fold(guide, |guide, port| guide.replace(port, &free_port().to_string()));
    let blocks = blocks(&guide.replace("~/sekisho", root.to_str().unwrap()));
    let printed = Shell::start(&script(&blocks)).finish();
    let mut outputs = printed.split(END_OF_BLOCK);
    let (mut compared, mut output) = (0, "");
    for block in &blocks {
        match block.info.as_str() {
            "sh" => output = outputs.next().expect("an end for each block"),
            "text" => {
                let missing = missing_line(&block.text, output);
                assert!(
                    missing.is_none(),
                    "the guide shows {:?}, but there was:\n{output}",
                    missing.unwrap_or_default()
                );
                compared += 1;
            }
            "js" | "toml" => {}
            _ => assert!(file_name(block).is_some(), "what is a block of {:?}?", block.info),
        }
    }
    assert!(compared >= shown, "{compared}");
}

#[test]
fn protecting_an_api_goes_as_the_guide_says() {
    goes_as_written("protect-your-api.md", &["8080", "9000"], 7);
}

#[test]
fn putting_an_api_behind_sekisho_goes_as_the_guide_says() {
    goes_as_written("put-your-api-behind-sekisho.md", &["8080", "9000", "9001"], 8);
}

#[test]
fn a_rule_about_the_network_goes_as_the_guide_says() {
    goes_as_written("network-rule.md", &["8080", "9000"], 5);
}

#[test]
fn fapi_2_0_security_goes_as_the_guide_says() {
    goes_as_written("fapi2-security.md", &["8443"], 7);
}

#[test]
fn fapi_2_0_message_signing_goes_as_the_guide_says() {
    goes_as_written("fapi2-message-signing.md", &["8443"], 6);
}

#[test]
fn fapi_1_0_goes_as_the_guide_says() {
    goes_as_written("fapi1-advanced.md", &["8443"], 8);
}

#[test]
fn fapi_ciba_goes_as_the_guide_says() {
    goes_as_written("fapi-ciba.md", &["8443"], 6);
}

#[test]
fn a_sign_in_without_pages_goes_as_its_page_says() {
    goes_as_written("../flows.md", &["8080", "9000"], 5);
}

#[test]
fn a_line_that_was_not_printed_or_not_in_this_order_is_missed() {
    let printed = "one\ntwo  \nthree\n";
    assert_eq!(missing_line("one\n\nthree\n", printed), None);
    assert_eq!(missing_line("two\none\n", printed), Some("one"));
    assert_eq!(missing_line("tw\n", printed), Some("tw"));
    let blocks = blocks("a\n```sh\nb\n```\n```python file=x.py\nc\n```\n");
    assert!(blocks.len() == 2 && blocks[0].text == "b\n" && file_name(&blocks[1]) == Some("x.py"));
    assert!(script(&blocks).contains("cat > x.py <<'END_OF_FILE'\nc\nEND_OF_FILE\n"));
}
