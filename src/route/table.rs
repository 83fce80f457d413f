//! The table: a definition that was judged, with the index that makes deciding fast.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::behavior::{Behavior, Behaviors, KeyedQuery, Placement};
use super::condition::ValueTest;
use super::decision::{BehaviorRef, RequestBehavior};
use super::definition::{About, Action, Definition, OriginAction, Route};
use super::ids::{BehaviorId, OriginId, RouteId};
use super::index::Index;
use super::origin::Origin;
use super::pattern::PathPattern;
use super::patterns::ProgramStore;
use super::reach::Reach;
use super::time::epoch_of;
use crate::text::Timestamp;

/// A checked table with the index that makes deciding fast. Made by [`Table::compile`] and by nothing else: what was
/// stored is what was compiled, by the same build.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "StoredTable")]
pub struct Table {
    definition: Definition,
    /// Every `from` and `until`, sorted, each once.
    instants: Vec<Timestamp>,
    index: Index,
    /// What of a query is in the cache key of each behavior, in their order.
    keyed_queries: Vec<KeyedQuery>,
    /// Of a table that was compiled here; the edge has no use for it.
    #[serde(skip)]
    reach: Option<Reach>,
}

/// A table whose patterns have no place for what they are compiled to.
#[derive(Deserialize)]
struct StoredTable {
    definition: Definition,
    instants: Vec<Timestamp>,
    index: Index,
    keyed_queries: Vec<KeyedQuery>,
}

impl From<StoredTable> for Table {
    fn from(stored: StoredTable) -> Table {
        let StoredTable { mut definition, instants, index, keyed_queries } = stored;
        let store = Arc::new(ProgramStore::new());
        let mut numbers = 0..;
        for route in &mut definition.routes {
            let mut number = || numbers.next().unwrap_or_default();
            for pattern in route.path.each_mut() {
                match pattern {
                    PathPattern::Glob(glob) => glob.keep_in(&store, number()),
                    PathPattern::Regex(regex) => regex.keep_in(&store, number()),
                    _ => {}
                }
            }
            for condition in &mut route.conditions {
                if let ValueTest::Regex(regex) = &mut condition.test {
                    regex.keep_in(&store, number());
                }
            }
        }
        Table { definition, instants, index, keyed_queries, reach: None }
    }
}

/// Why a definition is not a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// A position that is none of the origins'.
    #[error("{of} names origin number {position}, and there are {count}")]
    UnknownOrigin {
        /// `default`, a behavior or a route.
        of: String,
        /// What it names.
        position: usize,
        /// How many there are.
        count: usize,
    },
    /// A redirect map without rows to look up, or rows with another action.
    #[error("route `{0}` has rows of a redirect map and another action, or the other way round")]
    MapAndAction(String),
    /// Cache keys of other behaviors.
    #[error("there are {keys} cache keys for {behaviors} behaviors")]
    Keys {
        /// How many keys.
        keys: usize,
        /// How many behaviors.
        behaviors: usize,
    },
    /// Several paths of which one is a map or several again, or that are none.
    #[error("route `{0}` has a list of paths that are not of one kind, or none")]
    List(String),
    /// More routes and rows than can be numbered.
    #[error("{0} routes and map rows are more than a table can have")]
    TooMany(usize),
}

impl Table {
    /// Judges a definition, lets GET take HEAD, and builds the index. O(n) in routes and map rows.
    ///
    /// # Errors
    /// The definition contradicts itself: a position is out of range, or a route's path and action do not fit.
    pub fn compile(mut definition: Definition) -> Result<Table, CompileError> {
        judge(&definition)?;
        definition.routes.iter_mut().for_each(Route::take_head);
        let reach = Reach::of(&definition);
        let behaviors = (0..=definition.behaviors.by_pattern.len()).map(BehaviorId);
        let keyed_queries = behaviors.map(|behavior| reach.keyed_query(&definition, behavior)).collect();
        Ok(Table { reach: Some(reach), ..Table::build(definition, keyed_queries) })
    }

