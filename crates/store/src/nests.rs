//! Resource groups inside each other: without circles, and bounded.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder};
use sekisho_model::Timestamp;
use sekisho_model::id::ResourceGroupId;

use crate::access::{Access, sealed::Connected};
use crate::error::StoreError;
use crate::resource_groups::ResourceGroups;
use crate::sight::Reached;
use crate::stored::{all, insert, one, record};
use crate::unit_of_work::UnitOfWork;

record! {
    struct Nest in nest_row "resource_group_nests" {
        [primary_key] outer_group: ResourceGroupId,
        [primary_key] inner_group: ResourceGroupId,
        added_at: Timestamp,
    }
}

/// The most groups inside one group, at every depth.
pub const MAX_INSIDE: usize = 200;

/// The most groups inside each other.
pub const MAX_NESTING: u16 = 8;

/// The most nests that one step reads.
const STEP: u64 = 10_000;

impl<A: Access> ResourceGroups<'_, A> {
    /// Some groups and every group inside them, each with how deep it lies
    /// below the one that was begun with. A group that can be reached on
    /// several ways is there once, by the shortest.
    pub async fn reach(&self, roots: &[ResourceGroupId]) -> Result<Vec<Reached>, StoreError> {
        if roots.is_empty() {
            return Ok(Vec::new());
        }
        let inner = self.inner_of(roots).await?;
        let mut found: BTreeMap<(ResourceGroupId, ResourceGroupId), u16> = BTreeMap::new();
        for root in roots {
            let mut layer = BTreeSet::from([*root]);
            for depth in 0..=MAX_NESTING {
                let mut next = BTreeSet::new();
                for group in layer {
                    if let std::collections::btree_map::Entry::Vacant(place) =
                        found.entry((*root, group))
                    {
                        place.insert(depth);
                        next.extend(inner.get(&group).into_iter().flatten().copied());
                    }
                }
                layer = next;
            }
        }
        let ids: BTreeSet<ResourceGroupId> = found.keys().map(|(_, group)| *group).collect();
        let groups = self.find_many(ids).await?;
        let groups: BTreeMap<_, _> = groups.into_iter().map(|group| (group.id, group)).collect();
        let reached = found.into_iter().filter_map(|((root, id), depth)| {
            let group = groups.get(&id)?;
            let (owner, criteria) = (group.owner, group.criteria.clone());
            Some(Reached { root, group: id, depth, owner, criteria })
        });
        Ok(reached.collect())
    }

    /// The groups directly inside each of some groups, and inside those.
    async fn inner_of(
        &self,
        roots: &[ResourceGroupId],
    ) -> Result<BTreeMap<ResourceGroupId, Vec<ResourceGroupId>>, StoreError> {
        let mut inner: BTreeMap<ResourceGroupId, Vec<ResourceGroupId>> = BTreeMap::new();
        let mut layer: BTreeSet<ResourceGroupId> = roots.iter().copied().collect();
        let mut seen = layer.clone();
        for _ in 0..=MAX_NESTING {
            if layer.is_empty() {
                break;
            }
            let nests = self.nests(nest_row::Column::OuterGroup, &layer).await?;
            layer = BTreeSet::new();
            for nest in nests {
                inner.entry(nest.outer_group).or_default().push(nest.inner_group);
                if seen.insert(nest.inner_group) {
                    layer.insert(nest.inner_group);
                }
            }
        }
        Ok(inner)
    }

    /// The groups directly inside one, in the order of their ids.
    pub async fn inside(&self, group: ResourceGroupId) -> Result<Vec<ResourceGroupId>, StoreError> {
        let nests = self.nests(nest_row::Column::OuterGroup, &BTreeSet::from([group])).await?;
        Ok(nests.into_iter().map(|nest| nest.inner_group).collect())
    }

    /// The groups that one stands in directly, in the order of their ids.
    pub async fn outside(
        &self,
        group: ResourceGroupId,
    ) -> Result<Vec<ResourceGroupId>, StoreError> {
        let nests = self.nests(nest_row::Column::InnerGroup, &BTreeSet::from([group])).await?;
        Ok(nests.into_iter().map(|nest| nest.outer_group).collect())
    }

    /// Every group around each of some groups, at every depth.
    pub async fn around(
        &self,
        groups: &BTreeSet<ResourceGroupId>,
    ) -> Result<BTreeMap<ResourceGroupId, BTreeSet<ResourceGroupId>>, StoreError> {
        let mut outer: BTreeMap<ResourceGroupId, Vec<ResourceGroupId>> = BTreeMap::new();
        let mut layer = groups.clone();
        let mut seen = layer.clone();
        while !layer.is_empty() {
            let nests = self.nests(nest_row::Column::InnerGroup, &layer).await?;
            layer = BTreeSet::new();
            for nest in nests {
                outer.entry(nest.inner_group).or_default().push(nest.outer_group);
                if seen.insert(nest.outer_group) {
                    layer.insert(nest.outer_group);
                }
            }
        }
        let around = |group: &ResourceGroupId| {
            let mut found = BTreeSet::new();
            let mut left = outer.get(group).cloned().unwrap_or_default();
            while let Some(next) = left.pop() {
                if found.insert(next) {
                    left.extend(outer.get(&next).into_iter().flatten().copied());
                }
            }
            (*group, found)
        };
        Ok(groups.iter().map(around).collect())
    }

    /// A way from one group to another one inside it, both included; `None`
    /// when there is none. Who nests must not close a circle.
    pub async fn way(
        &self,
        from: ResourceGroupId,
        to: ResourceGroupId,
    ) -> Result<Option<Vec<ResourceGroupId>>, StoreError> {
        let inner = self.inner_of(&[from]).await?;
        let mut came_from: BTreeMap<ResourceGroupId, ResourceGroupId> = BTreeMap::new();
        let mut left = std::collections::VecDeque::from([from]);
        while let Some(at) = left.pop_front() {
            if at == to {
                let mut way = vec![at];
                let mut back = at;
                while let Some(before) = came_from.get(&back) {
                    way.push(*before);
                    back = *before;
                }
                way.reverse();
                return Ok(Some(way));
            }
            for next in inner.get(&at).into_iter().flatten() {
                if *next != from && !came_from.contains_key(next) {
                    came_from.insert(*next, at);
                    left.push_back(*next);
                }
            }
        }
        Ok(None)
    }

    /// How many groups lie above each other at most from the outermost one
    /// around a group down to it: 0 for one that is in none.
    pub async fn height(&self, group: ResourceGroupId) -> Result<u16, StoreError> {
        let mut height = 0;
        let mut layer = BTreeSet::from([group]);
        while height <= MAX_NESTING {
            let nests = self.nests(nest_row::Column::InnerGroup, &layer).await?;
            layer = nests.into_iter().map(|nest| nest.outer_group).collect();
            if layer.is_empty() {
                break;
            }
            height += 1;
        }
        Ok(height)
    }

    /// How many groups lie below each other at most inside a group: 0 for one
    /// with none inside.
    pub async fn depth(&self, group: ResourceGroupId) -> Result<u16, StoreError> {
        let mut depth = 0;
        let mut layer = BTreeSet::from([group]);
        while depth <= MAX_NESTING {
            let nests = self.nests(nest_row::Column::OuterGroup, &layer).await?;
            layer = nests.into_iter().map(|nest| nest.inner_group).collect();
            if layer.is_empty() {
                break;
            }
            depth += 1;
        }
        Ok(depth)
    }

    async fn nests(
        &self,
        column: nest_row::Column,
        of: &BTreeSet<ResourceGroupId>,
    ) -> Result<Vec<Nest>, StoreError> {
        let select = nest_row::Entity::find()
            .filter(column.is_in(of.iter().map(|id| id.uuid())))
            .order_by(nest_row::Column::OuterGroup, Order::Asc)
            .order_by(nest_row::Column::InnerGroup, Order::Asc);
        all(&self.at.db(), select, STEP).await
    }
}

