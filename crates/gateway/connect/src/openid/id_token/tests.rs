//! Tokens that are good, and forged ones.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;

const NOW: i64 = 1_795_253_400;
const ISSUER: &str = "https://id.example";
const CLIENT: &str = "gateway";
const NONCE: &str = "of this sign-in";

/// A provider's keys, private and public.
struct Signer {
    key: EncodingKey,
    algorithm: Algorithm,
    kid: &'static str,
}

fn rsa() -> EncodingKey {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

static SIGNERS: LazyLock<[Signer; 4]> = LazyLock::new(|| {
    let (first, rng) = (rsa(), SystemRandom::new());
    let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
    let ed = Ed25519KeyPair::generate_pkcs8(&rng).unwrap();
    let signer = |key, algorithm, kid| Signer {
        key,
        algorithm,
        kid,
    };
    [
        signer(first.clone(), Algorithm::RS256, "rs"),
        signer(first, Algorithm::PS256, "ps"),
        signer(
            EncodingKey::from_ec_der(ec.as_ref()),
            Algorithm::ES256,
            "es",
        ),
        signer(
            EncodingKey::from_ed_der(ed.as_ref()),
            Algorithm::EdDSA,
            "ed",
        ),
    ]
});

fn public_ed(private: &[u8]) -> Jwk {
    let pair = Ed25519KeyPair::from_pkcs8(private).unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x });
    serde_json::from_value(jwk).unwrap()
}

fn keys() -> JwkSet {
    let public = SIGNERS.iter().map(|signer| {
        let mut jwk = match signer.algorithm {
            Algorithm::EdDSA => public_ed(signer.key.as_bytes()),
            algorithm => Jwk::from_encoding_key(&signer.key, algorithm).unwrap(),
        };
        jwk.common.key_id = Some(signer.kid.to_owned());
        jwk
    });
    JwkSet {
        keys: public.collect(),
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "u-1", "nonce": NONCE,
        "iat": NOW, "exp": NOW + 300, "name": "Ana Reyes",
    })
}

/// The claims with these in place of, or beside, what they have; null takes one away.
fn with(changes: &Value) -> Value {
    let mut all = claims();
    for (name, value) in changes.as_object().unwrap() {
        all[name] = value.clone();
        if value.is_null() {
            all.as_object_mut().unwrap().remove(name);
        }
    }
    all
}

fn sign(signer: &Signer, claims: &Value) -> String {
    let mut header = Header::new(signer.algorithm);
    header.kid = Some(signer.kid.to_owned());
    encode(&header, claims, &signer.key).unwrap()
}

fn check(token: &str) -> Result<Map<String, Value>, TokenError> {
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        now: Micros(NOW * 1_000_000),
    };
    verify(token, &keys(), &expected)
}

fn refused(changes: &Value) -> TokenError {
    let token = sign(&SIGNERS[0], &with(changes));
    check(&token).expect_err(&changes.to_string())
}

#[test]
fn each_allowed_signature_is_taken() {
    for signer in SIGNERS.iter() {
        let token = sign(signer, &claims());
        assert_eq!(check(&token).unwrap()["sub"], "u-1", "{}", signer.kid);
    }
}

#[test]
fn claims_are_for_us_now_and_for_this_sign_in() {
    for (changes, error) in [
        (json!({ "iss": "https://evil.example" }), TokenError::Issuer),
        (json!({ "iss": null }), TokenError::Issuer),
        (json!({ "iss": "https://id.example/" }), TokenError::Issuer),
        (json!({ "aud": "another" }), TokenError::Audience),
        (json!({ "aud": null }), TokenError::Audience),
        (json!({ "aud": [] }), TokenError::Audience),
        (json!({ "aud": [CLIENT, "another"] }), TokenError::Audience),
        (json!({ "azp": "another" }), TokenError::Audience),
        (json!({ "exp": NOW - 60 }), TokenError::Time),
        (json!({ "exp": null }), TokenError::Time),
        (json!({ "exp": "soon" }), TokenError::Time),
        (json!({ "iat": NOW + 61 }), TokenError::Time),
        (json!({ "iat": null }), TokenError::Time),
        (json!({ "nbf": NOW + 61 }), TokenError::Time),
        (json!({ "nonce": "of another" }), TokenError::Nonce),
        (json!({ "nonce": null }), TokenError::Nonce),
        (json!({ "sub": "" }), TokenError::Subject),
        (json!({ "sub": null }), TokenError::Subject),
    ] {
        assert_eq!(refused(&changes), error, "{changes}");
    }
    for changes in [
        json!({ "exp": NOW - 59, "iat": NOW - 3600 }),
        json!({ "iat": NOW + 60, "nbf": NOW + 60 }),
        json!({ "aud": [CLIENT] }),
        json!({ "aud": [CLIENT, "another"], "azp": CLIENT }),
    ] {
        let token = sign(&SIGNERS[0], &with(&changes));
        assert!(check(&token).is_ok(), "{changes}");
    }
}

