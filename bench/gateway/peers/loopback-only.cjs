/**
 * Loaded before a server that cannot be told which interface to listen on: whatever it asks for, it gets the loopback interface alone.
 */
const { Server } = require('node:net');

const { listen } = Server.prototype;
Server.prototype.listen = function listenOnLoopback(first, ...others) {
  const options = typeof first === 'object' ? first : { port: Number(first) };
  const done = others.find(other => typeof other === 'function');
  return listen.call(this, { ...options, host: '127.0.0.1' }, done);
};
