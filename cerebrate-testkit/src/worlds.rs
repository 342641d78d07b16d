//! Whole communities, made up and the same for the same seed, in the proportions that communities
//! have: many small teams and few large ones, a handful of countries that most come from.

mod circles;

use cerebrate_core::access::Permission;
use cerebrate_core::model::{
    Alignment, Individual, MailingList, Organisation, OrganisationGroup, Recipient, Role,
    SharingGroup, User,
};
use cerebrate_store::Store;

use crate::builders::{
    individual, individual_id, mailing_list, organisation, organisation_group, organisation_id,
    role, role_id, user, user_id,
};
use crate::world::Dice;

/// How many organisations a community has.
pub const ORGANISATIONS: usize = 2_048;

/// How many individuals, each of them in one organisation, and a user.
pub const INDIVIDUALS: usize = 4_171;

/// How many sharing groups.
pub const SHARING_GROUPS: usize = 300;

/// How many groups of organisations that are administered together.
pub const ORGANISATION_GROUPS: usize = 12;

/// How many mailing lists.
pub const MAILING_LISTS: usize = 40;

/// Records of a community, in the order in which they can be stored.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The teams.
    pub organisations: Vec<Organisation>,
    /// The people.
    pub individuals: Vec<Individual>,
    /// Who works where: everybody in one organisation.
    pub alignments: Vec<Alignment>,
    /// What users may do.
    pub roles: Vec<Role>,
    /// A user for each of the people, nearly all of them for their organisation.
    pub users: Vec<User>,
    /// Circles of 2 to 600 members; every tenth one has the members of the one before and another
    /// name.
    pub sharing_groups: Vec<SharingGroup>,
    /// Organisations administered together, each group by one to three group admins.
    pub organisation_groups: Vec<OrganisationGroup>,
    /// Lists of people to write to.
    pub mailing_lists: Vec<MailingList>,
}

impl World {
    /// Stores everything as one change set.
    pub fn store_in(&self, store: &Store) -> cerebrate_core::Result<()> {
        store.transaction(|transaction| {
            transaction.organisations().upsert_all(self.organisations.iter().cloned())?;
            transaction.individuals().upsert_all(self.individuals.iter().cloned())?;
            transaction.alignments().upsert_all(self.alignments.iter().cloned())?;
            transaction.roles().upsert_all(self.roles.iter().cloned())?;
            transaction.users().upsert_all(self.users.iter().cloned())?;
            transaction.sharing_groups().upsert_all(self.sharing_groups.iter().cloned())?;
            transaction
                .organisation_groups()
                .upsert_all(self.organisation_groups.iter().cloned())?;
            transaction.mailing_lists().upsert_all(self.mailing_lists.iter().cloned())?;
            Ok(())
        })
    }
}

/// A community as large as one that covers a continent.
pub fn community(seed: u64) -> World {
    let mut dice = Dice::new(seed);
    let mut world = World::default();
    for number in 0..ORGANISATIONS {
        world.organisations.push(team(&mut dice, number));
    }
    for number in 0..INDIVIDUALS {
        // Everybody is somewhere, and some teams are large.
        let team = if number < ORGANISATIONS { number } else { skewed(&mut dice, ORGANISATIONS) };
        world.individuals.push(person(&mut dice, number, team));
        world.alignments.push(Alignment::new(
            individual_id(number as u128),
            organisation_id(team as u128),
            rated(&mut dice, &ROLES),
        ));
    }
    world.roles = GRANTS.iter().enumerate().map(|(place, grant)| role_of(place, grant)).collect();
    for (number, alignment) in world.alignments.iter().enumerate() {
        let rates: Vec<usize> = GRANTS.iter().map(|(rate, ..)| *rate).collect();
        let role = dice.rated(&rates) as u128;
        let mut user = user(number as u128, &format!("person{number:04}"), role);
        // Some act on nobody's behalf.
        if dice.below(50) > 0 {
            user = user.with(|user| user.organisation = Some(alignment.organisation));
        }
        world.users.push(user.with(|user| user.disabled = dice.below(30) == 0).build());
    }
    let group_admins: Vec<usize> = (0..world.users.len())
        .filter(|number| world.users[*number].role == role_id(GROUP_ADMIN as u128))
        .collect();
    world.sharing_groups = circles::circles(&mut dice, SHARING_GROUPS);
    for number in 0..ORGANISATION_GROUPS {
        let mut group = organisation_group(number as u128, &format!("Region {number:02}"));
        for member in dice.some(ORGANISATIONS, 20 + number * 10) {
            group = group.organisation(member as u128);
        }
        for _ in 0..=dice.below(3) {
            group = group.administrator(dice.pick(&group_admins) as u128);
        }
        world.organisation_groups.push(group.build());
    }
    for number in 0..MAILING_LISTS {
        world.mailing_lists.push(list(&mut dice, number, &world.individuals));
    }
    world
}

/// As many sharing groups as asked for, of organisations of a [`community`].
pub fn sharing_groups(seed: u64, count: usize) -> Vec<SharingGroup> {
    circles::circles(&mut Dice::new(seed), count)
}

