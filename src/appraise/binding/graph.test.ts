import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { MACHINES, type Machine, makeRun, NO_PARTS } from '../../../test/support/binding.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { testKey } from '../../../test/support/keys.js';
import { sha256 } from '../../bytes/cryptography.js';
import { utf8 } from '../../bytes/octets.js';
import { formatAttested } from '../../evidence/countersign/statement.js';
import { seal } from '../../receipt/envelope.js';
import { bind, verdictOf } from './graph.js';
import type { BoundEvidence, Run } from './run.js';

/** Each edge with its code, or as one that holds. */
async function edgesOf(run: Run): Promise<Record<string, string>> {
  const edges = await bind(run);
  const named = edges.map(edge => [`${edge.from} ${edge.to}`, edge.status === 'holds' ? 'holds' : edge.code]);
  expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
  return Object.fromEntries(named);
}
const verdict = async (run: Run) => verdictOf(await bind(run));
const ACCEPTED = { status: 'accepted', code: null };
const carrying = (evidence: BoundEvidence | null, value: Uint8Array): BoundEvidence => ({
  ...(evidence as BoundEvidence),
  carriers: { reportData: { value, size: 'fixed' } },
});

describe('a whole run', () => {
  it.each(MACHINES)('%s: every edge holds', async machine => {
    const edges = await edgesOf(makeRun(1, { machine, gpus: 2 }));
    const names = Object.keys(edges);
    for (const part of ['statement', 'key', 'tls', 'epoch', 'nonce']) {
      expect(names).toContain(`${machine} ${part}`);
      expect(names).toContain(`nvidia 2 ${part}`);
    }
    for (const name of [`nvidia 1 ${machine}`, 'key tls', 'receipt key', 'receipt epoch', 'receipt request'])
      expect(names).toContain(name);
    expect(new Set(Object.values(edges))).toEqual(new Set(['holds']));
    expect(await verdict(makeRun(1, { machine }))).toEqual(ACCEPTED);
  });

  it('under a convention that carries key, TLS key and nonce, with GPUs asked with the report data', async () => {
    for (const quote of ['sha-256-key-tls-nonce', 'sha-512-key-tls-nonce'] as const)
      for (const gpu of ['first-32-report-data', 'sha-256-report-data'] as const) {
        const run = makeRun(2, { quote, gpu });
        expect(await verdict({ ...run, statement: null, epoch: null })).toEqual(ACCEPTED);
      }
  });

  it('with the nonce of the GPUs in the quote', async () => {
    const run = makeRun(3, { quote: 'sha-256-key-gpu-nonce', gpus: 3 });
    const bound = { ...run, statement: null, tls: null, nonce: null, epoch: null };
    expect(await edgesOf(bound)).toEqual({
      'tdx key': 'holds',
      'nvidia 1 tdx': 'holds',
      'nvidia 2 tdx': 'holds',
      'nvidia 3 tdx': 'holds',
      'receipt key': 'holds',
      'receipt request': 'holds',
      'receipt response': 'holds',
    });
    const other = makeRun(4, { quote: 'sha-256-key-gpu-nonce' }).gpus[0] as BoundEvidence;
    const edges = await edgesOf({ ...bound, gpus: [...bound.gpus, { ...other, name: 'nvidia 4' }] });
    expect(edges).toMatchObject({ 'tdx key': 'holds', 'nvidia 4 tdx': 'binding/value-mismatch' });
    expect(await edgesOf({ ...bound, gpus: [] })).toMatchObject({ 'tdx key': 'binding/part-missing' });
  });

  it('by the key that the statement names, where nobody gives another', async () => {
    expect(await verdict({ ...makeRun(1), key: null })).toEqual(ACCEPTED);
  });

  it('of a machine without GPUs, and of a GPU without a machine', async () => {
    expect(await verdict(makeRun(1, { gpus: 0 }))).toEqual(ACCEPTED);
    const { gpus, nonce } = makeRun(1, { gpu: 'plain-nonce' });
    expect(await edgesOf({ ...NO_PARTS, gpus, nonce })).toEqual({ 'nvidia 1 nonce': 'holds' });
  });
});

