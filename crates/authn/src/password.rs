//! Passwords are hashed by argon2id on a bounded pool of threads of its own.
//!
//! Spec: RFC 9106, NIST SP 800-63B §5.1.1.2, UAX #15 (NFKC)
//!
//! One hash takes 19 MiB and tens of milliseconds, on purpose. The pool has as many places as threads and queue
//! together; whoever finds none is told so at once, and everything that is not a password stays fast. Each thread
//! keeps its memory blocks, so a sign-in does not fault in 19 MiB of fresh pages.
//!
//! New passwords are hashed in the form NFKC, so that the same letters are the same password on every keyboard. Hashes
//! brought from elsewhere were made of the bytes that browsers sent: those are tried too.

mod imported;
mod phc;
mod stored;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use argon2::Block;
use model::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization as _;

use self::stored::Stored;

/// The longest password that is looked at, in bytes.
pub const MAX_BYTES: usize = 1024;

/// How much less than others a thread of the pool presses for a processor: it gets a tenth of what they get.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// All places are taken: answer 503 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("all places for checking passwords are taken")]
pub struct Busy;

/// Whether a stored hash is one that [`PasswordPool::verify`] can check: argon2 in its three variants or one of those that
/// other programs make, with a salt, a hash of at least 128 bits, and a cost that one sign-in may have.
pub fn is_usable(hash: &str) -> bool {
    Stored::parse(hash).is_some()
}

/// Whether a stored hash is to be replaced when its password is known: it is another kind than those made here, or weaker.
pub fn is_outdated(hash: &str) -> bool {
    Stored::parse(hash).is_some_and(|stored| !stored.is_current())
}

/// The form in which passwords are counted, compared with lists, and hashed.
pub(crate) fn normalized(password: &str) -> String {
    if password.is_ascii() {
        password.to_owned()
    } else {
        password.nfkc().collect()
    }
}

/// What a thread works in; kept between jobs.
type Memory = Vec<Block>;
type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// A place in the pool. It is given back when the work is done, not when the asker goes away.
pub(crate) struct Place(OwnedSemaphorePermit);

/// The threads that hash. Cheap to clone; the threads end when the last clone is dropped.
#[derive(Clone)]
pub struct PasswordPool {
    places: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    done: Arc<AtomicU64>,
}

impl PasswordPool {
    /// Starts a pool of `threads` (at least one) in which `queue` more jobs may wait.
    ///
    /// Should the system refuse to start threads, the pool works with fewer; with none it is always [`Busy`].
    pub fn new(threads: usize, queue: usize) -> Self {
        let threads = threads.max(1);
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 1..=threads {
            let waiting = Arc::clone(&waiting);
            let started = thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&waiting));
            if let Err(error) = started {
                tracing::error!(%error, "a thread for passwords cannot be started");
            }
        }
        Self {
            places: Arc::new(Semaphore::new(threads + queue)),
            jobs,
            done: Arc::default(),
        }
    }

    /// How many passwords were hashed or compared so far, for metrics.
    pub fn hashed(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Hashes a new password: a PHC string with a fresh salt.
    pub async fn hash(&self, password: &Secret) -> Result<String, Busy> {
        self.hash_in(self.place()?, password).await
    }

    /// [`PasswordPool::hash`] in a place taken before.
    pub(crate) async fn hash_in(&self, place: Place, password: &Secret) -> Result<String, Busy> {
        let password = normalized(password.expose());
        let hashed = self.run(place, move |memory| phc::hash(password.as_bytes(), memory));
        hashed.await?.ok_or(Busy)
    }

    /// Whether this is the password of the stored hash.
    ///
    /// Without a hash, with one that cannot be used, or with a password over [`MAX_BYTES`], the answer is `false`
    /// after the same work, so that its time does not tell whether there is an account.
    pub async fn verify(&self, hash: Option<&str>, password: &Secret) -> Result<bool, Busy> {
        self.verify_in(self.place()?, hash, password).await
    }

    /// Takes a place, before anything is counted or written for the sake of a password.
    pub(crate) fn place(&self) -> Result<Place, Busy> {
        Arc::clone(&self.places)
            .try_acquire_owned()
            .map(Place)
            .map_err(|_| Busy)
    }

    /// [`PasswordPool::verify`] in a place taken before.
    pub(crate) async fn verify_in(&self, place: Place, hash: Option<&str>, password: &Secret) -> Result<bool, Busy> {
        let is_too_long = password.expose().len() > MAX_BYTES;
        let stored = hash.and_then(Stored::parse).filter(|_| !is_too_long);
        let forms = if is_too_long {
            vec![String::new()]
        } else {
            forms(password.expose())
        };
        self.run(place, move |memory| stored::verify(stored.as_ref(), &forms, memory))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (answer, answered) = oneshot::channel();
        self.done.fetch_add(1, Ordering::Relaxed);
        self.jobs.send(job(place, work, answer)).map_err(|_| Busy)?;
        answered.await.map_err(|_| Busy)
    }
}

/// What may have been hashed: the password as new ones are, and as it came, where that is another.
fn forms(password: &str) -> Vec<String> {
    let mut forms = vec![normalized(password)];
    if forms.iter().all(|form| form != password) {
        forms.push(password.to_owned());
    }
    forms
}

/// Work that is skipped when nobody waits for its answer any more. It owns its place: dropped with the job, or given
/// back before the answer, so that whoever got an answer finds a place again.
fn job<T: Send + 'static>(
    place: Place,
    work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    answer: oneshot::Sender<T>,
) -> Job {
    Box::new(move |memory| {
        if answer.is_closed() {
            return;
        }
        let result = work(memory);
        drop(place.0);
        // The asker may have left in the meantime.
        let _ = answer.send(result);
    })
}

/// A thread of the pool: one job after the other until the pool is gone.
/// Where there are fewer processors than work, whoever only asks about a token goes first: hashes take long anyway. On Linux a
/// priority is that of a thread (setpriority(2)). A system that forbids it is no reason not to hash.
fn stand_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, NICE);
}

fn work(waiting: &Mutex<mpsc::Receiver<Job>>) {
    stand_back();
    let mut memory = Memory::new();
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A defect in one job must not cost the pool a thread; its asker is told `Busy`.
        if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
            tracing::error!("a password could not be hashed");
        }
        phc::trim(&mut memory);
    }
}

#[cfg(test)]
mod tests;
