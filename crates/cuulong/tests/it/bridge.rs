//! The bridge of MQTT in TLS: it tells a broker whose authority it trusts, and no other.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use reqwest::Method;
use tokio::process::{Child, Command};

use crate::driver::process::{Body, NodeProcess, log_of};

/// An authority's certificate in PEM, and a certificate for `localhost` that it signed, with its key.
fn made() -> (String, String, String) {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Of another name than what it signs, which would seem to be signed by itself.
    authority.distinguished_name.push(DnType::CommonName, "authority of a test");
    let shown = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own = KeyPair::generate().unwrap();
    let signed =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    (shown, signed.pem(), own.serialize_pem())
}

/// A broker in TLS on a port of its own, with its authority's certificate in `authority.pem`.
async fn broker(folder: &Path) -> (Child, u16) {
    let (authority, certificate, key) = made();
    for (name, text) in [("authority.pem", authority), ("certificate.pem", certificate), ("key.pem", key)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let path = |name: &str| folder.join(name).display().to_string();
    let config = format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
        path("certificate.pem"),
        path("key.pem")
    );
    std::fs::write(folder.join("broker.conf"), config).unwrap();
    let mut command = Command::new("mosquitto");
    command.args(["-c", &path("broker.conf")]).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().unwrap();
    let began = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "the broker does not listen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (child, port)
}

async fn node(folder: &Path, port: u16, authority: &Path) -> NodeProcess {
    let bridge = format!("mqtts://localhost:{port}");
    let variables = [
        ("CUULONG_MQTT_BRIDGE", bridge.as_str()),
        ("CUULONG_MQTT_LISTEN", "127.0.0.1:0"),
        ("SSL_CERT_FILE", authority.to_str().unwrap()),
    ];
    NodeProcess::start_with(&folder.join("data"), &variables).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_in_tls_tells_a_broker_that_it_trusts() {
    if !testkit::mosquitto() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_broker, port) = broker(folder.path()).await;
    let authority = folder.path().join("authority.pem");
    let mut listening = Command::new("mosquitto_sub");
    listening.args(["--cafile", authority.to_str().unwrap(), "-h", "localhost", "-p", &port.to_string()]);
    listening
        .args(["-t", "cuulong/changes/#", "-C", "1", "-W", "60"])
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let listening = listening.spawn().unwrap();
    let node = node(folder.path(), port, &authority).await;
    node.register("gauge").await;
    let heard = tokio::spawn(listening.wait_with_output());
    for day in 1..=28 {
        let file = format!("station,time,salinity\nstation:cau_noi,2018-01-{day:02},1.5\n");
        let path = format!("/v1/datasets/gauge/uploads?file_name={day}.csv");
        node.ask(Method::POST, &path, Body::File(file)).await.expect("an answer");
        if heard.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let output = heard.await.unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("gauge"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_of_an_unknown_authority_is_told_nothing_and_the_log_says_why() {
    if !testkit::mosquitto() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_broker, port) = broker(folder.path()).await;
    let other = folder.path().join("other.pem");
    std::fs::write(&other, made().0).unwrap();
    let node = node(folder.path(), port, &other).await;
    let began = Instant::now();
    loop {
        let log = std::fs::read_to_string(log_of(node.data())).unwrap_or_default();
        assert!(!log.contains("the bridge of MQTT is up"), "{log}");
        let said = log.lines().find(|line| line.contains("the bridge of MQTT is down"));
        if let Some(said) = said {
            assert!(said.to_lowercase().contains("certificate"), "{said}");
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{log}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
