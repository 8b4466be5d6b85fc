import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import { KINDS, namesOf, testMaterial, withPiece } from '../../../test/support/evidence/material.js';
import { makeDevice, makeInput } from '../../../test/support/evidence/nvidia.js';
import { makeSnp } from '../../../test/support/evidence/snp.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOf } from '../../../test/support/failure.js';
import { utf8 } from '../../bytes/octets.js';
import type { EvidencePart } from '../evidence/appraised.js';
import { DEFAULT_NVIDIA_POLICY } from '../evidence/nvidia-policy.js';
import { SAFE_SNP_POLICY } from '../evidence/snp-policy.js';
import { materialOf, partOf } from './material.js';
import { checkPieces, type PieceRole } from './roles.js';

describe.each(KINDS)('material of %s', kind => {
  const { material, trust } = testMaterial(kind);

  it('is what the verifier takes, and the other way round', () => {
    const part = partOf(material, DURING, trust);
    expect(namesOf(materialOf(part))).toEqual(namesOf(material));
    expect(materialOf(part).kind).toBe(kind);
    expect(partOf(materialOf(part), DURING, trust)).toEqual(part);
    expect(part.input.asOf).toBe(DURING);
  });

  it('has neither times nor roots in it', () => {
    const parts = [partOf(material, DURING, trust), partOf(material, DURING + 1, {})] as const;
    expect(namesOf(materialOf(parts[0]))).toEqual(namesOf(materialOf(parts[1])));
  });
});

describe('what was left out', () => {
  it('of a device is no piece', () => {
    const { evidence, certificateChain } = makeInput(makeDevice());
    const input = { evidence, certificateChain, asOf: DURING };
    const material = materialOf({ kind: 'nvidia', input, policy: DEFAULT_NVIDIA_POLICY });
    expect(material.pieces.map(({ role }) => role)).toEqual(['evidence', 'chain', 'policy']);
    expect(() => checkPieces('nvidia', material.pieces)).not.toThrow();
  });

  it('of a report is no piece, and its key is of one kind', () => {
    const { report, signer } = makeSnp({ kind: 'vlek' });
    const part: EvidencePart = {
      kind: 'sev-snp',
      input: { report, signer, asOf: DURING },
      policy: SAFE_SNP_POLICY,
    };
    expect(materialOf(part).pieces.map(({ role }) => role)).toEqual(['report', 'vlek', 'policy']);
    expect(partOf(materialOf(part), DURING)).toEqual(part);
  });
});

it.each<readonly [(typeof KINDS)[number], PieceRole, Uint8Array | null]>([
  ['nitro', 'document', null],
  ['sev-snp', 'product', utf8('naples')],
  ['sev-snp', 'product', Uint8Array.of(0xff)],
  ['nvidia', 'architecture', utf8('volta')],
  ['nras', 'issuer', Uint8Array.of(0xff)],
  ['nras', 'keys', null],
])('%s with another %s is none: archive/pieces-unfit', (kind, role, bytes) => {
  const { material } = testMaterial(kind);
  expect(reasonOf(() => partOf(withPiece(material, role, bytes), DURING))).toBe('archive/pieces-unfit');
});
