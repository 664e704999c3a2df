// HTTP/1.1 from npm's undici, and from Node's own client where undici has no way to do it.
'use strict';
const { createHash } = require('crypto');
const http = require('http');
const { Readable } = require('stream');
const { setTimeout: delay } = require('timers/promises');
const { Client, Pool } = require('undici');
const { add, runAll, target, newId, noted, ask, lookup } = require('./cases');
const { pieces } = require('./app-http');

const MiB = 1024 * 1024;

/** A client of one connection at a time, which counts those that it makes. */
function connect(options) {
  const client = new Client(target.origin, { connect: { lookup }, ...options });
  client.connections = 0;
  client.on('connect', () => { client.connections++; });
  return client;
}

async function using(options, run) {
  const client = connect(options);
  try {
    return await run(client);
  } finally {
    client.destroy().catch(() => {});
  }
}

function sumOf(iterable) {
  const hash = createHash('sha256');
  for (const piece of iterable) {
    hash.update(piece);
  }

  return hash.digest('hex').slice(0, 16);
}

async function sumOfBody(body) {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of body) {
    hash.update(piece);
    length += piece.length;
  }

  return `${length} bytes, sha256 ${hash.digest('hex').slice(0, 16)}`;
}

add('undici: 50 pipelined requests', '50 answered in order on 1 connection', () => using({ pipelining: 10 }, async client => {
  const order = [];
  await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const { body } = await client.request({ path: `/number?n=${i}`, method: 'GET' });
    const text = await body.text();
    if (text !== `number ${i}`) {
      throw new Error(`${text} for ${i}`);
    }

    order.push(i);
  }));
  const inOrder = order.every((n, i) => n === i);
  return `${order.length} answered ${inOrder ? 'in order' : 'out of order'} on ${client.connections} connection${client.connections === 1 ? '' : 's'}`;
}));

add('undici: a connection is kept', '20 answered on 1 connection', () => using({}, async client => {
  let answered = 0;
  for (let i = 0; i < 20; i++) {
    const { body } = await client.request({ path: i % 2 ? '/number?n=1' : '/take', method: i % 2 ? 'GET' : 'POST', body: i % 2 ? null : 'content' });
    await body.dump();
    answered++;
  }

  return `${answered} answered on ${client.connections} connection${client.connections === 1 ? '' : 's'}`;
}));

add('undici: 200 requests over 20 connections', '200 answered', async () => {
  const pool = new Pool(target.origin, { connect: { lookup }, connections: 20 });
  const texts = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
    const { body } = await pool.request({ path: `/number?n=${i}`, method: 'GET' });
    return await body.text() === `number ${i}`;
  }));
  pool.destroy().catch(() => {});
  return `${texts.filter(Boolean).length} answered`;
});

for (const [name, length, headers] of [['chunked', 32 * MiB, {}], ['sized', 3 * MiB, { 'content-length': `${3 * MiB}` }]]) {
  const framing = name === 'chunked' ? 'chunked' : `length ${length}`;
  add(`undici: a ${name} upload`, `POST ${framing}, ${length} bytes, sha256 ${sumOf(pieces(length))}`, () => using({}, async client => {
    const { body } = await client.request({ path: '/take', method: 'POST', headers, body: Readable.from(pieces(length)) });
    return body.text();
  }));

  add(`undici: a ${name} download`, `${framing}: ${length} bytes, sha256 ${sumOf(pieces(length))}`, () => using({}, async client => {
    const sized = name === 'sized' ? '&sized' : '';
    const { body, headers: fields } = await client.request({ path: `/give?length=${length}${sized}`, method: 'GET' });
    const framed = fields['transfer-encoding'] ?? `length ${fields['content-length']}`;
    return `${framed}: ${await sumOfBody(body)}`;
  }));
}

add('undici: an upload without content', 'POST length 0, 0 bytes, sha256 e3b0c44298fc1c14', () => using({}, async client => {
  const { body } = await client.request({ path: '/take', method: 'POST' });
  return body.text();
}));

