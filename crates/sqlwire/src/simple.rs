//! The simple protocol (§55.2.2): a text of statements, each answered in turn.

use crate::error::{Failed, Refusal};
use crate::extended::Prepared;
use crate::frame::Fields;
use crate::rows::{Into, Running, Values, begin_copy, describe, end_copy};
use crate::session::{Cursor, MOST_OPEN, MOST_PREPARED, Session, Transaction};
use crate::settings::AS_KNOWN_AT;
use crate::statement::{Statement, Step};
use crate::tokens::split;

impl Session {
    /// Answers the statements of a text; the first that fails is the last.
    pub(crate) async fn simple(&mut self, body: &[u8]) -> Result<(), Failed> {
        let text = Fields(body).text()?.to_owned();
        // A portal without a name ends with the next simple query.
        self.portals.remove("");
        let statements = split(&text)?;
        if statements.is_empty() {
            self.wire.message(b'I', &[]);
        }
        for statement in statements {
            let statement = Statement::read(statement)?;
            self.allowed(&statement)?;
            self.answer(statement).await?;
        }
        Ok(())
    }

    /// Refuses everything but the end of a transaction that has failed.
    pub(crate) fn allowed(&self, statement: &Statement) -> Result<(), Refusal> {
        let ends = matches!(
            statement,
            Statement::Rollback | Statement::Commit | Statement::Savepoint { step: Step::Return, .. }
        );
        if self.transaction == Transaction::Failed && !ends {
            let message = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(Refusal::new("25P02", message));
        }
        Ok(())
    }

    async fn answer(&mut self, statement: Statement) -> Result<(), Failed> {
        match statement {
            Statement::Query(query) => {
                let running = self.query(&query, Vec::new()).await?;
                self.all(running, &[]).await
            }
            Statement::Execute { name, values } => {
                let prepared = self.prepared.get(&name).cloned().ok_or_else(|| no_prepared(&name))?;
                let Statement::Query(query) = prepared.statement else {
                    return Err(Refusal::unsupported("only queries are executed so").into());
                };
                let running = self.query(&query, values).await?;
                self.all(running, &[]).await
            }
            other => {
                if let Some((running, is_binary)) = self.shown(&other)? {
                    let values: &[Values] = if is_binary { &[Values::Binary] } else { &[] };
                    return self.all(running, values).await;
                }
                self.run_other(other, true).await
            }
        }
    }

    /// Sends a whole answer.
    async fn all(&mut self, mut running: Running, values: &[Values]) -> Result<(), Failed> {
        describe(&mut self.wire, &running.schema, &running.origins, values);
        let told = self.registered.told.clone();
        running.send(&mut self.wire, &told, Into::Rows(values), None).await?;
        let tag = format!("SELECT {}", running.sent);
        self.complete(&tag);
        Ok(())
    }

    /// The answer that the session itself has for a statement that shows something.
    pub(crate) fn shown(&self, statement: &Statement) -> Result<Option<(Running, bool)>, Refusal> {
        let Statement::Show(name) = statement else { return Ok(None) };
        let value = self.settings.shown(name).ok_or_else(|| {
            Refusal::new("42704", format!("unrecognized configuration parameter \"{name}\""))
        })?;
        let name = match name.as_str() {
            "transaction isolation level" => "transaction_isolation",
            name => name,
        };
        Ok(Some((Running::of_texts(name, vec![value])?, false)))
    }

