// WebSockets from npm's ws to npm's ws.
'use strict';
const { createHash } = require('crypto');
const { once } = require('events');
const http = require('http');
const net = require('net');
const WebSocket = require('ws');
const { add, runAll, target, newId, noted, lookup } = require('./cases');
const { watchFrames, show } = require('./frames');

const sha256 = data => createHash('sha256').update(data).digest('hex').slice(0, 16);
const longReason = 'because '.repeat(15) + 'why';

function dial(path, { protocols = [], ...options } = {}) {
  const url = new URL(path, target);
  url.protocol = 'ws:';
  return new WebSocket(url, protocols, { lookup, perMessageDeflate: false, ...options });
}

async function open(path, options) {
  const socket = dial(path, options);
  await once(socket, 'open');
  return socket;
}

async function exchange(socket, data) {
  socket.send(data);
  const [answer, isBinary] = await once(socket, 'message');
  return { answer, isBinary };
}

async function closed(socket) {
  const [code, reason] = await once(socket, 'close');
  return `${code} ${reason}`.trim();
}

add('text messages', 'text "päonie ☕ 𝄞", then text ""', async () => {
  const socket = await open('/echo');
  const seen = [];
  for (const text of ['päonie ☕ 𝄞', '']) {
    const { answer, isBinary } = await exchange(socket, text);
    seen.push(`${isBinary ? 'binary' : 'text'} "${answer}"`);
  }

  socket.close();
  return seen.join(', then ');
});

add('binary messages', 'binary, all 256 bytes as they were', async () => {
  const socket = await open('/echo');
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const { answer, isBinary } = await exchange(socket, bytes);
  socket.close();
  return `${isBinary ? 'binary' : 'text'}, ${answer.equals(bytes) ? 'all 256 bytes as they were' : 'changed'}`;
});

add('2,000 messages at once', '2000 in order', async () => {
  const socket = await open('/echo');
  for (let i = 0; i < 2000; i++) {
    socket.send(`${i}`);
  }

  let next = 0;
  await new Promise((resolve, reject) => {
    socket.on('close', () => reject(new Error(`closed after ${next}`)));
    socket.on('message', data => {
      if (`${data}` !== `${next}`) {
        reject(new Error(`${data} in place of ${next}`));
      } else if (++next === 2000) {
        resolve();
      }
    });
  });
  socket.close();
  return `${next} in order`;
});

add('the subprotocol that the app chooses', 'two.v2', async () => {
  const socket = await open('/echo', { protocols: ['one.v1', 'two.v2'] });
  socket.close();
  return socket.protocol;
});

add('fields of the opening handshake',
  '{"origin":"http://elsewhere.example","cookie":"c=1; d=2","authorization":"Bearer x","visitor":"yes","version":"13",'
  + '"target":"/fields?q=%2F%20a&id=ID"}; answered x-app one, cookies a=1 b=2',
  async () => {
    const id = newId();
    const socket = dial(`/fields?q=%2F%20a&id=${id}`, {
      origin: 'http://elsewhere.example',
      headers: { Cookie: 'c=1; d=2', Authorization: 'Bearer x', 'X-Visitor': 'yes' },
    });
    const [response] = await once(socket, 'upgrade');
    const [line] = await noted(id, '{');
    socket.close();
    return `${line}; answered x-app ${response.headers['x-app']}, cookies ${response.headers['set-cookie'].join(' ')}`;
  });

add('a page of the own host', 'the page\'s host is the one that the app sees', async () => {
  const id = newId();
  const socket = await open(`/own-page?id=${id}`, { origin: target.origin });
  const [line] = await noted(id, 'page');
  socket.close();
  return line === 'page of the same host' ? 'the page\'s host is the one that the app sees' : 'the page\'s host is another than the app sees';
});

