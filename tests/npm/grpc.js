// gRPC of the npm package @grpc/grpc-js. Messages are plain bytes, so there is no protocol file.
//   node grpc.js serve CERT KEY           the service test.Echo, over TLS unless both are "-"; prints its port
//   node grpc.js call ADDRESS CA STEP...  makes the calls that the steps stand for, in order; prints one line of JSON,
//                                         what came of each by name. CA "-": no TLS
const grpc = require('@grpc/grpc-js');
const {readFileSync} = require('fs');

const kService = 'test.Echo';
const kPatience = 60_000;  // ms, for all the calls
const same = bytes => bytes;

function method(name, requestStream, responseStream) {
  return {path: `/${kService}/${name}`, requestStream, responseStream,
          requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same};
}

const kMethods = {
  Unary: method('Unary', false, false), Collect: method('Collect', true, false), Repeat: method('Repeat', false, true),
  Talk: method('Talk', true, true), Fail: method('Fail', false, false), Left: method('Left', false, false),
  Hang: method('Hang', false, true), State: method('State', false, false),
};

// Fail: "CODE" or "CODE TIMES", for so many calls. State: what happened so far, as JSON.
function serve(cert, key) {
  const state = {calls: {}, cancelled: 0};
  const count = name => state.calls[name] = (state.calls[name] ?? 0) + 1;
  const server = new grpc.Server();
  server.addService(kMethods, {
    Unary(call, answer) {
      const trailers = new grpc.Metadata();
      trailers.set('x-trailer', 'end');
      count('Unary');
      answer(null, Buffer.concat([Buffer.from('echo '), call.request]), trailers);
    },
    Collect(call, answer) {
      const parts = [];
      count('Collect');
      call.on('data', part => parts.push(part.toString()));
      call.on('end', () => answer(null, Buffer.from(parts.join('+'))));
    },
    Repeat(call) {
      count('Repeat');
      for (let i = 0; i < Number(call.request); ++i) call.write(Buffer.from(String(i)));
      call.end();
    },
    Talk(call) {
      count('Talk');
      call.on('data', part => call.write(Buffer.concat([Buffer.from('echo '), part])));
      call.on('end', () => call.end());
    },
    Fail(call, answer) {
      const [code, times] = call.request.toString().split(' ').map(Number);
      if (count('Fail') > (times ?? Infinity)) return answer(null, Buffer.from('well'));
      answer({code, details: 'as it was asked: 100% \u00e9'});
    },
    Left(call, answer) {
      count('Left');
      const left = call.getDeadline() - Date.now();
      answer(null, Buffer.from(String(Number.isFinite(left) ? Math.round(left) : -1)));
    },
    Hang(call) {
      count('Hang');
      call.on('cancelled', () => ++state.cancelled);
      if (call.request.length > 0) call.write(call.request);
    },
    State(call, answer) { answer(null, Buffer.from(JSON.stringify(state))); },
  });
  const credentials = cert === '-' ? grpc.ServerCredentials.createInsecure()
      : grpc.ServerCredentials.createSsl(null, [{private_key: readFileSync(key), cert_chain: readFileSync(cert)}]);
  server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
    if (error) throw error;
    console.log(port);
  });
}

const failure = error => ({code: error.code, details: error.details});

// The answer to one message, as {text, trailers, heads}, or {code, details}. heads: whether there was a head before the end.
function one(client, name, message, options = {}) {
  return new Promise(resolve => {
    let trailers = {};
    let heads = 0;
    const call = client[name](message, new grpc.Metadata(), options, (error, answer) => {
      call.on('status', status => {
        trailers = status.metadata.getMap();
        resolve(error ? {...failure(error), heads} : {text: answer.toString(), size: answer.length, trailers, heads});
      });
    });
    call.on('metadata', () => ++heads);
  });
}

// All messages of a stream, as {texts}, or what it failed with.
function all(call) {
  return new Promise(resolve => {
    const texts = [];
    call.on('data', part => texts.push(part.toString()));
    call.on('error', error => resolve({texts, ...failure(error)}));
    call.on('end', () => resolve({texts}));
  });
}

const kSteps = {
  unary: client => one(client, 'Unary', Buffer.from('hi')),
  large: async client => (await one(client, 'Unary', Buffer.alloc(3_000_000, 'x'))).size,
  collect: client => new Promise(resolve => {
    const call = client.Collect((error, answer) => resolve(error ? failure(error) : answer.toString()));
    for (const word of ['a', 'b', 'c']) call.write(Buffer.from(word));
    call.end();
  }),
  repeat: async client => (await all(client.Repeat(Buffer.from('1000')))).texts.map(Number).every((n, i) => n === i),
  // Each answer before the next question.
  talk: client => new Promise(resolve => {
    const call = client.Talk();
    const answers = [];
    const words = ['one', 'two', 'three'];
    const next = () => words.length > 0 ? call.write(Buffer.from(words.shift())) : call.end();
    call.on('data', part => { answers.push(part.toString()); next(); });
    call.on('error', error => resolve(failure(error)));
    call.on('end', () => resolve(answers));
    next();
  }),
  not_found: client => one(client, 'Fail', Buffer.from('5')),
  unavailable: client => one(client, 'Fail', Buffer.from('14')),
  unavailable_twice: client => one(client, 'Fail', Buffer.from('14 2')),
  unknown: client => new Promise(resolve => client.makeUnaryRequest(`/${kService}/Other`, same, same, Buffer.alloc(0),
                                                                   error => resolve(error?.code))),
  left: client => one(client, 'Left', Buffer.alloc(0), {deadline: Date.now() + 20_000}),
  no_deadline: client => one(client, 'Left', Buffer.alloc(0)),
  deadline: client => all(client.Hang(Buffer.from('x'), new grpc.Metadata(), {deadline: Date.now() + 500})),
  cancel: client => new Promise(resolve => {
    const call = client.Hang(Buffer.from('x'));
    call.on('data', () => call.cancel());
    call.on('error', error => resolve(error.code));
  }),
};

async function call(address, ca, steps) {
  const credentials = ca === '-' ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(readFileSync(ca));
  const Client = grpc.makeGenericClientConstructor(kMethods, kService);
  const client = new Client(address, credentials, {'grpc.enable_http_proxy': 0, 'grpc.enable_retries': 0});
  const results = {};
  for (const step of steps) results[step] = await kSteps[step](client);
  client.close();
  console.log(JSON.stringify(results));
}

const [mode, ...rest] = process.argv.slice(2);
setTimeout(() => { console.error('not done in time'); process.exit(3); }, kPatience * (mode === 'serve' ? 10 : 1)).unref();
if (mode === 'serve') {
  serve(...rest);
} else {
  const [address, ca, ...steps] = rest;
  call(address, ca, steps).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
}