    /// The settings of which clients are told when they change.
    fn reported(&self) -> [Option<(&'static str, String)>; 2] {
        ["timezone", "application_name"].map(|name| self.settings.reported(name))
    }

    /// Tells which of these are others now.
    fn tell_changed(&mut self, before: [Option<(&'static str, String)>; 2]) {
        for (now, before) in self.reported().into_iter().zip(before) {
            if let Some((name, value)) = now.filter(|now| Some(now) != before.as_ref()) {
                self.wire.told(name, &value);
            }
        }
    }

    /// A statement that is no query. Rows of a cursor are described where the protocol has not done so.
    pub(crate) async fn run_other(&mut self, statement: Statement, describes: bool) -> Result<(), Failed> {
        let tag = match statement {
            Statement::Begin => {
                self.transaction = Transaction::Open;
                "BEGIN".to_owned()
            }
            Statement::Commit | Statement::Rollback => {
                let has_failed = self.transaction == Transaction::Failed;
                self.transaction = Transaction::None;
                let commits = statement == Statement::Commit && !has_failed;
                self.cursors.retain(|_, cursor| commits && cursor.is_held);
                let told = self.reported();
                self.settings.end(commits);
                self.tell_changed(told);
                self.portals.clear();
                if commits { "COMMIT" } else { "ROLLBACK" }.to_owned()
            }
            Statement::Savepoint { step, name } => {
                let tag = match step {
                    Step::Return => "ROLLBACK TO SAVEPOINT",
                    Step::Release => "RELEASE SAVEPOINT",
                    Step::Begin => "SAVEPOINT",
                };
                if self.transaction == Transaction::None {
                    let message = format!("{tag} can only be used in transaction blocks");
                    return Err(Refusal::new("25P01", message).into());
                }
                let told = self.reported();
                match step {
                    Step::Begin => self.settings.begin_savepoint(name)?,
                    Step::Release => self.settings.release_savepoint(&name)?,
                    Step::Return => self.settings.return_to_savepoint(&name)?,
                }
                self.transaction = Transaction::Open;
                self.tell_changed(told);
                step.tag().to_owned()
            }
            Statement::Set { value, is_local: true, .. } if self.transaction == Transaction::None => {
                // It would end with a transaction that there is not.
                if value.is_some() { "SET" } else { "RESET" }.to_owned()
            }
            Statement::Set { name, value, is_local } => {
                let tag = if value.is_some() { "SET" } else { "RESET" };
                let told = self.reported();
                match self.transaction {
                    Transaction::Open => self.settings.set_within(&name, value.as_deref(), is_local)?,
                    _ => self.settings.set(&name, value.as_deref())?,
                }
                self.tell_changed(told);
                if name == AS_KNOWN_AT {
                    // What has been described may be of another version.
                    self.portals.clear();
                }
                tag.to_owned()
            }
            Statement::Nothing(tag) => tag.to_owned(),
            Statement::Prepare { name, types, query } => {
                if self.prepared.contains_key(&name) {
                    let message = format!("prepared statement \"{name}\" already exists");
                    return Err(Refusal::new("42P05", message).into());
                }
                self.room_for_prepared()?;
                let statement = Statement::read(&query)?;
                let known = types.iter().map(|of| query::PgType::of_name(of).map_or(0, |of| of.oid));
                let prepared = Prepared::new(statement, known.collect());
                if let Statement::Query(query) = &prepared.statement {
                    // A statement that cannot be planned is refused now.
                    self.shape(query, prepared.known_types()).await?;
                }
                self.prepared.insert(name, prepared);
                "PREPARE".to_owned()
            }
            Statement::Deallocate(name) => match name {
                Some(name) => {
                    self.prepared.remove(&name).ok_or_else(|| no_prepared(&name))?;
                    "DEALLOCATE".to_owned()
                }
                None => {
                    self.prepared.clear();
                    "DEALLOCATE ALL".to_owned()
                }
            },
            Statement::DiscardAll => {
                if self.transaction == Transaction::Open {
                    let message = "DISCARD ALL cannot run inside a transaction block";
                    return Err(Refusal::new("25001", message).into());
                }
                self.prepared.clear();
                self.cursors.clear();
                let told = self.reported();
                self.settings.set("all", None)?;
                self.tell_changed(told);
                "DISCARD ALL".to_owned()
            }
            Statement::Declare { name, is_binary, is_held, query } => {
                if self.transaction == Transaction::None && !is_held {
                    let message = "DECLARE CURSOR can only be used in transaction blocks";
                    return Err(Refusal::new("25P01", message).into());
                }
                if self.cursors.contains_key(&name) {
                    return Err(Refusal::new("42P03", format!("cursor \"{name}\" already exists")).into());
                }
                if self.cursors.len() + self.portals.len() >= MOST_OPEN {
                    return Err(Refusal::new("54000", "too many cursors are open").into());
                }
                let running = self.query(&query, Vec::new()).await?;
                self.cursors.insert(name, Cursor { running, is_binary, is_held });
                "DECLARE CURSOR".to_owned()
            }
            Statement::Fetch { name, rows, is_move } => {
                return self.fetch(&name, rows, is_move, describes).await;
            }
            Statement::Close(name) => {
                match name {
                    Some(name) => drop(self.cursors.remove(&name).ok_or_else(|| no_cursor(&name))?),
                    None => self.cursors.clear(),
                }
                "CLOSE CURSOR".to_owned()
            }
            Statement::Copy { query, shape } => {
                let mut running = self.query(&query, Vec::new()).await?;
                begin_copy(&mut self.wire, &running.schema, &shape);
                let told = self.registered.told.clone();
                running.send(&mut self.wire, &told, Into::Lines(&shape), None).await?;
                end_copy(&mut self.wire, &shape, running.sent);
                format!("COPY {}", running.sent)
            }
            Statement::Query(_) | Statement::Execute { .. } | Statement::Show(_) => {
                return Err(Refusal::unsupported("this statement is not taken here").into());
            }
        };
        self.complete(&tag);
        Ok(())
    }

    async fn fetch(
        &mut self,
        name: &str,
        rows: Option<usize>,
        is_move: bool,
        describes: bool,
    ) -> Result<(), Failed> {
        let Cursor { running, is_binary, .. } = self.cursors.get_mut(name).ok_or_else(|| no_cursor(name))?;
        let values: &[Values] = if *is_binary { &[Values::Binary] } else { &[] };
        if describes && !is_move {
            describe(&mut self.wire, &running.schema, &running.origins, values);
        }
        let into = if is_move { Into::Nothing } else { Into::Rows(values) };
        let before = running.sent;
        let told = self.registered.told.clone();
        running.send(&mut self.wire, &told, into, rows.map(|rows| rows as u64)).await?;
        let verb = if is_move { "MOVE" } else { "FETCH" };
        let tag = format!("{verb} {}", running.sent - before);
        self.complete(&tag);
        Ok(())
    }

    pub(crate) fn room_for_prepared(&self) -> Result<(), Refusal> {
        if self.prepared.len() >= MOST_PREPARED {
            return Err(Refusal::new("54000", "too many prepared statements").hint("DEALLOCATE some"));
        }
        Ok(())
    }
}

fn no_prepared(name: &str) -> Refusal {
    Refusal::new("26000", format!("prepared statement \"{name}\" does not exist"))
}

fn no_cursor(name: &str) -> Refusal {
    Refusal::new("34000", format!("cursor \"{name}\" does not exist"))
}
