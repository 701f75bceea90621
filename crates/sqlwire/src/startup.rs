//! The beginning of a connection: TLS, who it is, and what the server says of itself.

use std::net::SocketAddr;
use std::sync::Arc;

use catalog::SqlLogin;
use chrono::Utc;
use model::Lang;
use policy::Principal;
use query::Postgres;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Shared;
use crate::error::{Failed, Refusal};
use crate::frame::{Fields, Message, Wire, put_text};
use crate::sasl::{Exchange, MECHANISM};
use crate::session::{Session, Who};
use crate::settings::{self, Settings};

/// Codes that stand in the place of a protocol's version (§55.7).
const SSL_REQUEST: i32 = 80_877_103;
const GSS_REQUEST: i32 = 80_877_104;
const CANCEL_REQUEST: i32 = 80_877_102;
const VERSION_3: i32 = 3 << 16;

/// The name under which visitors without an account read what is open to all.
const PUBLIC: &str = "public";

/// Who begins a session, and what it asks for.
struct Begun {
    wire: Wire,
    asked: Vec<(String, String)>,
    is_secure: bool,
}

/// Serves a connection to its end.
pub(crate) async fn run(
    shared: &Arc<Shared>,
    socket: TcpStream,
    address: SocketAddr,
    has_place: bool,
) -> Result<(), Failed> {
    let limits = &shared.limits;
    let late = || Failed::Gone(std::io::ErrorKind::TimedOut.into());
    let begun = timeout(limits.startup, begin(shared, socket)).await.map_err(|_| late())??;
    let Some(mut begun) = begun else { return Ok(()) };
    let signed = match has_place {
        true => timeout(limits.startup, sign_in(shared, &mut begun, address)).await.map_err(|_| late())?,
        false => {
            let most = limits.connections;
            Err(Refusal::new("53300", format!("there are {most} connections already")).fatal().into())
        }
    };
    let signed = signed.and_then(|(login, principal)| Ok((login, principal, settings(&begun.asked)?)));
    match signed {
        Ok((login, principal, settings)) => {
            session(shared, begun, (login, principal, settings), address).run().await
        }
        Err(Failed::Refused(refusal)) => {
            begun.wire.refuse(&refusal, Lang::En);
            begun.wire.flush().await
        }
        Err(gone) => Err(gone),
    }
}

/// The connection, in TLS if the client wants to; nothing after a request to cancel.
async fn begin(shared: &Shared, socket: TcpStream) -> Result<Option<Begun>, Failed> {
    let mut wire = Wire::new(Box::new(socket), &shared.limits);
    let mut is_secure = false;
    // TLS, GSS, and then the beginning itself: more requests than these are none.
    for _ in 0..4 {
        let body = wire.first().await?;
        let mut fields = Fields(&body);
        match fields.i32()? {
            SSL_REQUEST if !is_secure => {
                wire.byte(b'S').await?;
                // What came before the handshake would be taken for what is protected by it.
                let plain = wire.into_socket().ok_or_else(|| Refusal::protocol("words before TLS"))?;
                let secure = shared.tls.accept(plain).await?;
                wire = Wire::new(Box::new(secure), &shared.limits);
                is_secure = true;
            }
            SSL_REQUEST | GSS_REQUEST => wire.byte(b'N').await?,
            CANCEL_REQUEST => {
                shared.running.cancel(fields.i32()?, fields.i32()?);
                return Ok(None);
            }
            version => {
                let begun = |wire, asked| Ok(Some(Begun { wire, asked, is_secure }));
                match asked(version, fields) {
                    Ok((asked, options)) => {
                        if !options.is_empty() || version != VERSION_3 {
                            negotiate(&mut wire, &options);
                        }
                        return begun(wire, asked);
                    }
                    Err(refusal) => {
                        wire.refuse(&refusal, Lang::En);
                        wire.flush().await?;
                        return Ok(None);
                    }
                }
            }
        }
    }
    Err(Refusal::protocol("no beginning").into())
}

