//! The app's own sessions, in memory. The cookie is a random id; everything else stays here.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use jose::random_token;

use super::super::frame::cookie;
use super::super::oidc_client::authorization::Pending;
use super::super::oidc_client::token::Tokens;

/// Cookies of one host are shared by all its ports, so the name is the app's own. On https it would be
/// `__Host-budget` with `Secure`.
const COOKIE: &str = "budget-session";

/// The most sessions that are kept. Anybody can start one, so the oldest make room.
const MOST: usize = 1000;

/// The most requests of one browser that are waited for; the oldest make room.
const MOST_PENDING: usize = 5;

/// One browser.
#[derive(Default)]
pub(super) struct Session {
    /// The user is at the authorization server, in as many tabs.
    pending: VecDeque<Pending>,
    /// The user is signed in.
    pub connection: Option<Connection>,
    /// Shown once.
    pub notice: Option<String>,
}

/// A user who signed in, and what they permitted.
pub(super) struct Connection {
    /// What to call them.
    pub user_name: String,
    /// For the API.
    pub tokens: Tokens,
}

/// A session in use. While it is locked, nobody else refreshes its tokens.
pub(super) type SharedSession = Arc<tokio::sync::Mutex<Session>>;

/// All browsers.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Store>);

#[derive(Default)]
struct Store {
    by_id: HashMap<String, SharedSession>,
    oldest_first: VecDeque<String>,
}

impl Session {
    /// What becomes of a session when its user has signed in.
    pub(super) fn connected(&mut self, connection: Connection) -> Self {
        Self {
            pending: std::mem::take(&mut self.pending),
            connection: Some(connection),
            notice: None,
        }
    }

    pub(super) fn with_notice(notice: String) -> Self {
        Self {
            notice: Some(notice),
            ..Self::default()
        }
    }

    /// Keeps what the answer will be checked against.
    pub(super) fn remember(&mut self, pending: Pending) {
        if self.pending.len() >= MOST_PENDING {
            self.pending.pop_front();
        }
        self.pending.push_back(pending);
    }

    /// The request that this query answers. Each is answered once.
    pub(super) fn take_pending(&mut self, query: &str) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.is_answered_by(query))?;
        self.pending.remove(place)
    }
}

impl Sessions {
    /// The browser's session, or an empty one that is not kept.
    pub(super) fn find(&self, headers: &HeaderMap) -> SharedSession {
        let id = cookie(headers, COOKIE);
        id.and_then(|id| self.store().by_id.get(&id).cloned())
            .unwrap_or_default()
    }

    /// The browser's session, made if there is none; with the cookie that leads to it.
    pub(super) fn find_or_create(&self, headers: &HeaderMap) -> (String, SharedSession) {
        if let Some(id) = cookie(headers, COOKIE)
            && let Some(session) = self.store().by_id.get(&id)
        {
            return (set_cookie(&id), Arc::clone(session));
        }
        self.store().insert(Session::default())
    }

    /// Ends the browser's session and starts another under a new id; answers its cookie.
    pub(super) fn replace(&self, headers: &HeaderMap, session: Session) -> String {
        let mut store = self.store();
        if let Some(id) = cookie(headers, COOKIE) {
            store.by_id.remove(&id);
            store.oldest_first.retain(|other| *other != id);
        }
        store.insert(session).0
    }

    fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    fn insert(&mut self, session: Session) -> (String, SharedSession) {
        if self.oldest_first.len() >= MOST
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_id.remove(&oldest);
        }
        let id = random_token();
        let session: SharedSession = Arc::new(session.into());
        self.by_id.insert(id.clone(), Arc::clone(&session));
        self.oldest_first.push_back(id.clone());
        (set_cookie(&id), session)
    }
}

/// `Lax`, since the user comes back from the authorization server by a link.
fn set_cookie(id: &str) -> String {
    format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax")
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn sent(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap();
        HeaderMap::from_iter([(header::COOKIE, pair.parse().unwrap())])
    }

    fn notice(sessions: &Sessions, headers: &HeaderMap) -> Option<String> {
        sessions.find(headers).try_lock().unwrap().notice.clone()
    }

    #[test]
    fn a_session_is_found_by_its_cookie_alone() {
        let sessions = Sessions::default();
        let (cookie, session) = sessions.find_or_create(&HeaderMap::new());
        session.try_lock().unwrap().notice = Some("mine".to_owned());
        assert_eq!(notice(&sessions, &sent(&cookie)).as_deref(), Some("mine"));
        assert_eq!(notice(&sessions, &sent("budget-session=guessed")), None);
        assert_eq!(sessions.find_or_create(&sent(&cookie)).0, cookie);
    }

    #[test]
    fn a_replaced_session_has_a_new_id_and_the_old_one_is_dead() {
        let sessions = Sessions::default();
        let (before, _) = sessions.find_or_create(&HeaderMap::new());
        let after = sessions.replace(&sent(&before), Session::with_notice("new".to_owned()));
        assert_eq!(notice(&sessions, &sent(&before)), None);
        assert_eq!(notice(&sessions, &sent(&after)).as_deref(), Some("new"));
    }

    #[test]
    fn the_oldest_sessions_make_room() {
        let sessions = Sessions::default();
        let first = sessions.replace(&HeaderMap::new(), Session::with_notice("first".to_owned()));
        for _ in 1..MOST {
            sessions.find_or_create(&HeaderMap::new());
        }
        assert!(notice(&sessions, &sent(&first)).is_some());
        sessions.find_or_create(&HeaderMap::new());
        assert!(notice(&sessions, &sent(&first)).is_none());
    }
}
