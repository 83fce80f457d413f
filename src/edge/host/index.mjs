// The host: the first file of the function that Lambda loads, on Node.js 22 or 24. It makes no decision.
//
// Three paths, the first that can be taken. Which one it is stands in the log, once:
//   exec     this process becomes `bootstrap` (same pid), before the first event is asked for; nothing below runs again
//   child    `bootstrap --stdio` runs beside this process; events and answers pass as lines of JSON
//   default  every request is aimed at the table's default origin, else unchanged but for what `settle` says
//
// `host.json` is written by `crossfade package`. docs/edge.md tells what a crash or a hang costs on each path.

// Nothing else is imported here: every module that Node loads delays the hand-over.
import { accessSync, closeSync, constants, openSync, readFileSync, statSync, writeSync } from 'node:fs';

const BINARY = `${import.meta.dirname}/bootstrap`;
const LOADER = '/lib64/ld-linux-x86-64.so.2'; // runs a binary that lost its executable bit
const ANSWER_MS = 5_000; // a decision takes less than one; a cold 128 MB function may need a second for its table
const RESERVE_MS = 500; // kept of Lambda's deadline for answering without the child
const UNHEARD = 2; // answers that did not come in time, and no sign of life since: then the child hangs and is ended
const DEATHS = 3; // in a row, without one answer: then the child rests before it is started again
const REST_MS = 30_000; // the first time; twice as long each further time
const LONGEST_REST_MS = 600_000;
const LONGEST_LINE = 6 * 1024 * 1024; // Lambda takes no larger answer
const LONGEST_URL = 8_192; // bytes of path and query: CloudFront takes fewer
const NO_STORE = { 'cache-control': [{ key: 'Cache-Control', value: 'no-store' }] };

const host = readHost();
const refusal = handOver(); // returns only if this process may not become `bootstrap`
const child = refusal.spawn && new Child(refusal.spawn);
log(child ? 'child' : 'default', refusal.why, refusal.level);

export async function handler(event, context) {
  if (child && !child.rests()) {
    try {
      return await child.ask(event, Math.min(ANSWER_MS, context.getRemainingTimeInMillis() - RESERVE_MS));
    } catch (error) {
      if (error instanceof FunctionError) throw error;
      log(child.rests() ? 'default' : 'child', `${error.message}; this request goes to the default origin`);
    }
  }
  return toDefault(event);
}

/** What `package` wrote for this file: `HostFile` of src/cli/package/contents.rs. */
function readHost() {
  try {
    const written = JSON.parse(readFileSync(`${import.meta.dirname}/host.json`, 'utf8'));
    return isObject(written) ? written : { broken: 'host.json holds no object' };
  } catch (error) {
    return { broken: String(error) };
  }
}

/**
 * Replaces this process by the binary. A failed `execve` aborts Node and cannot be caught, so everything is checked
 * first, and a marker is left that the binary removes with its first answer: a start that finds the marker of one that
 * never answered does not try again.
 */
function handOver() {
  try {
    const { size } = statSync(BINARY);
    if (size !== (host.bytes ?? size) || size === 0) return { why: `bootstrap has ${size} bytes, not ${host.bytes}` };
  } catch (error) {
    return { why: String(error) };
  }
  try {
    accessSync(BINARY, constants.X_OK);
  } catch (error) {
    return { why: String(error), spawn: [LOADER, [BINARY, '--stdio']] };
  }
  const own = [BINARY, ['--stdio']];
  if (host.start === 'child') return { why: 'packaged with `--start child`', spawn: own, level: 'info' };
  if (typeof process.execve !== 'function') return { why: 'this Node.js has no process.execve', spawn: own };
  const marker = `${process.env.TMPDIR ?? '/tmp'}/crossfade-${host.package ?? 'unknown'}.starting`;
  try {
    closeSync(openSync(marker, 'wx'));
  } catch (error) {
    const why = error.code === 'EEXIST' ? `a start before this one never answered: ${marker} was still there` : String(error);
    return { why, spawn: own };
  }
  if (host.broken) log('exec', 'the default path would not know where to aim');
  try {
    process.execve(BINARY, [BINARY, '--marker', marker], process.env);
  } catch (error) { // some releases of Node.js throw, others abort
    return { why: String(error), spawn: own };
  }
}

