//! The extended protocol (§55.2.3): statements that are parsed, bound to values, described and executed
//! in messages of their own.

use arrow::datatypes::DataType;
use query::{Parameter, PgType, SqlShape};

use crate::error::{Failed, Refusal};
use crate::frame::Fields;
use crate::rows::{Into, Running, Values, describe};
use crate::session::{Cursor, MOST_OPEN, Session};
use crate::statement::Statement;
use crate::tokens::split;
use crate::values::parameter;

/// A prepared statement.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) statement: Statement,
    is_empty: bool,
    /// The types of its parameters that the client gave; 0 for those that it left open.
    types: Vec<u32>,
    /// What it takes and gives, once somebody asked.
    shape: Option<SqlShape>,
}

/// A statement bound to values.
pub(crate) struct Portal {
    prepared: Prepared,
    parameters: Vec<Parameter>,
    values: Vec<Values>,
    running: Option<Running>,
}

impl Prepared {
    pub(crate) fn new(statement: Statement, types: Vec<u32>) -> Prepared {
        Prepared { statement, is_empty: false, types, shape: None }
    }

    pub(crate) fn known_types(&self) -> Vec<Option<DataType>> {
        self.types.iter().map(|oid| PgType::arrow(*oid)).collect()
    }

    fn query(&self) -> Option<&str> {
        match &self.statement {
            Statement::Query(query) if !self.is_empty => Some(query),
            _ => None,
        }
    }

    /// The type of a parameter: the client's, or what was found.
    fn type_of(&self, place: usize) -> u32 {
        match self.types.get(place) {
            Some(oid) if *oid != 0 => *oid,
            _ => {
                let found = self.shape.as_ref().and_then(|shape| shape.parameters.get(place)?.as_ref());
                found.map_or(0, |of| PgType::of_parameter(of).oid)
            }
        }
    }
}

impl Session {
    pub(crate) fn parse(&mut self, body: &[u8]) -> Result<(), Failed> {
        let mut fields = Fields(body);
        let (name, text) = (fields.text()?.to_owned(), fields.text()?);
        let count = fields.count()?;
        let types = (0..count).map(|_| fields.i32().map(|oid| oid as u32)).collect::<Result<Vec<_>, _>>()?;
        let statements = split(text)?;
        let prepared = match statements.as_slice() {
            [] => Prepared { is_empty: true, ..Prepared::new(Statement::Nothing(""), types) },
            [one] => Prepared::new(Statement::read(one)?, types),
            _ => {
                let message = "cannot insert multiple commands into a prepared statement";
                return Err(Refusal::syntax(message).into());
            }
        };
        self.allowed(&prepared.statement)?;
        if name.is_empty() {
            self.prepared.remove("");
        } else if self.prepared.contains_key(&name) {
            let message = format!("prepared statement \"{name}\" already exists");
            return Err(Refusal::new("42P05", message).into());
        }
        self.room_for_prepared()?;
        self.prepared.insert(name, prepared);
        self.wire.message(b'1', &[]);
        Ok(())
    }

