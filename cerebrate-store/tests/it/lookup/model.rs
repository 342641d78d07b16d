//! Lookup against a scan of all records.

use std::cmp::Reverse;

use cerebrate_core::constituency::{self, BasisKind, Claim};
use cerebrate_core::fold::fold;
use cerebrate_core::meta::Library;
use cerebrate_core::model::Organisation;
use cerebrate_core::subject::Subject;
use cerebrate_store::Store;
use cerebrate_store::lookup::{Hit, Responsibility, Snapshot};
use proptest::prelude::*;

use crate::world::{claiming, id, store};

const VALUES: [(&str, &str); 38] = [
    ("IPv4 address", "10.0.0.0/8"),
    ("IPv4 address", "10.1.2.3/16"),
    ("IPv4 address", "10.1.2.0/24"),
    ("IPv4 address", "10.1.2.3"),
    ("IPv4 address", "10.1.2.0-10.1.3.255, 10.0.0.0/8"),
    ("IPv4 address", "10.1.2.3; 10.1.2.4\n10.1.2.0/24"),
    ("IPv4 address", "0.0.0.0/0"),
    ("IPv4 address", "10.0.0.0/40, 10.1.0.0/16"),
    ("IPv4 address", "none"),
    ("IPv6 address", "2001:db8::/32"),
    ("IPv6 address", "2001:db8:1::7/48"),
    ("IPv6 address", "::/0"),
    ("IPv6 address", "::ffff:10.1.0.0/112"),
    ("IPv6 address", "2001:db8:1::7"),
    ("AS Number", "AS64500"),
    ("AS Number", "64500"),
    ("AS Number", "asn 64501"),
    ("AS Number", "AS64496-AS64511"),
    ("AS Number", "64490 - 64505, 64500"),
    ("AS Number", "0-4294967295"),
    ("AS Number", "AS-SET"),
    ("Domain", ".lu"),
    ("Domain", "*.lu"),
    ("Domain", "example.lu"),
    ("Domain", "www.Example.lu, example.lu"),
    ("Domain", "bücher.example"),
    ("Domain", "xn--bcher-kva.example"),
    ("Domain", "n/a"),
    ("Country", "Luxembourg"),
    ("Country", "LU, AT"),
    ("Country Code", "LU"),
    ("Country", "Atlantis"),
    ("Sector", "Energy"),
    ("Sector", "energy; Finance"),
    ("Sector", "Énergy"),
    ("Remarks", "LU 10.1.2.3"),
    ("IPv6 address", "10.1.2.0/24"),
    ("IPv4 address", "2001:db8::/32"),
];

const SUBJECTS: [&str; 18] = [
    "10.1.2.3",
    "10.1.2.0/24",
    "10.1.3.0/24",
    "10.0.0.0/8",
    "192.0.2.7",
    "0.0.0.0/0",
    "2001:db8:1::7",
    "2001:db8::/32",
    "::/0",
    "AS64500",
    "64505",
    "4294967295",
    "www.example.lu",
    ".lu",
    "a.bücher.example",
    "example.com",
    "LU",
    "AT",
];

const NAMES: [&str; 5] = ["Alpha", "alpha", "Álpha", "beta", "Gamma"];

#[derive(Debug, Clone)]
enum Step {
    Put(u128, usize, Vec<usize>),
    PutAll(Vec<(u128, usize, Vec<usize>)>),
    Remove(u128),
    Undo(usize),
    Hold,
    Refresh,
}

fn put() -> impl Strategy<Value = (u128, usize, Vec<usize>)> {
    (1..7_u128, 0..NAMES.len(), prop::collection::vec(0..VALUES.len(), 0..6))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => put().prop_map(|(number, name, values)| Step::Put(number, name, values)),
        2 => prop::collection::vec(put(), 1..5).prop_map(Step::PutAll),
        2 => (1..7_u128).prop_map(Step::Remove),
        2 => (0..4_usize).prop_map(Step::Undo),
        1 => Just(Step::Hold),
        2 => Just(Step::Refresh),
    ]
}

fn made((number, name, values): (u128, usize, Vec<usize>)) -> Organisation {
    let values: Vec<_> = values.into_iter().map(|value| VALUES[value]).collect();
    claiming(number, NAMES[name], &values)
}

/// One reason of one organisation, as it is compared: rank, position and what is shown.
type Reason = (bool, BasisKind, Reverse<u32>, u32, Claim, String);

/// What an answer says: of each organisation its identity, name and reasons.
type Said = Vec<(String, String, Vec<(BasisKind, String, Claim)>)>;

fn is_match(claim: &Claim, subject: &Subject) -> bool {
    match claim {
        Claim::Prefix(prefix) => {
            subject.address_or_network().is_some_and(|asked| prefix.covers(&asked))
        }
        Claim::Asn(range) => subject.asn().is_some_and(|asked| range.contains(asked)),
        Claim::Domain(suffix) => subject.domain().is_some_and(|asked| suffix.matches(asked)),
        Claim::Country(code) => subject.country() == Some(*code),
        _ => false,
    }
}

/// How narrow a claim is.
fn narrowness(claim: &Claim) -> Reverse<u32> {
    Reverse(match claim {
        Claim::Prefix(prefix) => u32::from(prefix.len()),
        Claim::Asn(range) => u32::MAX - (range.last().0 - range.first().0),
        Claim::Domain(suffix) => u32::try_from(suffix.as_str().len()).unwrap(),
        _ => 0,
    })
}

