import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { selfSigned } from '../../../test/support/certificate.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { countersignAnswer, NONCE } from '../../../test/support/evidence/providers.js';
import { TEST_ROOTS } from '../../../test/support/evidence/roots.js';
import { DURING, makeAuthority } from '../../../test/support/evidence/x509-maker.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { sha256 } from '../../bytes/cryptography.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { SAFE_DCAP_POLICY } from '../evidence/dcap-policy.js';
import { SAFE_NITRO_POLICY } from '../evidence/nitro-policy.js';
import { SAFE_SNP_POLICY } from '../evidence/snp-policy.js';
import {
  appraiseUpstreamAttestation,
  formatUpstreamAttestation,
  isBoundToConnection,
  MAX_UPSTREAM_ATTESTATION_BYTES,
  parseUpstreamAttestation,
  tlsKeyOf,
  type UpstreamAttestation,
} from './upstream-attestation.js';

const SERVER = makeAuthority({ subject: 'upstream.example', type: 'P-256' });
const KEY = sha256(SERVER.keys.spki);
const CIRCUMSTANCES = {
  roots: TEST_ROOTS,
  policies: { nitro: SAFE_NITRO_POLICY, snp: SAFE_SNP_POLICY, dcap: SAFE_DCAP_POLICY },
};

function attestation(change: Partial<UpstreamAttestation> = {}): UpstreamAttestation {
  return {
    provider: 'countersign',
    host: 'upstream.example',
    nonce: NONCE,
    answers: [countersignAnswer({ kind: 'tdx', tls: KEY })],
    certificate: SERVER.certificate,
    asked: DURING + 1,
    collateral: makeCollateral(),
    revocations: null,
    ...change,
  };
}

const changed = (change: Record<string, Json>): Uint8Array =>
  canonicalize({
    ...(parseCanonical(formatUpstreamAttestation(attestation())) as Record<string, Json>),
    ...change,
  });

describe('the record of how an upstream has attested itself', () => {
  it('comes back as it was written, and is judged from itself alone', async () => {
    const whole = attestation();
    const bytes = formatUpstreamAttestation(whole);
    const read = parseUpstreamAttestation(bytes);
    expect(read).toEqual(whole);
    expect(formatUpstreamAttestation(read)).toEqual(bytes);
    const judged = await appraiseUpstreamAttestation(read, CIRCUMSTANCES);
    expect([judged.status, judged.code, isBoundToConnection(judged)]).toEqual(['accepted', null, true]);
    expect(tlsKeyOf(read)).toEqual(KEY);
  });

  it.each<readonly [string, Partial<UpstreamAttestation>, string]>([
    [
      'another certificate',
      { certificate: makeAuthority({ subject: 'x', type: 'P-256' }).certificate },
      'provider/tls-mismatch',
    ],
    ['another nonce', { nonce: NONCE.with(0, 200) }, 'provider/nonce-mismatch'],
    ['collateral of nobody', { collateral: null }, 'collateral/missing'],
    ['another time', { asked: DURING + 30 * 365 * 86_400 }, 'certificate/expired'],
  ])('%s: it is not accepted', async (_, change, code) => {
    const judging = appraiseUpstreamAttestation(attestation(change), CIRCUMSTANCES);
    expect(
      await judging.then(
        judged => judged.code,
        error =>
          failureOf(() => {
            throw error;
          }).code,
      ),
    ).toBe(code);
  });

  it.each<readonly [string, Record<string, Json>]>([
    ['another type', { type: 'urn:countersign:upstream-attestation:v2' }],
    ['no answer', { answers: [] }],
    ['more answers than anybody is asked for', { answers: ['AA==', 'AA==', 'AA==', 'AA==', 'AA=='] }],
    ['an answer that is no base64', { answers: ['A'] }],
    ['a provider that there is not', { provider: 'constructor' }],
    ['a nonce in capitals', { nonce: 'AB'.repeat(32) }],
    ['a host with a path', { host: 'a/b' }],
    ['a time that is none', { asked: -1 }],
    ['a member more', { other: null }],
  ])('%s: it is none', (_, change) => {
    expect(reasonOf(() => parseUpstreamAttestation(changed(change)))).toBe('attestation/document-malformed');
  });

  it.each<readonly [string, Uint8Array]>([
    ['no JSON', utf8('x')],
    ['too much', new Uint8Array(MAX_UPSTREAM_ATTESTATION_BYTES + 1)],
  ])('%s: it is none', (_, bytes) => {
    expect(reasonOf(() => parseUpstreamAttestation(bytes))).toBe('attestation/document-malformed');
  });

  it('finds the key in certificates of whatever form, and none in what is no certificate', () => {
    const { publicKey, raw } = new X509Certificate(selfSigned().cert);
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(tlsKeyOf({ certificate: new Uint8Array(raw) })).toEqual(sha256(new Uint8Array(spki)));
    for (const certificate of [utf8('x'), Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 2, 0x30, 0)])
      expect(reasonOf(() => tlsKeyOf({ certificate }))).toBe('attestation/document-malformed');
  });
});
