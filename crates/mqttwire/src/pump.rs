//! What a client is told: its subscriptions, and the place in the feed up to which it has heard.

use std::sync::Arc;
use std::time::Duration;

use policy::Principal;
use serve::http::{Answer, ProblemKind};
use serve::live::{
    After, Batch, CHANGES_TOPIC, Entities, Happened, Kinds, Message, Part, Place, THINGS_TOPIC, View, Visitor,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::Shared;
use crate::memo::Memo;
use crate::outbox::{Cut, Outbox};
use crate::packet::{QoS, reason};
use crate::topic::{MOST, is_filter, matches};
use crate::welcome::sentence;

/// Subscriptions of one client.
const MOST_SUBSCRIPTIONS: usize = 100;
/// How often entities are looked at which another than the feed tells of.
const LOOK: Duration = Duration::from_secs(1);
/// How often something is tried that may pass.
const ATTEMPTS: u32 = 4;

/// What the connection asks of its pump.
pub(crate) enum Command {
    /// Subscribes; the answer is a code for each filter, and why the first was refused.
    Subscribe { filters: Vec<(String, QoS)>, reply: oneshot::Sender<(Vec<u8>, Option<String>)> },
    /// Gives subscriptions up; the answer is a code for each filter.
    Unsubscribe { filters: Vec<String>, reply: oneshot::Sender<Vec<u8>> },
    /// Tells a message to whom has subscribed to it.
    Tell(Message),
}

/// What a client has subscribed to.
#[derive(Default)]
pub(crate) struct Subscriptions {
    /// Topics of changes and of WIS 2.0, by filters.
    filters: Vec<(String, QoS)>,
    /// Topics of SensorThings, each by itself.
    entities: Vec<(Entities, String, QoS)>,
    /// Up to where the client has heard; none before its first subscription.
    place: Option<Place>,
}

impl Subscriptions {
    /// None yet, of a client that has heard up to a place.
    pub(crate) fn since(place: Option<Place>) -> Subscriptions {
        Subscriptions { place, ..Subscriptions::default() }
    }

    fn is_empty(&self) -> bool {
        self.filters.is_empty() && self.entities.is_empty()
    }

    fn count(&self) -> usize {
        self.filters.len() + self.entities.len()
    }

    fn wants(&self, topic: &str) -> Option<QoS> {
        let fitting = self.filters.iter().filter(|(filter, _)| matches(filter, topic));
        fitting.map(|(_, qos)| *qos).max()
    }

    /// Which messages any of the filters may mean.
    fn kinds(&self) -> Kinds {
        let may_mean = |topics: &str| {
            let (first, filters) = (topics.split('/').next(), self.filters.iter());
            filters
                .map(|(filter, _)| filter.split('/').next())
                .any(|level| level == first || matches!(level, Some("+" | "#")))
        };
        Kinds { changes: may_mean(CHANGES_TOPIC), wis2: may_mean("origin") }
    }

    fn remove(&mut self, filter: &str) -> bool {
        let before = self.count();
        self.filters.retain(|(known, _)| known != filter);
        self.entities.retain(|(_, known, _)| known != filter);
        self.count() < before
    }
}

/// What has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// Entities.
    News,
    /// The feed, and entities.
    Changes,
}

/// Tells a client what happens.
pub(crate) struct Pump {
    shared: Arc<Shared>,
    visitor: Visitor,
    outbox: Outbox,
    subscriptions: Subscriptions,
    /// Who is told up to where messages were put on the line.
    told: Option<watch::Sender<Option<Place>>>,
}

impl Pump {
    pub(crate) fn new(
        shared: Arc<Shared>,
        visitor: Visitor,
        outbox: Outbox,
        subscriptions: Subscriptions,
    ) -> Pump {
        Pump { shared, visitor, outbox, subscriptions, told: None }
    }

    /// Tells up to where it has put messages on the line.
    pub(crate) fn telling(self, told: watch::Sender<Option<Place>>) -> Pump {
        Pump { told: Some(told), ..self }
    }

