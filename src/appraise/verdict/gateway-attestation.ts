/**
 * Evidence of the machine that a gateway runs in, as the gateway keeps it for the receipts that name it: one document with all that it is judged with, in the
 * form in which evidence is handed to an appraiser. It comes from a gateway that nobody trusts. Normative: spec/binding.md.
 */
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { parseAttested } from '../../evidence/countersign/statement.js';
import { Failure } from '../../reason.js';
import { MAX_PIECE_BYTES } from '../kept/roles.js';
import type { MachineEvidence } from './attestation-evidence.js';
import { evidenceArtefactOf, evidenceJson } from './evidence-json.js';

/** As receipts call such evidence. */
export const GATEWAY_ATTESTATION = 'gateway-attestation';
export const GATEWAY_ATTESTATION_MEDIA_TYPE = 'application/json';

/** The machines that a gateway of ours can run in. */
const KINDS: readonly string[] = ['nitro', 'sev-snp', 'tdx'] satisfies readonly MachineEvidence['kind'][];

/** Canonical JSON. Throws what {@link parseGatewayAttestation} throws for what would be no such document. */
export function formatGatewayAttestation(evidence: MachineEvidence): Uint8Array {
  const bytes = canonicalize(evidenceJson(evidence) as Json);
  parseGatewayAttestation(bytes);
  return bytes;
}

/**
 * Exactly what {@link formatGatewayAttestation} writes, up to 1 MiB. Throws `appraisal/evidence-unreadable`, or `binding/statement-malformed` for a statement that is none; whether
 * the evidence can be read, whoever judges it finds out.
 */
export function parseGatewayAttestation(bytes: Uint8Array): MachineEvidence {
  if (bytes.length > MAX_PIECE_BYTES) throw unreadable(`${bytes.length} bytes`);
  const artefact = evidenceArtefactOf(jsonOf(bytes));
  if (!isOfMachine(artefact)) throw unreadable(`${artefact.kind} without a gateway's statement`);
  parseAttested(artefact.statement);
  return artefact;
}

function isOfMachine(artefact: ReturnType<typeof evidenceArtefactOf>): artefact is MachineEvidence {
  return 'pieces' in artefact && KINDS.includes(artefact.kind) && artefact.statement !== null;
}

function jsonOf(bytes: Uint8Array): Json {
  try {
    return parseCanonical(bytes);
  } catch (error) {
    if (error instanceof Failure) throw unreadable(error.code);
    throw error;
  }
}

function unreadable(detail: string): Failure {
  return new Failure('appraisal/evidence-unreadable', { field: GATEWAY_ATTESTATION, detail });
}