    pub(crate) async fn bind(&mut self, body: &[u8]) -> Result<(), Failed> {
        let mut fields = Fields(body);
        let (name, statement) = (fields.text()?.to_owned(), fields.text()?.to_owned());
        let forms = forms(&mut fields)?;
        let count = fields.count()?;
        let mut given = Vec::with_capacity(count);
        for _ in 0..count {
            let value = match usize::try_from(fields.i32()?) {
                Ok(length) => Some(fields.bytes(length)?),
                Err(_) => None,
            };
            given.push(value);
        }
        let values = self::forms(&mut fields)?;
        // What the client left open and sends in binary can be read only when it is known what it is.
        let is_binary = |place| crate::rows::form(&forms, place) == Values::Binary;
        let prepared = self.prepared.get(&statement).ok_or_else(|| no_statement(&statement))?;
        let is_open = |place: usize| prepared.types.get(place).is_none_or(|oid| *oid == 0);
        if prepared.shape.is_none() && (0..count).any(|place| is_binary(place) && is_open(place)) {
            self.shape_of(&statement).await?;
        }
        let prepared = self.prepared.get(&statement).ok_or_else(|| no_statement(&statement))?.clone();
        self.allowed(&prepared.statement)?;
        let parameters = given.into_iter().enumerate();
        let parameters = parameters
            .map(|(place, bytes)| parameter(prepared.type_of(place), is_binary(place), bytes))
            .collect::<Result<Vec<_>, _>>()?;
        if name.is_empty() {
            self.portals.remove("");
        } else if self.portals.contains_key(&name) {
            return Err(Refusal::new("42P03", format!("portal \"{name}\" already exists")).into());
        }
        if self.portals.len() + self.cursors.len() >= MOST_OPEN {
            return Err(Refusal::new("54000", "too many portals are open").into());
        }
        self.portals.insert(name, Portal { prepared, parameters, values, running: None });
        self.wire.message(b'2', &[]);
        Ok(())
    }

    /// What a prepared query takes and gives, which is then remembered.
    async fn shape_of(&mut self, name: &str) -> Result<Option<SqlShape>, Failed> {
        let prepared = self.prepared.get(name).ok_or_else(|| no_statement(name))?;
        if prepared.shape.is_some() {
            return Ok(prepared.shape.clone());
        }
        let Some(query) = prepared.query().map(str::to_owned) else { return Ok(None) };
        let shape = self.shape(&query, prepared.known_types()).await?;
        if let Some(prepared) = self.prepared.get_mut(name) {
            prepared.shape = Some(shape.clone());
        }
        Ok(Some(shape))
    }

    pub(crate) async fn describe(&mut self, body: &[u8]) -> Result<(), Failed> {
        let mut fields = Fields(body);
        let kind = fields.byte()?;
        let name = fields.text()?.to_owned();
        if kind == b'S' {
            let shape = self.shape_of(&name).await?;
            let prepared = self.prepared.get(&name).ok_or_else(|| no_statement(&name))?;
            let count = shape.as_ref().map_or(prepared.types.len(), |shape| shape.parameters.len());
            let types: Vec<u32> = (0..count).map(|place| prepared.type_of(place)).collect();
            let start = self.wire.begin(b't');
            self.wire.out().extend_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
            for oid in types {
                // A parameter of which nothing is known is a text.
                let oid = if oid == 0 { 25 } else { oid };
                self.wire.out().extend_from_slice(&oid.to_be_bytes());
            }
            self.wire.end(start);
            let shown = self.shown(&self.prepared[&name].statement)?;
            match (shape, shown) {
                (Some(shape), _) => describe(&mut self.wire, &shape.schema, &shape.origins, &[]),
                (None, Some((running, _))) => {
                    describe(&mut self.wire, &running.schema, &running.origins, &[])
                }
                (None, None) => self.wire.message(b'n', &[]),
            }
            return Ok(());
        }
        // A cursor is a portal, too (SQL's `DECLARE`).
        if let (false, Some(Cursor { running, is_binary, .. })) =
            (self.portals.contains_key(&name), self.cursors.get(&name))
        {
            let values: &[Values] = if *is_binary { &[Values::Binary] } else { &[] };
            describe(&mut self.wire, &running.schema, &running.origins, values);
            return Ok(());
        }
        // A portal that is described runs from now on, so that its columns are what they will be.
        self.start(&name).await?;
        let portal = self.portals.get(&name).ok_or_else(|| no_portal(&name))?;
        match (&portal.running, &portal.prepared.statement) {
            (Some(running), _) => describe(&mut self.wire, &running.schema, &running.origins, &portal.values),
            (None, Statement::Fetch { name: cursor, is_move: false, .. }) => match self.cursors.get(cursor) {
                Some(Cursor { running, .. }) => {
                    describe(&mut self.wire, &running.schema, &running.origins, &portal.values)
                }
                None => self.wire.message(b'n', &[]),
            },
            _ => self.wire.message(b'n', &[]),
        }
        Ok(())
    }

