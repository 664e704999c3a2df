// The app behind the tunnel: npm's ws and Node's own HTTP server. Prints its port as a line of JSON.
'use strict';
const http = require('http');
const { answer } = require('./journal');
const { onRequest, onContinue } = require('./app-http');
const { onUpgrade } = require('./app-websocket');

const server = http.createServer();
const pathOf = request => new URL(request.url, 'http://app');

server.on('request', (request, response) => {
  const url = pathOf(request);
  if (url.pathname.startsWith('/journal/')) {
    answer(url.pathname.split('/')[2], url.searchParams.get('until'), response);
  } else {
    onRequest(request, response, url);
  }
});
server.on('checkContinue', (request, response) => onContinue(request, response, pathOf(request)));
server.on('upgrade', (request, socket, head) => onUpgrade(request, socket, head, pathOf(request)));
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));

// Whoever started this ends it by closing its input.
process.stdin.on('end', () => process.exit(0)).resume();
