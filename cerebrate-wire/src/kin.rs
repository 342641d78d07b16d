use cerebrate_core::model::Scope;

use crate::detect::members;
use crate::split::Element;

/// A kind of record that is neither an organisation nor a person.
struct Kin {
    called: &'static str,
    /// Keys that hardly another kind has; one that ends in `*` stands for all that begin so.
    strong: &'static [&'static str],
    /// Keys that tell something beside a strong one only.
    weak: &'static [&'static str],
    /// Keys that organisations and individuals have as well.
    shared: &'static [&'static str],
    /// The key under which MISP wraps such a record.
    wrapper: Option<&'static str>,
}

const KINS: &[Kin] = &[
    Kin {
        called: "sharing group",
        strong: &[
            "releasability",
            "sharing_group_orgs",
            "sharing_group_organisations",
            "sharing_group_org",
            "sharinggrouporg",
            "sharinggroupserver",
            "members_that_extend",
        ],
        weak: &[
            "members",
            "owner",
            "active",
            "local",
            "roaming",
            "organisation",
            "organisation_id",
            "organisation_uuid",
            "user_id",
        ],
        shared: &[],
        wrapper: Some("SharingGroup"),
    },
    Kin {
        called: "role",
        strong: &["perm_*", "permissions"],
        weak: &["is_default", "default_role", "restricted_to_site_admin"],
        shared: &[],
        wrapper: Some("Role"),
    },
    Kin {
        called: "meta-template",
        strong: &["meta_template_fields", "meta_template_directory_id", "metafields", "namespace"],
        weak: &["scope", "version", "source", "enabled", "is_default", "fields", "key"],
        shared: &[],
        wrapper: Some("MetaTemplate"),
    },
    Kin {
        called: "tag",
        strong: &["colour", "text_colour"],
        weak: &[
            "counter",
            "exportable",
            "hide_tag",
            "is_galaxy",
            "namespace",
            "predicate",
            "value",
        ],
        shared: &[],
        wrapper: Some("Tag"),
    },
    Kin {
        called: "mailing list",
        strong: &["recipients", "mailing_lists_individuals", "mailinglist_individuals"],
        weak: &["active", "owner", "individuals", "user_id", "releasability", "deleted"],
        shared: &[],
        wrapper: None,
    },
    Kin {
        called: "enumeration collection",
        strong: &["target_model", "target_field"],
        weak: &["enabled", "values", "value_count", "enumerations"],
        shared: &[],
        wrapper: None,
    },
    Kin {
        called: "brood",
        strong: &["skip_proxy", "trusted", "authkey"],
        weak: &["pull", "push", "organisation_id", "pull_orgs", "pull_sharing_groups"],
        shared: &["url"],
        wrapper: Some("Server"),
    },
    Kin {
        called: "local tool",
        strong: &["connector", "connector_name"],
        weak: &["exposed", "settings", "connector_version", "connector_description"],
        shared: &[],
        wrapper: None,
    },
    Kin {
        called: "user",
        strong: &["username", "individual_id"],
        weak: &["role_id", "role", "disabled", "individual", "password_changed", "org_id"],
        shared: &["meta_fields", "organisation", "organisations"],
        wrapper: Some("User"),
    },
];

/// Keys that a record of the scope has and that speak for it.
fn own(scope: Scope) -> &'static [&'static str] {
    match scope {
        Scope::Organisation => &[
            "url",
            "nationality",
            "sector",
            "type",
            "kind",
            "contacts",
            "meta_fields",
            "alignments",
            "org_groups",
            "external_id",
            "date_created",
            "date_modified",
            "restricted_to_domain",
            "landingpage",
            "user_count",
        ],
        Scope::Individual | Scope::User => &[
            "email",
            "first_name",
            "last_name",
            "position",
            "meta_fields",
            "alignments",
            "external_id",
        ],
    }
}

