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