    /// The same of a definition whose distribution was made for another one: what is in its cache keys is told.
    ///
    /// # Errors
    /// Those of [`Table::compile`]; or there are not as many keys as behaviors.
    pub fn compile_with_keys(
        mut definition: Definition,
        keyed_queries: Vec<KeyedQuery>,
    ) -> Result<Table, CompileError> {
        judge(&definition)?;
        definition.routes.iter_mut().for_each(Route::take_head);
        let behaviors = definition.behaviors.all().count();
        if keyed_queries.len() != behaviors {
            return Err(CompileError::Keys { keys: keyed_queries.len(), behaviors });
        }
        Ok(Table::build(definition, keyed_queries))
    }

    fn build(definition: Definition, keyed_queries: Vec<KeyedQuery>) -> Table {
        let windows = definition.routes.iter().map(Route::window);
        let mut instants: Vec<Timestamp> = windows.flat_map(|window| [window.from, window.until]).flatten().collect();
        instants.sort_unstable();
        instants.dedup();
        let index = Index::build(&definition);
        Table::from(StoredTable { definition, instants, index, keyed_queries })
    }

    /// What the table says.
    #[must_use]
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// Puts a text before the name of every file, so that the names are found from another folder.
    pub fn prefix_file_names(&mut self, prefix: &str) {
        self.definition.files.iter_mut().for_each(|name| name.insert_str(0, prefix));
    }

    /// The name of one of its files; empty where it has none there: a table need not have been read from files.
    #[must_use]
    pub fn file_of(&self, file: usize) -> &str {
        self.definition.files.get(file).map_or("", String::as_str)
    }

    /// The same table without what it says to people, which would only take memory at the edge.
    #[must_use]
    pub fn without_words(mut self) -> Table {
        self.definition.routes.iter_mut().for_each(|route| route.about = About::default());
        self
    }

    /// In the order they are tried.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.definition.routes
    }

    /// What finds the deciding route.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Every `from` and `until`, sorted, each once.
    #[must_use]
    pub fn instants(&self) -> &[Timestamp] {
        &self.instants
    }

    /// Who can answer in which behavior: known of a table that was compiled, worked out again of one that was stored.
    #[must_use]
    pub fn reach(&self) -> Cow<'_, Reach> {
        self.reach.as_ref().map_or_else(|| Cow::Owned(Reach::of(&self.definition)), Cow::Borrowed)
    }

    /// What takes every request that no route takes.
    #[must_use]
    pub fn default_id(&self) -> OriginId {
        OriginId(self.definition.default)
    }

    /// The origin of every request that no route takes.
    #[must_use]
    pub fn default_origin(&self) -> &Origin {
        self.origin(self.default_id())
    }

    /// Every cache behavior, in CloudFront's order; the default one is the last.
    pub fn behavior_ids(&self) -> impl DoubleEndedIterator<Item = BehaviorId> + use<> {
        (0..=self.definition.behaviors.by_pattern.len()).map(BehaviorId)
    }

    /// Whether the table tells of more than the default behavior.
    #[must_use]
    pub fn has_several_behaviors(&self) -> bool {
        !self.definition.behaviors.by_pattern.is_empty()
    }

    /// Where a raw path falls in each of its spellings.
    #[must_use]
    pub fn placement(&self, raw: &str) -> Placement {
        self.definition.behaviors.place(raw, self.definition.canonical.path_parameters)
    }

    /// The cache behavior of a raw path, where there are several.
    #[must_use]
    pub fn placed(&self, raw: &str) -> Option<RequestBehavior<'_>> {
        self.has_several_behaviors().then(|| {
            let placement = self.placement(raw);
            let other = placement.other().map(|other| self.behavior_ref(other));
            RequestBehavior { behavior: self.behavior_ref(placement.clean), other }
        })
    }

    /// A cache behavior with what people know it by.
    #[must_use]
    pub fn behavior_ref(&self, id: BehaviorId) -> BehaviorRef<'_> {
        let pattern = self.definition.behaviors.by_pattern.get(id.position()).map(|(pattern, _)| pattern);
        let configured = self.origin(self.configured_id(id));
        BehaviorRef { id, pattern, configured, is_routed: self.behavior(id).is_routed }
    }

    /// What CloudFront itself has on a behavior.
    #[must_use]
    pub fn configured_id(&self, behavior: BehaviorId) -> OriginId {
        OriginId(self.behavior(behavior).configured)
    }

    /// The second member of a behavior's origin group, where it has one.
    #[must_use]
    pub fn failover_id(&self, behavior: BehaviorId) -> Option<OriginId> {
        self.behavior(behavior).failover.map(OriginId)
    }

    /// What of a query may be sent on with a request of this method and raw path: one that has an answer in the cache
    /// gets no more than the key of its behavior holds (rule 12), and every other its whole query.
    #[must_use]
    pub fn sent_query(&self, method: &str, path: &str) -> &KeyedQuery {
        match method {
            "GET" | "HEAD" => self.keyed_query(self.definition.behaviors.of_path(path)),
            _ => &KeyedQuery::All,
        }
    }

    /// Every origin, in written order.
    pub fn origin_ids(&self) -> impl DoubleEndedIterator<Item = OriginId> + use<> {
        (0..self.definition.origins.len()).map(OriginId)
    }

    /// The origin that one of this table's routes sends to.
    #[must_use]
    pub fn target_of(&self, action: &OriginAction) -> OriginId {
        OriginId(action.origin)
    }

    /// The epoch that a request is decided in: what its gate tells, else that of its time.
    #[must_use]
    pub fn epoch(&self, epoch: Option<u64>, time: Option<Timestamp>) -> Option<u64> {
        epoch.or_else(|| time.map(|time| epoch_of(&self.instants, time)))
    }

    /// The first instant after a moment.
    #[must_use]
    pub fn next_instant(&self, moment: Timestamp) -> Option<Timestamp> {
        self.instants.get(self.instants.partition_point(|&instant| instant <= moment)).copied()
    }
}

