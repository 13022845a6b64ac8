//! Rules of sign-ins.

use super::*;

#[test]
fn rules_of_sign_ins_are_refused_with_their_line_where_they_mean_nothing_or_would_lock_everybody_out() {
    let wrong = r#"issuer = "https://id.example.com"
display_name = "x"
[[network]]
name = "office"
addresses = ["192.0.2.0/24", "10.0.0.0/40"]
[[network]]
name = "office"
addresses = []
[[policy]]
name = "outside"
outside = ["ofice"]
require = ["otp"]
[[policy]]
name = "cards"
require = ["client_certificate"]
[[policy]]
name = "highest"
acr = "loa4"
[[policy]]
name = "words"
device = "recognized"
weekdays = ["monday"]
unusual = ["network"]
failures = -1
when = "principal.shoe_size > 3"
deny = { en = "No.", fr = 5 }
[[policy]]
name = "outside"
clients = ["bugdet"]
allow = true
[[client]]
client_id = "budget"
redirect_uris = ["https://app.example.com/cb"]
token_endpoint_auth_method = "none"
"#;
    assert_problems(
        &realm_problems(wrong),
        &[
            (5, "10.0.0.0/40 is no address"),
            (6, "another network office"),
            (8, "addresses is empty"),
            (11, "ofice, which is no network here"),
            (15, "no user can have a certificate"),
            (18, "no sign-in reaches loa4"),
            (21, "did you mean recognised?"),
            (22, "did you mean mon?"),
            (23, "did you mean new-network?"),
            (24, "no number of attempts"),
            (25, "attribute `shoe_size`"),
            (26, "deny says nothing in fr"),
            (28, "two rules of the name outside"),
            (29, "did you mean budget?"),
        ],
    );
    let closed = r#"issuer = "https://id.example.com"
display_name = "x"
[[policy]]
name = "inside"
networks = ["192.0.2.0/24"]
deny = "Not here."
[[policy]]
name = "outside"
outside = ["192.0.2.0/24"]
deny = "Not there either."
"#;
    assert_problems(&realm_problems(closed), &[(4, "nobody could sign in")]);
    let all = closed.replace("outside = [\"192.0.2.0/24\"]\n", "");
    assert_problems(&realm_problems(&all), &[(8, "denies everybody")]);
    let denied = "issuer = \"https://id.example.com\"\ndisplay_name = \"x\"\npolicy_default = \"deny\"\n";
    assert_problems(&realm_problems(denied), &[(3, "nobody could sign in")]);
}
