//! Token exchange.

topic! {
    REQUEST(
        "exchange well formed",
        "are the tokens there with their types, and is what is asked for issued here?",
        "RFC 8693 §2.1"
    ) {
        TYPE("token_exchange.type", InvalidRequest) {
            "The type of a token is missing, or one that is not exchanged."
            "Send subject_token_type; for an access token urn:ietf:params:oauth:token-type:access_token."
        }
        REQUESTED_TYPE("token_exchange.requested_type", InvalidRequest) {
            "requested_token_type is none that is issued: an access token or, for an API that takes JWTs, a JWT."
            "Leave it out."
        }
        ACTOR_PARAMETERS("token_exchange.actor_parameters", InvalidRequest) {
            "actor_token came without actor_token_type, or the other way round."
            "Send both or none."
        }
    }
    TOKENS("tokens good", "are the tokens alive, and the client's to exchange?", "RFC 8693 §2.2.2") {
        TOKEN("token_exchange.token", InvalidRequest) {
            "A token is unknown, expired or revoked, or was neither issued to this client nor meant for its API."
            "Exchange tokens that were sent to the API whose credentials the client has."
        }
        MALFORMED("token_exchange.malformed", InvalidRequest) {
            "act or may_act of the subject_token is no object with a sub."
            "Have its issuer mend it."
        }
    }
    ACTOR("actor allowed", "may this party act for the subject?", "RFC 8693 §4.4") {
        NOT_THE_ACTOR("token_exchange.not_the_actor", InvalidRequest) {
            "may_act of the subject_token names another party than this one."
            "Use a token whose may_act names this client."
        }
        TOO_MANY_ACTORS("token_exchange.too_many_actors", InvalidRequest) {
            "The token has passed through too many hands."
            "Use a token of the subject that has passed fewer."
        }
    }
}
