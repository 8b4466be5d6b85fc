import { describe, expect, it } from 'vitest';
import { ATTESTING_MACHINES, attestedRun } from '../../../test/support/attested-runs.js';
import { reasonOf } from '../../../test/support/failure.js';
import { toBase64 } from '../../bytes/base64.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { concatAll, utf8 } from '../../bytes/octets.js';
import '../../shell/node.js';
import { MAX_PIECE_BYTES } from '../kept/roles.js';
import type { MachineEvidence } from './attestation-evidence.js';
import { evidenceArtefactOf, evidenceJson } from './evidence-json.js';
import { formatGatewayAttestation, parseGatewayAttestation } from './gateway-attestation.js';

const evidenceOf = (machine: (typeof ATTESTING_MACHINES)[number]) =>
  attestedRun({ machine }).evidence as MachineEvidence;
const EVIDENCE = evidenceOf('tdx');

/** As it is written, with another value for some members. */
const changed = (change: Readonly<Record<string, Json>>) =>
  canonicalize({ ...(evidenceJson(EVIDENCE) as Json as object), ...change });

describe('spec/binding.md: the evidence that receipts name of their gateway', () => {
  it.each(ATTESTING_MACHINES)('is what an appraiser is handed: %s', machine => {
    const evidence = evidenceOf(machine);
    const document = formatGatewayAttestation(evidence);
    expect(parseGatewayAttestation(document)).toEqual(evidence);
    expect(evidenceArtefactOf(JSON.parse(new TextDecoder().decode(document)))).toEqual(evidence);
  });

  it.each<readonly [string, Uint8Array, string]>([
    ['no JSON', utf8('x'), 'appraisal/evidence-unreadable'],
    ['no object', utf8('[]'), 'appraisal/evidence-unreadable'],
    ['another way to write it', concatAll([changed({}), utf8('\n')]), 'appraisal/evidence-unreadable'],
    ['a member more', changed({ other: null }), 'appraisal/evidence-unreadable'],
    ['no piece', changed({ pieces: [] }), 'appraisal/evidence-unreadable'],
    [
      'a piece in no role',
      changed({ pieces: [{ bytes: 'AA==', role: 'x' }] }),
      'appraisal/evidence-unreadable',
    ],
    ['no statement', changed({ statement: null }), 'appraisal/evidence-unreadable'],
    ['a statement that is none', changed({ statement: toBase64(utf8('{}')) }), 'binding/statement-malformed'],
    ['a GPU', changed({ kind: 'nvidia' }), 'appraisal/evidence-unreadable'],
    [
      'the receipt of an upstream',
      canonicalize({ envelope: 'AA==', kind: 'countersign-receipt' }),
      'appraisal/evidence-unreadable',
    ],
    ['too much', new Uint8Array(MAX_PIECE_BYTES + 1), 'appraisal/evidence-unreadable'],
  ])('%s: it is none', (_, bytes, code) => {
    expect(reasonOf(() => parseGatewayAttestation(bytes))).toBe(code);
  });

  it('is not written where nobody would fetch it', () => {
    const pieces = [
      ...EVIDENCE.pieces,
      { role: 'collateral' as const, bytes: new Uint8Array(MAX_PIECE_BYTES) },
    ];
    expect(reasonOf(() => formatGatewayAttestation({ ...EVIDENCE, pieces }))).toBe(
      'appraisal/evidence-unreadable',
    );
  });
});
