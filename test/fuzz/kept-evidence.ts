/** The readers of what the archive keeps: records of judgements, policies, and the evidence that receipts name of their own gateway. */
import {
  formatPolicy,
  type PolicyOf,
  parsePolicy,
  USUAL_POLICY,
} from '../../src/appraise/kept/policy-text.js';
import {
  type EvidenceRecord,
  formatEvidenceRecord,
  parseEvidenceRecord,
} from '../../src/appraise/kept/record.js';
import type { MachineEvidence } from '../../src/appraise/verdict/attestation-evidence.js';
import {
  formatGatewayAttestation,
  parseGatewayAttestation,
} from '../../src/appraise/verdict/gateway-attestation.js';
import { ATTESTING_MACHINES, attestedRun } from '../support/attested-runs.js';
import type { Reader } from './reader.js';

const RECORD: EvidenceRecord = {
  kind: 'nitro',
  signedRegion: 'a'.repeat(64),
  whole: 'b'.repeat(64),
  pieces: [
    { role: 'document', digest: 'b'.repeat(64), length: 4000, fetched: null },
    { role: 'policy', digest: 'c'.repeat(64), length: 120, fetched: 1_750_000_000 },
  ],
  asOf: 1_750_000_000,
  checks: [
    { name: 'chain', status: 'pass' },
    {
      name: 'current',
      status: 'fail',
      code: 'certificate/expired',
      field: 'certificate 0',
      detail: null,
      waived: false,
    },
  ],
};

const policyReader = <Kind extends keyof PolicyOf>(kind: Kind): Reader => ({
  name: `a policy about ${kind}`,
  genuine: [formatPolicy(kind, USUAL_POLICY[kind])],
  codes: ['archive/policy-malformed'],
  writeBack: bytes => formatPolicy(kind, parsePolicy(kind, bytes)),
});

export const KEPT_READERS: readonly Reader[] = [
  {
    name: 'the record of a judgement',
    genuine: [formatEvidenceRecord(RECORD)],
    codes: ['archive/record-malformed', 'archive/pieces-unfit'],
    writeBack: bytes => formatEvidenceRecord(parseEvidenceRecord(bytes)),
  },
  {
    name: 'the evidence that receipts name of their gateway',
    genuine: ATTESTING_MACHINES.map(machine =>
      formatGatewayAttestation(attestedRun({ machine }).evidence as MachineEvidence),
    ),
    codes: ['appraisal/evidence-unreadable', 'binding/statement-malformed'],
    writeBack: bytes => formatGatewayAttestation(parseGatewayAttestation(bytes)),
  },
  policyReader('nitro'),
  policyReader('sev-snp'),
  policyReader('tdx'),
  policyReader('nvidia'),
  policyReader('nras'),
];
