// The app's WebSockets, with npm's ws.
'use strict';
const { createHash } = require('crypto');
const { WebSocketServer } = require('ws');
const { note } = require('./journal');
const { watchFrames, show } = require('./frames');

const sha256 = data => createHash('sha256').update(data).digest('hex').slice(0, 16);
/** What a MiB of zeros takes on the way depends on the version of zlib, but not by much. */
const size = bytes => bytes < 2000 ? 'less than 2 kB' : `${bytes} bytes`;
const large = length => Buffer.alloc(length, 'the app\'s bytes, ');

const handleProtocols = offered => [...offered].at(-1);
const plain = new WebSocketServer({ noServer: true, handleProtocols });
const deflating = new WebSocketServer({
  noServer: true,
  perMessageDeflate: { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
});
plain.on('headers', (fields, request) => {
  if (request.url.startsWith('/fields')) {
    fields.push('X-App: one', 'Set-Cookie: a=1', 'Set-Cookie: b=2');
  }
});

const handlers = {
  '/echo'(socket) {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  },

  '/deflate'(socket, request, id) {
    let before = request.socket.bytesRead;
    socket.on('message', data => {
      note(id, `took ${data.length} in ${size(request.socket.bytesRead - before)}`);
      before = request.socket.bytesRead;
      socket.send(data);
    });
  },

  '/frames'(socket, request, id) {
    watchFrames(request.socket, frame => {
      note(id, show(frame));
      if (frame.name !== 'close') {
        socket.send(frame.payload, { fin: frame.isFinal, binary: frame.name === 'binary' });
      }
    });
  },

  '/large'(socket, _request, id) {
    socket.on('message', data => {
      note(id, `took ${data.length} ${sha256(data)}`);
      socket.send(large(data.length));
    });
  },

  '/ping'(socket, _request, id) {
    socket.on('ping', payload => note(id, `ping ${payload.toString('hex')}`));
    socket.on('pong', payload => note(id, `pong ${payload.toString('hex')}`));
    socket.on('message', () => socket.ping(Buffer.from('00ff80', 'hex')));
  },

  '/close'(socket, request) {
    const { searchParams } = new URL(request.url, 'http://app');
    const code = searchParams.get('code');
    socket.on('message', () => code ? socket.close(Number(code), searchParams.get('reason')) : socket.close());
  },

  '/terminate'(socket) {
    socket.on('message', () => socket.terminate());
  },

  '/hello'(socket) {
    socket.send('hello');
    socket.close(1000, 'over');
  },

  '/drop'(socket) {
    socket.terminate();
  },

  '/fields'(socket, request, id) {
    const { origin, cookie, authorization, 'x-visitor': visitor, 'sec-websocket-version': version } = request.headers;
    note(id, JSON.stringify({ origin, cookie, authorization, visitor, version, target: request.url.replace(id, 'ID') }));
    socket.send('noted');
  },

  '/own-page'(_socket, { headers }, id) {
    note(id, new URL(headers.origin).host === headers.host ? 'page of the same host' : 'page of another host');
  },
};

function onUpgrade(request, socket, head, url) {
  const id = url.searchParams.get('id');
  socket.on('error', () => {});
  if (url.pathname === '/refuse') {
    const text = 'who are you?';
    socket.end(`HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="app"\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
    return;
  }

  if (url.pathname === '/last-words') {
    // The library ends both directions at once.
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.on('end', () => socket.end('last words')).resume();
    return;
  }

  const server = url.pathname === '/deflate' ? deflating : plain;
  server.handleUpgrade(request, socket, head, connection => {
    connection.on('error', () => {});
    connection.on('close', (code, reason) => note(id, `closed ${code} ${reason}`));
    handlers[url.pathname]?.(connection, request, id);
  });
}

module.exports = { onUpgrade };