    /// Tells until nobody gives commands any more; returns what is to be kept.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) -> Subscriptions {
        let mut feed = self.shared.app.catalog.watch_feed();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // A session that is taken up begins with what happened meanwhile.
        let mut due = if self.subscriptions.is_empty() { Due::Nothing } else { Due::Changes };
        loop {
            let told = self.deliver(due).await;
            due = Due::Nothing;
            if told.is_err() {
                self.outbox.cut();
                // What is left to do is to hand over the subscriptions.
                while commands.recv().await.is_some() {}
                return self.subscriptions;
            }
            tokio::select! {
                command = commands.recv() => match command {
                    None => return self.subscriptions,
                    Some(command) => {
                        // A client that has heard up to a place hears at once what came since.
                        if matches!(command, Command::Subscribe { .. }) && self.told.is_some() {
                            due = Due::Changes;
                        }
                        if self.obey(command).await.is_err() {
                            self.outbox.cut();
                        }
                    }
                },
                Ok(()) = feed.changed() => due = Due::Changes,
                _ = looks.tick() => due = Due::News,
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), Cut> {
        match command {
            Command::Subscribe { filters, reply } => {
                let mut codes = Vec::with_capacity(filters.len());
                let mut why = None;
                for (filter, qos) in filters {
                    match self.subscribe(filter, qos).await {
                        Ok(granted) => codes.push(granted.code()),
                        Err((code, words)) => {
                            codes.push(code);
                            why = why.or(Some(words));
                        }
                    }
                }
                reply.send((codes, why)).ok();
            }
            Command::Unsubscribe { filters, reply } => {
                let gone = |filter: &String| match self.subscriptions.remove(filter) {
                    true => reason::SUCCESS,
                    false => reason::NO_SUBSCRIPTION,
                };
                let codes = filters.iter().map(gone).collect();
                if self.subscriptions.is_empty() {
                    self.subscriptions.place = None;
                }
                reply.send(codes).ok();
            }
            Command::Tell(message) => {
                if let Some(qos) = self.subscriptions.wants(&message.topic) {
                    self.outbox.tell(message, qos).await?;
                }
            }
        }
        Ok(())
    }

    /// Subscribes to a filter, in the place of the same one before; says how surely messages come, or
    /// why there will be none.
    async fn subscribe(&mut self, filter: String, qos: QoS) -> Result<QoS, (u8, String)> {
        let granted = qos.min(QoS::AtLeastOnce);
        if filter.starts_with("$share/") {
            return Err((reason::NO_SHARED, "subscriptions are not shared here".into()));
        }
        if !is_filter(&filter) {
            let why = format!("it is no filter of topics, or longer than {MOST} bytes");
            return Err((reason::FILTER_INVALID, why));
        }
        let asker = self.visitor.asker();
        let opened = asker.ask(self.open(&filter)).await;
        let opened = opened.map_err(|problem| match problem.kind {
            ProblemKind::Unavailable | ProblemKind::BudgetUsed => (reason::QUOTA, sentence(&problem)),
            ProblemKind::QueryLimit => (reason::QUOTA, sentence(&problem)),
            _ => (reason::FILTER_INVALID, sentence(&problem)),
        })?;
        self.subscriptions.remove(&filter);
        if self.subscriptions.count() >= MOST_SUBSCRIPTIONS {
            let why = format!("a client has at most {MOST_SUBSCRIPTIONS} subscriptions");
            return Err((reason::QUOTA, why));
        }
        match opened {
            Some(entities) => self.subscriptions.entities.push((entities, filter, granted)),
            None => self.subscriptions.filters.push((filter, granted)),
        }
        Ok(granted)
    }

    /// Looks what a filter is of: of one topic of entities, or of those that the feed tells of.
    async fn open(&mut self, filter: &str) -> Answer<Option<Entities>> {
        self.visitor.again(&self.shared.app).await?;
        if self.subscriptions.place.is_none() {
            self.subscriptions.place = Some(Place::now(&self.shared.app).await?);
            if let Some(told) = &self.told {
                told.send_replace(self.subscriptions.place.clone());
            }
        }
        // Topics of entities are without number: each is named (18-088 §14.2).
        if !filter.starts_with(THINGS_TOPIC) {
            return Ok(None);
        }
        let view = View::open(&self.shared.app, &self.visitor).await?;
        Entities::open(&view, filter).await.map(Some)
    }

    /// Tells what has happened.
    async fn deliver(&mut self, due: Due) -> Result<(), Cut> {
        if due == Due::Nothing || self.subscriptions.is_empty() {
            return Ok(());
        }
        let asker = self.visitor.asker();
        asker
            .ask(async {
                if due == Due::Changes {
                    self.tell_changes().await?;
                }
                self.tell_news().await
            })
            .await
    }

    async fn tell_changes(&mut self) -> Result<(), Cut> {
        let mut attempt = 0;
        loop {
            let Some(place) = &self.subscriptions.place else { return Ok(()) };
            let before = place.clone();
            match self.batch().await {
                Ok(true) => attempt = 0,
                Ok(false) => return Ok(()),
                Err(Stopped::Cut) => {
                    // What was not told is told when the client comes back.
                    self.subscriptions.place = Some(before);
                    return Err(Cut);
                }
                Err(Stopped::Passing) => {
                    self.subscriptions.place = Some(before);
                    attempt += 1;
                    if attempt >= ATTEMPTS {
                        return Err(Cut);
                    }
                    sleep(Duration::from_secs(1 << attempt)).await;
                }
            }
        }
    }

    /// Tells of some changes; whether there are more.
    async fn batch(&mut self) -> Result<bool, Stopped> {
        let Pump { shared, visitor, outbox, subscriptions, told } = self;
        let (app, readings) = (&shared.app, &shared.readings);
        stopped(visitor.again(app).await)?;
        let Some(place) = subscriptions.place.clone() else { return Ok(false) };
        let (principal, kinds) = (visitor.principal().clone(), subscriptions.kinds());
        let key = (principal.clone(), place.clone(), kinds);
        let batch = stopped(readings.batches.once(key, || place.after(app, visitor, kinds)).await)?;
        let has_values = subscriptions.entities.iter().any(|(entities, ..)| entities.is_of_values());
        let view = match has_values && !batch.happened.is_empty() {
            // What is seen after the changes: their series are in it.
            true => {
                let key = (principal, batch.place.clone());
                Some(stopped(readings.views.once(key, || View::open(app, visitor)).await)?)
            }
            false => None,
        };
        for change in &batch.happened {
            for message in &change.messages {
                if let Some(qos) = subscriptions.wants(&message.topic) {
                    outbox.tell(message.clone(), qos).await?;
                }
            }
            let Some(view) = &view else { continue };
            for (entities, _, qos) in &subscriptions.entities {
                let telling = Telling { readings, visitor, outbox, view };
                telling.values(entities, change, *qos).await?;
            }
        }
        subscriptions.place = Some(batch.place.clone());
        if let Some(told) = told {
            told.send_replace(subscriptions.place.clone());
        }
        Ok(batch.more)
    }

    async fn tell_news(&mut self) -> Result<(), Cut> {
        let Pump { shared, visitor, outbox, subscriptions, .. } = self;
        let app = &shared.app;
        if subscriptions.entities.iter().all(|(entities, ..)| entities.is_of_values()) {
            return Ok(());
        }
        let looked = async {
            visitor.again(app).await?;
            let all: Vec<&Entities> = subscriptions.entities.iter().map(|(entities, ..)| entities).collect();
            match Entities::are_due(&all, app, visitor).await? {
                true => View::open(app, visitor).await.map(Some),
                false => Ok(None),
            }
        };
        let view = match looked.await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(()),
            // An account that was closed hears nothing more.
            Err(problem) if problem.kind == ProblemKind::InvalidCredentials => return Err(Cut),
            Err(problem) => {
                tracing::debug!(reason = sentence(&problem), "entities cannot be looked at now");
                return Ok(());
            }
        };
        for (entities, filter, qos) in &mut subscriptions.entities {
            match entities.news(&view).await {
                Ok(messages) => {
                    for message in messages {
                        outbox.tell(message, *qos).await?;
                    }
                }
                Err(problem) => {
                    tracing::debug!(
                        mqtt.topic = filter.as_str(),
                        reason = sentence(&problem),
                        "a topic cannot be told of now"
                    );
                }
            }
        }
        Ok(())
    }
}

