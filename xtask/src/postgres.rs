//! A private database cluster: made for one run, on loopback, gone afterwards.
//!
//! Durability settings stay as they are by default (`fsync` on): tests and benchmarks mean
//! the real thing. The server refuses to run as root, so root starts it as `postgres`.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, repo, sh};

const START_SECONDS_MAX: u64 = 60;
const STOP_SECONDS_MAX: u64 = 30;

/// A running server; dropping it stops the server and removes its files.
#[derive(Debug)]
pub(crate) struct Cluster {
    server: Child,
    folder: PathBuf,
    url: String,
}

impl Cluster {
    /// Makes and starts a cluster on a free loopback port.
    pub(crate) fn start() -> Result<Self> {
        let bin = bin_folder().ok_or("PostgreSQL is not installed: run `cargo xtask setup`")?;
        let folder = make_folder()?;
        let password = password()?;
        let data = folder.join("data");
        initialise(&bin, &folder, &data, &password)?;
        let port = free_port()?;
        let log = folder.join("server.log");
        let server = spawn(&bin, &data, port, &log)?;
        let url = format!("postgres://bursar:{password}@127.0.0.1:{port}/postgres");
        let mut cluster = Self {
            server,
            folder,
            url,
        };
        cluster.wait_ready(&bin, port, &log)?;
        Ok(cluster)
    }

    /// The URL of the cluster's superuser; tests make their own databases with it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn wait_ready(&mut self, bin: &Path, port: u16, log: &Path) -> Result {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        loop {
            let mut probe = Command::new(bin.join("pg_isready"));
            probe.args(["--quiet", "--host=127.0.0.1", &format!("--port={port}")]);
            if sh::succeeds(&mut probe) {
                return Ok(());
            }
            let ended = self.server.try_wait().ok().flatten().is_some();
            if ended || Instant::now() > deadline {
                let log = std::fs::read_to_string(log).unwrap_or_default();
                return Err(format!("PostgreSQL did not start:\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's "fast" shutdown: end the sessions, checkpoint, leave.
        let pid = self.server.id().to_string();
        let asked = sh::succeeds(Command::new("kill").args(["-INT", &pid]));
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
        while asked && Instant::now() < deadline {
            if !matches!(self.server.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        // Harmless when the server has ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the newest installed server's programs.
pub(crate) fn bin_folder() -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = debian
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path(),
            ))
        })
        .max()
        .map(|(_, folder)| folder.join("bin"));
    newest
        .or_else(|| sh::which("initdb")?.parent().map(Path::to_path_buf))
        .filter(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// Whether we run as root.
pub(crate) fn is_root() -> bool {
    sh::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// A command that runs as `postgres` when we are root. It gets SIGINT when we die, however we
/// die, so that no server outlives its run.
fn as_server_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=INT");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg("--").arg(program);
    command
}

/// An empty folder that the server's user owns: in the build folder, or, when that user cannot
/// reach it (a clone under `/root`), in the system's folder for temporary files.
fn make_folder() -> Result<PathBuf> {
    let scratch = repo::scratch()?;
    let reachable = sh::succeeds(as_server_user(Path::new("test")).arg("-x").arg(&scratch));
    let folder = if reachable {
        scratch.join("pg")
    } else {
        std::env::temp_dir().join(format!("bursar-xtask-pg-{}", std::process::id()))
    };
    let failed = |e: std::io::Error| format!("cannot make {}: {e}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    std::fs::create_dir(&folder).map_err(failed)?;
    if is_root() {
        sh::output(Command::new("chown").arg("postgres:postgres").arg(&folder))?;
    }
    Ok(folder)
}

/// A password, so that no other user of the machine gets at the server.
fn password() -> Result<String> {
    use std::io::Read as _;
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|e| format!("cannot read /dev/urandom: {e}"))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

fn initialise(bin: &Path, folder: &Path, data: &Path, password: &str) -> Result {
    let password_file = folder.join("password");
    sh::write(&password_file, &format!("{password}\n"))?;
    if is_root() {
        sh::output(
            Command::new("chown")
                .arg("postgres:postgres")
                .arg(&password_file),
        )?;
    }
    sh::output(Command::new("chmod").arg("600").arg(&password_file))?;
    let mut initdb = as_server_user(&bin.join("initdb"));
    // `password` rather than `scram`: the same secret over loopback, without the key stretching
    // that would slow down every connection of a test.
    initdb
        .args([
            "--username=bursar",
            "--auth=password",
            "--encoding=UTF8",
            "--locale=C",
        ])
        .arg(format!("--pwfile={}", password_file.display()))
        .arg(data)
        .current_dir(folder);
    sh::output(&mut initdb).map(drop)
}

fn free_port() -> Result<u16> {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free loopback port: {e}"))
}

fn spawn(bin: &Path, data: &Path, port: u16, log: &Path) -> Result<Child> {
    let file = std::fs::File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let copy = file
        .try_clone()
        .map_err(|e| format!("{}: {e}", log.display()))?;
    as_server_user(&bin.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string()])
        .args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ])
        .args(["-c", "max_connections=300"])
        .current_dir(data.parent().unwrap_or(data))
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(copy)
        .spawn()
        .map_err(|e| format!("cannot start PostgreSQL: {e}"))
}
