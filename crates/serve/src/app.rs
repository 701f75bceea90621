//! The parts that every handler reads with.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderName;
use catalog::{AuditEntry, Catalog};
use chrono::{DateTime, Utc};
use intake::Intake;
use knowledge::Recipe;
use lake::Lake;
use metrics_exporter_prometheus::PrometheusHandle;
use model::{DatasetId, UserId};
use parking_lot::Mutex;
use policy::Principal;
use query::Engine;
use secrecy::SecretString;
use url::Url;

use crate::http::principal::same_secret;
use crate::http::turns::Turns;
use crate::http::unread::{Unread, UnreadLimits};
use crate::http::{Answer, Problem, ProblemKind};
use crate::outgoing::{Allowed, Outgoing};
use crate::pieces::Pieces;
use crate::ready::Readiness;
use crate::sign_ins::SignIns;

/// The running node, as the services see it. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    sign_ins: SignIns,
    readiness: Readiness,
    pieces: Pieces,
    stac: crate::stac::Shelf,
    said: crate::sta::Said,
    worlds: crate::sta::Worlds,
    tiles: crate::tilesets::Tiles,
    line: crate::processes::Line,
    turns: Mutex<HashMap<DatasetId, Arc<tokio::sync::Mutex<()>>>>,
    subscribers: crate::changes::Subscribers,
    amended: crate::changes::Amended,
    outgoing: Outgoing,
    downloads: crate::downloads::Downloads,
    unread: Unread,
    turns_to_make: Turns,
    /// The port at which MQTT is served, once it is.
    mqtt: OnceLock<u16>,
    /// Where HTTP is served, once it is.
    address: OnceLock<Url>,
}

/// What an [`App`] is made of.
pub struct Parts {
    /// What exists and who may.
    pub catalog: Catalog,
    /// Originals and tables.
    pub lake: Lake,
    /// Taking in files.
    pub intake: Intake,
    /// Reads.
    pub engine: Engine,
    /// The knowledge products that this node can make.
    pub recipes: Vec<Recipe>,
    /// The numbers for `/metrics`.
    pub metrics: PrometheusHandle,
    /// How the services behave.
    pub config: ServeConfig,
}

/// How the services behave.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// The address under which clients reach this node; absent, links repeat the `Host` they used.
    pub public_url: Option<Url>,
    /// The largest file that may be handed in, bytes.
    pub upload_limit: u64,
    /// A folder for files on their way in.
    pub spool: PathBuf,
    /// The longest that a request may take, except for handing in a file.
    pub request_timeout: Duration,
    /// How much of answers may wait to be read.
    pub unread: UnreadLimits,
    /// The key of the node's own console; absent, nobody has it.
    pub console_key: Option<SecretString>,
    /// What seals secrets that the catalogue keeps.
    pub sealer: crate::Sealer,
    /// The header in which a proxy before this node tells the client's address, e.g.
    /// `x-forwarded-for`; absent, the address of the connection counts.
    pub client_address_header: Option<HeaderName>,
    /// How many changes the feed keeps.
    pub changes_kept: u64,
    /// The node's name among the centres of the WMO Information System, e.g. `vn-cuulong`.
    pub wis2_centre: String,
    /// Addresses that webhooks may have although they are not public.
    pub outgoing_private: Allowed,
    /// How often a webhook is tried before a change is given up.
    pub webhook_attempts: u32,
    /// The pause after the first attempt; it grows with each.
    pub webhook_pause: Duration,
    /// Whether the node shows made-up sample data.
    pub demo: bool,
}

impl App {
    /// Binds the parts together.
    pub fn new(parts: Parts) -> App {
        let allowed = parts.config.outgoing_private.clone();
        let outgoing = Outgoing::new(allowed).expect("a client without proxy and files can be built");
        let pieces = Pieces::new(parts.config.spool.join("uploads"));
        let unread = Unread::new(parts.config.unread);
        App(Arc::new(Inner {
            parts,
            sign_ins: SignIns::default(),
            readiness: Readiness::default(),
            pieces,
            stac: crate::stac::Shelf::default(),
            said: crate::sta::Said::default(),
            worlds: crate::sta::Worlds::default(),
            tiles: crate::tilesets::Tiles::default(),
            line: crate::processes::Line::default(),
            turns: Mutex::default(),
            subscribers: crate::changes::Subscribers::default(),
            amended: crate::changes::Amended::default(),
            outgoing,
            downloads: crate::downloads::Downloads::default(),
            unread,
            turns_to_make: Turns::default(),
            mqtt: OnceLock::new(),
            address: OnceLock::new(),
        }))
    }

