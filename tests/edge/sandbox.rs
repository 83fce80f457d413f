//! A Lambda sandbox as far as a function can tell: reserved variables, a task root, a `/tmp` of its own that outlives the
//! process, and a supervisor that ends what crashes or hangs and starts it again for the next event.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::package::rig;
use crate::runtime_api::{Reply, RuntimeApi};

/// What the process begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Runtime {
    Node22,
    Node24,
    /// The Rust binary without a host.
    Alone,
}

pub(crate) const NODES: [Runtime; 2] = [Runtime::Node22, Runtime::Node24];

/// What an invocation came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Answer(Vec<u8>),
    Error(serde_json::Value),
    /// The process ended without a reply: a 503 for the viewer.
    Crashed,
    /// No reply before the deadline: a 503 for the viewer.
    TimedOut,
}

/// How long a start may take here before it counts as hung. Lambda gives 10 s; the machine may be busy.
const INIT: Duration = Duration::from_secs(30);
/// Lambda's own limit for functions at the edge.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Sandbox {
    pub(crate) api: RuntimeApi,
    runtime: Runtime,
    root: PathBuf,
    pub(crate) tmp: tempfile::TempDir,
    log: PathBuf,
    process: Option<Child>,
    node_args: Vec<String>,
    /// How long a start may take before it counts as hung.
    init: Duration,
    /// Processes started so far.
    pub(crate) starts: usize,
}

impl Sandbox {
    pub(crate) fn new(runtime: Runtime, root: &Path) -> Sandbox {
        let tmp = tempfile::tempdir().unwrap();
        let log = tmp.path().join("log");
        File::create(&log).unwrap();
        let (api, root) = (RuntimeApi::start(), root.to_owned());
        Sandbox { api, runtime, root, tmp, log, process: None, node_args: Vec::new(), init: INIT, starts: 0 }
    }

    /// Further arguments of Node, before the runtime client.
    pub(crate) fn with_node_args(mut self, args: &[&str]) -> Sandbox {
        self.node_args = args.iter().map(ToString::to_string).collect();
        self
    }

    /// Another patience with starts.
    pub(crate) fn with_init(mut self, init: Duration) -> Sandbox {
        self.init = init;
        self
    }

    /// One event, started for if need be.
    pub(crate) fn invoke(&mut self, event: &[u8], deadline: Duration) -> Outcome {
        if !self.is_running() && !self.start() {
            return self.end(Outcome::Crashed);
        }
        let id = self.api.queue(event, deadline);
        let until = Instant::now() + deadline;
        loop {
            match self.api.reply(&id, Duration::from_millis(20)) {
                Some(Reply::Response(body)) => return Outcome::Answer(body),
                Some(Reply::Error(body)) => return Outcome::Error(body),
                None if !self.is_running() => return self.end(Outcome::Crashed),
                None if Instant::now() > until => return self.end(Outcome::TimedOut),
                None => {}
            }
        }
    }

    /// Like [`Sandbox::invoke`], of an event that must be answered.
    pub(crate) fn answer(&mut self, event: &[u8]) -> Vec<u8> {
        match self.invoke(event, DEADLINE) {
            Outcome::Answer(body) => body,
            other => panic!("{:?}: {other:?}\n{}", self.runtime, self.log()),
        }
    }

    /// Starts the process; whether it came to its first poll.
    pub(crate) fn start(&mut self) -> bool {
        self.starts += 1;
        let polls = self.api.polls();
        let log = || File::options().append(true).open(&self.log).unwrap();
        let mut command = self.command();
        command.current_dir(&self.root).env_clear().envs(self.environment());
        command.stdin(Stdio::null()).stdout(log()).stderr(log()).process_group(0);
        self.process = Some(command.spawn().unwrap());
        let until = Instant::now() + self.init;
        while self.api.polls() == polls {
            if !self.is_running() || Instant::now() > until {
                return false;
            }
            self.api.polled(Duration::from_millis(2));
        }
        true
    }

    /// Everything that was written to stdout and stderr so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The JSON lines of a kind.
    pub(crate) fn lines(&self, kind: &str) -> Vec<serde_json::Value> {
        let lines = self.log();
        let parsed = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        parsed.filter(|line| line["kind"] == kind).collect()
    }

    /// The path that the start took: `exec`, `child`, `alone` of the binary, or `default` of the host.
    pub(crate) fn path(&self) -> String {
        let of = |kind: &str| self.lines(kind).last().map(|line| line["mode"].as_str().unwrap_or_default().to_owned());
        of("host").filter(|mode| mode == "default").or_else(|| of("start")).unwrap_or_default()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// A number of `/proc/PID/status`, in KiB.
    pub(crate) fn memory(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| process.try_wait().unwrap().is_none())
    }

    /// Ends the process and all that it started, as Lambda does with a sandbox's processes.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let group = format!("-{}", process.id());
            let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
            let _ = process.wait();
        }
        self.api.forget_running();
    }

    fn end(&mut self, outcome: Outcome) -> Outcome {
        self.kill();
        outcome
    }

    fn command(&self) -> Command {
        let node = match self.runtime {
            Runtime::Alone => return Command::new(self.root.join("bootstrap")),
            Runtime::Node22 => "node22/bin/node",
            Runtime::Node24 => "node24/bin/node",
        };
        let mut command = Command::new(rig().join(node));
        command.args(&self.node_args).arg(rig().join("aws-lambda-ric/index.mjs")).arg("index.handler");
        command
    }

    /// Lambda's reserved variables that a function at the edge has, and the place of this sandbox's `/tmp`.
    fn environment(&self) -> Vec<(&'static str, String)> {
        let runtime = if self.runtime == Runtime::Node22 { "nodejs22.x" } else { "nodejs24.x" };
        let fixed = [
            ("AWS_EXECUTION_ENV", format!("AWS_Lambda_{runtime}")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
            ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.crossfade".into()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "7".into()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/us-east-1.crossfade".into()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/22/[7]0123456789abcdef0123456789abcdef".into()),
            ("AWS_REGION", "us-east-1".into()),
            ("LANG", "en_US.UTF-8".into()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
            ("TZ", ":UTC".into()),
            ("_HANDLER", "index.handler".into()),
        ];
        let mut all = Vec::from(fixed);
        all.push(("AWS_LAMBDA_RUNTIME_API", self.api.address.to_string()));
        all.push(("LAMBDA_TASK_ROOT", self.root.display().to_string()));
        all.push(("TMPDIR", self.tmp.path().display().to_string()));
        all
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.kill();
    }
}
