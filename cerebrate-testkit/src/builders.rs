//! Records with sane defaults, said in one line.
//!
//! ```
//! use cerebrate_testkit::builders::organisation;
//!
//! let circl = organisation(1, "CIRCL").nationality("LU").tag("tlp:green").domain("circl.lu").build();
//! assert_eq!(circl.name, "CIRCL");
//! assert_eq!(circl.meta_fields[0].value, "circl.lu");
//! ```

use cerebrate_core::access::Permission;
use cerebrate_core::id::{
    EncryptionKeyId, EnumerationCollectionId, IndividualId, MailingListId, MetaTemplateId,
    OrganisationGroupId, OrganisationId, PermissionLimitationId, RoleId, SharingGroupId, UserId,
};
use cerebrate_core::meta::Library;
use cerebrate_core::model::{
    EncryptionKey, EntityKind, EnumerationCollection, FieldKind, Individual, KeyKind,
    LimitationScope, MailingList, Member, MetaField, MetaTemplate, Organisation, OrganisationGroup,
    Owner, PermissionLimitation, Recipient, Role, Scope, SharingGroup, TagName, TemplateField,
    TemplateKey, User,
};
use cerebrate_core::value::Timestamp;
use uuid::Uuid;

/// A record under construction.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder<E>(E);

impl<E> Builder<E> {
    /// The record.
    pub fn build(self) -> E {
        self.0
    }

    /// Changes what no other method does.
    pub fn with(mut self, change: impl FnOnce(&mut E)) -> Self {
        change(&mut self.0);
        self
    }
}

/// The identity of the organisation with this number in tests.
pub fn organisation_id(number: u128) -> OrganisationId {
    OrganisationId::new(Uuid::from_u128(0x0a00_0000 + number))
}

/// The identity of the individual with this number in tests.
pub fn individual_id(number: u128) -> IndividualId {
    IndividualId::new(Uuid::from_u128(0x1a00_0000 + number))
}

/// An organisation of which only the name is known.
pub fn organisation(number: u128, name: &str) -> Builder<Organisation> {
    Builder(Organisation::new(organisation_id(number), name.parse().unwrap()))
}

/// An individual with an address and no name.
pub fn individual(number: u128, email: &str) -> Builder<Individual> {
    Builder(Individual::new(individual_id(number), email))
}

/// An active, local sharing group without members.
pub fn sharing_group(number: u128, name: &str, owner: u128) -> Builder<SharingGroup> {
    let id = SharingGroupId::new(Uuid::from_u128(0x2a00_0000 + number));
    Builder(SharingGroup::new(id, name.parse().unwrap(), organisation_id(owner)))
}

/// A mailing list without individuals.
pub fn mailing_list(number: u128, name: &str) -> Builder<MailingList> {
    let id = MailingListId::new(Uuid::from_u128(0x3a00_0000 + number));
    Builder(MailingList::new(id, name.parse().unwrap()))
}

/// An organisation group without organisations.
pub fn organisation_group(number: u128, name: &str) -> Builder<OrganisationGroup> {
    let id = OrganisationGroupId::new(Uuid::from_u128(0x4a00_0000 + number));
    Builder(OrganisationGroup::new(id, name.parse().unwrap()))
}

/// An enumeration of sectors of organisations, without values.
pub fn enumeration(number: u128, name: &str) -> Builder<EnumerationCollection> {
    let id = EnumerationCollectionId::new(Uuid::from_u128(0x5a00_0000 + number));
    let target = EntityKind::Organisation;
    Builder(EnumerationCollection::new(id, name.parse().unwrap(), target, "sector"))
}

/// An OpenPGP key of an organisation; its text is none.
pub fn encryption_key(number: u128, owner: u128) -> Builder<EncryptionKey> {
    let id = EncryptionKeyId::new(Uuid::from_u128(0x6a00_0000 + number));
    let owner = Owner::Organisation(organisation_id(owner));
    Builder(EncryptionKey::new(id, KeyKind::OpenPgp, owner, "-----BEGIN PGP PUBLIC KEY BLOCK-----"))
}

/// The identity of the role with this number in tests.
pub fn role_id(number: u128) -> RoleId {
    RoleId::new(Uuid::from_u128(0x8a00_0000 + number))
}

/// The identity of the user with this number in tests.
pub fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(0x9a00_0000 + number))
}

/// A role that grants nothing.
pub fn role(number: u128, name: &str) -> Builder<Role> {
    Builder(Role::new(role_id(number), name.parse().unwrap()))
}

/// An enabled user of the individual with the same number, without organisation.
pub fn user(number: u128, username: &str, role: u128) -> Builder<User> {
    let name = username.parse().unwrap();
    Builder(User::new(user_id(number), name, individual_id(number), role_id(role)))
}

