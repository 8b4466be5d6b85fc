/** Revocations as the sample log holds them, and as bundles carry them. */
import type { TrustFile } from '../../src/appraise/trust.js';
import { canonicalize, type Json } from '../../src/bytes/json.js';
import { keyLabel } from '../../src/note/key.js';
import { type Envelope, envelopeJson, seal } from '../../src/receipt/envelope.js';
import { type Revocation, revocationStatement } from '../../src/receipt/revocation.js';
import { ISSUER } from './parties.js';
import { makeProof, type Recipe, type Sealing } from './sample-exchange.js';
import { COMPLETED, SAMPLE_RECEIPT } from './sample-receipt.js';

/** When the sample's revocations were decided: after it was completed, and before it is judged. */
export const DECIDED = COMPLETED + 60_000;

/** Of the weights that the sample's receipt names. */
export const OF_MODEL: Revocation = {
  field: 'model',
  reason: 'compromised',
  since: null,
  value: SAMPLE_RECEIPT.model.digest as string,
};
/** Of a chip that may be behind the sample's evidence. */
export const OF_CHIP: Revocation = {
  field: 'chip',
  reason: 'vulnerable',
  since: null,
  value: 'ab'.repeat(64),
};

export interface Making {
  readonly decided?: number;
  readonly sequence?: number;
  readonly seal?: Sealing;
  /** The label that the statement names, where it is another than that of who seals. */
  readonly issuer?: string;
  readonly payload?: (genuine: Uint8Array) => Uint8Array;
  readonly proof?: Recipe;
}

const OWN: Sealing = { keyId: keyLabel(ISSUER.key), signer: ISSUER.signer };

export function revocationEnvelope(revocation: Revocation, making: Making = {}): Envelope {
  const { decided = DECIDED, sequence = 0, seal: sealing = OWN, issuer = sealing.keyId, payload } = making;
  const genuine = revocationStatement(revocation, issuer, decided, sequence);
  return seal(payload?.(genuine) ?? genuine, sealing.keyId, sealing.signer);
}

/** A member of a bundle's `revocations`. */
export async function carriedRevocation(revocation: Revocation, making: Making = {}): Promise<Json> {
  const envelope = envelopeJson(revocationEnvelope(revocation, making));
  const proof = await makeProof(making.proof ?? {}, canonicalize(envelope));
  return { envelope, proof };
}

/** A bundle that carries these. */
export function carrying(...revocations: readonly Json[]): Recipe {
  return { bundle: genuine => ({ ...(genuine as Record<string, Json>), revocations: [...revocations] }) };
}

/** The same as a trust file lists it. */
export function listed(
  { field, reason, since, value }: Revocation,
  decided = DECIDED,
): NonNullable<TrustFile['revocations']>[number] {
  return { field, value, reason, ...(since === null ? {} : { since }), decided };
}