/// A token with this header over good claims.
fn unsigned(header: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims()))
}

#[test]
fn forged_signatures_are_refused() {
    let good = sign(&SIGNERS[0], &claims());
    let (rest, signature) = good.rsplit_once('.').unwrap();
    for algorithm in ["none", "None", "NONE", ""] {
        for signature in ["", signature] {
            let token = unsigned(&json!({ "alg": algorithm, "kid": "rs" }), signature);
            assert_eq!(check(&token), Err(TokenError::Malformed), "{algorithm}");
        }
    }
    // The public key as if it were a secret of both.
    let public = serde_json::to_vec(&keys().keys[0]).unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("rs".to_owned());
    let token = encode(&header, &claims(), &EncodingKey::from_secret(&public)).unwrap();
    assert_eq!(check(&token), Err(TokenError::Algorithm));
    // Somebody else's key under the provider's name, or brought along.
    let stranger = Signer {
        key: rsa(),
        algorithm: Algorithm::RS256,
        kid: "rs",
    };
    assert_eq!(
        check(&sign(&stranger, &claims())),
        Err(TokenError::Signature)
    );
    let mut header = Header::new(Algorithm::RS256);
    header.jwk = Some(Jwk::from_encoding_key(&stranger.key, Algorithm::RS256).unwrap());
    let brought = encode(&header, &claims(), &stranger.key).unwrap();
    assert!(check(&brought).is_err());
    let unknown = Signer {
        kid: "new",
        ..stranger
    };
    assert_eq!(check(&sign(&unknown, &claims())), Err(TokenError::Key));
    // Another kind of signature than the key is for.
    let token = unsigned(&json!({ "alg": "ES256", "kid": "rs" }), signature);
    assert_eq!(check(&token), Err(TokenError::Key));
    for token in ["", "a.b", "a.b.c", rest, &format!("{good}.x")] {
        assert!(check(token).is_err(), "{token}");
    }
    let (head, _) = rest.split_once('.').unwrap();
    let other = URL_SAFE_NO_PAD.encode(with(&json!({ "sub": "u-2" })).to_string());
    let changed = format!("{head}.{other}.{signature}");
    assert_eq!(check(&changed), Err(TokenError::Signature));
    let critical = unsigned(
        &json!({ "alg": "RS256", "kid": "rs", "crit": ["x"] }),
        signature,
    );
    assert_eq!(check(&critical), Err(TokenError::Algorithm));
}

#[test]
fn a_token_without_a_key_id_needs_one_key_that_fits() {
    let signer = |index: usize| &SIGNERS[index];
    let token = encode(&Header::new(Algorithm::ES256), &claims(), &signer(2).key).unwrap();
    assert!(check(&token).is_ok());
    let mut two = keys();
    let again = two.keys[2].clone();
    two.keys.push(again);
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        now: Micros(NOW * 1_000_000),
    };
    assert_eq!(verify(&token, &two, &expected), Err(TokenError::Key));
}

#[test]
fn keys_for_encryption_sign_nothing() {
    let mut keys = keys();
    keys.keys[0].common.public_key_use = Some(PublicKeyUse::Encryption);
    let expected = Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        now: Micros(NOW * 1_000_000),
    };
    let token = sign(&SIGNERS[0], &claims());
    assert_eq!(verify(&token, &keys, &expected), Err(TokenError::Key));
}

#[test]
fn an_account_is_named_by_one_claim() {
    let of = |changes: Value, claim: &str| {
        let claims = with(&changes);
        identity(claims.as_object().unwrap(), claim)
    };
    let by_sub = of(json!({}), "sub").unwrap();
    assert_eq!(
        (by_sub.user_ref.as_str(), by_sub.name.as_str()),
        ("u-1", "Ana Reyes")
    );
    let email = json!({ "email": "Ana@Cafe.example", "email_verified": true, "name": null });
    let by_email = of(email, "email").unwrap();
    assert_eq!(by_email.user_ref, "ana@cafe.example");
    assert_eq!(by_email.name, "Ana@Cafe.example");
    let kelvin = json!({ "email": "\u{212a}im@cafe.example", "email_verified": true });
    let other = of(kelvin, "email").unwrap();
    assert_eq!(other.user_ref, "\u{212a}im@cafe.example", "it is not Kim");
    for verified in [json!(false), json!("true"), json!(1), json!(null)] {
        let email = json!({ "email": "ana@cafe.example", "email_verified": verified });
        assert_eq!(of(email, "email"), Err(TokenError::Unverified));
    }
    for bad in [
        json!(null),
        json!(7),
        json!(""),
        json!(" "),
        json!("a\u{0}b"),
        json!("a".repeat(255)),
    ] {
        assert_eq!(
            of(json!({ "employee": bad }), "employee"),
            Err(TokenError::UserClaim),
            "{bad}"
        );
    }
    let preferred = of(json!({ "name": "", "preferred_username": "ana" }), "sub").unwrap();
    assert_eq!(preferred.name, "ana");
}