/// Countries with how many of a hundred teams are theirs, as teams write them.
const COUNTRIES: [(usize, &[&str], &str); 14] = [
    (16, &["Germany", "DE", "Deutschland"], "DE"),
    (13, &["France", "FR"], "FR"),
    (11, &["Italy", "IT", "Italia"], "IT"),
    (9, &["Spain", "ES", "España"], "ES"),
    (9, &["Poland", "PL", "Polska"], "PL"),
    (8, &["Netherlands", "NL"], "NL"),
    (7, &["Luxembourg", "LU"], "LU"),
    (6, &["Austria", "AT", "Österreich"], "AT"),
    (5, &["Estonia", "EE"], "EE"),
    (4, &["Finland", "FI", "Suomi"], "FI"),
    (4, &["Czechia", "CZ", "Česko"], "CZ"),
    (3, &["Greece", "GR"], "GR"),
    (3, &["Iceland", "IS"], "IS"),
    (2, &["Atlantis"], "XX"),
];
const SECTORS: [(usize, &str); 10] = [
    (22, "Government"),
    (14, "Energy"),
    (13, "Finance"),
    (12, "Research"),
    (10, "Telecom"),
    (9, "Health"),
    (8, "Transport"),
    (6, "energy"),
    (4, "Water"),
    (2, "Défense"),
];
const KINDS: [(usize, &str); 5] =
    [(55, "CSIRT"), (20, "National CSIRT"), (13, "Company"), (8, "Authority"), (4, "Association")];
const LABELS: [(usize, &str); 8] = [
    (30, "csirts-network"),
    (25, "first:member"),
    (15, "ti:listed"),
    (10, "ti:accredited"),
    (8, "tlp:green"),
    (6, "tlp:amber"),
    (4, "exercise"),
    (2, "observer"),
];
const ROLES: [(usize, &str); 4] =
    [(80, "Member"), (12, "Point of contact"), (6, "Head"), (2, "Liaison")];
const POSITIONS: [(usize, &str); 7] = [
    (30, "Analyst"),
    (22, "Incident handler"),
    (15, "Head of CSIRT"),
    (12, "Duty officer"),
    (10, "Engineer"),
    (7, "analyst"),
    (4, "Legal adviser"),
];

/// Roles with how many of a thousand users have each.
const GRANTS: [(usize, &str, &[Permission]); 8] = [
    (690, "User", &[]),
    (150, "Editor", &[Permission::MetaFieldEditor]),
    (100, "Organisation admin", &[Permission::OrganisationAdmin, Permission::MetaFieldEditor]),
    (20, "Group admin", &[Permission::GroupAdmin, Permission::MetaFieldEditor]),
    (10, "Observer", &[Permission::ViewAllOrganisations]),
    (20, "Node", &[Permission::Sync]),
    (6, "Community admin", &[Permission::CommunityAdmin, Permission::MetaFieldEditor]),
    (4, "Site admin", &[Permission::Admin]),
];

/// The place of the role that administers groups.
const GROUP_ADMIN: usize = 3;

fn role_of(place: usize, grant: &(usize, &str, &[Permission])) -> Role {
    let (_, name, permissions) = grant;
    let mut made = role(place as u128, name).with(|role| role.is_default = place == 0);
    for permission in *permissions {
        made = made.grants(*permission);
    }
    made.build()
}

fn team(dice: &mut Dice, number: usize) -> Organisation {
    let country = dice.rated(&COUNTRIES.map(|(rate, ..)| rate));
    let (_, spellings, code) = COUNTRIES[country];
    let suffix = format!("team{number:04}.{}.example", code.to_lowercase());
    let mut team = organisation(number as u128, &format!("Team {number:04} of {code}"))
        .contacts(&format!("csirt@{suffix}"))
        .with(|team| {
            team.url = Some(format!("https://www.{suffix}/"));
            team.kind = Some(rated(dice, &KINDS).to_owned());
        });
    // Some never said where they are, or for whom.
    if dice.below(25) > 0 {
        team = team.nationality(dice.pick(spellings));
    }
    if dice.below(8) > 0 {
        team = team.sector(rated(dice, &SECTORS));
    }
    for _ in 0..dice.below(4) {
        team = team.tag(rated(dice, &LABELS));
    }
    // Every sixteenth team says nothing of its constituency.
    if dice.below(16) == 0 {
        return team.build();
    }
    for _ in 0..=dice.below(4) {
        let (second, third) = (dice.below(256), dice.below(256));
        let length = 14 + dice.below(11);
        team = match dice.below(10) {
            0..=5 => team.network(&format!("10.{second}.{third}.0/{length}")),
            6 => team.network("100.64.0.0/10"),
            _ => team.network(&format!("2001:db8:{second:x}{third:02x}::/48")),
        };
    }
    if dice.below(3) > 0 {
        let asn = 64_512 + skewed(dice, 1_022);
        team = team.value(crate::builders::constituency("AS Number", &format!("AS{asn}")));
    }
    team = team.domain(&suffix);
    if dice.below(60) == 0 {
        // A whole country claims what its teams claim one by one.
        team = team.domain(&format!("{}.example", code.to_lowercase()));
    }
    team.build()
}

