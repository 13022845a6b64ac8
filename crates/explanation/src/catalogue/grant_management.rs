//! Grants that clients manage.

topic! {
    REQUEST(
        "grant action possible",
        "do grant_management_action and grant_id make sense together?",
        "Grant Management §5.4"
    ) {
        ID_ALONE("grant_management.id_alone", InvalidRequest) {
            "grant_id came without grant_management_action."
            "Say what to do with it: merge or replace."
        }
        ID_OF_NEW("grant_management.id_of_new", InvalidRequest) {
            "A grant that is created cannot have an id yet."
            "Leave grant_id out with create."
        }
        ID_MISSING("grant_management.id_missing", InvalidRequest) {
            "merge and replace need to know which grant is meant."
            "Send grant_id of an earlier token response."
        }
        UNKNOWN_ACTION("grant_management.unknown_action", InvalidRequest) {
            "grant_management_action is none of create, merge and replace."
            "Use one of them."
        }
        NO_CODE("grant_management.no_code", InvalidRequest) {
            "grant_id is told by the token endpoint alone, and this response_type has no code."
            "Ask for a code."
        }
        PUBLIC_CLIENT("grant_management.public_client", UnauthorizedClient) {
            "Public clients cannot manage grants."
            "Use a client with credentials."
        }
    }
    KNOWN("grant known", "is it a living grant of this client and user?", "Grant Management §5.4") {
        UNKNOWN("grant_management.unknown", InvalidGrantId) {
            "No living grant of this client and of this user has the id: it has ended, or is somebody else's."
            "Create a new one."
        }
    }
}
