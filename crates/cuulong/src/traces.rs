//! Traces for the operator's collector, by OTLP over HTTP; off unless an endpoint is configured.
//!
//! What leaves the node is a closed list: spans of two targets, whose fields name routes, datasets
//! and amounts. Events, and spans that name people or hold what they asked, stay in the log.

use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use bytes::Bytes;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::{Host, Url};

/// The target of spans that only traces show.
pub const TRACE_ONLY: &str = "cuulong::trace";
/// The target of spans that the log shows, too: `plan`, `scan`, `encode`, `load`, `commit`.
const WORK: &str = "cuulong::work";
/// How long the collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that its answer is read of.
const ANSWER_BYTES: usize = 64 << 10;

/// Where traces go.
#[derive(Debug, Clone)]
pub struct TraceConfig {
    /// The collector, without the path of the signal.
    pub endpoint: Url,
    /// Of a hundred requests that bring no decision with them, so many are traced.
    pub percent: u64,
}

impl TraceConfig {
    /// Checks the endpoint: `https`, or plain `http` to this machine or to a host that is listed.
    ///
    /// # Errors
    /// What to write instead.
    pub fn new(endpoint: Url, plain_hosts: &str, percent: u64) -> Result<TraceConfig, String> {
        if percent > 100 {
            return Err(format!("otlp_percent `{percent}`: write a whole number from 1 to 100"));
        }
        let listed = |host: &str| plain_hosts.split(',').any(|name| name.trim().eq_ignore_ascii_case(host));
        let is_safe = match (endpoint.scheme(), endpoint.host()) {
            ("https", Some(_)) => true,
            ("http", Some(Host::Domain(name))) => name == "localhost" || listed(name),
            ("http", Some(Host::Ipv4(address))) => address.is_loopback() || listed(&address.to_string()),
            ("http", Some(Host::Ipv6(address))) => address.is_loopback() || listed(&address.to_string()),
            _ => false,
        };
        if !is_safe {
            return Err(format!(
                "otlp_endpoint `{endpoint}`: write an address with https; plain http is for this machine, and for hosts that `otlp_plain_hosts` lists"
            ));
        }
        if !endpoint.username().is_empty() || endpoint.password().is_some() {
            return Err("otlp_endpoint: an address with a password is not taken".to_owned());
        }
        Ok(TraceConfig { endpoint, percent })
    }
}

/// Sends spans in the background; what is left of them is sent when this is closed.
#[derive(Debug, Clone)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Prepares the way to the collector. It need not be there: spans that it does not take are lost.
    ///
    /// # Errors
    /// Why there can be no traces.
    pub fn start(config: &TraceConfig) -> Result<Traces, String> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let mut address = config.endpoint.clone();
        let path = format!("{}/v1/traces", address.path().trim_end_matches('/'));
        address.set_path(&path);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address)
            .with_timeout(PATIENCE)
            .with_http_client(Sender { http, runtime: Handle::current() })
            .build()
            .map_err(|error| error.to_string())?;
        let share = config.percent as f64 / 100.0;
        let resource = Resource::builder_empty()
            .with_service_name("cuulong")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
            .with_resource(resource)
            .build();
        Ok(Traces(provider))
    }

    /// The layer that turns spans into traces.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        OpenTelemetryLayer::new(self.0.tracer("cuulong"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            // The parent of a span is the span that it is made in, also on another thread.
            .with_context_activation(false)
            .with_filter(filter_fn(leaves))
    }

    /// Sends what is left.
    pub async fn close(self) {
        let closed = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(PATIENCE)).await;
        if let Ok(Err(error)) = closed {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Whether a span leaves the node.
fn leaves(of: &Metadata<'_>) -> bool {
    of.is_span() && [TRACE_ONLY, WORK].contains(&of.target())
}

/// Lets the span of every request be a part of the trace that its `traceparent` names.
pub fn around(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| {
        let caller = TraceContextPropagator::new()
            .extract_with_context(&Context::new(), &HeaderExtractor(request.headers()));
        next.run(request).with_context(caller).await
    }))
}

/// Sends on the node's own runtime: spans are collected on a thread that has none.
#[derive(Debug)]
struct Sender {
    http: reqwest::Client,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(
        &self,
        request: axum::http::Request<Bytes>,
    ) -> Result<axum::http::Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sent = self.runtime.spawn(async move {
            let (parts, body) = request.into_parts();
            let request = http.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
            let mut answer = request.send().await?;
            let mut reply = axum::http::Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                reply = reply.header(name, value);
            }
            let mut bytes = Vec::new();
            while let Some(piece) = answer.chunk().await? {
                bytes.extend_from_slice(&piece);
                if bytes.len() > ANSWER_BYTES {
                    return Err("the collector's answer is too long".into());
                }
            }
            Ok(reply.body(Bytes::from(bytes))?)
        });
        sent.await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_leave_over_https_or_within_this_machine() {
        let taken =
            |endpoint: &str, hosts: &str| TraceConfig::new(Url::parse(endpoint).unwrap(), hosts, 100).is_ok();
        for (endpoint, hosts, expected) in [
            ("https://collector.example:4318", "", true),
            ("http://127.0.0.1:4318", "", true),
            ("http://[::1]:4318", "", true),
            ("http://localhost:4318", "", true),
            ("http://collector.lan:4318", "", false),
            ("http://collector.lan:4318", "other.lan, collector.lan", true),
            ("http://10.0.0.7:4318", "", false),
            ("http://10.0.0.7:4318", "10.0.0.7", true),
            ("https://somebody:secret@collector.example", "", false),
            ("ftp://127.0.0.1", "", false),
        ] {
            assert_eq!(taken(endpoint, hosts), expected, "{endpoint} with `{hosts}`");
        }
    }
}
