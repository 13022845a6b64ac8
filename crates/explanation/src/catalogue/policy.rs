//! The rules of a realm about who may sign in.

topic! {
    POLICIES(
        "policies",
        "do the rules of the realm let this user in, from here and now?",
        "OpenID Connect Core §3.1.2.6"
    ) {
        DENIED("policy.denied", AccessDenied) {
            "A [[policy]] of the realm denies it: for this user, app, network, device or time."
            "Do what the page says. The operator sees which rule it is, and tries changes out, with: sekisho policy test."
        }
        NO_RULE("policy.no_rule", AccessDenied) {
            "The realm lets only those in whom a [[policy]] permits, and none permits this."
            "The operator adds a rule with allow = true, or removes policy_default = \"deny\"."
        }
        NOT_EVALUATED("policy.not_evaluated", AccessDenied) {
            "A [[policy]] of the realm could not be evaluated or compiled, and what is not known to be permitted is denied."
            "The operator mends it and applies its file: the log and sekisho doctor say what went wrong."
        }
        UNMET("policy.unmet", UnmetAuthenticationRequirements) {
            "A [[policy]] of the realm asks for a proof that the account has nothing for."
            "The user sets it up at /account from where the rule does not ask for it, or the operator helps."
        }
    }
}
