//! What is no fault of the request.

topic! {
    ABLE("server able", "can the server answer right now?", "RFC 6749 §4.1.2.1") {
        UNAVAILABLE("server.unavailable", TemporarilyUnavailable) {
            "The server could not answer right now: its database did not, or a key was still being made."
            "Send the same request again in a moment. If it goes on, the operator finds the reason in the server's log \
             under this id."
        }
        DEFECT("server.defect", ServerError) {
            "The server failed: this is a defect of it, or its data is damaged. The request may be right."
            "Give the operator this id: the reason is in the server's log under it."
        }
        UNEXPLAINED("server.unexplained", InvalidRequest) {
            "The request was refused."
            "Read the description."
        }
    }
}
