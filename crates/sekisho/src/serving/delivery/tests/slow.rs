//! A destination that is slow holds up nobody else.

use std::sync::Mutex;

use tokio::sync::Semaphore;

use super::*;

/// An endpoint that answers when it is let to, and how many calls it saw at once.
pub(super) struct Slow {
    let_go: Semaphore,
    now: Mutex<(usize, usize)>,
}

impl Slow {
    pub(super) async fn serve() -> (Arc<Self>, String) {
        let slow = Arc::new(Self {
            let_go: Semaphore::new(0),
            now: Mutex::default(),
        });
        let endpoint = Arc::clone(&slow);
        let answer = move || {
            let slow = Arc::clone(&endpoint);
            async move {
                slow.count(1);
                slow.let_go.acquire().await.unwrap().forget();
                slow.count(-1);
            }
        };
        (slow, serve(Router::new().route("/", post(answer))).await)
    }

    fn count(&self, by: isize) {
        let (now, most) = &mut *self.now.lock().unwrap();
        *now = now.checked_add_signed(by).unwrap();
        *most = (*most).max(*now);
    }

    fn release(&self, calls: usize) {
        self.let_go.add_permits(calls);
    }

    fn most_at_once(&self) -> usize {
        self.now.lock().unwrap().1
    }
}

// Conformance: BC-08
#[tokio::test]
async fn a_slow_destination_has_two_places_and_holds_up_nobody_else() {
    let world = World::new().await;
    let (slow, slow_url) = Slow::serve().await;
    let fast_url = serve(Router::new().route("/", post(|| async {}))).await;
    for id in ["s1", "s2", "s3", "s4", "s5"] {
        world.owe_call(id, &slow_url).await;
    }
    world.owe_call("fast", &fast_url).await;
    let mut worker = world.worker(None);
    worker.lease().await;
    assert_eq!(worker.running(), 3);
    worker.ended().await;
    assert_eq!(world.state("fast").await, "delivered");

    // What comes later is not held up either.
    world.owe_call("later", &fast_url).await;
    worker.lease().await;
    worker.ended().await;
    assert_eq!(
        (world.state("later").await.as_str(), worker.running()),
        ("delivered", 2)
    );

    slow.release(5);
    while worker.running() > 0 {
        worker.ended().await;
    }
    for id in ["s1", "s2", "s3", "s4", "s5"] {
        assert_eq!(world.state(id).await, "delivered");
    }
    assert_eq!(slow.most_at_once(), 2);
}

#[tokio::test]
async fn a_call_that_waited_until_its_lease_is_nearly_over_is_left_to_another_node() {
    let world = World::new().await;
    let (slow, url) = Slow::serve().await;
    for id in ["s1", "s2", "s3"] {
        world.owe_call(id, &url).await;
    }
    let (mut worker, mut another) = (world.worker(None), world.worker(None));
    worker.lease().await;
    world.clock.advance(100);
    slow.release(3);
    while worker.running() > 0 {
        worker.ended().await;
    }
    another.lease().await;
    assert_eq!((worker.running(), another.running()), (0, 0));
    world.clock.advance(20);
    deliver(&mut another).await;
    for id in ["s1", "s2", "s3"] {
        assert_eq!(world.state(id).await, "delivered");
    }
}

#[tokio::test]
async fn many_calls_of_one_destination_leave_room_for_others() {
    let world = World::new().await;
    let (_slow, slow_url) = Slow::serve().await;
    let calls = (0..2000).map(|n| {
        let call = NewCall {
            id: format!("s{n}"),
            realm: REALM.into(),
            kind: "notification".into(),
            destination: slow_url.clone(),
            payload: world.notification(&format!("s{n}")),
            expires_at: NOW + 3600,
        };
        enqueue(call, NOW)
    });
    let _ = world.store.commit(Change::new().then_all(calls)).await.unwrap();
    world.clock.advance(1);
    let fast_url = serve(Router::new().route("/", post(|| async {}))).await;
    world.owe_call("fast", &fast_url).await;
    let mut worker = world.worker(None);
    worker.lease().await;
    worker.ended().await;
    assert_eq!(
        (world.entry("fast").await.state.as_str(), worker.running()),
        ("delivered", 2)
    );
}