type Asked = (Vec<(String, String)>, Vec<String>);

fn asked(version: i32, mut fields: Fields<'_>) -> Result<Asked, Refusal> {
    if version >> 16 != 3 {
        let (major, minor) = (version >> 16, version & 0xffff);
        let message = format!("version {major}.{minor} of the protocol is not spoken: take 3.0");
        return Err(Refusal::new("0A000", message).fatal());
    }
    let (mut asked, mut options) = (Vec::new(), Vec::new());
    loop {
        let name = fields.text()?;
        if name.is_empty() {
            return Ok((asked, options));
        }
        let value = fields.text()?;
        match name.starts_with("_pq_.") {
            true => options.push(name.to_owned()),
            false => asked.push((name.to_owned(), value.to_owned())),
        }
    }
}

/// Says which version is spoken, and which options are not known (NegotiateProtocolVersion).
fn negotiate(wire: &mut Wire, options: &[String]) {
    let start = wire.begin(b'v');
    let out = wire.out();
    out.extend_from_slice(&VERSION_3.to_be_bytes());
    out.extend_from_slice(&u32::try_from(options.len()).unwrap_or_default().to_be_bytes());
    for option in options {
        put_text(out, option);
    }
    wire.end(start);
}

async fn sign_in(
    shared: &Shared,
    begun: &mut Begun,
    address: SocketAddr,
) -> Result<(Option<SqlLogin>, Principal), Failed> {
    let user = value(&begun.asked, "user").unwrap_or_default().to_owned();
    if user.is_empty() {
        return Err(Refusal::new("28000", "no user name was given").fatal().into());
    }
    if !begun.is_secure && !address.ip().to_canonical().is_loopback() {
        let refusal = Refusal::new("28000", "connections from other machines are taken in TLS only");
        return Err(refusal.hint("connect with sslmode=require").fatal().into());
    }
    if user == PUBLIC {
        ok(&mut begun.wire);
        return Ok((None, Principal::Public));
    }
    shared.failures.begin(address.ip())?;
    let offer = shared.catalog.scram(&user, Utc::now()).await.map_err(Refusal::from)?;
    let wire = &mut begun.wire;
    let start = wire.begin(b'R');
    wire.out().extend_from_slice(&10_u32.to_be_bytes());
    put_text(wire.out(), MECHANISM);
    wire.out().push(0);
    wire.end(start);
    let first = response(wire).await?;
    let mut fields = Fields(&first);
    let mechanism = fields.text()?;
    if mechanism != MECHANISM {
        return Err(Refusal::protocol(format!("only {MECHANISM} is offered")).into());
    }
    let length = usize::try_from(fields.i32()?).map_err(|_| Refusal::protocol("an empty response"))?;
    let (exchange, server_first) = Exchange::begin(text(fields.bytes(length)?)?, &offer)?;
    authentication(wire, 11, server_first.as_bytes());
    let last = response(wire).await?;
    let failed =
        || Refusal::new("28P01", format!("password authentication failed for user \"{user}\"")).fatal();
    let Some((login, signature)) = exchange.end(text(&last)?, &offer)? else {
        metrics::counter!("cuulong_sqlwire_refused_total").increment(1);
        return Err(failed().into());
    };
    let principal = shared.catalog.sql_principal(&login, Utc::now()).await.map_err(Refusal::from)?;
    let principal = principal.ok_or_else(failed)?;
    shared.failures.succeeded(address.ip());
    authentication(wire, 12, signature.as_bytes());
    ok(wire);
    Ok((Some(login), principal))
}

async fn response(wire: &mut Wire) -> Result<Vec<u8>, Failed> {
    let Message { kind, body } = wire.next(false).await?;
    if kind != b'p' {
        return Err(Refusal::protocol("a response of SCRAM-SHA-256 was expected").into());
    }
    Ok(body)
}

fn text(bytes: &[u8]) -> Result<&str, Refusal> {
    std::str::from_utf8(bytes).map_err(|_| Refusal::protocol("a response is not UTF-8"))
}

