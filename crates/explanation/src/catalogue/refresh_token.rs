//! Refresh tokens.

topic! {
    KNOWN("refresh token known", "is it a refresh token of this issuer that lives?", "RFC 6749 §6") {
        UNKNOWN("refresh_token.unknown", InvalidGrant) {
            "The token is misspelt or cut off, of another issuer, or has expired."
            "Keep refresh tokens whole; send the user through the authorization endpoint again."
        }
    }
    OF_CLIENT("refresh token of this client", "was the refresh token issued to this client?", "RFC 6749 §6") {
        OTHER_CLIENT("refresh_token.other_client", InvalidGrant) {
            "The token was issued to another client."
            "Refresh with the client_id that the token was issued to; if none is yours, the token was stolen."
        }
    }
    NEWEST("refresh token not replaced", "is it the newest token of its family?", "RFC 9700 §4.14.2") {
        REPLAYED("refresh_token.replayed", InvalidGrant) {
            "The token was used before and replaced by a new one. Two who use the same token look like the owner \
             and a thief, so the permission was ended."
            "Store the new refresh token of each answer before using it; let one worker at a time refresh. Send the \
             user through again."
        }
    }
}
