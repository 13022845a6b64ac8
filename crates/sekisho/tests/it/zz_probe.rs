#[tokio::test]
async fn probe() {
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let _ = jose::SigningKey::generate(jose::SigningAlg::Rs256).unwrap();
        eprintln!("rsa {:?}", t.elapsed());
    }
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let bank = crate::bank::Bank::start().await;
        eprintln!("bank {:?}", t.elapsed());
        let t = std::time::Instant::now();
        bank.running.realms.maintain_keys().await.unwrap();
        eprintln!("maintain {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let _ = testkit::browser::client(None);
        eprintln!("client {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let b = bank.browser();
        eprintln!("browser {:?}", t.elapsed());
        let t = std::time::Instant::now();
        let p = b.open("/account").await.page();
        eprintln!("open {:?}", t.elapsed());
        let t = std::time::Instant::now();
        b.sign_in(&p, "alice", "alice-password").await.page();
        eprintln!("sign-in {:?}", t.elapsed());
    }
}