/// What an id stands for.
#[allow(clippy::indexing_slicing, reason = "a table makes its ids itself, of positions that `judge` has seen")]
impl Table {
    /// An origin.
    #[must_use]
    pub fn origin(&self, id: OriginId) -> &Origin {
        &self.definition.origins[id.position()]
    }

    /// A cache behavior.
    #[must_use]
    pub fn behavior(&self, id: BehaviorId) -> &Behavior {
        let Behaviors { by_pattern, default } = &self.definition.behaviors;
        by_pattern.get(id.position()).map_or(default, |(_, behavior)| behavior)
    }

    /// What of a query is in the cache key of a behavior: what [`Reach::asks`] names, or all of it.
    #[must_use]
    pub fn keyed_query(&self, behavior: BehaviorId) -> &KeyedQuery {
        &self.keyed_queries[behavior.position()]
    }

    /// A route.
    #[must_use]
    pub fn route(&self, id: RouteId) -> &Route {
        &self.definition.routes[id.position()]
    }
}

fn judge(definition: &Definition) -> Result<(), CompileError> {
    known(definition, definition.default, || "`default`".to_owned())?;
    for behavior in definition.behaviors.all() {
        known(definition, behavior.configured, || "`configured_origin`".to_owned())?;
        known(definition, behavior.failover.unwrap_or_default(), || "`failover`".to_owned())?;
    }
    for route in &definition.routes {
        if let Action::Origin(action) = &route.action {
            known(definition, action.origin, || format!("route `{}`", route.id))?;
        }
        if matches!(route.path, PathPattern::Map(_)) != matches!(route.action, Action::RedirectMap(_)) {
            return Err(CompileError::MapAndAction(route.id.clone()));
        }
        if let PathPattern::AnyOf(several) = &route.path {
            let is_one = |one: &PathPattern| !matches!(one, PathPattern::Map(_) | PathPattern::AnyOf(_));
            if several.is_empty() || !several.iter().all(|one| is_one(one) && one.key() == route.path.key()) {
                return Err(CompileError::List(route.id.clone()));
            }
        }
    }
    let rows = definition.routes.iter().map(|route| route.path.rows().len().max(route.path.each().len()));
    let count = rows.sum::<usize>().saturating_add(definition.routes.len());
    // The index numbers lists, nodes and texts beside them: a quarter of the numbers is theirs.
    if count > (u32::MAX / 4) as usize { Err(CompileError::TooMany(count)) } else { Ok(()) }
}

fn known(definition: &Definition, position: usize, of: impl FnOnce() -> String) -> Result<(), CompileError> {
    let count = definition.origins.len();
    if position < count { Ok(()) } else { Err(CompileError::UnknownOrigin { of: of(), position, count }) }
}