fn authentication(wire: &mut Wire, step: u32, data: &[u8]) {
    let start = wire.begin(b'R');
    wire.out().extend_from_slice(&step.to_be_bytes());
    wire.out().extend_from_slice(data);
    wire.end(start);
}

fn ok(wire: &mut Wire) {
    authentication(wire, 0, &[]);
}

fn value<'a>(asked: &'a [(String, String)], name: &str) -> Option<&'a str> {
    asked.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What the client sets at the beginning: the zone that it lives in, and what stands in its `options`
/// (`-c name=value`, as libpq's variable `PGOPTIONS` has it).
fn settings(asked: &[(String, String)]) -> Result<Settings, Refusal> {
    let mut settings = Settings::default();
    // A zone that is not known is passed over.
    if let Some(zone) = asked.iter().find(|(name, _)| name.eq_ignore_ascii_case("timezone")) {
        let _ = settings.set("timezone", Some(&zone.1));
    }
    for (name, value) in options(value(asked, "options").unwrap_or_default()) {
        settings.set(&name, Some(&value)).map_err(Refusal::fatal)?;
    }
    Ok(settings)
}

/// The settings in a line of options; blanks in values stand behind backslashes.
fn options(line: &str) -> Vec<(String, String)> {
    let mut words: Vec<String> = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let word = words.last_mut().filter(|_| !letter.is_whitespace());
        match (letter, word) {
            ('\\', Some(word)) => word.extend(letters.next()),
            (letter, Some(word)) => word.push(letter),
            (_, None) => words.push(String::new()),
        }
    }
    let mut found = Vec::new();
    let mut is_next = false;
    for word in words.iter().filter(|word| !word.is_empty()) {
        if word == "-c" {
            is_next = true;
            continue;
        }
        let setting = match (word.strip_prefix("--"), word.strip_prefix("-c")) {
            (Some(setting), _) | (None, Some(setting)) => Some(setting),
            (None, None) => is_next.then_some(word.as_str()),
        };
        is_next = false;
        if let Some((name, value)) = setting.and_then(|setting| setting.split_once('=')) {
            found.push((name.trim().to_lowercase().replace('-', "_"), value.to_owned()));
        }
    }
    found
}

/// The session, told of what the server is.
fn session(
    shared: &Arc<Shared>,
    mut begun: Begun,
    (login, principal, settings): (Option<SqlLogin>, Principal, Settings),
    address: SocketAddr,
) -> Session {
    let registered = shared.running.register();
    let user = value(&begun.asked, "user").unwrap_or_default().to_owned();
    let database =
        value(&begun.asked, "database").filter(|name| !name.is_empty()).unwrap_or(&user).to_owned();
    let application = value(&begun.asked, "application_name").unwrap_or_default().to_owned();
    let shown = settings.zone().unwrap_or("UTC").to_owned();
    for (name, value) in settings::told(&user, &application, &shown) {
        begun.wire.told(name, &value);
    }
    let start = begun.wire.begin(b'K');
    begun.wire.out().extend_from_slice(&registered.process.to_be_bytes());
    begun.wire.out().extend_from_slice(&registered.secret.to_be_bytes());
    begun.wire.end(start);
    let postgres = Postgres { user, database, process: registered.process, zone: None };
    let who = Who { login, principal, address: address.ip() };
    Session::new(shared.clone(), begun.wire, registered, settings, postgres, who)
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn options_of_the_beginning_are_settings() {
        let check = |line: &str, expected: &[(&str, &str)]| {
            let found = options(line);
            let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(found, expected, "{line}");
        };
        check("-c TimeZone=Asia/Ho_Chi_Minh", &[("timezone", "Asia/Ho_Chi_Minh")]);
        check("-ca=1  --b-c=x\\ y -c d=", &[("a", "1"), ("b_c", "x y"), ("d", "")]);
        check("-d 5 -e", &[]);
        check("", &[]);
    }
}
