import { describe, expect, it } from 'vitest';
import { replaced } from '../../test/support/edit.js';
import { failureOf } from '../../test/support/failure.js';
import { ISSUER } from '../../test/support/parties.js';
import { COMPLETED, SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { keyLabel } from '../note/key.js';
import { seal } from './envelope.js';
import { epochStatement } from './epoch.js';
import { defaultPolicy, policyStatement } from './policy.js';
import { RECEIPT } from './receipt.js';
import {
  ACCESS,
  type Access,
  accessStatement,
  RETENTION,
  type RetentionPolicy,
  retentionStatement,
  statedTime,
} from './retention.js';
import { readStatement, writeStatement } from './statement.js';

const label = keyLabel(ISSUER.key);
const envelope = (payload: Uint8Array) => seal(payload, label, ISSUER.signer);
const sealed = (value: Json) => envelope(canonicalize(value));

const POLICY: RetentionPolicy = { minimumDays: 365, prunes: 'oldest-entries' };
const ACTS: readonly Access[] = [
  { act: 'prune', minimum: 256 },
  { act: 'deny', index: 7, reason: 'court-order' },
  { act: 'undeny', index: 7 },
];
const retention = retentionStatement(POLICY, label, 5);

describe('a retention policy (tlog-tiles, Retention Policies)', () => {
  it('is read as it was written', () => {
    const { subject, predicate } = readStatement(RETENTION, envelope(retention));
    expect(predicate).toEqual({ decided: 5, issuer: label, retention: POLICY });
    expect(subject[0].name).toBe('retention');
  });

  it.each([...wrongs(parseCanonical(retention))].map(({ what, ...wrong }) => [what, wrong] as const))(
    'entry/malformed: %s',
    (_, { path, value }) => {
      const { code, field } = failureOf(() => readStatement(RETENTION, sealed(value)));
      expect(code).toBe('entry/malformed');
      if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
    },
  );

  it.each<[string, Json]>([
    ['predicate.retention.minimumDays', 29],
    ['predicate.retention.minimumDays', 30.5],
    ['predicate.retention.minimumDays', 36_501],
    ['predicate.retention.prunes', 'anything'],
    ['predicate.decided', -1],
  ])('entry/malformed: %s is %j', (path, value) => {
    const wrong = replaced(parseCanonical(retention), path, value);
    expect(failureOf(() => readStatement(RETENTION, sealed(wrong))).code).toBe('entry/malformed');
  });
});

describe('an act that changes what may be read', () => {
  it.each(ACTS)('is read as it was written: $act', access => {
    const { subject, predicate } = readStatement(ACCESS, envelope(accessStatement(access, label, 5)));
    expect(predicate).toEqual({ access, decided: 5, issuer: label });
    expect(subject[0].name).toBe('access');
  });

  it.each(
    ACTS.flatMap(access =>
      [...wrongs(parseCanonical(accessStatement(access, label, 5)))].map(
        ({ what, value }) => [access.act, what, value] as const,
      ),
    ),
  )('entry/malformed: %s, %s', (_, __, value) => {
    expect(failureOf(() => readStatement(ACCESS, sealed(value))).code).toBe('entry/malformed');
  });

  it.each<[string, Json]>([
    ['predicate.access.reason', 'because the complaint of a person said so'],
    ['predicate.access.index', -1],
    ['predicate.access.act', 'forget'],
  ])('holds nothing but words from a list: %s is %j', (path, value) => {
    const wrong = replaced(parseCanonical(accessStatement(ACTS[1] as Access, label, 5)), path, value);
    expect(failureOf(() => readStatement(ACCESS, sealed(wrong))).code).toBe('entry/malformed');
  });
});

describe('the time from which retention counts', () => {
  const receipt = writeStatement(RECEIPT, {
    subject: [{ digest: { 'countersign-commitment-v1': 'a'.repeat(64) }, name: 'request' }],
    predicate: SAMPLE_RECEIPT,
  });

  it.each<[string, Uint8Array, number | null]>([
    ["a receipt's completion", receipt, COMPLETED],
    ["an epoch's beginning", epochStatement(ISSUER.key, 'e'.repeat(26), 17), 17],
    ["a retention policy's decision", retention, 5],
    ["an act's decision", accessStatement(ACTS[0] as Access, label, 6), 6],
    ['none of a policy', policyStatement(defaultPolicy([]), label), null],
  ])('is %s', (_, payload, time) => {
    expect(statedTime(envelope(payload))).toBe(time);
  });
});
