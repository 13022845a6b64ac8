//! Client authentication: which client a request comes from, and whether it is true.

topic! {
    NAMED("client named", "does the request say which client it comes from?", "RFC 6749 §2.3") {
        NOT_NAMED("client.not_named", InvalidClient) {
            "There is neither an Authorization header nor an assertion nor a client_id in the body. Some libraries \
             leave the credentials out when the secret is empty."
            "Send the credentials as the client's token_endpoint_auth_method says; a public client sends client_id \
             in the body."
        }
        MALFORMED_HEADER("client.malformed_header", InvalidClient) {
            "The Authorization header is not HTTP Basic, or what is in it is not base64 of client_id, a colon and \
             the secret, each form-encoded."
            "Encode client_id and secret as in a form, join them with a colon, encode that as base64 and send it \
             after \"Basic \"."
        }
        OTHER_CLIENT_ID("client.two_clients", InvalidClient) {
            "The body names another client than the Authorization header or the assertion."
            "Leave client_id out of the body, or send the same one."
        }
    }
    NAMED_BESIDE_CERTIFICATE(
        "client named beside its certificate",
        "does client_id say whose certificate it is?",
        "RFC 8705 §2"
    ) {
        ID_MISSING("client.id_missing", InvalidRequest) {
            "The connection has a client certificate, and nothing says which client it belongs to."
            "Send client_id in the body."
        }
    }
    ONE_METHOD("one authentication method", "does the client use one authentication method only?", "RFC 6749 §2.3") {
        SEVERAL_METHODS("client.several_methods", InvalidRequest) {
            "The request has two of: an Authorization header, a client_secret in the body, an assertion. Often a \
             library adds the header by itself."
            "Use the one method that the client is registered for, and switch the other one off."
        }
    }
    KNOWN("client known", "is there such a client, and is it enabled?", "RFC 6749 §5.2") {
        UNKNOWN("client.unknown", InvalidClient) {
            "This issuer has no client with this client_id. It may be misspelt, of another environment, or of \
             another realm of this server."
            "Compare client_id to the letter with the registration (sekisho client list), and the issuer with the \
             one that the client is registered at."
        }
        DISABLED("client.disabled", InvalidClient) {
            "The client is registered and was disabled by the operator."
            "Ask the operator why; they enable it with: sekisho client enable CLIENT_ID."
        }
    }
    METHOD(
        "method as registered",
        "does the client authenticate as it is registered?",
        "OpenID Connect Registration §2"
    ) {
        OTHER_METHOD("client.other_method", InvalidClient) {
            "The client authenticates by another method than its token_endpoint_auth_method. Libraries often use \
             client_secret_basic unless told otherwise."
            "Let the app use the registered method, or have the registration changed to the one that it uses."
        }
        NOT_OF_PROFILE("client.method_not_of_profile", InvalidClient) {
            "The registered token_endpoint_auth_method is not allowed by the security profile that the client \
             follows: the profile was changed after the client was registered."
            "Register a method that the profile allows, such as private_key_jwt or tls_client_auth."
        }
        PUBLIC("client.public", InvalidClient) {
            "The endpoint answers only those who can prove who they are, and this client is registered without \
             credentials."
            "Use a client with credentials here. An API that introspects needs a client of its own."
        }
    }
    SECRET("secret right", "is it the client's secret?", "RFC 6749 §2.3.1") {
        WRONG_SECRET("client.wrong_secret", InvalidClient) {
            "The secret is not the one of this client. It may have been replaced, cut off when it was copied, or \
             not form-encoded in the Authorization header."
            "Configure the secret anew. If it is lost: sekisho client rotate-secret CLIENT_ID."
        }
    }
}
