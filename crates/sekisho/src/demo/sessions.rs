//! The browsers that use an app, in memory. The cookie is a random id; everything else stays here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use jose::random_token;

use super::frame::cookie;
use super::oidc_client::authorization::Pending;

/// The most sessions that are kept. Anybody can start one, so the oldest make room.
const MOST: usize = 1000;

/// The most requests of one browser that are waited for; the oldest make room.
const MOST_PENDING: usize = 5;

/// A session in use. While it is locked, nobody else uses its tokens.
pub(super) type Shared<T> = Arc<tokio::sync::Mutex<T>>;

/// All browsers of one app.
pub(super) struct Sessions<T> {
    /// Cookies of one host are shared by all its ports, so the name is the app's own. On https it would begin with
    /// `__Host-`, and the cookie be `Secure`.
    cookie: &'static str,
    store: Mutex<Store<T>>,
}

struct Store<T> {
    by_id: HashMap<String, Shared<T>>,
    oldest_first: VecDeque<String>,
}

impl<T: Default> Sessions<T> {
    /// No browser yet. `cookie`: a name that no other app of this host has.
    pub(super) fn new(cookie: &'static str) -> Self {
        let store = Store {
            by_id: HashMap::new(),
            oldest_first: VecDeque::new(),
        };
        Self {
            cookie,
            store: store.into(),
        }
    }

    /// The browser's session, or an empty one that is not kept.
    pub(super) fn find(&self, headers: &HeaderMap) -> Shared<T> {
        let id = cookie(headers, self.cookie);
        id.and_then(|id| self.get(&id)).unwrap_or_default()
    }

    /// The session with this id.
    pub(super) fn get(&self, id: &str) -> Option<Shared<T>> {
        self.store().by_id.get(id).cloned()
    }

    /// Starts a session, and answers its id.
    pub(super) fn start(&self, session: T) -> String {
        self.store().insert(session).0
    }

    /// Ends a session.
    pub(super) fn end(&self, id: &str) {
        self.store().remove(id);
    }

    /// The browser's session, made if there is none; with the cookie that leads to it.
    pub(super) fn find_or_create(&self, headers: &HeaderMap) -> (String, Shared<T>) {
        if let Some(id) = cookie(headers, self.cookie)
            && let Some(session) = self.get(&id)
        {
            return (self.set_cookie(&id), session);
        }
        let (id, session) = self.store().insert(T::default());
        (self.set_cookie(&id), session)
    }

    /// Ends the browser's session and starts another under a new id; answers its cookie.
    pub(super) fn replace(&self, headers: &HeaderMap, session: T) -> String {
        let mut store = self.store();
        if let Some(id) = cookie(headers, self.cookie) {
            store.remove(&id);
        }
        let (id, _) = store.insert(session);
        self.set_cookie(&id)
    }

    /// `Lax`, since the user comes back from the authorization server by a link.
    fn set_cookie(&self, id: &str) -> String {
        format!("{}={id}; Path=/; HttpOnly; SameSite=Lax", self.cookie)
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store<T>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Store<T> {
    fn insert(&mut self, session: T) -> (String, Shared<T>) {
        if self.oldest_first.len() >= MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        let id = random_token();
        let session: Shared<T> = Arc::new(session.into());
        self.by_id.insert(id.clone(), Arc::clone(&session));
        self.oldest_first.push_back(id.clone());
        (id, session)
    }

    fn remove(&mut self, id: &str) {
        self.by_id.remove(id);
        self.oldest_first.retain(|other| other != id);
    }
}

/// Requests whose answers a browser may still bring, each with what the app keeps of it.
pub(super) struct PendingRequests<T>(VecDeque<(Pending, T)>);

impl<T> Default for PendingRequests<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> PendingRequests<T> {
    /// Keeps what the answer will be checked against.
    pub(super) fn remember(&mut self, pending: Pending, about: T) {
        if self.0.len() >= MOST_PENDING {
            self.0.pop_front();
        }
        self.0.push_back((pending, about));
    }

    /// The request that this query answers. Each is answered once.
    pub(super) fn take(&mut self, query: &str) -> Option<(Pending, T)> {
        let place = self.0.iter().position(|(pending, _)| pending.is_answered_by(query))?;
        self.0.remove(place)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn sent(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap();
        HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())])
    }

    fn sessions() -> Sessions<Option<&'static str>> {
        Sessions::new("app-session")
    }

    fn content(sessions: &Sessions<Option<&'static str>>, headers: &HeaderMap) -> Option<&'static str> {
        *sessions.find(headers).try_lock().unwrap()
    }

    #[test]
    fn a_session_is_found_by_its_cookie_alone() {
        let sessions = sessions();
        let (cookie, session) = sessions.find_or_create(&HeaderMap::new());
        *session.try_lock().unwrap() = Some("mine");
        assert_eq!(content(&sessions, &sent(&cookie)), Some("mine"));
        assert_eq!(content(&sessions, &sent("app-session=guessed")), None);
        assert_eq!(sessions.find_or_create(&sent(&cookie)).0, cookie);
    }

    #[test]
    fn a_replaced_session_has_a_new_id_and_the_old_one_is_dead() {
        let sessions = sessions();
        let (before, _) = sessions.find_or_create(&HeaderMap::new());
        let after = sessions.replace(&sent(&before), Some("new"));
        assert_eq!(content(&sessions, &sent(&before)), None);
        assert_eq!(content(&sessions, &sent(&after)), Some("new"));
    }

    #[test]
    fn a_session_without_a_cookie_lives_until_it_is_ended() {
        let sessions = sessions();
        let id = sessions.start(Some("mine"));
        assert!(sessions.get(&id).is_some());
        assert!(sessions.get("guessed").is_none());
        sessions.end(&id);
        assert!(sessions.get(&id).is_none());
    }

    #[test]
    fn the_oldest_sessions_make_room() {
        let sessions = sessions();
        let first = sessions.replace(&HeaderMap::new(), Some("first"));
        for _ in 1..MOST {
            sessions.find_or_create(&HeaderMap::new());
        }
        assert!(content(&sessions, &sent(&first)).is_some());
        sessions.find_or_create(&HeaderMap::new());
        assert!(content(&sessions, &sent(&first)).is_none());
    }
}
