-- Rows appear when their transaction commits, which need not be in the order of their ids. By the transaction it is known
-- which of them an earlier read can have missed.
ALTER TABLE revocation ADD COLUMN written_by BIGINT NOT NULL DEFAULT CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT);
CREATE INDEX revocation_written_by ON revocation (written_by);

CREATE FUNCTION sekisho_revocation(of_realm TEXT, of_kind TEXT, named TEXT, meant_for TEXT) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  VALUES (of_realm, of_kind, named, meant_for, CAST(extract(epoch FROM now()) AS BIGINT) + 600)
$$;

CREATE FUNCTION sekisho_revocation_of_token() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(NEW.realm, 'token', NEW.jti, NEW.audience);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_token AFTER INSERT ON revoked_token
  FOR EACH ROW EXECUTE FUNCTION sekisho_revocation_of_token();

CREATE FUNCTION sekisho_revocation_of_authorization() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(NEW.realm, 'authorization', NEW.id, NEW.audience);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_authorization AFTER UPDATE OF ended_at ON authorizations
  FOR EACH ROW WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL)
  EXECUTE FUNCTION sekisho_revocation_of_authorization();

CREATE FUNCTION sekisho_revocation_of_grant() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(a.realm, 'authorization', a.id, a.audience) FROM authorizations a
    WHERE a.realm = NEW.realm AND a.grant_id = NEW.id AND a.ended_at IS NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_grant AFTER UPDATE OF scope, expires_at, ended_at ON grants
  FOR EACH ROW WHEN (NEW.scope <> OLD.scope OR NEW.expires_at < OLD.expires_at
    OR (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL))
  EXECUTE FUNCTION sekisho_revocation_of_grant();

CREATE FUNCTION sekisho_revocation_of_user() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(a.realm, 'authorization', a.id, a.audience) FROM authorizations a
    WHERE a.realm = NEW.realm AND a.ended_at IS NULL AND a.grant_id IN (
      SELECT g.id FROM grants g WHERE g.realm = NEW.realm AND g.user_id = NEW.id AND g.ended_at IS NULL);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_user AFTER UPDATE OF enabled ON users
  FOR EACH ROW WHEN (OLD.enabled = 1 AND NEW.enabled = 0) EXECUTE FUNCTION sekisho_revocation_of_user();

CREATE FUNCTION sekisho_revocation_of_client() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(OLD.realm, 'client', OLD.client_id, NULL);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_client AFTER UPDATE OF metadata, enabled, secret_hash ON client
  FOR EACH ROW WHEN (NEW.metadata <> OLD.metadata OR NEW.enabled <> OLD.enabled
    OR NEW.secret_hash IS DISTINCT FROM OLD.secret_hash)
  EXECUTE FUNCTION sekisho_revocation_of_client();
CREATE TRIGGER revocation_of_removed_client AFTER DELETE ON client
  FOR EACH ROW EXECUTE FUNCTION sekisho_revocation_of_client();

CREATE FUNCTION sekisho_revocation_of_api_key() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(NEW.realm, 'token', NEW.id, CAST(json_build_array(NEW.api) AS TEXT));
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_of_api_key AFTER UPDATE OF expires_at ON api_key
  FOR EACH ROW WHEN (NEW.expires_at < OLD.expires_at) EXECUTE FUNCTION sekisho_revocation_of_api_key();

CREATE FUNCTION sekisho_revocation_by_realm() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(NEW.issuer, 'settings', '', NULL);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_by_realm AFTER UPDATE OF settings ON realm
  FOR EACH ROW WHEN (NEW.settings <> OLD.settings) EXECUTE FUNCTION sekisho_revocation_by_realm();

CREATE FUNCTION sekisho_revocation_by_settings() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sekisho_revocation(OLD.realm, 'settings', '', NULL);
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_by_api AFTER UPDATE OF settings ON api
  FOR EACH ROW WHEN (NEW.settings <> OLD.settings) EXECUTE FUNCTION sekisho_revocation_by_settings();
CREATE TRIGGER revocation_by_removed_api AFTER DELETE ON api
  FOR EACH ROW EXECUTE FUNCTION sekisho_revocation_by_settings();
CREATE TRIGGER revocation_by_key AFTER UPDATE OF state ON signing_key
  FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION sekisho_revocation_by_settings();
CREATE TRIGGER revocation_by_removed_key AFTER DELETE ON signing_key
  FOR EACH ROW EXECUTE FUNCTION sekisho_revocation_by_settings();
