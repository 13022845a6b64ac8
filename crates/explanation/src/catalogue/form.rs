//! Bodies, queries and their parameters, before anybody asks what they mean.

topic! {
    BODY("body readable", "did the body arrive whole, in time and within its limit?", "RFC 9110 §15.5") {
        SLOW("form.body_slow", InvalidRequest) {
            "The body did not arrive within ten seconds."
            "Send the whole body at once; look for a proxy or a network that holds it back."
        }
        TOO_LARGE("form.body_too_large", InvalidRequest) {
            "The body is larger than 64 KiB, or a form was posted that is too long to be a URL."
            "Send less: push a long authorization request to /par, or put it into a request object at a request_uri."
        }
        CUT_OFF("form.body_cut_off", InvalidRequest) {
            "The connection broke before the body ended, or its length was announced wrongly."
            "Send the request again; let the HTTP library set Content-Length."
        }
    }
    MEDIA_TYPE("media type", "is the body of the media type that the endpoint takes?", "RFC 6749 Appendix B") {
        NOT_A_FORM("form.not_a_form", InvalidRequest) {
            "The endpoint takes a form, and the body was sent as something else, often as JSON."
            "Send the parameters with Content-Type: application/x-www-form-urlencoded."
        }
        NOT_JSON("form.not_json", InvalidRequest) {
            "The endpoint takes JSON, and the body was sent as something else."
            "Send a JSON object with Content-Type: application/json."
        }
    }
    ENCODING("well encoded", "can the parameters be read without guessing?", "RFC 6749 Appendix B") {
        MALFORMED_JSON("form.malformed_json", InvalidRequest) {
            "The body is no JSON object, or one of its members comes twice."
            "Send one JSON object in which each member comes once."
        }
        BAD_PERCENT("form.bad_percent", InvalidRequest) {
            "A percent sign stands for itself; in a form it must be written as %25."
            "Let a library encode the parameters instead of putting the text together by hand."
        }
        NOT_UTF8("form.not_utf8", InvalidRequest) {
            "A parameter was encoded in another character set than UTF-8."
            "Encode the parameters as UTF-8 first, and then with percent signs."
        }
        NUL("form.nul", InvalidRequest) {
            "A parameter holds the NUL character, which none may hold."
            "Find out where it comes from; often a buffer is sent that is longer than its text."
        }
        TOO_MANY("form.too_many_parameters", InvalidRequest) {
            "There are more parameters than any request needs."
            "Send only the parameters of the request."
        }
    }
    ONCE("each parameter once", "does each parameter come once only?", "RFC 6749 §3.1") {
        TWICE("form.parameter_twice", InvalidRequest) {
            "A parameter is there twice, so nobody could say which of the two counts. Often a URL that has the \
             parameter already gets it again, or both the header and the body of a library add it."
            "Send the parameter once. Only resource and audience may come several times."
        }
    }
    COMPLETE("parameters complete", "is every parameter there that the request needs?", "RFC 6749 §5.2") {
        MISSING("form.parameter_missing", InvalidRequest) {
            "A parameter that the request needs is not there, or is there without a value, which counts as not there."
            "Send it, in the body of a POST and not in the URL."
        }
    }
}
