// The app's plain HTTP, with Node's own server.
'use strict';
const { createHash } = require('crypto');
const { Readable } = require('stream');
const { note } = require('./journal');

/** What breaks off an answer that is under way. */
const cuts = new Map();

const answers = {
  /** Says what came: how it was framed, how long it was and its sum. */
  async '/take'(request, response) {
    const hash = createHash('sha256');
    let length = 0;
    for await (const piece of request) {
      hash.update(piece);
      length += piece.length;
    }

    const framing = request.headers['transfer-encoding'] ?? `length ${request.headers['content-length'] ?? 'unknown'}`;
    response.end(`${request.method} ${framing}, ${length} bytes, sha256 ${hash.digest('hex').slice(0, 16)}`);
  },

  '/number'(_request, response, url) {
    response.end(`number ${url.searchParams.get('n')}`);
  },

  '/give'(_request, response, url) {
    const length = Number(url.searchParams.get('length'));
    if (url.searchParams.has('sized')) {
      response.setHeader('Content-Length', length);
    }

    Readable.from(pieces(length)).pipe(response);
  },

  '/early'(_request, response) {
    response.writeHead(413, { 'Content-Type': 'text/plain', Connection: 'close' }).end('too much for me');
  },

  /** Answers while it reads: each piece of the request comes back at once. */
  '/both-ways'(request, response) {
    request.pipe(response);
  },

  '/endless'(_request, response, url) {
    const id = url.searchParams.get('id');
    const timer = setInterval(() => response.write('more '), 10);
    response.on('close', () => {
      clearInterval(timer);
      note(id, response.writableFinished ? 'finished' : 'broken off');
    });
  },

  '/silent'(request, _response, url) {
    request.on('close', () => note(url.searchParams.get('id'), 'broken off'));
    note(url.searchParams.get('id'), 'came');
  },

  '/upload'(request, response, url) {
    const id = url.searchParams.get('id');
    request.once('data', () => note(id, 'began'));
    request.on('error', fault => note(id, `broken off: ${fault.code}`));
    request.on('end', () => {
      note(id, 'ended');
      response.end();
    });
  },

  '/trailers'(_request, response) {
    response.writeHead(200, { Trailer: 'X-Sum, X-Empty' });
    response.write('content');
    response.addTrailers({ 'X-Sum': 'abc', 'X-Empty': '' });
    response.end();
  },

  async '/take-trailers'(request, response) {
    for await (const _ of request) {
      // Only what follows counts.
    }

    response.end(JSON.stringify(request.trailers));
  },

  '/hints'(_request, response) {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' }, () => response.end('page'));
  },

  '/sized'(_request, response) {
    response.writeHead(200, { 'Content-Length': 12, ETag: '"v1"' }).end('twelve bytes');
  },

  '/no-content'(_request, response) {
    response.writeHead(204, { 'X-App': 'yes' }).end();
  },

  '/reset-content'(_request, response) {
    response.writeHead(205, { 'Content-Length': 0 }).end();
  },

  '/unchanged'(request, response) {
    response.writeHead(request.headers['if-none-match'] === '"v1"' ? 304 : 200, { ETag: '"v1"', 'Cache-Control': 'max-age=60' }).end();
  },

  '/fields'(request, response) {
    response.writeHead(200, [['X-Many', 'one'], ['X-Many', 'two, three'], ['X-Empty', ''], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']]);
    response.end(JSON.stringify({ many: request.headersDistinct['x-many'], empty: request.headers['x-empty'], cookie: request.headers.cookie }));
  },

  /** Ends the connection behind the answer, though it said that it would stay. */
  '/close-behind'(request, response) {
    response.end('closing', () => request.socket.destroySoon());
  },

  '/cut'(request, response, url) {
    response.writeHead(200, { 'Content-Length': 100 });
    response.write('only this');
    cuts.set(url.searchParams.get('id'), () => request.socket.destroy());
  },

  '/cut-now'(_request, response, url) {
    cuts.get(url.searchParams.get('id'))();
    response.end();
  },

  async '/continue'(request, response, url) {
    note(url.searchParams.get('id'), 'not asked');
    await answers['/take'](request, response);
  },
};

function* pieces(length) {
  const piece = Buffer.alloc(64 * 1024, 'content by the piece, ');
  for (let left = length; left > 0; left -= piece.length) {
    yield left < piece.length ? piece.subarray(0, left) : piece;
  }
}

function onRequest(request, response, url) {
  const answer = answers[url.pathname];
  if (!answer) {
    response.writeHead(404).end();
    return;
  }

  Promise.resolve(answer(request, response, url)).catch(() => response.destroy());
}

/** The visitor waits to hear whether its content is wanted. */
function onContinue(request, response, url) {
  const id = url.searchParams.get('id');
  note(id, 'asked');
  if (url.searchParams.has('refuse')) {
    response.writeHead(417, { 'Content-Length': 0 }).end();
    return;
  }

  response.writeContinue();
  answers['/take'](request, response).catch(() => response.destroy());
}

module.exports = { onRequest, onContinue, pieces };
