use aws_lc_rs::agreement::PrivateKey;
use serde_json::{Value, json};

use super::{agreement::Curve, *};
use crate::{Jwk, KeySet};

/// The plaintext of RFC 7520 §5.
pub(super) const RFC7520: &str = "You can trust us to stick with you through thick and thin–to the bitter end. And \
    you can trust us to keep any secret of yours–closer than you keep it yourself. But you cannot trust us to let you \
    face trouble alone, and go off without a word. We are your friends, Frodo.";

/// A key of each kind and algorithm.
fn keys() -> Vec<DecryptionKey> {
    let generated = JweAlg::ALL.map(|alg| DecryptionKey::generate(alg).unwrap());
    let x25519 = [JweAlg::EcdhEs, JweAlg::EcdhEsA256Kw].map(|alg| DecryptionKey::generate_x25519(alg).unwrap());
    generated.into_iter().chain(x25519).collect()
}

fn recipient(key: &DecryptionKey) -> Recipient {
    Recipient::of(key.public_jwk(), alg_of(key)).unwrap()
}

fn alg_of(key: &DecryptionKey) -> JweAlg {
    JweAlg::parse(key.public_jwk().alg.as_deref().unwrap()).unwrap()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&b64::decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// The same token with another header.
fn with_header(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut header = header(token);
    change(&mut header);
    let (_, rest) = token.split_once('.').unwrap();
    format!("{}.{rest}", b64::encode(header.to_string()))
}

fn error(key: &DecryptionKey, token: &str) -> JweError {
    key.decrypt(token).err().expect("is refused")
}

fn agreement_key(alg: JweAlg, curve: Curve, private: &str) -> DecryptionKey {
    let private = PrivateKey::from_private_key(curve.algorithm(), &b64::decode(private).unwrap()).unwrap();
    DecryptionKey::agreement(alg, curve, private).unwrap()
}

#[test]
fn rfc7520_section_5_5() {
    let key = agreement_key(
        JweAlg::EcdhEs,
        Curve::P256,
        "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
    );
    assert_eq!(
        key.public_jwk().x.as_deref(),
        Some("Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0")
    );
    let decrypted = key.decrypt("eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4QlFBc0ltR2VBUzQ2ZnlXdzVNaFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ..yc9N8v5sYyv3iGQT926IUg.BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXvHteLDtw4R1XRGMEsDIqAYtskTTmzmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjzRli7-IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg.WCCkNa-x4BeB9hIDIfFuhg").ok().unwrap();
    assert_eq!(decrypted.plaintext, RFC7520.as_bytes());
    assert_eq!(decrypted.kid.as_deref(), Some("meriadoc.brandybuck@buckland.example"));
    assert_eq!((decrypted.enc, decrypted.cty), (JweEnc::A128CbcHs256, None));
}

/// The vector that goes with the cookbook of RFC 7520, with the keys of RFC 8037 appendix A.6.
#[test]
fn rfc8037_appendix_a_6_x25519() {
    let key = agreement_key(
        JweAlg::EcdhEs,
        Curve::X25519,
        "XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os",
    );
    assert_eq!(
        key.public_jwk().x.as_deref(),
        Some("3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08")
    );
    let decrypted = key.decrypt("eyJhbGciOiJFQ0RILUVTIiwia2lkIjoiQm9iIiwiZXBrIjp7Imt0eSI6Ik9LUCIsImNydiI6IlgyNTUxOSIsIngiOiJ4dlhIaDNRMlM0Vm90WGdCZGRHV0RfS2huellaX2V1QjJlYWVrTHZ2QURVIn0sImVuYyI6IkExMjhHQ00ifQ..0tCoBvRfolezYjpJ.cX3qZ4cfxiyr_Leem1b69MeLo-BHsMJy6RetGse91pgXjR7X87k1e7dJliYfzgseMV9dcVo3i1cAPeU2jkDCxrjxIBW0iUlF3JfkVH7DU3B8GxzkblOJKwJE58Sd0rJEN9rSwfLf66sbTiY_vGYf7cZhbWhj6wwBnICFfaRh_2NubCdma7zX_vsdaGJXHn-6-jjR9UaQUbJD-tPn5UAW8Sa9lPAcncYZywscUM-FET3tePOH2h_xv_LFGuN2KYJ3BED_Eyo--oSX17DD7ksSt0wfzy_TWczaG1E_TWn4nvP6T6d5nMp9OdfLWQNopQHoQGWlPbaRLHCk2mNl1K5GsJ6Q4tjSdFWpqRDpQUz2eYAk.Yd4jUyp_PC5cACOwaAGwUQ").ok().unwrap();
    assert_eq!(decrypted.plaintext, RFC7520.as_bytes());
}

#[test]
fn every_algorithm_decrypts_what_it_encrypted() {
    for key in keys() {
        for enc in JweEnc::ALL {
            let envelope = recipient(&key).envelope(enc).unwrap();
            let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
            let header = header(&token);
            assert_eq!(header["alg"], alg_of(&key).as_str());
            assert_eq!(header["enc"], enc.as_str());
            assert_eq!(header["kid"], key.public_jwk().kid.clone().unwrap());
            assert_eq!((&header["typ"], &header["cty"]), (&json!("JWT"), &json!("JWT")));
            let decrypted = key.decrypt(&token).ok().unwrap();
            assert_eq!((decrypted.enc, decrypted.plaintext.as_slice()), (enc, &b"a.b.c"[..]));
            assert_eq!(decrypted.kid, key.public_jwk().kid);
            assert_eq!(decrypted.cty.as_deref(), Some("JWT"));
        }
    }
}

#[test]
fn the_header_says_whose_it_is_when_that_is_wanted() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let seal = |envelope: Envelope| envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
    let envelope = || recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    assert_eq!(header(&seal(envelope())).get("iss"), None);
    let token = seal(envelope().from_issuer("https://id.example"));
    assert_eq!(header(&token)["iss"], "https://id.example");
    assert_eq!(key.decrypt(&token).ok().unwrap().plaintext, b"a.b.c");
}

