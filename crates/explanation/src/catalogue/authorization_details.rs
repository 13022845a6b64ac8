//! Authorization details: what is asked for in detail.

topic! {
    WELL_FORMED(
        "details well formed",
        "is authorization_details a list of objects with a type each?",
        "RFC 9396 §5"
    ) {
        TOO_LARGE("authorization_details.too_large", InvalidAuthorizationDetails) {
            "authorization_details is longer, has more objects or is nested deeper than is taken."
            "Ask for less at once."
        }
        MALFORMED("authorization_details.malformed", InvalidAuthorizationDetails) {
            "authorization_details is no JSON, or not a list of objects with a type each."
            "Send [{\"type\":\"…\",…}], percent-encoded in a form."
        }
    }
    KNOWN_TYPE("type known", "is each type known here, and is the client registered for it?", "RFC 9396 §5") {
        UNKNOWN_TYPE("authorization_details.unknown_type", InvalidAuthorizationDetails) {
            "No API of this server has the type."
            "Use one of authorization_details_types_supported of the metadata."
        }
        NOT_REGISTERED("authorization_details.not_registered", InvalidAuthorizationDetails) {
            "The client is not registered for the type."
            "Ask the operator to add it to authorization_details_types of the client."
        }
    }
    AS_TYPE_WANTS("details as their type wants", "does each object follow the schema of its type?", "RFC 9396 §5") {
        VIOLATION("authorization_details.violation", InvalidAuthorizationDetails) {
            "A member is missing, unknown, or has a value that the schema of its type does not allow."
            "The description says which member and what it must be; unknown members are refused too."
        }
    }
    GRANTED("details granted", "are the details within what was granted?", "RFC 9396 §6") {
        TOO_WIDE("authorization_details.too_wide", InvalidAuthorizationDetails) {
            "The token request asks for more in detail than the user granted."
            "Ask for the granted objects or less, or leave authorization_details out."
        }
    }
}
