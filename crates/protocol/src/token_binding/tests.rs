use jose::SigningKey;

use super::*;

/// An example of OAuth Token Binding, draft 9: the header, what the connection exported, and the hashes of the keys, the
/// provided one first.
struct Vector {
    section: &'static str,
    message: &'static str,
    ekm: &'static str,
    hashes: &'static [&'static str],
}

const VECTORS: &[Vector] = &[
    Vector {
        section: "2.1",
        message: "AIkAAgBBQGto7hHRR0Y5nkOWqc9KNfwW95dEFmSI_tCZ_Cbl7LWlt6Xjp3DbjiDJavGFiKP2HV_2JSE42VzmKOVVV8m7eqAAQOKiDK1Oi0z6v4X5BP7uc0pFestVZ42TTOdJmoHpji06Qq3jsCiCRSJx9ck2fWJYx8tLVXRZPATB3x6c24aY0ZEAAA",
        ekm: "p6ZuSwfl6pIe8es5KyeV76T4swZmQp0_awd27jHfrbo",
        hashes: &["30MpstC2hokilavndt5cSOPclJi2Dfhf-E0RVjsLff8"],
    },
    Vector {
        section: "2.1",
        message: "AIkAAgBBQGto7hHRR0Y5nkOWqc9KNfwW95dEFmSI_tCZ_Cbl7LWlt6Xjp3DbjiDJavGFiKP2HV_2JSE42VzmKOVVV8m7eqAAQCpGbaG_YRf27qOraL0UT4fsKKjL6PukuOT00qzamoAXxOq7m_id7O3mLpnb_sM7kwSxLi7iNHzzDgCAkPt3lHwAAA",
        ekm: "va-84Ukw4Zqfd7uWOtFrAJda96WwgbdaPDX2knoOiAE",
        hashes: &["30MpstC2hokilavndt5cSOPclJi2Dfhf-E0RVjsLff8"],
    },
    Vector {
        section: "3.1.1",
        message: "ARIAAgBBQIEE8mSMtDy2dj9EEBdXaQT9W3Rq1NS-jW8ebPoF6FyL0jIfATVE55zlircgOTZmEg1xeIrC3DsGegwjs4bhw14AQGKDlAXFFMyQkZegCwlbTlqX3F9HTt-lJxFU_pi16ezka7qVRCpSF0BQLfSqlsxMbYfSSCJX1BDtrIL7PXj__fUAAAECAEFA1BNUnP3te5WrwlEwiejEz0OpesmC5PElWc7kZ5nlLSqQTj1ciIp5vQ30LLUCyM_a2BYTUPKtd5EdS-PalT4t6ABADgeizRa5NkTMuX4zOdC-R4cLNWVVO8lLu2Psko-UJLR_XAH4Q0H7-m0_nQR1zBN78nYMKPvHsz8L3zWKRVyXEgAA",
        ekm: "jI5UAyjs5XCPISUGQIwgcSrOiVIWq4fhLVIFTQ4nLxc",
        hashes: &[
            "F_e-ANOzm1cmLAF5HTr7UpphAOTn-U0XDpKfYvaFAvk",
            "vowQESa_MgbGJwIXaFm_BTN2QDPwh8PhuBm-EtUAqxc",
        ],
    },
    Vector {
        section: "3.2.1",
        message: "ARIAAgBBQJFXJir2w4gbJ7grBx9uTYWIrs9V50-PW4ZijegQ0LUM-_bGnGT6DizxUK-m5n3dQUIkeH7ybn6wb1C5dGyV_IAAQDDFToFrHt41Zppq7u_SEMF_E-KimAB-HewWl2MvZzAQ9QKoWiJCLFiCkjgtr1RrA2-jaJvoB8o51DTGXQydWYkAAAECAEFAuC1GlYU83rqTGHEau1oqvNwy0fDsdXzIyT_4x1FcldsMxjFkJacIBJFGuYcccvnCak_duFi3QKFENuwxql-H9ABAMcU7IjJOUA4IyE6YoEcfz9BMPQqwM5M6hw4RZNQd58fsTCCslQE_NmNCl9JXy4NkdkEZBxqvZGPr0y8QZ_bmAwAA",
        ekm: "4jTc5e1QpocqPTZ5l6jsb6pRP18IFKdwwPvasYjn1-E",
        hashes: &[
            "Cn69TXPEB65Ek8tiG3i1bS5l6wH8iMwOuSo-BxXe_dk",
            "7NRBu9iDdJlYCTOqyeYuLxXv0blEA-yTpmGIrAwKAws",
        ],
    },
    Vector {
        section: "3.3.1",
        message: "AIkAAgBBQLgtRpWFPN66kxhxGrtaKrzcMtHw7HV8yMk_-MdRXJXbDMYxZCWnCASRRrmHHHL5wmpP3bhYt0ChRDbsMapfh_QAQN1He3Ftj4Wa_S_fzZVns4saLfj6aBoMSQW6rLs19IIvHze7LrGjKyCfPTKXjajebxp-TLPFZCc0JTqTY5_0MBAAAA",
        ekm: "7LsNP3BT1aHHdXdk6meEWjtSkiPVLb7YS6iHp-JXmuE",
        hashes: &["7NRBu9iDdJlYCTOqyeYuLxXv0blEA-yTpmGIrAwKAws"],
    },
    Vector {
        section: "5.1.2.1",
        message: "AIkAAgBBQEOO9GRFP-LM0hoWw6-2i318BsuuUum5AL8bt1szlr1EFfp5DMXMNW3O8WjcIXr2DKJnI4xnuGsE6GywQd9RbD0AQJDb3xyo9PBxj8M6YjLt-6OaxgDkyoBoTkyrnNbLc8tJQ0JtXomKzBbj5qPtHDduXc6xz_lzvNpxSPxi428m7wkAAA",
        ekm: "pNVKtPuQFvylNYn000QowWrQKoeMkeX9H32hVuU71Bs",
        hashes: &["rBlgOyMY4teiuJMDgOwkrpsAjPyI07D2WsEM-dnq6eE"],
    },
    Vector {
        section: "5.2.1.1",
        message: "ARIAAgBBQB-XOPf5ePlf7ikATiAFEGOS503lPmRfkyymzdWwHCxl0njjxC3D0E_OVfBNqrIQxzIfkF7tWby2ZfyaE6XpwTsAQBYqhFX78vMOgDX_Fd_b2dlHyHlMmkIz8iMVBY_reM98OUaJFz5IB7PG9nZ11j58LoG5QhmQoI9NXYktKZRXxrYAAAECAEFAdUFTnfQADkn1uDbQnvJEk6oQs38L92gv-KO-qlYadLoDIKe2h53hSiKwIP98iRj_unedkNkAMyg9e2mY4Gp7WwBAeDUOwaSXNz1e6gKohwN4SAZ5eNyx45Mh8VI4woL1BipLoqrJRoK6dxFkWgHRMuBROcLGUj5PiOoxybQH_Tom3gAA",
        ekm: "7gOdRzMhPeO-1YwZGmnVHyReN5vd2CxcsRBN69Ue4cI",
        hashes: &[
            "bcbUNbC72oevcqyq1i-q4W7-ezGwZEGfFGvLgQouoSg",
            "UyZO6bBVJYhP_tYweDf6a5CZSzgCe4At3fs1BVktirE",
        ],
    },
    Vector {
        section: "5.2.2.1",
        message: "AIkAAgBBQHVBU530AA5J9bg20J7yRJOqELN_C_doL_ijvqpWGnS6AyCntoed4UoisCD_fIkY_7p3nZDZADMoPXtpmOBqe1sAQEwgC9Zpg7QFCDBib6GlZki3MhH32KNfLefLJc1vR1xE8l7OMfPLZHP2Woxh6rEtmgBcAABubEbTz7muNlLn8uoAAA",
        ekm: "EzW60vyINbsb_tajt8ij3tV6cwy2KH-i8BdEMYXcNn0",
        hashes: &["UyZO6bBVJYhP_tYweDf6a5CZSzgCe4At3fs1BVktirE"],
    },
];