#[test]
fn claims_that_are_encrypted_without_being_signed_say_nothing_of_a_token_in_them() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let envelope = recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    let token = envelope.seal(&Payload::Claims(br#"{"sub":"alice"}"#)).unwrap();
    assert_eq!(header(&token).get("cty"), None);
    assert_eq!(key.decrypt(&token).ok().unwrap().plaintext, br#"{"sub":"alice"}"#);
}

#[test]
fn nothing_that_was_changed_is_decrypted() {
    for key in keys() {
        for enc in JweEnc::ALL {
            let envelope = recipient(&key).envelope(enc).unwrap();
            let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
            let parts: Vec<&str> = token.split('.').collect();
            // The header is changed in what nobody looks at.
            let renamed = with_header(&token, |header| header["typ"] = json!("jwt"));
            assert_eq!(error(&key, &renamed), JweError::Undecryptable, "{enc:?}");
            for (at, part) in parts.iter().enumerate().skip(1) {
                let mut bytes = b64::decode(part).unwrap();
                match bytes.first_mut() {
                    Some(byte) => *byte ^= 1,
                    None => bytes.push(1),
                }
                let changed = b64::encode(bytes);
                let mut parts = parts.clone();
                parts[at] = &changed;
                assert_eq!(
                    error(&key, &parts.join(".")),
                    JweError::Undecryptable,
                    "{enc:?} part {at}"
                );
                parts[at] = "";
                let cut = parts.join(".");
                if cut != token {
                    assert_eq!(error(&key, &cut), JweError::Undecryptable, "{enc:?} without part {at}");
                }
            }
        }
    }
}

#[test]
fn another_key_decrypts_nothing() {
    for (one, other) in keys().iter().zip(&keys()) {
        let envelope = recipient(one).envelope(JweEnc::A128CbcHs256).unwrap();
        let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
        assert_eq!(error(other, &token), JweError::Undecryptable);
    }
}

#[test]
fn a_key_decrypts_by_its_own_algorithm_alone() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let envelope = recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
    for alg in ["ECDH-ES+A256KW", "RSA-OAEP-256", "RSA1_5", "dir", "none"] {
        let other = with_header(&token, |header| header["alg"] = json!(alg));
        assert_eq!(error(&key, &other), JweError::AlgNotAllowed, "{alg}");
    }
    for enc in ["A192GCM", "none", "a128gcm"] {
        let other = with_header(&token, |header| header["enc"] = json!(enc));
        assert_eq!(error(&key, &other), JweError::AlgNotAllowed, "{enc}");
    }
}

#[test]
fn extensions_and_compression_are_refused() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let envelope = recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("zip", json!("DEF")),
        ("zip", json!(null)),
    ] {
        let other = with_header(&token, |header| header[name] = value);
        assert_eq!(error(&key, &other), JweError::Extension, "{name}");
    }
}