/// The answer by a scan of the records.
fn scan(organisations: &[Organisation], subject: &Subject, sector: Option<&str>) -> Said {
    let library = Library::shipped();
    let sector = sector.map(constituency::sector_key);
    let mut found = Vec::new();
    for organisation in organisations {
        let mut reasons: Vec<Reason> = Vec::new();
        let mut in_sector = Vec::new();
        for (position, value) in (0..).zip(&organisation.meta_fields) {
            let template = library.get(value.template).unwrap();
            let Some(field) = template.field(&value.field) else { continue };
            let kind = &field.definition().kind;
            let role = constituency::role_of(value.template.id, &value.field, kind);
            let Some(role) = role else { continue };
            for claim in constituency::read(role, &value.value).0 {
                if is_match(&claim, subject) {
                    let narrow = narrowness(&claim);
                    let text = value.value.clone();
                    reasons.push((false, claim.basis_kind(), narrow, position, claim, text));
                } else if matches!(&claim, Claim::Sector(key) if Some(key) == sector.as_ref()) {
                    in_sector.push((BasisKind::Sector, value.value.clone(), claim));
                }
            }
        }
        reasons.sort();
        let Some(best) = reasons.first() else { continue };
        let outside = sector.is_some() && in_sector.is_empty();
        let rank = (outside, best.1, best.2);
        let shown = reasons.into_iter().map(|(_, kind, _, _, claim, text)| (kind, text, claim));
        let name = organisation.name.to_string();
        let key = (rank, fold(&name), name.clone(), organisation.id);
        let said = (organisation.id.to_string(), name, shown.chain(in_sector).collect());
        found.push((key, said));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found.into_iter().map(|(_, said)| said).collect()
}

fn said(answer: &Responsibility) -> Said {
    let reasons = |hit: &cerebrate_store::lookup::Match| {
        hit.bases().map(|basis| (basis.kind, basis.value.clone(), basis.claim.clone())).collect()
    };
    answer
        .iter()
        .map(|hit| (hit.organisation.id.to_string(), hit.organisation.name.clone(), reasons(hit)))
        .collect()
}

/// The claims that match, in no order.
fn claims(said: &Said) -> Vec<(String, Claim)> {
    let mut claims: Vec<_> = said
        .iter()
        .flat_map(|(id, _, reasons)| reasons.iter().map(|reason| (id.clone(), reason.2.clone())))
        .collect();
    claims.sort();
    claims
}

fn subjects() -> Vec<Subject> {
    let mut subjects: Vec<Subject> = SUBJECTS.iter().map(|text| text.parse().unwrap()).collect();
    let several = subjects[0].clone().with_asn("AS64500".parse().unwrap());
    let several = several.with_country("LU".parse().unwrap());
    subjects.push(several.clone().with_domain("www.example.lu".parse().unwrap()));
    subjects.push(several.with_prefix("2001:db8:1::7".parse::<std::net::IpAddr>().unwrap()));
    subjects
}

fn check_snapshot(snapshot: &Snapshot, records: &[Organisation]) -> Result<(), TestCaseError> {
    for subject in subjects() {
        let hits = snapshot.responsible(&subject);
        let holder = |hit: &Hit| snapshot.organisation(hit.organisation).unwrap();
        let ranks: Vec<_> =
            hits.iter().map(|hit| (hit.kind(), narrowness(&hit.claim), holder(hit))).collect();
        prop_assert!(ranks.is_sorted(), "{}", subject);
        let mut found: Vec<_> =
            hits.iter().map(|hit| (holder(hit).to_string(), hit.claim.clone())).collect();
        found.sort();
        prop_assert_eq!(found, claims(&scan(records, &subject, None)), "{}", subject);
    }
    Ok(())
}

fn check_store(store: &Store, records: &[Organisation]) -> Result<(), TestCaseError> {
    let all = store.responsible_for_all(subjects()).unwrap();
    for (subject, answer) in subjects().into_iter().zip(all) {
        let expected = scan(records, &subject, None);
        prop_assert_eq!(said(&answer), expected, "{}", subject);
        let by_query = store.lookup().responsible_by_query(subject.clone()).unwrap();
        prop_assert_eq!(&by_query, &answer, "{}", subject);
        let one = store.responsible_for(subject.clone()).unwrap();
        prop_assert_eq!(&one, &answer, "{}", subject);
        let lookup = store.lookup().sector("ENERGY");
        let refined = said(&lookup.responsible_for(subject.clone()).unwrap());
        prop_assert_eq!(refined, scan(records, &subject, Some("energy")), "{}", subject);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn lookup_answers_as_a_scan_whatever_happens(
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let store = store();
        let mut held = Vec::new();
        for step in steps {
            match step {
                Step::Put(number, name, values) => {
                    store.organisations().upsert(made((number, name, values))).unwrap();
                }
                Step::PutAll(all) => {
                    store.organisations().upsert_all(all.into_iter().map(made)).unwrap();
                }
                Step::Remove(number) => {
                    if store.organisations().get(id(number)).unwrap().is_some() {
                        store.organisations().remove(id(number)).unwrap();
                    }
                }
                Step::Undo(back) => {
                    // The first change set is that of the templates.
                    let sets = store.change_sets(back + 2).unwrap();
                    if sets.len() == back + 2 {
                        store.undo(sets[back].id).unwrap();
                    }
                }
                Step::Hold => {
                    let records = store.organisations().find().all().unwrap();
                    held.push((store.lookup().snapshot().unwrap(), records));
                }
                Step::Refresh => {
                    store.lookup().refresh().unwrap();
                }
            }
            let records = store.organisations().find().all().unwrap();
            check_store(&store, &records)?;
        }
        for (snapshot, records) in &held {
            check_snapshot(snapshot, records)?;
        }
        let records = store.organisations().find().all().unwrap();
        check_snapshot(&store.lookup().snapshot().unwrap(), &records)?;
    }
}
