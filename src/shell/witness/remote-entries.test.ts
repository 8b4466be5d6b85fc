import { afterEach, beforeEach, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { ORIGIN } from '../../../test/support/parties.js';
import { utf8 } from '../../bytes/octets.js';
import { HttpServer, text } from '../http/server.js';
import { remoteEntries } from './remote-entries.js';

let server: HttpServer;
let address: string;
let shown: string | null;
const signal = new AbortController().signal;
beforeEach(async () => {
  shown = null;
  server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    routes: [
      {
        method: 'GET',
        path: '/log/checkpoint',
        handle: () => (shown === null ? text(404, 'Nothing yet.') : { status: 200, body: utf8(shown) }),
      },
    ],
    statusOf: () => undefined,
    onProblem: () => undefined,
  });
  address = await server.listen();
});
afterEach(() => server.close());

const checkpointOf = (origin: string, size: number) =>
  `${origin}\n${size}\n${'A'.repeat(43)}=\n\n— ${origin} AAAAAAAA\n`;

it('the size is that of the checkpoint which the log shows, and none where it shows none', async () => {
  const entries = remoteEntries(`${address}/log/`, ORIGIN);
  expect(await entries.size(signal)).toBeNull();
  shown = checkpointOf(ORIGIN, 4711);
  expect(await entries.size(signal)).toBe(4711);
});

it.each<[string, () => string, string]>([
  ['of another log', () => checkpointOf('log.example/another', 5), 'checkpoint/origin-mismatch'],
  ['that is none', () => 'hello', 'note/malformed'],
  [
    'of a size that is none',
    () => checkpointOf(ORIGIN, 5).replace('\n5\n', '\n0x5\n'),
    'checkpoint/malformed',
  ],
])('a checkpoint %s says no size', async (_, note, code) => {
  shown = note();
  expect(await reasonOfAsync(() => remoteEntries(`${address}/log`, ORIGIN).size(signal))).toBe(code);
});
