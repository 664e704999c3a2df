// Runs named cases against one target and prints a line of JSON for each: what was seen, and what should have been.
'use strict';
const http = require('http');
const { parseArgs } = require('util');

const CaseTimeout = 8_000;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    app: { type: 'string' },
    hop: { type: 'string' },
    folder: { type: 'string' },
    only: { type: 'string' },
  },
});

// Names under .localhost are this machine's, whatever its resolver says.
const lookup = (_host, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4);

const target = new URL(values.target);
const app = new URL(values.app ?? values.target);
const cases = [];

let nextId = 0;

/** A name under which the app notes what it sees of one exchange. */
const newId = () => `${process.pid}-${++nextId}`;

/** What the app noted, asked of itself, as soon as there is an entry that begins with `until`. */
const noted = async (id, until) => JSON.parse(await ask(`/journal/${id}?until=${encodeURIComponent(until)}`));

/** Asks the app itself, with nothing in between. */
function ask(path) {
  return new Promise((resolve, reject) => {
    const url = new URL(path, app);
    http.get(url, { lookup, agent: false }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', piece => { text += piece; });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Adds a case. `run` gives what was seen as text; `expected` is what a direct connection shows. */
function add(name, expected, run) {
  cases.push({ name, expected, run });
}

async function runCase({ name, expected, run }) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${CaseTimeout / 1000} s`)), CaseTimeout);
  });
  let outcome;
  try {
    outcome = await Promise.race([run(), late]);
  } catch (fault) {
    outcome = `failed: ${fault.message || fault.code || fault}`;
  } finally {
    clearTimeout(timer);
  }

  console.log(JSON.stringify({ case: name, outcome, expected }));
}

async function runAll() {
  for (const each of cases) {
    if (!values.only || each.name.includes(values.only)) {
      await runCase(each);
    }
  }

  // What a failed case left behind must not keep the process.
  process.exit(0);
}

module.exports = { add, runAll, target, newId, noted, ask, lookup };
