import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientNamed, closeEpoch, leaf } from '../../test/support/closings.js';
import { failureOf } from '../../test/support/failure.js';
import { ISSUER, STRANGER } from '../../test/support/parties.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { keyLabel } from '../note/key.js';
import { CLOSING, type Closing, closingDigest, closingStatement } from './closing.js';
import {
  CLOSING_STATUSES,
  type ClosingLeaf,
  clientLeafBytes,
  compareKeys,
  LEAF_BYTES,
  leafBytes,
  readClientLeaf,
  readLeaf,
} from './closing-leaf.js';
import { leafProofJson, type ProvenLeaf, provenLeaf, readLeafProof } from './closing-proof.js';
import { closingKey, entryKeys, epochKey } from './entry.js';
import { checkEntry } from './entry-rules.js';
import { type Envelope, envelopeBytes, seal } from './envelope.js';
import { statedTime } from './retention.js';
import { readStatement } from './statement.js';

const label = keyLabel(ISSUER.key);
const LEAVES = [leaf('a', 1), leaf('a', 2, 'open'), leaf('a', 4, 'aborted'), leaf('c', 1, 'unkept')];
const closed = closeEpoch(LEAVES);

describe('the closing of an epoch', () => {
  it('holds counts and roots, and no client, no number and no receipt', () => {
    const { predicate, subject } = readStatement(CLOSING, closed.envelope);
    expect(predicate.closing).toEqual(closed.closing);
    expect(subject[0].digest.sha256).toBe(closingDigest(closed.closing));
    expect(envelopeBytes(closed.envelope).length).toBeLessThan(2000);
  });

  it('states when it was made, from which its retention counts', () => {
    expect(statedTime(closed.envelope)).toBe(closed.closing.through + 1);
  });

  it('is filed under its epoch, beside the entry with which the epoch began', () => {
    const [digest, key, ...others] = entryKeys(envelopeBytes(closed.envelope));
    expect(digest).toHaveLength(16);
    expect(key).toEqual(closingKey(closed.closing.issuer, closed.closing.epoch));
    expect(key).not.toEqual(epochKey(closed.closing.issuer, closed.closing.epoch));
    expect(others).toEqual([]);
  });

  const sealed = (payload: Uint8Array, keyId = label, signer = ISSUER.signer): Envelope =>
    seal(payload, keyId, signer);
  const changed = (change: Partial<Record<keyof Closing, Json>>) =>
    sealed(closingStatement({ ...closed.closing, ...change } as Closing, label, 7));
  const { statuses, leaves, clients } = closed.closing;
  const check = (envelope: Envelope) => checkEntry(envelopeBytes(envelope), [ISSUER.key]);

  it('is an entry of a log', async () => {
    expect(await check(closed.envelope)).toMatchObject({ predicateType: 'urn:countersign:closing:v1' });
  });

  it.each<[string, string, () => Envelope]>([
    [
      'more statuses than leaves',
      'closing/malformed',
      () => changed({ statuses: { ...statuses, failed: 1 } }),
    ],
    ['fewer', 'closing/malformed', () => changed({ leaves: { ...leaves, count: 5 } })],
    ['more clients than leaves', 'closing/malformed', () => changed({ clients: { ...clients, count: 5 } })],
    ['leaves of no client', 'closing/malformed', () => changed({ clients: { ...clients, count: 0 } })],
    [
      'losses, although it is complete',
      'closing/malformed',
      () => changed({ statuses: { ...statuses, lost: 1, open: 0 } }),
    ],
    ['what still runs in a process that has died', 'closing/malformed', () => changed({ ending: 'cut-off' })],
    ['another ending', 'closing/malformed', () => changed({ ending: 'perhaps' })],
    ['a name', 'closing/malformed', () => changed({ name: 'Jane' } as never)],
    [
      'the name of another issuer',
      'envelope/issuer-mismatch',
      () => sealed(closingStatement(closed.closing, keyLabel(STRANGER.key), 7)),
    ],
    [
      'another subject',
      'entry/malformed',
      () => {
        const value = parseCanonical(closingStatement(closed.closing, label, 7)) as Record<string, Json>;
        Object.assign((value.subject as [{ digest: object }])[0].digest, { sha256: 'ab'.repeat(32) });
        return sealed(canonicalize(value));
      },
    ],
  ])('with %s is refused (%s)', async (_, code, make) => {
    await expect(check(make())).rejects.toMatchObject({ code });
  });

  it('of an epoch in which nothing happened has two empty trees', async () => {
    const empty = closeEpoch([]);
    expect(empty.closing.leaves).toEqual(empty.closing.clients);
    expect(await check(empty.envelope)).toMatchObject({ predicateType: 'urn:countersign:closing:v1' });
  });
});

const names = fc.string({
  unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'),
  minLength: 26,
  maxLength: 26,
});
const numbers = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const digests = fc.string({ unit: fc.constantFrom(...'123456789abcdef'), minLength: 64, maxLength: 64 });
const leafs: fc.Arbitrary<ClosingLeaf> = fc
  .record({ client: names, counter: numbers, status: fc.constantFrom(...CLOSING_STATUSES), receipt: digests })
  .map(any => ({ ...any, receipt: CLOSING_STATUSES.indexOf(any.status) < 4 ? any.receipt : null }));