/** An answer of the binary that says the event is no event for it. */
class FunctionError extends Error {
  constructor({ errorType, errorMessage }) {
    super(errorMessage);
    this.name = errorType;
  }
}

/**
 * The binary as a child: started now, and again for the next event whenever it ended. One that ends again and again
 * without an answer rests meanwhile. That an answer was slow is no reason to: see `Running`.
 */
function Child(command) {
  let running;
  let lastId = 0;
  let deaths = 0; // in a row
  let rest = { from: 0, until: 0 };

  const start = () => {
    try {
      running = new Running(command, { ended, answered });
    } catch (error) { // no memory or process left
      ended(undefined, String(error), 0);
    }
  };

  const ended = (which, why, waiting) => {
    if (which === running) running = undefined;
    deaths += 1;
    if (deaths < DEATHS) {
      if (waiting === 0) log('child', `${why}; it is started again for the next request`);
      return;
    }
    const restMs = Math.min(REST_MS * 2 ** (deaths - DEATHS), LONGEST_REST_MS);
    rest = { from: Date.now(), until: Date.now() + restMs };
    log('default', `${why}; ${deaths} times in a row without an answer, it is started again in ${restMs / 1000} s`);
  };

  const answered = () => {
    if (deaths >= DEATHS) log('child', 'bootstrap --stdio answers again');
    deaths = 0;
  };

  /** Whether it is not to be asked now. A clock that was set back ends a rest. */
  this.rests = () => Date.now() >= rest.from && Date.now() < rest.until;

  this.ask = async (event, timeoutMs) => {
    if (!running) start();
    if (!running) throw new Error('bootstrap --stdio cannot be started');
    lastId += 1;
    return running.ask(lastId, event, timeoutMs);
  };

  start(); // in Lambda's init phase, which has a whole core
}

/**
 * One process. An answer that does not come in time costs its own request alone: when it comes late, it is nobody's. The
 * process is ended when it hangs (nothing was heard of it for two such answers), breaks its pipes, or talks nonsense.
 */
function Running([command, args], { ended, answered }) {
  const { spawn } = process.getBuiltinModule('node:child_process');
  // Its stderr is this process's own: no stream here that could fail.
  const started = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map(); // id → { resolve, reject, timer }
  let newestId = 0;
  let unheard = 0;
  let isOver = false;
  let broke = ''; // what was seen of it before its end

  const over = (why) => {
    if (isOver) return;
    isOver = true;
    const left = [...waiting.values()];
    waiting.clear();
    ended(this, why, left.length);
    for (const { reject, timer } of left) {
      clearTimeout(timer);
      reject(new Error(why));
    }
  };
  const stop = (why) => {
    over(`bootstrap --stdio ${why}`);
    started.kill('SIGKILL');
  };
  /** It is ended; its own end, which may have come before, tells why. */
  const breaks = (how) => {
    broke ||= ` after it ${how}`;
    started.kill('SIGKILL');
  };

  started.on('error', (error) => over(String(error)));
  // Not `exit`: what it wrote before may still be on its way.
  started.on('close', (code, signal) => over(`bootstrap --stdio ended with ${signal ?? code}${signal === 'SIGKILL' ? broke : ''}`));
  started.stdin.on('error', (error) => breaks(`took no more events (${error.code})`));
  started.stdout.on('error', (error) => breaks(`could not be read (${error.code})`));
  started.stdout.on('end', () => breaks('closed its output'));
  eachLine(started.stdout, (line) => {
    if (isOver) return;
    const { id, answer, error } = parse(line) ?? {};
    const isKnown = Number.isInteger(id) && id > 0 && id <= newestId;
    if (!isKnown || !(isObject(answer) || isObject(error))) {
      stop('talks nonsense');
      return;
    }
    unheard = 0;
    answered();
    const asked = waiting.get(id);
    if (!asked) return; // too late
    waiting.delete(id);
    clearTimeout(asked.timer);
    if (isObject(error)) asked.reject(new FunctionError(error));
    else asked.resolve(answer);
  }, () => stop('writes a line without an end'));

  this.ask = (id, event, timeoutMs) => new Promise((resolve, reject) => {
    const late = () => {
      waiting.delete(id);
      reject(new Error(`bootstrap --stdio did not answer in ${timeoutMs} ms`));
      unheard += 1;
      if (unheard >= UNHEARD) stop('hangs');
    };
    newestId = id;
    waiting.set(id, { resolve, reject, timer: setTimeout(late, Math.max(timeoutMs, 0)) });
    started.stdin.write(`${JSON.stringify({ id, event })}\n`);
  });
}

