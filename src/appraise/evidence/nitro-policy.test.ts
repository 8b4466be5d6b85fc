import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  MADE_AT,
  makeNitro,
  measurement,
  NITRO_TEST_ROOTS,
  type NitroOptions,
} from '../../../test/support/evidence/nitro.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { describeGenuine, genuine, genuineBase64 } from '../../../test/support/vectors.js';
import { utf8 } from '../../bytes/octets.js';
import { verifyNitro } from '../../evidence/nitro/verify.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import { appraiseNitro, type NitroPolicy, SAFE_NITRO_POLICY } from './nitro-policy.js';

/** Each of the policy's checks with its code, or as passed. */
async function outcome(options: NitroOptions, policy: Partial<NitroPolicy> = {}, asOf = DURING + 1) {
  const report = await verifyNitro({ document: makeNitro(options), asOf, roots: NITRO_TEST_ROOTS });
  const all = await appraiseNitro(report, asOf, { ...SAFE_NITRO_POLICY, ...policy });
  expect(all.slice(0, 3)).toEqual(report.checks);
  const checks = all.slice(3);
  return Object.fromEntries(checks.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));
}

const SAFE = { debug: 'pass', freshness: 'pass' };
const HOUR = 3600;

describe('the safe policy', () => {
  it('asks that nobody debugs the enclave, and that the document is fresh', async () => {
    expect(await outcome({})).toEqual(SAFE);
  });

  it.each([
    ['all three registers', [0, 1, 2], 'PCR0'],
    ['the first', [0], 'PCR0'],
    ['the second', [1], 'PCR1'],
    ['the third', [2], 'PCR2'],
  ])('refuses a document with zeros in %s', async (_, zeros, field) => {
    const pcrs = new Map(
      [0, 1, 2, 3].map(at => [at, zeros.includes(at) ? new Uint8Array(48) : measurement(at)]),
    );
    const report = await verifyNitro({
      document: makeNitro({ members: { pcrs } }),
      asOf: DURING + 1,
      roots: NITRO_TEST_ROOTS,
    });
    const [, , , debug] = await appraiseNitro(report, DURING + 1);
    expect(debug).toMatchObject({ name: 'debug', status: 'fail', code: 'nitro/debug', field });
  });

  it('refuses a document that leaves such a register out', async () => {
    const pcrs = new Map([0, 2].map(number => [number, measurement(number)]));
    expect(await outcome({ members: { pcrs } })).toEqual({ ...SAFE, debug: 'nitro/debug' });
  });

  it('accepts a register of mostly zeros, and other registers of zeros', async () => {
    const pcrs = new Map([0, 1, 2, 3].map(number => [number, new Uint8Array(48)]));
    for (const number of [0, 1, 2]) (pcrs.get(number) as Uint8Array)[47] = 1;
    expect(await outcome({ members: { pcrs } })).toEqual(SAFE);
  });

  it.each([
    ['as old as may be', 3 * HOUR, 'pass'],
    ['half a second older', 3 * HOUR + 0.5, 'nitro/stale'],
    ['a minute ahead', -60, 'pass'],
    ['more than a minute ahead', -60.5, 'nitro/from-the-future'],
    ['at no time', Number.NaN, 'nitro/from-the-future'],
  ])('a document that is %s: %s', async (_, age, verdict) => {
    expect(await outcome({}, {}, MADE_AT / 1000 + age)).toEqual({ ...SAFE, freshness: verdict });
  });
});