    /// Lets the query of a portal run, if it has one that does not yet.
    async fn start(&mut self, name: &str) -> Result<(), Failed> {
        let portal = self.portals.get(name).ok_or_else(|| no_portal(name))?;
        if portal.running.is_some() || portal.prepared.is_empty {
            return Ok(());
        }
        let running = match portal.prepared.query().map(str::to_owned) {
            Some(query) => {
                let (parameters, shape) = (portal.parameters.clone(), portal.prepared.shape.clone());
                let running = self.query(&query, parameters).await?;
                Some(match shape {
                    Some(shape) => running.promised(&shape.schema),
                    None => running,
                })
            }
            None => self.shown(&portal.prepared.statement)?.map(|(running, _)| running),
        };
        if let Some(portal) = self.portals.get_mut(name) {
            portal.running = running;
        }
        Ok(())
    }

    pub(crate) async fn execute(&mut self, body: &[u8]) -> Result<(), Failed> {
        let mut fields = Fields(body);
        let name = fields.text()?.to_owned();
        let most = u64::try_from(fields.i32()?).ok().filter(|most| *most > 0);
        self.start(&name).await?;
        let portal = self.portals.get_mut(&name).ok_or_else(|| no_portal(&name))?;
        if portal.prepared.is_empty {
            self.wire.message(b'I', &[]);
            return Ok(());
        }
        let Some(running) = &mut portal.running else {
            let statement = portal.prepared.statement.clone();
            return match statement {
                Statement::Execute { name, values } => self.execute_prepared(&name, values).await,
                other => self.run_other(other, false).await,
            };
        };
        let told = self.registered.told.clone();
        let has_more = running.send(&mut self.wire, &told, Into::Rows(&portal.values), most).await?;
        if has_more {
            self.wire.message(b's', &[]);
        } else {
            let tag = format!("SELECT {}", running.sent);
            self.complete(&tag);
        }
        Ok(())
    }

    /// `EXECUTE` of SQL in a message of the extended protocol.
    async fn execute_prepared(&mut self, name: &str, values: Vec<Parameter>) -> Result<(), Failed> {
        let prepared = self.prepared.get(name).ok_or_else(|| no_statement(name))?;
        let Some(query) = prepared.query().map(str::to_owned) else {
            return Err(Refusal::unsupported("only queries are executed so").into());
        };
        let mut running = self.query(&query, values).await?;
        let told = self.registered.told.clone();
        running.send(&mut self.wire, &told, Into::Rows(&[]), None).await?;
        let tag = format!("SELECT {}", running.sent);
        self.complete(&tag);
        Ok(())
    }

    pub(crate) fn close(&mut self, body: &[u8]) -> Result<(), Failed> {
        let mut fields = Fields(body);
        let kind = fields.byte()?;
        let name = fields.text()?;
        // What does not exist is closed already (§55.2.3).
        match kind {
            b'S' => drop(self.prepared.remove(name)),
            _ => drop(self.portals.remove(name)),
        }
        self.wire.message(b'3', &[]);
        Ok(())
    }
}

fn forms(fields: &mut Fields<'_>) -> Result<Vec<Values>, Refusal> {
    let count = fields.count()?;
    let form = |_| match fields.i16()? {
        0 => Ok(Values::Text),
        1 => Ok(Values::Binary),
        other => Err(Refusal::protocol(format!("there is no form {other} of values"))),
    };
    (0..count).map(form).collect()
}

fn no_statement(name: &str) -> Refusal {
    Refusal::new("26000", format!("prepared statement \"{name}\" does not exist"))
}

fn no_portal(name: &str) -> Refusal {
    Refusal::new("34000", format!("portal \"{name}\" does not exist"))
}
