//! Service account tokens of the test's own making, so that one can be had that has expired.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use test_support::ControlPlane;

/// A token of the default service account that is valid from a second to another, relative to now.
pub fn service_account(plane: &ControlPlane, from: i64, to: i64) -> String {
    let account = plane
        .kubectl_output(&[
            "get",
            "serviceaccount",
            "default",
            "-n",
            "default",
            "-o",
            "json",
        ])
        .unwrap();
    let account: Value = serde_json::from_str(&account).unwrap();
    let now = i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs(),
    )
    .unwrap();
    let issuer = "https://kubernetes.default.svc";
    let claims = json!({
        "iss": issuer,
        "aud": [issuer],
        "sub": "system:serviceaccount:default:default",
        "iat": now + from,
        "nbf": now + from,
        "exp": now + to,
        "kubernetes.io": {
            "namespace": "default",
            "serviceaccount": {"name": "default", "uid": account["metadata"]["uid"]},
        },
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        encode(&json!({"alg": "ES256", "typ": "JWT"})),
        encode(&claims)
    );
    let random = SystemRandom::new();
    let key =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key(plane), &random).unwrap();
    let signature = key.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn key(plane: &ControlPlane) -> Vec<u8> {
    let pem = fs::read_to_string(plane.dir().join("pki").join("sa.key")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}