describe('two genuine runs', () => {
  const PARTS = ['quote', 'gpus', 'nonce', 'key', 'tls', 'epoch', 'statement', 'receipt', 'body'] as const;
  const runs = fc.record({
    machine: fc.constantFrom<Machine>(...MACHINES),
    gpus: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer({ min: 0, max: 24 }),
  });

  it('swapping any of their parts, but not all, is refuted: our own convention', async () => {
    const proper = fc.subarray([...PARTS], { minLength: 1, maxLength: PARTS.length - 1 });
    await fc.assert(
      fc.asyncProperty(runs, proper, async ({ seed, ...options }, swapped) => {
        const [one, other] = [makeRun(seed, options), makeRun(seed + 1, options)];
        const mixed = { ...one, ...Object.fromEntries(swapped.map(part => [part, other[part]])) };
        expect((await verdict(mixed)).status).toBe('refused');
      }),
      { numRuns: 60 },
    );
  });

  it.each(PARTS)('swapping the %s alone is refuted', async part => {
    const [one, other] = [makeRun(1), makeRun(2)];
    const { status, code } = await verdict({ ...one, [part]: other[part] });
    expect([status, code?.startsWith('binding/') || code?.startsWith('content/')]).toEqual(['refused', true]);
  });

  it('one GPU of several', async () => {
    const [one, other] = [makeRun(1, { gpus: 3 }), makeRun(2, { gpus: 1 })];
    const gpus = [...one.gpus.slice(0, 2), { ...(other.gpus[0] as BoundEvidence), name: 'nvidia 3' }];
    expect(await edgesOf({ ...one, gpus })).toMatchObject({
      'nvidia 2 tdx': 'holds',
      'nvidia 3 tdx': 'binding/value-mismatch',
    });
  });

  it('swapping any part is refuted under a convention of digests as well', async () => {
    const options = { quote: 'sha-512-key-tls-nonce', gpu: 'first-32-report-data' } as const;
    const parts = ['quote', 'gpus', 'nonce', 'key', 'tls', 'receipt', 'body'] as const;
    for (const part of parts) {
      const rest = { statement: null, epoch: null };
      const [one, other] = [
        { ...makeRun(5, options), ...rest },
        { ...makeRun(6, options), ...rest },
      ];
      expect((await verdict({ ...one, [part]: other[part] })).status, part).toBe('refused');
    }
  });
});

describe('what contradicts', () => {
  const run = makeRun(1);
  const signer = testKey('issuer.example', 99).signer;
  const reportData = run.quote?.carriers.reportData?.value as Uint8Array;
  it.each<readonly [string, Partial<Run>, Record<string, string>]>([
    [
      'one octet of the report data',
      { quote: carrying(run.quote, reportData.with(0, 1)) },
      { 'tdx statement': 'binding/value-mismatch', 'nvidia 1 tdx': 'binding/value-mismatch' },
    ],
    [
      'one octet behind the digest',
      { quote: carrying(run.quote, reportData.with(63, 1)) },
      { 'tdx key': 'binding/value-mismatch' },
    ],
    ['another TLS key', { tls: sha256(utf8('another')) }, { 'tdx tls': 'binding/statement-mismatch' }],
    ['another nonce', { nonce: new Uint8Array(32) }, { 'tdx nonce': 'binding/statement-mismatch' }],
    [
      'another epoch',
      { epoch: 'z'.repeat(26) },
      { 'tdx epoch': 'binding/statement-mismatch', 'receipt epoch': 'binding/epoch-mismatch' },
    ],
    [
      'another key',
      { key: { kind: 'issuer', key: testKey('issuer.example', 77).key } },
      { 'tdx key': 'binding/statement-mismatch', 'receipt key': 'binding/receipt-key-mismatch' },
    ],
    [
      'the same key under another name',
      { key: { kind: 'issuer', key: testKey('issuer.other', 2).key } },
      { 'tdx key': 'binding/statement-mismatch', 'receipt key': 'binding/receipt-key-mismatch' },
    ],
    [
      'a receipt that only names the key',
      { receipt: seal(run.receipt?.payload as Uint8Array, run.receipt?.keyId as string, signer) },
      { 'receipt key': 'binding/receipt-key-mismatch' },
    ],
    [
      'another prompt',
      { body: { ...(run.body as NonNullable<Run['body']>), request: utf8('another') } },
      { 'receipt request': 'content/request-mismatch', 'receipt response': 'holds' },
    ],
  ])('%s', async (_, changes, expected) => {
    const changed = { ...run, ...changes };
    // The epoch of the receipt is compared with each of two that differ.
    const edges = await bind(changed);
    for (const [name, code] of Object.entries(expected))
      expect(
        edges.some(
          edge =>
            `${edge.from} ${edge.to}` === name && (edge.status === 'holds' ? 'holds' : edge.code) === code,
        ),
        name,
      ).toBe(true);
    expect(verdictOf(edges).status).toBe('refused');
  });

  it('two fields of which one contradicts', async () => {
    const nitro = makeRun(1, { machine: 'nitro' });
    const quote = nitro.quote as BoundEvidence;
    const both: BoundEvidence = {
      ...quote,
      carriers: { ...quote.carriers, nonce: { value: utf8('another'), size: 'free' } },
      carries: [...quote.carries, { field: 'nonce', convention: 'plain-nonce' }],
    };
    expect(await edgesOf({ ...nitro, quote: both })).toMatchObject({
      'nitro key': 'holds',
      'nitro nonce': 'binding/value-mismatch',
    });
  });

  it('a field that the evidence does not have, or has left empty', async () => {
    const nitro = makeRun(1, { machine: 'nitro', gpus: 0 });
    for (const carriers of [{}, { userData: { value: null, size: 'free' } as const }])
      expect(
        await edgesOf({ ...nitro, quote: { ...(nitro.quote as BoundEvidence), carriers } }),
      ).toMatchObject({ 'nitro statement': 'binding/value-mismatch' });
  });
});

