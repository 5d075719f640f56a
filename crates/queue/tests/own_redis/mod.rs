//! A Redis of a test's own, to be stopped, frozen, filled and started again.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

/// A running `redis-server` that keeps its data in a folder of its own; killed with it.
pub(crate) struct OwnRedis {
    child: Child,
    port: u16,
    arguments: Vec<String>,
    folder: tempfile::TempDir,
}

impl OwnRedis {
    /// Starts one on a free port, with these arguments more; none where tests are to do without Redis.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        moodwire_testing::redis()?;
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
        Some(Self {
            child: spawn(port, &arguments, &folder),
            port,
            arguments,
            folder,
        })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, with the data that it had written.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.port, &self.arguments, &self.folder);
    }

    /// Sends its process a signal, such as `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Runs a command on it.
    pub(crate) fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        let client = redis::Client::open(self.url()).unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command
            .query(&mut client.get_connection().unwrap())
            .unwrap()
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // It may be dead already, which is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Starts a server and reads what it says until it says that it is ready.
fn spawn(port: u16, arguments: &[String], folder: &tempfile::TempDir) -> Child {
    let mut child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args([
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
        ])
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("redis-server is not installed, but MOODWIRE_TEST_REDIS_URL is set");
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("Ready to accept connections")));
    // What it says later is read as well: a full pipe would stop it.
    std::thread::spawn(move || said.for_each(drop));
    child
}