/// A limit to how many may have a yes in a field.
pub fn limitation(
    number: u128,
    scope: LimitationScope,
    permission: &str,
    max: u32,
) -> Builder<PermissionLimitation> {
    let id = PermissionLimitationId::new(Uuid::from_u128(0xaa00_0000 + number));
    let max = max.try_into().unwrap();
    Builder(PermissionLimitation::new(id, scope, permission.parse().unwrap(), max))
}

/// The identity of the template that [`template`] makes.
pub const TEMPLATE: MetaTemplateId = MetaTemplateId::new(Uuid::from_u128(0x7a00_0001));

/// A template that is not shipped, with a field `colour` and a field `network` (IPv4, several).
pub fn template(version: u32) -> Builder<MetaTemplate> {
    let key = TemplateKey::new(TEMPLATE, version);
    let mut template = MetaTemplate::new(key, "testkit", "Extra", Scope::Organisation, "testkit");
    let mut network = TemplateField::new("network", FieldKind::Ipv4);
    network.multiple = true;
    template.fields = vec![TemplateField::new("colour", FieldKind::Text), network];
    Builder(template)
}

/// A value of the template that [`template`] makes.
pub fn extra(version: u32, field: &str, value: &str) -> MetaField {
    MetaField::new(TemplateKey::new(TEMPLATE, version), field, value)
}

/// A value of the constituency template.
pub fn constituency(field: &str, value: &str) -> MetaField {
    let key = Library::shipped().find("cerebrate/csirt-constituency").unwrap().key();
    MetaField::new(key, field, value)
}

/// A tag name.
pub fn tag(name: &str) -> TagName {
    name.parse().unwrap()
}

impl Builder<Organisation> {
    /// Sets the nationality.
    pub fn nationality(self, nationality: &str) -> Self {
        self.with(|organisation| organisation.nationality = Some(nationality.to_owned()))
    }

    /// Sets the sector.
    pub fn sector(self, sector: &str) -> Self {
        self.with(|organisation| organisation.sector = Some(sector.to_owned()))
    }

    /// Sets how to reach it.
    pub fn contacts(self, contacts: &str) -> Self {
        self.with(|organisation| organisation.contacts = Some(contacts.to_owned()))
    }

    /// Adds a tag.
    pub fn tag(self, name: &str) -> Self {
        self.with(|organisation| organisation.tags.push(tag(name)))
    }

    /// Adds a value.
    pub fn value(self, value: MetaField) -> Self {
        self.with(|organisation| organisation.meta_fields.push(value))
    }

    /// Adds a network to the constituency.
    pub fn network(self, network: &str) -> Self {
        let field = if network.contains(':') { "IPv6 address" } else { "IPv4 address" };
        self.value(constituency(field, network))
    }

    /// Adds a domain to the constituency.
    pub fn domain(self, domain: &str) -> Self {
        self.value(constituency("Domain", domain))
    }

    /// Sets when it was changed.
    pub fn modified(self, seconds: i64) -> Self {
        self.with(|organisation| organisation.modified = Some(Timestamp::from_unix(seconds)))
    }
}

impl Builder<Individual> {
    /// Sets first and last name.
    pub fn named(self, first: &str, last: &str) -> Self {
        self.with(|individual| {
            first.clone_into(&mut individual.first_name);
            last.clone_into(&mut individual.last_name);
        })
    }

    /// Adds a tag.
    pub fn tag(self, name: &str) -> Self {
        self.with(|individual| individual.tags.push(tag(name)))
    }
}

impl Builder<User> {
    /// Sets the organisation.
    pub fn organisation(self, number: u128) -> Self {
        self.with(|user| user.organisation = Some(organisation_id(number)))
    }

    /// Adds a value.
    pub fn value(self, value: MetaField) -> Self {
        self.with(|user| user.meta_fields.push(value))
    }
}

impl Builder<Role> {
    /// Grants something.
    pub fn grants(self, permission: Permission) -> Self {
        self.with(|role| role.permissions = role.permissions.with(permission))
    }
}

impl Builder<SharingGroup> {
    /// Adds a member that may not add others.
    pub fn member(self, organisation: u128) -> Self {
        let organisation = organisation_id(organisation);
        self.with(|group| group.members.push(Member { organisation, extend: false }))
    }
}

impl Builder<OrganisationGroup> {
    /// Adds an organisation.
    pub fn organisation(self, number: u128) -> Self {
        self.with(|group| group.organisations.push(organisation_id(number)))
    }

    /// Adds an administrator.
    pub fn administrator(self, number: u128) -> Self {
        self.with(|group| group.administrators.push(user_id(number)))
    }
}

impl Builder<MailingList> {
    /// Adds an individual at the primary address.
    pub fn individual(self, number: u128) -> Self {
        let individual = individual_id(number);
        self.with(|list| {
            list.individuals.push(Recipient { individual, primary: true, alternates: Vec::new() });
        })
    }
}
