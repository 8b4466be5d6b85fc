import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../test/end-to-end/process.js';
import {
  AIR_KEY,
  REQUEST as AIR_REQUEST,
  RESPONSE as AIR_RESPONSE,
  makeAir,
} from '../../../test/support/evidence/air.js';
import {
  KEY,
  makeAnswer,
  makeAttestation,
  makeBatch,
  REQUEST,
} from '../../../test/support/evidence/opengradient.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseBatch } from '../../evidence/opengradient/batch.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, bytes: Uint8Array | string) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

/** Signatures differ each time that one is made. */
const BATCH = makeBatch();
const batch = file('batch.json', BATCH);
const key = file('key.pem', KEY);
const answer = file('answer.json', makeAnswer());

describe('countersign import', () => {
  it('0: a batch under the root that was published', async () => {
    const root = `0x${toHex(parseBatch(BATCH).tree[0] as Uint8Array)}`;
    const { code, stdout, stderr } = await run([
      'import',
      'opengradient',
      batch,
      key,
      '--root',
      root,
      '--json',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'opengradient-batch',
      status: 'accepted',
      code: null,
      exitCode: 0,
    });
  });

  it('10: an attestation that no maker of hardware has signed, in JSON and in words', async () => {
    const files = [answer, key, file('request.json', REQUEST), file('attestation.bin', makeAttestation())];
    const at = ['--as-of', '2026-06-15T12:00:01Z'];
    const inJson = await run(['import', 'opengradient', ...files, ...at, '--json']);
    expect(inJson.code).toBe(10);
    expect(JSON.parse(inJson.stdout)).toMatchObject({
      status: 'refused',
      code: 'certificate/root-unknown',
      facts: { model: { grade: 'asserted' }, place: { grade: 'none' } },
      evidence: [{ kind: 'nitro' }],
      exitCode: 10,
    });
    const inWords = await run(['import', 'opengradient', ...files, ...at]);
    expect([inWords.code, inWords.stderr]).toEqual([10, '']);
    expect(inWords.stdout).toMatch(/^REFUSED/);
  });

  it('20: what a check needs was not given', async () => {
    const receipt = file('receipt.cbor', makeAir());
    const bodies = ['--request', file('sent', AIR_REQUEST), '--response', file('came', AIR_RESPONSE)];
    const { code, stdout } = await run([
      'import',
      'air',
      receipt,
      ...bodies,
      '--key',
      toHex(AIR_KEY),
      '--json',
    ]);
    expect(code).toBe(20);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'inconclusive', code: 'import/part-missing' });
  });

  it('30: what cannot be read', async () => {
    const nothing = file('nothing', 'hello');
    const inWords = await run(['import', 'near', nothing]);
    expect([inWords.code, inWords.stdout]).toEqual([30, '']);
    expect(inWords.stderr).toContain('import/kind-unknown');
    const inJson = await run(['import', 'near', nothing, '--json']);
    expect([inJson.code, JSON.parse(inJson.stdout)]).toMatchObject([
      30,
      { status: 'malformed', code: 'import/kind-unknown' },
    ]);
  });

  it.each([
    ['no format', []],
    ['a format that there is not', ['pdf', answer]],
    ['no file', ['air']],
    ['a file that is not there', ['air', 'no/such/file']],
    ['a nonce that is too short', ['air', answer, '--nonce', 'abcd']],
    ['a root that is none', ['opengradient', batch, '--root', 'abcd']],
    ['an option of another format', ['near', answer, '--root', toHex(sha256(KEY))]],
  ])('64: %s', async (_, args) => {
    expect((await run(['import', ...args])).code).toBe(64);
  });

  it.each<[string, number, string, () => string[]]>([
    ['an answer beside a batch', 64, 'check the response by itself', () => [batch, answer]],
    ['a request beside a batch', 64, 'check the request by itself', () => [batch, '--request', answer]],
    ['a root of no batch', 64, '--root is of a batch', () => [answer, '--root', 'ab'.repeat(32)]],
    ['an answer twice', 30, 'import/part-doubled', () => [answer, '--response', answer]],
  ])('nothing is passed over in silence: %s, %i', async (_, exit, says, args) => {
    const { code, stdout, stderr } = await run(['import', 'opengradient', ...args()]);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(says);
  });
});