/// What a record with such keys is if it is not what the scope says: `None` unless it has several
/// keys of one other kind, one of which hardly another kind has, and none that speaks for the scope.
///
/// The case of keys says nothing. A key that means nothing here says nothing either, so that what
/// people add to their organisations does not make them something else.
///
/// ```
/// use cerebrate_core::model::Scope;
/// use cerebrate_wire::other_kind;
///
/// let keys = ["uuid", "name", "releasability", "active"];
/// assert_eq!(other_kind(&keys, Scope::Organisation), Some("sharing group"));
/// assert_eq!(other_kind(&["uuid", "name", "members"], Scope::Organisation), None);
/// ```
pub fn other_kind<S: AsRef<str>>(keys: &[S], scope: Scope) -> Option<&'static str> {
    let has = |key: &str| keys.iter().any(|found| found.as_ref().eq_ignore_ascii_case(key));
    let kin = KINS.iter().find(|kin| {
        let strong = count(keys, kin.strong);
        strong > 0
            && strong + count(keys, kin.weak) > 1
            && !own(scope).iter().any(|key| has(key) && !kin.shared.contains(key))
    });
    kin.map(|kin| kin.called)
}

impl Element<'_> {
    /// What this record is if it is not what the scope says; see [`other_kind`]. A record that MISP
    /// wraps under the name of another kind is of that kind, whatever stands beside it.
    pub fn other_kind(&self, scope: Scope) -> Option<&'static str> {
        let object = self.text.trim_ascii_start().strip_prefix(b"{")?;
        let mut keys = Vec::new();
        for (key, value) in members(object) {
            let Ok(key) = str::from_utf8(key) else { continue };
            let is_wrapper = |kin: &&Kin| kin.wrapper == Some(key) && value.starts_with(b"{");
            if let Some(kin) = KINS.iter().find(is_wrapper) {
                return Some(kin.called);
            }
            keys.push(key);
        }
        other_kind(&keys, scope)
    }
}

/// How many of the keys are among the marks.
fn count<S: AsRef<str>>(keys: &[S], marks: &[&str]) -> usize {
    let is_mark = |key: &&S| {
        let key = key.as_ref();
        marks.iter().any(|mark| match mark.strip_suffix('*') {
            Some(beginning) => key.len() > beginning.len() && starts_with(key, beginning),
            None => key.eq_ignore_ascii_case(mark),
        })
    };
    keys.iter().filter(is_mark).count()
}

fn starts_with(key: &str, beginning: &str) -> bool {
    key.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_kinds_are_told_by_several_marks() {
        for (keys, expected) in [
            (&["id", "name", "releasability", "owner", "members"][..], Some("sharing group")),
            (&["id", "uuid", "name", "perm_admin", "perm_sync"], Some("role")),
            (&["id", "name", "namespace", "scope", "version"], Some("meta-template")),
            (&["id", "name", "colour", "counter"], Some("tag")),
            (&["ID", "Name", "Colour", "Counter"], Some("tag")),
            (&["uuid", "name", "url", "trusted", "pull"], Some("brood")),
            (&["id", "name", "connector", "exposed"], Some("local tool")),
        ] {
            assert_eq!(other_kind(keys, Scope::Organisation), expected, "{keys:?}");
            assert_eq!(other_kind(keys, Scope::Individual), expected, "{keys:?}");
        }
    }

    #[test]
    fn unknown_keys_make_an_organisation_nothing_else() {
        for keys in [
            &["name"][..],
            &["name", "members", "owner", "active", "local"],
            &["name", "colour"],
            &["name", "releasability"],
            &["name", "nationality", "releasability", "members", "owner"],
            &["name", "url", "colour", "counter"],
            &["name", "version", "scope", "source", "enabled"],
            &["name", "email", "first_name", "last_name"],
            &["name", "perm_"],
        ] {
            assert_eq!(other_kind(keys, Scope::Organisation), None, "{keys:?}");
        }
    }
}
