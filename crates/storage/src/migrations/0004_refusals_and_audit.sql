-- Refusals of clients that had proved who they are, so that they can be explained on any node and after a restart.
CREATE TABLE refusal (
  id         TEXT PRIMARY KEY,
  realm      TEXT NOT NULL,
  client_id  TEXT NOT NULL,
  refused_at BIGINT NOT NULL,
  content    TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX refusal_of_client ON refusal (realm, client_id, refused_at);
CREATE INDEX refusal_expiry ON refusal (expires_at);

-- What happened, for those who have to answer for it. Rows leave by the realm's setting, oldest first, which is how they
-- are sorted: so that a setting that is changed is true of what is there already.
CREATE TABLE audit_event (
  realm          TEXT NOT NULL,
  at             BIGINT NOT NULL,
  id             TEXT NOT NULL,
  kind           TEXT NOT NULL,
  actor          TEXT NOT NULL,
  user_id        TEXT,
  client_id      TEXT,
  address        TEXT,
  explanation_id TEXT,
  n              BIGINT NOT NULL,
  details        TEXT NOT NULL,
  PRIMARY KEY (realm, at, id)
);
CREATE INDEX audit_event_of_user ON audit_event (realm, user_id, at) WHERE user_id IS NOT NULL;
CREATE INDEX audit_event_of_client ON audit_event (realm, client_id, at) WHERE client_id IS NOT NULL;
