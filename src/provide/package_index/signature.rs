//! Detached `OpenPGP` signatures of indexes. Knows nothing of what is signed.
//!
//! Accepted is a signature over the document by a key, or a signing subkey of a key, that the caller trusts. Neither the
//! key nor the signature may be expired or revoked. SHA-1 is accepted, because Arduino signs with it (seen: 2017 and 2020);
//! collisions are detected; MD5 and RIPEMD-160 are not.

use std::time::{Duration, SystemTime};

use pgp::composed::{Deserializable, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, Signature, SignatureType};
use pgp::types::{KeyDetails, Tag, VerifyingKey};

/// Arduino's public keys, which sign its own package and library index. From arduino-cli, without the signatures of
/// other people; the fingerprints are 6B66 C24D … 2DFA B4AE and 3265 67C1 … E211 88C4.
pub const ARDUINO_KEY: &[u8] = include_bytes!("arduino.asc");

/// Error of a verification.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A trusted key cannot be read.
    #[error("key {number} is not an OpenPGP public key: {detail}")]
    Key {
        /// Position among the keys, from 1.
        number: usize,
        /// The cause.
        detail: String,
    },
    /// The signature cannot be read.
    #[error("the signature is not an OpenPGP signature: {0}")]
    Unreadable(String),
    /// No trusted key has the signature's issuer.
    #[error("it is signed by key {issuer}, which is not trusted")]
    UntrustedKey {
        /// Key ID or fingerprint; `unknown`, if the signature states none.
        issuer: String,
    },
    /// The issuer is expired, revoked or no signing key.
    #[error("it is signed by key {issuer}, which {reason}")]
    UnusableKey {
        /// Key ID.
        issuer: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The signature is expired or of an insecure kind.
    #[error("its signature {0}")]
    Unacceptable(&'static str),
    /// The document is not the one that was signed.
    #[error("it differs from the signed document: do not use it")]
    Mismatch,
}

/// Checks that one of `keys` signed `document`. Keys and signature may be binary or ASCII-armored; each element of `keys`
/// may hold several keys.
///
/// # Errors
/// A key or the signature is unreadable, or the signature does not prove that a trusted key signed these bytes.
pub fn verify<K: AsRef<[u8]>>(document: &[u8], signature: &[u8], keys: &[K]) -> Result<(), SignatureError> {
    verify_at(document, signature, keys, SystemTime::now())
}

/// Checks a signature at a point in time.
pub(super) fn verify_at<K: AsRef<[u8]>>(
    document: &[u8],
    signature: &[u8],
    keys: &[K],
    now: SystemTime,
) -> Result<(), SignatureError> {
    let mut trusted = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let unreadable = |detail: String| SignatureError::Key { number: at + 1, detail };
        let found = all::<SignedPublicKey>(key.as_ref()).map_err(unreadable)?;
        if found.is_empty() {
            return Err(unreadable("it has no key".to_owned()));
        }
        trusted.extend(found);
    }
    let signatures = all::<DetachedSignature>(signature).map_err(SignatureError::Unreadable)?;
    let mut first_error = None;
    for detached in &signatures {
        match check(document, &detached.signature, &trusted, now) {
            Ok(()) => return Ok(()),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or_else(|| SignatureError::Unreadable("it has no signature".to_owned())))
}

/// Parses all objects of a kind, binary or ASCII-armored.
fn all<T: Deserializable>(bytes: &[u8]) -> Result<Vec<T>, String> {
    let is_binary = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let found: Result<Vec<T>, pgp::errors::Error> = if is_binary {
        T::from_bytes_many(bytes).and_then(Iterator::collect)
    } else {
        T::from_armor_many(bytes).and_then(|(objects, _)| objects.collect())
    };
    found.map_err(|error| error.to_string())
}

/// Checks one signature.
fn check(
    document: &[u8],
    signature: &Signature,
    trusted: &[SignedPublicKey],
    now: SystemTime,
) -> Result<(), SignatureError> {
    if !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err(SignatureError::Unacceptable("is not one over a document"));
    }
    if matches!(signature.hash_alg(), None | Some(HashAlgorithm::Md5 | HashAlgorithm::Ripemd160)) {
        return Err(SignatureError::Unacceptable("uses an insecure hash function"));
    }
    if has_ended(signature, signature.signature_expiration_time().map(Duration::from), now) {
        return Err(SignatureError::Unacceptable("is expired"));
    }
    for key in trusted {
        if is_issuer(signature, &key.primary_key) {
            may_sign(key, now).map_err(|reason| unusable(&key.primary_key, reason))?;
            return signature.verify(&key.primary_key, document).map_err(|_| SignatureError::Mismatch);
        }
        let subkey = key.public_subkeys.iter().find(|subkey| is_issuer(signature, &subkey.key));
        if let Some(subkey) = subkey {
            subkey_may_sign(key, subkey, now).map_err(|reason| unusable(&subkey.key, reason))?;
            return signature.verify(&subkey.key, document).map_err(|_| SignatureError::Mismatch);
        }
    }
    Err(SignatureError::UntrustedKey { issuer: issuer(signature) })
}

