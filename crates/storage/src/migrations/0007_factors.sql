-- What a user proved in a session, method by method; level and methods follow from it, so they are no longer stored.
-- All that could be proved so far was a password.
ALTER TABLE session ADD COLUMN proofs TEXT NOT NULL DEFAULT '[]';
UPDATE session SET proofs = '[{"method":"password","at":' || CAST(auth_time AS TEXT) || ',"kinds":["know"]}]';
ALTER TABLE session DROP COLUMN acr;
ALTER TABLE session DROP COLUMN amr;

-- How closely it was looked at who a user is; NULL: nothing is said, and the methods alone decide.
ALTER TABLE users ADD COLUMN proofing TEXT;

-- What a user has besides the password. A row counts from active_at on.
CREATE TABLE authenticator (
  realm             TEXT NOT NULL,
  id                TEXT NOT NULL,
  user_id           TEXT NOT NULL,
  method            TEXT NOT NULL,
  name              TEXT NOT NULL,
  wrapped_secret    BYTEA,
  data              TEXT NOT NULL,
  lookup            TEXT,
  counter           BIGINT NOT NULL,
  confirmation_hash BYTEA,
  created_at        BIGINT NOT NULL,
  active_at         BIGINT,
  last_used_at      BIGINT,
  PRIMARY KEY (realm, id)
);
CREATE INDEX authenticator_of_user ON authenticator (realm, user_id);
CREATE UNIQUE INDEX authenticator_lookup ON authenticator (realm, method, lookup) WHERE lookup IS NOT NULL;
CREATE UNIQUE INDEX authenticator_confirmation ON authenticator (realm, confirmation_hash)
  WHERE confirmation_hash IS NOT NULL;
