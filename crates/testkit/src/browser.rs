//! A browser without a screen: it keeps cookies, follows redirects within the issuer's origin, fills in forms,
//! and stops where the client would take over.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use url::Url;

use crate::page::{Form, Page};

/// One browser profile: its cookies, and the issuer whose pages it walks.
pub struct Browser {
    http: reqwest::Client,
    issuer: Url,
    cookies: Mutex<Vec<Cookie>>,
    language: String,
    address: Option<String>,
}

struct Cookie {
    name: String,
    value: String,
    path: String,
}

/// Where a step led.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To a page of the server.
    Page(Page),
    /// Away from it: to the client's redirect URI.
    Callback(Callback),
}

/// What the client receives at its redirect URI, by query, fragment or form.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The whole URI.
    pub url: Url,
    /// The parameters of the answer, in order.
    pub parameters: Vec<(String, String)>,
    /// Whether they came in the fragment.
    pub in_fragment: bool,
}

impl Answer {
    /// The page. Stops the test when the answer went to the client.
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Callback(callback) => panic!("a page was expected, not {}", callback.url),
        }
    }

    /// What the client received. Stops the test when it is a page.
    pub fn callback(self) -> Callback {
        match self {
            Self::Callback(callback) => callback,
            Self::Page(page) => panic!(
                "an answer to the client was expected, not {} {}",
                page.status,
                page.text()
            ),
        }
    }
}

impl Callback {
    /// A parameter by its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The authorization code. Stops the test when there is none.
    pub fn code(&self) -> &str {
        self.get("code").unwrap_or_else(|| panic!("no code in {}", self.url))
    }
}

/// An HTTP client for tests: no redirects, no proxy, half a minute of patience. With `localhost` it reaches the
/// address that is given; without one, 127.0.0.1.
pub fn client(localhost: Option<SocketAddr>) -> reqwest::Client {
    let localhost = localhost.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .resolve("localhost", localhost)
        .build()
        .expect("an HTTP client")
}

impl Browser {
    /// A new profile without cookies that speaks English.
    #[must_use]
    pub fn new(issuer: &str) -> Self {
        Self::with_client(issuer, client(None))
    }

    /// As [`new`](Self::new), with a [`client`] that reaches a certain node.
    #[must_use]
    pub fn with_client(issuer: &str, http: reqwest::Client) -> Self {
        let issuer = Url::parse(issuer).expect("the issuer is a URL");
        Self {
            http,
            issuer,
            cookies: Mutex::default(),
            language: "en".to_owned(),
            address: None,
        }
    }

    /// The same profile with another language, `"ja"`.
    #[must_use]
    pub fn speaking(mut self, language: &str) -> Self {
        language.clone_into(&mut self.language);
        self
    }

    /// The same profile in another place, as a trusted proxy says it.
    #[must_use]
    pub fn moved_to(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// Opens a URL, or a path from the issuer on (`"/account"`).
    pub async fn open(&self, url: &str) -> Answer {
        let absolute = if url.starts_with('/') {
            format!("{}{url}", self.base())
        } else {
            url.to_owned()
        };
        self.go(Method::GET, Url::parse(&absolute).expect("a URL"), None).await
    }

    /// Sends a form by the button with the id `pressed`, or as the Enter key would when it has none.
    pub async fn submit(&self, form: &Form, pressed: Option<&str>) -> Answer {
        let entries = form.entries(pressed);
        if form.post {
            return self.go(Method::POST, form.action.clone(), Some(entries)).await;
        }
        let mut url = form.action.clone();
        url.query_pairs_mut().clear().extend_pairs(entries);
        self.go(Method::GET, url, None).await
    }

    /// Presses the button with this id, leaving its form as it is.
    pub async fn press(&self, page: &Page, button: &str) -> Answer {
        self.submit(&page.form_with(button), Some(button)).await
    }

    /// Signs in on the sign-in page.
    pub async fn sign_in(&self, page: &Page, username: &str, password: &str) -> Answer {
        let form = page
            .form_with("password")
            .fill("username", username)
            .fill("password", password);
        self.submit(&form, Some("sign-in")).await
    }

    /// Allows what the consent page asks, with every box as it is.
    pub async fn approve(&self, page: &Page) -> Answer {
        self.press(page, "approve").await
    }

    /// Refuses what the consent page asks.
    pub async fn deny(&self, page: &Page) -> Answer {
        self.press(page, "deny").await
    }

    /// Goes the usual way: opens an authorization request, signs in if asked, approves if asked, and sends what the answer
    /// posts.
    pub async fn authorize(&self, url: &str, username: &str, password: &str) -> Callback {
        let mut answer = self.open(url).await;
        if let Answer::Page(page) = &answer
            && page.has("sign-in")
        {
            answer = self.sign_in(page, username, password).await;
        }
        if let Answer::Page(page) = &answer
            && page.has("approve")
        {
            answer = self.approve(page).await;
        }
        if let Answer::Page(page) = &answer
            && page.has("continue")
        {
            answer = self.submit(&page.form_with("continue"), None).await;
        }
        answer.callback()
    }

    /// The names of the cookies it holds.
    pub fn cookie_names(&self) -> Vec<String> {
        self.jar().iter().map(|cookie| cookie.name.clone()).collect()
    }

    /// The cookies it holds, as names and values.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let jar = self.jar();
        jar.iter()
            .map(|cookie| (cookie.name.clone(), cookie.value.clone()))
            .collect()
    }

