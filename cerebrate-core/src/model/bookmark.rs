use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Kind, Result};

const READ: &str = "read bookmarks";

/// A page that a user wants at hand: an entry of the setting
/// [`ui.bookmarks`](super::UserSetting::BOOKMARKS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Bookmark {
    /// What it is listed under: not blank.
    pub label: String,
    /// What it is called: not blank.
    pub name: String,
    /// Where it leads: an address of the web, which is all that a browser may be sent to.
    pub url: String,
}

impl Bookmark {
    /// The bookmarks of a setting: a JSON list of objects with `label`, `name` and `url`. What else
    /// stands in an object is not looked at.
    ///
    /// ```
    /// use cerebrate_core::model::Bookmark;
    ///
    /// let text = r#"[{"label": "MISP", "name": "Events", "url": "https://misp.example/events"}]"#;
    /// assert_eq!(Bookmark::list(text)?[0].name, "Events");
    /// assert!(Bookmark::list(&text.replace("https:", "javascript:")).is_err());
    /// # Ok::<(), cerebrate_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Invalid` if it is no such list, with the number of the entry and the field.
    pub fn list(text: &str) -> Result<Vec<Bookmark>> {
        let entries: Vec<Value> = serde_json::from_str(text).map_err(|source| {
            Error::new(Kind::Invalid, READ, "bookmarks are a JSON list")
                .hint(r#"such as `[{"label":"…","name":"…","url":"https://…"}]`, or `[]` for none"#)
                .caused_by(source)
        })?;
        (1..).zip(&entries).map(|(number, entry)| Bookmark::read(number, entry)).collect()
    }

    fn read(number: usize, entry: &Value) -> Result<Bookmark> {
        let text = |field: &'static str| match entry.get(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
            _ => Err(Error::new(Kind::Invalid, READ, "a bookmark needs label, name and URL")
                .with("bookmark", number)
                .with("missing", field)),
        };
        let bookmark = Bookmark { label: text("label")?, name: text("name")?, url: text("url")? };
        if is_of_the_web(&bookmark.url) {
            return Ok(bookmark);
        }
        Err(Error::new(Kind::Invalid, READ, "a bookmark leads to a web address and nowhere else")
            .with("bookmark", number)
            .with("field", "url")
            .hint("the address begins with `https://` or `http://`"))
    }
}

fn is_of_the_web(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let is_hidden = |character: char| character.is_whitespace() || character.is_control();
    is_web && !host.is_empty() && !url.contains(is_hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_url(url: &str) -> Result<Vec<Bookmark>> {
        let entry = serde_json::json!([{ "label": "l", "name": "n", "url": url, "more": [1] }]);
        Bookmark::list(&entry.to_string())
    }

    #[test]
    fn addresses_of_the_web_are_taken() {
        for url in [
            "https://misp.example",
            "HTTP://misp.example:8443/events?x=javascript:1#y",
            "https://[2001:db8::1]/",
            "https://bücher.example/ä",
        ] {
            assert_eq!(with_url(url).unwrap()[0].url, url);
        }
        assert_eq!(Bookmark::list(" [] ").unwrap(), []);
    }

    #[test]
    fn whatever_else_a_browser_might_follow_is_refused() {
        for url in [
            "javascript:alert(1)",
            "JavaScript://misp.example/%0aalert(1)",
            " https://misp.example",
            "https://misp.example/a b",
            "https://misp\u{0}.example",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://misp.example",
            "//misp.example",
            "/organisations",
            "https:misp.example",
            "https://",
            "https:///events",
            "https://?x",
            "xhttps://misp.example",
            "",
            " ",
        ] {
            let refused = with_url(url).unwrap_err();
            assert_eq!(refused.kind(), Kind::Invalid, "{url:?}");
            assert!(refused.context().any(|pair| pair == ("bookmark", "1")), "{refused}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_place() {
        let whole = serde_json::json!({ "label": "l", "name": "n", "url": "https://a.example" });
        for field in ["label", "name", "url"] {
            for wrong in [Value::Null, Value::from(7), Value::from(" "), Value::from("")] {
                let mut entry = whole.clone();
                entry[field] = wrong;
                let list = Value::from(vec![whole.clone(), entry]);
                let refused = Bookmark::list(&list.to_string()).unwrap_err();
                let context: Vec<_> = refused.context().collect();
                assert_eq!(context, [("bookmark", "2"), ("missing", field)], "{refused}");
            }
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let deep = "[".repeat(100_000);
        for text in
            ["", "null", "{}", "7", "[7]", "[[]]", "[null]", "[", "https://a.example", &deep]
        {
            assert_eq!(Bookmark::list(text).unwrap_err().kind(), Kind::Invalid);
        }
    }
}
