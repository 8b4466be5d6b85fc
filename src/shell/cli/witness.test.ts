import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, serve, serveWitness } from '../../../test/end-to-end/process.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import {
  checkpointText,
  FORK,
  OTHER_LOG,
  WATCHED_LOG,
  witnessRequest,
} from '../../../test/support/witness-request.js';
import { parseTrust } from '../../appraise/trust.js';
import { utf8 } from '../../bytes/octets.js';
import { formatAddCheckpoint, parseCosignatures } from '../../note/add-checkpoint.js';
import {
  formatVerifierKey,
  KEY_TYPE,
  parseVerifierKey,
  type VerifierKey,
  verifierKey,
} from '../../note/key.js';
import { verifyNote } from '../../note/signed-note.js';
import { UsageError } from './exit-code.js';
import { witnessCommand } from './witness.js';

const LOG = formatVerifierKey(WATCHED_LOG.key);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-witness-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const data = () => ['--data', join(folder, 'data')];
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const add = (address: string, body: Uint8Array) =>
  fetch(`${address}/add-checkpoint`, { method: 'POST', body: new Uint8Array(body) });

describe('countersign witness', () => {
  it('--json prints one line when it is ready; its cosignatures verify under the keys in it; SIGTERM ends it', async () => {
    const mlDsa = join(folder, 'ml-dsa.key');
    const witness = await serveWitness([
      ...data(),
      '--ml-dsa-key',
      mlDsa,
      '--log',
      LOG,
      '--name',
      'witness.example/w1',
    ]);
    const { summary } = witness;
    expect(summary).toEqual({
      address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      data: join(folder, 'data'),
      keys: [
        expect.stringMatching(/^witness\.example\/w1\+/),
        expect.stringMatching(/^witness\.example\/w1\+/),
      ],
      logs: [WATCHED_LOG.key.name],
      statement: 'consistent',
    });
    const keys = summary.keys.map(parseVerifierKey);
    expect(keys.map(({ type }) => type)).toEqual([4, 6]);
    for (const file of [join(folder, 'data', 'witness.key'), mlDsa])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    const answer = await add(summary.address, formatAddCheckpoint(witnessRequest(0, 5)));
    const signatures = parseCosignatures(new Uint8Array(await answer.arrayBuffer()));
    expect((await verifyNote({ text: checkpointText(5), signatures }, keys)).verified).toHaveLength(2);
    const { code, stdout, stderr } = await witness.stop();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/\n/g)).toHaveLength(1);
  });

  it('keeps its keys and what it has cosigned from one start to the next, a killed one included', async () => {
    const first = await serveWitness([...data(), '--log', LOG]);
    expect((await add(first.summary.address, formatAddCheckpoint(witnessRequest(0, 6)))).status).toBe(200);
    await first.stop('SIGKILL');
    const second = await serveWitness([...data(), '--log', LOG]);
    expect(second.summary.keys).toEqual(first.summary.keys);
    const { address } = second.summary;
    expect(await (await add(address, formatAddCheckpoint(witnessRequest(0, 5)))).text()).toBe('6\n');
    expect((await add(address, formatAddCheckpoint(witnessRequest(6, 12, FORK)))).status).toBe(422);
    await second.stop('SIGINT');
    expect(second.printed()).toContain('the evidence is in ');
  });

  it('takes the logs of a policy, and those that are named too, each once', async () => {
    const policy = write(
      'policy',
      `log ${formatVerifierKey(OTHER_LOG.key)} https://log.example\nlog ${LOG}\nquorum none\n`,
    );
    const witness = await serveWitness([...data(), '--policy', policy, '--log', LOG]);
    expect([...witness.summary.logs].sort()).toEqual([WATCHED_LOG.key.name, OTHER_LOG.key.name]);
    await witness.stop();
  });

  it('two processes on one data folder: the second refuses to start', async () => {
    const first = await serveWitness([...data(), '--log', LOG]);
    const second = await run(['witness', '--listen', '127.0.0.1:0', ...data(), '--log', LOG]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('data/locked');
    await first.stop();
  });

  it('a port that is taken: says so, and leaves the folder free', async () => {
    const first = await serveWitness([...data(), '--log', LOG]);
    const { host } = new URL(first.summary.address);
    const other = ['--data', join(folder, 'other'), '--log', LOG];
    const second = await run(['witness', '--listen', host, ...other]);
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('is taken')]);
    await first.stop();
    await (await serveWitness(other)).stop();
  });

  it('a state that was changed stops it, naming the file', async () => {
    const first = await serveWitness([...data(), '--log', LOG]);
    await add(first.summary.address, formatAddCheckpoint(witnessRequest(0, 6)));
    await first.stop();
    const [name] = readdirSync(join(folder, 'data', 'cosigned'));
    const path = join(folder, 'data', 'cosigned', name as string);
    writeFileSync(path, readFileSync(path, 'utf8').replace('\n6\n', '\n5\n'));
    const { code, stderr } = await run(['witness', '--listen', '127.0.0.1:0', ...data(), '--log', LOG]);
    expect(code).toBe(1);
    expect(stderr).toContain('witness/state-corrupt');
    expect(stderr).toContain(path);
  });
});

