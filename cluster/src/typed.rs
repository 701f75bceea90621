//! Expressions whose type has a meaning beside it, on their way.
//!
//! A geometry is bytes or coordinates with a note that says so (an Arrow extension type). DataFusion's
//! encoding of plans leaves such notes out for functions and constants, and spatial functions fail
//! without them; this wrapper carries them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::metadata::FieldMetadata;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::ScalarFunctionExpr;
use datafusion::physical_expr::expressions::Literal;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::scalar::ScalarValue;
use datafusion_proto::physical_plan::PhysicalExtensionCodec;
use datafusion_proto::protobuf;
use prost::Message;

/// A call or a constant that keeps the note of its type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    inner: Arc<dyn PhysicalExpr>,
}

/// What is written of it; its arguments are written beside.
#[derive(Clone, PartialEq, Message)]
struct Written {
    /// The name of the function; empty for a constant.
    #[prost(string, tag = "1")]
    name: String,
    /// The function, when its name is not enough.
    #[prost(bytes = "vec", tag = "2")]
    function: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    field: Option<protobuf::Field>,
    #[prost(message, optional, tag = "4")]
    constant: Option<protobuf::ScalarValue>,
}

impl Typed {
    /// The expression in its wrapper, when it has a note that would be lost.
    pub(crate) fn of(expression: &Arc<dyn PhysicalExpr>) -> Result<Option<Typed>> {
        if !expression.is::<ScalarFunctionExpr>() && !expression.is::<Literal>() {
            return Ok(None);
        }
        let field = expression.return_field(&Schema::empty())?;
        Ok((!field.metadata().is_empty()).then(|| Typed { inner: expression.clone() }))
    }

    pub(crate) fn written(&self, codec: &dyn PhysicalExtensionCodec) -> Result<Vec<u8>> {
        let field = self.inner.return_field(&Schema::empty())?;
        let mut written = Written { field: Some(field.as_ref().try_into()?), ..Written::default() };
        if let Some(call) = self.inner.downcast_ref::<ScalarFunctionExpr>() {
            written.name = call.fun().name().to_owned();
            codec.try_encode_udf(call.fun(), &mut written.function)?;
        } else if let Some(literal) = self.inner.downcast_ref::<Literal>() {
            written.constant = Some(literal.value().try_into()?);
        }
        Ok(written.encode_to_vec())
    }

    pub(crate) fn read(
        bytes: &[u8],
        arguments: &[Arc<dyn PhysicalExpr>],
        codec: &dyn PhysicalExtensionCodec,
        context: &datafusion::execution::TaskContext,
    ) -> Result<Typed> {
        use datafusion::execution::FunctionRegistry;
        let wrong = || DataFusionError::Internal("an expression of another release".to_owned());
        let written = Written::decode(bytes).map_err(|error| DataFusionError::External(Box::new(error)))?;
        let field = Field::try_from(written.field.as_ref().ok_or_else(wrong)?)?;
        let inner: Arc<dyn PhysicalExpr> = match &written.constant {
            Some(value) => {
                let value = ScalarValue::try_from(value)?;
                Arc::new(Literal::new_with_metadata(value, Some(FieldMetadata::from(&field))))
            }
            None => {
                let function = match written.function.is_empty() {
                    true => {
                        context.udf(&written.name).or_else(|_| codec.try_decode_udf(&written.name, &[]))?
                    }
                    false => codec.try_decode_udf(&written.name, &written.function)?,
                };
                Arc::new(ScalarFunctionExpr::new(
                    &written.name,
                    function,
                    arguments.to_vec(),
                    Arc::new(field),
                    context.session_config().options().clone(),
                ))
            }
        };
        Ok(Typed { inner })
    }
}

impl fmt::Display for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl PartialEq for Typed {
    fn eq(&self, other: &Typed) -> bool {
        self.inner.eq(&other.inner)
    }
}

impl Eq for Typed {}

impl Hash for Typed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl PhysicalExpr for Typed {
    fn data_type(&self, input_schema: &Schema) -> Result<DataType> {
        self.inner.data_type(input_schema)
    }

    fn nullable(&self, input_schema: &Schema) -> Result<bool> {
        self.inner.nullable(input_schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.inner.evaluate(batch)
    }

    fn return_field(&self, input_schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(input_schema)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.inner.children()
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Typed { inner: self.inner.clone().with_new_children(children)? }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}
