use std::{fs, sync::Arc};

use jose::WrapKey;
use model::{Clock, Realm, Registration};
use protocol::ErrorCode;
use realm::{Fetch, Fetched, Fetching, Outside};
use storage::{Options, Store};

use super::*;

/// Answers every call with this status and body.
struct Document(u16, &'static str);

impl Fetch for Document {
    fn get<'a>(&'a self, _: &'a str, _: &'a str) -> Fetching<'a> {
        let (status, body) = (self.0, self.1.as_bytes().to_vec());
        Box::pin(async move { Ok(Fetched { status, body }) })
    }
}

async fn check_against(status: u16, document: &'static str, client: &ClientMetadata) -> Result<(), SectorProblem> {
    let directory = std::env::temp_dir().join(format!("oauth-sector-{}", jose::random_token()));
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join("test.db");
    let store = Store::open(&Options::Sqlite { path }).await.unwrap();
    let settings = Realm {
        registration: Registration::Open,
        ..Realm::new("https://id.example.com")
    };
    let wrap = Arc::new(WrapKey::from_bytes(jose::random_bytes()));
    let outside = Arc::new(Outside::new(Document(status, document)));
    let realm = RealmContext::load(
        &store,
        &Clock::frozen(1_800_000_000),
        &wrap,
        &outside,
        &Arc::default(),
        settings,
    )
    .await
    .unwrap();
    let result = check(&realm, client).await;
    let _ = fs::remove_dir_all(&directory);
    result
}

fn client() -> ClientMetadata {
    ClientMetadata {
        redirect_uris: vec!["https://a.example/cb".into(), "https://b.example/cb".into()],
        sector_identifier_uri: Some("https://sector.example/uris.json".into()),
        ..ClientMetadata::default()
    }
}

// Conformance: oidcc-registration-sector-uri
#[tokio::test]
async fn a_document_that_lists_every_redirect_uri_is_taken() {
    for document in [
        r#"["https://a.example/cb","https://b.example/cb"]"#,
        r#"["https://c.example/","https://b.example/cb","https://a.example/cb"]"#,
    ] {
        assert_eq!(check_against(200, document, &client()).await, Ok(()), "{document}");
    }
}

// Conformance: B128 oidcc-registration-sector-bad
#[tokio::test]
async fn a_document_that_leaves_a_redirect_uri_out_is_refused() {
    for document in [
        "[]",
        r#"["https://a.example/cb"]"#,
        r#"["https://a.example/cb","https://b.example/cb/"]"#,
        r#"["https://a.example/cb","https://b.example/"]"#,
    ] {
        let problem = check_against(200, document, &client()).await.unwrap_err();
        assert!(matches!(problem, SectorProblem::NotListed(_)), "{document}");
    }
}

// Conformance: B128 oidcc-registration-sector-bad
#[tokio::test]
async fn what_is_no_list_or_cannot_be_had_is_refused() {
    for document in [
        "",
        "{}",
        "null",
        r#""https://a.example/cb""#,
        r#"["https://a.example/cb","https://b.example/cb",1]"#,
    ] {
        assert_eq!(
            check_against(200, document, &client()).await,
            Err(SectorProblem::NotAList),
            "{document}"
        );
    }
    let listed = r#"["https://a.example/cb","https://b.example/cb"]"#;
    for status in [204, 302, 404, 500] {
        let problem = check_against(status, listed, &client()).await.unwrap_err();
        assert!(matches!(problem, SectorProblem::Fetch(_)), "{status}");
    }
}

#[tokio::test]
async fn a_problem_names_the_member_and_what_to_do() {
    let problem = check_against(200, "[]", &client()).await.unwrap_err();
    let problem = MetadataProblem::from(problem);
    assert_eq!(problem.member, "sector_identifier_uri");
    assert_eq!(problem.error_code(), ErrorCode::InvalidClientMetadata);
    assert!(problem.problem.contains("https://a.example/cb") && problem.remedy.contains("add every redirect URI"));
}

#[tokio::test]
async fn without_a_sector_identifier_uri_nobody_is_asked() {
    let client = ClientMetadata {
        sector_identifier_uri: None,
        ..client()
    };
    assert_eq!(check_against(500, "", &client).await, Ok(()));
}
