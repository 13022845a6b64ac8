//! A browser without a screen that costs as little as a load generator may: cookies, redirects within the issuer, forms.

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{
    HeaderMap, Method, Request, StatusCode,
    header::{LOCATION, SET_COOKIE},
};
use http_body_util::Full;
use testkit::Page;
use url::Url;

use crate::connection::{Answer, Connection};

/// Where the apps of the benchmark wait for their codes.
pub const REDIRECT_URI: &str = "https://app.example.com/callback";
/// The password of every user of the benchmark.
pub const PASSWORD: &str = "a password of the benchmark";
/// More pages and redirects than any way to a code has.
const STEPS: usize = 12;

/// A browser at one issuer.
#[derive(Debug, Clone)]
pub struct Visit {
    origin: String,
    cookies: Vec<(String, String)>,
}

impl Visit {
    /// Without cookies. `origin` is `http://host:port`.
    pub fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            cookies: Vec::new(),
        }
    }

    /// Goes from an authorization request, a path with its query, all the way to the code: signs in as this user where that
    /// is asked for, and agrees to whatever else is asked.
    pub async fn code(&mut self, connection: &mut Connection, request: &str, username: &str) -> Result<String, String> {
        let mut answer = self.get(connection, request).await?;
        let mut at = request.to_owned();
        for _ in 0..STEPS {
            if let Some(location) = location(&answer) {
                if let Some(code) = code_in(&location) {
                    return Ok(code);
                }
                location.trim_start_matches(&self.origin).clone_into(&mut at);
                if !at.starts_with('/') {
                    return Err(format!("{request} led to {location}"));
                }
                answer = self.get(connection, &at).await?;
            } else {
                let page = self.page(answer, &at)?;
                (at, answer) = self.answer_form(connection, &page, username).await?;
            }
        }
        Err(format!("{request} led to no code, but at last to {at}"))
    }

    /// Fills in and sends the form of a page. Answers where it was sent, and what came.
    async fn answer_form(
        &mut self,
        connection: &mut Connection,
        page: &Page,
        username: &str,
    ) -> Result<(String, Answer), String> {
        let (form, pressed) = if page.has("password") {
            let form = page
                .form_with("password")
                .fill("username", username)
                .fill("password", PASSWORD);
            (form, "sign-in")
        } else if page.has("approve") {
            (page.form_with("approve"), "approve")
        } else {
            let first = page.forms().into_iter().next();
            (
                first.ok_or_else(|| format!("no form on {}: {}", page.url, page.text()))?,
                "",
            )
        };
        let path = form.action.path().to_owned();
        let answer = self.post(connection, &path, &form.entries(Some(pressed))).await?;
        Ok((path, answer))
    }

    /// The page that an answer is.
    pub fn page(&self, answer: Answer, path: &str) -> Result<Page, String> {
        let answer = answer.expect(StatusCode::OK)?;
        Ok(Page {
            url: Url::parse(&format!("{}{path}", self.origin)).map_err(|error| error.to_string())?,
            status: answer.status.as_u16(),
            headers: answer.headers,
            html: String::from_utf8_lossy(&answer.body).into_owned(),
        })
    }

    /// Follows a link or a redirect.
    pub async fn get(&mut self, connection: &mut Connection, path: &str) -> Result<Answer, String> {
        self.send(connection, Method::GET, path, Bytes::new()).await
    }

    /// Sends a form.
    pub async fn post(
        &mut self,
        connection: &mut Connection,
        path: &str,
        entries: &[(String, String)],
    ) -> Result<Answer, String> {
        let body = Serializer::new(String::new()).extend_pairs(entries).finish();
        self.send(connection, Method::POST, path, body.into()).await
    }

    async fn send(
        &mut self,
        connection: &mut Connection,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Answer, String> {
        let mut request = Request::builder()
            .method(&method)
            .uri(path)
            .header("host", self.origin.trim_start_matches("http://"))
            .header("accept", "text/html");
        if !self.cookies.is_empty() {
            request = request.header("cookie", self.cookie_header());
        }
        if method == Method::POST {
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .header("origin", &self.origin)
                .header("sec-fetch-site", "same-origin");
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let answer = connection.send(request).await?;
        self.keep_cookies(&answer.headers);
        Ok(answer)
    }

    fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Paths and ages are not looked at: one issuer, a few seconds. An empty value takes a cookie away.
    fn keep_cookies(&mut self, headers: &HeaderMap) {
        let lines = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        for (name, rest) in lines.filter_map(|line| line.split_once('=')) {
            let value = rest.split(';').next().unwrap_or_default();
            self.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

/// Where an answer sends the browser.
pub fn location(answer: &Answer) -> Option<String> {
    let location = answer.headers.get(LOCATION)?.to_str().ok()?;
    Some(location.to_owned())
}

/// The code in the URL that takes the browser back to the app.
pub fn code_in(location: &str) -> Option<String> {
    let query = location.strip_prefix(REDIRECT_URI)?.strip_prefix('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(name, _)| name == "code")
        .map(|(_, code)| code.into_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_code_is_taken_from_the_apps_own_url_alone() {
        let code = code_in("https://app.example.com/callback?state=s&code=a%2Fb");
        assert_eq!(code.as_deref(), Some("a/b"));
        assert_eq!(code_in("https://app.example.com/callback?error=access_denied"), None);
        assert_eq!(code_in("https://other.example.com/callback?code=a"), None);
    }

    #[test]
    fn cookies_are_kept_replaced_and_taken_away() {
        let mut visit = Visit::new("http://localhost:1");
        let set = |lines: &[&'static str]| -> HeaderMap {
            let lines = lines.iter().map(|line| (SET_COOKIE, HeaderValue::from_static(line)));
            lines.collect()
        };
        visit.keep_cookies(&set(&["a=1; Path=/", "b=x=y; HttpOnly"]));
        assert_eq!(visit.cookie_header(), "a=1; b=x=y");
        visit.keep_cookies(&set(&["a=2", "b=; Max-Age=0"]));
        assert_eq!(visit.cookie_header(), "a=2");
    }
}
