//! Grant types, and what is behind every grant.

topic! {
    OFFERED("grant type offered", "does this server have the grant type?", "RFC 6749 §5.2") {
        UNSUPPORTED("grant_type.unsupported", UnsupportedGrantType) {
            "grant_type is misspelt, or one that this server deliberately does not have, such as password."
            "Use one of grant_types_supported of the metadata."
        }
    }
    REGISTERED("grant type registered", "is the client registered for the grant type?", "RFC 6749 §5.2") {
        NOT_REGISTERED("grant_type.not_registered", UnauthorizedClient) {
            "grant_types of the client's registration does not have it."
            "Add it to grant_types of the client, if the client is meant to use it."
        }
        PUBLIC_CLIENT("grant_type.public_client", UnauthorizedClient) {
            "The grant type gives a client what is its own, or acts in its name, and a public client can be anybody."
            "Use a client with credentials."
        }
    }
    PERMISSION("permission alive", "does the permission behind it still stand?", "RFC 6749 §5.2") {
        ENDED("grant_type.permission_ended", InvalidGrant) {
            "The user took the permission back, signed out, or was disabled; or the permission has come to its end."
            "Send the user through the authorization endpoint again."
        }
    }
}
