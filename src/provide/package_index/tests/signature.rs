//! Signatures by keys that the tests make.

use std::time::{Duration, SystemTime};

use pgp::composed::{
    ArmorOptions, DetachedSignature, EncryptionCaps, KeyType, SecretKeyParamsBuilder, SignedPublicKey,
    SignedSecretKey, SubkeyParamsBuilder, SubpacketConfig,
};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData};
use pgp::ser::Serialize;
use pgp::types::{KeyDetails, Password, SigningKey, Tag, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::rsa;
use crate::provide::package_index::signature::{SignatureError, verify_at};
use crate::provide::package_index::{ARDUINO_KEY, verify};

const DOCUMENT: &[u8] = b"{\"packages\": []}\n";

fn rng() -> StdRng {
    StdRng::from_entropy()
}

/// Makes a key pair whose primary key or subkey signs.
fn key(primary_signs: bool) -> SignedSecretKey {
    let mut subkey = SubkeyParamsBuilder::default();
    subkey
        .key_type(KeyType::Ed25519Legacy)
        .can_sign(true)
        .can_encrypt(EncryptionCaps::None)
        .can_authenticate(false);
    let mut parameters = SecretKeyParamsBuilder::default();
    parameters
        .key_type(KeyType::Ed25519Legacy)
        .can_certify(true)
        .can_sign(primary_signs)
        .can_encrypt(EncryptionCaps::None)
        .primary_user_id("Tests <tests@example.org>".into())
        .subkeys(vec![subkey.build().unwrap()]);
    parameters.build().unwrap().generate(rng()).unwrap()
}

fn public(key: &SignedSecretKey) -> Vec<u8> {
    SignedPublicKey::from(key.clone()).to_bytes().unwrap()
}

fn sign(key: &impl SigningKey, document: &[u8], hash: HashAlgorithm) -> DetachedSignature {
    DetachedSignature::sign_binary_data(rng(), key, &Password::empty(), hash, document).unwrap()
}

/// Returns the message of a verification.
fn outcome(signature: &[u8], keys: &[Vec<u8>]) -> String {
    verify(DOCUMENT, signature, keys).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_signature_by_a_trusted_key_or_its_subkey_is_accepted() {
    let (signer, with_subkey) = (key(true), key(false));
    let keys = [public(&signer), public(&with_subkey)];
    let by_key = sign(&signer.primary_key, DOCUMENT, HashAlgorithm::Sha256);
    let by_subkey = sign(&with_subkey.secret_subkeys[0].key, DOCUMENT, HashAlgorithm::Sha512);
    for signature in [&by_key, &by_subkey] {
        assert_eq!(outcome(&signature.to_bytes().unwrap(), &keys), "");
        assert_eq!(outcome(&signature.to_armored_bytes(ArmorOptions::default()).unwrap(), &keys), "");
    }
    // A key ring in one piece, binary or armored, and several signatures of which one counts.
    assert_eq!(outcome(&by_subkey.to_bytes().unwrap(), &[keys.concat()]), "");
    let armored = SignedPublicKey::from(signer).to_armored_bytes(ArmorOptions::default()).unwrap();
    assert_eq!(outcome(&by_key.to_bytes().unwrap(), &[armored]), "");
    let several = [by_subkey.to_bytes().unwrap(), by_key.to_bytes().unwrap()].concat();
    assert_eq!(outcome(&several, &keys[..1]), "");
}

#[test]
fn a_signature_like_arduinos_is_accepted() {
    assert_eq!(outcome(rsa::SIGNATURE.as_bytes(), &[rsa::KEY.into()]), "");
    let error = verify(&DOCUMENT[1..], rsa::SIGNATURE.as_bytes(), &[rsa::KEY]).unwrap_err();
    assert!(matches!(error, SignatureError::Mismatch), "{error}");
}

#[test]
fn a_changed_byte_is_refused() {
    let signer = key(true);
    let signature = sign(&signer.primary_key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    let keys = [public(&signer)];
    for at in 0..DOCUMENT.len() {
        let mut changed = DOCUMENT.to_vec();
        changed[at] ^= 1;
        let error = verify(&changed, &signature, &keys).unwrap_err();
        assert!(matches!(error, SignatureError::Mismatch), "byte {at}: {error}");
    }
    assert!(verify(&DOCUMENT[1..], &signature, &keys).is_err());
    // The end of the signature is a cryptographic number.
    for at in signature.len() - 30..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert!(verify(DOCUMENT, &changed, &keys).is_err(), "byte {at} of the signature");
    }
}

#[test]
fn a_foreign_or_unusable_key_is_refused() {
    let (signer, other) = (key(true), key(false));
    let by_other = sign(&other.primary_key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    assert!(outcome(&by_other, &[public(&signer)]).ends_with(", which is not trusted"));
    // Its primary key may only certify.
    assert!(outcome(&by_other, &[public(&other)]).ends_with(", which is no signing key"));
    // A subkey that another key has not bound.
    let mut grafted = SignedPublicKey::from(signer);
    grafted.public_subkeys = SignedPublicKey::from(other.clone()).public_subkeys;
    let by_subkey = sign(&other.secret_subkeys[0].key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    let message = outcome(&by_subkey, &[grafted.to_bytes().unwrap()]);
    assert!(message.ends_with(", which is not bound to the trusted key"), "{message}");
    assert_eq!(outcome(&by_subkey, &[public(&other)]), "");
}

#[test]
fn a_revoked_key_is_refused() {
    let signer = key(true);
    let signature = sign(&signer.primary_key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    let mut config = SignatureConfig::v4(
        SignatureType::KeyRevocation,
        signer.primary_key.algorithm(),
        HashAlgorithm::Sha256,
    );
    config.hashed_subpackets =
        vec![Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::now())).unwrap()];
    let primary = signer.primary_key.public_key();
    let revocation = config.sign_key(&signer.primary_key, &Password::empty(), primary).unwrap();
    let mut revoked = SignedPublicKey::from(signer.clone());
    revoked.details.revocation_signatures.push(revocation);
    assert!(outcome(&signature, &[revoked.to_bytes().unwrap()]).ends_with(", which is revoked"));
    assert_eq!(outcome(&signature, &[public(&signer)]), "");
}

#[test]
fn an_expired_key_or_signature_is_refused() {
    let signer = key(true);
    let day = pgp::types::Duration::from_secs(86_400);
    let created = Subpacket::regular(SubpacketData::SignatureCreationTime(Timestamp::now())).unwrap();
    let issuer =
        Subpacket::regular(SubpacketData::IssuerFingerprint(signer.primary_key.fingerprint())).unwrap();
    let lifetime = Subpacket::regular(SubpacketData::SignatureExpirationTime(day)).unwrap();
    let subpackets = SubpacketConfig::UserDefined {
        hashed: vec![created.clone(), issuer, lifetime],
        unhashed: Vec::new(),
    };
    let brief = DetachedSignature::sign_binary_data_with_subpackets(
        rng(),
        &signer.primary_key,
        &Password::empty(),
        HashAlgorithm::Sha256,
        DOCUMENT,
        subpackets,
    );
    let brief = brief.unwrap().to_bytes().unwrap();
    let lasting = sign(&signer.primary_key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    // The key's only self-signature gives it a day.
    let mut config = SignatureConfig::v4(
        SignatureType::CertPositive,
        signer.primary_key.algorithm(),
        HashAlgorithm::Sha256,
    );
    config.hashed_subpackets =
        vec![created, Subpacket::regular(SubpacketData::KeyExpirationTime(day)).unwrap()];
    let mut brief_key = SignedPublicKey::from(signer.clone());
    let primary = signer.primary_key.public_key();
    let user = &mut brief_key.details.users[0];
    user.signatures = vec![
        config
            .sign_certification(&signer.primary_key, primary, &Password::empty(), Tag::UserId, &user.id)
            .unwrap(),
    ];
    let brief_key = [brief_key.to_bytes().unwrap()];
    let key = [public(&signer)];
    let now = SystemTime::now();
    let after = now + Duration::from_hours(48);
    let check = |signature: &[u8], keys: &[Vec<u8>], at| {
        verify_at(DOCUMENT, signature, keys, at).err().map(|it| it.to_string())
    };
    assert_eq!(check(&brief, &key, now), None);
    assert_eq!(check(&brief, &key, after).as_deref(), Some("its signature is expired"));
    assert_eq!(check(&lasting, &key, after), None);
    assert_eq!(check(&lasting, &brief_key, now), None);
    assert!(
        check(&lasting, &brief_key, after).is_some_and(|message| message.ends_with(", which is expired"))
    );
}

#[test]
fn what_is_no_key_or_signature_is_told() {
    let signer = key(true);
    let signature = sign(&signer.primary_key, DOCUMENT, HashAlgorithm::Sha256).to_bytes().unwrap();
    for garbage in [&b""[..], b"no", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", &signature[..5]] {
        let message = outcome(&signature, &[public(&signer), garbage.to_vec()]);
        assert!(message.starts_with("key 2 is not an OpenPGP public key"), "{garbage:?}: {message}");
        let message = outcome(garbage, &[public(&signer)]);
        assert!(message.starts_with("the signature is not an OpenPGP signature"), "{garbage:?}: {message}");
    }
    assert!(outcome(&signature, &[]).ends_with("which is not trusted"));
    // MD5 is refused before its key is looked at.
    let mut config =
        SignatureConfig::v4(SignatureType::Binary, signer.primary_key.algorithm(), HashAlgorithm::Md5);
    config.hashed_subpackets =
        vec![Subpacket::regular(SubpacketData::IssuerFingerprint(signer.primary_key.fingerprint())).unwrap()];
    if let Ok(weak) = config.sign(&signer.primary_key, &Password::empty(), DOCUMENT) {
        let message = outcome(&DetachedSignature::new(weak).to_bytes().unwrap(), &[public(&signer)]);
        assert_eq!(message, "its signature uses an insecure hash function");
    }
}

#[test]
fn arduinos_keys_are_those_of_its_fingerprints() {
    use pgp::composed::Deserializable;
    let (keys, _) = SignedPublicKey::from_armor_many(ARDUINO_KEY).unwrap();
    let keys: Vec<String> = keys.map(|key| key.unwrap().fingerprint().to_string().to_uppercase()).collect();
    assert_eq!(
        keys,
        ["6B66C24D1EC6E1F36517AC607BAF404C2DFAB4AE", "326567C1C6B288DF32CB061A95FA6F43E21188C4"]
    );
}