add('permessage-deflate between the ends',
  'permessage-deflate; client_no_context_takeover; server_no_context_takeover: took 1048576 in less than 2 kB, 1048576 came in less than 2 kB', async () => {
    const id = newId();
    const socket = dial(`/deflate?id=${id}`, { perMessageDeflate: { clientNoContextTakeover: true, threshold: 0 } });
    let tcp;
    let extensions;
    socket.on('upgrade', response => {
      tcp = response.socket;
      extensions = response.headers['sec-websocket-extensions'];
    });
    await once(socket, 'open');
    const before = tcp.bytesRead;
    const { answer } = await exchange(socket, Buffer.alloc(1024 * 1024));
    const came = tcp.bytesRead - before;
    const [took] = await noted(id, 'took');
    socket.close();
    return `${extensions}: ${took}, ${answer.length} came in ${came < 2000 ? 'less than 2 kB' : `${came} bytes`}`;
  });

add('a message in four frames', 'app: text… 3, continuation… 0, continuation… 70000, continuation 2; '
  + 'client: text… 3, continuation… 0, continuation… 70000, continuation 2; message of 70005', async () => {
  const id = newId();
  const socket = dial(`/frames?id=${id}`);
  const seen = [];
  socket.on('upgrade', response => watchFrames(response.socket, frame => seen.push(show(frame))));
  await once(socket, 'open');
  socket.send('abc', { fin: false });
  socket.send('', { fin: false });
  socket.send('x'.repeat(70000), { fin: false });
  socket.send('yz', { fin: true });
  const [message] = await once(socket, 'message');
  const app = await noted(id, 'continuation 2');
  socket.close();
  return `app: ${app.join(', ')}; client: ${seen.join(', ')}; message of ${message.length}`;
});

add('16 MiB in one message, both ways', 'app took 16777216 as sent; client took 16777216 as sent', async () => {
  const id = newId();
  const socket = await open(`/large?id=${id}`);
  const mine = Buffer.alloc(16 * 1024 * 1024, 'the visitor\'s bytes, ');
  const { answer } = await exchange(socket, mine);
  const [took] = await noted(id, 'took');
  socket.close();
  const app = took === `took ${mine.length} ${sha256(mine)}` ? `${mine.length} as sent` : `something else: ${took}`;
  const client = answer.equals(Buffer.alloc(mine.length, 'the app\'s bytes, ')) ? `${answer.length} as sent` : `something else: ${answer.length}`;
  return `app took ${app}; client took ${client}`;
});

add('ping from the client', 'app saw ping 0102fe; pong 0102fe came back', async () => {
  const id = newId();
  const socket = await open(`/ping?id=${id}`);
  socket.ping(Buffer.from('0102fe', 'hex'));
  const [payload] = await once(socket, 'pong');
  const [app] = await noted(id, 'ping');
  socket.close();
  return `app saw ${app}; pong ${payload.toString('hex')} came back`;
});

add('ping from the app', 'client saw ping 00ff80; app saw pong 00ff80', async () => {
  const id = newId();
  const socket = await open(`/ping?id=${id}`);
  socket.send('ping me');
  const [payload] = await once(socket, 'ping');
  const [app] = await noted(id, 'pong');
  socket.close();
  return `client saw ping ${payload.toString('hex')}; app saw ${app}`;
});

for (const [code, reason] of [[1000, 'done'], [1001, ''], [3000, 'grüße'], [4999, longReason], [undefined, '']]) {
  const shown = code ? `with ${code}` : 'without a code';
  const expected = `${code ?? 1005} ${reason}`.trim();

  add(`the client closes ${shown}`, `app saw ${expected}; client saw ${expected}`, async () => {
    const id = newId();
    const socket = await open(`/echo?id=${id}`);
    socket.close(code, reason);
    const client = await closed(socket);
    const app = (await noted(id, 'closed')).at(-1).slice('closed '.length).trim();
    return `app saw ${app}; client saw ${client}`;
  });

  add(`the app closes ${shown}`, `client saw ${expected}; app saw ${expected}`, async () => {
    const id = newId();
    const socket = await open(`/close?id=${id}&code=${code ?? ''}&reason=${encodeURIComponent(reason)}`);
    socket.send('close');
    const client = await closed(socket);
    const app = (await noted(id, 'closed')).at(-1).slice('closed '.length).trim();
    return `client saw ${client}; app saw ${app}`;
  });
}

