//! The proxies of the environment: `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy`.

use super::redact::redacted;

/// Proxies by scheme of the requested URL.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Proxies {
    /// For http URLs.
    pub(crate) http: Option<String>,
    /// For https URLs.
    pub(crate) https: Option<String>,
    /// For both, where they have none of their own.
    pub(crate) all: Option<String>,
    /// Hosts that are contacted directly: comma-separated names, domains, addresses and networks.
    pub(crate) no_proxy: Option<String>,
}

impl Proxies {
    /// Reads the variables in lower or upper case; the lower-case one wins.
    ///
    /// `HTTP_PROXY` is ignored in a CGI process, where a request's header `Proxy` sets it.
    pub(crate) fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let get = |lower: &str| {
            let cgi = lower == "http_proxy" && variable("REQUEST_METHOD").is_some();
            let upper = || if cgi { None } else { variable(&lower.to_ascii_uppercase()) };
            variable(lower).or_else(upper).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty())
        };
        Self {
            http: get("http_proxy"),
            https: get("https_proxy"),
            all: get("all_proxy"),
            no_proxy: get("no_proxy"),
        }
    }
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |proxy: &Option<String>| proxy.as_deref().map(redacted);
        f.debug_struct("Proxies")
            .field("http", &shown(&self.http))
            .field("https", &shown(&self.https))
            .field("all", &shown(&self.all))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(|name| {
            variables.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn lower_case_wins_and_empty_is_none() {
        let proxies = of(&[
            ("http_proxy", "http://low:1"),
            ("HTTP_PROXY", "http://up:1"),
            ("HTTPS_PROXY", "up:2"),
            ("all_proxy", " "),
            ("no_proxy", "localhost,.example"),
        ]);
        let wanted = Proxies {
            http: Some("http://low:1".to_owned()),
            https: Some("up:2".to_owned()),
            all: None,
            no_proxy: Some("localhost,.example".to_owned()),
        };
        assert_eq!(proxies, wanted);
    }

    #[test]
    fn a_cgi_process_ignores_the_upper_case_variable() {
        assert_eq!(of(&[("HTTP_PROXY", "http://up:1"), ("REQUEST_METHOD", "GET")]), Proxies::default());
    }

    #[test]
    fn debug_shows_no_password() {
        let proxies = of(&[("http_proxy", "http://u:secret@h:1"), ("https_proxy", "u:secret@h:1")]);
        assert!(!format!("{proxies:?}").contains("secret"));
    }
}
