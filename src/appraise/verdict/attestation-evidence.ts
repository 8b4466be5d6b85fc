/** What a gateway answers about its own machine, as evidence of the receipts that it signs there. */
import { parseAttestationAnswer } from '../../evidence/countersign/answer.js';
import type { ProviderEvidence } from '../../evidence/providers/provider.js';
import type { Piece } from '../kept/roles.js';

/** Evidence of a gateway's machine, and the statement that binds it to the gateway's key and epoch: hardware evidence as appraisers take it. */
export interface MachineEvidence {
  readonly kind: ProviderEvidence['kind'];
  readonly pieces: readonly Piece[];
  readonly statement: Uint8Array;
}

/**
 * With what came along, and no more: what Intel or AMD have published about the machine is not in such an answer, and a check that needs it is not made.
 * Throws `provider/answer-malformed` or `binding/statement-malformed`.
 */
export function attestationEvidence(bytes: Uint8Array): MachineEvidence {
  const { evidence, statement } = parseAttestationAnswer(bytes);
  return { kind: evidence.kind, pieces: piecesOf(evidence), statement };
}

function piecesOf(evidence: ProviderEvidence): readonly Piece[] {
  switch (evidence.kind) {
    case 'nitro':
      return [{ role: 'document', bytes: evidence.document }];
    case 'tdx':
      return [{ role: 'quote', bytes: evidence.quote }];
    case 'sev-snp': {
      const { report, signer, authority, root } = evidence;
      return [
        { role: 'report', bytes: report },
        { role: signer.kind, bytes: signer.certificate },
        ...(authority === null ? [] : [{ role: 'authority', bytes: authority } as const]),
        ...(root === null ? [] : [{ role: 'root', bytes: root } as const]),
      ];
    }
  }
}