/** Lines end with a line feed and nothing else: a string of JSON may hold the other Unicode line ends. */
function eachLine(stream, take, tooLong) {
  let parts = [];
  let length = 0;
  stream.on('data', (chunk) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      take(Buffer.concat(parts).toString('utf8'));
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) return;
    length += chunk.length - from;
    if (length > LONGEST_LINE) tooLong();
    else parts.push(chunk.subarray(from));
  });
}

function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Sends a request to the default origin, if the table lets it; events that are not ours to decide pass unchanged. */
function toDefault(event) {
  const cf = event?.Records?.[0]?.cf;
  const type = cf?.config?.eventType;
  const response = isObject(cf?.response) ? cf.response : undefined;
  const request = isObject(cf?.request) && typeof cf.request.uri === 'string' ? cf.request : undefined;
  const isOf = (...types) => types.includes(type);
  const isKnown = isOf('origin-request', 'viewer-request', 'origin-response', 'viewer-response');
  const answersResponse = isOf('origin-response', 'viewer-response') || (!isKnown && response);
  if (answersResponse ? !response : !request) {
    throw new FunctionError({
      errorType: 'Crossfade.UnusableEvent',
      errorMessage: 'the event has no usable `Records[0].cf.request`',
    });
  }
  if (answersResponse) return response;
  // Only an event of an origin has one.
  if (isOf('viewer-request') || (!isKnown && !request.origin)) return request;
  return host.default ? settled(request) ?? aim(request) : request;
}

/** `settle`, whose own faults cost what it is for, not the request. */
function settled(request) {
  try {
    return settle(request);
  } catch (error) {
    log('default', `${error}; path and query of this request go on as they came`);
    return undefined;
  }
}

/**
 * What the table says of a path whatever its routes are. Either an answer, or nothing: then the path has no dot segment
 * left that an origin might read in another way, and the query no more than the cache key.
 */
function settle(request) {
  const { uri } = request;
  const came = typeof request.querystring === 'string' ? request.querystring : '';
  if (isRefused(uri)) return badRequest();
  const clean = cleanWhereUnclear(uri);
  // What can't stand in a `location` is refused: it is in no key.
  if (clean) return /\p{Cc}/u.test(came) ? badRequest() : redirectTo(clean, came);
  const path = passedOn(uri);
  const query = sentQuery(request, came, path);
  // Where a request is left alone, its path would be too.
  if (path !== uri && (isLeftAlone(request) || !isShort(path, query))) return badRequest();
  if (path !== uri) request.uri = path;
  if (query !== came) request.querystring = query;
  return undefined;
}

/** The default is a bucket, which only its own block leads to: what aims at a server stays on its way there. */
function isLeftAlone(request) {
  return !host.default.origin && isObject(request.origin?.custom);
}