for (const [name, leave] of [['breaks off', socket => socket.terminate()], ['resets the connection', (_, tcp) => tcp.resetAndDestroy()]]) {
  add(`the client ${name}`, 'app saw 1006 at once', async () => {
    const id = newId();
    const socket = dial(`/echo?id=${id}`);
    let tcp;
    socket.on('upgrade', response => { tcp = response.socket; });
    socket.on('error', () => {});
    await once(socket, 'open');
    await exchange(socket, 'x');
    const left = Date.now();
    leave(socket, tcp);
    const app = (await noted(id, 'closed')).at(-1).slice('closed '.length).trim();
    return `app saw ${app} ${Date.now() - left < 2000 ? 'at once' : 'seconds later'}`;
  });
}

add('the app breaks off', 'client saw 1006', async () => {
  const socket = await open('/terminate');
  socket.send('x');
  return `client saw ${await closed(socket)}`;
});

add('the app says hello and closes at once', 'open, hello, closed 1000 over', () => new Promise((resolve, reject) => {
  const seen = [];
  const socket = dial('/hello');
  socket.on('error', reject);
  socket.on('open', () => seen.push('open'));
  socket.on('message', data => seen.push(`${data}`));
  socket.on('close', (code, reason) => resolve([...seen, `closed ${code} ${reason}`].join(', ')));
}));

add('the app breaks off at once', 'open, closed 1006', () => new Promise(resolve => {
  const seen = [];
  const socket = dial('/drop');
  socket.on('error', fault => seen.push(fault.message));
  socket.on('open', () => seen.push('open'));
  socket.on('close', code => resolve([...seen, `closed ${code}`].join(', ')));
}));

add('the app refuses the upgrade', '401 Basic realm="app" who are you?', () => new Promise((resolve, reject) => {
  const socket = dial('/refuse');
  socket.on('open', () => reject(new Error('it is open')));
  socket.on('unexpected-response', async (request, response) => {
    const pieces = [];
    for await (const piece of response) {
      pieces.push(piece);
    }

    request.destroy();
    resolve(`${response.statusCode} ${response.headers['www-authenticate']} ${Buffer.concat(pieces)}`);
  });
}));

add('100 connections at once', '100 open at once, 100 answered', async () => {
  const sockets = await Promise.all(Array.from({ length: 100 }, () => open('/echo')));
  const answers = await Promise.all(sockets.map((socket, i) => exchange(socket, `message ${i}`)));
  sockets.forEach(socket => socket.close());
  return `${sockets.length} open at once, ${answers.filter(({ answer }, i) => `${answer}` === `message ${i}`).length} answered`;
});

add('the client ends its direction alone', 'last words came', () => new Promise((resolve, reject) => {
  const socket = net.connect({ host: '127.0.0.1', port: Number(target.port), allowHalfOpen: true });
  socket.write(`GET /last-words HTTP/1.1\r\nHost: ${target.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', piece => {
    text += piece;
    if (text.endsWith('\r\n\r\n')) {
      socket.end();
    }
  });
  socket.on('error', reject);
  socket.on('close', () => resolve(text.includes('last words') ? 'last words came' : 'the connection ended without them'));
}));

add('a version that the app does not speak', '400 or 426, not open', () => new Promise((resolve, reject) => {
  const request = http.get(new URL('/echo', target), {
    lookup,
    agent: false,
    headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '7', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  });
  request.on('error', reject);
  request.on('upgrade', () => reject(new Error('it is open')));
  request.on('response', response => {
    response.resume();
    resolve([400, 426].includes(response.statusCode) ? '400 or 426, not open' : `${response.statusCode}`);
  });
}));

runAll();
