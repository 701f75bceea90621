//! Clients that do not read what they ask for, and clients that send a byte now and then: what they hold is
//! bounded, they are told so, and others are answered meanwhile.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Served, TestNode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

const MIB: usize = 1 << 20;
/// A page of eight megabytes or so: the system's own buffers take up to four.
const PAGE: &str = "/ogc/collections/zones/items";

/// A node in which 24 MiB of answers may wait for one address, and 40 MiB for all, for so many seconds.
async fn node(patience: &'static str) -> Served {
    let node = TestNode::start_configured(vec![
        ("CUULONG_ANSWER_MEMORY", "41943040"),
        ("CUULONG_BUDGET_ANSWERS", "25165824"),
        ("CUULONG_HTTP_IDLE_SECONDS", patience),
        ("CUULONG_CLIENT_ADDRESS_HEADER", "x-forwarded-for"),
    ])
    .await;
    node.dataset("zones", "features", "open").await;
    let features = (0..20).map(|zone| {
        let (west, south) = (105.0 + f64::from(zone) / 100.0, 9.5);
        let corner = |n: i32| {
            let angle = f64::from(n % 10_000) / 10_000.0 * std::f64::consts::TAU;
            [west + angle.cos() / 250.0, south + angle.sin() / 250.0]
        };
        let ring: Vec<[f64; 2]> = (0..=10_000).map(corner).collect();
        let geometry = json!({ "type": "Polygon", "coordinates": [ring] });
        json!({ "type": "Feature", "id": format!("zone-{zone}"), "properties": {}, "geometry": geometry })
    });
    let file = json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() }).to_string();
    node.hand_in("zones", "zones.geojson", file.into_bytes(), None).await.unwrap();
    node.serve().await
}

/// A connection with small buffers, so that what is not read waits in the node.
async fn connect(node: &Served) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    socket.connect(node.url.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap()
}

/// Asks from an address, and reads the status and nothing else.
async fn ask(node: &Served, path: &str, from: &str) -> (TcpStream, u16) {
    let mut stream = connect(node).await;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {from}\r\naccept-language: en\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    timeout(Duration::from_secs(60), stream.read_exact(&mut status)).await.expect("an answer").unwrap();
    let status = std::str::from_utf8(&status[9..]).unwrap().parse().unwrap();
    (stream, status)
}

