-- What financial-grade clients need kept.

-- RFC 9449 §5: the key that a public client's refresh tokens are bound to.
ALTER TABLE refresh_token ADD COLUMN cnf TEXT;
