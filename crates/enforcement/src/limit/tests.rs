use super::*;

const NOW: i64 = 1_800_000_000;

fn limits(written: serde_json::Value) -> Vec<protocol::limit::Limit> {
    serde_json::from_value(written).unwrap()
}

fn measure(rate: &str, burst: u32) -> Measure {
    let limit = serde_json::json!([{ "per": "client", "rate": rate, "burst": burst }]);
    Measure::of(&limits(limit)[0])
}

fn of(client: &str) -> Caller<'_> {
    Caller {
        client: Some(client),
        ..Caller::default()
    }
}

/// After so many seconds, so many calls at once: how many get through.
#[test]
fn a_bucket_gives_what_is_in_it_and_fills_at_its_rate() {
    for (rate, burst, calls) in [
        (
            "100/1m",
            20,
            &[
                (0, 64, 20),
                (0, 1, 0),
                (1, 64, 1),
                (3, 64, 5),
                (12, 64, 20),
                (1000, 64, 20),
            ][..],
        ),
        ("1/1s", 1, &[(0, 2, 1), (1, 2, 1), (5, 9, 1)]),
        ("10/1s", 10, &[(0, 64, 10), (1, 64, 10), (1, 4, 4), (1, 64, 10)]),
        (
            "5/1h",
            5,
            &[(0, 9, 5), (719, 9, 0), (1, 9, 1), (719, 9, 0), (1, 9, 1), (7200, 9, 5)],
        ),
        ("7/90s", 3, &[(0, 5, 3), (12, 5, 0), (1, 5, 1), (13, 5, 1)]),
    ] {
        let measure = measure(rate, burst);
        let (mut bucket, mut now) = (Bucket::default(), NOW);
        for (after, tried, passed) in calls {
            now += after;
            let taken = (0..*tried).filter(|_| bucket.take(measure, now, 1)).count();
            assert_eq!(taken, *passed, "{rate} {burst}: {tried} at {}", now - NOW);
        }
    }
}

#[test]
fn whoever_waits_as_long_as_is_told_gets_through_and_nobody_before() {
    for (rate, burst) in [("100/1m", 20), ("1/1s", 1), ("7/90s", 3), ("3/1d", 2), ("1000/1s", 10)] {
        let measure = measure(rate, burst);
        let mut bucket = Bucket::default();
        while bucket.take(measure, NOW, 1) {}
        let wait = bucket.wait(measure, NOW);
        let takes_at = |now| {
            let mut bucket = bucket;
            bucket.take(measure, now, 1)
        };
        assert!(wait > 0 && !takes_at(NOW + wait - 1) && takes_at(NOW + wait), "{rate}");
        let full = bucket.full_in(measure, NOW);
        assert_eq!(bucket.left(measure, NOW + full), i64::from(burst), "{rate}");
        assert!(bucket.left(measure, NOW + full - 1) < i64::from(burst), "{rate}");
    }
}

#[test]
fn a_clock_that_goes_back_gives_nothing() {
    let measure = measure("10/1s", 10);
    let mut bucket = Bucket::default();
    assert!(bucket.take(measure, NOW, 10));
    assert!(!bucket.take(measure, NOW - 100, 1));
    assert_eq!(bucket.left(measure, NOW - 100), 0);
}

#[test]
fn callers_are_counted_apart_and_each_by_what_it_is() {
    let rules = rules(
        "https://api.example",
        &limits(serde_json::json!([
            { "per": "client", "rate": "9/1s" }, { "per": "user", "rate": "9/1s" }, { "per": "key", "rate": "9/1s" },
            { "per": "api", "rate": "9/1s" }
        ])),
        "GET /a",
        &[],
    );
    let buckets = |caller| -> Vec<(String, [u8; 32])> {
        let charges = charges(&rules, caller).into_iter();
        charges
            .map(|charge| (charge.rule.name.clone(), charge.bucket))
            .collect()
    };
    let names = |caller| buckets(caller).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(Caller::default()), ["api"]);
    assert_eq!(names(of("app")), ["client", "api"]);
    let all = Caller {
        client: Some("x"),
        user: Some("x"),
        key: Some("x"),
    };
    assert_eq!(names(all), ["client", "user", "key", "api"]);
    let mut hashes: Vec<_> = buckets(all).into_iter().map(|(_, bucket)| bucket).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 4, "a user of the name of a client is somebody else");
    assert_eq!(buckets(of("app")), buckets(of("app")));
    assert_ne!(buckets(of("app"))[0], buckets(of("other"))[0]);
    assert_eq!(buckets(of("app"))[1], buckets(of("other"))[1]);
}

#[test]
fn limits_of_an_api_are_for_all_its_routes_and_those_of_a_route_for_it_alone() {
    let of_api = limits(serde_json::json!([{ "per": "client", "rate": "9/1s" }, { "per": "route", "rate": "9/1s" }]));
    let of_route = limits(serde_json::json!([
        { "per": "client", "rate": "9/1s" }, { "per": "client", "rate": "90/1h" }, { "per": "route", "rate": "90/1h" }
    ]));
    let at = |api, route, own: &[_]| charges(&rules(api, &of_api, route, own), of("app"));
    let one = at("https://api.example", "GET /a", &of_route);
    let names: Vec<_> = one.iter().map(|charge| charge.rule.name.as_str()).collect();
    assert_eq!(names, ["client", "route", "route-client", "route-client-2", "route-2"]);
    let two = at("https://api.example", "GET /b", &of_route);
    let same: Vec<bool> = one
        .iter()
        .zip(&two)
        .map(|(one, two)| one.bucket == two.bucket)
        .collect();
    assert_eq!(same, [true, false, false, false, false]);
    let other = at("https://other.example", "GET /a", &of_route);
    assert!(one.iter().zip(&other).all(|(one, other)| one.bucket != other.bucket));
}