    /// Files that come in piece by piece.
    pub(crate) fn pieces(&self) -> &Pieces {
        &self.0.pieces
    }

    /// The items of datasets that were searched.
    pub(crate) fn stac(&self) -> &crate::stac::Shelf {
        &self.0.stac
    }

    /// What clients said of values that they wrote.
    pub(crate) fn said(&self) -> &crate::sta::Said {
        &self.0.said
    }

    /// What askers may see of SensorThings.
    pub(crate) fn worlds(&self) -> &crate::sta::Worlds {
        &self.0.worlds
    }

    /// The line of jobs.
    pub(crate) fn line(&self) -> &crate::processes::Line {
        &self.0.line
    }

    /// Finished tiles.
    pub(crate) fn tiles(&self) -> &crate::tilesets::Tiles {
        &self.0.tiles
    }

    /// A turn at a dataset, for changes that depend on what is there: held from the look to the commit.
    pub(crate) async fn turn_to_edit(&self, dataset: &DatasetId) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.turns.lock();
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            turns.entry(dataset.clone()).or_default().clone()
        };
        turn.lock_owned().await
    }

    /// The client for requests of others.
    pub(crate) fn outgoing(&self) -> &Outgoing {
        &self.0.outgoing
    }

    /// Who reads the stream of changes.
    pub(crate) fn subscribers(&self) -> &crate::changes::Subscribers {
        &self.0.subscribers
    }

    /// What versions amended.
    pub(crate) fn amended(&self) -> &crate::changes::Amended {
        &self.0.amended
    }

    /// Turns at making large answers.
    pub(crate) fn turns_to_make(&self) -> &Turns {
        &self.0.turns_to_make
    }

    /// Answers that wait to be read.
    pub(crate) fn unread(&self) -> &Unread {
        &self.0.unread
    }

    /// Datasets that were made into files.
    pub(crate) fn downloads(&self) -> &crate::downloads::Downloads {
        &self.0.downloads
    }

    /// Whether the node can do its work, as last found.
    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }

    /// Says that MQTT is served at a port.
    pub fn serves_mqtt(&self, port: u16) {
        // The first one stays: a node listens once.
        self.0.mqtt.set(port).ok();
    }

    /// Says that HTTP is served at an address, with which links begin that nobody asked for, when the
    /// configuration names no other.
    pub fn serves_at(&self, address: Url) {
        // The first one stays: a node listens once.
        self.0.address.set(address).ok();
    }

    /// Where HTTP is served.
    pub fn address(&self) -> Option<&Url> {
        self.0.address.get()
    }

    /// The port at which MQTT is served.
    pub(crate) fn mqtt(&self) -> Option<u16> {
        self.0.mqtt.get().copied()
    }

    /// Whether the key is the one of the node's own console.
    pub fn is_console_key(&self, key: &SecretString) -> bool {
        self.config.console_key.as_ref().is_some_and(|console| same_secret(console, key))
    }

    /// Signs in and returns the session's token, or nothing when name and password do not fit.
    /// After too many failures the answer is to wait, whatever the password.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &SecretString,
        now: DateTime<Utc>,
    ) -> Answer<Option<SecretString>> {
        let Ok(user) = UserId::new(name.trim()) else { return Ok(None) };
        if let Err(wait) = self.0.sign_ins.begin(user.as_str(), now) {
            metrics::counter!("cuulong_sign_ins_held_back_total").increment(1);
            return Err(Problem::new(ProblemKind::TooManyRequests).retry_after(wait));
        }
        let session = self.catalog.sign_in(&user, password, now).await?;
        if session.is_some() {
            self.0.sign_ins.succeeded(user.as_str());
        }
        Ok(session)
    }

    /// Writes to the audit chain that somebody did something to something.
    pub async fn note(
        &self,
        principal: &Principal,
        action: &str,
        subject: &str,
        detail: String,
    ) -> Answer<()> {
        let entry = AuditEntry {
            at: Utc::now(),
            actor: principal.name().to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        };
        Ok(self.catalog.append_audit(entry).await?)
    }
}

impl Deref for App {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}
