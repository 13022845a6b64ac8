//! Certificates of clients, and who vouches for them.

topic! {
    SHOWN("certificate shown", "did the client connect with a certificate that can be read?", "RFC 8705 §2") {
        MISSING("certificate.missing", InvalidClient) {
            "The client authenticates by its certificate, and the connection has none. It went to an endpoint \
             without mutual TLS, or a proxy before the server does not pass the certificate on."
            "Send the request to the address in mtls_endpoint_aliases of the metadata, with certificate and private \
             key configured. Behind a proxy the operator sets [proxy] client_cert."
        }
        UNREADABLE("certificate.unreadable", InvalidClient) {
            "What came as the certificate is none that can be read."
            "Connect with an X.509 certificate; look at it with: openssl x509 -noout -text."
        }
        MALFORMED_BY_PROXY("certificate.malformed_by_proxy", InvalidRequest) {
            "The proxy before the server passes on a certificate, or what it knows of Token Binding, in a form that \
             cannot be read."
            "The operator lets the proxy send Client-Cert as RFC 9440 says: the DER in base64 between two colons."
        }
    }
    VOUCHED(
        "authority believed",
        "does a certificate authority that this issuer believes vouch for the certificate?",
        "RFC 8705 §2.1"
    ) {
        NO_AUTHORITIES("certificate.no_authorities", InvalidClient) {
            "The issuer believes no certificate authority, so no certificate can be vouched for."
            "The operator names the authorities in client_ca of the realm."
        }
        UNKNOWN_ISSUER("certificate.unknown_issuer", InvalidClient) {
            "None of the believed authorities has issued the certificate, or one between them is missing."
            "Send the intermediate certificates with the client's own, or ask the operator to add the authority to \
             client_ca."
        }
        EXPIRED("certificate.expired", InvalidClient) {
            "The certificate, or one between it and its authority, has expired."
            "Renew it."
        }
        NOT_YET_VALID("certificate.not_yet_valid", InvalidClient) {
            "The certificate, or one between it and its authority, is not valid yet."
            "Wait until it is, or compare the clocks."
        }
        WRONG_USAGE("certificate.wrong_usage", InvalidClient) {
            "The certificate's extended key usage does not have client authentication."
            "Have one issued with extendedKeyUsage=clientAuth."
        }
        REVOKED("certificate.revoked", InvalidClient) {
            "A revocation list of the issuer names the certificate, or one between it and its authority."
            "Have a new one issued."
        }
        UNKNOWN_STATUS("certificate.unknown_status", InvalidClient) {
            "The issuer's revocation lists do not cover the certificate, or are out of date, so it may have been \
             revoked."
            "The operator brings crl of the realm up to date."
        }
        INVALID("certificate.invalid", InvalidClient) {
            "The certificate does not verify: a signature, a constraint or an algorithm of its path is wrong."
            "Verify it with: openssl verify -CAfile authority.pem -untrusted chain.pem certificate.pem."
        }
    }
    SUBJECT(
        "subject as registered",
        "does the certificate name the subject that the client registered?",
        "RFC 8705 §2.1"
    ) {
        NO_SUBJECT("certificate.no_subject", InvalidClient) {
            "The registration has none or more than one of tls_client_auth_subject_dn and tls_client_auth_san_dns, \
             _uri, _ip and _email."
            "Register exactly one of them."
        }
        OTHER_SUBJECT("certificate.other_subject", InvalidClient) {
            "The certificate is good, and names another subject than the registered one. Often the order or \
             spelling of the distinguished name differs."
            "Register what this prints: openssl x509 -noout -subject -nameopt RFC2253 -ext subjectAltName."
        }
    }
    REGISTERED(
        "certificate registered",
        "is the certificate one of those that the client registered?",
        "RFC 8705 §2.2"
    ) {
        NOT_REGISTERED("certificate.not_registered", InvalidClient) {
            "No key of jwks or jwks_uri has this certificate as the first of its x5c, with the same public key."
            "Publish the certificate in x5c of the key, in base64 of its DER."
        }
        OUT_OF_TIME("certificate.out_of_time", InvalidClient) {
            "The certificate is registered, and its own time is over or has not come."
            "Make a new one and publish it."
        }
    }
}
