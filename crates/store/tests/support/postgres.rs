//! Starts the test binary's PostgreSQL, once, and makes databases in it.

use sqlx::{ConnectOptions as _, Executor as _, postgres::PgConnectOptions};
use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

struct Server {
    port: u16,
    /// Held open for as long as this process lives; the guard waits for its end.
    _guard: ChildStdin,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// The URL of a new, empty database.
pub async fn fresh_database() -> String {
    let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(start)).await.unwrap();
    let admin = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(server.port).username("postgres");
    let name = format!("t{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut connection = admin.database("postgres").connect().await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(sqlx::raw_sql(create)).await.unwrap();
    format!("postgres://postgres@127.0.0.1:{}/{name}", server.port)
}

/// `initdb`, start, say "up", wait for the end of input, stop, clean up.
const GUARD: &str = r#"
set -e
dir=$(mktemp -d /tmp/turnpike-store-pg-XXXXXX)
trap 'rm -rf "$dir"' EXIT
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown postgres "$dir"
    as() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
fi
cd "$dir"
as "$BIN/initdb" --no-sync --auth=trust --encoding=UTF8 --locale=C -U postgres -D "$dir/data" >"$dir/initdb.log" 2>&1
as "$BIN/postgres" -D "$dir/data" -k "$dir" -p "$PORT" -c listen_addresses=127.0.0.1 -c fsync=off \
    -c full_page_writes=off -c max_connections=400 -c shared_buffers=64MB >"$dir/log" 2>&1 </dev/null &
server=$!
stop() { kill -QUIT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null || true; wait $server 2>/dev/null || true; }
trap 'stop; rm -rf "$dir"' EXIT
until "$BIN/pg_isready" -q -h 127.0.0.1 -p "$PORT"; do
    kill -0 $server || { cat "$dir/log" >&2; exit 1; }
    sleep 0.05
done
echo up
cat >/dev/null
"#;

#[expect(clippy::zombie_processes, reason = "the guard outlives this process by design, and nobody can wait for it")]
fn start() -> Server {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut guard = Command::new("bash")
        .args(["-c", GUARD])
        .env("BIN", binaries())
        .env("PORT", port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(guard.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "up", "PostgreSQL did not start");
    Server { port, _guard: guard.stdin.take().unwrap() }
}

/// Where `initdb` is: Debian keeps it off the PATH.
fn binaries() -> PathBuf {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let mut found: Vec<PathBuf> = debian.filter(|dir| dir.join("initdb").exists()).collect();
    found.sort();
    let on_path = || {
        let which = Command::new("sh").args(["-c", "command -v initdb"]).output().ok()?;
        PathBuf::from(String::from_utf8(which.stdout).ok()?.trim()).parent().map(PathBuf::from)
    };
    found.pop().or_else(on_path).expect("PostgreSQL is installed (initdb)")
}
