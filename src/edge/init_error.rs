//! Tells Lambda why a start failed: `POST /runtime/init/error` of the Runtime API, whose client has no call for it.
//!
//! Without it Lambda only sees a process that ended. "Using the Lambda runtime API for custom runtimes", Lambda Developer
//! Guide.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::event::json::{ObjectWriter, write_text};

/// What the error is called in Lambda's own words about it.
const ERROR_TYPE: &str = "Crossfade.Start";
/// The API is on the same machine.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Posts an error to the API at `host:port`; returns when it was taken, or after some seconds.
///
/// # Errors
/// The API cannot be reached or says nothing.
pub fn post(api: &str, message: &str) -> io::Result<()> {
    let unknown = || io::Error::from(io::ErrorKind::AddrNotAvailable);
    let address = api.to_socket_addrs()?.next().ok_or_else(unknown)?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(request(api, message).as_bytes())?;
    // The answer says nothing that could change anything; that it comes says that the error was read.
    stream.read(&mut [0; 64]).map(|_| ())
}

fn request(api: &str, message: &str) -> String {
    let mut body = String::new();
    let mut object = ObjectWriter::open(&mut body);
    write_text(object.key("errorType"), ERROR_TYPE);
    write_text(object.key("errorMessage"), message);
    object.key("stackTrace").push_str("[]");
    object.close();
    format!(
        "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nHost: {api}\r\nContent-Type: application/json\r\n\
         Lambda-Runtime-Function-Error-Type: {ERROR_TYPE}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
