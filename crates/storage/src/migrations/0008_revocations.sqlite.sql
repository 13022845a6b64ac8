CREATE TRIGGER revocation_of_token AFTER INSERT ON revoked_token BEGIN
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  VALUES (NEW.realm, 'token', NEW.jti, NEW.audience, unixepoch() + 600);
END;

CREATE TRIGGER revocation_of_authorization AFTER UPDATE OF ended_at ON authorizations
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL BEGIN
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  VALUES (NEW.realm, 'authorization', NEW.id, NEW.audience, unixepoch() + 600);
END;

CREATE TRIGGER revocation_of_grant AFTER UPDATE OF scope, expires_at, ended_at ON grants
WHEN NEW.scope <> OLD.scope OR NEW.expires_at < OLD.expires_at OR (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) BEGIN
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  SELECT a.realm, 'authorization', a.id, a.audience, unixepoch() + 600 FROM authorizations a
  WHERE a.realm = NEW.realm AND a.grant_id = NEW.id AND a.ended_at IS NULL;
END;

CREATE TRIGGER revocation_of_user AFTER UPDATE OF enabled ON users
WHEN OLD.enabled = 1 AND NEW.enabled = 0 BEGIN
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  SELECT a.realm, 'authorization', a.id, a.audience, unixepoch() + 600 FROM authorizations a
  WHERE a.realm = NEW.realm AND a.ended_at IS NULL AND a.grant_id IN (
    SELECT g.id FROM grants g WHERE g.realm = NEW.realm AND g.user_id = NEW.id AND g.ended_at IS NULL);
END;

CREATE TRIGGER revocation_of_client AFTER UPDATE OF metadata, enabled, secret_hash ON client
WHEN NEW.metadata <> OLD.metadata OR NEW.enabled <> OLD.enabled OR NEW.secret_hash IS NOT OLD.secret_hash BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at)
  VALUES (NEW.realm, 'client', NEW.client_id, unixepoch() + 600);
END;

CREATE TRIGGER revocation_of_removed_client AFTER DELETE ON client BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at)
  VALUES (OLD.realm, 'client', OLD.client_id, unixepoch() + 600);
END;

CREATE TRIGGER revocation_of_api_key AFTER UPDATE OF expires_at ON api_key
WHEN NEW.expires_at < OLD.expires_at BEGIN
  INSERT INTO revocation (realm, kind, name, audience, expires_at)
  VALUES (NEW.realm, 'token', NEW.id, json_array(NEW.api), unixepoch() + 600);
END;

CREATE TRIGGER revocation_by_realm AFTER UPDATE OF settings ON realm
WHEN NEW.settings <> OLD.settings BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at) VALUES (NEW.issuer, 'settings', '', unixepoch() + 600);
END;

CREATE TRIGGER revocation_by_api AFTER UPDATE OF settings ON api
WHEN NEW.settings <> OLD.settings BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at) VALUES (NEW.realm, 'settings', '', unixepoch() + 600);
END;

CREATE TRIGGER revocation_by_removed_api AFTER DELETE ON api BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at) VALUES (OLD.realm, 'settings', '', unixepoch() + 600);
END;

CREATE TRIGGER revocation_by_key AFTER UPDATE OF state ON signing_key
WHEN NEW.state <> OLD.state BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at) VALUES (NEW.realm, 'settings', '', unixepoch() + 600);
END;

CREATE TRIGGER revocation_by_removed_key AFTER DELETE ON signing_key BEGIN
  INSERT INTO revocation (realm, kind, name, expires_at) VALUES (OLD.realm, 'settings', '', unixepoch() + 600);
END;