describe('what is not shown is never taken as shown', () => {
  const run = makeRun(1);
  const quote = run.quote as BoundEvidence;
  const silent = formatAttested({
    issuer: testKey('issuer.example', 2).key,
    tls: null,
    epoch: null,
    nonce: null,
  });
  it.each<readonly [string, Run, string, string]>([
    [
      'nobody names a convention',
      { ...NO_PARTS, quote: { ...quote, carries: [] }, nonce: run.nonce },
      'tdx nonce',
      'binding/convention-missing',
    ],
    [
      'a convention needs a part that is not there',
      {
        ...NO_PARTS,
        quote: { ...quote, carries: [{ field: 'reportData', convention: 'sha-256-key-nonce' }] },
        nonce: run.nonce,
      },
      'tdx nonce',
      'binding/part-missing',
    ],
    ['there is no statement', { ...NO_PARTS, quote, key: run.key }, 'tdx key', 'binding/part-missing'],
    [
      'the statement is silent',
      { ...NO_PARTS, quote: carrying(quote, pad(sha256(silent))), statement: silent, nonce: run.nonce },
      'tdx nonce',
      'binding/statement-silent',
    ],
    [
      'the evidence was refused',
      { ...run, quote: { ...quote, status: 'refused' } },
      'nvidia 1 tdx',
      'binding/evidence-refused',
    ],
    [
      'GPU and machine have nothing but a nonce in common',
      {
        ...NO_PARTS,
        quote: {
          ...carrying(quote, pad(run.nonce as Uint8Array)),
          carries: [{ field: 'reportData', convention: 'plain-nonce' }],
        },
        gpus: makeRun(1, { gpu: 'plain-nonce' }).gpus,
        nonce: run.nonce,
      },
      'nvidia 1 tdx',
      'binding/gpu-untied',
    ],
    [
      'key and TLS key are in no quote',
      { ...NO_PARTS, key: run.key, tls: run.tls },
      'key tls',
      'binding/keys-untied',
    ],
    [
      'the key is none of receipts',
      { ...NO_PARTS, key: { kind: 'octets', octets: utf8('k') }, receipt: run.receipt },
      'receipt key',
      'binding/key-unsuited',
    ],
    ['there is no key', { ...NO_PARTS, receipt: run.receipt }, 'receipt key', 'binding/part-missing'],
    ['there is no receipt', { ...NO_PARTS, body: run.body }, 'receipt body', 'binding/part-missing'],
    [
      'there is no opening',
      { ...run, body: { opening: null, request: utf8('q'), response: null } },
      'receipt request',
      'content/opening-needed',
    ],
  ])('%s', async (_, parts, name, code) => {
    expect(await edgesOf(parts)).toMatchObject({ [name]: code });
    expect((await verdict(parts)).status).toBe('inconclusive');
  });

  it('parts without an edge are inconclusive', async () => {
    for (const parts of [NO_PARTS, { ...NO_PARTS, quote }, { ...NO_PARTS, nonce: run.nonce }])
      expect(await verdict(parts)).toEqual({ status: 'inconclusive', code: 'binding/nothing-bound' });
  });

  it('a contradiction decides before anything that is not shown', async () => {
    const parts = {
      ...run,
      quote: { ...quote, carries: [] },
      body: { ...(run.body as NonNullable<Run['body']>), request: utf8('other') },
    };
    expect(await verdict(parts)).toEqual({ status: 'refused', code: 'content/request-mismatch' });
  });
});

it('a key that is the one of TLS needs no quote that carries both', async () => {
  const octets = utf8('a SubjectPublicKeyInfo');
  const parts: Run = { ...NO_PARTS, key: { kind: 'octets', octets }, tls: sha256(octets) };
  expect(await edgesOf(parts)).toEqual({ 'key tls': 'holds' });
});

it('a statement that is none is malformed', async () => {
  expect(await reasonOfAsync(() => bind({ ...NO_PARTS, statement: utf8('{}') }))).toBe(
    'binding/statement-malformed',
  );
});

function pad(value: Uint8Array): Uint8Array {
  const padded = new Uint8Array(64);
  padded.set(value);
  return padded;
}
