import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../../shell/node.js';
import {
  GPU_CLAIMS,
  KEY_NAME,
  keyOf,
  keySetOf,
  makeAnswer,
  makeNrasHouse,
  makeNrasInput,
  type NrasOptions,
  SWITCH_CLAIMS,
} from '../../../../test/support/evidence/nras.js';
import { NONCE } from '../../../../test/support/evidence/nvidia.js';
import {
  DURING,
  keyUsage,
  makeCertificate,
  pinned,
  testKeys,
} from '../../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import { mutants } from '../../../../test/support/mutation.js';
import { thorough } from '../../../../test/support/thoroughness.js';
import { toBase64 } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { toHex } from '../../../bytes/hex.js';
import { concat, equal, utf8 } from '../../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../../reason.js';
import { type EvidenceCheck, statusOf } from '../../report.js';
import { type NrasInput, type NrasReport, verifyNras } from './verify.js';

const house = makeNrasHouse();
const TWO = { devices: { 'GPU-0': GPU_CLAIMS, 'SWITCH-0': SWITCH_CLAIMS } };

/** Not looked at for want of what failed before. */
const isUnfounded = (check: EvidenceCheck) =>
  check.status !== 'pass' && check.code === 'evidence/prerequisite-failed';

function troubles({ checks }: NrasReport): Record<string, [ReasonCode, string | null]> {
  return Object.fromEntries(
    checks.flatMap(check =>
      check.status === 'pass' || isUnfounded(check) ? [] : [[check.name, [check.code, check.field]]],
    ),
  );
}

describe('an answer of the attestation service', () => {
  it('with which nothing is wrong is accepted, with all that it says', async () => {
    const input = makeNrasInput(house, TWO);
    const report = await verifyNras(input);
    expect(troubles(report)).toEqual({});
    expect(report.root).toEqual({ name: 'a root of the tests', simulated: false });
    expect(report.fields).toMatchObject({
      issuer: 'https://nras.attestation.nvidia.com',
      version: '3.0',
      result: true,
      issued: DURING,
      expires: DURING + 3600,
      nonce: toHex(NONCE),
    });
    expect(report.fields.devices).toMatchObject([
      {
        name: 'GPU-0',
        model: 'GH100 A01 GSP BROM',
        driverVersion: '550.90.07',
        biosVersion: '96.00.9F.00.01',
      },
      { name: 'SWITCH-0', model: 'LS_10 A01 FSP BROM', driverVersion: null, biosVersion: '96.10.55.00.01' },
    ]);
    expect(toHex(report.whole)).toBe(toHex(sha256(input.answer)));
  });

  it('is known by what the service has signed of the overall token; white space is nobody’s', async () => {
    const compact = makeNrasInput(house);
    const spread = utf8(JSON.stringify(JSON.parse(new TextDecoder().decode(compact.answer)), null, 2));
    const [one, two] = [await verifyNras(compact), await verifyNras({ ...compact, answer: spread })];
    expect(toHex(two.signedRegion)).toBe(toHex(one.signedRegion));
    expect(troubles(two)).toEqual({});
    expect(one.uncovered).toEqual([]);
    const covered = new Set([...new TextDecoder().decode(spread)].map((_, at) => at));
    for (const { from, to } of two.uncovered) for (let at = from; at < to; at++) covered.delete(at);
    expect([...covered].map(at => String.fromCharCode(spread[at] as number)).join('')).toBe(
      new TextDecoder().decode(compact.answer),
    );
  });

  it('counts for a key that the caller has pinned, without certificates', async () => {
    const { x5c: _, ...bare } = keyOf(house);
    const input = {
      ...makeNrasInput(house),
      keys: keySetOf(bare),
      trust: { keys: [sha256(house.signer.keys.spki)] },
    };
    const report = await verifyNras(input);
    expect(troubles(report)).toEqual({});
    expect(report.root).toBeNull();
  });

  it('without a nonce is inconclusive, and its tokens must agree all the same', async () => {
    const { nonce: _, ...input } = makeNrasInput(house);
    expect(troubles(await verifyNras(input))).toEqual({ nonce: ['nras/nonce-not-given', null] });
    const answer = makeAnswer(house, { devices: { 'GPU-0': { ...GPU_CLAIMS, eat_nonce: '00' } } });
    expect(troubles(await verifyNras({ ...input, answer }))).toEqual({
      nonce: ['nras/nonce-mismatch', 'GPU-0'],
    });
  });

  it('need not say when it begins to count', async () => {
    const answer = makeAnswer(house, { all: { nbf: undefined } });
    expect(troubles(await verifyNras({ ...makeNrasInput(house), answer }))).toEqual({});
  });

  it('counts from its time until before its end', async () => {
    const input = makeNrasInput(house);
    for (const asOf of [DURING, DURING + 3599])
      expect(troubles(await verifyNras({ ...input, asOf }))).toEqual({});
    const at = async (asOf: number) => troubles(await verifyNras({ ...input, asOf })).time;
    expect(await at(DURING - 1)).toEqual(['nras/not-yet-valid', 'overall']);
    expect(await at(DURING + 3600)).toEqual(['nras/expired', 'overall']);
    expect(await at(Number.NaN)).toEqual(['nras/not-yet-valid', 'overall']);
  });
});