#[test]
fn a_call_takes_from_all_its_buckets_or_from_none() {
    let written = serde_json::json!([{ "per": "api", "rate": "5/1m" }, { "per": "client", "rate": "2/1m" }]);
    let rules = rules("https://api.example", &limits(written), "", &[]);
    let mut table = Table::new(100);
    let mut call = |client, now| table.take(&charges(&rules, of(client)), now);
    let left = |usages: Vec<Usage>| usages.iter().map(|usage| usage.left).collect::<Vec<_>>();
    assert_eq!(left(call("app", NOW).unwrap()), [4, 1]);
    assert_eq!(left(call("app", NOW).unwrap()), [3, 0]);
    let exceeded = call("app", NOW).unwrap_err();
    assert_eq!(
        (exceeded.usage.rule.name.as_str(), exceeded.retry_after()),
        ("client", 30)
    );
    assert_eq!(
        left(call("other", NOW).unwrap()),
        [2, 1],
        "what was held back cost nothing"
    );
    assert_eq!(left(call("other", NOW).unwrap()), [1, 0]);
    assert_eq!(left(call("third", NOW).unwrap()), [0, 1]);
    assert_eq!(call("third", NOW).unwrap_err().usage.rule.name, "api");
    assert_eq!(left(call("app", NOW + 30).unwrap()), [1, 0]);
}

#[test]
fn a_full_table_forgets_those_who_have_used_least() {
    let written = serde_json::json!([{ "per": "client", "rate": "10/1h" }]);
    let rules = rules("https://api.example", &limits(written), "", &[]);
    let mut table = Table::new(8);
    let mut call = |client: &str, now| table.take(&charges(&rules, of(client)), now).is_ok();
    for _ in 0..10 {
        assert!(call("busy", NOW));
    }
    for number in 0..1000 {
        assert!(call(&format!("client {number}"), NOW));
        assert!(!call("busy", NOW));
    }
    assert!(call("late", NOW + 3600));
    assert!(table.len() <= 8);
    let mut table = Table::new(8);
    for number in 0..8 {
        let _ = table.take(&charges(&rules, of(&number.to_string())), NOW);
    }
    let _ = table.take(&charges(&rules, of("late")), NOW + 3600);
    assert_eq!(table.len(), 1, "full ones are forgotten first");
}

/// A bucket in a database, from which nodes take.
struct Shared(Bucket, usize);

impl Shared {
    /// Whether a call gets through at the node.
    fn call(&mut self, share: &mut Share, measure: Measure, now: i64) -> bool {
        match share.next(measure, now) {
            Next::Pass => true,
            Next::Wait(_) => false,
            Next::Take(handful) => {
                for calls in if handful > 1 { vec![handful, 1] } else { vec![1] } {
                    self.1 += 1;
                    if self.0.take(measure, now, calls) {
                        share.took(measure, now, calls, self.0);
                        return true;
                    }
                }
                share.found_empty(measure, now, self.0);
                false
            }
        }
    }
}

#[test]
fn nodes_that_share_a_bucket_pass_together_what_is_in_it() {
    let measure = measure("100/1m", 80);
    let mut shared = Shared(Bucket::default(), 0);
    let mut nodes = [Share::default(); 3];
    let passed = (0..300)
        .filter(|n| shared.call(&mut nodes[n % 3], measure, NOW))
        .count();
    assert_eq!(passed, 80);
    assert!(shared.1 < 40, "{} writes for 80 calls", shared.1);
    let before = shared.1;
    for n in 0..300 {
        assert!(!shared.call(&mut nodes[n % 3], measure, NOW));
    }
    assert_eq!(shared.1, before, "nobody asks again while it is empty");
    let passed = (0..300)
        .filter(|n| shared.call(&mut nodes[n % 3], measure, NOW + 6))
        .count();
    assert_eq!(passed, 10);
}

#[test]
fn a_node_that_is_called_seldom_holds_nothing_back() {
    let measure = measure("60/1m", 80);
    let mut shared = Shared(Bucket::default(), 0);
    let (mut busy, mut quiet) = (Share::default(), Share::default());
    for second in 0..10 {
        assert!(shared.call(&mut quiet, measure, NOW + 2 * second));
    }
    assert_eq!(shared.1, 10, "one at a time");
    let passed = (0..100).filter(|_| shared.call(&mut busy, measure, NOW + 20)).count();
    assert_eq!(passed, 80);
    // A handful that was not used up is given up, and a call that another limit held back is used later.
    let mut share = Share::default();
    share.took(measure, NOW, 8, Bucket::default());
    share.give_back();
    let used = (0..10).filter(|_| share.next(measure, NOW + 7) == Next::Pass).count();
    assert_eq!(used, 8);
    share.took(measure, NOW, 8, Bucket::default());
    assert_eq!(share.next(measure, NOW + 8), Next::Take(1));
    assert!(share.is_idle(NOW + 8) && !share.is_idle(NOW + 7));
}

#[test]
fn clients_are_told_what_is_left() {
    let of_api = limits(
        serde_json::json!([{ "per": "client", "rate": "100/1m", "burst": 20 }, { "per": "api", "rate": "5/1s" }]),
    );
    let charges = charges(&rules("https://api.example", &of_api, "", &[]), of("app"));
    let usages = Table::new(9).take(&charges, NOW).unwrap();
    let told: Vec<String> = fields(&usages)
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "ratelimit-policy: \"client\";q=100;w=60;sekisho-burst=20, \"api\";q=5;w=1",
            "ratelimit: \"client\";r=19;t=1, \"api\";r=4;t=1",
        ]
    );
    assert!(fields(&[]).is_empty());
}
