//! Where constituencies do not fit together.

use std::collections::BTreeSet;

use cerebrate_core::Kind;
use cerebrate_core::constituency::{BasisKind, Claim, Role, read};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::model::{Member, Organisation, SharingGroup};
use cerebrate_store::Store;
use cerebrate_store::overlaps::{
    ConstituencyQuestion, ConstituencyReport, OverlapClass, Population,
};
use cerebrate_testkit::builders::{organisation, organisation_id, sharing_group, tag};
use proptest::prelude::*;

use crate::world::{administrator, claiming, id, store};

fn report(store: &Store, question: &ConstituencyQuestion) -> ConstituencyReport {
    store.constituency_report(question).unwrap()
}

fn lines(report: &ConstituencyReport) -> Vec<String> {
    let line = |overlap: &cerebrate_store::overlaps::Overlap| {
        let (one, other) = (&overlap.one, &overlap.other);
        let class = overlap.class.as_str();
        format!("{} {} {class} {} {}", one.name, one.claim, other.name, other.claim)
    };
    report.overlaps.iter().map(line).collect()
}

#[test]
fn equal_inside_and_crossing_claims_are_told_apart() {
    let store = store();
    let teams = [
        claiming(
            1,
            "A",
            &[
                ("IPv4 address", "10.0.0.0/8"),
                ("IPv4 address", "10.1.0.0/16"),
                ("IPv4 address", "192.0.2.1"),
                ("IPv6 address", "2001:db8::/32"),
                ("AS Number", "AS64500-AS64510"),
                ("Domain", "example.lu"),
                ("Country", "LU"),
                ("Sector", "energy"),
            ],
        ),
        claiming(
            2,
            "B",
            &[
                ("IPv4 address", "10.1.0.0/16"),
                ("IPv4 address", "10.1.0.0/16, 10.1.0.0/16"),
                ("IPv4 address", "9.255.0.0/16"),
                ("IPv4 address", "11.0.0.0/8"),
                ("IPv6 address", "2001:db8:1::/48"),
                ("AS Number", "AS64505-AS64520"),
                ("AS Number", "AS64500"),
                ("Domain", "*.example.lu"),
                ("Domain", "notexample.lu"),
                ("Country", "LU"),
                ("Sector", "energy"),
            ],
        ),
        claiming(3, "C", &[("Domain", "cert.example.lu"), ("AS Number", "AS64520")]),
    ];
    store.organisations().upsert_all(teams).unwrap();
    let report = report(&store, &ConstituencyQuestion::default());
    assert_eq!(
        lines(&report),
        [
            "A 10.1.0.0/16 equal B 10.1.0.0/16",
            "A 10.0.0.0/8 inside B 10.1.0.0/16",
            "A 2001:db8::/32 inside B 2001:db8:1::/48",
            "A AS64500-AS64510 inside B AS64500",
            "A AS64500-AS64510 crossing B AS64505-AS64520",
            "B AS64505-AS64520 inside C AS64520",
            "A example.lu equal B example.lu",
            "A example.lu inside C cert.example.lu",
            "B example.lu inside C cert.example.lu",
        ]
    );
    assert_eq!(report.overlaps[6].other.value, "*.example.lu");
    assert_eq!((report.more_overlaps.as_slice(), report.gaps.as_slice()), (&[][..], &[][..]));
    assert!(!report.more_gaps);
}

#[test]
fn what_is_asked_for_is_told_and_that_there_is_more() {
    let store = store();
    let teams = (1..=40).map(|number| {
        claiming(
            number,
            &format!("T{number:02}"),
            &[("IPv4 address", "0.0.0.0/0"), ("Domain", "lu")],
        )
    });
    let silent = (41..=44).map(|number| claiming(number, &format!("S{number}"), &[]));
    store.organisations().upsert_all(teams.chain(silent)).unwrap();
    let of = |limit| report(&store, &ConstituencyQuestion::default().limit(limit));
    let few = of(3);
    assert_eq!(few.overlaps.len(), 6);
    assert_eq!(few.more_overlaps, [BasisKind::Prefix, BasisKind::Domain]);
    assert_eq!((few.gaps.len(), few.more_gaps), (3, true));
    let pairs = 40 * 39 / 2;
    let all = of(pairs);
    assert_eq!((all.overlaps.len(), all.more_overlaps.len()), (2 * pairs, 0));
    assert_eq!((all.gaps.len(), all.more_gaps), (4, false));
    assert_eq!(of(pairs - 1).more_overlaps.len(), 2);
    let none = of(0);
    assert_eq!((none.overlaps.len(), none.gaps.len(), none.more_gaps), (0, 0, true));
    assert_eq!(of(usize::MAX).overlaps.len(), 2 * pairs);
}