    /// Holds this cookie from now on, whoever made it.
    pub fn plant_cookie(&self, name: &str, value: &str) {
        let mut jar = self.jar();
        jar.retain(|cookie| cookie.name != name);
        jar.push(Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            path: "/".to_owned(),
        });
    }

    /// Loses the cookies whose name begins like this.
    pub fn forget_cookies_like(&self, prefix: &str) {
        self.jar().retain(|cookie| !cookie.name.starts_with(prefix));
    }

    /// Loses all cookies.
    pub fn forget_cookies(&self) {
        self.jar().clear();
    }

    async fn go(&self, method: Method, url: Url, form: Option<Vec<(String, String)>>) -> Answer {
        let (mut method, mut url, mut form) = (method, url, form);
        for _ in 0..20 {
            if url.origin() != self.issuer.origin() {
                return Answer::Callback(callback(url, form));
            }
            let response = self.send(&method, &url, form.as_ref()).await;
            self.keep_cookies(response.headers());
            let status = response.status().as_u16();
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let Some(location) = location.filter(|_| response.status().is_redirection()) else {
                let headers = response.headers().clone();
                let html = response.text().await.expect("a page of text");
                return Answer::Page(Page {
                    url,
                    status,
                    headers,
                    html,
                });
            };
            assert!(
                matches!(status, 302 | 303),
                "{url} redirects by {status}, which can send a form on"
            );
            let next = url.join(location).expect("a location");
            (method, url, form) = (Method::GET, next, None);
        }
        panic!("too many redirects, the last to {url}")
    }

    async fn send(&self, method: &Method, url: &Url, form: Option<&Vec<(String, String)>>) -> reqwest::Response {
        let mut request = self
            .http
            .request(method.clone(), url.clone())
            .header(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .header(ACCEPT_LANGUAGE, &self.language);
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        let cookies = self.cookies_for(url);
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        if let Some(form) = form {
            let origin = self.issuer.origin().ascii_serialization();
            request = request
                .header(ORIGIN, origin)
                .header("sec-fetch-site", "same-origin")
                .form(form);
        }
        request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{method} {url}: {error:?}"))
    }

    fn base(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Vec<Cookie>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it sends as the header `Cookie` to this URL.
    pub fn cookies_for(&self, url: &Url) -> String {
        let matches = |path: &str| {
            url.path()
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || path.ends_with('/'))
        };
        let jar = self.jar();
        let sent = jar.iter().filter(|cookie| matches(&cookie.path));
        sent.map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect::<Vec<_>>()
            .join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut jar = self.jar();
        for line in headers.get_all(SET_COOKIE) {
            let line = line.to_str().expect("an ASCII cookie");
            let mut parts = line.split(';').map(str::trim);
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("name=value");
            let attribute = |wanted: &str| {
                line.split(';').skip(1).find_map(|part| {
                    let (name, value) = part.trim().split_once('=')?;
                    name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
                })
            };
            let path = attribute("path").unwrap_or_else(|| "/".to_owned());
            jar.retain(|cookie| cookie.name != name || cookie.path != path);
            let gone = attribute("max-age").is_some_and(|age| age.parse().is_ok_and(|age: i64| age <= 0));
            if !gone {
                jar.push(Cookie {
                    name: name.to_owned(),
                    value: value.to_owned(),
                    path,
                });
            }
        }
    }
}

fn callback(url: Url, form: Option<Vec<(String, String)>>) -> Callback {
    let in_fragment = url.fragment().is_some();
    let parameters = form.unwrap_or_else(|| {
        let mut carrier = url.clone();
        if let Some(fragment) = url.fragment() {
            carrier.set_query(Some(fragment));
        }
        carrier.query_pairs().into_owned().collect()
    });
    Callback {
        url,
        parameters,
        in_fragment,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_cookie(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (SET_COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn cookies_are_replaced_removed_and_sent_below_their_path_alone() {
        let browser = Browser::new("http://localhost:1/a");
        browser.keep_cookies(&set_cookie(&["s=1; Path=/a; HttpOnly", "t=2; Path=/"]));
        let sent = |path: &str| browser.cookies_for(&Url::parse("http://localhost:1").unwrap().join(path).unwrap());
        assert_eq!(sent("/a/account"), "s=1; t=2");
        assert_eq!(sent("/ab"), "t=2");
        browser.keep_cookies(&set_cookie(&["s=3; Path=/a", "t=; path=/; max-age=0"]));
        assert_eq!(sent("/a"), "s=3");
        browser.plant_cookie("other", "4");
        assert_eq!(browser.cookies().len(), 2);
        browser.forget_cookies_like("s");
        assert_eq!(sent("/a"), "other=4");
        browser.forget_cookies();
        assert_eq!(sent("/a"), "");
    }

    #[test]
    fn an_answer_to_the_client_is_read_from_query_fragment_or_form() {
        let query = callback(Url::parse("https://app.example/cb?code=a%20b&state=s").unwrap(), None);
        assert_eq!(
            (query.code(), query.get("state"), query.in_fragment),
            ("a b", Some("s"), false)
        );
        let fragment = callback(Url::parse("https://app.example/cb?x=y#access_token=t").unwrap(), None);
        assert_eq!(
            (fragment.get("access_token"), fragment.get("x"), fragment.in_fragment),
            (Some("t"), None, true)
        );
        let posted = vec![("code".to_owned(), "c".to_owned())];
        assert_eq!(
            callback(Url::parse("https://app.example/cb").unwrap(), Some(posted)).code(),
            "c"
        );
    }
}
