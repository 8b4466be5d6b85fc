/**
 * What any log behind `node:http` pays on this machine: a server that reads a body and answers. With `verify`, every body costs it one
 * Ed25519 signature besides, checked in the threads that Node.js has for that.
 *
 * Its one argument is JSON: {verify}. It prints its address.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';

const { verify: isVerifying } = JSON.parse(process.argv[2]);
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const message = Buffer.alloc(2300);
const signature = sign(null, message, privateKey);

const server = createServer((request, response) => {
  const parts = [];
  const answer = () =>
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': 2 }).end('{}');
  request.on('data', part => parts.push(part));
  request.on('end', () => {
    Buffer.concat(parts);
    if (isVerifying) verify(null, message, publicKey, signature, answer);
    else answer();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ address: `http://127.0.0.1:${server.address().port}` })}\n`);
});
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
