-- Keys with which clients call an API for themselves; by the hash of the key.
CREATE TABLE api_key (
  realm        TEXT NOT NULL,
  id           TEXT NOT NULL,
  key_hash     BYTEA NOT NULL,
  client_id    TEXT NOT NULL,
  api          TEXT NOT NULL,
  scope        TEXT NOT NULL,
  name         TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  revoked_at   BIGINT,
  replaced_by  TEXT,
  last_used_at BIGINT,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX api_key_hash ON api_key (realm, key_hash);
CREATE INDEX api_key_of_client ON api_key (realm, client_id);
CREATE INDEX api_key_expiry ON api_key (expires_at);

-- How far a limit is used up that several nodes share: when its bucket will be full again, in parts of a second that the
-- limit says.
CREATE TABLE rate_limit (
  realm      TEXT NOT NULL,
  bucket     BYTEA NOT NULL,
  full_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, bucket)
);
CREATE INDEX rate_limit_expiry ON rate_limit (expires_at);
