//! A fixed view for bulk work.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use cerebrate_core::constituency::{BasisKind, Claim};
use cerebrate_core::id::OrganisationId;
use cerebrate_core::subject::Subject;
use cerebrate_core::value::IpPrefix;
use smallvec::SmallVec;

use super::candidate;
use super::index::{ClaimId, Counts, NO_ORGANISATION, View};
use super::seen::Seen;
use super::state::{Covering, State};
use crate::feed::Cursor;
use crate::sight::Viewer;

/// Who is responsible for what, as of one moment, in memory. A cheap clone; share it between
/// threads, and take a new one to see what changed.
///
/// Organisations are numbers here; [`Snapshot::organisation`] tells who they are, and their names
/// are read from the store on demand.
///
/// ```
/// use cerebrate_store::Store;
/// use cerebrate_store::lookup::index::NO_ORGANISATION;
///
/// let store = Store::in_memory()?;
/// let snapshot = store.lookup().snapshot()?;
/// let addresses = [0xc000_0207, 0x0a00_0001];
/// let mut organisations = [NO_ORGANISATION; 2];
/// snapshot.organisations4(&addresses, &mut organisations);
/// assert_eq!(organisations, [NO_ORGANISATION; 2]);
/// for (number, prefix) in snapshot.prefixes("192.0.2.7".parse().expect("an address")) {
///     println!("{:?} because of {prefix}", snapshot.organisation(number));
/// }
/// # Ok::<(), cerebrate_core::Error>(())
/// ```
///
/// Of a [store that a user sees](crate::Store::as_actor) it answers what that user sees.
#[derive(Debug, Clone)]
pub struct Snapshot {
    state: Arc<State>,
    /// The organisations that the user sees who looks, unless all are.
    seen: Option<Arc<Seen>>,
}

/// A claim that matches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit {
    /// The number of the organisation whose it is; [`Snapshot::organisation`] tells who that is.
    pub organisation: u32,
    /// What is claimed.
    pub claim: Claim,
    /// The number of the claim: the later in an organisation's values, the higher.
    id: ClaimId,
}

/// The claims that match, best first: a slice that up to two need no heap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits(SmallVec<[Hit; 2]>);

/// The claims to the prefixes around an address or network, most specific first: the number of the
/// organisation and the prefix. See [`Snapshot::prefixes`].
#[derive(Debug, Clone)]
pub struct Prefixes<'a> {
    covering: Covering<'a>,
    seen: Option<&'a Seen>,
}

impl Snapshot {
    pub(super) fn of(state: Arc<State>, viewer: Option<&Arc<Viewer>>) -> Self {
        let viewer = viewer.filter(|viewer| !viewer.sees_all_organisations());
        let seen = viewer.map(|viewer| {
            viewer.seen_at(state.seq, || {
                Seen::of(&state.organisations, |id| viewer.sees_organisation(id))
            })
        });
        Snapshot { state, seen }
    }

    /// The place in the feed up to which changes are seen.
    pub fn cursor(&self) -> Cursor {
        Cursor::at(self.state.seq)
    }

    /// Every claim that matches, best first. An organisation stands here once for each of its
    /// claims; those of equal rank are in the order of UUIDs.
    pub fn responsible(&self, subject: &Subject) -> Hits {
        let mut hits = SmallVec::new();
        self.state.each_matching(subject, |by, claim| {
            if self.sees(by.organisation) {
                hits.push(Hit { organisation: by.organisation, claim, id: by.id });
            }
        });
        if hits.len() > 1 {
            hits.sort_by(|one, other| self.in_order(one, other));
        }
        Hits(hits)
    }

    /// The order of hits: best first, then by organisation, then as its values stand.
    fn in_order(&self, one: &Hit, other: &Hit) -> Ordering {
        let specificity = |hit: &Hit| candidate::specificity(&hit.claim);
        let organisation = |hit: &Hit| self.organisation(hit.organisation);
        specificity(one)
            .cmp(&specificity(other))
            .then_with(|| organisation(one).cmp(&organisation(other)))
            .then_with(|| (one.id, &one.claim).cmp(&(other.id, &other.claim)))
    }

