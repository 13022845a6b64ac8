use super::*;
use crate::administration::Action;
use crate::administration::tests::World;

/// A server with a control socket.
struct Server {
    world: World,
    path: PathBuf,
    stop: watch::Sender<bool>,
}

impl Server {
    async fn start_in(directory: &str) -> Self {
        let world = World::new().await;
        let data = world.directory.join(directory);
        fs::create_dir_all(&data).unwrap();
        let path = data.join("control.sock");
        let (stop, stopped) = watch::channel(false);
        let held = hold(&path).unwrap();
        listen(&path, held, Arc::clone(&world.realms), world.pool.clone(), stopped).unwrap();
        Self { world, path, stop }
    }

    async fn start() -> Self {
        Self::start_in("data").await
    }

    async fn raw(&self, input: &[u8]) -> Vec<Value> {
        let mut stream = connect(&self.path).await.unwrap();
        stream.write_all(input).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn user_list() -> Command {
    Command {
        realm: None,
        action: Action::UserList {
            after: String::new(),
            limit: 10,
        },
    }
}

#[tokio::test]
async fn a_command_is_carried_out_by_the_server_and_only_its_owner_can_send_one() {
    let server = Server::start().await;
    assert_eq!(fs::metadata(&server.path).unwrap().permissions().mode() & 0o777, 0o600);
    let answer = send(&server.path, &user_list()).await.unwrap().unwrap();
    assert_eq!(answer["users"][0]["username"], "alice");
    let disable = Action::UserSetEnabled {
        user: "alice".into(),
        enabled: false,
    };
    send(
        &server.path,
        &Command {
            realm: None,
            action: disable,
        },
    )
    .await
    .unwrap()
    .unwrap();
    assert!(!server.world.user("alice").await.enabled);
    let nobody = Action::UserShow { user: "nobody".into() };
    let error = send(
        &server.path,
        &Command {
            realm: None,
            action: nobody,
        },
    )
    .await
    .unwrap()
    .unwrap_err();
    assert_eq!(error.kind, AdminErrorKind::NotFound);
}

#[tokio::test]
async fn bad_input_is_answered_and_the_server_lives_on() {
    let server = Server::start().await;
    let answers = server
        .raw(b"nonsense\n{\"command\":\"format_disk\"}\n\xff\xfe\n{\"command\":\"key_list\"}\ncut off")
        .await;
    assert_eq!(answers.len(), 5, "{answers:?}");
    for at in [0, 1, 2, 4] {
        assert_eq!(answers[at]["error"]["kind"], "invalid", "{}", answers[at]);
    }
    assert!(answers[3]["ok"]["keys"].is_array());
    assert!(send(&server.path, &user_list()).await.unwrap().is_ok());
}

#[tokio::test]
async fn without_a_server_nobody_answers_and_what_a_dead_one_left_is_replaced() {
    let server = Server::start().await;
    let gone = server.world.directory.join("control.sock");
    assert!(send(&gone, &user_list()).await.is_none());
    // A socket without a listener, as kill -9 leaves it.
    drop(std::os::unix::net::UnixListener::bind(&gone).unwrap());
    assert!(send(&gone, &user_list()).await.is_none());
    let (_stop, stopped) = watch::channel(false);
    listen(
        &gone,
        hold(&gone).unwrap(),
        Arc::clone(&server.world.realms),
        server.world.pool.clone(),
        stopped,
    )
    .unwrap();
    assert!(send(&gone, &user_list()).await.unwrap().is_ok());
}

#[tokio::test]
async fn two_servers_do_not_share_a_data_directory() {
    let server = Server::start().await;
    let error = hold(&server.path).err().unwrap();
    assert!(error.contains("another server runs"), "{error}");
    assert!(send(&server.path, &user_list()).await.unwrap().is_ok());

    server.stop.send(true).unwrap();
    let path = server.path.clone();
    timeout(Duration::from_secs(10), async {
        while path.exists() || hold(&path).is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_data_directory_with_a_long_path_works_too() {
    let server = Server::start_in(&format!("{0}/{0}", "long".repeat(30))).await;
    assert!(send(&server.path, &user_list()).await.unwrap().is_ok());
}