add('undici: request and response at the same time', 'each of 10 pieces came back before the next was sent', () => using({}, async client => {
  let cameBack;
  let count = 0;
  async function* speak() {
    for (let i = 0; i < 10; i++) {
      cameBack = resolvable();
      yield Buffer.from(`piece ${i}`);
      await cameBack.promise;
    }
  }

  const { body } = await client.request({ path: '/both-ways', method: 'POST', body: Readable.from(speak()) });
  for await (const piece of body) {
    if (`${piece}` !== `piece ${count}`) {
      throw new Error(`${piece} in place of piece ${count}`);
    }

    count++;
    cameBack.resolve();
  }

  return `each of ${count} pieces came back before the next was sent`;
}));

add('undici: an answer before the upload ends', '413 too much for me; the upload was not finished', () => using({}, async client => {
  let isFinished = false;
  async function* speak() {
    yield Buffer.alloc(1024);
    await delay(10_000, null, { ref: false });
    isFinished = true;
  }

  const { statusCode, body } = await client.request({ path: '/early', method: 'POST', body: Readable.from(speak()) });
  return `${statusCode} ${await body.text()}; the upload was ${isFinished ? '' : 'not '}finished`;
}));

add('undici: the client gives up a download', 'app saw it broken off', () => using({}, async client => {
  const id = newId();
  const { body } = await client.request({ path: `/endless?id=${id}`, method: 'GET' });
  for await (const piece of body) {
    if (piece.length > 0) {
      break;
    }
  }

  return `app saw it ${(await noted(id, ''))[0]}`;
}));

add('undici: the client gives up before an answer', 'app saw it broken off', () => using({}, async client => {
  const id = newId();
  const giveUp = new AbortController();
  const answer = client.request({ path: `/silent?id=${id}`, method: 'GET', signal: giveUp.signal }).catch(() => null);
  await noted(id, 'came');
  giveUp.abort();
  await answer;
  return `app saw it ${(await noted(id, 'broken'))[1]}`;
}));

add('undici: the client gives up an upload', 'app saw began, broken off: ECONNRESET', () => using({}, async client => {
  const id = newId();
  const giveUp = new AbortController();
  async function* speak() {
    yield Buffer.alloc(1024);
    await noted(id, 'began');
    giveUp.abort();
    await delay(10_000, null, { ref: false });
  }

  await client.request({ path: `/upload?id=${id}`, method: 'POST', body: Readable.from(speak()), signal: giveUp.signal }).catch(() => null);
  return `app saw ${(await noted(id, 'broken')).join(', ')}`;
}));

add('undici: the app breaks off its answer', '200, then an error after "only this"', () => using({}, async client => {
  const id = newId();
  const { statusCode, body } = await client.request({ path: `/cut?id=${id}`, method: 'GET' });
  let text = '';
  try {
    for await (const piece of body) {
      text += piece;
      await ask(`/cut-now?id=${id}`);
    }

    return `${statusCode} "${text}", complete`;
  } catch {
    return `${statusCode}, then an error after "${text}"`;
  }
}));

add('undici: the app closes its connection behind each answer', '20 answered with 200', () => using({}, async client => {
  let answered = 0;
  for (let i = 0; i < 20; i++) {
    // Not at once: a client that hasn't heard of the end yet may repeat what is safe to repeat.
    const { statusCode, body } = await client.request({ path: '/close-behind', method: 'GET' });
    await body.dump();
    answered += statusCode === 200 ? 1 : 0;
    await delay(5);
  }

  return `${answered} answered with 200`;
}));

add('undici: response trailers', 'content, then {"x-sum":"abc","x-empty":""}', () => using({}, async client => {
  const { body, trailers } = await client.request({ path: '/trailers', method: 'GET', headers: { TE: 'trailers' } });
  return `${await body.text()}, then ${JSON.stringify(trailers)}`;
}));

add('undici: an informational 103', '103 </style.css>; rel=preload; as=style, then 200 page', () => using({}, async client => {
  const seen = [];
  const onInfo = ({ statusCode, headers }) => seen.push(`${statusCode} ${headers.link}`);
  const { statusCode, body } = await client.request({ path: '/hints', method: 'GET', onInfo });
  return [...seen, `${statusCode} ${await body.text()}`].join(', then ');
}));