fn person(dice: &mut Dice, number: usize, team: usize) -> Individual {
    let mut person =
        individual(number as u128, &format!("person{number:04}@team{team:04}.example"))
            .named("Person", &format!("{number:04}"));
    if dice.below(6) > 0 {
        person = person.with(|person| person.position = Some(rated(dice, &POSITIONS).to_owned()));
    }
    if dice.below(10) == 0 {
        person = person.with(|person| {
            let value = format!("person{number:04}@home.example");
            person.meta_fields.push(crate::builders::extra(1, "other e-mail", &value));
        });
    }
    person.build()
}

fn list(dice: &mut Dice, number: usize, people: &[Individual]) -> MailingList {
    let size = 3 + skewed(dice, 400);
    mailing_list(number as u128, &format!("List {number:02}"))
        .with(|list| {
            list.active = dice.below(5) > 0;
            list.owner = (dice.below(5) > 0).then(|| user_id(dice.below(INDIVIDUALS) as u128));
            for member in dice.some(people.len(), size) {
                let person = &people[member];
                let alternates = person.meta_fields.iter().map(|value| value.id(person.id.uuid()));
                list.individuals.push(Recipient {
                    individual: person.id,
                    primary: true,
                    alternates: alternates.collect(),
                });
            }
        })
        .build()
}

/// A number below `end`, small ones far more often.
fn skewed(dice: &mut Dice, end: usize) -> usize {
    let (one, two, three) = (dice.below(end), dice.below(end), dice.below(end));
    one.min(two).min(three)
}

fn rated<'a>(dice: &mut Dice, from: &[(usize, &'a str)]) -> &'a str {
    let rates: Vec<usize> = from.iter().map(|(rate, _)| *rate).collect();
    from[dice.rated(&rates)].1
}

impl Dice {
    /// A place in `rates`, as often as its rate says.
    pub fn rated(&mut self, rates: &[usize]) -> usize {
        let mut left = self.below(rates.iter().sum());
        for (place, rate) in rates.iter().enumerate() {
            if left < *rate {
                return place;
            }
            left -= rate;
        }
        0
    }

    /// `count` different numbers below `end`, or all of them, in order.
    pub fn some(&mut self, end: usize, count: usize) -> Vec<usize> {
        let mut chosen = std::collections::BTreeSet::new();
        while chosen.len() < count.min(end) {
            chosen.insert(self.below(end));
        }
        chosen.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cerebrate_core::sharing::MembershipDigest;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_community_is_the_same_for_the_same_seed_and_as_large_as_it_says() {
        let (one, other) = (community(7), community(7));
        assert_eq!(one.organisations, other.organisations);
        assert_eq!(one.sharing_groups, other.sharing_groups);
        assert_eq!(one.mailing_lists, other.mailing_lists);
        assert_ne!(one.organisations, community(8).organisations);
        assert_eq!(one.organisations.len(), ORGANISATIONS);
        assert_eq!(one.individuals.len(), INDIVIDUALS);
        assert_eq!(one.sharing_groups.len(), SHARING_GROUPS);
        assert_eq!(one.organisation_groups.len(), ORGANISATION_GROUPS);
        assert_eq!(one.mailing_lists.len(), MAILING_LISTS);
        let aligned: BTreeSet<_> =
            one.alignments.iter().map(|alignment| alignment.individual).collect();
        assert_eq!(aligned.len(), INDIVIDUALS);
        assert_eq!(one.users.len(), INDIVIDUALS);
        let roles: BTreeSet<_> = one.users.iter().map(|user| user.role).collect();
        assert_eq!(roles, one.roles.iter().map(|role| role.id).collect());
        assert!(one.organisation_groups.iter().all(|group| !group.administrators.is_empty()));
    }

    #[test]
    fn groups_have_the_sizes_and_the_doubles_that_communities_have() {
        let world = community(1);
        let sizes: Vec<usize> =
            world.sharing_groups.iter().map(|group| group.members.len()).collect();
        assert!(sizes.iter().all(|size| (2..=600).contains(size)), "{sizes:?}");
        assert_eq!((sizes.iter().min(), sizes.iter().max()), (Some(&2), Some(&600)));
        let small = sizes.iter().filter(|size| **size <= 50).count();
        assert!(small > SHARING_GROUPS / 2, "{small}");
        let mut names: BTreeMap<MembershipDigest, BTreeSet<&str>> = BTreeMap::new();
        for group in &world.sharing_groups {
            names.entry(MembershipDigest::of(&group.members)).or_default().insert(&group.name);
        }
        let doubles = names.values().filter(|names| names.len() > 1).count();
        assert_eq!(doubles, SHARING_GROUPS / 10);
    }

    #[test]
    fn everybody_is_made_up() {
        let world = community(3);
        for person in &world.individuals {
            assert!(person.email.ends_with(".example"), "{}", person.email);
        }
        for team in &world.organisations {
            assert!(team.name.as_str().starts_with("Team "), "{}", team.name);
        }
    }
}
