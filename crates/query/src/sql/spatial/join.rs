//! The operator: one side in an R-tree of boxes, the other asked row by row.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, filter, take};
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinSide, JoinType};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::utils::{conjunction_opt, split_conjunction};
use datafusion::physical_expr::{PhysicalExprRef, ScalarFunctionExpr};
use datafusion::physical_plan::joins::utils::{ColumnIndex, JoinFilter, build_join_schema};
use datafusion::physical_plan::joins::{NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, Distribution, ExecutionPlan, ExecutionPlanProperties, PhysicalExpr,
    PlanProperties,
};
use futures::future::{BoxFuture, Shared};
use futures::{FutureExt, StreamExt, TryStreamExt};
use parking_lot::Mutex;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::shapes::{self, Relation, Shape};

/// An inner join on a spatial relation. The left side is held in memory.
pub(crate) struct SpatialJoinExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    /// The whole condition, as the nested loops had it.
    condition: JoinFilter,
    projection: Option<Vec<usize>>,
    on: On,
    /// The rest of the condition.
    rest: Option<JoinFilter>,
    /// Where each column of the answer comes from.
    output: Vec<ColumnIndex>,
    properties: Arc<PlanProperties>,
    built: Mutex<Option<Building>>,
}

type Building = Shared<BoxFuture<'static, Result<Arc<Built>, Arc<DataFusionError>>>>;

/// The relation, and what each side gives to it.
#[derive(Debug, Clone)]
struct On {
    relation: Relation,
    left: PhysicalExprRef,
    right: PhysicalExprRef,
    /// Whether the left side is the relation's first argument.
    left_first: bool,
}

/// The left side.
struct Built {
    rows: RecordBatch,
    shapes: Vec<Option<Shape>>,
    boxes: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
    _memory: MemoryReservation,
}

impl SpatialJoinExec {
    /// The join that answers the same as these nested loops; `None` when their condition has no
    /// spatial relation between the sides.
    pub(crate) fn in_place_of(nested: &NestedLoopJoinExec) -> Result<Option<SpatialJoinExec>> {
        let Some(condition) = nested.filter() else { return Ok(None) };
        let parts = split_conjunction(condition.expression());
        let found = parts.iter().enumerate().find_map(|(at, part)| Some((at, On::of(part, condition)?)));
        let Some((at, on)) = found else { return Ok(None) };
        let others = parts.iter().enumerate().filter(|(other, _)| *other != at);
        let rest = conjunction_opt(others.map(|(_, part)| Arc::clone(part))).map(|rest| {
            JoinFilter::new(rest, condition.column_indices().to_vec(), Arc::clone(condition.schema()))
        });
        let (left, right) = (nested.left(), nested.right());
        let (_, all) = build_join_schema(&left.schema(), &right.schema(), &JoinType::Inner);
        let projection: Option<Vec<usize>> = nested.projection().as_ref().map(|columns| columns.to_vec());
        let output = match &projection {
            Some(columns) => columns.iter().map(|column| all[*column].clone()).collect(),
            None => all,
        };
        Ok(Some(SpatialJoinExec {
            left: Arc::clone(left),
            right: Arc::clone(right),
            condition: condition.clone(),
            projection,
            on,
            rest,
            output,
            properties: Arc::clone(nested.properties()),
            built: Mutex::default(),
        }))
    }

    /// The nested loops in whose place this stands.
    pub(crate) fn nested(
        &self,
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
    ) -> Result<NestedLoopJoinExec> {
        NestedLoopJoinExecBuilder::new(left, right, JoinType::Inner)
            .with_filter(Some(self.condition.clone()))
            .with_projection(self.projection.clone())
            .build()
    }

    /// The left side, read once for all partitions of the right.
    fn building(&self, context: &Arc<TaskContext>) -> Result<Building> {
        let mut built = self.built.lock();
        if let Some(building) = &*built {
            return Ok(building.clone());
        }
        let rows = self.left.execute(0, Arc::clone(context))?;
        let memory = MemoryConsumer::new("spatial join").register(context.memory_pool());
        let build = Built::read(rows, Arc::clone(&self.on.left), memory);
        let building = build.map(|built| built.map(Arc::new).map_err(Arc::new)).boxed().shared();
        *built = Some(building.clone());
        Ok(building)
    }
}

