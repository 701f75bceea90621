//! `cuulong serve`: start a node.

use std::net::SocketAddr;

use model::Lang;
use tokio::net::TcpListener;

use super::{Done, sentence, tell};
use crate::config::Config;
use crate::node::Node;
use crate::operate::say;
use crate::sample;

/// Opens the folder, loads the sample when asked, and serves until a signal.
pub async fn serve(config: &Config, demo: bool) -> Done {
    let mut node = Node::open(config, demo).await.map_err(|error| sentence(&error))?;
    let listener = TcpListener::bind(&config.listen).await.map_err(|error| {
        let (listen, english) = (&config.listen, config.lang == Lang::En);
        match english {
            true => format!("cannot listen on `{listen}`: {error}; choose another with --listen"),
            false => format!("không nghe được ở `{listen}`: {error}; hãy chọn địa chỉ khác bằng --listen"),
        }
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    node.will_serve_at(address);
    if demo {
        let started = std::time::Instant::now();
        let account = sample::load(node.app(), &|line| tell(line)).await?;
        let done = say(config.lang, "bộ mẫu đã sẵn sàng", "the sample is in place");
        tell(&format!("{done} ({:.1} s)", started.elapsed().as_secs_f64()));
        if let Some(account) = account {
            let (user, password) = (account.user, account.password);
            tell(&match config.lang {
                Lang::En => format!("to hand in a file, sign in as `{user}` with the password {password}"),
                _ => format!("để nộp tệp, hãy đăng nhập tên `{user}`, mật khẩu {password}"),
            });
        }
    }
    tell(&format!("Cửu Long: http://{}", shown(address)));
    if let Some(address) = node.listen_sql().await.map_err(|error| sentence(&error))? {
        tell(&format!("PostgreSQL: postgresql://public@{}/cuulong", shown(address)));
    }
    if let Some(address) = node.listen_mqtt().await.map_err(|error| sentence(&error))? {
        tell(&format!("MQTT: mqtt://{}", shown(address)));
    }
    node.serve(listener, signal()).await.map_err(|error| sentence(&error))
}

fn shown(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() }
}

/// Resolves on Ctrl-C and on SIGTERM.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
