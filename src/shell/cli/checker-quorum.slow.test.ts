/** `countersign up` with a policy that needs a witness which checks entries, and so has to read them from the very gateway that starts. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, errorOf, json } from '../../../test/end-to-end/client.js';
import { run, type Served, serve, serveWitness } from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { utf8 } from '../../bytes/octets.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { formatVerifierKey, parseVerifierKey } from '../../note/key.js';
import { parseNote } from '../../note/signed-note.js';
import { parseBundle } from '../../receipt/bundle.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';

let folder: string;
const at = (name: string) => join(folder, name);
/** What the house's own trust file says of its witnesses. */
let own: { readonly policy: string; readonly issuers: readonly string[] };
const servers: Server[] = [];

/** A house that has made its keys (`made`), and the same with an empty log (`empty`). */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-checker-'));
  const house = await serve(['--data', at('made')]);
  await askGateway(house);
  own = JSON.parse(readFileSync(house.summary.trust, 'utf8'));
  expect((await house.stop()).code).toBe(0);
  cpSync(at('made'), at('empty'), { recursive: true });
  for (const part of ['log', 'witnesses', 'vault']) rmSync(at(`empty/${part}`), { recursive: true });
}, 60_000);
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a house may listen, so that a checker can be told before. */
async function freeAddress(): Promise<string> {
  const server = createServer();
  const address = await listening(server);
  await new Promise(resolve => server.close(resolve));
  return address;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const copyOf = (house: string, name: string) => cpSync(at(house), at(name), { recursive: true });
const upAt = (name: string, address: string) => ['--data', at(name), '--port', new URL(address).port];

/** Has a house ask its own three witnesses, and this one too, and need all of them. */
function needChecker(house: string, key: string, url: string): void {
  const lines = `witness checker ${key} ${url}\ngroup witnesses all checker `;
  const policy = own.policy.replace('group witnesses all ', lines);
  expect(policy).not.toBe(own.policy);
  writeFileSync(at(`${house}/witnesses.policy`), policy);
}

async function askGateway({ summary }: Pick<Served, 'summary'>): Promise<string> {
  const messages = [{ role: 'user', content: 'Hi' }];
  const answer = await ask(summary.address, { body: { model: summary.models[0], messages, max_tokens: 2 } });
  expect(answer.status).toBe(200);
  return exchangeOf(answer);
}

/** The names under a receipt's proof. */
async function cosigners({ summary }: Served, exchange: string, wait = 'witnessed'): Promise<string[]> {
  const bundle = parseBundle(
    wait === 'witnessed'
      ? await fetchBundle(summary, exchange)
      : (await ask(summary.address, { path: `/v1/receipts/${exchange}?wait=${wait}` })).body,
  );
  const { checkpoint } = parseTlogProof(bundle.proof as string);
  return parseNote(utf8(checkpoint)).signatures.map(({ name }) => name);
}

describe('a checker that reads the log from the gateway', () => {
  it('lets it start over an empty log, over entries that it has not read, and when it has lost what it had read', async () => {
    copyOf('empty', 'read');
    const log = await freeAddress();
    const checking = [
      ...['--checks-entries', '--log-url', `${log}/log`, '--name', 'checker.example'],
      ...['--data', at('checker'), '--trust', at('made/trust.json')],
    ];
    const up = () => serve(upAt('read', log));
    let checker = await serveWitness(checking);
    const { address, keys } = checker.summary;
    needChecker('read', keys[0] as string, address);
    const restarted = () => serveWitness([...checking, '--listen', new URL(address).host]);

    let house = await up();
    expect(await cosigners(house, await askGateway(house))).toContain('checker.example');

    // Entries that it cannot have read when the house starts again.
    await checker.stop();
    const unseen = await askGateway(house);
    expect(await cosigners(house, unseen, 'included')).not.toContain('checker.example');
    expect((await house.stop()).code).toBe(0);
    checker = await restarted();
    house = await up();
    expect(await cosigners(house, unseen)).toContain('checker.example');
    expect((await house.stop()).code).toBe(0);

    await checker.stop();
    rmSync(at('checker/checked'), { recursive: true });
    checker = await restarted();
    house = await up();
    expect(await cosigners(house, await askGateway(house))).toContain('checker.example');

    // It may be restarted at any time; what it missed it reads.
    await checker.stop();
    checker = await restarted();
    expect(await cosigners(house, await askGateway(house))).toContain('checker.example');
    expect((await house.stop()).code).toBe(0);
    await checker.stop();
  }, 120_000);
});

describe('a start without its cosignature', () => {
  const CHECKER = formatVerifierKey(testCosigner('checker.example', 21).key);

  /** A copy of the house with entries, which needs a checker that answers like this. */
  async function houseWith(name: string, answer: RequestListener): Promise<string> {
    copyOf('made', name);
    const server = createServer(answer);
    servers.push(server);
    needChecker(name, CHECKER, await listening(server));
    return at(name);
  }
  const replying =
    (status: number, headers: Record<string, string>, body = 'No.\n'): RequestListener =>
    (_, response) =>
      response.writeHead(status, headers).end(body);
  const unchecked = { 'countersign-reason': 'witness/entries-unchecked' };

  it.concurrent.each<[string, string, RequestListener]>([
    ['never answers', 'log/witnesses-silent', () => undefined],
    ['has seen more', 'log/behind-witness', replying(409, { 'content-type': 'text/x.tlog.size' }, '4711\n')],
    [
      'refuses an entry',
      'log/witnesses-silent',
      replying(422, { 'countersign-reason': 'witness/entry-refused' }),
    ],
    ['says 503 and gives no reason of ours', 'log/witnesses-silent', replying(503, {})],
    ['has yet to read, and never comes to it', 'log/unwitnessed', replying(503, unchecked)],
  ])(
    'fails: one that %s (%s)',
    async (name, code, answer) => {
      const data = await houseWith(name.replaceAll(/\W/g, '-'), answer);
      const {
        code: exit,
        stdout,
        stderr,
      } = await run(['up', '--port', '0', '--json', '--data', data], {
        limit: 60_000,
      });
      expect([exit, stdout]).toEqual([1, '']);
      expect(stderr).toContain(code);
    },
    90_000,
  );

  it.concurrent('takes no exchanges and shows its entries until they are witnessed', async () => {
    await houseWith('opening', replying(503, unchecked));
    const address = await freeAddress();
    const ending = run(['up', '--json', ...upAt('opening', address)], { limit: 60_000 });
    const look = (path: string): Promise<Answer | null> => ask(address, { path }).catch(() => null);
    let entry = await look('/log/entries/0');
    while (entry?.status !== 200) {
      await sleep(50);
      entry = await look('/log/entries/0');
    }
    const refused = await ask(address);
    expect([refused.status, errorOf(refused).code]).toEqual([503, 'gateway/opening']);
    expect(refused.headers['retry-after']).toBe('1');
    const submitted = await ask(address, { path: '/log/entries', method: 'POST', body: 'x' });
    expect([submitted.status, submitted.headers['countersign-reason']]).toEqual([503, 'gateway/opening']);
    const ready = await ask(address, { path: '/readyz' });
    expect(ready.status).toBe(503);
    expect(json(ready)).toMatchObject({ status: 'not-ready' });
    // What was witnessed under another quorum is not called so under this one.
    expect((await ask(address, { path: '/log/checkpoint' })).status).toBe(404);
    expect((await ending).code).toBe(1);
  }, 90_000);

  it.concurrent('is as it was where it refuses the entries of a new log: nothing is witnessed, and says so', async () => {
    copyOf('empty', 'new');
    const stranger = formatVerifierKey(testKey('stranger.example', 9).key);
    writeFileSync(
      at('strange.json'),
      JSON.stringify({ ...own, issuers: [stranger], controllers: [], retired: [] }),
    );
    const address = await freeAddress();
    const checker = await serveWitness([
      ...['--checks-entries', '--log-url', `${address}/log`],
      ...['--data', at('refusing'), '--trust', at('strange.json')],
    ]);
    const key = checker.summary.keys[0] as string;
    needChecker('new', key, checker.summary.address);
    const house = await serve(upAt('new', address));
    const names = await cosigners(house, await askGateway(house), 'included');
    expect(names).not.toContain(parseVerifierKey(key).name);
    const shown = (await ask(house.summary.address, { path: '/log/checkpoint' })).body;
    expect(parseCheckpoint(parseNote(shown).text).size).toBe(0);
    expect((await house.stop()).code).toBe(0);
    await checker.stop();
  }, 90_000);
});
