import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run, type Served, serve, serveMirror } from '../../../test/end-to-end/process.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { parseTrust } from '../../appraise/trust.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { formatVerifierKey, parseVerifierKey } from '../../note/key.js';
import { parseNote, verifyNote } from '../../note/signed-note.js';
import { readEntry } from '../../receipt/entry.js';
import { verifyStamp } from '../../receipt/stamp.js';
import { readBundle } from '../../tree/tile.js';

const LOG = formatVerifierKey(testKey('log.example/test', 1).key);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-mirror-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const data = (name = 'mirror') => ['--data', join(folder, name)];

async function checkpoint(url: string): Promise<Uint8Array | null> {
  const answer = await fetch(`${url}/checkpoint`);
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}

async function sizeAt(url: string): Promise<number> {
  const note = await checkpoint(url);
  return note === null ? 0 : parseCheckpoint(parseNote(note).text).size;
}

describe('countersign mirror', () => {
  let gateway: Served;
  beforeEach(async () => {
    gateway = await serve(['--data', join(folder, 'gateway')]);
    const answer = await fetch(`${gateway.summary.address}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'countersign-demo',
        max_tokens: 2,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
    await answer.text();
    const exchange = answer.headers.get('countersign-exchange');
    await fetch(`${gateway.summary.address}/v1/receipts/${exchange}?wait=witnessed`);
  });
  afterEach(() => gateway.stop());

  it('follows a real log, serves it, stamps, and can be pushed to another mirror, by itself or by anybody', async () => {
    const logUrl = `${gateway.summary.address}/log`;
    const trust = parseTrust(readFileSync(gateway.summary.trust));
    const size = await sizeAt(logUrl);
    expect(size).toBeGreaterThan(1);

    const mirror = await serveMirror([...data(), '--trust', gateway.summary.trust, logUrl]);
    const { logs, keys, stampKey } = mirror.summary;
    const url = logs[0]?.url as string;
    await expect.poll(() => sizeAt(url), { timeout: 10_000 }).toBe(size);
    const note = parseNote((await checkpoint(url)) as Uint8Array);
    const { verified } = await verifyNote(note, [trust.log, ...keys.map(parseVerifierKey)]);
    expect(verified).toHaveLength(2);
    const path = `tile/entries/000.p/${size}`;
    const [here, there] = await Promise.all(
      [url, logUrl].map(async from => new Uint8Array(await (await fetch(`${from}/${path}`)).arrayBuffer())),
    );
    expect(here).toEqual(there);

    // What the log has already is stamped all the same, and handed on.
    const entry = readBundle(there as Uint8Array).entries.at(-1) as Uint8Array;
    const stamped = await fetch(`${url}/entries`, { method: 'POST', body: new Uint8Array(entry) });
    expect(stamped.status).toBe(201);
    const envelope = readEntry(new Uint8Array(await stamped.arrayBuffer()));
    const stamp = await verifyStamp(envelope, [parseVerifierKey(stampKey as string)]);
    expect(stamp.origin).toBe(trust.log.name);
    await expect
      .poll(() => statSync(join(folder, 'mirror/stamps', url.slice(-64), 'delivered', stamp.digest)).size, {
        timeout: 10_000,
      })
      .toBeGreaterThan(0);

    const other = await serveMirror([...data('other'), '--log', formatVerifierKey(trust.log)]);
    const to = ['--to', other.summary.address, '--log', formatVerifierKey(trust.log)];
    const pushed = await run([
      ...['mirror', 'push', '--json', '--from', url, ...to],
      ...['--mirror', other.summary.keys[0] as string],
    ]);
    expect(pushed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(pushed.stdout)).toMatchObject({ origin: trust.log.name, size, unknown: [] });
    const otherKey = ['--mirror', keys[0] as string];
    const byAnother = await run(['mirror', 'push', '--from', url, ...to, ...otherKey]);
    expect(byAnother.code).toBe(10);
    expect(byAnother.stdout).toContain('under none of the keys that --mirror names');
    expect(byAnother.stderr).toContain('no key that --mirror names has cosigned');
    // What takes submissions is the mirror's address of the log; what takes entries is the mirror's own.
    const copyUrl = other.summary.logs[0]?.url as string;
    const astray = await run(['mirror', 'push', '--from', url, ...to, '--to', copyUrl]);
    expect(astray.code).toBe(64);
    expect(astray.stderr).toContain(`without the hash of the log: ${other.summary.address}\n`);
    const nowhere = await run(['mirror', 'push', '--from', gateway.summary.address, ...to]);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('peer/checkpoint-missing');
    const again = await run(['mirror', 'push', '--from', logUrl, ...to]);
    expect(again.stdout).toContain(`The mirror has ${size} entries of ${trust.log.name}.`);

    expect((await mirror.stop()).code).toBe(0);
    // Where nobody would tell the log of a submission, nothing is stamped.
    const alone = await serveMirror([...data(), '--trust', gateway.summary.trust]);
    expect([alone.summary.stampKey, alone.summary.logs[0]?.size]).toEqual([null, size]);
    await alone.stop();
    expect((await other.stop()).code).toBe(0);
    const restarted = await serveMirror([...data('other'), '--log', formatVerifierKey(trust.log)]);
    expect(restarted.summary.logs[0]?.size).toBe(size);
    await restarted.stop();
  }, 40_000);
});

describe('what a mirror does not start with', () => {
  it('a folder that another has', async () => {
    const mirror = await serveMirror([...data(), '--log', LOG]);
    const second = await run(['mirror', '--listen', '127.0.0.1:0', ...data(), '--log', LOG]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('data/locked');
    await mirror.stop();
  });

  it("a witness's key, whose cosignatures say something else", async () => {
    const witness = await import('../witness/statement.js');
    const key = join(folder, 'witness.key');
    const mirror = await serveMirror([...data(), '--log', LOG, '--key', key]);
    await mirror.stop();
    expect(readFileSync(`${key}.statement`, 'utf8')).toBe('mirrored\n');
    await expect(witness.bindStatement(key, 'consistent')).rejects.toThrow('witness/statement-changed');
    writeFileSync(`${key}.statement`, 'consistent\n');
    const second = await run(['mirror', '--listen', '127.0.0.1:0', ...data(), '--log', LOG, '--key', key]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('witness/statement-changed');
  });

  it.each<[string, readonly string[], string]>([
    ['no log', [], 'pass --log'],
    ['no key', ['--log', 'log.example'], '--log takes a verifier key'],
    ["a witness's key", ['--log', formatVerifierKey(testCosigner('w.example', 3).key)], 'type 04'],
    ['more URLs than logs', ['--log', LOG, '--log-url', 'http://a', '--log-url', 'http://b'], '2 log URLs'],
    ['no URL', ['--log', LOG, 'somewhere'], 'is none: somewhere'],
    ['no trust file', ['--trust', '/nowhere'], '/nowhere'],
    ['no name', ['--log', LOG, '--name', 'two words'], '240 bytes'],
    ['push without a log', ['push', '--from', 'http://a', '--to', 'http://b'], '--log'],
    ['push from nowhere', ['push', '--from', 'a', '--to', 'http://b', '--log', LOG], 'is none: a'],
    [
      'push with no key',
      ['push', '--from', 'http://a', '--to', 'http://b', '--log', LOG, '--mirror', 'x'],
      '--mirror',
    ],
  ])('wrong usage: %s', async (_, args, says) => {
    const [first] = args;
    const rest = first === 'push' ? args : [...data(), ...args];
    const { code, stderr } = await run(['mirror', ...rest]);
    expect(code).toBe(64);
    expect(stderr).toContain(says);
  });
});