describe('leaves', () => {
  it('are read as they are written, in 67 bytes', () => {
    fc.assert(
      fc.property(leafs, any => {
        expect(leafBytes(any)).toHaveLength(LEAF_BYTES);
        expect(readLeaf(leafBytes(any))).toEqual(any);
      }),
    );
    expect(LEAF_BYTES).toBe(67);
  });

  it('are in the order of client and number', () => {
    fc.assert(
      fc.property(leafs, leafs, (a, b) => {
        const order = a.client === b.client ? a.counter - b.counter : a.client < b.client ? -1 : 1;
        expect(Math.sign(compareKeys(leafBytes(a), leafBytes(b)))).toBe(Math.sign(order));
      }),
    );
  });

  const bytes = leafBytes(leaf('a', 1));
  const altered = (at: number, value: number) =>
    Uint8Array.from(bytes, (byte, i) => (i === at ? value : byte));
  it.each([
    ['a byte more', 'length', Uint8Array.of(...bytes, 0)],
    ['a byte less', 'length', bytes.subarray(1)],
    ['a capital letter', 'client', altered(0, 0x41)],
    ['a byte that is no letter', 'client', altered(25, 0xff)],
    ['the number 0', 'counter', altered(33, 0)],
    ['a number beyond those that are exact', 'counter', altered(26, 0xff)],
    ['no status', 'status', altered(34, 0)],
    ['an unknown status', 'status', altered(34, 8)],
    ['a receipt that an open exchange cannot have', 'receipt', altered(34, 6)],
    [
      'no receipt for a completed exchange',
      'receipt',
      Uint8Array.of(...bytes.subarray(0, 35), ...new Uint8Array(32)),
    ],
  ])('with %s are refused', (_, field, of) => {
    expect(failureOf(() => readLeaf(of))).toMatchObject({ code: 'closing/leaf-malformed', field });
  });

  it('of clients are read as they are written', () => {
    fc.assert(
      fc.property(names, numbers, fc.option(digests), (client, count, head) => {
        expect(readClientLeaf(clientLeafBytes({ client, count, head }))).toEqual({ client, count, head });
      }),
    );
    expect(failureOf(() => readClientLeaf(new Uint8Array(65))).field).toBe('length');
    expect(failureOf(() => readClientLeaf(new Uint8Array(66))).field).toBe('count');
  });
});

describe('what a closing proves of a number', () => {
  const read = (client: string, counter: number, proof: readonly ProvenLeaf[], of = closed) =>
    provenLeaf(of.closing, client, counter, proof);
  const [a, b, c, d] = [clientNamed('a'), clientNamed('b'), clientNamed('c'), clientNamed('d')];

  it.each([
    ['the first', a, 1, 'completed'],
    ['one in between', a, 4, 'aborted'],
    ['the last', c, 1, 'unkept'],
    ['a gap', a, 3, undefined],
    ['beyond a client’s last', a, 5, undefined],
    ['a client that there is not', b, 1, undefined],
    ['before the first', '2'.repeat(26), 1, undefined],
    ['after the last', d, 1, undefined],
  ])('%s', (_, client, counter, status) => {
    const proof = closed.prove(client, counter);
    expect(readLeafProof(leafProofJson(proof))).toEqual(proof);
    expect(read(client, counter, proof)?.status).toBe(status);
  });

  it('for any leaves, each number that is there and each that is not', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ letter: fc.constantFrom('a', 'b', 'c'), counter: fc.integer({ min: 1, max: 9 }) }),
          {
            selector: ({ letter, counter }) => `${letter}${counter}`,
          },
        ),
        fc.constantFrom('a', 'b', 'c', 'd'),
        fc.integer({ min: 1, max: 10 }),
        (all, letter, counter) => {
          const epoch = closeEpoch(all.map(one => leaf(one.letter, one.counter)));
          const found = read(clientNamed(letter), counter, epoch.prove(clientNamed(letter), counter), epoch);
          expect(found !== null).toBe(all.some(one => one.letter === letter && one.counter === counter));
        },
      ),
    );
  });

  it('an epoch without exchanges has no number', () => {
    expect(read(a, 1, [], closeEpoch([]))).toBeNull();
  });

  const [first, second, third, fourth] = [0, 1, 2, 3].map(closed.at) as [
    ProvenLeaf,
    ProvenLeaf,
    ProvenLeaf,
    ProvenLeaf,
  ];
  it.each<[string, string, number, readonly ProvenLeaf[]]>([
    ['no leaf', a, 3, []],
    ['one neighbour alone', a, 3, [second]],
    ['the other one alone', a, 3, [third]],
    ['leaves that are no neighbours', a, 3, [first, third]],
    ['neighbours in the wrong order', a, 3, [third, second]],
    ['neighbours between which it does not stand', a, 3, [third, fourth]],
    ['neighbours of which one has it', a, 4, [second, third]],
    ['a leaf at another index', a, 1, [{ ...first, index: 1 }]],
    ['another leaf at that index', a, 2, [{ ...first, leaf: leafBytes(leaf('a', 2)) }]],
    ['the proof of another leaf', a, 1, [{ ...first, hashes: second.hashes.slice(1) }]],
    ['an index that there is not', d, 1, [{ ...fourth, index: 4 }]],
  ])('is not shown by %s', (_, client, counter, proof) => {
    expect(failureOf(() => read(client, counter, proof)).code).toBe('closing/proof-invalid');
  });

  it('is not shown by what is no base64 of that length', () => {
    const [json] = leafProofJson([first]);
    const malformed = (change: object) => failureOf(() => readLeafProof([{ ...json, ...change } as never]));
    expect(malformed({ leaf: '!'.repeat(92) })).toMatchObject({
      code: 'closing/proof-malformed',
      field: 'leaf',
    });
    expect(malformed({ hashes: ['A'.repeat(44)] })).toMatchObject({ field: 'hashes' });
  });
});