fn verify(message: &str, ekm: &[u8; EKM_BYTES]) -> Result<TokenBindings, TokenBindingError> {
    TokenBindings::verify(std::iter::once(message.as_bytes()), ekm).map(Option::unwrap)
}

fn exported(vector: &Vector) -> [u8; EKM_BYTES] {
    b64::decode(vector.ekm).unwrap().try_into().unwrap()
}

// Conformance: TB-01 TB-02 TB-04 TB-06
#[test]
fn the_examples_of_the_specification_verify() {
    for vector in VECTORS {
        let found = verify(vector.message, &exported(vector)).unwrap();
        let hashes: Vec<String> = [Some(&found.provided), found.referred.as_ref()]
            .into_iter()
            .flatten()
            .map(TokenBindingId::hash)
            .collect();
        assert_eq!(hashes, vector.hashes, "{}", vector.section);
        let again = TokenBindingId::parse(&found.provided.encoded()).unwrap();
        assert_eq!(again, found.provided);
    }
}

// Conformance: TB-02 TB-12
#[test]
fn a_signature_over_another_connection_or_by_another_key_is_refused() {
    for vector in VECTORS {
        let mut ekm = exported(vector);
        ekm[31] ^= 1;
        let refused = verify(vector.message, &ekm);
        assert_eq!(refused, Err(TokenBindingError::BadSignature), "{}", vector.section);
        let mut bytes = b64::decode(vector.message).unwrap();
        // The first byte of the first signature: behind two lengths, the type, the key and one more length.
        bytes[2 + 1 + 3 + 65 + 2] ^= 1;
        let refused = verify(&b64::encode(&bytes), &exported(vector));
        assert_eq!(refused, Err(TokenBindingError::BadSignature), "{}", vector.section);
    }
}