/** What of a query is sent: where the cache may keep the answer, no more than is in its key. */
function sentQuery(request, came, path) {
  if (!host.default.origin && !isLeftAlone(request)) return '';
  const names = ['GET', 'HEAD'].includes(request.method) ? host.default.behaviors[behaviorOf(request.uri)].names : null;
  if (!names) return came;
  const isKeyed = (piece) => piece !== '' && names.includes(piece.split('=', 1)[0]);
  const keyed = came.split('&').filter(isKeyed).join('&');
  const fits = (uri) => !/[ #\p{Cc}]/u.test(keyed) && isShort(uri, keyed);
  return fits(path) || fits(request.uri) ? keyed : '';
}

function isShort(uri, query) {
  return Buffer.byteLength(uri) + Buffer.byteLength(query) < LONGEST_URL;
}

function isRefused(uri) {
  const { whole, path } = resolve(uri);
  const forms = [uri, whole, path].map((form) => form.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
  return host.default.refuse.some((text) => forms.some((form) => form.includes(text))); // in lower case: ASCII alone
}

/** A path as it came, or resolved: where it has a dot segment, or parameters that are not part of an object's key. */
function passedOn(uri) {
  const raw = uri || '/';
  const { path, hadDots } = resolve(raw);
  const namesObject = !host.default.origin && host.default.canonical.strip_parameters;
  const isOdd = /[?#\x00-\x1f\x7f]/.test(raw); // no request line holds these
  if (path === raw || !(hadDots || namesObject || isOdd)) return uri;
  return path.startsWith('/') ? path : `/${path}`;
}

/** A path after step (a) of rule 3 of docs/design.md, and after (d). */
function resolve(raw) {
  const { strip_parameters, merge_slashes } = host.default.canonical;
  const whole = escaped(raw);
  const bare = strip_parameters ? whole.replace(/;[^/]*/g, '') : whole;
  const merged = merge_slashes ? withoutEmpty(bare) : bare;
  const path = withoutDots(merged);
  return { whole, path, hadDots: path !== merged };
}

/** Step (a): each byte of a path in the one spelling that RFC 3986 has for it. */
function escaped(path) {
  return bytesOf(path).replace(/%([0-9A-Fa-f]{2})|[^\w.~!$&'()*+,;=:@/-]/g, (text, hex) => {
    const byte = hex ? String.fromCharCode(parseInt(hex, 16)) : text;
    if (/[\w.~-]/.test(byte)) return byte;
    return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** A character for each byte. */
function bytesOf(text) {
  return Buffer.from(text).toString('latin1');
}

/** Step (c). */
function withoutEmpty(path) {
  return path.replace(/\/+/g, '/');
}

/** Step (d): RFC 3986, 5.2.4. */
function withoutDots(path) {
  const segments = path.replace(/^(\.\.?(\/|$))+/, '').match(/^[^/]+|\/[^/]*/g) ?? [];
  const kept = [];
  for (const segment of segments) {
    if (segment === '/..') kept.pop();
    else if (segment !== '/.') kept.push(segment);
  }
  return kept.join('') + (['/.', '/..'].includes(segments.at(-1)) ? '/' : '');
}

/** The clean form of a path that CloudFront, by how it normalises, may place in another behavior than its own. */
function cleanWhereUnclear(uri) {
  if (host.default.behaviors.length === 1) return undefined;
  const whole = escaped(uri.startsWith('/') ? uri : `/${uri}`);
  const bare = host.default.canonical.strip_parameters ? whole.replace(/;[^/]*/g, '') : whole;
  const clean = withoutEmpty(withoutDots(bare));
  const forms = [whole, bare].flatMap((form) => [withoutDots(form), withoutDots(withoutEmpty(form))]);
  const found = [uri, ...forms, clean].map(behaviorOf);
  return new Set(found).size > 1 ? clean : undefined;
}

/** The last one has no pattern and takes what is left. */
function behaviorOf(path) {
  return host.default.behaviors.findIndex(({ pattern }) => pattern === null || takes(pattern, path));
}

/** CloudFront's pattern: `*` is any text, `?` one byte. A star takes one more each time that the rest does not fit. */
function takes(pattern, path) {
  const [wanted, text] = [pattern, path].map((either) => bytesOf(either.replace(/^\//, '')));
  let [at, next, star, from] = [0, 0, -1, 0];
  while (next < text.length) {
    if (wanted[at] === '*') {
      [star, from, at] = [at, next, at + 1];
    } else if (wanted[at] === '?' || wanted[at] === text[next]) {
      [at, next] = [at + 1, next + 1];
    } else {
      if (star < 0) return false;
      [at, next, from] = [star + 1, from + 1, from + 1];
    }
  }
  return /^\**$/.test(wanted.slice(at));
}

function badRequest() {
  const headers = { ...NO_STORE, 'content-type': [{ key: 'Content-Type', value: 'text/plain; charset=utf-8' }] };
  return { status: '400', statusDescription: 'Bad Request', headers, bodyEncoding: 'text', body: 'bad request\n' };
}

/** With the whole query; what a browser would encode in ways of its own is encoded here. */
function redirectTo(path, query) {
  const written = query.toWellFormed().replace(/[^!-~]|["<>\\^`{|}]/gu, encodeURIComponent);
  const location = [{ key: 'Location', value: query === '' ? path : `${path}?${written}` }];
  return { status: '308', statusDescription: 'Permanent Redirect', headers: { location, ...NO_STORE } };
}

/** Writes the default's `origin` and `Host`, and takes away what CloudFront refuses to find twice. */
function aim(request) {
  const { origin, remove } = host.default;
  const headers = isObject(request.headers) ? request.headers : {};
  const value = hostFor(headers, request.origin);
  const drop = (unwanted) => {
    for (const name of Object.keys(headers)) if (unwanted.includes(name.toLowerCase())) delete headers[name];
  };
  if (isLeftAlone(request)) {
    drop(customHeadersOf(request));
    return request;
  }
  drop(remove);
  const kept = keptOf(request.origin, origin?.custom);
  if (!origin || kept) drop(customHeadersOf(request)); // the block stays, and so do the headers that it adds
  const own = fieldsOf(headers, 'host');
  if (own.length !== 1 || own[0]?.value !== value) {
    drop(['host']);
    headers.host = [{ key: 'Host', value }];
  }
  request.headers = headers;
  if (origin) request.origin = kept ?? { custom: origin.custom };
  else request.querystring = ''; // a bucket: what CloudFront itself has on the behavior
  return request;
}

/** Names that the event's own origin adds, less those that a function may not take from a request. */
function customHeadersOf({ origin }) {
  const block = origin?.s3 ?? origin?.custom;
  const { names, prefixes } = host.default.locked;
  const isLocked = (name) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
  const own = Object.keys(isObject(block?.customHeaders) ? block.customHeaders : {}).map((name) => name.toLowerCase());
  return own.filter((name) => !isLocked(name));
}

/** Where the event aims at the default already: its own block, with what the table says written over it. */
function keptOf(event, custom) {
  const { members } = host.default;
  const own = event?.custom;
  const isSame = (name) => own[name] === custom[name];
  const names = ['path', 'port'].filter((name) => members.includes(name));
  if (!custom || !isObject(own) || !['domainName', ...names].every(isSame)) return undefined;
  const { s3, ...siblings } = event; // an origin is one or the other
  const said = Object.fromEntries(members.map((name) => [name, custom[name]]));
  const customHeaders = { ...(isObject(own.customHeaders) ? own.customHeaders : {}), ...custom.customHeaders };
  return { ...siblings, custom: { ...custom, ...own, ...said, customHeaders } };
}

/** The `Host` that the default origin is sent, by the `host` key of its table entry. */
function hostFor(headers, event) {
  const { s3, custom } = event ?? {};
  const { viewer } = host.default.host;
  const eventDomain = (s3 ?? custom)?.domainName;
  // A bucket's is the name that CloudFront signs for.
  const name = (!host.default.origin && s3?.domainName) || host.default.host.name;
  if (!viewer) return name;
  const fits = (text) => text.length <= viewer.longest && /^[\w.:[\]-]+$/.test(text) && bare(text) !== '';
  const isHost = (text) => typeof text === 'string' && fits(text);
  // Two values are nobody's word.
  const only = (fields) => (fields.length === 1 && isHost(fields[0]?.value) ? fields[0].value : undefined);
  const told = fieldsOf(headers, viewer.header);
  if (told.length > 0) return only(told) ?? name;
  const own = only(fieldsOf(headers, 'host'));
  const isOrigin = (text) => [...viewer.not, String(eventDomain).toLowerCase()].includes(bare(text).toLowerCase());
  return own && !isOrigin(own) ? own : name;
}

function fieldsOf(headers, wanted) {
  const named = Object.entries(headers).filter(([name]) => name.toLowerCase() === wanted);
  return named.flatMap(([, fields]) => (Array.isArray(fields) ? fields : []));
}

/** A host without its port and one trailing dot. */
function bare(text) {
  return text.replace(/:\d*$/, '').replace(/\.$/, '');
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function log(mode, why, known) {
  const level = mode === 'default' || host.broken ? 'error' : (known ?? 'warn');
  try {
    writeSync(2, `${JSON.stringify({ kind: 'host', level, mode, why, package: host.package, broken: host.broken })}\n`);
  } catch { // a log that cannot be written costs a line, not an answer
  }
}
