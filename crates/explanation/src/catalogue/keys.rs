//! Keys, signatures and encryption of the JWTs that others make.

topic! {
    REGISTERED(
        "keys registered",
        "are there keys to check the signature with, or to encrypt to?",
        "OpenID Connect Registration §2"
    ) {
        NONE("keys.none", InvalidClient | InvalidRequest | InvalidRequestObject) {
            "The client has registered neither jwks nor jwks_uri."
            "Register the public keys: jwks with the keys themselves, or jwks_uri with their address."
        }
        UNREACHABLE("keys.unreachable", InvalidClient | InvalidRequest | InvalidRequestObject) {
            "The keys at the jwks_uri could not be had: the address does not answer, answers with an error or \
             something that is no key set, or is one that this server does not call."
            "Look whether the address answers from where the server runs, over https and with a certificate that it \
             trusts. The operator allows internal addresses with [outgoing] allow."
        }
        NO_ENCRYPTION_KEY("keys.no_encryption_key", InvalidRequest) {
            "The registration asks for encrypted answers, and none of the client's keys can be encrypted to by the \
             registered algorithm."
            "Publish a public key with use=enc (or without use) that fits the algorithm; give each a kid if there \
             are several."
        }
    }
    JWS("signed JWT", "is it a JWT in the compact form, signed by an algorithm that is taken?", "RFC 7515 §5.2") {
        TOO_LONG(
            "jwt.too_long",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The JWT is longer than any that is taken."
            "Put less into it."
        }
        MALFORMED(
            "jwt.malformed",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "It is not three parts of base64url between two dots, or its header or payload is no JSON object with \
             each member once. Often it was cut off, or put into quotes."
            "Send the JWT as the library made it, whole and as it is."
        }
        CRITICAL(
            "jwt.critical",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The header has crit: it demands extensions that this server does not know."
            "Sign without crit."
        }
        ALGORITHM(
            "jwt.algorithm",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The JWT is signed by an algorithm that is not taken here: none, one that the client's profile forbids, \
             or another one than the client registered."
            "Sign by the registered algorithm, else by one that the metadata lists: PS256, ES256 or EdDSA are taken \
             everywhere."
        }
    }
    SIGNATURE("signature right", "did a key that is known for it sign the JWT?", "RFC 7515 §5.2") {
        UNKNOWN_KEY(
            "jwt.unknown_key",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The header's kid names no key that is registered, or there is no kid and more than one key would fit."
            "Publish the public key with the same kid in jwks or at jwks_uri before signing with it."
        }
        UNFIT_KEY(
            "jwt.unfit_key",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The key does not fit the algorithm: another type or curve, too short, or registered for another use or \
             alg."
            "Use an RSA key of 2048 bits or more for PS256 and RS256, P-256 for ES256, Ed25519 for EdDSA, and \
             use=sig."
        }
        BAD_SIGNATURE(
            "jwt.bad_signature",
            InvalidClient | InvalidGrant | InvalidRequest | InvalidRequestObject | InvalidDpopProof |
                InvalidSoftwareStatement
        ) {
            "The signature was not made over this very text with the private half of the registered key. The key \
             may have been replaced under the same kid."
            "Publish the key that signs, with a kid that no other key had, and sign after the last change to the \
             claims."
        }
    }
    ENCRYPTION("encryption readable", "can the server decrypt it?", "RFC 7516 §5.2") {
        JWE_MALFORMED("jwe.malformed", InvalidRequestObject) {
            "The encrypted request object is too long, is no JWE in the compact form, or has a header that cannot \
             be read."
            "Send the JWE as the library made it, whole and as it is."
        }
        JWE_EXTENSION("jwe.extension", InvalidRequestObject) {
            "The header demands extensions or compression (crit or zip), which this server does not take."
            "Encrypt without them."
        }
        JWE_ALGORITHM("jwe.algorithm", InvalidRequestObject) {
            "It is encrypted by an algorithm that is not taken here."
            "Use one of request_object_encryption_alg_values_supported and of \
             request_object_encryption_enc_values_supported."
        }
        JWE_UNDECRYPTABLE("jwe.undecryptable", InvalidRequestObject) {
            "It is encrypted to a key that this server does not have, or has no more."
            "Take the encryption key from jwks_uri of the metadata each day, and name its kid in the header."
        }
    }
}