// Conformance: TB-03
#[test]
fn there_is_one_header_in_base64url_without_padding() {
    let (message, ekm) = (VECTORS[0].message, exported(&VECTORS[0]));
    let two = [message.as_bytes(), message.as_bytes()];
    assert_eq!(
        TokenBindings::verify(two.into_iter(), &ekm),
        Err(TokenBindingError::Twice)
    );
    assert_eq!(TokenBindings::verify(std::iter::empty(), &ekm), Ok(None));
    for bad in [format!("{message}="), format!("{message} "), message.replace('_', "/")] {
        assert_eq!(verify(&bad, &ekm), Err(TokenBindingError::NotBase64url), "{bad}");
    }
}

const EKM: [u8; EKM_BYTES] = [7; EKM_BYTES];

/// A binding of this type by a key of these parameters, signed over [`EKM`].
fn binding(kind: u8, parameters: u8, extensions: &[u8]) -> Vec<u8> {
    use jose::Signer as _;
    let alg = [SigningAlg::Rs256, SigningAlg::Ps256, SigningAlg::Es256][usize::from(parameters.min(2))];
    let key = SigningKey::generate(alg).unwrap().0;
    let jwk = key.public_jwk();
    let member = |value: &Option<String>| b64::decode(value.as_deref().unwrap()).unwrap();
    let public = if alg == SigningAlg::Es256 {
        [vec![64], member(&jwk.x), member(&jwk.y)].concat()
    } else {
        let e = member(&jwk.e);
        [vec![1, 0], member(&jwk.n), vec![u8::try_from(e.len()).unwrap()], e].concat()
    };
    let signature = key.sign(&[&[kind, parameters], EKM.as_slice()].concat()).unwrap();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [
        &[kind, parameters][..],
        &length(&public),
        &public,
        &length(&signature),
        &signature,
        &length(extensions),
        extensions,
    ]
    .concat()
}

fn message(bindings: &[Vec<u8>]) -> String {
    let all = bindings.concat();
    let length = u16::try_from(all.len()).unwrap().to_be_bytes();
    b64::encode([&length[..], &all].concat())
}

// Conformance: TB-01 TB-02
#[test]
fn every_kind_of_key_signs_and_what_is_unknown_is_ignored() {
    for parameters in [RSA2048_PKCS1_5, RSA2048_PSS, ECDSAP256] {
        let found = verify(&message(&[binding(PROVIDED, parameters, &[])]), &EKM).unwrap();
        assert_eq!((found.provided.0[0], found.referred), (parameters, None));
    }
    let (own, referred) = (
        binding(PROVIDED, ECDSAP256, &[9, 0, 1, 0]),
        binding(REFERRED, RSA2048_PSS, &[]),
    );
    let (unknown_type, unknown_key) = (binding(7, ECDSAP256, &[]), binding(REFERRED, 200, &[]));
    let all = [unknown_type, own.clone(), unknown_key, referred.clone()];
    let found = verify(&message(&all), &EKM).unwrap();
    assert_eq!(found.provided.0, own[1..=3 + 65]);
    assert_eq!(found.referred.unwrap().0, referred[1..=3 + 2 + 256 + 4]);
}

// Conformance: TB-02 TB-12
#[test]
fn exactly_one_is_provided_and_one_at_most_referred() {
    let (own, referred) = (
        || binding(PROVIDED, ECDSAP256, &[]),
        || binding(REFERRED, ECDSAP256, &[]),
    );
    for wrong in [
        vec![],
        vec![referred()],
        vec![own(), own()],
        vec![own(), referred(), referred()],
        vec![binding(PROVIDED, 200, &[])],
    ] {
        assert_eq!(verify(&message(&wrong), &EKM), Err(TokenBindingError::Count));
    }
}

#[test]
fn what_is_cut_or_overlong_is_refused() {
    let good = b64::decode(message(&[binding(PROVIDED, ECDSAP256, &[])])).unwrap();
    for length in 0..good.len() {
        assert!(verify(&b64::encode(&good[..length]), &EKM).is_err(), "{length}");
    }
    let longer = [good.as_slice(), &[0]].concat();
    assert_eq!(verify(&b64::encode(longer), &EKM), Err(TokenBindingError::Malformed));
    let id = b64::encode([2, 0, 65, 64]);
    assert_eq!(TokenBindingId::parse(&id), Err(TokenBindingError::Malformed));
    let short = [&[2, 0, 32, 31][..], &[1; 31]].concat();
    assert_eq!(
        TokenBindingId::parse(&b64::encode(short)),
        Err(TokenBindingError::BadKey)
    );
    let small = [&[1, 0, 132, 0, 128][..], &[0xff; 128], &[1, 3]].concat();
    assert_eq!(
        TokenBindingId::parse(&b64::encode(small)),
        Err(TokenBindingError::BadKey)
    );
}
