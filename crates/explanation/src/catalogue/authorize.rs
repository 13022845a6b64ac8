//! Authorization requests.

topic! {
    CLIENT(
        "app known",
        "does the request say which app it comes from, and is that app registered and enabled?",
        "RFC 6749 §4.1.1"
    ) {
        CLIENT_MISSING("authorize.client_missing", InvalidRequest) {
            "client_id is missing or there twice."
            "Send client_id once, in the query itself, also beside a request object or a request_uri."
        }
        CLIENT_UNKNOWN("authorize.client_unknown", UnauthorizedClient) {
            "This issuer has no client with this client_id, or it was disabled."
            "Compare client_id to the letter with the registration, and the issuer with the one that the client is \
             registered at."
        }
    }
    SUPPORTED(
        "parameters supported",
        "does the server support every parameter that changes the request?",
        "OpenID Connect Core §3.1.2.6"
    ) {
        REQUEST_NOT_SUPPORTED("authorize.request_not_supported", RequestNotSupported) {
            "The parameter request cannot be sent here."
            "Send the parameters themselves."
        }
        REQUEST_URI_NOT_SUPPORTED("authorize.request_uri_not_supported", RequestUriNotSupported) {
            "The parameter request_uri cannot be sent here."
            "Send the parameters themselves."
        }
        REGISTRATION_NOT_SUPPORTED("authorize.registration_not_supported", RegistrationNotSupported) {
            "The parameter registration is for clients that are their own issuers, which this server does not take."
            "Register the client before, and leave registration out."
        }
    }
    RESPONSE_TYPE(
        "response_type possible",
        "is the response_type known here, allowed by the profile and registered?",
        "RFC 6749 §3.1.1"
    ) {
        RESPONSE_TYPE_MISSING("authorize.response_type_missing", InvalidRequest) {
            "response_type is missing."
            "Send response_type=code."
        }
        RESPONSE_TYPE_UNSUPPORTED("authorize.response_type_unsupported", UnsupportedResponseType) {
            "response_type is none that this server has, or one that the client's profile does not allow."
            "Send response_type=code; see response_types_supported of the metadata."
        }
        RESPONSE_TYPE_NOT_REGISTERED("authorize.response_type_not_registered", UnauthorizedClient) {
            "The client is not registered for this response_type."
            "Send one of the client's response_types, or have it registered."
        }
    }
    RESPONSE_MODE(
        "response_mode possible",
        "can the answer travel as the request wants it?",
        "OAuth 2.0 Multiple Response Types §2.1"
    ) {
        RESPONSE_MODE_UNSUPPORTED("authorize.response_mode_unsupported", InvalidRequest) {
            "response_mode is none that this server has."
            "Use one of response_modes_supported of the metadata, or leave it out."
        }
        TOKEN_IN_QUERY("authorize.token_in_query", InvalidRequest) {
            "Tokens would travel in the query of a URL, where logs keep them."
            "Use response_type=code, or response_mode form_post or fragment."
        }
        RESPONSE_UNSIGNED("authorize.response_unsigned", InvalidRequest) {
            "The client's profile wants the answer as a signed JWT."
            "Send response_mode=jwt."
        }
        RESPONSE_MODE_NOT_OF_PROFILE("authorize.response_mode_not_of_profile", InvalidRequest) {
            "The client's profile does not allow this response_mode."
            "Leave response_mode out, or use one that the profile allows."
        }
        RESPONSE_MODE_NOT_REGISTERED("authorize.response_mode_not_registered", InvalidRequest) {
            "The client has registered its response_modes, and this is none of them."
            "Use a registered one, or have it registered."
        }
    }
    OPENID(
        "scope openid",
        "does the scope have openid where an ID token is asked for?",
        "OpenID Connect Core §3.1.2.1"
    ) {
        OPENID_MISSING("authorize.openid_missing", InvalidScope) {
            "An ID token is asked for, or a user in the background, and scope does not have openid."
            "Add openid to scope."
        }
    }
    NONCE(
        "nonce or state",
        "is there the nonce or state by which the app recognises its answer?",
        "OpenID Connect Core §3.2.2.1"
    ) {
        NONCE_MISSING("authorize.nonce_missing", InvalidRequest) {
            "An ID token is asked for from the authorization endpoint, and there is no nonce."
            "Send a random nonce, keep it in the browser's session, and compare it with the one in the ID token."
        }
        NONCE_OR_STATE_REQUIRED("authorize.nonce_or_state_required", InvalidRequest) {
            "The client's profile wants a nonce with openid, and a state without."
            "Send both with every request."
        }
    }
    PARAMETERS(
        "parameters well formed",
        "does each parameter have a value that it can have?",
        "OpenID Connect Core §3.1.2.2"
    ) {
        PROMPT_NONE_WITH_OTHER("authorize.prompt_none_with_other", InvalidRequest) {
            "prompt has none and another value, which contradict each other."
            "Send none alone, or leave it out."
        }
        PROMPT_UNSUPPORTED("authorize.prompt_unsupported", InvalidRequest) {
            "prompt has a value that is none of prompt_values_supported."
            "Use none, login, consent and select_account; create only where users can sign up."
        }
        MAX_AGE("authorize.max_age", InvalidRequest) {
            "max_age is no number of seconds."
            "Send digits alone."
        }
        CLAIMS("authorize.claims", InvalidRequest) {
            "The parameter claims is no JSON object of the form of OpenID Connect Core §5.5, or asks for too much."
            "Send {\"id_token\":{…},\"userinfo\":{…}} with null or an object for each claim, percent-encoded."
        }
        CLAIMS_WITHOUT_TOKEN("authorize.claims_without_token", InvalidRequest) {
            "claims asks for userinfo, and this response_type gives no access token to ask there with."
            "Ask for the claims in id_token, or use response_type=code."
        }
        DPOP_JKT("authorize.dpop_jkt", InvalidRequest) {
            "dpop_jkt is not the thumbprint of the key with which the proof beside the pushed request was made."
            "Leave dpop_jkt out when pushing with a proof, or send the thumbprint of the same key."
        }
        ID_TOKEN_HINT("authorize.id_token_hint", InvalidRequest) {
            "id_token_hint is not an ID token that this issuer has signed."
            "Send an ID token of this issuer as it was issued; it may have expired."
        }
    }
    SIGNED_IN(
        "user signed in",
        "is the right user signed in, recently enough, where nothing may be shown?",
        "OpenID Connect Core §3.1.2.6"
    ) {
        LOGIN_REQUIRED("authorize.login_required", LoginRequired) {
            "prompt=none asks for an answer without a page, and the user is not signed in here, or must sign in \
             again (max_age, prompt=login)."
            "This is an answer, not a mistake: send the user through again without prompt=none. In a frame, \
             browsers that block third-party cookies always answer so."
        }
        OTHER_USER("authorize.other_user", LoginRequired) {
            "Another user is signed in, or has signed in just now, than the one whom id_token_hint, or sub in \
             claims, names."
            "Send the user through without the hint, or with prompt=login, and compare sub in the ID token."
        }
    }
    PERMITTED("user permits", "has the user permitted it?", "RFC 6749 §4.1.2.1") {
        CONSENT_REQUIRED("authorize.consent_required", ConsentRequired) {
            "prompt=none asks for an answer without a page, and the user has not permitted this yet."
            "Send the user through again without prompt=none."
        }
        DENIED("authorize.denied", AccessDenied) {
            "The user said no, or left nothing ticked that was asked for."
            "Respect it: let the app go on without, and explain why it asks."
        }
    }
    ASSURANCE(
        "authentication strong enough",
        "is the user's authentication as strong as the request or the API needs it?",
        "OpenID Connect Core Error Code unmet_authentication_requirements §2"
    ) {
        ACR_UNMET("authorize.acr_unmet", UnmetAuthenticationRequirements) {
            "claims makes an acr essential that no sign-in here can reach."
            "Ask for one of acr_values_supported of the metadata, or let it be voluntary (acr_values)."
        }
        API_ACR_UNMET("authorize.api_acr_unmet", UnmetAuthenticationRequirements) {
            "The API is configured to need a stronger authentication than the user's."
            "The operator lowers acr of the API, or offers a stronger way to sign in."
        }
    }
}