#[test]
fn the_senders_key_must_be_on_the_curve_of_the_recipients() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let envelope = recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
    let off = with_header(&token, |header| header["epk"]["y"] = header["epk"]["x"].clone());
    assert_eq!(error(&key, &off), JweError::UnfitKey);
    let x25519 = DecryptionKey::generate_x25519(JweAlg::EcdhEs).unwrap();
    let other = with_header(&token, |header| {
        header["epk"] = json!({"kty": "OKP", "crv": "X25519", "x": x25519.public_jwk().x});
    });
    assert_eq!(error(&key, &other), JweError::UnfitKey);
    let none = with_header(&token, |header| {
        header.as_object_mut().unwrap().remove("epk");
    });
    assert_eq!(error(&key, &none), JweError::BadHeader);
    let private = with_header(&token, |header| header["epk"]["d"] = json!("AA"));
    assert_eq!(error(&key, &private), JweError::BadHeader);
}

#[test]
fn only_five_parts_of_base64url_are_a_compact_jwe() {
    let key = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let envelope = recipient(&key).envelope(JweEnc::A128Gcm).unwrap();
    let token = envelope.seal(&Payload::Jwt("a.b.c")).unwrap();
    for bad in [
        "",
        "a.b.c",
        &format!("{token}.AA"),
        &format!("{token}="),
        &format!(" {token}"),
    ] {
        assert_eq!(error(&key, bad), JweError::NotCompact, "{bad}");
    }
    let repeated = b64::encode(r#"{"alg":"ECDH-ES","alg":"ECDH-ES","enc":"A128GCM"}"#);
    for bad in [repeated, b64::encode("[]"), b64::encode(r#"{"alg":1,"enc":"A128GCM"}"#)] {
        assert_eq!(error(&key, &format!("{bad}....")), JweError::BadHeader);
    }
    assert_eq!(error(&key, &"a".repeat(crate::MAX_JWT_BYTES + 1)), JweError::TooLong);
}

fn jwk(key: &DecryptionKey, change: impl FnOnce(&mut Jwk)) -> Jwk {
    let mut jwk = key.public_jwk().clone();
    (jwk.kid, jwk.alg, jwk.use_) = (None, None, None);
    change(&mut jwk);
    jwk
}

/// The `kid` of the key of a set that is encrypted to; "" when it has none.
fn chosen(keys: &[Jwk], alg: JweAlg) -> Option<String> {
    let set = KeySet { keys: keys.to_vec() };
    let envelope = set.recipient(alg)?.envelope(JweEnc::A128Gcm).unwrap();
    Some(envelope.kid.unwrap_or_default())
}

#[test]
fn a_key_is_encrypted_to_only_as_it_says_itself() {
    let [rsa, ec] = [JweAlg::RsaOaep256, JweAlg::EcdhEs].map(|alg| DecryptionKey::generate(alg).unwrap());
    let bare = jwk(&ec, |_| {});
    assert!(chosen(std::slice::from_ref(&bare), JweAlg::EcdhEs).is_some());
    assert!(chosen(std::slice::from_ref(&bare), JweAlg::EcdhEsA256Kw).is_some());
    assert!(chosen(&[bare], JweAlg::RsaOaep256).is_none());
    assert!(chosen(&[jwk(&rsa, |_| {})], JweAlg::RsaOaep256).is_some());
    assert!(chosen(&[jwk(&rsa, |_| {})], JweAlg::EcdhEs).is_none());
    for unfit in [
        jwk(&ec, |key| key.use_ = Some("sig".into())),
        jwk(&ec, |key| key.alg = Some("ECDH-ES+A256KW".into())),
        jwk(&ec, |key| key.alg = Some("ES256".into())),
        jwk(&ec, |key| key.crv = Some("P-384".into())),
        jwk(&ec, |key| key.y = key.x.clone()),
        jwk(&ec, |key| key.kty = "OKP".into()),
    ] {
        assert!(
            chosen(std::slice::from_ref(&unfit), JweAlg::EcdhEs).is_none(),
            "{unfit:?}"
        );
    }
    let weak = jwk(&rsa, |key| key.n = Some(b64::encode([0xff; 128])));
    assert!(chosen(&[weak], JweAlg::RsaOaep256).is_none());
}

#[test]
fn of_several_keys_the_one_that_says_so_is_taken() {
    let ec = DecryptionKey::generate(JweAlg::EcdhEs).unwrap();
    let named = |kid: &str, use_: Option<&str>| {
        jwk(&ec, |key| {
            key.kid = Some(kid.to_owned());
            key.use_ = use_.map(str::to_owned);
        })
    };
    let kid = |keys: &[Jwk]| chosen(keys, JweAlg::EcdhEs).unwrap();
    assert_eq!(kid(&[named("any", None), named("enc", Some("enc"))]), "enc");
    assert_eq!(
        kid(&[named("sig", Some("sig")), named("1", None), named("2", None)]),
        "1"
    );
    assert_eq!(kid(&[jwk(&ec, |_| {}), named("named", None)]), "named");
    // One alone needs no name; of two, nobody could say which was meant.
    assert_eq!(kid(&[jwk(&ec, |_| {})]), "");
    assert!(chosen(&[jwk(&ec, |_| {}), jwk(&ec, |_| {})], JweAlg::EcdhEs).is_none());
}

#[test]
fn a_key_that_was_kept_decrypts_what_was_encrypted_to_it() {
    for alg in JweAlg::ALL {
        let (key, pkcs8) = DecryptionKey::generate_pkcs8(alg).unwrap();
        let recipient = Recipient::of(key.public_jwk(), alg).unwrap();
        let token = recipient
            .envelope(JweEnc::default())
            .unwrap()
            .seal(&Payload::Jwt("a.b.c"))
            .unwrap();
        let again = DecryptionKey::from_pkcs8(alg, &pkcs8).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert_eq!(again.decrypt(&token).unwrap().plaintext, b"a.b.c");
        let addressee = Addressee::of(&token).unwrap();
        assert_eq!((addressee.alg, addressee.kid), (alg, key.public_jwk().kid.clone()));
        assert!(DecryptionKey::from_pkcs8(alg, &pkcs8[1..]).is_err());
        let other = if alg == JweAlg::RsaOaep256 {
            JweAlg::EcdhEs
        } else {
            JweAlg::RsaOaep256
        };
        assert!(DecryptionKey::from_pkcs8(other, &pkcs8).is_err());
    }
    assert!(Addressee::of("").is_err() && Addressee::of("e30.a.b.c.d").is_err());
}
