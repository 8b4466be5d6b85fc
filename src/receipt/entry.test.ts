import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { replaced } from '../../test/support/edit.js';
import { failureOf, reasonOf } from '../../test/support/failure.js';
import { ADD_RECOVERY, beginning, changePayload } from '../../test/support/key-changes.js';
import { ISSUER, STRANGER } from '../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { toBase32 } from '../bytes/base32.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { concat, utf8 } from '../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import { entryIsByOneOf, entryKeys, exchangeKey, keyChangeKey, readEntry } from './entry.js';
import { envelopeBytes, envelopeJson, seal } from './envelope.js';
import { EPOCH, epochStatement } from './epoch.js';
import { defaultPolicy, POLICY, policyDigest, policyStatement } from './policy.js';
import { RECEIPT, receiptSubject } from './receipt.js';
import { readStatement, writeStatement } from './statement.js';

const LABEL = keyLabel(ISSUER.key);
const EPOCH_ID = 'e'.repeat(26);
const policy = defaultPolicy(['built-in', 'provider']);
const payloads = {
  receipt: writeStatement(RECEIPT, {
    subject: receiptSubject('a'.repeat(64), null),
    predicate: SAMPLE_RECEIPT,
  }),
  epoch: epochStatement(ISSUER.key, EPOCH_ID, 1000),
  policy: policyStatement(policy, LABEL),
};
const by = ({ key, signer }: typeof ISSUER, payload: Uint8Array, name = keyLabel(key)) =>
  envelopeBytes(seal(payload, name, signer));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const sealed = (value: Json) => seal(canonicalize(value), LABEL, ISSUER.signer);

describe('who may submit an entry', () => {
  const issuers = [ISSUER.key];
  it.each(Object.entries(payloads))('a registered issuer: its %s', async (_, payload) => {
    expect(await entryIsByOneOf(issuers, by(ISSUER, payload))).toBe(true);
    expect(await entryIsByOneOf([STRANGER.key, ISSUER.key], by(ISSUER, payload))).toBe(true);
  });

  const entry = by(ISSUER, payloads.receipt);
  it.each([
    ['nobody is registered', [], entry],
    ['another issuer is registered', [STRANGER.key], entry],
    ["a stranger under the issuer's name", issuers, by(STRANGER, payloads.receipt, LABEL)],
    ['the issuer under another name', issuers, by(ISSUER, payloads.receipt, 'issuer')],
    ['nothing', issuers, new Uint8Array()],
    ['no JSON', issuers, utf8('entry')],
    [
      'not the canonical bytes, so that one payload could be logged twice',
      issuers,
      concat(entry, utf8('\n')),
    ],
    ['no envelope', issuers, utf8('{}')],
    [
      'another payload under the same signature',
      issuers,
      canonicalize(replaced(parseCanonical(entry), 'payload', btoa('{}'))),
    ],
  ])('not: %s', async (_, registered, bytes) => {
    expect(await entryIsByOneOf(registered, bytes)).toBe(false);
  });
});

describe('under which keys an entry is filed', () => {
  it('a receipt: the start of its payload digest, and its exchange', () => {
    expect(entryKeys(by(ISSUER, payloads.receipt)).map(key => [...key])).toEqual([
      [...sha256(payloads.receipt).subarray(0, 16)],
      [...sha256(utf8(`countersign/exchange/${SAMPLE_RECEIPT.exchange}`)).subarray(0, 16)],
    ]);
  });

  it('an epoch: its payload digest, and issuer and epoch', () => {
    expect(entryKeys(by(ISSUER, payloads.epoch)).map(key => [...key])).toEqual([
      [...sha256(payloads.epoch).subarray(0, 16)],
      [...sha256(utf8(`countersign/epoch/${LABEL}/${EPOCH_ID}`)).subarray(0, 16)],
    ]);
  });

  it('a statement of another type: its payload digest alone', () => {
    const keys = entryKeys(by(ISSUER, payloads.policy)).map(key => [...key]);
    expect(keys).toEqual([[...sha256(payloads.policy).subarray(0, 16)]]);
  });

  it('a key change: its payload digest, and its number in the chain', () => {
    const payload = changePayload(beginning(), ADD_RECOVERY);
    const number = sha256(utf8('countersign/key-change/0')).subarray(0, 16);
    expect(entryKeys(by(ISSUER, payload)).map(key => [...key])).toEqual([
      [...sha256(payload).subarray(0, 16)],
      [...number],
    ]);
    expect([...keyChangeKey(0)]).toEqual([...number]);
    expect(keyChangeKey(1)).not.toEqual(keyChangeKey(0));
  });

  it('the same payload has the same keys, whoever signed it', () => {
    expect(entryKeys(by(STRANGER, payloads.receipt))).toEqual(entryKeys(by(ISSUER, payloads.receipt)));
  });

  it('what is no envelope has none', () => {
    expect(reasonOf(() => entryKeys(utf8('{}')))).toBe('envelope/malformed');
    expect(reasonOf(() => readEntry(utf8('entry')))).toBe('json/malformed');
    expect(reasonOf(() => readEntry(utf8(JSON.stringify(envelopeJson(sealed({})), null, 1))))).toBe(
      'json/not-canonical',
    );
  });
});