#[test]
fn who_claims_nothing_is_found_among_all_members_or_tagged() {
    let store = store();
    let mut teams = vec![
        claiming(1, "Reachable", &[("Domain", "a.example")]),
        claiming(2, "Spoilt", &[("IPv4 address", "10.0.0.300"), ("Domain", "-")]),
        claiming(3, "Silent", &[]),
        claiming(4, "Émigré", &[]),
        claiming(5, "Of a country", &[("Country", "LU")]),
    ];
    for place in [0, 2] {
        teams[place].tags.push(tag("CSIRT"));
    }
    store.organisations().upsert_all(teams).unwrap();
    let mut group = SharingGroup::new(store.next_id().into(), "G".parse().unwrap(), id(3));
    for number in [1, 2, 4] {
        group.members.push(Member { organisation: id(number), extend: false });
    }
    let group = store.sharing_groups().insert(group).unwrap().id;
    let gaps = |population: Population, store: &Store| -> Vec<(String, u64)> {
        let question = ConstituencyQuestion::among(population);
        let report = store.constituency_report(&question).unwrap();
        report.gaps.into_iter().map(|gap| (gap.name, gap.unreadable)).collect()
    };
    let named = |names: &[(&str, u64)]| -> Vec<(String, u64)> {
        names.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    };
    assert_eq!(
        gaps(Population::Everybody, &store),
        named(&[("Émigré", 0), ("Silent", 0), ("Spoilt", 2)])
    );
    // The owner is no member.
    assert_eq!(gaps(Population::Members(group), &store), named(&[("Émigré", 0), ("Spoilt", 2)]));
    assert_eq!(gaps(Population::Tagged(tag("csirt")), &store), named(&[("Silent", 0)]));
    assert_eq!(gaps(Population::Tagged(tag("nobody")), &store), []);

    // Members of a visible group that are only named are nobody's business.
    let member = store.as_actor(&administrator([id(4)]));
    assert_eq!(gaps(Population::Members(group), &member), named(&[("Émigré", 0)]));
    assert_eq!(gaps(Population::Everybody, &member), named(&[("Émigré", 0)]));
    let blind = store.as_actor(&administrator([id(5)]));
    for (id, store) in [(group, &blind), (uuid::Uuid::from_u128(4).into(), &store)] {
        let question = ConstituencyQuestion::among(Population::Members(id));
        let error = store.constituency_report(&question).unwrap_err();
        assert_eq!(error.kind(), Kind::NotFound);
        assert!(error.to_string().contains("there is no such sharing group"), "{error}");
    }
}

#[test]
fn a_reader_is_told_of_overlaps_of_what_is_seen() {
    let store = store();
    let teams = (1..=4).map(|number| {
        organisation(number, &format!("T{number}"))
            .network("10.0.0.0/8")
            .network("2001:db8::/32")
            .domain("example.lu")
            .build()
    });
    store.organisations().upsert_all(teams).unwrap();
    store.sharing_groups().insert(sharing_group(1, "G", 1).build()).unwrap();
    let seen = store.as_actor(&administrator([2, 4].map(organisation_id)));
    let report = seen.constituency_report(&ConstituencyQuestion::default()).unwrap();
    assert_eq!(
        lines(&report),
        [
            "T2 10.0.0.0/8 equal T4 10.0.0.0/8",
            "T2 2001:db8::/32 equal T4 2001:db8::/32",
            "T2 example.lu equal T4 example.lu",
        ]
    );
}

const VALUES: [(&str, Role, &str); 17] = [
    ("IPv4 address", Role::Ipv4, "10.0.0.0/8"),
    ("IPv4 address", Role::Ipv4, "10.0.0.0/9"),
    ("IPv4 address", Role::Ipv4, "10.128.0.0/9"),
    ("IPv4 address", Role::Ipv4, "10.0.0.1"),
    ("IPv4 address", Role::Ipv4, "0.0.0.0/0"),
    ("IPv4 address", Role::Ipv4, "10.0.0.0-10.0.0.5"),
    ("IPv6 address", Role::Ipv6, "::/0"),
    ("IPv6 address", Role::Ipv6, "2001:db8::/32"),
    ("IPv6 address", Role::Ipv6, "2001:db8::1"),
    ("AS Number", Role::Asn, "AS1-AS10"),
    ("AS Number", Role::Asn, "AS5-AS15"),
    ("AS Number", Role::Asn, "AS5, AS10"),
    ("AS Number", Role::Asn, "AS1-AS5"),
    ("Domain", Role::Domain, ".lu"),
    ("Domain", Role::Domain, "a.lu b.lu"),
    ("Domain", Role::Domain, "x.a.lu"),
    ("Domain", Role::Domain, "aa.lu"),
];