/// Returns whether the signature names the key as its issuer.
fn is_issuer(signature: &Signature, key: &impl KeyDetails) -> bool {
    signature.issuer_fingerprint().contains(&&key.fingerprint())
        || signature.issuer_key_id().contains(&&key.legacy_key_id())
}

/// Returns the issuer of a signature for a message.
fn issuer(signature: &Signature) -> String {
    let fingerprint = signature.issuer_fingerprint().first().map(ToString::to_string);
    let id = signature.issuer_key_id().first().map(ToString::to_string);
    fingerprint.or(id).unwrap_or_else(|| "unknown".to_owned())
}

fn unusable(key: &impl KeyDetails, reason: &'static str) -> SignatureError {
    SignatureError::UnusableKey { issuer: key.legacy_key_id().to_string(), reason }
}

/// Checks that a key is valid and may sign documents.
fn may_sign(key: &SignedPublicKey, now: SystemTime) -> Result<(), &'static str> {
    let newest = valid_primary(key, now)?;
    let flags = newest.key_flags();
    // Keys of old programs have no flags.
    if flags.sign() || flags == pgp::packet::KeyFlags::default() { Ok(()) } else { Err("is no signing key") }
}

/// Checks that a key is neither revoked nor expired, and returns its newest self-signature.
fn valid_primary(key: &SignedPublicKey, now: SystemTime) -> Result<&Signature, &'static str> {
    let primary = &key.primary_key;
    if key.details.revocation_signatures.iter().any(|it| it.verify_key(primary).is_ok()) {
        return Err("is revoked");
    }
    let newest = newest(self_signatures(key)).ok_or("has no valid signature by itself")?;
    if has_key_ended(primary, newest, now) {
        return Err("is expired");
    }
    Ok(newest)
}

/// Returns the valid signatures of a key over itself and its users.
fn self_signatures(key: &SignedPublicKey) -> impl Iterator<Item = &Signature> {
    let primary: &PublicKey = &key.primary_key;
    let direct = key.details.direct_signatures.iter().filter(|it| it.verify_key(primary).is_ok());
    let users = key.details.users.iter().flat_map(move |user| {
        user.signatures.iter().filter(move |it| {
            it.is_certification() && it.verify_certification(primary, Tag::UserId, &user.id).is_ok()
        })
    });
    direct.chain(users)
}

/// Checks that a subkey is bound to a valid key and may sign documents.
fn subkey_may_sign(
    key: &SignedPublicKey,
    subkey: &SignedPublicSubKey,
    now: SystemTime,
) -> Result<(), &'static str> {
    valid_primary(key, now)?;
    let primary = &key.primary_key;
    let bound: Vec<&Signature> = subkey
        .signatures
        .iter()
        .filter(|it| it.verify_subkey_binding(primary, &subkey.key).is_ok())
        .collect();
    if bound.iter().any(|it| it.typ() == Some(SignatureType::SubkeyRevocation)) {
        return Err("is revoked");
    }
    let newest = newest(bound).ok_or("is not bound to the trusted key")?;
    if has_key_ended(&subkey.key, newest, now) {
        return Err("is expired");
    }
    let back = newest.embedded_signature();
    let is_mutual = back.is_some_and(|it| it.verify_primary_key_binding(&subkey.key, primary).is_ok());
    if newest.key_flags().sign() && is_mutual { Ok(()) } else { Err("is no signing key") }
}

fn newest<'s>(signatures: impl IntoIterator<Item = &'s Signature>) -> Option<&'s Signature> {
    signatures.into_iter().max_by_key(|it| it.created().map(SystemTime::from))
}

/// Returns whether a signature's lifetime is over.
fn has_ended(signature: &Signature, lifetime: Option<Duration>, now: SystemTime) -> bool {
    let created = signature.created().map_or(SystemTime::UNIX_EPOCH, SystemTime::from);
    lifetime.is_some_and(|lifetime| !lifetime.is_zero() && created + lifetime <= now)
}

/// Returns whether the lifetime is over that a self-signature gives its key.
fn has_key_ended(key: &impl VerifyingKey, signature: &Signature, now: SystemTime) -> bool {
    let lifetime = signature.key_expiration_time().map(Duration::from);
    lifetime
        .is_some_and(|lifetime| !lifetime.is_zero() && SystemTime::from(key.created_at()) + lifetime <= now)
}