add('undici: HEAD', '200 length 12 "v1", no content, then 200 twelve bytes', () => using({}, async client => {
  const { statusCode, headers, body } = await client.request({ path: '/sized', method: 'HEAD' });
  const content = await body.text();
  const next = await client.request({ path: '/sized', method: 'GET' });
  return `${statusCode} length ${headers['content-length']} ${headers.etag}, ${content === '' ? 'no content' : content}, then `
    + `${next.statusCode} ${await next.body.text()}`;
}));

for (const [path, headers, expected] of [
  ['/no-content', {}, '204 length undefined undefined x-app yes'],
  ['/reset-content', {}, '205 length 0 undefined x-app undefined'],
  ['/unchanged', { 'if-none-match': '"v1"' }, '304 length undefined "v1" x-app undefined'],
]) {
  add(`undici: ${expected.slice(0, 3)}`, `${expected}, no content, then 200 twelve bytes on 1 connection`, () => using({}, async client => {
    const answer = await client.request({ path, method: 'GET', headers });
    const content = await answer.body.text();
    const next = await client.request({ path: '/sized', method: 'GET' });
    const fields = answer.headers;
    return `${answer.statusCode} length ${fields['content-length']} ${fields.etag} x-app ${fields['x-app']}, ${content === '' ? 'no content' : content}, then `
      + `${next.statusCode} ${await next.body.text()} on ${client.connections} connection`;
  }));
}

add('undici: repeated and empty fields',
  '{"many":["one","two, three"],"empty":"","cookie":"a=1; b=2"}, answered many ["one","two, three"], empty "", cookies ["a=1","b=2"]',
  () => using({}, async client => {
    const { headers, body } = await client.request({
      path: '/fields',
      method: 'GET',
      headers: ['X-Many', 'one', 'X-Many', 'two, three', 'X-Empty', '', 'Cookie', 'a=1; b=2'],
    });
    return `${await body.text()}, answered many ${JSON.stringify(headers['x-many'])}, empty ${JSON.stringify(headers['x-empty'])}, `
      + `cookies ${JSON.stringify(headers['set-cookie'])}`;
  }));

/** Node's own client, for what undici can't send. */
function send(path, options, feed) {
  return new Promise((resolve, reject) => {
    const seen = [];
    const request = http.request(new URL(path, target), { lookup, agent: false, method: 'POST', ...options });
    request.on('error', reject);
    request.on('continue', () => seen.push('100'));
    request.on('response', async response => {
      const parts = [];
      for await (const piece of response) {
        parts.push(piece);
      }

      resolve({ seen: [...seen, `${response.statusCode} ${Buffer.concat(parts)}`.trim()].join(', then '), request });
    });
    feed(request);
  });
}

add('node: request trailers', '200 {"x-sum":"abc"}', async () => {
  const { seen } = await send('/take-trailers', { headers: { Trailer: 'X-Sum', 'Transfer-Encoding': 'chunked' } }, request => {
    request.write('content');
    request.addTrailers({ 'X-Sum': 'abc' });
    request.end();
  });
  return seen;
});

const content = Buffer.alloc(100_000, 'wanted or not? ');
for (const [name, headers] of [['sized', { 'Content-Length': content.length }], ['chunked', { 'Transfer-Encoding': 'chunked' }]]) {
  const framing = name === 'sized' ? `length ${content.length}` : 'chunked';

  add(`node: Expect: 100-continue, ${name}, accepted`,
    `100, then 200 POST ${framing}, 100000 bytes, sha256 ${sumOf([content])}; app was asked`, async () => {
      const id = newId();
      const { seen } = await send(`/continue?id=${id}`, { headers: { ...headers, Expect: '100-continue' } }, request => {
        request.on('continue', () => request.end(content));
        request.flushHeaders();
      });
      return `${seen}; app was ${(await noted(id, ''))[0]}`;
    });

  add(`node: Expect: 100-continue, ${name}, refused`, '417; app was asked', async () => {
    const id = newId();
    const { seen, request } = await send(`/continue?refuse&id=${id}`, { headers: { ...headers, Expect: '100-continue' } }, sent => {
      sent.on('continue', () => sent.end(content));
      sent.flushHeaders();
    });
    request.destroy();
    return `${seen}; app was ${(await noted(id, ''))[0]}`;
  });
}

function resolvable() {
  const it = {};
  it.promise = new Promise(resolve => { it.resolve = resolve; });
  return it;
}

runAll();
