//! Organisations and sharing groups as MISP 2.4 and 2.5 spells them.
//!
//! Read are the answers of the indexes and views, wrapped or flat, and exports of them:
//! `[{"Organisation":{…}}]`, `{"response":[{"Organisation":{…}}]}`, `{"Organisation":{…}}` and
//! `[{"name":…,"uuid":…}]`. [`Records`](crate::Records) cuts a document into them.

mod organisation;
mod sharing_group;
mod write;

pub use organisation::OrganisationRecord;
pub use sharing_group::{OrganisationReference, SharingGroupRecord};
pub use write::organisation;

use crate::json::{Node, Value};

/// The object under `key`, through a wrapping `response`.
fn unwrapped<'n, 'a>(node: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    match find(node, "response") {
        Some(inner) => find(inner, key),
        None => find(node, key),
    }
}

fn find<'n, 'a>(node: &'n Node<'a>, key: &str) -> Option<&'n Node<'a>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().rev().find(|member| member.key == key).map(|member| &member.node)
}
