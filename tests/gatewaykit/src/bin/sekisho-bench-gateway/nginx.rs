//! nginx as the peer: Debian's, tuned, with a filter and limits of its own.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use sekisho_gatewaykit::NAME;

use crate::peer::{Peer, Running, children, free_port, loopback, until};
use crate::tls::{AUTHORITIES, PROXY, PUBLIC};

/// Where Debian puts it.
pub(crate) const PROGRAM: &str = "/usr/sbin/nginx";

/// Starts it in front of the server at this port, with a worker per core. It gives
/// tickets, as it does by itself, or none.
pub(crate) fn start(
    folder: &Path,
    certificates: &Path,
    upstream: u16,
    tickets: bool,
) -> Result<Peer> {
    let (port, workers) = (free_port()?, std::thread::available_parallelism()?.get());
    let (config, log) = (folder.join("nginx.conf"), folder.join("nginx.log"));
    fs::write(&config, configuration(folder, certificates, [port, upstream], workers, tickets))?;
    let mut nginx = Command::new(PROGRAM);
    nginx.arg("-p").arg(folder).arg("-e").arg("stderr").arg("-c").arg(&config);
    let running = Running::start(&nginx, &log, Stdio::null(), "TERM")?;
    let master = running.process();
    let processes = until("nginx answers, with its workers", &log, || {
        let children = children(master).ok()?;
        let answers = TcpStream::connect(loopback(port)).is_ok();
        (answers && children.len() == workers).then_some(children)
    })?;
    let processes = std::iter::once(master).chain(processes).collect();
    Ok(Peer { address: loopback(port), processes, _running: running, _server: None })
}

fn configuration(
    folder: &Path,
    certificates: &Path,
    [port, upstream]: [u16; 2],
    workers: usize,
    tickets: bool,
) -> String {
    // As it comes, it neither keeps sessions nor forbids their resumption.
    let (cache, tickets) = if tickets { ("none", "on") } else { ("off", "off") };
    let (folder, certificates) = (folder.display(), certificates.display());
    format!(
        r#"user root;
daemon off;
worker_processes {workers};
worker_rlimit_nofile 20000;
error_log stderr error;
pid {folder}/nginx.pid;
events {{ use epoll; worker_connections 19000; accept_mutex off; multi_accept on; }}
http {{
  access_log off;
  server_tokens off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_header_timeout 10s;
  client_body_timeout 10s;
  large_client_header_buffers 4 16k;
  limit_req_zone $ssl_client_s_dn zone=device:32m rate=1000000r/s;
  limit_req_zone all zone=all:1m rate=1000000r/s;
  limit_conn_zone $ssl_client_s_dn zone=connections:32m;
  upstream behind {{
    server 127.0.0.1:{upstream};
    keepalive 512;
    keepalive_requests 100000000;
    keepalive_timeout 300s;
  }}
  server {{
    listen 127.0.0.1:{port} ssl http2 reuseport backlog=4096;
    server_name {NAME};
    ssl_protocols TLSv1.3;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    ssl_ecdh_curve X25519;
    ssl_certificate {certificates}/{PUBLIC}.pem;
    ssl_certificate_key {certificates}/{PUBLIC}.key;
    ssl_client_certificate {certificates}/{AUTHORITIES};
    ssl_verify_client on;
    ssl_verify_depth 2;
    ssl_session_cache {cache};
    ssl_session_tickets {tickets};
    http2_max_concurrent_streams 16;
    client_max_body_size 2m;
    client_body_buffer_size 16k;
    limit_req zone=device burst=100000 nodelay;
    limit_req zone=all burst=100000 nodelay;
    limit_conn connections 60000;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host server;
    proxy_set_header Client-Name $ssl_client_s_dn;
    proxy_set_header Forwarded "for=$remote_addr";
    proxy_read_timeout 260s;
    proxy_ssl_protocols TLSv1.3;
    proxy_ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
    proxy_ssl_certificate {certificates}/{PROXY}.pem;
    proxy_ssl_certificate_key {certificates}/{PROXY}.key;
    proxy_ssl_trusted_certificate {certificates}/{AUTHORITIES};
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 2;
    proxy_ssl_name {NAME};
    proxy_ssl_server_name on;
    location = /agent/v1/fetch {{ limit_except POST {{ deny all; }} proxy_pass https://behind; }}
    location ~ ^/agent/v1/wait/[A-Za-z0-9-]+/[0-9]+$ {{ proxy_pass https://behind; }}
    location / {{ return 404; }}
  }}
}}
"#
    )
}