const gpuWith = (claims: Record<string, unknown>): NrasOptions => ({
  devices: { 'GPU-0': { ...GPU_CLAIMS, ...claims } },
});
const digestWith = (...form: readonly unknown[]): NrasOptions => ({
  overall: { submods: { 'GPU-0': form } },
});
const stranger = testKeys('P-384');

describe('answers with one thing wrong', () => {
  it.each<[string, string, ReasonCode, string | null, NrasOptions]>([
    ['signed with another key', 'signature', 'nras/signature-invalid', 'overall', { keys: stranger }],
    [
      'that names another algorithm',
      'signature',
      'nras/algorithm-unsupported',
      'overall',
      { header: { alg: 'none' } },
    ],
    [
      'a device’s token in another algorithm',
      'signature',
      'nras/algorithm-unsupported',
      'GPU-0',
      { deviceHeader: { alg: 'HS384' } },
    ],
    [
      'that brings its own key',
      'signature',
      'nras/algorithm-unsupported',
      'overall',
      { header: { jwk: {} } },
    ],
    ['with critical members', 'signature', 'nras/algorithm-unsupported', 'overall', { header: { crit: [] } }],
    [
      'of another issuer',
      'issuer',
      'nras/issuer-mismatch',
      'overall',
      { all: { iss: 'https://nras.attestation-stg.nvidia.com' } },
    ],
    ['a device’s token of another issuer', 'issuer', 'nras/issuer-mismatch', 'GPU-0', gpuWith({ iss: 'x' })],
    ['without an end', 'time', 'nras/expired', 'overall', { all: { exp: undefined } }],
    ['with an end that is no number', 'time', 'nras/expired', 'overall', { all: { exp: '9' } }],
    ['without a time of issue', 'time', 'nras/not-yet-valid', 'overall', { all: { iat: undefined } }],
    ['issued later', 'time', 'nras/not-yet-valid', 'overall', { all: { iat: DURING + 61 } }],
    ['with a beginning that is no number', 'time', 'nras/not-yet-valid', 'GPU-0', gpuWith({ nbf: 'x' })],
    ['a device’s token that has ended', 'time', 'nras/expired', 'GPU-0', gpuWith({ exp: DURING })],
    [
      'about another nonce',
      'nonce',
      'nras/nonce-mismatch',
      'overall',
      { all: { eat_nonce: '00'.repeat(32) } },
    ],
    [
      'a device’s token about another nonce',
      'nonce',
      'nras/nonce-mismatch',
      'GPU-0',
      gpuWith({ eat_nonce: '00' }),
    ],
    [
      'a device’s token about no nonce',
      'nonce',
      'nras/nonce-mismatch',
      'GPU-0',
      gpuWith({ eat_nonce: undefined }),
    ],
    ['that lists no devices', 'devices', 'nras/devices-mismatch', null, { overall: { submods: undefined } }],
    [
      'that lists another device',
      'devices',
      'nras/devices-mismatch',
      'GPU-0',
      { overall: { submods: { 'GPU-1': [] } } },
    ],
    [
      'with another digest',
      'devices',
      'nras/devices-mismatch',
      'GPU-0',
      digestWith('DIGEST', ['SHA-256', '00']),
    ],
    [
      'with a digest in another hash',
      'devices',
      'nras/devices-mismatch',
      'GPU-0',
      digestWith('DIGEST', ['SHA-1', '00']),
    ],
    [
      'with something else than a digest',
      'devices',
      'nras/devices-mismatch',
      'GPU-0',
      digestWith('JWT', ['SHA-256', '00']),
    ],
    [
      'in which a token was left out',
      'devices',
      'nras/devices-mismatch',
      null,
      { ...TWO, sent: ([overall, { 'GPU-0': gpu }]) => [overall, { 'GPU-0': gpu }] },
    ],
    [
      'in which a token was added',
      'devices',
      'nras/devices-mismatch',
      null,
      { sent: ([overall, { 'GPU-0': gpu }]) => [overall, { 'GPU-0': gpu, 'GPU-1': gpu }] },
    ],
    [
      'in which a token was exchanged',
      'devices',
      'nras/devices-mismatch',
      'SWITCH-0',
      { ...TWO, sent: ([overall, { 'GPU-0': gpu }]) => [overall, { 'SWITCH-0': gpu, 'GPU-0': gpu }] },
    ],
  ])('one %s: only %s fails', async (_, name, code, field, options) => {
    expect(troubles(await verifyNras(makeNrasInput(house, options)))).toEqual({ [name]: [code, field] });
  });

  const unvouched = (change: (key: Record<string, unknown>) => unknown): Partial<NrasInput> => ({
    keys: keySetOf(change(keyOf(house))),
  });
  const certificates = (...all: readonly Uint8Array[]) => ({ x5c: all.map(toBase64) });
  const { signer, intermediate, root } = house;
  const useless = makeCertificate({
    subject: 'useless',
    issuer: intermediate,
    keys: signer.keys,
    algorithm: 'RSASSA-PKCS1-v1_5',
    extensions: [keyUsage('keyAgreement')],
  });
  const late = makeCertificate({
    subject: 'late',
    issuer: intermediate,
    keys: signer.keys,
    algorithm: 'RSASSA-PKCS1-v1_5',
    notAfter: DURING,
  });

  it.each<[string, ReasonCode, Partial<NrasInput>]>([
    ['nobody trusts anybody', 'certificate/root-unknown', { trust: {} }],
    ['another key is pinned', 'certificate/root-unknown', { trust: { keys: [sha256(stranger.spki)] } }],
    [
      'another root is trusted',
      'certificate/root-unknown',
      { trust: { roots: [pinned(intermediate)], authorities: [root.certificate] } },
    ],
    ['the root is not given', 'certificate/root-unknown', { trust: { roots: [pinned(root)] } }],
    ['it has no certificate', 'nras/key-untrusted', unvouched(key => ({ ...key, x5c: [] }))],
    [
      'its certificate is of another key',
      'nras/key-untrusted',
      unvouched(key => ({ ...key, ...certificates(intermediate.certificate) })),
    ],
    [
      'its certificate is not for signing',
      'nras/key-untrusted',
      unvouched(key => ({ ...key, ...certificates(useless.certificate, intermediate.certificate) })),
    ],
    [
      'its certificate has ended',
      'certificate/expired',
      unvouched(key => ({ ...key, ...certificates(late.certificate, intermediate.certificate) })),
    ],
    ['its certificate is none', 'certificate/malformed', unvouched(key => ({ ...key, x5c: ['AAAA'] }))],
    ['its certificate is no base64', 'certificate/malformed', unvouched(key => ({ ...key, x5c: ['*'] }))],
  ])('a key for which nobody vouches: %s', async (_, code, change) => {
    const found = troubles(await verifyNras({ ...makeNrasInput(house), ...change }));
    expect(found.key?.[0]).toBe(code);
    expect(Object.keys(found)).toEqual(['key']);
  });

  it('a key that the set does not have: nothing is said of signatures', async () => {
    const keys = keySetOf({ ...keyOf(house), kid: 'another' });
    const report = await verifyNras({ ...makeNrasInput(house), keys });
    expect(report.checks.slice(0, 2)).toMatchObject([
      { name: 'key', status: 'fail', code: 'nras/key-unknown', field: 'overall' },
      { name: 'signature', status: 'not-checked', code: 'nras/key-unknown' },
    ]);
    expect(statusOf(report.checks)).toBe('refused');
    // What a token says that nobody has signed is not believed.
    const said = report.checks.slice(2);
    expect(said.map(({ name }) => name)).toEqual(['issuer', 'time', 'devices', 'nonce']);
    for (const check of said)
      expect(check).toMatchObject({ status: 'not-checked', code: 'evidence/prerequisite-failed' });
  });
});

