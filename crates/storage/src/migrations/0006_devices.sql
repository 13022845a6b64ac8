-- Browsers in which a user signed in before. The sealed cookie of a browser names its row; without the row it is worth nothing.
CREATE TABLE device (
  realm      TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  id         TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  network    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (realm, user_id, id)
);
CREATE INDEX device_expiry ON device (expires_at);

-- When a browser was last heard of, for sessions that end when nothing happens; and whether it keeps its cookie.
ALTER TABLE session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN remembered BIGINT NOT NULL DEFAULT 0;
