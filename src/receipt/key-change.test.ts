import { describe, expect, it } from 'vitest';
import { removed, replaced } from '../../test/support/edit.js';
import { failureOf, reasonOfAsync } from '../../test/support/failure.js';
import {
  ADD_RECOVERY,
  beginning,
  changePayload,
  edited,
  nextKey,
  RECOVERY,
  type Written,
} from '../../test/support/key-changes.js';
import { ISSUER, LOG, ORIGIN, STRANGER, WITNESSES } from '../../test/support/parties.js';
import { toBase64 } from '../bytes/base64.js';
import type { Json } from '../bytes/json.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { formatVerifierKey, KEY_TYPE, keyLabel, verifierKey } from '../note/key.js';
import type { ReasonCode } from '../reason.js';
import { mlDsaSignerFromSeed } from '../shell/node.js';
import { preAuthenticationEncoding, seal } from './envelope.js';
import { agreedBytes, checkProofs, keyChangePayload, readKeyChange } from './key-change.js';

const history = beginning();
const [WITNESS] = WITNESSES as [(typeof WITNESSES)[number]];
const read = (payload: Uint8Array, by = ISSUER) => readKeyChange(seal(payload, keyLabel(by.key), by.signer));

const ROTATE_ISSUER: Written = {
  change: { action: 'rotate', role: 'issuer' },
  key: ISSUER,
  successor: nextKey('issuer', 1),
  by: ISSUER,
};
const REVOKE_WITNESS: Written = { change: { action: 'revoke', role: 'witness' }, key: WITNESS, by: ISSUER };

describe('spec/keys.md §2: a key change', () => {
  it.each<[string, Written]>([
    ['the recovery key is named', ADD_RECOVERY],
    ['an issuer rotates', ROTATE_ISSUER],
    [
      'a log rotates',
      { ...ROTATE_ISSUER, change: { action: 'rotate', role: 'log' }, key: LOG, successor: nextKey('log', 1) },
    ],
    ['a witness is revoked', REVOKE_WITNESS],
    [
      'an issuer is revoked from an index on, and replaced',
      {
        change: { action: 'revoke', role: 'issuer', from: 7 },
        key: ISSUER,
        successor: nextKey('issuer', 1),
        by: RECOVERY,
        agrees: false,
      },
    ],
  ])('is read as it was written: %s', async (_, written) => {
    const change = read(changePayload(history, written), written.by);
    expect(change).toMatchObject({ ...written.change, origin: ORIGIN, sequence: 0, previous: null });
    expect(change.key).toEqual(written.key.key);
    expect(change.successor).toEqual(written.successor?.key ?? null);
    expect(change.signer).toBe(keyLabel(written.by.key));
    expect(change.digest).toMatch(/^[0-9a-f]{64}$/);
    await checkProofs(change);
  });

  it("a log's ML-DSA-44 key rotates by signatures of that algorithm", async () => {
    const [old, next] = [1, 2].map(byte => mlDsaSignerFromSeed(new Uint8Array(32).fill(byte)));
    if (old === undefined || next === undefined) throw new Error('two keys');
    const key = verifierKey(ORIGIN, KEY_TYPE.mlDsaCosignature, old.publicKey);
    const successor = verifierKey(ORIGIN, KEY_TYPE.mlDsaCosignature, next.publicKey);
    const proposed = {
      action: 'rotate' as const,
      role: 'log' as const,
      origin: ORIGIN,
      ...history.next,
      key,
      successor,
      from: null,
      signer: keyLabel(ISSUER.key),
      time: 0,
    };
    const change = read(keyChangePayload(proposed, { key: old, successor: next }));
    await checkProofs(change);
    const crossed = read(keyChangePayload(proposed, { key: next, successor: old }));
    expect(await reasonOfAsync(() => checkProofs(crossed))).toBe('key/proof-invalid');
  });
});

describe('spec/keys.md §3: what a key signs to agree', () => {
  const change = read(changePayload(history, ROTATE_ISSUER));
  const text = fromUtf8(agreedBytes(change)) ?? '';

  it('is none of the other messages that it could sign', () => {
    expect(failureOf(() => parseCheckpoint(text)).code).toBe('checkpoint/malformed');
    expect(failureOf(() => parseCheckpoint(`${text}\n`)).code).toBe('checkpoint/malformed');
    expect(text.startsWith('countersign/key-change/v1\n{')).toBe(true);
    const others = [
      'cosignature/v1\n',
      'subtree/v1\n\0',
      fromUtf8(preAuthenticationEncoding(utf8('{}'))) ?? '',
    ];
    for (const other of others) expect(text.startsWith(other.slice(0, 8))).toBe(false);
  });

  it.each<[string, Partial<typeof change>]>([
    ['another log', { origin: 'log.example/other' }],
    ['another place in the chain', { sequence: 1, previous: '0'.repeat(64) }],
    ['another signer', { signer: keyLabel(STRANGER.key) }],
    ['another action', { action: 'revoke' }],
    ['another index', { from: 3 }],
    ['another successor', { successor: nextKey('issuer', 2).key }],
    ['another time', { time: 1 }],
  ])('is not the same for %s', async (_, other) => {
    expect(fromUtf8(agreedBytes({ ...change, ...other }))).not.toBe(text);
    expect(await reasonOfAsync(() => checkProofs({ ...change, ...other }))).toBe('key/proof-invalid');
  });

  it.each(['key', 'successor'] as const)('a proof of the %s that is somebody else’s', async which => {
    const proofs = { ...change.proofs, [which]: STRANGER.signer.sign(agreedBytes(change)) };
    expect(await reasonOfAsync(() => checkProofs({ ...change, proofs }))).toBe('key/proof-invalid');
  });
});

