//! Documents of OGC API – Processes (18-062r2).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Link;

/// The list of processes (18-062r2 §7.9).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProcessList {
    /// The processes.
    pub processes: Vec<ProcessSummary>,
    /// The ways on.
    pub links: Vec<Link>,
}

/// A process in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProcessSummary {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: &'static str,
    /// What it makes.
    pub title: String,
    /// How.
    pub description: String,
    /// How it can be asked for.
    pub job_control_options: [&'static str; 3],
    /// How it answers.
    pub output_transmission: [&'static str; 2],
    /// The ways on.
    pub links: Vec<Link>,
}

/// A process (18-062r2 §7.10).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Process {
    /// What the list says of it.
    #[serde(flatten)]
    pub summary: ProcessSummary,
    /// What it takes.
    pub inputs: BTreeMap<String, Value>,
    /// What it gives.
    pub outputs: BTreeMap<String, Value>,
}

/// How far a job is (18-062r2 §7.12).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusInfo {
    /// The process.
    #[serde(rename = "processID")]
    pub process: String,
    /// Always `process`.
    pub r#type: &'static str,
    /// The job.
    #[serde(rename = "jobID")]
    pub job: String,
    /// `accepted`, `running`, `successful`, `failed` or `dismissed`.
    pub status: &'static str,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was asked for.
    pub created: String,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
    /// In percent.
    pub progress: u8,
    /// The ways on.
    pub links: Vec<Link>,
}

/// Jobs (18-062r2 §11).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobList {
    /// The jobs, the newest first.
    pub jobs: Vec<StatusInfo>,
    /// The ways on.
    pub links: Vec<Link>,
}
