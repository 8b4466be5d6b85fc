import { describe, expect, it } from 'vitest';
import { countersignAnswer } from '../../../test/support/evidence/providers.js';
import { reasonOf } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import '../../shell/node.js';
import { parseAttestationAnswer } from '../../evidence/countersign/answer.js';
import { attestationEvidence } from './attestation-evidence.js';
import { evidenceArtefactOf, evidenceJson } from './evidence-json.js';

describe('what a gateway answers about its machine, as evidence', () => {
  it.each([
    ['nitro', ['document']],
    ['sev-snp', ['report', 'vcek', 'authority', 'root']],
    ['tdx', ['quote']],
  ] as const)('%s: every piece, and the statement that it is bound by', (kind, roles) => {
    const bytes = countersignAnswer({ kind });
    const artefact = attestationEvidence(bytes);
    if (!('pieces' in artefact)) throw new Error('it is of a machine');
    expect([artefact.kind, artefact.pieces.map(({ role }) => role)]).toEqual([kind, roles]);
    expect(artefact.statement).toEqual(parseAttestationAnswer(bytes).statement);
    // It is what could have been handed in by hand.
    expect(evidenceArtefactOf(JSON.parse(JSON.stringify(evidenceJson(artefact))))).toEqual(artefact);
  });

  it('anything else is refused', () => {
    expect(reasonOf(() => attestationEvidence(utf8('{}')))).toBe('provider/answer-malformed');
  });
});