describe('key/change-malformed', () => {
  const rotation = changePayload(history, ROTATE_ISSUER);
  const addition = changePayload(history, ADD_RECOVERY);
  const revocation = changePayload(history, REVOKE_WITNESS);
  const vkey = (party: { readonly key: Parameters<typeof formatVerifierKey>[0] }) =>
    formatVerifierKey(party.key);
  const set = (payload: Uint8Array, path: string, value: Json) =>
    edited(payload, whole => replaced(whole, path, value));

  it.each<[field: string, what: string, payload: Uint8Array]>([
    ['payload', 'no JSON', utf8('{')],
    ['predicateType', 'another type', set(rotation, 'predicateType', 'urn:countersign:epoch:v1')],
    ['predicate.action', 'an unknown action', set(rotation, 'predicate.action', 'restore')],
    ['predicate.role', 'an unknown role', set(rotation, 'predicate.role', 'gateway')],
    ['predicate.from', 'no from', edited(rotation, whole => removed(whole, 'predicate.from'))],
    ['predicate.from', 'a negative index', set(revocation, 'predicate.from', -1)],
    ['predicate.from', 'an index in a rotation', set(rotation, 'predicate.from', 3)],
    [
      'predicate.note',
      'a member more',
      edited(rotation, whole =>
        replaced(whole, 'predicate', {
          ...(whole as { predicate: Record<string, Json> }).predicate,
          note: 'x',
        }),
      ),
    ],
    ['predicate.key', 'a label', set(rotation, 'predicate.key', keyLabel(ISSUER.key))],
    ['predicate.key', "a witness's key as an issuer's", set(rotation, 'predicate.key', vkey(WITNESS))],
    [
      'predicate.key',
      'a log by another name',
      set(set(rotation, 'predicate.role', 'log'), 'predicate.key', vkey(STRANGER)),
    ],
    ['predicate.previous', 'a predecessor of the first', set(rotation, 'predicate.previous', '0'.repeat(64))],
    ['predicate.previous', 'no predecessor of the second', set(rotation, 'predicate.sequence', 1)],
    [
      'predicate.action',
      'an issuer is added',
      set(set(addition, 'predicate.role', 'issuer'), 'predicate.key', vkey(ISSUER)),
    ],
    ['predicate.action', 'the recovery key is revoked', set(addition, 'predicate.action', 'revoke')],
    ['predicate.successor', 'a rotation to nothing', set(rotation, 'predicate.successor', null)],
    ['predicate.successor', 'a rotation to itself', set(rotation, 'predicate.successor', vkey(ISSUER))],
    [
      'predicate.successor',
      'a rotation to another name',
      set(rotation, 'predicate.successor', vkey(STRANGER)),
    ],
    [
      'predicate.successor',
      'a rotation to another type',
      set(rotation, 'predicate.successor', vkey(WITNESS)),
    ],
    [
      'predicate.successor',
      'an addition with a successor',
      set(addition, 'predicate.successor', vkey(nextKey('recovery', 1))),
    ],
    [
      'predicate.proofs.successor',
      'a successor that shows nothing',
      set(rotation, 'predicate.proofs.successor', null),
    ],
    [
      'predicate.proofs.successor',
      'a proof of nobody',
      set(revocation, 'predicate.proofs.successor', toBase64(new Uint8Array(64))),
    ],
    ['predicate.proofs.key', 'an added key that shows nothing', set(addition, 'predicate.proofs.key', null)],
    ['predicate.proofs.key', 'base64 that is not ours', set(rotation, 'predicate.proofs.key', 'AB=')],
    ['subject.0.digest.sha256', 'another subject', set(rotation, 'subject.0.digest.sha256', '0'.repeat(64))],
  ])('%s: %s', (field, _, payload) => {
    expect(failureOf(() => read(payload))).toMatchObject({
      code: 'key/change-malformed' satisfies ReasonCode,
      field,
    });
  });

  it('envelope/issuer-mismatch: sealed by another than it says', () => {
    expect(failureOf(() => read(rotation, STRANGER)).code).toBe('envelope/issuer-mismatch');
  });
});
