//! The real binary over pipes, with a limit on its memory and a look at what it takes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::package;

/// A running `bootstrap --stdio`; ended when it is dropped.
pub(crate) struct Bootstrap {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    id: u64,
    _folder: TempDir,
}

impl Bootstrap {
    /// Starts it beside a table, with so many KiB for all of its data.
    pub(crate) fn start(image: &[u8], limit: u64) -> Bootstrap {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("bootstrap");
        fs::copy(package::bootstrap(), &binary).unwrap();
        fs::write(folder.path().join("table.bin"), image).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -d {limit} && exec \"$0\" --stdio")]).arg(&binary).env_clear();
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        Bootstrap { process, input, output, id: 0, _folder: folder }
    }

    /// The answer to a GET of a path.
    pub(crate) fn answer(&mut self, path: &str) -> String {
        self.id += 1;
        let line = json!({ "id": self.id, "event": event(path) }).to_string() + "\n";
        let mut answer = String::new();
        let alive = self.input.write_all(line.as_bytes()).and_then(|()| self.output.read_line(&mut answer));
        assert!(matches!(alive, Ok(1..)), "it died of {} bytes: {:.80}…", path.len(), path);
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["id"] == self.id && answer["answer"].is_object(), "{answer}");
        answer["answer"].take().to_string()
    }

    /// Most memory that it had, KiB.
    pub(crate) fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Nanoseconds that it ran on a processor, in all threads.
    pub(crate) fn processor_time(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let time = |task: fs::DirEntry| {
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split_whitespace().next().map_or(0, |time| time.parse::<u64>().unwrap())
        };
        tasks.map(|task| time(task.unwrap())).sum()
    }
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An origin-request event of the documented shape.
fn event(path: &str) -> Value {
    let custom = json!({
        "customHeaders": {}, "domainName": "legacy.example.com", "keepaliveTimeout": 5, "path": "", "port": 443,
        "protocol": "https", "readTimeout": 30, "sslProtocols": ["TLSv1.2"],
    });
    json!({ "Records": [{ "cf": {
        "config": {
            "distributionDomainName": "d111111abcdef8.cloudfront.net", "distributionId": "EDFDVBD6EXAMPLE",
            "eventType": "origin-request", "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ==",
        },
        "request": {
            "clientIp": "203.0.113.178", "method": "GET", "querystring": "", "uri": path,
            "headers": { "host": [{ "key": "Host", "value": "legacy.example.com" }] },
            "origin": { "custom": custom },
        },
    } }] })
}