impl ResourceGroups<'_, UnitOfWork> {
    /// Puts a group into another one. Returns whether it was not in it. Who
    /// asks has made sure, with the owner of both locked, that it closes no
    /// circle.
    pub async fn nest(
        &self,
        outer: ResourceGroupId,
        inner: ResourceGroupId,
    ) -> Result<bool, StoreError> {
        let db = self.at.db();
        let key = (outer.uuid(), inner.uuid());
        if one::<Nest>(&db, nest_row::Entity::find_by_id(key)).await?.is_some() {
            return Ok(false);
        }
        let nest = Nest { outer_group: outer, inner_group: inner, added_at: self.at.now() };
        insert(&db, nest).await?;
        Ok(true)
    }

    /// Takes a group out of another one. Returns whether it was in it.
    pub async fn unnest(
        &self,
        outer: ResourceGroupId,
        inner: ResourceGroupId,
    ) -> Result<bool, StoreError> {
        let key = (outer.uuid(), inner.uuid());
        let done = nest_row::Entity::delete_by_id(key).exec(&self.at.db()).await?;
        Ok(done.rows_affected == 1)
    }

    /// Takes a group out of every other one, and every other one out of it.
    pub(crate) async fn unnest_all(&self, group: ResourceGroupId) -> Result<(), StoreError> {
        let either = Condition::any()
            .add(nest_row::Column::OuterGroup.eq(group.uuid()))
            .add(nest_row::Column::InnerGroup.eq(group.uuid()));
        nest_row::Entity::delete_many().filter(either).exec(&self.at.db()).await?;
        Ok(())
    }
}