/// What comes of an answer until its connection ends or nothing comes for a while.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut some = [0; 4096];
    while let Ok(Ok(length @ 1..)) = timeout(Duration::from_millis(300), stream.read(&mut some)).await {
        all.extend_from_slice(&some[..length]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// The bytes of answers that wait to be read, as the operator sees them.
async fn unread(node: &Served) -> usize {
    let metrics = node.public().get("/metrics").await.unwrap().ok().unwrap().body;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    let line = metrics.lines().find(|line| line.starts_with("cuulong_unread_bytes")).expect("it is shown");
    line.rsplit(' ').next().unwrap().parse::<f64>().unwrap() as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_reads_hold_a_bounded_memory_and_others_are_answered() {
    let node = node("60").await;
    let page = node.public().get(PAGE).await.unwrap().ok().unwrap().body.len();
    assert!((7 * MIB..10 * MIB).contains(&page), "{page}");
    let mut held = Vec::new();
    // Six of each of three addresses: what each was answered.
    let mut told = vec![Vec::new(); 3];
    for (number, told) in told.iter_mut().enumerate() {
        let from = format!("10.0.0.{number}");
        for _ in 0..6 {
            let (mut stream, status) = ask(&node, PAGE, &from).await;
            told.push(status);
            assert!(unread(&node).await <= 40 * MIB, "more waits than may");
            if status == 200 {
                held.push(stream);
                continue;
            }
            let answer = rest(&mut stream).await;
            assert!(answer.contains("retry-after: 10"), "{answer}");
            let kind = if status == 429 { "/problems/budget-used" } else { "/problems/unavailable" };
            assert!(answer.contains(kind), "{status}: {answer}");
        }
        // Small answers are given to that address, too.
        assert_eq!(ask(&node, "/v1/datasets", &from).await.1, 200);
    }
    // The first has spent its share, and holds up nobody; the last finds the node full.
    assert!(told[0].starts_with(&[200, 200]) && told[0].ends_with(&[429, 429]), "{told:?}");
    assert!(!told[0].contains(&503) && told[1][0] == 200, "{told:?}");
    assert_eq!(told[2], [503; 6], "{told:?}");
    assert!(unread(&node).await > 25 * MIB);
    // Who goes away, or reads, makes room.
    drop(held);
    let began = Instant::now();
    while unread(&node).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} bytes are held", unread(&node).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ask(&node, PAGE, "10.0.0.0").await.1, 200);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off_and_what_waited_is_free() {
    let node = node("2").await;
    let (mut stream, status) = ask(&node, PAGE, "10.0.0.1").await;
    assert_eq!(status, 200);
    let began = Instant::now();
    while unread(&node).await > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} bytes are held", unread(&node).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let page = node.public().get(PAGE).await.unwrap().ok().unwrap().body.len();
    assert!(rest(&mut stream).await.len() < page, "a part is no page");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_but_steadily_gets_the_whole_page() {
    let node = node("5").await;
    let page = node.public().get(PAGE).await.unwrap().ok().unwrap().body.len();
    let mut stream = connect(&node).await;
    let request = format!("GET {PAGE} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut all = 0;
    let mut some = vec![0; 64 << 10];
    // For longer than somebody may take nothing.
    loop {
        tokio::time::sleep(Duration::from_millis(10)).await;
        match stream.read(&mut some).await.unwrap() {
            0 => break,
            length => all += length,
        }
    }
    assert!(all > page, "{all} of {page}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_a_byte_now_and_then_is_refused() {
    let node = node("2").await;
    let mut stream = connect(&node).await;
    let head = "POST /v1/sql HTTP/1.1\r\nhost: a\r\naccept-language: en\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let trickle = tokio::spawn(async move {
        while writer.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut answer = Vec::new();
    let ended = timeout(Duration::from_secs(20), reader.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("/problems/too-slow"), "{answer}");
    assert!(ended.is_ok(), "the connection stays open");
    trickle.abort();
    assert_eq!(ask(&node, "/v1/datasets", "10.0.0.1").await.1, 200);
    node.stop().await;
}

/// A public address that takes up to 32 MiB.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_do_not_come_to_an_end_hold_a_bounded_memory() {
    let node = node("60").await;
    let begin = async |from: &str| {
        let mut stream = connect(&node).await;
        let head = format!(
            "POST /sta/v1.1/$batch HTTP/1.1\r\nhost: a\r\nx-forwarded-for: {from}\r\n\
             content-type: application/json\r\ncontent-length: 30000000\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // Who is refused need not take it all.
        stream.write_all(&vec![b' '; 15 * MIB]).await.ok();
        stream
    };
    let waits = begin("10.0.0.1").await;
    let enough = Instant::now();
    while unread(&node).await < 12 * MIB {
        assert!(enough.elapsed() < Duration::from_secs(20), "{} bytes are counted", unread(&node).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answer = rest(&mut begin("10.0.0.1").await).await;
    assert!(answer.starts_with("HTTP/1.1 429") && answer.contains("/problems/budget-used"), "{answer}");
    let others = begin("10.0.0.2").await;
    assert_eq!(ask(&node, "/v1/datasets", "10.0.0.3").await.1, 200);
    drop((waits, others));
    while unread(&node).await > 0 {
        assert!(enough.elapsed() < Duration::from_secs(30), "{} bytes are counted", unread(&node).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.stop().await;
}

/// A frame of HTTP/2 (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const WINDOW: u8 = 8;

/// A request without a body: indexed and literal fields (RFC 7541 §6).
fn get(stream: u32, path: &str) -> Vec<u8> {
    let mut fields = vec![0x82, 0x86, 0x01, 1, b'a', 0x04, path.len() as u8];
    fields.extend(path.as_bytes());
    // The end of the head, and of the request.
    frame(HEADERS, 0x05, stream, &fields)
}

/// Reads frames until one of this kind comes on this stream.
async fn wait_for(connection: &mut TcpStream, kind: u8, stream: u32) {
    let wait = async {
        loop {
            let mut head = [0; 9];
            connection.read_exact(&mut head).await.unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            connection.read_exact(&mut vec![0; length]).await.unwrap();
            if head[3] == kind && head[5..] == stream.to_be_bytes() {
                return;
            }
        }
    };
    timeout(Duration::from_secs(20), wait).await.expect("the frame comes");
}

/// The connection is in use, and one of its streams is not read.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_http_2_that_is_not_read_is_given_up_and_its_connection_goes_on() {
    let node = node("2").await;
    let mut connection = connect(&node).await;
    connection.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    connection.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    // Room in the connection, and as much as by default, 64 KiB, in each stream.
    connection.write_all(&frame(WINDOW, 0, 0, &(8 * MIB as u32).to_be_bytes())).await.unwrap();
    connection.write_all(&get(1, PAGE)).await.unwrap();
    wait_for(&mut connection, HEADERS, 1).await;
    assert!(unread(&node).await > MIB);
    let (mut stream, began) = (3, Instant::now());
    // What was put into the connection before it was known to be too much stays there.
    while unread(&node).await > MIB / 4 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} bytes are held", unread(&node).await);
        connection.write_all(&get(stream, "/healthz")).await.unwrap();
        wait_for(&mut connection, HEADERS, stream).await;
        stream += 2;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Who reads on all the same learns that there is no more: a part is no page.
    connection.write_all(&frame(WINDOW, 0, 1, &(8 * MIB as u32).to_be_bytes())).await.unwrap();
    wait_for(&mut connection, RESET, 1).await;
    connection.write_all(&get(stream, "/healthz")).await.unwrap();
    wait_for(&mut connection, HEADERS, stream).await;
    node.stop().await;
}

/// A message of PostgreSQL's protocol (§55.7); the first has no kind.
fn message(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let mut message: Vec<u8> = kind.into_iter().collect();
    message.extend((body.len() as u32 + 4).to_be_bytes());
    message.extend(body);
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_postgresql_that_does_not_read_is_cut_off() {
    let node = TestNode::start_configured(vec![("CUULONG_PGWIRE_IDLE_SECONDS", "2")]).await;
    node.dataset("gauge", "observations", "open").await;
    let lines = (0..1000).map(|day| {
        let day = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(day);
        format!("station:cau_noi,{day},1.5\n")
    });
    let file = "station,time,salinity\n".to_owned() + &lines.collect::<String>();
    node.hand_in("gauge", "a.csv", file.into_bytes(), None).await.unwrap();
    let node = node.serve().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 << 10).unwrap();
    let mut client = socket.connect(node.sql).await.unwrap();
    let version = 196_608_u32.to_be_bytes();
    client
        .write_all(&message(None, &[&version[..], b"user\0public\0database\0cuulong\0\0"].concat()))
        .await
        .unwrap();
    let copy = b"COPY (SELECT a.*, b.result FROM gauge a CROSS JOIN gauge b) TO STDOUT\0";
    client.write_all(&message(Some(b'Q'), copy)).await.unwrap();
    let began = Instant::now();
    // It ends in the middle of what was asked for: nothing says that it is complete.
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "it still waits");
        let metrics = node.public().get("/metrics").await.unwrap().ok().unwrap().body;
        if String::from_utf8_lossy(&metrics).contains("\ncuulong_sql_stalled_total") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut told = Vec::new();
    client.read_to_end(&mut told).await.ok();
    assert!(told.len() > 8 << 10 && !told.ends_with(b"I"), "{} bytes", told.len());
    node.stop().await;
}
