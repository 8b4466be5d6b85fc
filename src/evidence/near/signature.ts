/**
 * Signatures that NEAR AI's gateway and models make over request and response, from `/v1/signature/<id>`. Source: `nearai/nearai-cloud-verifier`,
 * `ts/gateway/completion.ts`; NEAR AI's documentation of its cloud, "Verification".
 */
import * as v from 'valibot';
import { verifyEd25519 } from '../../bytes/cryptography.js';
import { isSoundPublicKey } from '../../bytes/ed25519.js';
import { fromHex } from '../../bytes/hex.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { personalMessageHash, recoverAddress } from '../../bytes/secp256k1.js';
import { Failure } from '../../reason.js';
import type { SigningIdentity } from '../dstack/report.js';
import { hexBytes, readForeign, textOf } from '../foreign-json.js';

export interface NearSignature {
  /** What was signed. */
  readonly text: string;
  /** SHA-256 of the exact bytes of the bodies, as the text has them. */
  readonly requestHash: Uint8Array;
  readonly responseHash: Uint8Array;
  /** The first part of a text of three. */
  readonly model: string | null;
  readonly signature: Uint8Array;
  readonly signer: SigningIdentity;
  /** Which component has signed: the trust domain that serves the model, or the gateway in front. Null in older answers, which do not say. */
  readonly kind: 'provider_tee' | 'gateway' | null;
}

const Form = {
  code: 'near/signature-malformed',
  maxBytes: 64 * 1024,
  schema: v.object({
    text: textOf(2048),
    signature: hexBytes(64, 65),
    signing_address: v.string(),
    signing_algo: v.pipe(v.string(), v.toLowerCase(), v.picklist(['ecdsa', 'ed25519'])),
    signature_kind: v.optional(v.nullable(v.picklist(['provider_tee', 'gateway'])), null),
  }),
} as const;

/** Throws `near/signature-malformed`. */
export function parseNearSignature(bytes: Uint8Array): NearSignature {
  const { read } = readForeign(bytes, Form);
  const isEcdsa = read.signing_algo === 'ecdsa';
  const address = v.safeParse(hexBytes(isEcdsa ? 20 : 32), read.signing_address);
  if (!address.success) throw malformed('signing_address');
  if (read.signature.length !== (isEcdsa ? 65 : 64)) throw malformed('signature');
  const parts = read.text.split(':');
  // A model's name may hold colons; digests do not.
  const [requestHash, responseHash] = parts
    .slice(-2)
    .map(part => (part.length === 64 ? fromHex(part) : null));
  if (parts.length < 2 || requestHash == null || responseHash == null) throw malformed('text');
  return {
    text: read.text,
    requestHash,
    responseHash,
    model: parts.length === 2 ? null : parts.slice(0, -2).join(':'),
    signature: read.signature,
    signer: isEcdsa
      ? { algorithm: 'ecdsa', address: address.output }
      : { algorithm: 'ed25519', key: address.output },
    kind: read.signature_kind,
  };
}

/** Whether whoever is named has signed the text. */
export function isNearSignature({ text, signature, signer }: NearSignature): boolean | Promise<boolean> {
  if (signer.algorithm === 'ed25519')
    return isSoundPublicKey(signer.key) && verifyEd25519(signer.key, utf8(text), signature);
  const address = recoverAddress(personalMessageHash(text), signature);
  return address !== null && equal(address, signer.address);
}

export function isSameSigner(a: SigningIdentity, b: SigningIdentity): boolean {
  if (a.algorithm === 'ecdsa') return b.algorithm === 'ecdsa' && equal(a.address, b.address);
  return b.algorithm === 'ed25519' && equal(a.key, b.key);
}

function malformed(field: string): Failure {
  return new Failure(Form.code, { field });
}
