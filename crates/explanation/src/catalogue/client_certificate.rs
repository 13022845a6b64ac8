//! Certificates with which users sign in.

topic! {
    VOUCHED(
        "certificate of a user vouched for",
        "did the browser show a certificate for which an authority of this issuer vouches?",
        "RFC 5280 §6"
    ) {
        NOT_SHOWN("client_certificate.not_shown", AccessDenied) {
            "The browser showed no certificate: none is installed, the person chose none, or a proxy before the server \
             does not ask for one."
            "Install the certificate or insert the card, close the browser to be asked again, and try once more. The \
             operator sets client_certificates = \"request\" on the listener, or [proxy] client_cert."
        }
        NOT_VOUCHED("client_certificate.not_vouched", AccessDenied) {
            "No authority in client_ca of the realm vouches for the certificate, or its revocation lists do not cover it."
            "The operator adds the authority to client_ca, and brings crl up to date. The log says what is missing."
        }
    }
    OWNER("owner known", "is the certificate that of exactly one user?", "RFC 5280 §4.2.1.6") {
        NO_USER("client_certificate.no_user", AccessDenied) {
            "No rule of certificate_mapping finds a user for the certificate, or several find different ones, or the user \
             is disabled."
            "The operator compares the certificate (openssl x509 -noout -subject -ext subjectAltName) with the rules and \
             with user names and verified mail addresses. The user may enrol the certificate at /account."
        }
    }
    VOUCHER("proof redeemed once", "is what the certificate proved redeemed once, in its flow?", "RFC 9700 §4.7") {
        OVER("client_certificate.over", AccessDenied) {
            "What the certificate proved belongs to another browser's sign-in, was used before, or is older than two \
             minutes."
            "Go back to the sign-in page and choose the certificate again."
        }
    }
}