describe('what cannot be read', () => {
  const raw = new TextDecoder().decode(makeAnswer(house));
  const tokenOf = (text: string) => utf8(JSON.stringify([['JWT', text], { 'GPU-0': text }]));
  const part = (text: string) => Buffer.from(text).toString('base64url');
  const good = part(JSON.stringify({ alg: 'ES384', kid: KEY_NAME }));
  it.each<[string, Uint8Array]>([
    ['nothing', utf8('')],
    ['no text', Uint8Array.of(0xff)],
    ['no list', utf8('{}')],
    ['a list of nothing', utf8('[]')],
    ['no devices', utf8('[["JWT","a.b.c"],{}]')],
    ['devices in a list', utf8(raw.replace('{"GPU-0":', '[').replace(/}]$/, ']]'))],
    ['another kind of token', utf8(raw.replace('JWT', 'CWT'))],
    ['a third member', utf8(raw.replace(/]$/, ',1]'))],
    ['a third member of the overall token', utf8(raw.replace('],{', ',1],{'))],
    ['a device of another name', utf8(raw.replace('GPU-0', 'CPU-0'))],
    ['a device that is no text', utf8(raw.replace(/"GPU-0":"[^"]*"/, '"GPU-0":1'))],
    ['a device twice', utf8(raw.replace(/("GPU-0":"[^"]*")/, '$1,$1'))],
    ['a character in another spelling', utf8(raw.replace('GPU-0', 'GPU-\\u0030'))],
    ['lists in lists', utf8('['.repeat(512 * 1024))],
    ['half a megabyte and more', utf8(`${raw}${' '.repeat(512 * 1024)}`)],
    [
      '33 devices',
      makeAnswer(house, {
        devices: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`GPU-${at}`, {}])),
      }),
    ],
    ['a token of two parts', tokenOf(`${good}.${part('{}')}`)],
    ['a token of four parts', tokenOf(`${good}.${part('{}')}.AAAA.AAAA`)],
    ['a token with a padded part', tokenOf(`${good}=.${part('{}')}.AAAA`)],
    ['a header that is no object', tokenOf(`${part('1')}.${part('{}')}.AAAA`)],
    ['a header without the name of a key', tokenOf(`${part('{"alg":"ES384"}')}.${part('{}')}.AAAA`)],
    ['claims that are no JSON', tokenOf(`${good}.${part('{')}.AAAA`)],
    ['claims in a list', tokenOf(`${good}.${part('[]')}.AAAA`)],
    ['claims twice', tokenOf(`${good}.${part('{"exp":1,"exp":2}')}.AAAA`)],
    ['claims twice inside', tokenOf(`${good}.${part('{"submods":{"GPU-0":1,"GPU-0":2}}')}.AAAA`)],
    ['a long token', tokenOf(`${good}.${part(JSON.stringify({ x: 'x'.repeat(32 * 1024) }))}.AAAA`)],
  ])('%s is no answer', async (_, answer) => {
    expect(await reasonOfAsync(() => verifyNras({ ...makeNrasInput(house), answer }))).toBe('nras/malformed');
  });

  const key = keyOf(house);
  it.each<[string, Uint8Array]>([
    ['nothing', utf8('')],
    ['no text', Uint8Array.of(0xff)],
    ['no keys', utf8('{}')],
    ['a list', utf8('[]')],
    ['keys twice', utf8('{"keys":[],"keys":[]}')],
    ['a key that is none', keySetOf(null)],
    ['a key of another curve', keySetOf({ ...key, crv: 'P-256' })],
    ['a key of another type', keySetOf({ ...key, kty: 'RSA' })],
    ['a key for another use', keySetOf({ ...key, use: 'enc' })],
    ['a key for another algorithm', keySetOf({ ...key, alg: 'ES256' })],
    ['a key without a name', keySetOf({ ...key, kid: undefined })],
    ['a key of half a point', keySetOf({ ...key, y: undefined })],
    ['a key of a short point', keySetOf({ ...key, y: 'AAAA' })],
    ['two keys of one name', keySetOf(key, key)],
    ['certificates that are no list', keySetOf({ ...key, x5c: 'x' })],
    ['certificates that are no text', keySetOf({ ...key, x5c: [1] })],
    ['eleven certificates', keySetOf({ ...key, x5c: new Array(11).fill('AAAA') })],
    ['257 keys', keySetOf(...Array.from({ length: 257 }, (_, at) => ({ ...key, kid: `${at}` })))],
    ['lists in lists', utf8('['.repeat(512 * 1024))],
    ['more than half a megabyte', concat(keySetOf(key), new Uint8Array(512 * 1024).fill(0x20))],
  ])('%s is no key set', async (_, keys) => {
    expect(await reasonOfAsync(() => verifyNras({ ...makeNrasInput(house), keys }))).toBe(
      'nras/keys-malformed',
    );
  });

  it('a point that is not on the curve signs nothing', async () => {
    const keys = keySetOf({ ...key, x: Buffer.alloc(48, 1).toString('base64url'), x5c: [] });
    const report = await verifyNras({ ...makeNrasInput(house), keys });
    expect(troubles(report)).toMatchObject({ signature: ['nras/signature-invalid', 'overall'] });
  });
});

