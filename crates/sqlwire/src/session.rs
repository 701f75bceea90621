//! A session: what a client that has signed in says, one message after the other.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::SqlLogin;
use chrono::Utc;
use futures::FutureExt;
use policy::Principal;
use query::{Asker, Parameter, Postgres, Sql, SqlShape};

use crate::Shared;
use crate::cancel::Registered;
use crate::error::{Failed, Refusal};
use crate::extended::{Portal, Prepared};
use crate::frame::{Message, Wire};
use crate::rows::{Running, cancelled, gone};
use crate::settings::{AS_KNOWN_AT, Settings};

/// How long what is known of the account and its key holds.
const RECHECK: Duration = Duration::from_secs(5);
/// The most prepared statements of a session.
pub(crate) const MOST_PREPARED: usize = 500;
/// The most cursors and portals that are open at a time.
pub(crate) const MOST_OPEN: usize = 16;

/// Who the client is.
pub(crate) struct Who {
    pub(crate) login: Option<SqlLogin>,
    pub(crate) principal: Principal,
    pub(crate) address: IpAddr,
}

/// Whether statements stand in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transaction {
    None,
    Open,
    Failed,
}

/// A cursor of `DECLARE`.
pub(crate) struct Cursor {
    pub(crate) running: Running,
    pub(crate) is_binary: bool,
    /// Whether it stays when the transaction ends.
    pub(crate) is_held: bool,
}

/// A session.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) wire: Wire,
    pub(crate) registered: Registered,
    pub(crate) settings: Settings,
    pub(crate) transaction: Transaction,
    pub(crate) prepared: HashMap<String, Prepared>,
    pub(crate) portals: HashMap<String, Portal>,
    /// Cursors of `DECLARE`.
    pub(crate) cursors: HashMap<String, Cursor>,
    postgres: Postgres,
    who: Who,
    checked: Instant,
}

impl Session {
    pub(crate) fn new(
        shared: Arc<Shared>,
        wire: Wire,
        registered: Registered,
        settings: Settings,
        postgres: Postgres,
        who: Who,
    ) -> Session {
        Session {
            shared,
            wire,
            registered,
            settings,
            transaction: Transaction::None,
            prepared: HashMap::new(),
            portals: HashMap::new(),
            cursors: HashMap::new(),
            postgres,
            who,
            checked: Instant::now(),
        }
    }

    /// Answers until the client goes.
    pub(crate) async fn run(mut self) -> Result<(), Failed> {
        self.ready();
        // After a mistake in an extended query, everything up to the next Sync is passed over (§55.2.3).
        let mut is_skipping = false;
        loop {
            let message = match self.wire.next(true).await {
                Ok(message) => message,
                Err(Failed::Refused(refusal)) => return self.end(&refusal).await,
                Err(gone) => return Err(gone),
            };
            let is_extended = !matches!(message.kind, b'Q' | b'X' | b'S');
            if is_skipping && is_extended {
                continue;
            }
            let done = match message.kind {
                b'X' => return Ok(()),
                b'S' => {
                    is_skipping = false;
                    if self.transaction == Transaction::None {
                        self.portals.clear();
                    }
                    self.ready();
                    Ok(())
                }
                b'Q' => {
                    is_skipping = false;
                    let done = self.simple(&message.body).await;
                    let done = self.told(done);
                    self.ready();
                    done
                }
                _ => {
                    let done = self.extended(message).await;
                    is_skipping = matches!(done, Err(Failed::Refused(_)));
                    self.told(done)
                }
            };
            match done {
                Ok(()) => {}
                Err(Failed::Refused(refusal)) => return self.end(&refusal).await,
                Err(gone) => return Err(gone),
            }
        }
    }

    /// Tells the client a mistake that does not end the session.
    fn told(&mut self, done: Result<(), Failed>) -> Result<(), Failed> {
        match done {
            Err(Failed::Refused(refusal)) if !refusal.is_fatal => {
                if self.transaction == Transaction::Open {
                    self.transaction = Transaction::Failed;
                }
                self.wire.refuse(&refusal, self.settings.lang());
                Ok(())
            }
            done => done,
        }
    }

