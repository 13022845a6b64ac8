-- What financial-grade clients need kept.

-- RFC 9449 §5: the key that a public client's refresh tokens are bound to.
ALTER TABLE refresh_token ADD COLUMN cnf TEXT;

-- RFC 9449 §11.1: the one node that takes proofs without a nonce, and until when.
CREATE TABLE proof_lease (
  realm   TEXT NOT NULL,
  holder  TEXT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (realm)
);

-- RFC 9126: an authorization request that its client has pushed, by the hash of its `request_uri`.
CREATE TABLE pushed_request (
  realm       TEXT NOT NULL,
  id          BYTEA NOT NULL,
  client_id   TEXT NOT NULL,
  details     TEXT NOT NULL,
  answered_at BIGINT,
  created_at  BIGINT NOT NULL,
  visit_until BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE INDEX pushed_request_expiry ON pushed_request (expires_at);
-- How many of a client wait for their users.
CREATE INDEX pushed_request_waiting ON pushed_request (realm, client_id, visit_until) WHERE answered_at IS NULL;

-- RFC 9396: what was permitted in detail and is remembered.
ALTER TABLE grants ADD COLUMN authorization_details TEXT NOT NULL DEFAULT '[]';

-- CIBA: a request that a client makes in the background of a user whom it names.
CREATE TABLE ciba_request (
  realm            TEXT NOT NULL,
  id               TEXT NOT NULL,
  auth_req_id_hash BYTEA NOT NULL,
  client_id        TEXT NOT NULL,
  user_id          TEXT NOT NULL,
  details          TEXT NOT NULL,
  notification     BYTEA,
  state            TEXT NOT NULL,
  authorization_id TEXT,
  poll_interval    BIGINT NOT NULL,
  polled_at        BIGINT NOT NULL,
  change_id        TEXT NOT NULL,
  created_at       BIGINT NOT NULL,
  expires_at       BIGINT NOT NULL,
  PRIMARY KEY (realm, id)
);
CREATE UNIQUE INDEX ciba_request_auth_req_id ON ciba_request (realm, auth_req_id_hash);
CREATE INDEX ciba_request_expiry ON ciba_request (expires_at);
-- What waits for a user, and how many of a client wait.
CREATE INDEX ciba_request_of_user ON ciba_request (realm, user_id, created_at);
CREATE INDEX ciba_request_waiting ON ciba_request (realm, client_id, expires_at) WHERE state = 'pending';
-- Who a pairwise `sub` is, is looked for among those who have permitted its client something.
CREATE INDEX grants_of_client ON grants (realm, client_id);

-- CIBA §7.1.2: the code without which a user is not asked in the background, as a PHC string.
CREATE TABLE backchannel_user_code (
  realm      TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  phc        TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (realm, user_id)
);

-- Keys to which clients encrypt their requests; the newest of each algorithm is published.
CREATE TABLE decryption_key (
  realm       TEXT NOT NULL,
  kid         TEXT NOT NULL,
  alg         TEXT NOT NULL,
  private_key BYTEA NOT NULL,
  public_jwk  TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  PRIMARY KEY (realm, kid)
);
CREATE INDEX decryption_key_expiry ON decryption_key (expires_at);