/// What is read once for all clients of a principal.
pub(crate) struct Readings {
    batches: Memo<(Principal, Place, Kinds), Batch>,
    views: Memo<(Principal, Place), View>,
    parts: Memo<(Principal, String, u64, After), Part>,
}

impl Default for Readings {
    fn default() -> Readings {
        Readings { batches: Memo::new(500), views: Memo::new(50), parts: Memo::new(50) }
    }
}

/// What it takes to tell values.
struct Telling<'p> {
    readings: &'p Readings,
    visitor: &'p Visitor,
    outbox: &'p Outbox,
    view: &'p View,
}

impl Telling<'_> {
    /// Tells the values that a change brought, a part after the other.
    async fn values(&self, entities: &Entities, change: &Happened, qos: QoS) -> Result<(), Stopped> {
        let mut after = None;
        loop {
            let principal = self.visitor.principal().clone();
            let key = (principal, entities.topic().to_owned(), change.number(), after);
            let read = self.readings.parts.once(key, || entities.values(self.view, change, after));
            let part = match read.await {
                Ok(part) => part,
                // The topic is not there any more, or may not be known; or it cannot be read at all.
                Err(problem) if !is_passing(problem.kind) => {
                    tracing::debug!(reason = sentence(&problem), "values of a topic cannot be told");
                    return Ok(());
                }
                Err(_) => return Err(Stopped::Passing),
            };
            for message in &part.messages {
                self.outbox.tell(message.clone(), qos).await?;
            }
            match part.next {
                Some(_) => after = part.next,
                None => return Ok(()),
            }
        }
    }
}

/// Why telling was broken off.
enum Stopped {
    Cut,
    /// It may go on a little later.
    Passing,
}

impl From<Cut> for Stopped {
    fn from(_: Cut) -> Stopped {
        Stopped::Cut
    }
}

fn is_passing(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Unavailable | ProblemKind::BudgetUsed | ProblemKind::TooManyRequests)
}

fn stopped<T>(answer: Answer<T>) -> Result<T, Stopped> {
    answer.map_err(|problem| {
        tracing::debug!(reason = sentence(&problem), "a client cannot be told now");
        if is_passing(problem.kind) || problem.kind.is_ours() { Stopped::Passing } else { Stopped::Cut }
    })
}
