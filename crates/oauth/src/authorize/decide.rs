//! What must happen before this request can be answered: sign-in, the choice of an account, consent, or nothing.
//!
//! Spec: OpenID Connect Core §3.1.2.1 (`prompt`, `max_age`), §3.1.2.2 to §3.1.2.4, §3.1.2.6, §5.5.1.1 (`acr`),
//! RFC 8252 §8.6, RFC 9470 §5 (the API's least `acr`)

use explanation::{
    Explanation, Reason,
    catalogue::{authorize as catalogue, grant_management, policy},
};
use model::{Flow, Session, User};
use protocol::{ApplicationType, Assurance, Demand, DemandOf, Reach, RequestError, acr::Acr, scope::OFFLINE_ACCESS};
use realm::RealmContext;

use super::{
    AuthorizeRefusal, Permission, ValidRequest,
    wanted_user::{IsWanted, WantedUser},
};
use crate::consented;

/// Who is signed in, in which session.
#[derive(Debug, Clone)]
pub struct Person {
    /// The session.
    pub session: Session,
    /// The user.
    pub user: User,
    /// What scripts can see of this sign-in: it goes into `session_state`.
    pub browser_state: String,
}

impl Person {
    /// How sure this server is that it is this user.
    pub fn assurance(&self, now: i64) -> Assurance {
        self.session.assurance(&self.user, now)
    }
}

/// What comes next.
#[derive(Debug)]
pub enum Decision {
    /// The user must authenticate.
    SignIn,
    /// The user must say whether to go on as who they are here.
    SelectAccount,
    /// The user must prove more than so far.
    Prove,
    /// The user must enroll something by which they could: what an API needs is more than the account can reach.
    Enrol,
    /// The user must be asked.
    Consent(ConsentNeeded),
    /// Everything is there: [`super::issue`] this.
    Issue(Permission),
}

/// What the user is asked.
#[derive(Debug)]
pub struct ConsentNeeded {
    /// Everything that the app asks for.
    pub asked: Permission,
    /// What of it the user permitted before.
    pub already: Permission,
    /// For how long the permission lasts while the user is away, in seconds; `None`: only while signed in.
    pub offline_for: Option<i64>,
}

/// Decides. `flow` is the one in which the user may have authenticated, or chosen an account, just now; `reach` says how
/// far the user is from [`ValidRequest::demand`].
pub async fn decide(
    realm: &RealmContext,
    valid: &ValidRequest,
    person: Option<&Person>,
    flow: Option<&Flow>,
    reach: Reach,
) -> Result<Decision, AuthorizeRefusal> {
    let refuse = |reason: &'static Reason, text: &str| {
        let error = RequestError::new(reason, text);
        Err(AuthorizeRefusal::redirect(realm.issuer(), valid, error))
    };
    // "If this parameter contains none with any other value, an error is returned" was checked when it was parsed.
    let is_silent = valid.request.prompt.is_none();

    // What no sign-in can give need not be tried.
    let wanted_user = WantedUser::of(realm, valid)?;
    let highest = realm.realm.highest_acr();
    if let Reach::Never(DemandOf::Request) = valid.demand(realm).reach(Acr::Loa1, highest) {
        return Err(unmet(realm, valid, DemandOf::Request, highest));
    }

    let Some(person) = person.filter(|person| is_fresh(realm, valid, &person.session, flow)) else {
        return if is_silent {
            refuse(
                &catalogue::LOGIN_REQUIRED,
                "the user is not signed in, or must sign in again",
            )
        } else {
            Ok(Decision::SignIn)
        };
    };
    // Whoever signed in just now as somebody else than is wanted is not asked again: it would go round in circles.
    let is_just_signed_in = is_authenticated_in(flow, &person.session);
    match wanted_user.is(realm, person)? {
        IsWanted::Yes => {}
        IsWanted::Perhaps if is_just_signed_in => {}
        IsWanted::Perhaps | IsWanted::No if is_silent || is_just_signed_in => {
            return refuse(
                &catalogue::OTHER_USER,
                "another user is signed in than the one whom id_token_hint, or sub in claims, names",
            );
        }
        IsWanted::Perhaps | IsWanted::No => return Ok(Decision::SignIn),
    }
    // Whoever signed in just now has said who they are; so has who chose to go on as they are.
    let is_chosen = flow.is_some_and(|flow| flow.chosen_session.as_ref() == Some(&person.session.id));
    if valid.request.prompt.wants_account_selection() && !is_just_signed_in && !is_chosen {
        return Ok(Decision::SelectAccount);
    }
    match reach {
        Reach::Met => {}
        Reach::Short { is_voluntary: true, .. } if is_silent => {}
        Reach::Short { .. } if is_silent => {
            return refuse(
                &catalogue::LOGIN_REQUIRED,
                "the user must prove more than in this session so far",
            );
        }
        Reach::Denied if is_silent => return Err(denied(realm, valid, (&policy::DENIED).into())),
        // The page that would ask for more also says why it lets nobody in.
        Reach::Short { .. } | Reach::Denied => return Ok(Decision::Prove),
        Reach::Never(DemandOf::Api | DemandOf::Policy) if !is_silent => return Ok(Decision::Enrol),
        Reach::Never(of) => return Err(unmet(realm, valid, of, person.assurance(realm.now()).acr)),
    }

    let management = valid.request.grant_management.as_ref();
    let Some(known) = consented::find(realm, valid.client.id(), &person.user.id, management).await? else {
        return refuse(
            &grant_management::UNKNOWN,
            "grant_id names no living grant of this client and of the user who is signed in",
        );
    };
    let already = known.already(realm, &valid.asked());
    if !needs_consent(valid, &already) {
        return Ok(Decision::Issue(valid.asked()));
    }
    if is_silent {
        return refuse(&catalogue::CONSENT_REQUIRED, "the user has not permitted this yet");
    }
    let offline_for = valid.is_offline(&valid.scope).then_some(realm.realm.lifetimes.grant);
    Ok(Decision::Consent(ConsentNeeded {
        asked: valid.asked(),
        already,
        offline_for,
    }))
}

