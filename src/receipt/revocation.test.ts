import { describe, expect, it } from 'vitest';
import { failureOf, reasonOfAsync } from '../../test/support/failure.js';
import { ISSUER, LOG } from '../../test/support/parties.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { fromUtf8 } from '../bytes/octets.js';
import { TCB_STATUSES } from '../evidence/dcap/tcb-status.js';
import { keyLabel } from '../note/key.js';
import { entryKeys, revocationKey } from './entry.js';
import { checkEntry } from './entry-rules.js';
import { type Envelope, envelopeBytes, seal } from './envelope.js';
import {
  REVOCATION,
  type Revocation,
  revocationDigest,
  revocationOf,
  revocationStatement,
} from './revocation.js';
import { MAX_REVOCATIONS, REVOCABLE_STATUSES, type RevocationField } from './revocation-words.js';
import { readStatement } from './statement.js';

const label = keyLabel(ISSUER.key);
const revocation: Revocation = { field: 'chip', reason: 'compromised', since: 5, value: 'ab'.repeat(64) };
const statement = (of: Revocation = revocation, decided = 7, sequence = 0) =>
  revocationStatement(of, label, decided, sequence);
const sealed = (payload: Uint8Array): Envelope => seal(payload, label, ISSUER.signer);
const changed = (change: (statement: Record<string, Json>) => void): Envelope => {
  const value = parseCanonical(statement()) as Record<string, Json>;
  change(value);
  return sealed(canonicalize(value));
};

describe('spec/revocation.md §1: the entry', () => {
  it('holds what is revoked, since when, why, who says so, when, and its number, and nothing else', () => {
    expect(JSON.parse(fromUtf8(statement()) ?? '')).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      predicate: { decided: 7, issuer: label, revocation, sequence: 0 },
      predicateType: 'urn:countersign:revocation:v1',
      subject: [{ digest: { sha256: revocationDigest(revocation) }, name: 'revocation' }],
    });
  });

  it.each(
    [...wrongs(parseCanonical(statement()), { nullable: ['predicate.revocation.since'] })].map(
      ({ what, ...wrong }) => [what, wrong] as const,
    ),
  )('entry/malformed: %s', (_, { path, value }) => {
    const { code, field } = failureOf(() => readStatement(REVOCATION, sealed(canonicalize(value))));
    expect(code).toBe('entry/malformed');
    if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
  });

  const VALUES: readonly [RevocationField, readonly string[], readonly string[]][] = [
    [
      'chip',
      ['4554', 'ab'.repeat(64), '642960189298007511250958030500749'],
      ['', 'abc', 'AB12', 'x'.repeat(8), 'ab'.repeat(65)],
    ],
    [
      'tcb',
      [
        'milan:04000000000018db',
        '00906ed50000:0303ffffffff00000000000000000000:13',
        '00906ed50000:0303ffffffff00000000000000000000:13:05010200000000000000000000000000',
        'driver:550.90.07',
        'bios:97.00.88.00.0F',
        'OutOfDate',
        'TDRelaunchAdvised',
      ],
      [
        '',
        'milan',
        'rome:04000000000018db',
        'driver:',
        'driver:a b',
        'outofdate',
        'Jane',
        `driver:${'1'.repeat(33)}`,
      ],
    ],
    [
      'measurement',
      ['ab'.repeat(32), 'ab'.repeat(48), 'ab'.repeat(64)],
      ['ab'.repeat(31), 'ab'.repeat(65), 'AB'.repeat(32), `${'ab'.repeat(32)}a`],
    ],
    ['signer', ['ab'.repeat(32), 'ab'.repeat(48)], [label, 'ab'.repeat(16)]],
    ['model', ['ab'.repeat(32)], ['ab'.repeat(48), 'sample-1']],
  ];
  it.each(VALUES)('%s: as the index of facts writes it', (field, good, bad) => {
    for (const value of good)
      expect(revocationOf(field, value, 'vulnerable', null), value).toEqual({
        ...{ field, value, reason: 'vulnerable', since: null },
      });
    for (const value of bad) expect(revocationOf(field, value, 'vulnerable', null), value).toBeNull();
  });

  it('takes every word that Intel has for a level', () => {
    expect(REVOCABLE_STATUSES.slice(0, TCB_STATUSES.length)).toEqual(TCB_STATUSES);
  });
});

describe('as an entry of a log', () => {
  const check = (envelope: Envelope) => checkEntry(envelopeBytes(envelope), [ISSUER.key]);

  it('is filed under its number, which leads to all of them', () => {
    const [digest, key, ...others] = entryKeys(envelopeBytes(sealed(statement(revocation, 7, 3))));
    expect(digest).toHaveLength(16);
    expect(key).toEqual(revocationKey(3));
    expect(key).not.toEqual(revocationKey(4));
    expect(others).toEqual([]);
  });

  it('is taken from the issuer, up to the last that a log may have', async () => {
    const type = { predicateType: 'urn:countersign:revocation:v1' };
    expect(await check(sealed(statement()))).toMatchObject(type);
    expect(await check(sealed(statement({ ...revocation, since: 7 })))).toMatchObject(type);
    expect(await check(sealed(statement(revocation, 7, MAX_REVOCATIONS - 1)))).toMatchObject(type);
  });

  it.each([
    [
      'with another issuer in it',
      'envelope/issuer-mismatch',
      () => sealed(revocationStatement(revocation, keyLabel(LOG.key), 7, 0)),
    ],
    [
      'under the digest of another',
      'entry/malformed',
      () =>
        changed(({ predicate }) =>
          Object.assign((predicate as { revocation: object }).revocation, { since: null }),
        ),
    ],
    [
      'of what is bad only from later on',
      'entry/malformed',
      () => sealed(statement({ ...revocation, since: 8 })),
    ],
    ['one too many', 'entry/malformed', () => sealed(statement(revocation, 7, MAX_REVOCATIONS))],
  ] as const)('%s is refused', async (_, code, envelope) => {
    expect(await reasonOfAsync(() => check(envelope()))).toBe(code);
  });
});
