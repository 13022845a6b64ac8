//! Everything that `doctor` can find: its name, how bad it is, and what it means.

use serde::Serialize;

use crate::Grade;

/// One list makes the names, the grades and the documentation, so that nothing is found that is not described.
macro_rules! kinds {
    ($($kind:ident $name:literal $grade:ident $what:literal;)+) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum Kind {
            $(#[doc = $what] #[serde(rename = $name)] $kind,)+
        }

        impl Kind {
            /// All of them, the worst first.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// Its name for programs.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// How bad it is.
            pub const fn grade(self) -> Grade {
                match self { $(Self::$kind => Grade::$grade,)+ }
            }

            /// What it means, in words.
            pub const fn what(self) -> &'static str {
                match self { $(Self::$kind => $what,)+ }
            }
        }
    };
}

kinds! {
    DemoPassword "demo_password" Critical "a user has the password of the demo, which is in its documentation";
    GuessableSecret "guessable_secret" Critical "a client has a secret that everybody guesses: the one of the demo, its own name, a common word";
    CibaApproval "ciba_approval" Critical "the switch for tests is on by which anybody approves requests in the users' place";
    ListenerWithoutTls "listener_without_tls" Critical "a listener speaks plain HTTP to others than this machine";
    IssuerWithoutTls "issuer_without_tls" Critical "an issuer is reached by http from elsewhere";
    ClientCertTooWide "client_cert_too_wide" Critical "so many are believed to say which certificate a client has that strangers are among them";
    PrivateKeyReadable "private_key_readable" Critical "others on this machine can read the private key of a listener";
    MasterKeyReadable "master_key_readable" Critical "others on this machine can read the key that wraps all keys";
    DatabaseReadable "database_readable" Critical "others on this machine can read or write the database";
    DataDirectoryWritable "data_directory_writable" Critical "others on this machine can put files of theirs into the data directory";
    ConfigurationWritable "configuration_writable" Critical "others on this machine can change the files that say who may do what";
    FileMistake "file_mistake" Critical "a file has a mistake: the server does not start with it";
    CertificateUnreadable "certificate_unreadable" Critical "the certificate or the private key of a listener cannot be read";
    CertificateOfAnotherKey "certificate_of_another_key" Critical "the certificate of a listener is not of its private key";
    CertificateExpired "certificate_expired" Critical "the certificate of a listener has expired, or is not good yet";
    WrappingKeyMissing "wrapping_key_missing" Critical "there is a database, but not the key that wraps its keys";
    RealmFails "realm_fails" Critical "a realm cannot work: its keys are wrapped by another key than this one";
    PoliciesBroken "policies_broken" Critical "the policies of a realm cannot be compiled: nobody signs in there";
    DatabaseUnavailable "database_unavailable" Critical "the database cannot be opened";
    SchemaNewer "schema_newer" Critical "a newer program wrote the database: this one cannot use it";
    ProxyTooWide "proxy_too_wide" Serious "so many are believed as proxies that strangers are among them: they say who they are and where they ask";
    CertificateExpiresSoon "certificate_expires_soon" Serious "the certificate of a listener ends within 30 days";
    CertificateForAnotherHost "certificate_for_another_host" Serious "no listener has a certificate that names the issuer's host";
    DevelopmentCertificate "development_certificate" Serious "the certificate is one for tests, and the issuer is not: no browser trusts it";
    IssuerUnreachable "issuer_unreachable" Serious "no listener speaks as the issuer's URL says, and no proxy is named";
    SecretReadable "secret_readable" Serious "others on this machine can read a file with a secret";
    PlainSecret "plain_secret" Serious "a secret stands in a file that is passed around, in plain text";
    ShortSecret "short_secret" Serious "the secret of a client is so short that it can be guessed";
    DatabaseInClear "database_in_clear" Serious "the connection to the database crosses a network without encryption";
    ClockDiffers "clock_differs" Serious "the clocks of this machine and of the database differ by more than seconds";
    SchemaOlder "schema_older" Serious "an older program wrote the database: this one will change it when it starts";
    OtherVersion "other_version" Serious "the server that runs is of another version than this program";
    DiskNearlyFull "disk_nearly_full" Serious "the disk of the data directory is nearly full";
    BelowRisk "below_risk" Serious "an API is protected less than what could go wrong there asks for";
    JwtExposure "jwt_exposure" Serious "tokens cannot be recalled where that matters, or for long";
    ClientBreaksProfile "client_breaks_profile" Serious "a client does not follow the profile that it says";
    ImplicitClient "implicit_client" Serious "a client gets tokens in the address of a page";
    ClientWithoutPkce "client_without_pkce" Serious "a client without a secret need not prove that the code is its own";
    RedirectInClear "redirect_in_clear" Serious "codes travel to a client by http";
    LongAccessToken "long_access_token" Serious "access tokens that whoever has them can use live for more than an hour";
    LongSession "long_session" Serious "a browser stays signed in for more than 30 days";
    SigningKeyMissing "signing_key_missing" Serious "a realm lacks a signing key";
    SigningKeyOverdue "signing_key_overdue" Serious "a signing key should have been replaced long ago: nobody looks after the keys";
    ClientCaExpired "client_ca_expired" Serious "an authority that vouches for clients has expired";
    CrlExpired "crl_expired" Serious "a list of revoked certificates is out of date: its clients are refused";
    NoClientCertificates "no_client_certificates" Serious "a realm wants certificates of clients, and none can come";
    CallsFailing "calls_failing" Serious "mail or calls to apps do not arrive";
    CallNotAllowed "call_not_allowed" Serious "an address that the server is to call is one that it must not call";
    PlanNotApplied "plan_not_applied" Serious "the files say something else than the database";
    MailMissing "mail_missing" Minor "users get no mail about sign-ins that were perhaps not theirs";
    MasterKeyBesideDatabase "master_key_beside_database" Minor "the key that wraps all keys lies beside the database: one copy has both";
    ListenerPastProxy "listener_past_proxy" Minor "whoever reaches a listener directly goes past the proxy that speaks TLS";
    OperationsReachable "operations_reachable" Minor "others than this machine reach metrics and health";
    IssuerOnAnotherPort "issuer_on_another_port" Minor "no listener has the port of the issuer's URL";
    Tls12WithoutRsa "tls12_without_rsa" Minor "TLS 1.2 is offered, but its suites need an RSA certificate";
    OutgoingCaExpired "outgoing_ca_expired" Minor "a root of [outgoing] trust has expired";
    OpenRegistration "open_registration" Minor "anybody registers clients";
    LongCode "long_code" Minor "authorization codes live for more than a minute";
    SharedOrigin "shared_origin" Minor "to browsers, two realms are one";
    ClientBelowApi "client_below_api" Minor "a client asks for what it never gets: the API wants a stricter profile";
    ApiWithoutIntrospection "api_without_introspection" Minor "nobody may ask what a token for the API is worth, and the API cannot see that itself";
    LongApiKey "long_api_key" Minor "an API key is good for more than 400 days";
    UnusedApiKey "unused_api_key" Minor "nobody has used an API key for 90 days";
    NeverStarted "never_started" Minor "there is no database yet";
    FileWarning "file_warning" Minor "something else of which `sekisho check` warns";
}
