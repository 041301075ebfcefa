//! Removes credentials from URLs before they are shown or stored.

/// Parts of parameter names whose values are secrets, in lower case.
const SECRET: [&str; 8] = ["auth", "credential", "key", "pass", "pwd", "secret", "sig", "token"];

/// Returns a URL without user name, password and secret parameters. Any text is allowed, also one that is no URL.
pub(crate) fn redacted(url: &str) -> String {
    let (rest, fragment) = url.split_once('#').map_or((url, None), |(rest, fragment)| (rest, Some(fragment)));
    let (base, query) = rest.split_once('?').map_or((rest, None), |(base, query)| (base, Some(query)));
    let mut shown = without_user(base);
    if let Some(query) = query {
        shown.push('?');
        let pairs: Vec<String> = query.split('&').map(parameter).collect();
        shown.push_str(&pairs.join("&"));
    }
    // A password with an unescaped `?` or `#` is in the query or the fragment.
    if let Some(fragment) = fragment {
        shown.push('#');
        shown.push_str(fragment);
    }
    if reqwest::Url::parse(url).is_err() { without_user(&shown) } else { shown }
}

/// Returns a URL in its normal form without user name and password; another text unchanged.
pub(super) fn without_credentials(url: &str) -> String {
    let Ok(mut parsed) = reqwest::Url::parse(url.trim()) else { return url.trim().to_owned() };
    // Both fail only for URLs that can't have credentials.
    let _ = parsed.set_username("");
    let _ = parsed.set_password(None);
    parsed.into()
}

/// Removes everything between the scheme and the last `@` of the authority; in a text that is no URL, up to the last
/// `@`.
fn without_user(base: &str) -> String {
    // A path may contain anything.
    if base.starts_with('/') {
        return base.to_owned();
    }
    let scheme = base.find("://").map_or(0, |colon| colon + 3);
    let is_url = reqwest::Url::parse(base).is_ok();
    let end = match base[scheme..].find(['/', '\\']) {
        Some(slash) if is_url => scheme + slash,
        _ => base.len(),
    };
    match base[scheme..end].rfind('@') {
        Some(at) => format!("{}{}", &base[..scheme], &base[scheme + at + 1..]),
        None => base.to_owned(),
    }
}

/// Replaces the value of a secret parameter by `…`.
fn parameter(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if SECRET.iter().any(|part| name.to_ascii_lowercase().contains(part)) => {
            format!("{name}=…")
        }
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urls() {
        for (url, shown) in [
            ("https://h/a.zip", "https://h/a.zip"),
            ("https://user:secret@h:8/a@b.zip#n", "https://h:8/a@b.zip#n"),
            ("https://user@h", "https://h"),
            (
                "https://h/a?v=1&X-Amz-Signature=secret&token=secret",
                "https://h/a?v=1&X-Amz-Signature=…&token=…",
            ),
            ("https://user:sec/ret@h/a", "https://h/a"),
            ("https://user:sec?ret@h/a", "https://h/a"),
            ("https://user:sec#ret@h/a", "https://h/a"),
            ("user:secret@h/a", "h/a"),
            ("/home/me@work/a.zip", "/home/me@work/a.zip"),
            ("file:///home/me@work/a.zip", "file:///home/me@work/a.zip"),
            ("", ""),
        ] {
            assert_eq!(redacted(url), shown, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_password_is_shown(
            user in "[a-z]{1,4}",
            password in "[!-~]{1,8}",
            path in "(/[a-z.]{1,4}){0,2}",
        ) {
            // After an `@` these end the authority: the rest is the path by the URL standard.
            prop_assume!(password.find('@').is_none_or(|at| !password[at..].contains(['/', '\\', '?', '#'])));
            let url = format!("https://{user}:Q{password}Q@host.example{path}");
            prop_assert!(!redacted(&url).contains('Q'), "{}", redacted(&url));
        }

        #[test]
        fn no_text_panics(text in ".{0,60}") {
            let _ = redacted(&text);
        }
    }
}
