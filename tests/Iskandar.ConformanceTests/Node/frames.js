// Tells the frames of a WebSocket apart (RFC 6455 section 5.2), where a library only shows messages.
'use strict';

const Names = { 0: 'continuation', 1: 'text', 2: 'binary', 8: 'close', 9: 'ping', 10: 'pong' };

/** Calls `onFrame({ name, isFinal, payload })` for each frame that comes over the socket. */
function watchFrames(socket, onFrame) {
  let rest = Buffer.alloc(0);

  // First of all: the library takes the mask off in place.
  socket.prependListener('data', piece => {
    rest = Buffer.concat([rest, piece]);
    for (let frame = parse(rest); frame; frame = parse(rest)) {
      rest = rest.subarray(frame.end);
      onFrame(frame);
    }
  });
}

function parse(bytes) {
  if (bytes.length < 2) {
    return null;
  }

  const isMasked = (bytes[1] & 0x80) !== 0;
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (bytes.length < 4) {
      return null;
    }

    length = bytes.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (bytes.length < 10) {
      return null;
    }

    length = Number(bytes.readBigUInt64BE(2));
    at = 10;
  }

  const mask = isMasked ? bytes.subarray(at, at + 4) : null;
  at += isMasked ? 4 : 0;
  const end = at + length;
  if (bytes.length < end) {
    return null;
  }

  const payload = Buffer.from(bytes.subarray(at, end));
  if (mask) {
    payload.forEach((byte, i) => { payload[i] = byte ^ mask[i & 3]; });
  }

  return { name: Names[bytes[0] & 0x0f], isFinal: (bytes[0] & 0x80) !== 0, payload, end };
}

/** A frame in a word or two, for the reader of a table. */
const show = frame => `${frame.name}${frame.isFinal ? '' : '…'} ${frame.payload.length}`;

module.exports = { watchFrames, show };