impl On {
    fn of(part: &PhysicalExprRef, condition: &JoinFilter) -> Option<On> {
        let call = part.downcast_ref::<ScalarFunctionExpr>()?;
        let relation = Relation::of_function(call.fun().name())?;
        let [first, second] = call.args() else { return None };
        for argument in [first, second] {
            let field = argument.return_field(condition.schema()).ok()?;
            if !shapes::readable(&field) {
                return None;
            }
        }
        let (first, second) = (of_one_side(first, condition)?, of_one_side(second, condition)?);
        match (first, second) {
            ((JoinSide::Left, left), (JoinSide::Right, right)) => {
                Some(On { relation, left, right, left_first: true })
            }
            ((JoinSide::Right, right), (JoinSide::Left, left)) => {
                Some(On { relation, left, right, left_first: false })
            }
            _ => None,
        }
    }

    fn holds(&self, left: &Shape, right: &Shape) -> bool {
        match self.left_first {
            true => self.relation.holds(left, right),
            false => self.relation.holds(right, left),
        }
    }
}

/// An expression over columns of one side, as an expression over that side's rows.
fn of_one_side(expression: &PhysicalExprRef, condition: &JoinFilter) -> Option<(JoinSide, PhysicalExprRef)> {
    let mut sides = Vec::new();
    let rewritten = Arc::clone(expression)
        .transform(|node| {
            let Some(column) = node.downcast_ref::<Column>() else { return Ok(Transformed::no(node)) };
            let at = &condition.column_indices()[column.index()];
            sides.push(at.side);
            let column: PhysicalExprRef = Arc::new(Column::new(column.name(), at.index));
            Ok(Transformed::yes(column))
        })
        .data()
        .ok()?;
    let side = *sides.first()?;
    sides.iter().all(|other| *other == side).then_some((side, rewritten))
}

fn shapes_of(expression: &PhysicalExprRef, batch: &RecordBatch) -> Result<Vec<Option<Shape>>> {
    shapes::read(&expression.evaluate(batch)?.into_array(batch.num_rows())?)
}

impl Built {
    async fn read(
        mut input: SendableRecordBatchStream,
        geometry: PhysicalExprRef,
        memory: MemoryReservation,
    ) -> Result<Built> {
        let schema = input.schema();
        let (mut batches, mut shapes) = (Vec::new(), Vec::new());
        while let Some(batch) = input.try_next().await? {
            let here = shapes_of(&geometry, &batch)?;
            let coordinates: usize = here.iter().flatten().map(|shape| shape.coordinates).sum();
            // Edges lie in one or two bands each; a row has its shape, its box and its place in the tree.
            let indexed = coordinates * 96 + here.len() * (size_of::<Option<Shape>>() + 96);
            // The rows are copied into one batch at the end.
            memory.try_grow(2 * batch.get_array_memory_size() + indexed)?;
            shapes.extend(here);
            batches.push(batch);
        }
        let rows = concat_batches(&schema, &batches)?;
        let mut boxes = Vec::with_capacity(shapes.len());
        for (row, shape) in shapes.iter().enumerate() {
            if let Some(shape) = shape {
                let row = u32::try_from(row).map_err(|error| DataFusionError::External(Box::new(error)))?;
                boxes.push(GeomWithData::new(Rectangle::from_corners(shape.lower, shape.upper), row));
            }
        }
        Ok(Built { rows, shapes, boxes: RTree::bulk_load(boxes), _memory: memory })
    }

    /// The rows of this side that have the relation to a shape of the other.
    fn related(&self, on: &On, right: &Shape, found: &mut Vec<u32>) {
        let place = AABB::from_corners(right.lower, right.upper);
        for near in self.boxes.locate_in_envelope_intersecting(&place) {
            let left = &self.shapes[near.data as usize];
            if left.as_ref().is_some_and(|left| on.holds(left, right)) {
                found.push(near.data);
            }
        }
        // The tree has an order of its own; an answer has that of the rows.
        found.sort_unstable();
    }
}

/// A partition of the right side on its way through the join.
struct Probe {
    on: On,
    rest: Option<JoinFilter>,
    output: Vec<ColumnIndex>,
    schema: SchemaRef,
    right: SendableRecordBatchStream,
    building: Building,
    batch_rows: usize,
    current: Option<Current>,
    ready: VecDeque<RecordBatch>,
}

/// A batch of the right side, up to the row that has been joined.
struct Current {
    batch: RecordBatch,
    shapes: Vec<Option<Shape>>,
    row: usize,
}

