// WebSockets of the npm package ws.
//   node websockets.js serve                 echoes what comes; prints its port
//   node websockets.js serve-http2           the same over HTTP/2 without TLS (RFC 8441), by Node's own
//   node websockets.js load URL COUNT LARGE  COUNT connections at a time: each sends a short message and one in fragments, LARGE of
//                                            them one of 1 MiB; prints one line of JSON with what went wrong
const {WebSocket, WebSocketServer} = require('ws');
const {createHash} = require('crypto');
const http2 = require('http2');

const kMebibyte = 1 << 20;
const kPatience = 90_000;  // ms, for all of it

function echo(socket) {
  socket.on('message', (data, isBinary) => socket.send(data, {binary: isBinary}));
  socket.on('error', () => {});
}

function serve() {
  const server = new WebSocketServer({host: '127.0.0.1', port: 0, perMessageDeflate: false}, () => console.log(server.address().port));
  server.on('connection', echo);
}

// The package does the frames of WebSocket only, on a stream of HTTP/2 in place of its socket.
function serveHttp2() {
  const server = http2.createServer({settings: {enableConnectProtocol: true}});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':protocol'] !== 'websocket' || headers['sec-websocket-version'] !== '13') {
      stream.respond({':status': 400});
      return stream.end();
    }
    stream.respond({':status': 200});
    const socket = new WebSocket(null, undefined, {});
    socket.setSocket(stream, Buffer.alloc(0), {maxPayload: 4 * kMebibyte, skipUTF8Validation: false, allowSynchronousEvents: true});
    echo(socket);
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

const digest = data => createHash('sha256').update(data).digest('hex');

function opened(url) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, {perMessageDeflate: false, handshakeTimeout: kPatience});
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', code => reject(new Error(`closed with ${code}`)));
  });
}

// Sends `data` in `pieces` frames; resolves when the same came back.
function echoed(socket, data, pieces) {
  return new Promise((resolve, reject) => {
    socket.once('message', got => digest(got) === digest(data) ? resolve() : reject(new Error(`${got.length} wrong bytes`)));
    socket.once('close', code => reject(new Error(`closed with ${code}`)));
    const size = Math.ceil(data.length / pieces);
    for (let i = 0; i < pieces; ++i) {
      socket.send(data.subarray(i * size, (i + 1) * size), {binary: true, fin: i === pieces - 1});
    }
  });
}

function closed(socket) {
  return new Promise(resolve => {
    socket.removeAllListeners('close');
    socket.once('close', resolve);
    socket.close(1000);
  });
}

async function load(url, count, large) {
  const errors = [];
  const sockets = [];
  while (sockets.length + errors.length < count) {  // not all at once: no kernel queues that many connections
    for (const each of await Promise.allSettled(Array.from({length: 50}, () => opened(url)))) {
      each.status === 'fulfilled' ? sockets.push(each.value) : errors.push(String(each.reason));
    }
  }
  const open = sockets.length;
  const all = async work => {
    for (const each of await Promise.allSettled(sockets.map(work))) {
      if (each.status === 'rejected') errors.push(String(each.reason));
    }
  };
  await all((socket, i) => echoed(socket, Buffer.from(`hello ${i}`), 1));
  await all((socket, i) => echoed(socket, Buffer.alloc(5000, `part ${i} `), 7));
  for (let i = 0; i < Math.min(large, sockets.length); ++i) {
    await echoed(sockets[i], Buffer.alloc(kMebibyte, `large ${i} `), i % 2 ? 33 : 1).catch(error => errors.push(String(error)));
  }
  const codes = await Promise.all(sockets.map(closed));
  console.log(JSON.stringify({open, clean: codes.filter(code => code === 1000).length, errors: errors.slice(0, 10)}));
}

const [mode, url, count, large] = process.argv.slice(2);
setTimeout(() => { console.error('not done in time'); process.exit(3); }, kPatience * (mode === 'load' ? 1 : 3)).unref();
if (mode === 'serve') {
  serve();
} else if (mode === 'serve-http2') {
  serveHttp2();
} else {
  load(url, Number(count), Number(large)).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
}
