//! How a plan is written down: DataFusion's nodes by its own encoding, Ballista's by its own, ours by
//! `query::cluster::site`.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::Schema;
use ballista_core::serde::{BallistaCodec, BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::context::SessionConfig;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::physical_expr_common::physical_expr::proto_decode::PhysicalExprDecodeCtx;
use datafusion::physical_expr_common::physical_expr::proto_encode::PhysicalExprEncodeCtx;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use datafusion_proto::physical_plan::from_proto::parse_physical_expr_with_converter;
use datafusion_proto::physical_plan::to_proto::serialize_physical_expr_with_converter;
use datafusion_proto::physical_plan::{
    AsExecutionPlan, PhysicalExtensionCodec, PhysicalPlanDecodeContext, PhysicalPlanNodeExt,
    PhysicalProtoConverterExtension,
};
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalExprNode, PhysicalPlanNode};
use lake::Lake;
use query::cluster::site;

use crate::typed::Typed;

/// Whose node follows.
const OURS: u8 = 1;
const BALLISTAS: u8 = 2;

/// Writes and reads plans; with a lake, what is read can run.
#[derive(Clone)]
pub(crate) struct Codec {
    ballista: Arc<BallistaPhysicalExtensionCodec>,
    lake: Option<Lake>,
    functions: Arc<TaskContext>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").field("lake", &self.lake).finish_non_exhaustive()
    }
}

impl Codec {
    /// A lake for a machine that runs plans.
    pub(crate) fn new(lake: Option<Lake>) -> Result<Codec> {
        let session = site::session(SessionConfig::new(), site::runtime(None, None)?);
        Ok(Codec { ballista: Arc::default(), lake, functions: session.task_ctx() })
    }

    /// As Ballista takes it.
    pub(crate) fn for_ballista(self) -> BallistaCodec<LogicalPlanNode, PhysicalPlanNode> {
        BallistaCodec::new(Arc::new(BallistaLogicalExtensionCodec::default()), Arc::new(self))
    }

    /// The plan as bytes.
    pub(crate) fn pack(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<Vec<u8>> {
        let node = PhysicalPlanNode::try_from_physical_plan_with_converter(plan.clone(), self, &KeepsTypes)?;
        let mut bytes = Vec::new();
        node.try_encode(&mut bytes)?;
        Ok(bytes)
    }
}

fn unreadable() -> DataFusionError {
    DataFusionError::Internal("a plan of another release".to_owned())
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (buf.split_first(), inputs) {
            (Some((&OURS, node)), [input]) => site::read_node(node, input.clone(), self.lake.as_ref()),
            (Some((&BALLISTAS, node)), _) => self.ballista.try_decode(node, inputs, ctx, proto_converter),
            _ => Err(unreadable()),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if let Some(ours) = site::written_node(&node) {
            buf.push(OURS);
            buf.extend(ours);
            return Ok(());
        }
        buf.push(BALLISTAS);
        let mut theirs = Vec::new();
        self.ballista.try_encode(node, &mut theirs, proto_converter)?;
        buf.extend(theirs);
        Ok(())
    }

    fn try_decode_udf(&self, name: &str, buf: &[u8]) -> Result<Arc<ScalarUDF>> {
        site::read_function(name, buf)
    }

    fn try_encode_udf(&self, node: &ScalarUDF, buf: &mut Vec<u8>) -> Result<()> {
        buf.extend(site::written_function(node)?.unwrap_or_default());
        Ok(())
    }

    fn try_decode_expr(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn PhysicalExpr>],
        _ctx: &PhysicalExprDecodeCtx<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Typed::read(buf, inputs, self, &self.functions)?))
    }

    fn try_encode_expr(
        &self,
        node: &Arc<dyn PhysicalExpr>,
        buf: &mut Vec<u8>,
        _ctx: &PhysicalExprEncodeCtx<'_>,
    ) -> Result<()> {
        let Some(typed) = node.downcast_ref::<Typed>() else {
            return Err(DataFusionError::NotImplemented(format!("the expression `{node}` is not sent")));
        };
        buf.extend(typed.written(self)?);
        Ok(())
    }

    fn try_decode_udaf(&self, name: &str, buf: &[u8]) -> Result<Arc<AggregateUDF>> {
        self.ballista.try_decode_udaf(name, buf)
    }

    fn try_encode_udaf(&self, node: &AggregateUDF, buf: &mut Vec<u8>) -> Result<()> {
        self.ballista.try_encode_udaf(node, buf)
    }

    fn try_decode_udwf(&self, name: &str, buf: &[u8]) -> Result<Arc<WindowUDF>> {
        self.ballista.try_decode_udwf(name, buf)
    }

    fn try_encode_udwf(&self, node: &WindowUDF, buf: &mut Vec<u8>) -> Result<()> {
        self.ballista.try_encode_udwf(node, buf)
    }
}

/// DataFusion's encoding, with the notes of types that it leaves out.
struct KeepsTypes;

impl PhysicalProtoConverterExtension for KeepsTypes {
    fn proto_to_execution_plan(
        &self,
        proto: &PhysicalPlanNode,
        ctx: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        proto.try_into_physical_plan_with_context(ctx, self)
    }

    fn execution_plan_to_proto(
        &self,
        plan: &Arc<dyn ExecutionPlan>,
        codec: &dyn PhysicalExtensionCodec,
    ) -> Result<PhysicalPlanNode> {
        PhysicalPlanNode::try_from_physical_plan_with_converter(plan.clone(), codec, self)
    }

    fn proto_to_physical_expr(
        &self,
        proto: &PhysicalExprNode,
        input_schema: &Schema,
        ctx: &PhysicalPlanDecodeContext<'_>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        parse_physical_expr_with_converter(proto, input_schema, ctx, self)
    }

    fn physical_expr_to_proto(
        &self,
        expr: &Arc<dyn PhysicalExpr>,
        codec: &dyn PhysicalExtensionCodec,
    ) -> Result<PhysicalExprNode> {
        match Typed::of(expr)? {
            Some(typed) => {
                let typed: Arc<dyn PhysicalExpr> = Arc::new(typed);
                serialize_physical_expr_with_converter(&typed, codec, self)
            }
            None => serialize_physical_expr_with_converter(expr, codec, self),
        }
    }
}
