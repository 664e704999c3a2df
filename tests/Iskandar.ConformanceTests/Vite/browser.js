// Opens the app in Chromium, edits its files, and prints a line of JSON for each thing that was to be seen.
'use strict';
const fs = require('fs');
const path = require('path');
const { parseArgs } = require('util');
const { chromium } = require('playwright-core');

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    folder: { type: 'string' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
    screenshot: { type: 'string' },
  },
});

const report = (name, outcome, expected) => console.log(JSON.stringify({ case: name, outcome, expected }));
const file = name => path.join(values.folder, name);

function edit(name, from, to) {
  const text = fs.readFileSync(file(name), 'utf8');
  if (!text.includes(from)) {
    throw new Error(`${name} has no ${from}`);
  }

  fs.writeFileSync(file(name), text.replace(from, to));
}

async function look(page) {
  const failures = [];
  const sockets = [];
  page.on('pageerror', fault => failures.push(fault.message));
  page.on('requestfailed', request => failures.push(`${request.url()}: ${request.failure().errorText}`));
  page.on('response', response => response.status() >= 400 && failures.push(`${response.status()} ${response.url()}`));
  page.on('websocket', socket => sockets.push(socket));
  const connected = page.waitForEvent('console', message => message.text().includes('[vite] connected'));

  await page.goto(values.target);
  await page.getByRole('heading', { name: 'Before the edit' }).waitFor();
  report('vite: the page', `"${await page.locator('h1').textContent()}"${failures.map(failure => `, ${failure}`).join('')}`, '"Before the edit"');

  await connected;
  const hosts = sockets.map(socket => new URL(socket.url()).host);
  const own = new URL(values.target).host;
  report('vite: the WebSocket for hot reload', hosts.map(host => host === own ? 'connected to the page\'s own host' : `connected to ${host}`).join(', '),
    'connected to the page\'s own host');

  for (let i = 0; i < 3; i++) {
    await page.getByRole('button').click();
  }

  await page.evaluate(() => { window.loadedOnce = true; });
  edit('title.js', 'Before the edit', 'After the edit');
  await page.getByRole('heading', { name: 'After the edit' }).waitFor();
  const kept = () => page.evaluate(() => `${document.querySelector('output').textContent} clicks kept, ${window.loadedOnce ? 'not reloaded' : 'reloaded'}`);
  report('vite: an edited module', `"${await page.locator('h1').textContent()}", ${await kept()}`, '"After the edit", 3 clicks kept, not reloaded');

  edit('style.css', 'rgb(120, 120, 120)', 'rgb(0, 128, 0)');
  await page.waitForFunction(() => getComputedStyle(document.querySelector('h1')).color === 'rgb(0, 128, 0)');
  report('vite: an edited style sheet', `green, ${await kept()}`, 'green, 3 clicks kept, not reloaded');
  if (values.screenshot) {
    await page.screenshot({ path: values.screenshot });
  }

  const reloaded = page.waitForEvent('load');
  edit('index.html', '</h1>', '</h1><h2>And a subtitle</h2>');
  await reloaded;
  await page.getByRole('heading', { name: 'And a subtitle' }).waitFor();
  report('vite: an edited page', `shown, ${await kept()}`, 'shown, 0 clicks kept, reloaded');
}

async function main() {
  const browser = await chromium.launch({
    executablePath: values.browser,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 900, height: 360 } });
    page.setDefaultTimeout(10_000);
    await look(page);
  } finally {
    await browser.close();
  }
}

main().catch(fault => {
  console.error(fault);
  process.exitCode = 1;
});
