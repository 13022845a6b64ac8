//! The reverse proxy before protected APIs: what reaches an upstream, and how.