describe('a policy that asks for more', () => {
  it('freshness', async () => {
    expect(await outcome({}, { maximumAge: 60 }, DURING + 60)).toEqual(SAFE);
    expect(await outcome({}, { maximumAge: 60 }, DURING + 61)).toEqual({ ...SAFE, freshness: 'nitro/stale' });
    expect(await outcome({}, { maximumAhead: 0 }, DURING)).toEqual({
      ...SAFE,
      freshness: 'nitro/from-the-future',
    });
  });

  it.each([
    ['one that is accepted', new Map([[0, [measurement(0)]]]), 'pass'],
    ['one of several', new Map([[0, [measurement(5), measurement(0)]]]), 'pass'],
    ['all of several registers', new Map([0, 1, 8].map(number => [number, [measurement(number)]])), 'pass'],
    ['another', new Map([[0, [measurement(5)]]]), 'nitro/measurement-refused'],
    [
      'one right and one wrong',
      new Map([0, 1].map(number => [number, [measurement(0)]])),
      'nitro/measurement-refused',
    ],
    ['a register that is not there', new Map([[7, [measurement(7)]]]), 'nitro/measurement-refused'],
    ['none that would be accepted', new Map([[0, []]]), 'nitro/measurement-refused'],
    ['the beginning of one', new Map([[0, [measurement(0).slice(0, 47)]]]), 'nitro/measurement-refused'],
  ])('measurements: %s', async (_, pcrs, verdict) => {
    expect(await outcome({}, { pcrs })).toEqual({ ...SAFE, measurements: verdict });
  });

  it.each([
    ['nonce', 'nonce', 'nonce', 'nitro/nonce-mismatch'],
    ['public-key', 'publicKey', 'public_key', 'nitro/public-key-mismatch'],
    ['user-data', 'userData', 'user_data', 'nitro/user-data-mismatch'],
  ])('%s', async (name, wanted, member, code) => {
    const policy = { [wanted]: utf8('expected') };
    const cases: [Uint8Array | null, string][] = [
      [utf8('expected'), 'pass'],
      [utf8('expecteD'), code],
      [utf8('expected.'), code],
      [utf8('expecte'), code],
      [null, code],
    ];
    for (const [found, verdict] of cases)
      expect(await outcome({ members: { [member]: found } }, policy)).toEqual({ ...SAFE, [name]: verdict });
  });

  it('something empty is something: it is not the same as nothing', async () => {
    const policy = { userData: utf8('') };
    expect(await outcome({ members: { user_data: utf8('') } }, policy)).toMatchObject({
      'user-data': 'pass',
    });
    expect(await outcome({}, policy)).toMatchObject({ 'user-data': 'nitro/user-data-mismatch' });
  });
});

describe('what nobody has signed', () => {
  it('is not judged: no check of the policy is made, let alone passed', async () => {
    const policy = { pcrs: new Map([[0, [measurement(0)]]]), nonce: utf8('n') };
    const unmade = 'evidence/prerequisite-failed';
    expect(await outcome({ members: { nonce: utf8('n') }, signature: new Uint8Array(96) }, policy)).toEqual({
      debug: unmade,
      freshness: unmade,
      measurements: unmade,
      nonce: unmade,
    });
    const report = await verifyNitro({ document: makeNitro(), asOf: DURING });
    expect((await appraiseNitro(report, DURING)).slice(3).map(({ status }) => status)).toEqual([
      'not-checked',
      'not-checked',
    ]);
  });

  it('a document that was good and has expired is judged', async () => {
    expect(await outcome({}, { maximumAge: 1e9 }, DURING + 1e8)).toEqual(SAFE);
  });
});

describeGenuine('documents of AWS under the safe policy', () => {
  it.each([
    ['production', () => genuine('nitro/production.bin'), '2022-10-13T08:58:03Z', 'accepted', null],
    ['debug', () => genuine('nitro/debug.bin'), '2022-10-12T13:50:07Z', 'refused', 'nitro/debug'],
    ['zero', () => genuineBase64('nitro/zero-pcr.b64'), '2023-09-18T15:03:31Z', 'refused', 'nitro/debug'],
    [
      'production, today',
      () => genuine('nitro/production.bin'),
      '2026-11-29T00:00:00Z',
      'refused',
      'certificate/expired',
    ],
  ])('%s', async (_, read, time, status, code) => {
    const asOf = Date.parse(time) / 1000;
    const report = await verifyNitro({ document: read(), asOf });
    const checks = await appraiseNitro(report, asOf);
    expect(statusOf(checks)).toBe(status);
    expect(decidingCode(checks)).toBe(code);
  });
});
