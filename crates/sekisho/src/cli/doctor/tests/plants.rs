//! The faults, one a line: what must be found, the planted one first and then what follows from it, and how it is planted.

use std::fs;

use super::{ALWAYS, DAY, NOW, Place, Subject, partners};
use crate::administration::doctor::Kind::{self, *};

type Plant = (&'static [Kind], fn(&mut Place));

/// Once upon a time, and over.
const PAST: (i64, i64) = (1_577_836_800, 1_609_459_200);
const LISTENER: &str = "bind = \"0.0.0.0:443\"\nclient_certificates = \"request\"\ntls  = { cert = \"tls/cert.pem\", key = \"tls/key.pem\", min_version = \"1.3\" }";
const MAIL: &str = "[email]\nsmtp = \"smtps://mail.example.com\"\nfrom = \"Bank <no-reply@example.com>\"\n";

fn host() -> Subject {
    Subject::named("id").dns("id.example.com")
}

pub(super) const PLANTS: &[Plant] = &[
    // ---- secrets that others know
    (&[DemoPassword], |it| {
        it.write("secrets/alice", "alice-password", 0o600);
        it.realm_has("[[user]]\nusername = \"alice\"\npassword = { file = \"../secrets/alice\" }");
    }),
    (&[GuessableSecret, ShortSecret], |it| {
        it.write("secrets/bank-api", "bank-api-secret", 0o600);
    }),
    (&[ShortSecret], |it| {
        it.write("secrets/bank-api", "nobody knows it", 0o600);
    }),
    (&[SecretReadable], |it| it.set_mode("secrets/bank-api", 0o644)),
    (&[PlainSecret], |it| {
        it.realm(
            "{ file = \"../secrets/bank-api\" }",
            "\"0123456789abcdef0123456789abcdef\"",
        );
    }),
    // ---- who reaches the server, and who is believed
    (&[ListenerWithoutTls], |it| {
        it.server_has("[[listener]]\nbind = \"0.0.0.0:80\"");
    }),
    (&[ListenerPastProxy], |it| {
        it.server_has("[[listener]]\nbind = \"0.0.0.0:80\"\n[proxy]\ntrusted = [\"10.1.0.0/24\"]");
    }),
    (&[ProxyTooWide], |it| {
        it.server_has("[proxy]\ntrusted = [\"0.0.0.0/0\"]");
    }),
    (&[ProxyTooWide], |it| {
        it.server_has("[proxy]\ntrusted = [\"10.0.0.0/7\"]");
    }),
    (&[ProxyTooWide], |it| {
        it.server_has("[proxy]\ntrusted = [\"2600::/16\"]");
    }),
    (&[ClientCertTooWide], |it| {
        it.server_has("[proxy]\nclient_cert = [\"8.8.0.0/16\"]");
    }),
    (&[ClientCertTooWide], |it| {
        it.server_has("[proxy]\nclient_cert = [\"::/0\"]");
    }),
    (&[OperationsReachable], |it| it.server("127.0.0.1:9090", "0.0.0.0:9090")),
    (&[CibaApproval], |it| {
        it.server("127.0.0.1:9090\"", "127.0.0.1:9090\"\nciba_approval = true");
    }),
    (&[IssuerUnreachable, NoClientCertificates], |it| {
        it.server(LISTENER, "bind = \"127.0.0.1:443\"");
    }),
    (&[IssuerOnAnotherPort], |it| it.server("0.0.0.0:443", "0.0.0.0:8443")),
    (&[IssuerWithoutTls, IssuerUnreachable], |it| {
        it.sql.push(
            "INSERT INTO realm (issuer, settings, created_at, updated_at) SELECT 'http://id.example.org', \
             replace(settings, 'https://id.example.com', 'http://id.example.org'), 0, 0 FROM realm",
        );
        it.sql.push("UPDATE revision SET value = value + 1");
    }),
    (&[SharedOrigin], |it| {
        it.sql.push(
            "INSERT INTO realm (issuer, settings, created_at, updated_at) SELECT issuer || '/two', \
             replace(settings, issuer, issuer || '/two'), 0, 0 FROM realm",
        );
        it.sql.push("UPDATE revision SET value = value + 1");
    }),
    // ---- certificates
    (&[CertificateUnreadable], |it| {
        it.write("tls/cert.pem", "nonsense", 0o644);
    }),
    (&[CertificateOfAnotherKey], |it| {
        it.write("tls/key.pem", host().self_signed().key_pem(), 0o600);
    }),
    (&[CertificateExpired], |it| {
        it.certificate(&host().valid(PAST.0, PAST.1));
    }),
    (&[CertificateExpired], |it| {
        it.certificate(&host().valid(NOW + DAY, NOW + 90 * DAY));
    }),
    (&[CertificateExpiresSoon], |it| {
        it.certificate(&host().valid(NOW - DAY, NOW + 29 * DAY));
    }),
    (&[CertificateForAnotherHost], |it| {
        it.certificate(&Subject::named("id.example.com").dns("example.com"));
    }),
    (&[DevelopmentCertificate], |it| {
        it.server(
            "{ cert = \"tls/cert.pem\", key = \"tls/key.pem\", min_version = \"1.3\" }",
            "\"dev\"",
        );
    }),
    (&[Tls12WithoutRsa], |it| it.server(", min_version = \"1.3\"", "")),
    (&[NoClientCertificates], |it| {
        it.server("client_certificates = \"request\"", "");
    }),
    (&[ClientCaExpired], |it| partners(it, PAST, ALWAYS)),
    (&[CrlExpired], |it| partners(it, ALWAYS, PAST)),
    (&[OutgoingCaExpired], |it| {
        let over = testkit::pki::Authority::valid("Others", PAST.0, PAST.1);
        it.write("tls/outgoing-ca.pem", over.pem(), 0o644);
    }),
    // ---- files
    (&[PrivateKeyReadable], |it| it.set_mode("tls/key.pem", 0o644)),
    (&[MasterKeyReadable], |it| it.set_mode("keys/master.key", 0o604)),
    (&[DatabaseReadable], |it| {
        it.set_mode("data", 0o711);
        it.set_mode("data/sekisho.db", 0o644);
    }),
    (&[DataDirectoryWritable], |it| it.set_mode("data", 0o722)),
    (&[ConfigurationWritable], |it| it.set_mode("realms/id.toml", 0o646)),
    (&[ConfigurationWritable], |it| it.set_mode("sekisho.toml", 0o666)),
    (&[FileMistake], |it| it.server("trust =", "trsut =")),
    (&[FileWarning], |it| {
        it.realm(", description = { en = \"See your accounts\" }", "");
    }),
    (&[PlanNotApplied], |it| {
        it.realm("\"Bank\"", "\"Better Bank\"");
        it.applies = false;
    }),
    (&[MailMissing], |it| it.server(MAIL, "")),
    // ---- the database and its key
    (&[NeverStarted], |it| fs::remove_dir_all(it.path("data")).unwrap()),
    (&[MasterKeyBesideDatabase], |it| {
        it.server("keys/master.key", "data/master.key");
        fs::rename(it.path("keys/master.key"), it.path("data/master.key")).unwrap();
    }),
    (&[WrappingKeyMissing], |it| {
        it.server("wrap = { file = \"keys/master.key\" }", "");
    }),
    (&[WrappingKeyMissing], |it| {
        fs::remove_file(it.path("keys/master.key")).unwrap();
    }),
    (&[PoliciesBroken, PlanNotApplied], |it| {
        it.sql.push(
            "UPDATE realm SET settings = json_set(settings, '$.policies', \
             json('{\"rules\":[{\"name\":\"night\",\"allow\":true,\"moon\":\"new\"}]}'))",
        );
    }),
    (&[RealmFails], |it| it.write("keys/master.key", [8; 32], 0o600)),
    (&[DatabaseUnavailable], |it| {
        it.write("data/sekisho.db", "this is no database", 0o600);
    }),
    (&[DatabaseUnavailable], |it| it.write("keys/master.key", "short", 0o600)),
    (&[DatabaseInClear, DatabaseUnavailable], |it| {
        it.server(
            "data   =",
            "database = \"postgres://sekisho@db.invalid/sekisho\"\ndata   =",
        );
    }),
    (&[SchemaOlder], |it| {
        it.sql.push("DELETE FROM schema_version WHERE version > 1");
    }),
    (&[SchemaNewer], |it| {
        it.sql
            .push("INSERT INTO schema_version (version, name) VALUES (999, 'future')");
    }),
    (&[SigningKeyMissing], |it| {
        it.sql.push("DELETE FROM signing_key WHERE alg = 'RS256'");
        it.sql.push("UPDATE signing_key SET created_at = created_at - 3600");
    }),
    (&[SigningKeyOverdue], |it| {
        it.sql
            .push("UPDATE signing_key SET activates_at = activates_at - 98 * 86400 WHERE alg = 'ES256'");
    }),
    (&[CallsFailing], |it| {
        it.sql.push(
            "INSERT INTO outbox (id, realm, kind, destination, payload, state, attempts, next_attempt_at, leased_until, \
             last_error, created_at, expires_at) VALUES ('1', 'https://id.example.com', 'mail', 'a@example.com', '', \
             'dead', 9, 0, 0, 'no route', 0, 3000000000)",
        );
    }),
    // ---- APIs, clients, lifetimes
    (&[BelowRisk], |it| it.realm("profile       = \"fapi1-baseline\"\n", "")),
    (&[BelowRisk], |it| it.realm("\"loa2\"", "\"loa1\"")),
    (&[JwtExposure, FileWarning], |it| {
        it.realm("introspection =", "token_format = \"jwt\"\nintrospection =");
    }),
    (&[ApiWithoutIntrospection], |it| {
        it.realm("introspection = [\"bank-api\"]", "");
    }),
    (&[LongApiKey], |it| {
        it.sql.push(
            "INSERT INTO api_key (realm, id, key_hash, client_id, api, scope, name, created_at, expires_at) \
             VALUES ('https://id.example.com', 'k1', x'00', 'web', 'https://api.example.com', 'accounts:read', '', \
             1800000000 - 86400, 1800000000 + 400 * 86400)",
        );
    }),
    (&[UnusedApiKey], |it| {
        it.sql.push(
            "INSERT INTO api_key (realm, id, key_hash, client_id, api, scope, name, created_at, expires_at, last_used_at) \
             VALUES ('https://id.example.com', 'k1', x'00', 'web', 'https://api.example.com', 'accounts:read', '', \
             1800000000 - 99 * 86400, 1800000000 + 86400, 1800000000 - 91 * 86400)",
        );
    }),
    (&[ClientBelowApi], |it| {
        it.realm("= \"openid\"", "= \"openid accounts:read\"");
    }),
    (&[ClientBreaksProfile, PlanNotApplied], |it| {
        it.sql
            .push("UPDATE client SET metadata = replace(metadata, 'private_key_jwt', 'client_secret_basic')");
    }),
    (&[RedirectInClear, ClientBreaksProfile, PlanNotApplied], |it| {
        it.sql.push(
            "UPDATE client SET metadata = replace(metadata, 'https://app.example.com/callback', 'http://app.example.com/callback') WHERE client_id = 'web'",
        );
    }),
    (&[ImplicitClient], |it| {
        it.realm_has(
            "[[client]]\nclient_id = \"spa\"\nprofile = \"openid-core\"\ntoken_endpoint_auth_method = \"none\"\n\
             grant_types = [\"implicit\"]\nresponse_types = [\"id_token token\"]\nredirect_uris = [\"https://a.example.com/\"]",
        );
    }),
    (&[ClientWithoutPkce], |it| {
        it.realm_has(
            "[[client]]\nclient_id = \"old\"\nprofile = \"openid-core\"\ntoken_endpoint_auth_method = \"none\"\n\
             redirect_uris = [\"https://a.example.com/\"]",
        );
    }),
    (&[CallNotAllowed], |it| {
        it.realm("https://app.example.com/jwks", "https://10.0.0.7/jwks");
    }),
    (&[OpenRegistration], |it| it.realm("\"token\"", "\"open\"")),
    (&[LongCode], |it| {
        it.realm_has("[lifetimes]\nauthorization_code = \"5m\"");
    }),
    (&[LongAccessToken], |it| {
        it.realm_has("[lifetimes]\naccess_token = \"2h\"");
    }),
    (&[LongSession], |it| it.realm_has("[lifetimes]\nsession = \"60d\"")),
];
