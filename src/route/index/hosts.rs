//! Routes grouped into sections by the hosts that they answer for, so that no request looks at another site's routes.

use std::collections::HashMap;

use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};

use super::hash::{Slots, hash, place};
use crate::route::condition::{AnyLabel, HostPattern};
use crate::route::definition::Definition;

/// The section of the routes without hosts, and of those whose hosts are in too many sets.
pub(super) const SHARED: u32 = 0;

/// At most so many sections for one host: the rest of its sets are in [`SHARED`].
const SECTIONS_PER_HOST: usize = 4;
/// No DNS name is longer (RFC 1035 2.3.4).
const LONGEST: usize = 255;

/// Places of names in `sections`.
const NAME: u32 = 0;
const ANY_LABEL: u32 = 1;

/// From hosts to sections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hosts {
    /// By lower-case name. A section that only seems to be meant is of no harm where its routes' hosts are checked;
    /// so they are.
    sections: Slots,
}

impl Hosts {
    /// Calls with every section whose routes may answer for a host (bare, any case).
    pub(super) fn sections(&self, host: Option<&str>, mut call: impl FnMut(u32)) {
        call(SHARED);
        let Some(host) = host.filter(|host| host.len() <= LONGEST && !self.sections.is_empty()) else { return };
        let mut lower: ArrayVec<u8, LONGEST> = host.bytes().collect();
        lower.make_ascii_lowercase();
        self.sections.find(place(hash(&lower), NAME)).for_each(&mut call);
        if let Some(dot) = lower.iter().position(|&byte| byte == b'.') {
            self.sections.find(place(hash(&lower[dot + 1..]), ANY_LABEL)).for_each(&mut call);
        }
    }

    /// The table, the section of each route, and how many sections there are.
    pub(super) fn build(definition: &Definition) -> (Hosts, Vec<u32>, u32) {
        let mut builder = HostSets { count: SHARED + 1, ..HostSets::default() };
        let sections = definition.routes.iter().map(|route| builder.section(route.hosts())).collect();
        (Hosts { sections: Slots::new(&builder.pairs) }, sections, builder.count)
    }
}

#[derive(Default)]
struct HostSets<'t> {
    sections: HashMap<Vec<&'t HostPattern>, u32>,
    /// How many sections a host has.
    uses: HashMap<&'t HostPattern, usize>,
    pairs: Vec<(u64, u32)>,
    count: u32,
}

impl<'t> HostSets<'t> {
    fn section(&mut self, hosts: &'t [HostPattern]) -> u32 {
        if hosts.is_empty() {
            return SHARED;
        }
        let mut set: Vec<&HostPattern> = hosts.iter().collect();
        set.sort_unstable();
        set.dedup();
        if let Some(&section) = self.sections.get(&set) {
            return section;
        }
        let section = if set.iter().all(|host| self.has_room(host)) { self.open(&set) } else { SHARED };
        self.sections.insert(set, section);
        section
    }

    fn has_room(&self, host: &HostPattern) -> bool {
        self.uses.get(host).is_none_or(|&uses| uses < SECTIONS_PER_HOST) && name(host).1.len() <= LONGEST
    }

    fn open(&mut self, set: &[&'t HostPattern]) -> u32 {
        let section = self.count;
        self.count += 1;
        for host in set {
            *self.uses.entry(host).or_default() += 1;
            self.pairs.push((key(host), section));
        }
        section
    }
}

fn name(host: &HostPattern) -> (u32, &str) {
    match host {
        HostPattern::Name(name) => (NAME, name),
        HostPattern::AnyLabel(AnyLabel { parent, .. }) => (ANY_LABEL, parent),
    }
}

fn key(host: &HostPattern) -> u64 {
    let (kind, name) = name(host);
    place(hash(name.to_ascii_lowercase().as_bytes()), kind)
}
