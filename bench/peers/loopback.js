// Preloaded into localtunnel's server: the ports on which its clients connect would otherwise be open on every interface.
'use strict';
const net = require('net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const callback = typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
  const [port = 0, host = '127.0.0.1'] = args;
  return listen.call(this, { port: Number(port), host }, callback);
};
