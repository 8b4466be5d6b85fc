/** Hardware evidence as `interop/evidence` sees it, a second implementation in Go, and as we do: one question for both, and what each makes of it. */
import { execFileSync } from 'node:child_process';
import { inject } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { toHex } from '../../src/bytes/hex.js';
import { verifyDcap } from '../../src/evidence/dcap/verify.js';
import { verifyNitro } from '../../src/evidence/nitro/verify.js';
import { verifyNvidia } from '../../src/evidence/nvidia/verify.js';
import type { EvidenceCheck } from '../../src/evidence/report.js';
import type { SnpRoot } from '../../src/evidence/snp/roots.js';
import { verifySnp } from '../../src/evidence/snp/verify.js';
import type { PinnedRoot } from '../../src/evidence/x509/chain.js';
import { Failure } from '../../src/reason.js';
import './build-programs.js';

export type Kind = 'nitro' | 'snp' | 'dcap' | 'nvidia';

export interface Question {
  readonly kind: Kind;
  /** What it is, for whoever reads about a disagreement. */
  readonly what: string;
  /** By the names that the peer has for them: a document, certificates, lists. Chains of NVIDIA's are PEM, the others DER. */
  readonly bytes: Readonly<Record<string, Uint8Array>>;
  /** Unix seconds. */
  readonly asOf: number;
  readonly roots: readonly PinnedRoot[];
}

/** Each check that was made, with whether it passed; null where there was nothing to check. */
export type Findings = ReadonlyMap<string, boolean> | null;

const { evidence } = inject('goPrograms');

export const missing: string | null = evidence.missing;

export function askPeer(questions: readonly Question[]): { findings: Findings; said: string }[] {
  if (evidence.missing !== null) throw new Error(evidence.missing);
  const input = questions.map(({ kind, bytes, asOf, roots }) => {
    const encoded = Object.entries(bytes).map(([name, value]) => [name, toBase64(value)]);
    const pinned = roots.map(({ spkiSha256 }) => toHex(spkiSha256));
    return `${JSON.stringify({ kind, with: { ...Object.fromEntries(encoded), asOf, roots: pinned } })}\n`;
  });
  const output = execFileSync(evidence.path, { input: input.join(''), encoding: 'utf8', maxBuffer: 1 << 28 });
  return output
    .trimEnd()
    .split('\n')
    .map(said => {
      const { checks } = JSON.parse(said) as { checks?: Record<string, string> };
      const findings = checks && new Map(Object.entries(checks).map(([name, why]) => [name, why === '']));
      return { findings: findings ?? null, said };
    });
}

/** The checks that the peer makes as well. Others are about what documents say. */
const SHARED: Readonly<Record<Kind, readonly string[]>> = {
  nitro: ['chain', 'signature', 'current'],
  snp: ['chain', 'signature'],
  dcap: ['quote-signature', 'attestation-key', 'pck-chain', 'qe-report-signature'],
  nvidia: ['chain', 'signature', 'nonce'],
};
const SHARED_WITH: Readonly<Record<string, readonly string[]>> = {
  revocations: ['revocation'],
  collateral: [
    ...['tcb-info-chain', 'tcb-info-signature', 'qe-identity-chain', 'qe-identity-signature'],
    ...['revocation-chain', 'pck-revocation', 'authority-revocation', 'signer-revocation'],
  ],
};

/** The names of the checks that count for a question. */
export function sharedChecks({ kind, bytes }: Question): readonly string[] {
  return [...SHARED[kind], ...Object.keys(bytes).flatMap(name => SHARED_WITH[name] ?? [])];
}

export async function ourFindings(question: Question): Promise<{ findings: Findings; said: string }> {
  try {
    const checks = await checksOf(question);
    const made = checks.filter(({ status }) => status !== 'not-checked');
    return {
      findings: new Map(made.map(({ name, status }) => [name, status === 'pass'])),
      said: JSON.stringify(checks.map(check => [check.name, 'code' in check ? check.code : 'pass'])),
    };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { findings: null, said: error.message };
  }
}

async function checksOf({ kind, bytes, asOf, roots }: Question): Promise<readonly EvidenceCheck[]> {
  const of = (name: string): Uint8Array => {
    const value = bytes[name];
    if (value === undefined) throw new Error(`a question of ${kind} without ${name}`);
    return value;
  };
  switch (kind) {
    case 'nitro':
      return (await verifyNitro({ document: of('document'), asOf, roots })).checks;
    case 'snp': {
      const { revocations } = bytes;
      const report = await verifySnp({
        report: of('report'),
        signer: { kind: 'vcek', certificate: of('signer') },
        authority: of('authority'),
        root: of('root'),
        ...(revocations && { revocations }),
        asOf,
        roots: roots.map((root): SnpRoot => ({ product: 'milan', ...root })),
      });
      return report.checks;
    }
    case 'dcap':
      return (await verifyDcap({ quote: of('quote'), collateral: bytes.collateral ?? null, asOf, roots }))
        .checks;
    case 'nvidia': {
      const input = { evidence: of('evidence'), certificateChain: of('certificateChain') };
      return (await verifyNvidia({ ...input, nonce: of('nonce'), asOf, roots })).checks;
    }
  }
}

/**
 * What the two do not agree about, in words, or null. A check that only one of them has made is no disagreement by itself, as long as both
 * accept the whole or neither does.
 */
export function disagreement(question: Question, ours: Findings, theirs: Findings): string | null {
  const shared = sharedChecks(question);
  for (const name of shared) {
    const [own, other] = [ours?.get(name), theirs?.get(name)];
    if (own !== undefined && other !== undefined && own !== other)
      return `${name}: ${own ? 'accepted here, refused there' : 'refused here, accepted there'}`;
  }
  const [own, other] = [ours, theirs].map(findings => shared.every(name => findings?.get(name) === true));
  if (own === other) return null;
  return own ? 'accepted here, refused there' : 'refused here, accepted there';
}
