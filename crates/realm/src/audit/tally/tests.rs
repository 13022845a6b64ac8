use std::path::PathBuf;

use storage::{Options, audit_event::AuditQuery};

use super::*;

const NOW: i64 = 1_800_000_000;

struct World {
    store: Store,
    directory: PathBuf,
    tally: Tally,
}

impl World {
    async fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("tally-{}", jose::random_token()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("test.db");
        Self {
            store: Store::open(&Options::Sqlite { path }).await.unwrap(),
            directory,
            tally: Tally::default(),
        }
    }

    async fn write(&self, due: Due, now: i64) {
        self.tally.write(&self.store, due, now).await.unwrap();
    }

    async fn events(&self) -> Vec<AuditEvent> {
        let all = AuditQuery {
            after: (0, String::new()),
            until: i64::MAX,
            kinds: Vec::new(),
            user_id: None,
            client_id: None,
            limit: i64::MAX,
            newest: false,
        };
        self.store.audit_events("r", &all).await.unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn event(kind: AuditKind, client: &str, request: &str) -> AuditEvent {
    AuditEvent {
        client_id: Some(client.to_owned()),
        explanation_id: Some(request.to_owned()),
        kind,
        ..dropped("r".to_owned(), 1, NOW)
    }
}

#[tokio::test]
async fn what_is_alike_is_one_event_a_minute_with_a_count_and_the_last_request() {
    let world = World::new().await;
    world.write(Due::Now, NOW).await;
    for n in 0..100 {
        world
            .tally
            .count(event(AuditKind::TokenIssued, "robot", &format!("request {n}")));
    }
    world.tally.count(event(AuditKind::TokenIssued, "another", "x"));
    world.write(Due::Now, NOW + 59).await;
    assert_eq!(world.events().await, [], "the minute is not over");
    world.write(Due::Now, NOW + 60).await;
    let events = world.events().await;
    assert_eq!(events.len(), 2);
    let robot = events
        .iter()
        .find(|event| event.client_id.as_deref() == Some("robot"))
        .unwrap();
    assert_eq!((robot.count, robot.at), (100, NOW + 60));
    assert_eq!(robot.explanation_id.as_deref(), Some("request 99"));
    assert_eq!(robot.details["since"], NOW);
    world.write(Due::Now, NOW + 120).await;
    assert_eq!(world.events().await.len(), 2, "what did not happen is not told");
}

#[tokio::test]
async fn at_the_end_everything_is_written() {
    let world = World::new().await;
    world.write(Due::Now, NOW).await;
    world.tally.count(event(AuditKind::TokenIssued, "robot", "x"));
    world.tally.add(event(AuditKind::RequestRefused, "robot", "y"));
    world.write(Due::All, NOW + 1).await;
    assert_eq!(world.events().await.len(), 2);
}

#[tokio::test]
async fn a_flood_of_one_client_is_some_events_and_a_count() {
    let world = World::new().await;
    world.write(Due::Now, NOW).await;
    for n in 0..10_000 {
        world
            .tally
            .add(event(AuditKind::RequestRefused, "robot", &n.to_string()));
    }
    world.tally.add(event(AuditKind::RequestRefused, "another", "x"));
    world.write(Due::All, NOW + 1).await;
    let events = world.events().await;
    assert_eq!(
        events.len(),
        SINGLES as usize + 2,
        "the other client is not crowded out"
    );
    assert_eq!(
        events.iter().map(|event| event.count).sum::<i64>(),
        10_001,
        "none is lost"
    );
}

#[tokio::test]
async fn a_flood_of_what_differs_is_bounded_too() {
    let world = World::new().await;
    world.write(Due::Now, NOW).await;
    for n in 0..5000 {
        world
            .tally
            .count(event(AuditKind::RequestRefused, &format!("client {n}"), "x"));
    }
    world.write(Due::All, NOW + 1).await;
    let events = world.events().await;
    assert_eq!(events.len(), APART + 1);
    let others = events.iter().find(|event| event.client_id.is_none()).unwrap();
    assert_eq!((others.count, &others.details["others"]), (4000, &true.into()));
}

#[tokio::test]
async fn a_flood_of_clients_waits_within_bounds() {
    let world = World::new().await;
    for n in 0..WAITING + 500 {
        world
            .tally
            .add(event(AuditKind::RequestRefused, &format!("client {n}"), "x"));
    }
    assert_eq!(world.tally.state().waiting.len(), WAITING);
    world.write(Due::All, NOW).await;
    let told: i64 = world.events().await.iter().map(|event| event.count).sum();
    assert_eq!(told, i64::try_from(WAITING + 500).unwrap());
}

#[tokio::test]
async fn what_can_never_be_written_is_told_as_lost_and_holds_nothing_up() {
    let world = World::new().await;
    world.write(Due::Now, NOW).await;
    world.tally.add(event(AuditKind::RequestRefused, "nul \0", "x"));
    world.tally.write(&world.store, Due::Now, NOW).await.unwrap_err();
    world.tally.add(event(AuditKind::RequestRefused, "robot", "x"));
    world.write(Due::Now, NOW).await;
    let kinds: Vec<_> = world
        .events()
        .await
        .iter()
        .map(|event| (event.kind, event.count))
        .collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&(AuditKind::EventsDropped, 1)) && kinds.contains(&(AuditKind::RequestRefused, 1)));
}

#[test]
fn what_cannot_be_written_now_is_kept_while_there_is_room() {
    let mut state = State::default();
    let unavailable = StorageError::Unavailable("away".into());
    let many = (0..WAITING + 3).map(|_| event(AuditKind::RequestRefused, "robot", "x"));
    state.keep(many.collect(), &unavailable);
    assert_eq!((state.waiting.len(), state.lost["r"]), (WAITING, 3));
    // That they were lost is not forgotten when that cannot be written either.
    let taken = state.take(Due::Now, NOW);
    assert_eq!(taken.len(), WAITING + 1);
    state.keep(vec![taken.last().unwrap().clone()], &unavailable);
    assert_eq!(state.lost["r"], 3);
}
