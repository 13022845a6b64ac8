//! Which methods reach which level of assurance, and what `amr` says of them.
//!
//! Spec: ITU-T X.1254 (2012) §6, RFC 8176 §2, NIST SP 800-63B §4

use protocol::acr::{Acr, amr};

/// A way in which a user proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The user name and the password.
    Password,
}

/// What an authentication is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assurance {
    /// The level reached.
    pub acr: Acr,
    /// The methods, as an ID token names them.
    pub amr: Vec<String>,
}

/// One row per combination of methods that a sign-in can end with.
const TABLE: &[(&[Method], Acr, &[&str])] = &[(&[Method::Password], Acr::PASSWORD, &[amr::PWD])];

/// What these methods, in the order in which they were used, reach together.
///
/// A combination without a row reaches the lowest level and names no method: nothing is promised that nobody
/// has thought about.
pub fn reached(methods: &[Method]) -> Assurance {
    let row = TABLE.iter().find(|(of, _, _)| *of == methods);
    let (acr, amr) = row.map_or((Acr::Loa1, &[] as &[&str]), |(_, acr, amr)| (*acr, *amr));
    Assurance {
        acr,
        amr: amr.iter().map(|&method| method.to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_alone_is_level_two() {
        let reached = reached(&[Method::Password]);
        assert_eq!((reached.acr, reached.amr), (Acr::Loa2, vec!["pwd".to_owned()]));
    }

    #[test]
    fn what_has_no_row_reaches_the_lowest_level() {
        for methods in [&[][..], &[Method::Password, Method::Password]] {
            assert_eq!(
                reached(methods),
                Assurance {
                    acr: Acr::Loa1,
                    amr: vec![]
                }
            );
        }
    }

    #[test]
    fn the_table_promises_no_more_than_the_metadata() {
        for (methods, acr, _) in TABLE {
            assert!(Acr::REACHABLE.contains(acr), "{methods:?}");
        }
    }
}
