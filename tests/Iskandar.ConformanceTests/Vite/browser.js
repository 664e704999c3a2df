// Opens the app in Chromium, edits its files, and prints a line of JSON for each thing that was to be seen.
'use strict';
const fs = require('fs');
const path = require('path');
const { parseArgs } = require('util');
const { chromium } = require('playwright-core');

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    app: { type: 'string' },
    hop: { type: 'string' },
    folder: { type: 'string' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
    screenshots: { type: 'string' },
  },
});

const report = (name, outcome, expected) => console.log(JSON.stringify({ case: name, outcome, expected }));
const file = name => path.join(values.folder, values.hop, name);
const page = new URL(`/${values.hop}/`, values.target);

function edit(name, from, to) {
  const text = fs.readFileSync(file(name), 'utf8');
  if (!text.includes(from)) {
    throw new Error(`${name} has no ${from}`);
  }

  fs.writeFileSync(file(name), text.replace(from, to));
}

async function look(tab) {
  const failures = [];
  const sockets = [];
  tab.on('pageerror', fault => failures.push(fault.message));
  tab.on('requestfailed', request => failures.push(`${request.url()}: ${request.failure().errorText}`));
  tab.on('response', response => response.status() >= 400 && failures.push(`${response.status()} ${response.url()}`));
  tab.on('websocket', socket => sockets.push(socket));
  const connected = tab.waitForEvent('console', message => message.text().includes('[vite] connected'));

  await tab.goto(page.href);
  await tab.getByRole('heading', { name: 'Before the edit' }).waitFor();
  report('the page of a Vite app', `"${await tab.locator('h1').textContent()}"${failures.map(failure => `, ${failure}`).join('')}`, '"Before the edit"');

  await connected;
  const hosts = sockets.map(socket => new URL(socket.url()).host);
  const own = page.host;
  report('the WebSocket of Vite\'s hot reload', hosts.map(host => host === own ? 'connected to the page\'s own host' : `connected to ${host}`).join(', '),
    'connected to the page\'s own host');

  for (let i = 0; i < 3; i++) {
    await tab.getByRole('button').click();
  }

  await tab.evaluate(() => { window.loadedOnce = true; });
  edit('title.js', 'Before the edit', 'After the edit');
  await tab.getByRole('heading', { name: 'After the edit' }).waitFor();
  const kept = () => tab.evaluate(() => `${document.querySelector('output').textContent} clicks kept, ${window.loadedOnce ? 'not reloaded' : 'reloaded'}`);
  report('an edited module replaces the old one', `"${await tab.locator('h1').textContent()}", ${await kept()}`, '"After the edit", 3 clicks kept, not reloaded');

  edit('style.css', 'rgb(120, 120, 120)', 'rgb(0, 128, 0)');
  await tab.waitForFunction(() => getComputedStyle(document.querySelector('h1')).color === 'rgb(0, 128, 0)');
  report('an edited style sheet applies', `green, ${await kept()}`, 'green, 3 clicks kept, not reloaded');
  if (values.screenshots) {
    await tab.screenshot({ path: path.join(values.screenshots, `vite-${values.hop}.png`) });
  }

  const reloaded = tab.waitForEvent('load');
  edit('index.html', '</h1>', '</h1><h2>And a subtitle</h2>');
  await reloaded;
  await tab.getByRole('heading', { name: 'And a subtitle' }).waitFor();
  report('an edited page is loaded again', `shown, ${await kept()}`, 'shown, 0 clicks kept, reloaded');
}

async function main() {
  const browser = await chromium.launch({
    executablePath: values.browser,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const tab = await browser.newPage({ viewport: { width: 900, height: 360 } });
    tab.setDefaultTimeout(10_000);
    await look(tab);
  } finally {
    await browser.close();
  }
}

main().catch(fault => {
  console.error(fault);
  process.exitCode = 1;
});
