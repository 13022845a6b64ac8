//! Mail that nobody will get.

use crate::administration::doctor::{Deployment, Finding, Kind, database::is_loopback};

pub(super) fn examine(deployment: &Deployment<'_>) -> Vec<Finding> {
    let has_users = deployment.realms.iter().any(|realm| !is_loopback(&realm.issuer));
    let finding = (deployment.config.email.is_none() && has_users).then(|| {
        let problem = "there is no [email]: users are not told when somebody signs in as them from an unknown browser";
        let remedy = "add [email] with smtp and from";
        Finding::new(Kind::MailMissing, deployment.place(), problem, remedy)
    });
    finding.into_iter().collect()
}
