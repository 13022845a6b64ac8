//! `/flows`: apps of the organisation itself that show the steps of a sign-in with their own screens.

topic! {
    OWN_APP(
        "app of the organisation",
        "does an app of the organisation itself call, from a place of its own?",
        "RFC 6749 §10.11"
    ) {
        NOT_FIRST_PARTY("flows.not_first_party", UnauthorizedClient) {
            "Only an app of the organisation itself may be told passwords and codes, and this client is not marked as one."
            "Send the user's browser to /authorize. The operator of an own app sets first_party = true at its [[client]]."
        }
        FOREIGN_ORIGIN("flows.foreign_origin", UnauthorizedClient) {
            "A script of a web origin called that is not one of the client's."
            "Name the origin in origins of the [[client]], as browsers write it: scheme, host, and port if it is unusual."
        }
        OTHER_CLIENT("flows.other_client", InvalidRequest) {
            "client_id in the authorization request is not the client_id in the query of the address."
            "Send the same in both places, or leave it out of the authorization request."
        }
    }
    STEP("step known", "is the body an answer to the step that the flow is at?", "RFC 8259 §4") {
        MALFORMED("flows.malformed", InvalidRequest) {
            "A member of the body is missing, unknown, or of another type than it should be."
            "Compare the body with the schema in /flows/openapi.json."
        }
        OTHER_STEP("flows.other_step", InvalidRequest) {
            "The answer is for another step than the flow is at, or names something that is not there any more."
            "Answer the step that came with this refusal."
        }
    }
}