    async fn end(mut self, refusal: &Refusal) -> Result<(), Failed> {
        self.wire.refuse(refusal, self.settings.lang());
        self.wire.flush().await
    }

    fn ready(&mut self) {
        let state = match self.transaction {
            Transaction::None => b'I',
            Transaction::Open => b'T',
            Transaction::Failed => b'E',
        };
        self.wire.message(b'Z', &[state]);
    }

    /// Runs a query as who the client is now. What it was told to stop before is forgotten.
    pub(crate) async fn query(&mut self, text: &str, parameters: Vec<Parameter>) -> Result<Running, Failed> {
        let _ = self.registered.told.notified().now_or_never();
        self.recheck().await?;
        let sql = self.sql(text, parameters);
        let engine = self.shared.engine.clone();
        let asker = Asker::new(&self.who.principal, Some(self.who.address));
        let answer = tokio::select! {
            biased;
            () = self.registered.told.notified() => return Err(cancelled().into()),
            () = self.wire.gone() => return Err(gone()),
            answer = asker.ask(engine.sql(&self.who.principal, sql)) => answer,
        };
        Ok(Running::new(answer.map_err(|error| Refusal::from(error).within(text))?))
    }

    /// What a query takes and gives.
    pub(crate) async fn shape(
        &mut self,
        text: &str,
        known: Vec<Option<arrow::datatypes::DataType>>,
    ) -> Result<SqlShape, Failed> {
        self.recheck().await?;
        let sql = self.sql(text, Vec::new());
        let asker = Asker::new(&self.who.principal, Some(self.who.address));
        let engine = self.shared.engine.clone();
        let shape = asker.ask(engine.describe(&self.who.principal, sql, known)).await;
        Ok(shape.map_err(|error| Refusal::from(error).within(text))?)
    }

    fn sql(&self, text: &str, parameters: Vec<Parameter>) -> Sql {
        let pinned = self.settings.get(AS_KNOWN_AT).and_then(|text| model::parse_instant(text).ok());
        Sql {
            as_known_at: pinned,
            parameters,
            postgres: Some(Postgres {
                zone: self.settings.zone().map(str::to_owned),
                ..self.postgres.clone()
            }),
            ..Sql::new(text.trim())
        }
    }

    /// Asks again who the client is: an account that was disabled, or a key that was withdrawn, ends the
    /// session.
    async fn recheck(&mut self) -> Result<(), Failed> {
        let Some(login) = self.who.login.as_ref().filter(|_| self.checked.elapsed() >= RECHECK) else {
            return Ok(());
        };
        let found = self.shared.catalog.sql_principal(login, Utc::now()).await.map_err(Refusal::from)?;
        self.who.principal =
            found.ok_or_else(|| Refusal::new("28000", "the account or the key has ended").fatal())?;
        self.checked = Instant::now();
        Ok(())
    }

    /// Ends a statement with its tag.
    pub(crate) fn complete(&mut self, tag: &str) {
        let start = self.wire.begin(b'C');
        crate::frame::put_text(self.wire.out(), tag);
        self.wire.end(start);
    }

    async fn extended(&mut self, message: Message) -> Result<(), Failed> {
        match message.kind {
            b'P' => self.parse(&message.body),
            b'B' => self.bind(&message.body).await,
            b'D' => self.describe(&message.body).await,
            b'E' => self.execute(&message.body).await,
            b'C' => self.close(&message.body),
            b'H' => self.wire.flush().await,
            // What is left of a COPY that this server did not take.
            b'd' | b'c' | b'f' => Ok(()),
            kind => {
                let message = format!("there is no message of the kind {:?}", char::from(kind));
                Err(Refusal::protocol(message).into())
            }
        }
    }
}