describe('whatever is changed in an answer', () => {
  const input = makeNrasInput(house, { ...TWO, indent: 1 });

  async function reportOf(answer: Uint8Array): Promise<NrasReport | null> {
    try {
      return await verifyNras({ ...input, answer });
    } catch (error) {
      if (error instanceof Failure && error.code === 'nras/malformed') return null;
      throw error;
    }
  }

  it('no flipped bit of what is signed leaves it good, and the white space changes nothing', async () => {
    const { uncovered, signedRegion } = await verifyNras(input);
    const isCovered = (at: number) => !uncovered.some(({ from, to }) => from <= at && at < to);
    expect(uncovered.length).toBeGreaterThan(3);
    for (let at = 0; at < input.answer.length; at += thorough(1, 53)) {
      const answer = input.answer.slice();
      // A blank becomes a line end, and the other way round: that is what white space can be flipped to.
      answer[at] = isCovered(at) ? (answer[at] as number) ^ (1 << (at % 7)) : (answer[at] as number) ^ 0x2a;
      const report = await reportOf(answer);
      if (!isCovered(at)) expect(report === null ? null : troubles(report)).toEqual({});
      else if (report !== null) expect(statusOf(report.checks), `byte ${at}`).toBe('refused');
      if (report !== null && statusOf(report.checks) === 'accepted')
        expect(equal(report.signedRegion, signedRegion)).toBe(true);
    }
  });

  it('it is read or refused', async () => {
    const property = fc.asyncProperty(mutants([input.answer]), async bytes => {
      const report = await reportOf(bytes);
      if (report !== null && statusOf(report.checks) === 'accepted')
        expect(report.fields).toEqual((await verifyNras(input)).fields);
    });
    await fc.assert(property, { numRuns: thorough(2000, 50) });
  });
});
