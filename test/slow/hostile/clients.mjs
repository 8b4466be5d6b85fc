/**
 * Clients that want the worst, in a process of their own, so that whoever asks beside them is not slowed down by what they cost themselves. The
 * argument is the JSON of {port, attack, …}; on standard output: lines of JSON, `{"open", "answered", "closed", "starts"}`, at most four times a
 * second, where `starts` counts what answers began with. They leave when the process is told to end.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const { port, attack, ...options } = JSON.parse(process.argv[2] ?? '');
const MEGABYTE = 1 << 20;
/** Connections that are being opened at a time. */
const AT_ONCE = 200;

const told = { open: 0, answered: 0, closed: 0, starts: {} };
let said = '';
setInterval(() => {
  const now = JSON.stringify(told);
  if (now !== said) process.stdout.write(`${now}\n`);
  said = now;
}, 250);

/** A connection; it reads, unless it is told not to. */
function open(reads = true) {
  const socket = connect(port, '127.0.0.1');
  told.open++;
  socket.on('error', () => undefined);
  socket.once('close', () => {
    told.open--;
    told.closed++;
  });
  if (!reads) return socket.pause();
  socket.once('data', data => {
    told.answered++;
    const start = data.toString('latin1', 9, 12);
    told.starts[start] = (told.starts[start] ?? 0) + 1;
  });
  return socket.resume();
}

function head(fields, path = '/v1/chat/completions') {
  const lines = Object.entries({ host: `127.0.0.1:${port}`, ...fields }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

function request(model, stream = false) {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello?' }], stream });
  return head({ 'content-length': body.length }) + body;
}

/** Writes a little on each of these, again and again. */
function drip(sockets, text) {
  setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write(text);
  }, 1000);
}

/** Does something over and over, so many times beside one another. */
function overAndOver(count, act) {
  const again = () => act().then(again);
  for (let started = 0; started < count; started++) again();
}

const ATTACKS = {
  /** Streams that are asked for and never end. */
  idle: async ({ count, models }) => {
    for (let number = 0; number < count; number++) {
      while (number - told.answered - told.closed >= AT_ONCE) await sleep(5);
      open().write(request(models[number % models.length], true));
    }
  },
  headsThatDrip: ({ count }) => {
    const sockets = Array.from({ length: count }, () => open());
    for (const socket of sockets) socket.write('POST /v1/chat/completions HTTP/1.1\r\nx-a: ');
    drip(sockets, 'a');
  },
  bodiesThatDrip: ({ count }) => {
    const sockets = Array.from({ length: count }, () => open());
    for (const socket of sockets) socket.write(`${head({ 'content-length': 50_000_000 })}{"messages":[`);
    drip(sockets, '0,');
  },
  /** Bodies of forty megabytes that never end, again and again: where there is no room, all of them may be refused at once, and then there is. */
  bodies: ({ count }) => {
    const part = Buffer.alloc(MEGABYTE, ' ');
    overAndOver(count, async () => {
      const socket = open();
      socket.write(head({ 'content-length': 50_000_000 }));
      for (let written = 0; written < 40; written++) socket.write(part);
      await new Promise(resolve => socket.once('close', resolve));
      await sleep(250);
    });
  },
  headers: ({ count }) => {
    const line = `x-${'a'.repeat(1000)}: ${'b'.repeat(1000)}\r\n`;
    const bomb = Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${line.repeat(500)}`);
    for (let started = 0; started < count; started++) open().write(bomb);
  },
  /** So many at once, and then one after another: where there is no room, the first may all be refused together, and then there is. */
  unread: ({ count, model, stream }) => {
    const ask = () => open(false).write(request(model, stream));
    for (let started = 0; started < count; started++) ask();
    setInterval(ask, 100);
  },
  /** A quarter of each: for what is answered at once or never, by who reads and who does not. */
  pipelined: ({ count, requests, model }) => {
    const health = Buffer.from(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`.repeat(requests));
    const asked = Buffer.from(request(model).repeat(requests));
    for (let number = 0; number < count; number++) {
      open(number % 4 < 2).write(number % 2 === 0 ? health : asked);
    }
  },
  /** Clients that leave as soon as their answer begins, and come again. */
  leaving: ({ count, model }) => {
    const asked = request(model, true);
    overAndOver(count, () => {
      const socket = open();
      socket.write(asked);
      return new Promise(resolve => {
        socket.once('data', () => socket.destroy());
        socket.once('close', resolve);
      });
    });
  },
  /** Clients of which each asks once, under a key of its own. */
  keys: ({ count, model }) => {
    let key = 0;
    const asked = request(model);
    overAndOver(count, () => {
      const socket = open();
      socket.write(asked.replace('\r\n', `\r\nconnection: close\r\nauthorization: Bearer ${key++}\r\n`));
      return new Promise(resolve => socket.once('close', resolve));
    });
  },
};

await ATTACKS[attack](options);
