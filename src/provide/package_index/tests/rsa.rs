//! A key and a signature as Arduino makes them (RSA, SHA-1), made by the project with `gpg`: the `pgp` crate's own RSA keys
//! take seconds to make in a test. The private key was thrown away.

/// Public key.
pub(super) const KEY: &str = "\
-----BEGIN PGP PUBLIC KEY BLOCK-----

mQENBGsNx14BCAC7nGo0IxtgJVo0XXxGgccscgQY2Dc7JDFs4ID63E7JuG9ZlH9D
Ddqqwm0IqXy9ygaYFk/L5e5XBbxu4Spc2saqSJw0SZwa/pKeNIsyX7tgxsN8LGii
NChhQEtLwdfLddQh3hSJ1GKk65pIhcUlVSMJJBkmTwGRctWI1AChqAHOM2eygXTl
gdXzYr8lMU/B8ibZv7SDPWYphZLex8lHNUH5CsgHrGdyqBPLTYU5j623a9JO3tDo
cERzCVZlsPGm6hNaRiNNwVN0+ZksHDU+tki2AjDfuwn8sS4SoPgvBruHhFHmbjcW
sLdAtVe2g9VQJn1DRioWb2bQmHXyKmf6p+XpABEBAAG0GVRlc3RzIDx0ZXN0c0Bl
eGFtcGxlLm9yZz6JAU4EEwEKADgWIQRCZT/5FwEY+VNEmokYhV/ZmtxurgUCaw3H
XgIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRAYhV/ZmtxurtxVCACryhQo
55/SXpAsVeBZ3QVl4Y55Dr1ALoIzP2EVuZm511mycTSbPbDaj3Y6ONX7biXtVh94
S2ms5PQS+wvIu/nguwQy7RayQI1C9b0tTy/zfJKSRYL0DAX+NWJ0MrqQp3qJx0SA
OTNBcBYBgBmSiy1Y7bCcunz6VmLbP5RTWm9DY2W0oG+CKxY6QyuRsZF/WkAEYK+0
4E1fOoKSALENfUnc9DOOd3tl7GlxQu2/hAkYpN3Z5IU88uNfn4bqzW0lJ3wLbGZD
PowxH5SUtqT9WtynfaXP+U6LhraJOq/3NNKl0ciDgtQqq1PutOBjlzO6K5xBXpRt
Ay2G4636NF/XEbSy
=TqKb
-----END PGP PUBLIC KEY BLOCK-----
";

/// Signature over `{"packages": []}` and a line feed.
pub(super) const SIGNATURE: &str = "\
-----BEGIN PGP SIGNATURE-----

iQEzBAABAgAdFiEEQmU/+RcBGPlTRJqJGIVf2Zrcbq4FAmsNx14ACgkQGIVf2Zrc
bq5hDAgAkJTAQNuxfm8fiILg0I49oV2w6wj2w8FYHg+3jB6x9EYhgacKJduNOpas
FlCPGPb3vN0cRTCSTf+OJRtP6jOko3Rx0G8Dg7tuNkK70GI1BHXJuj/24jsH2yfX
jahvjGVVynZWqLahvoLKcK26mI0xjGvW6nebx04PVBdyhsVAOIHjuCfE2j9XpRYZ
IvNpqrdLdcAeZwhm2AA1wyuaHKe7q+NGzdmXzbI9o0qJk9+VBt1cOoRQUquya29w
T4HWi3gQGJ/g1YKEksLSvNV7Y+7oDxZ+qzO3DFdsEMVkT+F6eZPNV5IiqG+e3fjD
Ld/tUH1kJQ8bml9nPwsnWJIyoEwjSQ==
=Rh9q
-----END PGP SIGNATURE-----
";