describe('an exchange id as a key', () => {
  it('is a hash of its own, so that no id can be chosen to be the key of a payload', () => {
    const id = toBase32(Uint8Array.from({ length: 16 }, (_, at) => 200 + at));
    const expected = sha256(utf8(`countersign/exchange/${id}`)).subarray(0, 16);
    expect([...(exchangeKey(id) ?? [])]).toEqual([...expected]);
  });

  it.each([
    '',
    'a',
    'a'.repeat(25),
    'a'.repeat(27),
    'A'.repeat(26),
    `${'a'.repeat(25)}b`,
    '../../etc/passwd',
    '\u0000',
  ])('is null for %j', text => {
    expect(exchangeKey(text)).toBeNull();
  });
});

describe('spec/receipt.md §9: the epoch', () => {
  const statement = parseCanonical(payloads.epoch);

  it('says which key begins which epoch, and when', () => {
    const { subject, predicate } = readStatement(EPOCH, sealed(statement));
    expect(predicate).toEqual({
      epoch: EPOCH_ID,
      issuer: LABEL,
      key: formatVerifierKey(ISSUER.key),
      started: 1000,
    });
    expect(subject[0].digest.sha256).toBe(sha256(ISSUER.key.publicKey).toString('hex'));
  });

  it.each([...wrongs(statement)].map(({ what, ...wrong }) => [what, wrong] as const))(
    'entry/malformed: %s',
    (_, { path, value }) => {
      const { code, field } = failureOf(() => readStatement(EPOCH, sealed(value)));
      expect(code).toBe('entry/malformed');
      if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
    },
  );
});

describe('spec/receipt.md §9: the policy', () => {
  const statement = parseCanonical(payloads.policy);

  it('is named by the SHA-256 of its canonical JSON', () => {
    const { subject, predicate } = readStatement(POLICY, sealed(statement));
    expect(predicate).toEqual({ issuer: LABEL, policy });
    const canonical =
      '{"name":"default","onFailure":"flag","requires":{"answer":"not-recomputed","model":"asserted","place":"asserted","record":"signed"},"upstreams":["built-in","provider"]}';
    expect(policyDigest(policy)).toBe(sha256(utf8(canonical)).toString('hex'));
    expect(subject[0].digest.sha256).toBe(policyDigest(policy));
  });

  it.each(
    [...wrongs(statement, { lists: ['predicate.policy.upstreams'] })].map(
      ({ what, ...wrong }) => [what, wrong] as const,
    ),
  )('entry/malformed: %s', (_, { path, value }) => {
    const { code, field } = failureOf(() => readStatement(POLICY, sealed(value)));
    expect(code).toBe('entry/malformed');
    if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
  });

  it('entry/malformed: what this version does not do', () => {
    for (const [path, value] of [
      ['predicate.policy.onFailure', 'block'],
      ['predicate.policy.requires.record', 'witnessed'],
      ['predicate.policy.upstreams', ['free\ntext']],
    ] as const) {
      const wrong = replaced(statement, path, value);
      expect(
        reasonOf(() => readStatement(POLICY, sealed(wrong))),
        path,
      ).toBe('entry/malformed');
    }
  });
});
