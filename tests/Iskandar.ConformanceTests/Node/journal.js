// What the app sees of each exchange, so that a case can tell it beside what the client saw.
'use strict';
const notes = new Map();

function entry(id) {
  if (!notes.has(id)) {
    notes.set(id, { lines: [], waiting: [] });
  }

  return notes.get(id);
}

function note(id, line) {
  const { lines, waiting } = entry(id);
  lines.push(line);
  waiting.forEach(check => check());
}

/** Answers with the lines as soon as one begins with the word that is waited for. */
function answer(id, until, response) {
  const { lines, waiting } = entry(id);
  const check = () => {
    if (!response.writableEnded && lines.some(line => line.startsWith(until))) {
      response.end(JSON.stringify(lines));
    }
  };
  waiting.push(check);
  check();
}

module.exports = { note, answer };
