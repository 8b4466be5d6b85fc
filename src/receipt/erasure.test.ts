import { describe, expect, it } from 'vitest';
import { failureOf } from '../../test/support/failure.js';
import { ISSUER, STRANGER } from '../../test/support/parties.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { fromUtf8 } from '../bytes/octets.js';
import { keyLabel } from '../note/key.js';
import { entryKeys, erasureKey, exchangeKey } from './entry.js';
import { checkEntry } from './entry-rules.js';
import { type Envelope, envelopeBytes, seal } from './envelope.js';
import { ERASURE, type Erasure, erasureDigest, erasureStatement } from './erasure.js';
import { statedTime } from './retention.js';
import { readStatement } from './statement.js';

const EXCHANGE = 'a'.repeat(26);
const RECEIPT = 'ab'.repeat(32);
const label = keyLabel(ISSUER.key);
const erasure: Erasure = { exchange: EXCHANGE, receipt: RECEIPT };

const sealed = (payload: Uint8Array, keyId = label, signer = ISSUER.signer): Envelope =>
  seal(payload, keyId, signer);
const statement = (of: Erasure = erasure) => erasureStatement(of, label, 7);
const changed = (change: (statement: Record<string, Json>) => void) => {
  const value = parseCanonical(statement()) as Record<string, Json>;
  change(value);
  return sealed(canonicalize(value));
};

describe('the entry that says that content was erased', () => {
  it('holds the exchange, its receipt’s digest, who says it and when, and nothing else', () => {
    expect(JSON.parse(fromUtf8(statement()) ?? '')).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      predicate: { decided: 7, erasure: { exchange: EXCHANGE, receipt: RECEIPT }, issuer: label },
      predicateType: 'urn:countersign:erasure:v1',
      subject: [{ digest: { sha256: erasureDigest(erasure) }, name: 'erasure' }],
    });
  });

  it.each([erasure, { exchange: EXCHANGE, receipt: null }])('reads what it writes: %j', of => {
    const { subject, predicate } = readStatement(ERASURE, sealed(statement(of)));
    expect(predicate).toEqual({ decided: 7, erasure: of, issuer: label });
    expect(subject[0].digest.sha256).toBe(erasureDigest(of));
  });

  it.each([
    ['a name', { ...erasure, name: 'Jane' }],
    ['a reason', { ...erasure, reason: 'she asked' }],
    ['no exchange', { receipt: RECEIPT }],
    ['an exchange of other letters', { ...erasure, exchange: 'A'.repeat(26) }],
    ['a receipt that is no digest', { ...erasure, receipt: 'ab' }],
    ['a receipt left out', { exchange: EXCHANGE }],
  ])('with %s is none', (_, of) => {
    const envelope = changed(({ predicate }) => Object.assign(predicate as object, { erasure: of }));
    expect(failureOf(() => readStatement(ERASURE, envelope)).code).toBe('entry/malformed');
  });

  it('states its time, from which its retention counts', () => {
    expect(statedTime(sealed(statement()))).toBe(7);
  });
});

describe('as an entry of a log', () => {
  it('is filed under its exchange, beside the receipt', () => {
    const [digest, key, ...others] = entryKeys(envelopeBytes(sealed(statement())));
    expect(digest).toHaveLength(16);
    expect(key).toEqual(erasureKey(EXCHANGE));
    expect(key).not.toEqual(exchangeKey(EXCHANGE));
    expect(others).toEqual([]);
  });

  it('of what can be no exchange is filed under its digest alone', () => {
    const odd = 'b'.repeat(26);
    expect(erasureKey(odd)).toBeNull();
    expect(entryKeys(envelopeBytes(sealed(statement({ ...erasure, exchange: odd }))))).toHaveLength(1);
    for (const text of ['', 'a', `${EXCHANGE}a`, '../'.repeat(9)]) expect(erasureKey(text)).toBeNull();
  });

  const check = (envelope: Envelope) => checkEntry(envelopeBytes(envelope), [ISSUER.key]);

  it('is taken from the issuer', async () => {
    expect(await check(sealed(statement()))).toMatchObject({ predicateType: 'urn:countersign:erasure:v1' });
  });

  it.each([
    [
      'a stranger',
      'envelope/issuer-unknown',
      () => sealed(statement(), keyLabel(STRANGER.key), STRANGER.signer),
    ],
    [
      'a stranger under the issuer’s name',
      'envelope/signature-invalid',
      () => sealed(statement(), label, STRANGER.signer),
    ],
    [
      'the issuer in another’s name',
      'envelope/issuer-mismatch',
      () => sealed(erasureStatement(erasure, keyLabel(STRANGER.key), 7)),
    ],
    [
      'the issuer, about something else',
      'entry/malformed',
      () =>
        changed(value =>
          Object.assign((value.subject as [{ digest: object }])[0].digest, { sha256: RECEIPT }),
        ),
    ],
  ])('is not taken from %s', async (_, code, make) => {
    await expect(check(make())).rejects.toMatchObject({ code });
  });
});
