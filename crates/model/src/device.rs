//! A recognised device: a browser in which a user signed in before.

/// A device. It proves nothing and opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecognisedDevice {
    /// The id, which the device's sealed cookie names.
    pub id: String,
    /// Whose.
    pub user_id: String,
    /// The browser's `User-Agent` at the last sign-in, cut.
    pub user_agent: String,
    /// The network of the last sign-in, such as `192.0.2.0/24`; empty where it is not known.
    pub network: String,
    /// When it was first seen, unix seconds.
    pub created_at: i64,
    /// When somebody last signed in there, unix seconds.
    pub seen_at: i64,
    /// From when on it is not recognised any more.
    pub expires_at: i64,
}
