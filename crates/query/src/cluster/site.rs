//! What a machine of the cluster needs of this crate: our functions, the one store, and the nodes of
//! plans that are ours, written and read.

use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::{SessionConfig, SessionContext};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::physical_plan::ExecutionPlan;
use lake::Lake;
use serde_json::{Value, json};

use super::by_box::ByBoxExec;
use super::guard::{GuardExec, Watch};
use crate::engine::only_lake;
use crate::sql::{HeldExec, SealExec};
use crate::{Error, functions};

/// A session with every function that a plan can call.
pub fn session(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> SessionState {
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .build();
    let context = SessionContext::new_with_state(state);
    functions::register(&context);
    context.state()
}

/// Surroundings in which a plan reads the lake's files and nothing else; without a lake there are none.
/// What does not fit in memory goes to the folder `spill`.
pub fn runtime(lake: Option<&Lake>, spill: Option<&std::path::Path>) -> Result<Arc<RuntimeEnv>> {
    let mut builder = RuntimeEnvBuilder::new().with_object_store_registry(only_lake(lake.map(Lake::store)));
    if let Some(folder) = spill {
        builder = builder.with_temp_file_path(folder);
    }
    builder.build_arc()
}

/// The node as bytes, when it is one of ours. Its one input is not part of them.
pub fn written_node(node: &Arc<dyn ExecutionPlan>) -> Option<Vec<u8>> {
    let fields = if node.is::<SealExec>() {
        json!({ "node": "seal" })
    } else if node.is::<HeldExec>() {
        json!({ "node": "held" })
    } else if node.is::<ByBoxExec>() {
        json!({ "node": "by_box" })
    } else {
        node.downcast_ref::<GuardExec>()?.way.watch.written()
    };
    Some(fields.to_string().into_bytes())
}

/// The node of these bytes over its input. Only a machine that has a lake can run what it guards.
pub fn read_node(
    bytes: &[u8],
    input: Arc<dyn ExecutionPlan>,
    lake: Option<&Lake>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let fields: Value = serde_json::from_slice(bytes).map_err(unreadable)?;
    let node = fields.get("node").and_then(Value::as_str).unwrap_or_default();
    Ok(match node {
        "seal" => Arc::new(SealExec::new(input)),
        "held" => Arc::new(HeldExec::new(input)),
        "by_box" => Arc::new(ByBoxExec::new(input)),
        "guard" => {
            let watch = Watch::read(&fields).ok_or_else(|| unreadable(format!("guard {fields}")))?;
            Arc::new(GuardExec::new(input, watch, lake.cloned()))
        }
        other => return Err(unreadable(format!("node `{other}`"))),
    })
}

fn unreadable(what: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Internal(format!("a plan of another release: {what}"))
}

/// The function as bytes, when it is one that only our tables' plans have.
pub fn written_function(function: &ScalarUDF) -> Result<Option<Vec<u8>>> {
    functions::written(function)
}

/// The function of this name and these bytes.
pub fn read_function(name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
    match functions::read(name, bytes)? {
        Some(function) => Ok(Arc::new(function)),
        None => Err(unreadable(format!("function `{name}`"))),
    }
}

/// What an asker is told of an engine's error; `None` when it says nothing to an asker.
pub fn told(error: &DataFusionError) -> Option<Error> {
    crate::error::told(error)
}
