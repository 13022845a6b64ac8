//! Proofs of possession (DPoP).

topic! {
    READABLE("DPoP proof readable", "is there one proof, in a form that can be read?", "RFC 9449 §4.3") {
        REPEATED("dpop.repeated", InvalidDpopProof) {
            "The header DPoP came more than once."
            "Send one proof with each request."
        }
        TOO_LONG("dpop.too_long", InvalidDpopProof) {
            "The proof is longer than any that is needed."
            "Put no more into it than jti, htm, htu, iat, and ath and nonce where they belong."
        }
        TYPE("dpop.type", InvalidDpopProof) {
            "The header of the proof does not have typ=dpop+jwt."
            "Set typ to dpop+jwt."
        }
        MISSING_CLAIM("dpop.missing_claim", InvalidDpopProof) {
            "A claim that every proof needs is not in it."
            "Put jti, htm, htu and iat into each proof, and ath beside an access token."
        }
        MALFORMED_CLAIM("dpop.malformed_claim", InvalidDpopProof) {
            "A claim of the proof has the wrong type or form."
            "Write iat as a number of seconds, the others as texts; jti random."
        }
    }
    SIGNED(
        "DPoP proof signed",
        "did the key in its header sign the proof, by an algorithm that is taken?",
        "RFC 9449 §4.3"
    ) {
        NO_KEY("dpop.no_key", InvalidDpopProof) {
            "The header of the proof has no jwk, or one that is malformed."
            "Put the public key into the header as jwk."
        }
        PRIVATE_KEY("dpop.private_key", InvalidDpopProof) {
            "The jwk in the header holds the private key: whoever saw the request can use it now."
            "Throw the key away, make a new one, and put its public members alone into the header."
        }
        ALGORITHM("dpop.algorithm", InvalidDpopProof) {
            "The proof is signed by an algorithm that is not taken here, or not from a client of this profile."
            "Use one of dpop_signing_alg_values_supported of the metadata: ES256 is taken everywhere."
        }
    }
    FOR_THIS_REQUEST("DPoP proof for this request", "is the proof for this method and this URL?", "RFC 9449 §4.3") {
        METHOD("dpop.method", InvalidDpopProof) {
            "htm is not the method of the request."
            "Make the proof after it is settled what is sent; htm is in capitals."
        }
        TARGET("dpop.target", InvalidDpopProof) {
            "htu is not the URL of the request. Behind a proxy the app may know the server by another name than its \
             issuer."
            "Set htu to the URL of the endpoint as the metadata has it, without query and fragment."
        }
    }
    FRESH("DPoP proof fresh", "was the proof made just now?", "RFC 9449 §4.3") {
        OLD("dpop.old", InvalidDpopProof) {
            "iat is too long ago: the proof was kept, or the clock of the app is slow."
            "Make a new proof for each request, and let the clock follow a time server."
        }
        NOT_YET("dpop.not_yet", InvalidDpopProof) {
            "iat is in the future: the clock of the app is fast."
            "Let the clock follow a time server."
        }
    }
    NONCE("DPoP nonce", "does the proof hold a nonce of this server, where one is needed?", "RFC 9449 §8") {
        NONCE_NEEDED("dpop.nonce_needed", UseDpopNonce) {
            "The proof has no nonce, an old one, or that of another node. This is part of the protocol, not a \
             mistake."
            "Take the nonce from the header DPoP-Nonce of this answer, put it into a new proof, and send the \
             request again."
        }
    }
    TOKEN("DPoP proof for this token", "is the proof for the access token beside it?", "RFC 9449 §7.1") {
        ACCESS_TOKEN("dpop.access_token", InvalidDpopProof) {
            "ath is not the hash of the access token that came with the proof."
            "Set ath to base64url, without padding, of the SHA-256 hash of the token's text."
        }
    }
    ONCE("DPoP proof used once", "was the proof never used before?", "RFC 9449 §11.1") {
        USED("dpop.used", InvalidDpopProof) {
            "The same proof came a second time: it was kept, or a library repeated the request."
            "Make a new proof with a jti of its own for each request, also for one that is tried again."
        }
        TOO_MANY("dpop.too_many", TemporarilyUnavailable) {
            "So many proofs were used in the last minutes that the server cannot remember one more."
            "Try again in a minute. The operator looks for whoever sends so many."
        }
    }
}
