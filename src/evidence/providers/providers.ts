/** All providers whose attestation is known here, by name. docs/providers.md says of each what it proves. */

import { fromBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { COUNTERSIGN } from '../countersign/provider.js';
import { parseNitroDocument } from '../nitro/document.js';
import { attestedDigests } from '../opengradient/user-data.js';
import { CHUTES } from './chutes.js';
import { ACI, NEAR, PHALA } from './dstack.js';
import type { AttestedProvider, Provider, ProviderName, UnattestedProvider } from './provider.js';
import { TINFOIL } from './tinfoil.js';

/** Source: `OpenGradient/tee-gateway`, README and `examples/verify_attestation.py`; `brave/nitriding-daemon`, which serves the document. */
const OPENGRADIENT: AttestedProvider = {
  name: 'opengradient',
  serves: 'attestation',
  attests: 'the gateway in front of the providers that are asked, in an AWS Nitro enclave',
  known: 'by its maker',
  nonceBytes: 20,
  attestationRequests: nonce => [
    { method: 'GET', path: `/enclave/attestation?nonce=${toHex(nonce)}`, body: null },
  ],
  read: ([answer = new Uint8Array()], nonce) => {
    const text = answer.length > MAX_TEXT ? null : fromUtf8(answer);
    const document = text === null ? null : fromBase64(text.trim());
    if (document === null) throw new Failure('provider/answer-malformed', { detail: 'no base64' });
    const { fields } = parseNitroDocument(document);
    if (fields.nonce === null || !equal(fields.nonce, nonce))
      throw new Failure('provider/nonce-mismatch', { field: 'nonce' });
    const { tlsCertificate, signingKey } = attestedDigests(fields.userData);
    return [
      {
        name: fields.moduleId,
        evidence: { kind: 'nitro', document },
        carried: [
          { field: 'nonce', extent: 'whole', octets: nonce, binds: ['nonce'] },
          {
            field: 'userData',
            extent: 'whole',
            octets: fields.userData as Uint8Array,
            binds: ['tls', 'signing'],
          },
        ],
        boundKeys: [
          { use: 'tls', of: 'certificate', sha256: tlsCertificate, host: null },
          { use: 'signing', form: 'spki-sha256', octets: signingKey },
        ],
        deployment: null,
      },
    ];
  },
};

const MAX_TEXT = 32 * 1024;

/**
 * Its clients attest a coordinator in a protocol of their own (Contrast's attested TLS over gRPC), which attests the workers to them and gives out the keys; there is nothing that
 * whoever asks over HTTP could check. Source: `edgelesssys/privatemode-public`; Privatemode's documentation, "Attestation".
 */
const PRIVATEMODE: UnattestedProvider = {
  name: 'privatemode',
  serves: 'nothing',
  attests: 'nothing over HTTP: its own proxy attests it, and is to be run beside the gateway',
  known: 'by its maker',
  code: 'provider/unattestable',
};

export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  tinfoil: TINFOIL,
  near: NEAR,
  phala: PHALA,
  aci: ACI,
  chutes: CHUTES,
  opengradient: OPENGRADIENT,
  privatemode: PRIVATEMODE,
  countersign: COUNTERSIGN,
};

/** Throws `provider/unattestable` for one that serves nothing to check. */
export function attestedProvider(name: ProviderName): AttestedProvider {
  const provider = PROVIDERS[name];
  if (provider.serves === 'nothing') throw new Failure(provider.code, { field: name });
  return provider;
}
