/** `countersign up` with a policy that needs a mirror: what it is brought, what is witnessed, and what is not without it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask } from '../../../test/end-to-end/client.js';
import {
  type MirrorSummary,
  run,
  type Served,
  serve,
  serveMirror,
} from '../../../test/end-to-end/process.js';
import { exchangeOf, fetchBundle } from '../../../test/end-to-end/receipts.js';
import { parseTrust } from '../../appraise/trust.js';
import { toBase64 } from '../../bytes/base64.js';
import { keyLabel, parseVerifierKey } from '../../note/key.js';
import { parseNote } from '../../note/signed-note.js';
import { parseBundle } from '../../receipt/bundle.js';
import { parseTlogProof } from '../../tree/tlog-proof.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-mirror-quorum-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const ANSWERED = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 2 };

async function askGateway({ summary }: Served): Promise<string> {
  const answer = await ask(summary.address, { body: { model: summary.models[0], ...ANSWERED } });
  expect(answer.status).toBe(200);
  return exchangeOf(answer);
}

/** A mirror of the house's log, where nobody has told it where the log is read. */
function startMirror(log: string, port = '0'): Promise<Served<MirrorSummary>> {
  return serveMirror(['--data', at('mirror'), '--log', log, '--listen', `127.0.0.1:${port}`]);
}

it('a policy that needs a mirror: receipts are witnessed by it, and by nobody without it', async () => {
  const house = ['--data', at('house')];
  const alone = await serve(house);
  await askGateway(alone);
  const own = JSON.parse(readFileSync(alone.summary.trust, 'utf8')) as { log: string; policy: string };
  expect((await alone.stop()).code).toBe(0);

  let mirror = await startMirror(own.log);
  const { address } = mirror.summary;
  const key = parseVerifierKey(mirror.summary.keys[0] as string);
  const policy = own.policy.replace(
    'group witnesses all ',
    `witness mirror ${mirror.summary.keys[0]} ${address}\ngroup witnesses all mirror `,
  );
  writeFileSync(at('house/witnesses.policy'), policy);

  // What the log has already is brought to it before the house starts.
  const gateway = await serve(house);
  const bundle = await fetchBundle(gateway.summary, await askGateway(gateway));
  writeFileSync(at('bundle.json'), bundle);
  const written = JSON.parse(readFileSync(gateway.summary.trust, 'utf8')) as object;
  const statements = [{ key: keyLabel(key), says: 'mirrored' }];
  writeFileSync(at('trust.json'), JSON.stringify({ ...written, statements }));
  expect(parseTrust(readFileSync(at('trust.json'))).policy.witnesses.get('mirror')?.key).toEqual(key);
  const verified = await run(['verify', at('bundle.json'), '--trust', at('trust.json'), '--json']);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  const { checks } = JSON.parse(verified.stdout) as { checks: { name: string; status: string }[] };
  expect(checks.find(({ name }) => name === 'witnesses')?.status).toBe('pass');
  const { checkpoint, index } = parseTlogProof(parseBundle(bundle).proof as string);
  const lines = parseNote(new TextEncoder().encode(checkpoint)).signatures;
  expect(lines.filter(({ name }) => name === key.name)).toHaveLength(1);

  // The mirror serves the entry without ever having read the log's own pages.
  const copy = parseNote(
    new Uint8Array(await (await fetch(`${mirrorUrl(mirror)}/checkpoint`)).arrayBuffer()),
  );
  const size = Number(copy.text.split('\n')[1]);
  expect(size).toBeGreaterThan(index);
  const served = Buffer.from(
    await (await fetch(`${mirrorUrl(mirror)}/tile/entries/000.p/${size}`)).arrayBuffer(),
  );
  expect(served.includes(toBase64(parseBundle(bundle).envelope.signature))).toBe(true);

  // Without it entries are included, and no more than that.
  await mirror.stop();
  const lonely = await askGateway(gateway);
  const included = await ask(gateway.summary.address, {
    method: 'GET',
    path: `/v1/receipts/${lonely}?wait=included`,
  });
  writeFileSync(at('included.json'), included.body);
  const inconclusive = await run(['verify', at('included.json'), '--trust', at('trust.json')]);
  expect(inconclusive.code).toBe(20);
  expect(inconclusive.stdout).toContain('witness/quorum-not-met');

  mirror = await startMirror(own.log, new URL(address).port);
  writeFileSync(at('later.json'), await fetchBundle(gateway.summary, lonely));
  expect((await run(['verify', at('later.json'), '--trust', at('trust.json')])).code).toBe(0);
  expect((await gateway.stop()).code).toBe(0);

  // And no start without it either.
  await mirror.stop();
  const refused = await run(['up', '--port', '0', ...house]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('log/witnesses-silent');
}, 120_000);

const mirrorUrl = ({ summary }: Served<MirrorSummary>) => summary.logs[0]?.url as string;
