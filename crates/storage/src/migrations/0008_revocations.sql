-- What may make an access token worth less before its end. Triggers write it, so that no change can forget to: those of each
-- engine are beside this file, and storage/src/revocation.rs reads it. Without an audience it concerns every API of the realm.
CREATE TABLE revocation (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  realm      TEXT NOT NULL,
  kind       TEXT NOT NULL,
  name       TEXT NOT NULL,
  audience   TEXT,
  expires_at BIGINT NOT NULL
);
CREATE INDEX revocation_expiry ON revocation (expires_at);

-- For which APIs a revoked token was meant.
ALTER TABLE revoked_token ADD COLUMN audience TEXT NOT NULL DEFAULT '[]';
