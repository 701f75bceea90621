//! The PostgreSQL protocol, judged by psql, psycopg, SQLAlchemy, Java's driver and QGIS, over loopback, on the
//! sample.

use std::time::Duration;

use axum::http::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use testkit::{Served, TestNode, jdbc, odbc, postgres_database, psql, python, qgis};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// The sample, with a user who has a password and a key.
async fn node() -> (Served, String) {
    with_reader(TestNode::start().await).await
}

async fn with_reader(node: TestNode) -> (Served, String) {
    testkit::load_sample(&node.node().app().clone()).await;
    node.dataset("hidden", "observations", "restricted").await;
    let user = json!({ "id": "lan", "name": "Lan", "role": "user", "password": "chín con rồng" });
    node.system().send_json(Method::POST, "/v1/users", &user).await.unwrap().ok().unwrap();
    let key = json!({ "label": "psql", "scope": "read" });
    let made = node.system().send_json(Method::POST, "/v1/users/lan/keys", &key).await.unwrap();
    let key = made.ok().unwrap().json()["key"].as_str().unwrap().to_owned();
    (node.serve().await, key)
}

/// What psql prints, and whether it was content.
async fn ask(node: &Served, user: &str, password: &str, arguments: &[&str]) -> (bool, String) {
    let psql = psql().expect("asked before");
    let output = Command::new(psql)
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d"])
        .arg(format!("host=127.0.0.1 port={} user={user} dbname=cuulong", node.sql.port()))
        .args(arguments)
        .env("PGPASSWORD", password)
        .env("PGSSLMODE", "require")
        .env("PGCONNECT_TIMEOUT", "20")
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

async fn good(node: &Served, user: &str, password: &str, arguments: &[&str]) -> String {
    let (is_good, printed) = ask(node, user, password, arguments).await;
    assert!(is_good, "{arguments:?}: {printed}");
    printed
}

async fn refused(node: &Served, statement: &str, state: &str) {
    let (is_good, printed) = ask(node, "public", "", &["-c", statement]).await;
    assert!(!is_good && printed.contains(state), "{statement} is not {state}: {printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_signs_in_asks_and_copies() {
    if psql().is_none() {
        return;
    }
    let (node, key) = node().await;
    let sql = async |user: &str, password: &str, statement: &str| {
        good(&node, user, password, &["-c", statement]).await.trim().to_owned()
    };
    // A key and a password, proved by SCRAM in TLS; neither when it is wrong.
    assert_eq!(sql("lan", &key, "select current_user").await, "lan");
    assert_eq!(sql("lan", "chín con rồng", "select 1 + 1").await, "2");
    for (user, password) in [("lan", "chin con rong!"), ("nobody", "chín con rồng"), ("lan", "")] {
        let (is_good, printed) = ask(&node, user, password, &["-c", "select 1"]).await;
        let told =
            printed.contains("password authentication failed") || printed.contains("no password supplied");
        assert!(!is_good && told, "{printed}");
    }
    assert!(good(&node, "public", "", &["-c", "\\conninfo"]).await.contains("TLSv1.3"));
    // The same numbers as over HTTP.
    let query = "select count(*), round(sum(result) * 1000) from salinity_2h";
    let asked = json!({ "sql": query, "format": "csv" });
    let direct = node.public().send_json(Method::POST, "/v1/sql", &asked).await.unwrap().ok().unwrap();
    let direct = String::from_utf8(direct.body.to_vec()).unwrap();
    let direct = direct.lines().nth(1).unwrap().replace(".0", "");
    assert_eq!(sql("public", "", query).await.replace('|', ","), direct);
    let count: u64 = direct.split(',').next().unwrap().parse().unwrap();
    assert!(count > 1_000, "{count}");
    // COPY, in text and in CSV.
    let copied =
        sql("public", "", "copy (select place, result from salinity_2h order by 1, 2) to stdout").await;
    assert_eq!(copied.lines().count() as u64, count);
    assert!(copied.lines().all(|line| line.starts_with("station:") && line.contains('\t')), "{copied}");
    let csv = sql("public", "", "copy property (property, name) to stdout (format csv, header)").await;
    assert!(csv.starts_with("property,name\n") && csv.contains("Độ mặn"), "{csv}");
    // Statements that psql prepares, and cursors that it reads by.
    let prepared = "prepare p as select count(*) from place where scheme = $1; execute p('gso2004');";
    let counted = "select count(*) from place where scheme = 'gso2004'";
    let last = sql("public", "", prepared).await.lines().last().unwrap().to_owned();
    assert_eq!(last, sql("public", "", counted).await);
    let by_cursor = ["-v", "FETCH_COUNT=100", "-c", "select datastream from salinity_2h"];
    let fetched = good(&node, "public", "", &by_cursor).await;
    assert_eq!(fetched.lines().count() as u64, count);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_describes_what_the_principal_may_read() {
    if psql().is_none() {
        return;
    }
    let (node, _) = node().await;
    let listed = good(&node, "public", "", &["-c", "\\dt"]).await;
    assert!(listed.contains("public|salinity_2h|table|"), "{listed}");
    assert!(!listed.contains("hidden"), "{listed}");
    let with_foot = ["-P", "tuples_only=off", "-c", "\\d salinity_2h"];
    let system = good(&node, "public", "", &with_foot).await;
    for line in [
        "result|double precision",
        "phenomenon_time|timestamp with time zone",
        "place|text",
        "\"salinity_2h_pkey\" PRIMARY KEY, btree (datastream, phenomenon_time)",
    ] {
        assert!(system.contains(line), "{system}");
    }
    let shapes = good(&node, "public", "", &["-c", "\\d monitoring_stations"]).await;
    assert!(shapes.contains("geometry|geometry(Point,4326)"), "{shapes}");
    let said = good(&node, "public", "", &["-c", "\\dt+ salinity_2h", "-c", "\\d+ salinity_2h"]).await;
    assert!(said.contains("2020") && said.contains("giá trị · result"), "{said}");
    for words in [
        "\\l",
        "\\l+",
        "\\dn",
        "\\dn+",
        "\\du",
        "\\dv",
        "\\di",
        "\\di+",
        "\\df",
        "\\dT",
        "\\d+ place",
        "\\dt+",
        "\\d",
        "\\d place_pkey",
        "\\dx",
        "\\dp",
        "\\ds",
        "\\dm",
        "\\db",
        "\\da",
        "\\do",
        "\\dC",
        "\\dD",
        "\\dL",
        "\\dy",
        "\\dA",
        "\\des",
        "\\det",
        "\\dRp",
        "\\drds",
        "\\dconfig",
        "\\dE",
    ] {
        let printed = good(&node, "public", "", &["-c", words]).await;
        assert!(!printed.contains("hidden"), "{words}: {printed}");
    }
    let (is_good, printed) = ask(&node, "public", "", &["-c", "\\d hidden"]).await;
    let (_, missing) = ask(&node, "public", "", &["-c", "\\d missing"]).await;
    assert!(!is_good || printed.contains("Did not find"), "{printed}");
    assert_eq!(printed.replace("hidden", "missing"), missing);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_has_the_state_that_clients_know() {
    if psql().is_none() {
        return;
    }
    let (node, _) = node().await;
    for (statement, state) in [
        ("insert into place values (1)", "25006"),
        ("create table a (b int)", "25006"),
        ("copy place from stdin", "25006"),
        ("copy place to '/tmp/x'", "42501"),
        ("select * from hidden", "42P01"),
        ("select * from missing", "42P01"),
        ("select nothing from place", "42703"),
        ("select nothing(1)", "42883"),
        ("selec 1", "42601"),
        ("fetch 1 from nothing", "34000"),
        ("execute nothing", "26000"),
        ("set client_encoding to latin1", "22023"),
        ("declare c cursor for select 1", "25P01"),
        ("explain select 1", "42501"),
        ("show nothing", "42704"),
        ("select id,\n  from place", "42601"),
        ("select st_asmvt(geometry) from monitoring_stations", "0A000"),
        ("select st_transform(geometry, 3857) from monitoring_stations", "0A000"),
    ] {
        refused(&node, statement, state).await;
    }
    // Words that are short here, and would double with every level in the planner's.
    let nested =
        (0..20).fold("timestamp '1999-06-01'".to_owned(), |time, _| format!("date_trunc('decade', {time})"));
    refused(&node, &format!("select {nested}"), "54000").await;
    // A transaction that has failed takes nothing until its end.
    let (_, printed) = ask(
        &node,
        "public",
        "",
        &[
            "-v",
            "ON_ERROR_STOP=0",
            "-c",
            "begin",
            "-c",
            "select * from missing",
            "-c",
            "select 1",
            "-c",
            "rollback",
        ],
    )
    .await;
    assert!(printed.contains("25P02") && printed.contains("ROLLBACK"), "{printed}");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_clients_of_postgresql_read_here() {
    let Some(python) = python() else { return };
    let (node, key) = node().await;
    let script = format!("{}/clients/sqlwire.py", env!("CARGO_MANIFEST_DIR"));
    let port = node.sql.port().to_string();
    let output = Command::new(&python).args([&script, &port, &key, &node.url]).output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && printed.trim_end().ends_with("ok"), "{printed}\n{complained}");
    node.stop().await;
}

/// What a program prints last when it is content.
async fn content(mut program: Command) {
    let output = program.output().await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && printed.trim_end().ends_with("ok"), "{printed}\n{complained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_look_around_as_in_postgresql_and_copy_in_binary() {
    let Some(python) = python() else { return };
    let (node, key) = node().await;
    let script = format!("{}/clients/sqlwire_catalogue.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.args([&script, &node.sql.port().to_string(), &key]);
    content(program).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn asyncpg_pg8000_and_adbc_read_here() {
    let Some(python) = python() else { return };
    let (node, _) = node().await;
    let script = format!("{}/clients/sqlwire_others.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.args([&script, &node.sql.port().to_string(), &node.url]);
    content(program).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_driver_of_odbc_reads_as_office_programs_do() {
    let (Some(python), Some(driver)) = (python(), odbc()) else { return };
    let (node, key) = node().await;
    let script = format!("{}/clients/sqlwire_odbc.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.arg(&script).args([node.sql.port().to_string(), key]).arg(&driver);
    content(program).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_driver_of_java_reads_the_catalogue_and_rows() {
    let Some(driver) = jdbc() else { return };
    let (node, key) = node().await;
    let script = format!("{}/clients/Metadata.java", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new("java");
    program.arg("-cp").arg(&driver).args([&script, &node.sql.port().to_string(), "lan", &key]);
    content(program).await;
    node.stop().await;
}

/// Two areas, one of a single part and one of two.
fn areas() -> Vec<u8> {
    let square = |west: f64| {
        let east = west + 0.1;
        json!([[[west, 9.0], [east, 9.0], [east, 9.1], [west, 9.1], [west, 9.0]]])
    };
    let feature = |id: &str, geometry: serde_json::Value| json!({ "type": "Feature", "id": id, "properties": { "name": id }, "geometry": geometry });
    let features = [
        feature("one", json!({ "type": "Polygon", "coordinates": square(105.0) })),
        feature("two", json!({ "type": "MultiPolygon", "coordinates": [square(105.5), square(106.0)] })),
    ];
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

/// The node with a dataset of areas.
async fn with_areas() -> (Served, String) {
    let node = TestNode::start().await;
    node.dataset("areas", "features", "open").await;
    node.hand_in("areas", "areas.geojson", areas(), None).await.unwrap();
    with_reader(node).await
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_of_tools_are_answered_as_postgresql_answers_them() {
    let Some(python) = python() else { return };
    let Some(judge) = postgres_database().await else { return };
    let (node, key) = with_areas().await;
    let script = format!("{}/clients/sqlwire_judged.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.args([&script, &node.sql.port().to_string(), &key, &judge]);
    content(program).await;
    node.stop().await;
}

/// Eight rows of every type that an attribute may have, most with a value.
fn samples() -> Vec<u8> {
    let names =
        ["Cần Thơ", "Sóc Trăng", "Bạc Liêu", "Cà Mau", "Trà Vinh", "Bến Tre", "An Giang", "Kiên Giang"];
    let at = ["01T20", "02T09", "02T22", "03T11", "04T00", "04T13", "05T02", "05T15"];
    let feature = |(nth, name): (usize, &&str)| {
        let n = nth + 1;
        let coordinates = [1050 + n, 90 + n].map(|tenths| tenths as f64 / 10.0);
        json!({
            "type": "Feature",
            "id": format!("f{n}"),
            "geometry": { "type": "Point", "coordinates": coordinates },
            "properties": {
                "id": format!("s0{n}"),
                "n": (n < 8).then_some(n),
                "x": (n != 5).then_some(n as f64 * 1.25),
                "name": name,
                "flag": (n != 4 && n != 8).then_some(n % 2 == 1),
                "at": format!("2020-01-{}:30:00Z", at[nth]),
            },
        })
    };
    let features: Vec<_> = names.iter().enumerate().map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_expressions_are_answered_as_postgresql_answers_them() {
    let Some(python) = python() else { return };
    let Some(judge) = postgres_database().await else { return };
    let node = TestNode::start().await;
    node.dataset("samples", "features", "open").await;
    node.hand_in("samples", "samples.geojson", samples(), None).await.unwrap();
    let (node, key) = with_reader(node).await;
    let script = format!("{}/clients/sqlwire_differential.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.args([&script, &node.sql.port().to_string(), &key, &judge]);
    content(program).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn qgis_opens_tables_as_those_of_postgis() {
    let Some(python) = qgis() else { return };
    let (node, key) = with_areas().await;
    let script = format!("{}/clients/qgis_postgres.py", env!("CARGO_MANIFEST_DIR"));
    let mut program = Command::new(&python);
    program.args([&script, &node.sql.port().to_string(), &node.url, &key]);
    content(program).await;
    node.stop().await;
}

/// Sends bytes to the server and gives back what it says until it ends the connection.
async fn said(node: &Served, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(node.sql).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await;
    // A connection that is reset has ended, too.
    end.expect("the server ends the connection").ok();
    answer
}

fn startup(parameters: &[u8]) -> Vec<u8> {
    let length = (8 + parameters.len()) as u32;
    [&length.to_be_bytes()[..], &(3_u32 << 16).to_be_bytes(), parameters].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_words_end_their_own_connection_only() {
    let node = TestNode::start().await.serve().await;
    let has = |answer: &[u8], words: &str| String::from_utf8_lossy(answer).contains(words);
    // Another protocol, a length that is a lie, a version that is not spoken, no user.
    said(&node, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    said(&node, &u32::MAX.to_be_bytes()).await;
    said(&node, &3_u32.to_be_bytes()).await;
    let old = [&8_u32.to_be_bytes()[..], &(2_u32 << 16).to_be_bytes()].concat();
    assert!(has(&said(&node, &old).await, "0A000"));
    assert!(has(&said(&node, &startup(b"\0")).await, "28000"));
    // A message that claims two gigabytes, one that is cut short, and one of no kind.
    let public = startup(b"user\0public\0\0");
    let long = [&public[..], b"Q", &i32::MAX.to_be_bytes()].concat();
    assert!(has(&said(&node, &long).await, "54000"));
    let none = [&public[..], b"!", &4_u32.to_be_bytes()].concat();
    assert!(has(&said(&node, &none).await, "08P01"));
    let short = [&public[..], b"B", &5_u32.to_be_bytes(), b"x"].concat();
    assert!(has(&said(&node, &short).await, "08P01"));
    // A secret is asked for by SCRAM only; a password in plain text is no response.
    let plain = [&startup(b"user\0lan\0\0")[..], b"p", &10_u32.to_be_bytes(), b"guess\0"].concat();
    let answer = said(&node, &plain).await;
    assert!(has(&answer, "SCRAM-SHA-256") && has(&answer, "FATAL"), "{}", String::from_utf8_lossy(&answer));
    // Others are served as before.
    let asked =
        [&public[..], b"Q", &13_u32.to_be_bytes(), b"select 1\0", b"X", &4_u32.to_be_bytes()].concat();
    assert!(has(&said(&node, &asked).await, "SELECT 1"));
    assert!(!node.key.expose_secret().is_empty());
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_withdrawn_opens_nothing_more() {
    if psql().is_none() {
        return;
    }
    let (node, key) = node().await;
    good(&node, "lan", &key, &["-c", "select 1"]).await;
    let keys = node.system().get("/v1/users/lan/keys").await.unwrap().ok().unwrap().json();
    let id = keys.as_array().or_else(|| keys["items"].as_array()).unwrap()[0]["id"].clone();
    let path = format!("/v1/keys/{id}");
    node.system().send_json(Method::DELETE, &path, &json!(null)).await.unwrap().ok().unwrap();
    let (is_good, printed) = ask(&node, "lan", &key, &["-c", "select 1"]).await;
    assert!(!is_good && printed.contains("password authentication failed"), "{printed}");
    node.stop().await;
}

#[tokio::test]
async fn parameters_over_http_are_values_and_never_text() {
    let node = TestNode::start().await;
    let ask = async |sql: &str, parameters: serde_json::Value| {
        let query = json!({ "sql": sql, "parameters": parameters });
        node.public().send_json(Method::POST, "/v1/sql", &query).await.unwrap()
    };
    let rows = async |sql: &str, parameters| ask(sql, parameters).await.ok().unwrap().json()["rows"].clone();
    let sql = "SELECT $1 AS a, $2 + 1 AS b, $3 AS c, $4 IS NULL AS d";
    let values = json!(["'; DROP TABLE place --", 41, true, null]);
    let expected = json!([{ "a": "'; DROP TABLE place --", "b": 42, "c": true, "d": true }]);
    assert_eq!(rows(sql, values).await, expected);
    // A text beside a time or a number is read as one; a number may bound the rows.
    let sql = "SELECT count(*) AS n FROM place WHERE scheme = $1 AND valid_from < $2";
    let direct = "SELECT count(*) AS n FROM place WHERE scheme = 'gso2004' AND valid_from < '2030-01-01'";
    assert_eq!(rows(sql, json!(["gso2004", "2030-01-01"])).await, rows(direct, json!([])).await);
    let bounded = rows("SELECT place FROM place ORDER BY place LIMIT $1", json!([3])).await;
    assert_eq!(bounded.as_array().unwrap().len(), 3);
    let path = "/v1/sql?sql=SELECT%20%241%20AS%20a&parameters=%5B%22x%22%5D";
    let got = node.public().get(path).await.unwrap().ok().unwrap().json();
    assert_eq!(got["rows"], json!([{ "a": "x" }]));
    // A list, of which an item is compared; times as people write them.
    let listed =
        rows("SELECT count(*) AS n FROM place WHERE scheme = ANY ($1)", json!([["gso2004", "x"]])).await;
    let direct = rows("SELECT count(*) AS n FROM place WHERE scheme IN ('gso2004', 'x')", json!([])).await;
    assert_eq!(listed, direct);
    let sql = "SELECT TIMESTAMPTZ '2026-01-31 07:00:00+07' = '2026-01-31 00:00' AS a, \
               TIMESTAMPTZ '2026-01-31 07:00:00+07' > '2026-01-31 06:59+07' AS b";
    assert_eq!(rows(sql, json!([])).await, json!([{ "a": true, "b": true }]));
    let sql = "SELECT now() >= TIMESTAMPTZ '2026-01-31T00:00:00Z' AS a, 1 WHERE 5 NOT IN (SELECT NULL)";
    assert_eq!(rows(sql, json!([])).await, json!([]));
    // Too few values, values that are none, and names that are no numbers.
    for (sql, values) in [
        ("SELECT $2", json!([1])),
        ("SELECT $1", json!([{}])),
        ("SELECT $1", json!([[[1]]])),
        ("SELECT $1", json!([[{}]])),
        ("SELECT $1", json!("x")),
        ("SELECT $0", json!([1])),
        ("SELECT $99999", json!([1])),
        ("SELECT * FROM $1", json!(["place"])),
    ] {
        let status = ask(sql, values).await.status.as_u16();
        assert!((400..500).contains(&status), "{sql}: {status}");
    }
}
