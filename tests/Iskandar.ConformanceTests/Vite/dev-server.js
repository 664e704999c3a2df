// Vite's dev server as its own command line starts it, without any configuration, with a copy of the app for each one who will edit it.
'use strict';
const dns = require('dns');
const fs = require('fs');
const path = require('path');
const { pathToFileURL } = require('url');
const { parseArgs } = require('util');

// Vite listens on what localhost means, which isn't the same everywhere.
dns.setDefaultResultOrder('ipv4first');

const { values, positionals } = parseArgs({ options: { folder: { type: 'string' } }, allowPositionals: true });

async function main() {
  const vite = await import(pathToFileURL(require.resolve('vite')));
  for (const name of positionals) {
    fs.cpSync(path.join(__dirname, 'app'), path.join(values.folder, name), { recursive: true });
  }

  const server = await vite.createServer({ root: values.folder, configFile: false, logLevel: 'warn', clearScreen: false });
  await server.listen();
  console.log(JSON.stringify({ port: server.httpServer.address().port }));
}

// Whoever started this ends it by closing its input.
process.stdin.on('end', () => process.exit(0)).resume();
main();