describe('what is wrong on the command line', () => {
  const witnessKey = testCosigner('witness.example', 3);
  const unsigned = () => write('trust.json', '{}');
  it.each<[string, () => string[], RegExp]>([
    ['no log', () => [], /pass --log <vkey>, or --policy <file>/],
    ['no key', () => ['--log', 'log.example'], /this is none: log\.example/],
    ['a witness’s key', () => ['--log', formatVerifierKey(witnessKey.key)], /a witness's key \(type 04\)/],
    ['a policy that is not there', () => ['--policy', join(folder, 'none')], /there is no such file/],
    [
      'a policy with an error',
      () => ['--policy', write('policy', 'log\nquorum none\n')],
      /policy: policy\/malformed.*line 1/,
    ],
    ['a policy without logs', () => ['--policy', write('policy', 'quorum none\n')], /has no log line/],
    ['an address without a port', () => ['--log', LOG, '--listen', '127.0.0.1'], /<host>:<port>/],
    ['a port that is none', () => ['--log', LOG, '--listen', '127.0.0.1:70000'], /<host>:<port>/],
    ['a name with a space', () => ['--log', LOG, '--name', 'a b'], /without white space/],
    ['--trust alone', () => ['--log', LOG, '--trust', unsigned()], /go with --checks-entries/],
    ['--checks-entries alone', () => ['--checks-entries'], /needs --log-url <url>.*--trust <file>/],
    [
      '--checks-entries with --log',
      () => ['--checks-entries', '--log-url', 'http://a', '--trust', unsigned(), '--log', LOG],
      /leave --log and --policy out/,
    ],
    [
      'a log URL that is none',
      () => ['--checks-entries', '--log-url', 'log', '--trust', unsigned()],
      /takes an http: or https: URL/,
    ],
    [
      'a trust file that is none',
      () => ['--checks-entries', '--log-url', 'http://a', '--trust', unsigned()],
      /trust\.json: trust\/malformed/,
    ],
  ])('%s: exit code 64, and says what to do', async (_, args, message) => {
    const error = await refusal(args());
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof UsageError || error instanceof CommanderError).toBe(true);
    expect((error as Error).message).toMatch(message);
  });

  it('a log under the witness’s own key, another name than the key has, a key that others can read', async () => {
    const first = await serveWitness([...data(), '--log', LOG, '--name', 'witness.example/w1']);
    const [{ publicKey }] = first.summary.keys.map(parseVerifierKey) as [VerifierKey];
    await first.stop();
    const own = formatVerifierKey(verifierKey('log.example/own', KEY_TYPE.ed25519, publicKey));
    expect(await refusal(['--log', own])).toMatchObject({ message: expect.stringContaining('own key') });
    const renamed = await refusal(['--log', LOG, '--name', 'witness.example/w2']);
    expect(renamed).toMatchObject({ message: expect.stringContaining('a key keeps its name') });
    chmodSync(join(folder, 'data', 'witness.key'), 0o644);
    expect(await refusal(['--log', LOG])).toMatchObject({ code: 'data/key-exposed' });
    // The exit code is that of the whole command line.
    expect((await run(['witness', ...data()])).code).toBe(64);
  });
});

/** Why the command does not start. */
async function refusal(args: readonly string[]): Promise<unknown> {
  const command = witnessCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parseAsync(['--listen', '127.0.0.1:0', ...data(), ...args], { from: 'user' }).then(
    () => null,
    (error: unknown) => error,
  );
}

describe('--checks-entries', () => {
  it('cosigns a log whose every entry it has read, with a key that says so and nothing else ever after', async () => {
    const gateway = await serve(['--data', join(folder, 'gateway')]);
    const { address, trust } = gateway.summary;
    const checking = [...data(), '--checks-entries', '--log-url', `${address}/log`, '--trust', trust];
    const witness = await serveWitness(checking);
    expect(witness.summary.statement).toBe('entries-checked');
    const checkpoint = utf8(await (await fetch(`${address}/log/checkpoint`)).text());
    const ask = () =>
      add(witness.summary.address, formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }));
    let answer = await ask();
    for (let time = 0; answer.status === 503 && time < 10; time++) {
      await sleep(200);
      answer = await ask();
    }
    expect(answer.status).toBe(200);
    expect(await (await fetch(`${witness.summary.address}/statement`)).text()).toContain('entries-checked');
    await witness.stop();

    // Its own issuer is a stranger under another trust file, so that the same entries are refused.
    const file = JSON.parse(readFileSync(trust, 'utf8'));
    const stranger = formatVerifierKey(testKey('stranger.example', 9).key);
    const strange = write('strange.json', JSON.stringify({ ...file, issuers: [stranger], controllers: [] }));
    expect(parseTrust(utf8(readFileSync(strange, 'utf8'))).issuers).toHaveLength(1);
    const refusing = await serveWitness([
      ...[
        '--data',
        join(folder, 'second'),
        '--checks-entries',
        '--log-url',
        `${address}/log`,
        '--trust',
        strange,
      ],
    ]);
    const refused = await add(
      refusing.summary.address,
      formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }),
    );
    expect(refused.status).toBe(422);
    expect(await refused.text()).toContain('entry 0');
    await refusing.stop();
    await gateway.stop();

    const plain = await run(['witness', '--listen', '127.0.0.1:0', ...data(), '--log', LOG]);
    expect([plain.code, plain.stderr]).toEqual([1, expect.stringContaining('witness/statement-changed')]);
  });
});