    /// The claims to prefixes around an address, most specific first, without allocating. An
    /// IPv4-mapped address counts as the IPv4 address.
    #[inline]
    pub fn prefixes(&self, address: IpAddr) -> Prefixes<'_> {
        self.covering(IpPrefix::host(address))
    }

    /// The claims to prefixes that cover a whole network, most specific first.
    #[inline]
    pub fn covering(&self, network: IpPrefix) -> Prefixes<'_> {
        self.seen(self.state.covering(network))
    }

    /// The number of the organisation with the most specific prefix around an IPv4 address; if
    /// several claim that prefix, of one of them.
    #[inline]
    pub fn organisation4(&self, address: u32) -> Option<u32> {
        let first = self.state.view.organisation4(address)?;
        if self.sees(first) { Some(first) } else { self.seen4(address) }
    }

    /// [`Snapshot::organisation4`] for many addresses: the answer to `addresses[i]`, or
    /// [`NO_ORGANISATION`](super::index::NO_ORGANISATION), is written to `organisations[i]`, for
    /// as many as both slices have.
    pub fn organisations4(&self, addresses: &[u32], organisations: &mut [u32]) {
        self.state.view.organisations4(addresses, organisations);
        if self.seen.is_some() {
            for (address, organisation) in addresses.iter().zip(organisations) {
                if *organisation != NO_ORGANISATION && !self.sees(*organisation) {
                    *organisation = self.seen4(*address).unwrap_or(NO_ORGANISATION);
                }
            }
        }
    }

    /// As [`Snapshot::organisation4`], for IPv6.
    #[inline]
    pub fn organisation6(&self, address: u128) -> Option<u32> {
        let first = self.state.view.organisation6(address)?;
        if self.sees(first) { Some(first) } else { self.seen6(address) }
    }

    /// As [`Snapshot::organisations4`], for IPv6.
    pub fn organisations6(&self, addresses: &[u128], organisations: &mut [u32]) {
        self.state.view.organisations6(addresses, organisations);
        if self.seen.is_some() {
            for (address, organisation) in addresses.iter().zip(organisations) {
                if *organisation != NO_ORGANISATION && !self.sees(*organisation) {
                    *organisation = self.seen6(*address).unwrap_or(NO_ORGANISATION);
                }
            }
        }
    }

    /// Who has this number; `None` if nobody who claims anything.
    #[inline]
    pub fn organisation(&self, number: u32) -> Option<OrganisationId> {
        let id = OrganisationId::new(self.state.organisations.get(number)?.id);
        self.sees(number).then_some(id)
    }

    /// The index itself, for questions about AS numbers, domains and countries; `None` for a user
    /// who does not see all organisations.
    pub fn view(&self) -> Option<&View> {
        self.seen.is_none().then_some(&self.state.view)
    }

    /// How many claims there are, without changes that are not merged yet; `None` for a user who
    /// does not see all organisations.
    pub fn counts(&self) -> Option<Counts> {
        self.view().map(|view| view.base().counts())
    }

    /// Bytes on the heap, without changes that are not merged yet: the index and the table of
    /// organisations.
    pub fn memory(&self) -> usize {
        self.state.view.base().memory().total() + self.state.organisations.memory()
    }

    fn seen4(&self, address: u32) -> Option<u32> {
        let claims = self.state.view.covering4(address, 32);
        claims.map(|hit| hit.claim.organisation).find(|number| self.sees(*number))
    }

    fn seen6(&self, address: u128) -> Option<u32> {
        let claims = self.state.view.covering6(address, 128);
        claims.map(|hit| hit.claim.organisation).find(|number| self.sees(*number))
    }

    /// Whether the organisation of that number is seen.
    #[inline]
    fn sees(&self, number: u32) -> bool {
        self.seen.as_ref().is_none_or(|seen| seen.has(number))
    }

    fn seen<'a>(&'a self, covering: Covering<'a>) -> Prefixes<'a> {
        Prefixes { covering, seen: self.seen.as_deref() }
    }
}

impl Hit {
    /// What kind of reason it is.
    pub fn kind(&self) -> BasisKind {
        self.claim.basis_kind()
    }
}

impl Deref for Hits {
    type Target = [Hit];

    #[inline]
    fn deref(&self) -> &[Hit] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Hits {
    type Item = &'a Hit;
    type IntoIter = std::slice::Iter<'a, Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Hits {
    type Item = Hit;
    type IntoIter = std::vec::IntoIter<Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl Iterator for Prefixes<'_> {
    type Item = (u32, IpPrefix);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (claim, prefix) = self.covering.next()?;
            if self.seen.is_none_or(|seen| seen.has(claim.organisation)) {
                return Some((claim.organisation, prefix));
            }
        }
    }
}
