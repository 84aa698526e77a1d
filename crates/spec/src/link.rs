//! What an address in a dataset card must look like.

/// Why this is no address to fetch a file from, if it is none.
pub(crate) fn url_problem(url: &str) -> Option<&'static str> {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if is_web(scheme) => rest,
        Some(_) | None => return Some("an address to fetch from starts with https:// or http://"),
    };
    if url.chars().any(|c| !c.is_ascii_graphic() || c == '\\') {
        return Some("an address has no spaces, backslashes and letters beyond ASCII");
    }
    if has_user_info(url) {
        return Some(USER_INFO);
    }
    // What follows `#` is never sent; a person who wrote it means something else.
    if url.contains('#') {
        return Some("an address to fetch from has no fragment `#..`");
    }
    match authority(rest).split(':').next() {
        None | Some("") => Some("the address names no host"),
        Some(_) => None,
    }
}

/// What is wrong with a text that [`has_user_info`].
pub(crate) const USER_INFO: &str = "an address with a user or a password";

/// Whether an address somewhere in the text carries a user name, and with it maybe a password:
/// cards are committed and copied into reports.
pub(crate) fn has_user_info(text: &str) -> bool {
    let mut after_schemes = text.split("://").skip(1);
    after_schemes.any(|rest| authority(rest).contains('@'))
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

/// Host and port, and what stands before them; `rest` follows the `://`.
fn authority(rest: &str) -> &str {
    let ends_host = |c: char| c.is_whitespace() || "/?#\\<>\"'`".contains(c);
    rest.split(ends_host).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_can_be_fetched() {
        let check = |url: &str, words: Option<&str>| match (url_problem(url), words) {
            (None, None) => {}
            (Some(problem), Some(words)) => assert!(problem.contains(words), "{url}: {problem}"),
            (found, _) => panic!("{url}: {found:?}"),
        };
        check("https://example.org/a.gz", None);
        check("HTTP://example.org:8080/a.gz?token=a@b", None);
        check("https://example.org", None);
        check("http://[::1]:80/a", None);
        check("ftp://example.org/a", Some("starts with"));
        check("file:///etc/passwd", Some("starts with"));
        check("example.org/a", Some("starts with"));
        check("", Some("starts with"));
        check("https:///a", Some("no host"));
        check("https://:80/a", Some("no host"));
        check("https://example.org/a b", Some("no spaces"));
        check("https://example.org/a\n", Some("no spaces"));
        check("https://example.org/\u{fc}", Some("beyond ASCII"));
        check("https://me:secret@example.org/a", Some("password"));
        check("https://me@example.org", Some("password"));
        check("https://example.org\\@evil.org/a", Some("backslashes"));
        check("https://example.org/a#b", Some("fragment"));
    }

    #[test]
    fn an_address_with_a_password_is_told_from_one_without() {
        let check = |text: &str, expected| assert_eq!(has_user_info(text), expected, "{text}");
        check("https://user:pw@host/file", true);
        check("cut from ftp://me@host:21", true);
        check("https://host and ssh://git@host/path", true);
        check("https://a:p@ss@host/", true);
        check("https://host/user@example.org", false);
        check("https://host?mail=user@example.org", false);
        check("<https://host>, by user@example.org", false);
        check("made by user@example.org", false);
        check("", false);
    }
}