impl Probe {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let built = self.building.clone().await.map_err(DataFusionError::Shared)?;
        if built.boxes.size() == 0 {
            return Ok(None);
        }
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            let Some(current) = &mut self.current else {
                let Some(batch) = self.right.try_next().await? else { return Ok(None) };
                let shapes = shapes_of(&self.on.right, &batch)?;
                self.current = Some(Current { batch, shapes, row: 0 });
                continue;
            };
            let (mut left, mut right, mut found) = (Vec::new(), Vec::new(), Vec::new());
            while current.row < current.shapes.len() && left.len() < self.batch_rows {
                if let Some(shape) = &current.shapes[current.row] {
                    found.clear();
                    built.related(&self.on, shape, &mut found);
                    left.extend_from_slice(&found);
                    let row = u32::try_from(current.row)
                        .map_err(|error| DataFusionError::External(Box::new(error)))?;
                    right.resize(left.len(), row);
                }
                current.row += 1;
            }
            let batch = current.batch.clone();
            if current.row >= current.shapes.len() {
                self.current = None;
            }
            // One row may relate to very many: what follows is made in pieces.
            for (left, right) in left.chunks(self.batch_rows).zip(right.chunks(self.batch_rows)) {
                let joined = self.joined(&built.rows, &batch, left, right)?;
                if joined.num_rows() > 0 {
                    self.ready.push_back(joined);
                }
            }
            // Long stretches without an answer let others have a turn.
            tokio::task::consume_budget().await;
        }
    }

    fn joined(&self, left: &RecordBatch, right: &RecordBatch, l: &[u32], r: &[u32]) -> Result<RecordBatch> {
        let (mut l, mut r) = (UInt32Array::from(l.to_vec()), UInt32Array::from(r.to_vec()));
        if let Some(rest) = &self.rest {
            let columns = columns(rest.column_indices(), left, right, &l, &r)?;
            let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(l.len()));
            let pairs = RecordBatch::try_new_with_options(Arc::clone(rest.schema()), columns, &options)?;
            let passes = rest.expression().evaluate(&pairs)?.into_array(pairs.num_rows())?;
            let passes = passes.as_boolean();
            l = filter(&l, passes)?.as_primitive().clone();
            r = filter(&r, passes)?.as_primitive().clone();
        }
        let columns = columns(&self.output, left, right, &l, &r)?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(l.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

fn columns(
    from: &[ColumnIndex],
    left: &RecordBatch,
    right: &RecordBatch,
    l: &UInt32Array,
    r: &UInt32Array,
) -> Result<Vec<ArrayRef>> {
    let column = |at: &ColumnIndex| match at.side {
        JoinSide::Left => Ok(take(left.column(at.index), l, None)?),
        JoinSide::Right => Ok(take(right.column(at.index), r, None)?),
        JoinSide::None => Err(DataFusionError::Internal("a column of neither side".to_owned())),
    };
    from.iter().map(column).collect()
}

impl fmt::Debug for SpatialJoinExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpatialJoinExec").field("on", &self.on).finish_non_exhaustive()
    }
}

impl DisplayAs for SpatialJoinExec {
    fn fmt_as(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpatialJoinExec: on={}", self.condition)
    }
}

impl ExecutionPlan for SpatialJoinExec {
    fn name(&self) -> &str {
        "SpatialJoinExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition, Distribution::UnspecifiedDistribution]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn apply_expressions(
        &self,
        visit: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        visit(self.condition.expression())
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [left, right] = <[_; 2]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("a join has two inputs".to_owned()))?;
        let nested = self.nested(left, right)?;
        match SpatialJoinExec::in_place_of(&nested)? {
            Some(join) => Ok(Arc::new(join)),
            None => Ok(Arc::new(nested)),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let parts = self.left.output_partitioning().partition_count();
        if parts != 1 {
            return Err(DataFusionError::Internal(format!("the side in memory has {parts} partitions")));
        }
        let probe = Probe {
            on: self.on.clone(),
            rest: self.rest.clone(),
            output: self.output.clone(),
            schema: self.schema(),
            right: self.right.execute(partition, Arc::clone(&context))?,
            building: self.building(&context)?,
            batch_rows: context.session_config().batch_size(),
            current: None,
            ready: VecDeque::new(),
        };
        let rows = futures::stream::try_unfold(probe, async |mut probe| {
            Ok(probe.next().await?.map(|batch| (batch, probe)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows.boxed())))
    }
}
