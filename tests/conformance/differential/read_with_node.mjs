// How Node's own HTTP server reads requests: cases on stdin, a line of JSON a case on stdout, in their order.
//
// A case is a 32-bit little-endian length and that many bytes, which arrive as one connection that then ends. Texts in
// the answer are hexadecimal, so that no encoding comes between. No socket, no port: the server is handed streams.
// Ends by itself; whoever started it bounds its time.
import fs from 'node:fs';
import http from 'node:http';
import { Duplex } from 'node:stream';

const AT_ONCE = 64;
const hex = (text) => Buffer.from(text, 'latin1').toString('hex');

// A connection whose client sends `bytes` and its end, and reads whatever comes.
function connection(bytes) {
  const stream = new Duplex({
    allowHalfOpen: true,
    read() {},
    write(chunk, encoding, done) { done(); },
  });
  stream.setTimeout = () => stream;
  stream.setNoDelay = () => stream;
  stream.setKeepAlive = () => stream;
  stream.push(bytes);
  stream.push(null);
  return stream;
}

const server = http.createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 });
server.on('request', onRequest);
server.on('checkContinue', onRequest);
server.on('checkExpectation', onRequest);
server.on('clientError', (error, socket) => {
  const last = socket.readings.at(-1);
  const reason = error.code ?? String(error);
  if (!last) socket.readings.push({ error: reason });
  if (last && !last.request.complete) last.error = reason;
  setImmediate(() => socket.destroy());  // content that was read before the error is handed over first
});

function onRequest(request, response) {
  const reading = {
    request, method: hex(request.method), target: hex(request.url), minor: request.httpVersionMinor, major: request.httpVersionMajor,
    fields: request.rawHeaders.map(hex), body: '', keep_alive: response.shouldKeepAlive,
    chunked: /^chunked$/i.test(request.headers['transfer-encoding'] ?? ''),
    length: request.headers['content-length'] ?? '0',
  };
  request.socket.readings.push(reading);
  request.on('data', (chunk) => { reading.body += chunk.toString('hex'); });
  request.on('end', () => response.end());
  request.on('error', () => {});
  response.on('error', () => {});
}

// The first request as it was read, and the one behind it.
function answer(readings) {
  const [{ request, ...first } = { error: 'nothing' }, next] = readings;
  const begins = next?.request ? `${next.method}20${next.target}` : '';
  return JSON.stringify({ ...first, complete: request?.complete ?? false, next: begins });
}

function read(bytes) {
  return new Promise((resolve) => {
    const stream = connection(bytes);
    stream.readings = [];
    stream.on('error', () => {});
    stream.on('close', () => resolve(answer(stream.readings)));
    server.emit('connection', stream);
  });
}

function cases(input) {
  const found = [];
  for (let at = 0; at < input.length;) {
    const size = input.readUInt32LE(at);
    found.push(input.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return found;
}

const all = cases(fs.readFileSync(0));
for (let at = 0; at < all.length; at += AT_ONCE) {
  const answers = await Promise.all(all.slice(at, at + AT_ONCE).map(read));
  fs.writeSync(1, answers.map((line) => `${line}\n`).join(''));
}
