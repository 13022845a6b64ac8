//! Mail over SMTP.

use std::sync::Mutex;

use super::*;

#[tokio::test]
async fn mail_arrives_once() {
    let world = World::new().await;
    let mut smtp = Smtp::plain().await;
    let mut worker = world.worker(Some(smtp.mail("smtp", &[]).unwrap()));
    world.owe_mail("m1").await;
    deliver(&mut worker).await;
    deliver(&mut worker).await;

    let mail = smtp.received().await;
    assert_eq!(
        mail.commands,
        ["MAIL FROM:<no-reply@example.com>", "RCPT TO:<alice@example.com>"]
    );
    assert!(
        mail.text.contains("\r\nMessage-ID: <m1@example.com>\r\n"),
        "{}",
        mail.text
    );
    for part in ["multipart/alternative", "text/plain", "text/html", "=?utf-8?b?"] {
        assert!(mail.text.contains(part), "{part}: {}", mail.text);
    }
    let entry = world.entry("m1").await;
    assert_eq!((entry.state.as_str(), entry.attempts), ("delivered", 1));
    assert!(smtp.received_nothing_more());
}

#[tokio::test]
async fn mail_that_is_kept_does_not_leave() {
    let world = World::new().await;
    let kept = Arc::new(Mutex::new(Vec::new()));
    let box_ = Arc::clone(&kept);
    let keep: Keep = Arc::new(move |to, written| box_.lock().unwrap().push((to.to_owned(), written.subject)));
    world.owe_mail("m1").await;
    deliver(&mut world.worker(Some(Mail::kept(Mails::new(None).unwrap(), keep)))).await;
    assert_eq!(world.state("m1").await, "delivered");
    let subject = "A request waits for you at 銀行".to_owned();
    assert_eq!(*kept.lock().unwrap(), [("alice@example.com".to_owned(), subject)]);
}

#[tokio::test]
async fn nothing_is_lost_while_the_mail_server_is_down() {
    let world = World::new().await;
    // Nobody listens there.
    let mut settings = Smtp::plain().await.settings("smtp");
    settings.smtp.set_port(Some(testkit::process::free_port())).unwrap();
    let down = || Mail::by_smtp(Mails::new(None).unwrap(), &settings, &[]).unwrap();
    for id in ["m1", "m2"] {
        world.owe_mail(id).await;
    }
    for wait in [10, 20, 40] {
        deliver(&mut world.worker(Some(down()))).await;
        for id in ["m1", "m2"] {
            assert_eq!(world.state(id).await, "pending");
        }
        world.clock.advance(wait);
    }
    let mut smtp = Smtp::plain().await;
    deliver(&mut world.worker(Some(smtp.mail("smtp", &[]).unwrap()))).await;
    for _ in 0..2 {
        smtp.received().await;
    }
    for id in ["m1", "m2"] {
        assert_eq!(world.state(id).await, "delivered");
    }
}

#[tokio::test]
async fn mail_that_is_refused_is_tried_again() {
    let world = World::new().await;
    let mut smtp = Smtp::plain().await;
    smtp.refuse_recipients(1);
    let mut worker = world.worker(Some(smtp.mail("smtp", &[]).unwrap()));
    world.owe_mail("m1").await;
    deliver(&mut worker).await;
    let entry = world.entry("m1").await;
    assert_eq!((entry.state.as_str(), entry.next_attempt_at), ("pending", NOW + 10));
    assert!(entry.last_error.unwrap().contains("mailbox is busy"));
    world.clock.advance(10);
    deliver(&mut worker).await;
    assert_eq!(world.state("m1").await, "delivered");
    smtp.received().await;
}

#[tokio::test]
async fn tls_from_the_start_needs_a_certificate_that_is_trusted() {
    let world = World::new().await;
    let (mut smtp, root) = Smtp::tls(&world.directory).await;
    world.owe_mail("m1").await;
    deliver(&mut world.worker(Some(smtp.mail("smtps", &[]).unwrap()))).await;
    let entry = world.entry("m1").await;
    assert_eq!(entry.state, "pending");
    assert!(entry.last_error.unwrap().contains("certificate"));

    world.clock.advance(10);
    deliver(&mut world.worker(Some(smtp.mail("smtps", &[root]).unwrap()))).await;
    assert_eq!(world.state("m1").await, "delivered");
    smtp.received().await;
}

#[tokio::test]
async fn mail_without_a_mail_server_says_so_and_waits() {
    let world = World::new().await;
    let mut worker = world.worker(None);
    world.owe_mail("m1").await;
    for _ in 0..3 {
        deliver(&mut worker).await;
    }
    let entry = world.entry("m1").await;
    assert_eq!(
        (entry.state.as_str(), entry.attempts, entry.next_attempt_at),
        ("pending", 1, NOW + 10)
    );
    assert!(entry.last_error.unwrap().contains("[email]"));
    world.clock.advance(3600);
    deliver(&mut worker).await;
    assert_eq!(world.state("m1").await, "dead");
}