fn is_authenticated_in(flow: Option<&Flow>, session: &Session) -> bool {
    flow.is_some_and(|flow| flow.id == session.flow_id)
}

/// Whether this session's authentication is recent enough for what the request wants.
fn is_fresh(realm: &RealmContext, valid: &ValidRequest, session: &Session, flow: Option<&Flow>) -> bool {
    // Who authenticated in this very flow has done what was asked.
    if is_authenticated_in(flow, session) {
        return true;
    }
    let prompt = &valid.request.prompt;
    if prompt.wants_login() || prompt.wants_sign_up() {
        return false;
    }
    // "the elapsed time […] is greater than this value" (§3.1.2.1); max_age=0 is prompt=login.
    valid
        .request
        .max_age
        .is_none_or(|max_age| max_age > 0 && realm.now() - session.auth_time <= max_age)
}

/// The refusal of a request whose demand is out of reach; `reached` is what was, or could be, reached.
///
/// OpenID Connect Core §5.5.1.1: "If this is an Essential Claim and the requirement cannot be met, then the Authorization
/// Server MUST treat that outcome as a failed authentication attempt."
pub fn unmet(realm: &RealmContext, valid: &ValidRequest, of: DemandOf, reached: Acr) -> AuthorizeRefusal {
    let Demand { wanted, least, .. } = valid.demand(realm);
    let (reason, needed, who) = match of {
        DemandOf::Request => (&catalogue::ACR_UNMET, wanted, "claims makes an acr essential"),
        DemandOf::Api => (
            &catalogue::API_ACR_UNMET,
            least.into_iter().collect(),
            "the API needs more",
        ),
        DemandOf::Policy => (&policy::UNMET, Vec::new(), "a policy of the realm needs more"),
    };
    let needed: Vec<&str> = needed.iter().map(|level| level.urn()).collect();
    let why = Explanation::from(reason).with(needed.join(", "), reached.to_string());
    let text = format!(
        "{who}, and a sign-in of this user can only reach {}",
        reached.published()
    );
    AuthorizeRefusal::redirect(realm.issuer(), valid, RequestError::new(why, text))
}

/// The refusal of a request whose user the policies do not let in.
pub fn denied(realm: &RealmContext, valid: &ValidRequest, why: Explanation) -> AuthorizeRefusal {
    let text = "the policies of the realm do not let this user in, here and now";
    AuthorizeRefusal::redirect(realm.issuer(), valid, RequestError::new(why, text))
}

pub(super) fn needs_consent(valid: &ValidRequest, already: &Permission) -> bool {
    if valid.request.prompt.wants_consent() {
        return true;
    }
    // "the authorization server SHOULD NOT process repeated authorization requests automatically" for apps that
    // anybody can claim to be (RFC 8252 §8.6). The secret that came with a native app is no proof of who it is (§8.5).
    let client = &valid.client.metadata;
    let keeps_a_secret = !client.is_public() && client.application_type != ApplicationType::Native;
    if !keeps_a_secret && !valid.redirect_uri.as_str().starts_with("https://") {
        return true;
    }
    let is_new = !valid.asked().is_subset_of(already);
    // A transaction is the user's to confirm, each one, whoever made the app.
    let is_in_detail = !valid.request.authorization_details.is_empty();
    let is_trusted = valid.client.metadata.first_party && !valid.scope.contains(OFFLINE_ACCESS) && !is_in_detail;
    is_new && !is_trusted
}
