use serde::{Deserialize, Serialize};

use super::{Bookmark, Entity, EntityKind};
use crate::error::Result;
use crate::id::{UserId, UserSettingId, derive};
use crate::value::Timestamp;

/// Something that a user chose, such as how a list is to look. What names mean is for whoever shows
/// it; any is kept. Only where values lead elsewhere, as [`Self::BOOKMARKS`] do, they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserSetting {
    /// Whose it is.
    pub user: UserId,
    /// What it is about, such as `ui.bookmarks`: not blank, at most [`Self::NAME`] characters.
    pub name: String,
    /// What was chosen, as a text.
    #[serde(default)]
    pub value: String,
    /// When it was first stored; `None` until then, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// When it was last changed; `None` until stored, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

impl UserSetting {
    /// The most characters of a name, as peers have it.
    pub const NAME: usize = 255;

    /// The name of the setting that keeps a list of [`Bookmark`]s.
    pub const BOOKMARKS: &str = "ui.bookmarks";

    /// A setting.
    pub fn new(user: UserId, name: impl Into<String>, value: impl Into<String>) -> Self {
        UserSetting { user, name: name.into(), value: value.into(), created: None, modified: None }
    }

    /// Whether the value is one that its name allows: any, unless it is [`Self::BOOKMARKS`].
    ///
    /// # Errors
    /// Those of [`Bookmark::list`].
    pub fn check(&self) -> Result<()> {
        if self.name == Self::BOOKMARKS { Bookmark::list(&self.value).map(drop) } else { Ok(()) }
    }

    /// Derived from user and name: a user has one value for each name.
    pub fn id(&self) -> UserSettingId {
        UserSetting::id_of(self.user, &self.name)
    }

    /// The identity of the setting of that name.
    pub fn id_of(user: UserId, name: &str) -> UserSettingId {
        UserSettingId::new(derive("user_setting", &[user.uuid().as_bytes(), name.as_bytes()]))
    }
}

impl Entity for UserSetting {
    type Id = UserSettingId;
    const KIND: EntityKind = EntityKind::UserSetting;

    fn id(&self) -> UserSettingId {
        UserSetting::id(self)
    }
}
