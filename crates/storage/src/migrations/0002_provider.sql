-- What a complete OpenID Provider keeps besides the ground.

-- `client_secret_jwt` makes a MAC with the secret itself, so that one is kept, wrapped.
ALTER TABLE client ADD COLUMN wrapped_secret BYTEA;
-- RFC 7592: how a client that registered itself proves that its registration is its own.
ALTER TABLE client ADD COLUMN registration_token_hash BYTEA;
-- Where it is told that a session ended: the metadata say it too, but no SQL of both engines reads it there.
ALTER TABLE client ADD COLUMN backchannel_logout_uri TEXT;
-- They are counted, so that anybody's registrations cannot fill the disk.
CREATE INDEX client_registered_itself ON client (realm) WHERE source = 'registration';

-- RFC 7591 §3: who has such a token may register clients.
CREATE TABLE initial_access_token (
  realm      TEXT NOT NULL,
  id         TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  note       TEXT NOT NULL,
  scope      TEXT,
  uses_left  BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX initial_access_token_hash ON initial_access_token (realm, token_hash);
CREATE INDEX initial_access_token_expiry ON initial_access_token (expires_at);

-- An assertion or request object that was used, by the hash of who made it and its `jti`.
CREATE TABLE used_assertion (
  realm      TEXT NOT NULL,
  id         BYTEA NOT NULL,
  change_id  TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE INDEX used_assertion_expiry ON used_assertion (expires_at);

-- Which clients the user of a session is signed in to: they are told when it ends.
CREATE TABLE session_client (
  realm      TEXT NOT NULL,
  session_id TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  call_id    TEXT NOT NULL,
  notice     TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, session_id, client_id)
);
CREATE INDEX session_client_expiry ON session_client (expires_at);

-- RFC 8628: a request of a device that waits for its user.
CREATE TABLE device_request (
  realm            TEXT NOT NULL,
  id               TEXT NOT NULL,
  device_code_hash BYTEA NOT NULL,
  user_code        TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  details          TEXT NOT NULL,
  state            TEXT NOT NULL,
  authorization_id TEXT,
  poll_interval    BIGINT NOT NULL,
  polled_at        BIGINT NOT NULL,
  change_id        TEXT NOT NULL,
  created_at       BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX device_request_device_code ON device_request (realm, device_code_hash);
CREATE UNIQUE INDEX device_request_user_code ON device_request (realm, user_code);
CREATE INDEX device_request_expiry ON device_request (expires_at);
-- How many of a client wait.
CREATE INDEX device_request_waiting ON device_request (realm, client_id, expires_at) WHERE state = 'pending';

-- Grant Management: a grant that the client manages by its id stands beside the one that is remembered.
ALTER TABLE grants ADD COLUMN managed BIGINT NOT NULL DEFAULT 0;
DROP INDEX grants_living;
CREATE UNIQUE INDEX grants_living ON grants (realm, user_id, client_id) WHERE ended_at IS NULL AND managed = 0;
CREATE INDEX grants_of_user ON grants (realm, user_id);

-- OpenID Connect Core §5.5: claims that were permitted one by one, besides those of the scope; a JSON list of names.
ALTER TABLE grants ADD COLUMN claims TEXT NOT NULL DEFAULT '[]';

-- Other issuers name users by their mail address: one that was verified, in small letters.
ALTER TABLE users ADD COLUMN verified_email TEXT;
UPDATE users SET verified_email = lower(CAST(claims AS JSON) ->> 'email')
  WHERE CAST(CAST(claims AS JSON) ->> 'email_verified' AS TEXT) IN ('true', '1');
CREATE INDEX users_verified_email ON users (realm, verified_email);
