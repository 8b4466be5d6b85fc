/** A log that is brought back from a Countersign mirror, which shows the log's signature and its own, and no witness's. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, chat } from '../../../test/end-to-end/client.js';
import {
  type Ended,
  type MirrorSummary,
  run,
  type Served,
  serve,
  serveMirror,
} from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { testCosigner, testKey } from '../../../test/support/keys.js';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { parseCheckpoint } from '../../note/checkpoint.js';
import { formatVerifierKey, type VerifierKey } from '../../note/key.js';
import { formatNote, parseNote } from '../../note/signed-note.js';

let folder: string;
let mirror: Served<MirrorSummary>;
let url: string;
let vkey: string;
const at = (...path: string[]) => join(folder, ...path);
const data = (name: string) => ['--data', at(name)];
const trust = (): Trust => parseTrust(readFileSync(at('house', 'trust.json')));
const restore = (name: string, ...more: string[]): Promise<Ended> =>
  run(['log', 'restore', '--from', url, ...data(name), ...more]);

async function exchange({ summary }: Served): Promise<void> {
  const body = { ...chat(), model: summary.models[0], max_tokens: 1 };
  await fetchBundle(summary, exchangeOf(await ask(summary.address, { body })));
}

async function sizeAt(address: string): Promise<number> {
  const answer = await fetch(`${address}/checkpoint`);
  if (!answer.ok) return 0;
  return parseCheckpoint(parseNote(new Uint8Array(await answer.arrayBuffer())).text).size;
}

/** What the owner does once the log has been brought back. */
async function expectToGoOn(name: string): Promise<void> {
  const sound = await run(['log', 'fsck', ...data(name)]);
  expect([sound.code, sound.stdout]).toEqual([0, expect.stringContaining('SOUND')]);
  const gateway = await serve(data(name));
  await exchange(gateway);
  expect((await gateway.stop()).code).toBe(0);
  const again = await run(['log', 'fsck', ...data(name)]);
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringContaining('under a checkpoint by the log and 3 witness keys'),
  ]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-restore-'));
  let gateway = await serve(data('house'));
  await exchange(gateway);
  expect((await gateway.stop()).code).toBe(0);
  cpSync(at('house', 'log'), at('backup'), { recursive: true });

  gateway = await serve(data('house'));
  await exchange(gateway);
  const log = `${gateway.summary.address}/log`;
  mirror = await serveMirror([...data('mirror'), '--trust', gateway.summary.trust, log]);
  [vkey] = mirror.summary.keys as [string];
  url = mirror.summary.logs[0]?.url as string;
  await vi.waitFor(async () => expect(await sizeAt(url)).toBe(await sizeAt(log)), { timeout: 15_000 });
  // One that stops in good order closes its epoch, which a mirror reads only when it is started again.
  await gateway.stop('SIGKILL');
}, 120_000);
afterAll(async () => {
  await mirror.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('countersign log restore --mirror', () => {
  it('brings back what was damaged, and nothing without the key of the mirror', async () => {
    cpSync(at('house'), at('damaged'), { recursive: true });
    const file = at('damaged', 'log', 'tile', 'entries', '000');
    const bytes = readFileSync(file);
    bytes[700] = (bytes[700] as number) ^ 1;
    writeFileSync(file, bytes);
    expect((await run(['log', 'fsck', ...data('damaged')])).stdout).toContain('--mirror <its key>');

    const other = formatVerifierKey(testCosigner('mirror.example/other', 5).key);
    for (const named of [[], ['--mirror', other]]) {
      const { code, stdout, stderr } = await restore('damaged', ...named);
      expect([code, stdout]).toEqual([10, '']);
      expect(stderr).toContain('log/mirror-unwitnessed');
      expect(stderr).toContain('--mirror <vkey>');
    }
    expect(readFileSync(file)).toEqual(bytes);

    const { code, stdout } = await restore('damaged', '--mirror', other, '--mirror', vkey);
    expect([code, stdout]).toEqual([0, expect.stringContaining('RESTORED')]);
    expect(stdout).toContain('tile/entries/000');
    const again = await restore('damaged', '--mirror', vkey, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ written: [], removed: [], exitCode: 0 });
    await expectToGoOn('damaged');
  }, 120_000);

  it('lets a log go on that was put back from an old copy, as the refusal to start says', async () => {
    cpSync(at('house'), at('back'), { recursive: true });
    rmSync(at('back', 'log'), { recursive: true });
    cpSync(at('backup'), at('back', 'log'), { recursive: true });
    const refused = await run(['up', '--port', '0', ...data('back')]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('log/behind-witness');
    expect(refused.stderr).toContain('countersign log restore --from <mirror> --mirror <its key>');

    const { code, stdout } = await restore('back', '--mirror', vkey);
    expect([code, stdout]).toEqual([0, expect.stringContaining('RESTORED')]);
    await expectToGoOn('back');
  }, 120_000);

  it('lets a log go on of which nothing is left but its keys and its witnesses', async () => {
    cpSync(at('house'), at('lost'), { recursive: true });
    rmSync(at('lost', 'log'), { recursive: true });
    expect((await restore('lost', '--mirror', vkey)).code).toBe(0);
    await expectToGoOn('lost');
  }, 120_000);

  describe('from somebody who shows something else', () => {
    let server: Server;
    let keep: (name: string) => boolean = () => true;
    beforeAll(async () => {
      server = createServer(async (request, response) => {
        const answer = await fetch(`${url}${request.url}`);
        let body = new Uint8Array(await answer.arrayBuffer());
        if (request.url === '/checkpoint') {
          const { text, signatures } = parseNote(body);
          body = new Uint8Array(
            formatNote({ text, signatures: signatures.filter(({ name }) => keep(name)) }),
          );
        }
        response.writeHead(answer.status).end(body);
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    it.each<[string, (name: string) => boolean]>([
      ['checkpoint/log-signature-missing', name => name !== trust().log.name],
      ['log/mirror-unwitnessed', name => name === trust().log.name],
    ])('%s: nothing is taken', async (code, kept) => {
      keep = kept;
      const from = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const refused = await run(['log', 'restore', '--from', from, '--mirror', vkey, ...data('house')]);
      expect(refused).toMatchObject({ code: 10, stdout: '', stderr: expect.stringContaining(code) });
    });
  });

  describe('is wrong usage with', () => {
    it.each<[string, () => string, string]>([
      ['what is no key', () => 'mirror.example', 'takes a verifier key'],
      ['a key that cannot cosign', () => formatVerifierKey(testKey('m.example', 3).key), 'type 01'],
      [
        'the key with which the log states when it signed',
        () => formatVerifierKey(trust().logCosigner as VerifierKey),
        "the log's own key",
      ],
      ["a witness's key", () => witness(), 'does not say that its key is "mirrored"'],
    ])('%s', async (_, named, says) => {
      const { code, stderr } = await restore('house', '--mirror', named());
      expect([code, stderr]).toEqual([64, expect.stringContaining(says)]);
    });

    it('but not with the key of one that the policy names and that says so', async () => {
      const file = JSON.parse(readFileSync(at('house', 'trust.json'), 'utf8')) as { policy: string };
      const key = witness().split('+').slice(0, 2).join('+');
      const statements = [{ key, says: 'mirrored' }];
      writeFileSync(at('says.json'), JSON.stringify({ ...file, statements }));
      const { code, stderr } = await restore('house', '--mirror', witness(), '--trust', at('says.json'));
      // It is a mirror's by what its owner says, and has not cosigned what is shown here.
      expect([code, stderr]).toEqual([10, expect.stringContaining('log/mirror-unwitnessed')]);
    });
  });
});

function witness(): string {
  const [first] = trust().policy.witnesses.values();
  return formatVerifierKey(first?.key as VerifierKey);
}
