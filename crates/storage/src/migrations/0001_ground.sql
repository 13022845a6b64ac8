-- Every row carries its realm: the issuer. Times are unix seconds. JSON is text.
CREATE TABLE realm (
  issuer     TEXT PRIMARY KEY,
  settings   TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- One counter, raised by every administrative change: nodes that see it rise read settings and keys again.
CREATE TABLE revision (
  id    BIGINT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO revision (id, value) VALUES (1, 1);

CREATE TABLE signing_key (
  realm        TEXT NOT NULL,
  kid          TEXT NOT NULL,
  alg          TEXT NOT NULL,
  state        TEXT NOT NULL,
  private_key  BYTEA NOT NULL,
  public_jwk   TEXT NOT NULL,
  created_at   BIGINT NOT NULL,
  activates_at BIGINT NOT NULL,
  retired_at   BIGINT,
  PRIMARY KEY (realm, kid)
);

-- At most one key of an algorithm signs, and at most one is next.
CREATE UNIQUE INDEX signing_key_active ON signing_key (realm, alg) WHERE state = 'active';
CREATE UNIQUE INDEX signing_key_next ON signing_key (realm, alg) WHERE state = 'next';

-- Keys of sealed values (one a day and purpose) and of refresh tokens (purpose 'refresh', long-lived).
CREATE TABLE sealing_key (
  realm      TEXT NOT NULL,
  purpose    TEXT NOT NULL,
  id         BIGINT NOT NULL,
  secret     BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, purpose, id)
);
CREATE INDEX sealing_key_expiry ON sealing_key (expires_at);

CREATE TABLE client (
  realm       TEXT NOT NULL,
  client_id   TEXT NOT NULL,
  metadata    TEXT NOT NULL,
  secret_hash BYTEA,
  enabled     BIGINT NOT NULL,
  source      TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  updated_at  BIGINT NOT NULL,
  PRIMARY KEY (realm, client_id)
);

CREATE TABLE api (
  realm      TEXT NOT NULL,
  identifier TEXT NOT NULL,
  settings   TEXT NOT NULL,
  source     TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (realm, identifier)
);

CREATE TABLE users (
  realm         TEXT NOT NULL,
  id            TEXT NOT NULL,
  username      TEXT NOT NULL,
  username_key  TEXT NOT NULL,
  claims        TEXT NOT NULL,
  group_names   TEXT NOT NULL,
  password_hash TEXT,
  enabled       BIGINT NOT NULL,
  source        TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  updated_at    BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX users_username ON users (realm, username_key);

-- Guesses counted per lane: reserve before verifying.
CREATE TABLE guess (
  realm      TEXT NOT NULL,
  lane       TEXT NOT NULL,
  n          BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, lane)
);
CREATE INDEX guess_expiry ON guess (expires_at);

CREATE TABLE session (
  realm       TEXT NOT NULL,
  id          TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  secret_hash BYTEA NOT NULL,
  flow_id     TEXT NOT NULL,
  auth_time   BIGINT NOT NULL,
  acr         TEXT NOT NULL,
  amr         TEXT NOT NULL,
  user_agent  TEXT NOT NULL,
  address     TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  ended_at    BIGINT,
  PRIMARY KEY (realm, id)
);
CREATE INDEX session_by_user ON session (realm, user_id);
CREATE INDEX session_expiry ON session (expires_at);

-- A completed flow's id, so that a sealed flow cannot be replayed after sign-out.
CREATE TABLE used_flow (
  realm      TEXT NOT NULL,
  id         TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE INDEX used_flow_expiry ON used_flow (expires_at);

CREATE TABLE grants (
  realm      TEXT NOT NULL,
  id         TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  scope      TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at   BIGINT,
  PRIMARY KEY (realm, id)
);
-- At most one living grant for a user and a client.
CREATE UNIQUE INDEX grants_living ON grants (realm, user_id, client_id) WHERE ended_at IS NULL;
CREATE INDEX grants_expiry ON grants (expires_at);

CREATE TABLE authorizations (
  realm           TEXT NOT NULL,
  id              TEXT NOT NULL,
  grant_id        TEXT NOT NULL,
  user_id         TEXT NOT NULL,
  client_id       TEXT NOT NULL,
  session_id      TEXT NOT NULL,
  scope           TEXT NOT NULL,
  audience        TEXT NOT NULL,
  details         TEXT NOT NULL,
  auth_time       BIGINT NOT NULL,
  code_hash       BYTEA,
  code_expires_at BIGINT,
  code_used_at    BIGINT,
  offline         BIGINT NOT NULL,
  change_id       TEXT NOT NULL,
  created_at      BIGINT NOT NULL,
  expires_at      BIGINT NOT NULL,
  ended_at        BIGINT,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX authorizations_code ON authorizations (realm, code_hash);
CREATE INDEX authorizations_grant ON authorizations (realm, grant_id);
CREATE INDEX authorizations_session ON authorizations (realm, session_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);

-- One row per family. The token of generation n is an HMAC of family and n under the key `key_id`.
CREATE TABLE refresh_token (
  realm            TEXT NOT NULL,
  family           TEXT NOT NULL,
  authorization_id TEXT NOT NULL,
  client_id        TEXT NOT NULL,
  key_id           BIGINT NOT NULL,
  generation       BIGINT NOT NULL,
  rotated_at       BIGINT NOT NULL,
  scope            TEXT NOT NULL,
  change_id        TEXT NOT NULL,
  created_at       BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL,
  ended_at         BIGINT,
  PRIMARY KEY (realm, family)
);
CREATE INDEX refresh_token_authorization ON refresh_token (realm, authorization_id);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at);

CREATE TABLE revoked_token (
  realm      TEXT NOT NULL,
  jti        TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, jti)
);
CREATE INDEX revoked_token_expiry ON revoked_token (expires_at);

-- A sealed flow that is too large for a cookie.
CREATE TABLE stored_flow (
  realm      TEXT NOT NULL,
  id         TEXT NOT NULL,
  sealed     BYTEA NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE INDEX stored_flow_expiry ON stored_flow (expires_at);

-- Calls that the server owes to others: mail, logout, notifications.
CREATE TABLE outbox (
  id              TEXT PRIMARY KEY,
  realm           TEXT NOT NULL,
  kind            TEXT NOT NULL,
  destination     TEXT NOT NULL,
  payload         TEXT NOT NULL,
  state           TEXT NOT NULL,
  attempts        BIGINT NOT NULL,
  next_attempt_at BIGINT NOT NULL,
  leased_until    BIGINT NOT NULL,
  last_error      TEXT,
  created_at      BIGINT NOT NULL,
  finished_at     BIGINT,
  expires_at      BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_attempt_at);
CREATE INDEX outbox_expiry ON outbox (expires_at);
