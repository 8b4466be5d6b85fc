/**
 * Another gateway of ours that runs in a confidential machine. Its statement names the key at which its TLS ends and the key that signs its receipts, so that
 * what it answers and what it has signed are both of what was attested. Source: spec/binding.md.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { AttestedProvider, BoundKey } from '../providers/provider.js';
import { parseAttestationAnswer } from './answer.js';

export const COUNTERSIGN: AttestedProvider = {
  name: 'countersign',
  serves: 'attestation',
  attests: 'another gateway of this kind, with the key that signs its receipts (SEV-SNP, TDX or Nitro)',
  known: 'by its maker',
  nonceBytes: 32,
  attestationRequests: nonce => [
    { method: 'GET', path: `/v1/attestation?nonce=${toHex(nonce)}`, body: null },
  ],
  read: ([answer = new Uint8Array()], nonce) => {
    const { evidence, statement, stated } = parseAttestationAnswer(answer);
    const { issuer, tls } = stated;
    if (stated.nonce === null || !equal(stated.nonce, nonce))
      throw new Failure('provider/nonce-mismatch', { field: 'statement.nonce' });
    const ofTls: readonly BoundKey[] =
      tls === null ? [] : [{ use: 'tls', of: 'key', sha256: tls, host: null }];
    return [
      {
        name: null,
        evidence,
        carried: [
          {
            field: evidence.kind === 'nitro' ? 'userData' : 'reportData',
            extent: 'whole',
            octets: sha256(statement),
            binds: ['nonce', 'signing', ...(tls === null ? [] : (['tls'] as const))],
          },
        ],
        boundKeys: [{ use: 'signing', form: 'ed25519', octets: issuer.publicKey }, ...ofTls],
        deployment: null,
      },
    ];
  },
};
