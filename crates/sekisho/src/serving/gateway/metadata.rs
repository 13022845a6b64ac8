//! What an API says of itself, at its own host.
//! Spec: RFC 9728 §3
//!
//! This is the gateway's to answer: the API behind it knows neither its issuer nor its rules.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use gateway::Body;
use http::{
    HeaderValue, Method, Response, StatusCode, Uri,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_TYPE},
};
use jose::SigningAlg;
use model::Api;
use protocol::{ProtectedResourceMetadata, protected_resource};
use realm::Realms;

/// Who describes the APIs.
pub(super) enum Described {
    /// The realms of this process.
    Here(Arc<Realms>),
    /// Files: identifier → document.
    Files(HashMap<String, Bytes>),
}

impl Described {
    /// The APIs of files, whose tokens are of this issuer.
    pub fn of_files(issuer: &str, apis: &[Api], proof_algs: &[SigningAlg]) -> Self {
        let document = |api: &Api| {
            let types = api.authorization_details.iter().map(|known| known.name.clone());
            let metadata = ProtectedResourceMetadata {
                resource_name: Some(api.name.clone()),
                authorization_details_types_supported: types.collect(),
                dpop_signing_alg_values_supported: proof_algs.to_vec(),
                ..ProtectedResourceMetadata::new(&api.identifier, &[issuer], &api.scopes())
            };
            let bytes = serde_json::to_vec(&metadata).unwrap_or_default();
            (api.identifier.clone(), Bytes::from(bytes))
        };
        Self::Files(apis.iter().map(document).collect())
    }

    /// Whether this is asked for.
    pub fn is_asked(uri: &Uri) -> bool {
        web::is_protected_resource(uri.path())
    }

    /// The document.
    pub async fn answer(&self, authority: &str, method: &Method, uri: &Uri) -> Response<Body> {
        match self {
            Self::Here(realms) => {
                let answer = web::protected_resource(realms, authority, method, uri).await;
                let (parts, body) = answer.into_parts();
                // It was made here, and is whole.
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
                Response::from_parts(parts, Body::from(bytes))
            }
            Self::Files(documents) => of_file(documents, authority, method, uri),
        }
    }
}

fn of_file(documents: &HashMap<String, Bytes>, authority: &str, method: &Method, uri: &Uri) -> Response<Body> {
    let identifiers = protected_resource::identifiers(authority, uri.path(), uri.query());
    let document = identifiers.iter().find_map(|identifier| documents.get(identifier));
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let (status, body) = match document {
        _ if !is_read => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
        Some(document) => (StatusCode::OK, document.clone()),
        None => (StatusCode::NOT_FOUND, Bytes::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if status == StatusCode::OK {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    } else if !is_read {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}