type Pair = (OverlapClass, (String, OrganisationId), (String, OrganisationId));

/// How two claims lie to each other, if they overlap and the second is not the wider one.
fn class(one: &Claim, other: &Claim) -> Option<OverlapClass> {
    if one == other {
        return Some(OverlapClass::Equal);
    }
    match (one, other) {
        (Claim::Prefix(one), Claim::Prefix(other)) => {
            one.covers(other).then_some(OverlapClass::Inside)
        }
        (Claim::Domain(one), Claim::Domain(other)) => {
            one.matches(other.domain()).then_some(OverlapClass::Inside)
        }
        (Claim::Asn(one), Claim::Asn(other)) => {
            let holds = |asn| one.contains(asn);
            match (holds(other.first()), holds(other.last())) {
                (true, true) => Some(OverlapClass::Inside),
                (false, true) | (true, false)
                    if !(other.contains(one.first()) && other.contains(one.last())) =>
                {
                    Some(OverlapClass::Crossing)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn text(claim: &Claim) -> String {
    match claim {
        Claim::Prefix(prefix) => prefix.to_string(),
        Claim::Asn(range) => range.to_string(),
        Claim::Domain(suffix) => suffix.to_string(),
        other => panic!("{other:?}"),
    }
}

fn ordered(
    class: OverlapClass,
    one: (String, OrganisationId),
    other: (String, OrganisationId),
) -> Pair {
    if class != OverlapClass::Inside && other < one {
        return (class, other, one);
    }
    (class, one, other)
}

fn naive(teams: &[Organisation]) -> BTreeSet<Pair> {
    let role = |field: &str| VALUES.iter().find(|(name, ..)| *name == field).unwrap().1;
    let claims: Vec<(OrganisationId, Claim)> = teams
        .iter()
        .flat_map(|team| {
            team.meta_fields
                .iter()
                .flat_map(|value| read(role(&value.field), &value.value).0)
                .map(|claim| (team.id, claim))
        })
        .collect();
    let mut pairs = BTreeSet::new();
    for (one, claim) in &claims {
        for (other, with) in &claims {
            if one != other
                && let Some(class) = class(claim, with)
            {
                pairs.insert(ordered(class, (text(claim), *one), (text(with), *other)));
            }
        }
    }
    pairs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_report_is_what_looking_at_every_pair_finds(
        chosen in prop::collection::vec(prop::collection::vec(0..VALUES.len(), 0..7), 1..5),
        seen in prop::collection::btree_set(0..4_usize, 0..4),
    ) {
        let store = store();
        let teams: Vec<Organisation> = chosen
            .iter()
            .enumerate()
            .map(|(place, chosen)| {
                let values: Vec<(&str, &str)> =
                    chosen.iter().map(|at| (VALUES[*at].0, VALUES[*at].2)).collect();
                claiming(place as u128, &format!("T{place}"), &values)
            })
            .collect();
        store.organisations().upsert_all(teams.iter().cloned()).unwrap();
        let found = |store: &Store| {
            let question = ConstituencyQuestion::default();
            let report = store.constituency_report(&question).unwrap();
            let pairs: Vec<Pair> = report
                .overlaps
                .iter()
                .map(|overlap| {
                    let side = |side: &cerebrate_store::overlaps::Claimed| {
                        (side.claim.clone(), side.organisation)
                    };
                    ordered(overlap.class, side(&overlap.one), side(&overlap.other))
                })
                .collect();
            let distinct: BTreeSet<Pair> = pairs.iter().cloned().collect();
            assert_eq!(distinct.len(), pairs.len(), "a pair came twice");
            distinct
        };
        prop_assert_eq!(found(&store), naive(&teams));
        let part = store.as_actor(&administrator(seen.iter().map(|number| id(*number as u128))));
        let visible: Vec<Organisation> = teams
            .iter()
            .enumerate()
            .filter(|(place, _)| seen.contains(place))
            .map(|(_, team)| team.clone())
            .collect();
        prop_assert_eq!(found(&part), naive(&visible));
    }
}
