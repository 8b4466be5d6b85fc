import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  ATTESTED_ISSUER,
  countersignAnswer,
  evidenceCarrying,
  NONCE,
  TLS_KEY,
} from '../../../test/support/evidence/providers.js';
import { reasonOf } from '../../../test/support/failure.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { utf8 } from '../../bytes/octets.js';
import { formatAttestationAnswer, MAX_ATTESTATION_BYTES, parseAttestationAnswer } from './answer.js';
import { COUNTERSIGN } from './provider.js';

const KINDS = ['nitro', 'sev-snp', 'tdx'] as const;
const changed = (change: (answer: Record<string, Json>) => void): Uint8Array => {
  const answer = parseCanonical(countersignAnswer()) as Record<string, Json>;
  change(answer);
  return canonicalize(answer);
};

describe('what a gateway answers about its machine', () => {
  it.each(KINDS)('%s comes back as it was written, with what the statement says', kind => {
    const bytes = countersignAnswer({ kind });
    const { evidence, statement, stated } = parseAttestationAnswer(bytes);
    expect(formatAttestationAnswer({ evidence, statement })).toEqual(bytes);
    expect(evidence.kind).toBe(kind);
    expect(stated).toMatchObject({ issuer: ATTESTED_ISSUER.key, tls: TLS_KEY, nonce: NONCE });
  });

  it('SEV-SNP: a signer whose authorities did not come along, and one that is lent to a cloud', () => {
    const { statement } = parseAttestationAnswer(countersignAnswer());
    const evidence = { ...evidenceCarrying('sev-snp', NONCE, { kind: 'vlek' }), authority: null, root: null };
    expect(parseAttestationAnswer(formatAttestationAnswer({ evidence, statement })).evidence).toEqual(
      evidence,
    );
  });

  it.each<readonly [string, Uint8Array]>([
    ['nothing', utf8('')],
    ['a list', utf8('[]')],
    ['more than there can be', new Uint8Array(MAX_ATTESTATION_BYTES + 1)],
    ['written otherwise', utf8(` ${new TextDecoder().decode(countersignAnswer())}`)],
    ['another type', changed(answer => Object.assign(answer, { type: 'urn:countersign:attestation:v2' }))],
    ['a member more', changed(answer => Object.assign(answer, { nonce: null }))],
    ['no evidence', changed(answer => Object.assign(answer, { evidence: null }))],
    [
      'evidence of a kind that there is not',
      changed(answer => Object.assign(answer, { evidence: { kind: 'sgx', quote: 'AA==' } })),
    ],
    [
      'a quote without a byte',
      changed(answer => Object.assign(answer, { evidence: { kind: 'tdx', quote: '' } })),
    ],
    [
      'a quote that is no base64',
      changed(answer => Object.assign(answer, { evidence: { kind: 'tdx', quote: 'AA' } })),
    ],
  ])('%s is none', (_, bytes) => {
    expect(reasonOf(() => parseAttestationAnswer(bytes))).toBe('provider/answer-malformed');
  });

  it('a statement that is none is said to be that', () => {
    const bytes = changed(answer => Object.assign(answer, { statement: 'AAAA' }));
    expect(reasonOf(() => parseAttestationAnswer(bytes))).toBe('binding/statement-malformed');
  });

  it('any bytes are read or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        expect(reasonOf(() => parseAttestationAnswer(bytes))).toBe('provider/answer-malformed');
      }),
    );
  });
});

describe('the provider', () => {
  it('a statement for another nonce, or for nobody’s, is refused', () => {
    for (const nonce of [NONCE.with(0, 255), null])
      expect(reasonOf(() => COUNTERSIGN.read([countersignAnswer({ nonce })], NONCE))).toBe(
        'provider/nonce-mismatch',
      );
  });

  it('binds the key of its receipts, and of TLS only where it ends there', () => {
    const usesOf = (tls: Uint8Array | null) =>
      COUNTERSIGN.read([countersignAnswer({ tls })], NONCE).flatMap(({ boundKeys }) =>
        boundKeys.map(({ use }) => use),
      );
    expect(usesOf(TLS_KEY)).toEqual(['signing', 'tls']);
    expect(usesOf(null)).toEqual(['signing']);
  });
});
