/**
 * Judging evidence from its pieces alone: the verifier of its kind up to pinned roots, then the policy that is among the pieces. The same pieces at the
 * same time under the same roots always give the same checks, which is what makes a judgement something that can be disputed.
 */
import { toHex } from '../../bytes/hex.js';
import { type Json, sameJson } from '../../bytes/json.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { verifyNitro } from '../../evidence/nitro/verify.js';
import type { NvidiaArchitecture } from '../../evidence/nvidia/device.js';
import type { NrasTrust } from '../../evidence/nvidia/nras/key-set.js';
import { verifyNras } from '../../evidence/nvidia/nras/verify.js';
import { verifyNvidia } from '../../evidence/nvidia/verify.js';
import type { EvidenceCheck, EvidenceKind, EvidenceReport, EvidenceStatus } from '../../evidence/report.js';
import { decidingCode, statusOf } from '../../evidence/report.js';
import type { SnpProduct } from '../../evidence/snp/product.js';
import type { SnpRoot } from '../../evidence/snp/roots.js';
import { verifySnp } from '../../evidence/snp/verify.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { checkDcapPolicy } from '../evidence/dcap-policy.js';
import { appraiseNitro } from '../evidence/nitro-policy.js';
import { appraiseNras } from '../evidence/nras-policy.js';
import { appraiseNvidia } from '../evidence/nvidia-policy.js';
import { appraiseSnp } from '../evidence/snp-policy.js';
import { parsePolicy } from './policy-text.js';
import { type EvidenceRecord, keptCheck } from './record.js';
import { checkPieces, type Piece, type PieceRole } from './roles.js';

/** Evidence with all that it is judged with. */
export interface Material {
  readonly kind: EvidenceKind;
  readonly pieces: readonly Piece[];
}

/** Whom the one who judges relies on: by default the makers' own roots. They are never taken from what is judged. */
export interface EvidenceTrust {
  readonly nitro?: readonly PinnedRoot[];
  readonly snp?: readonly SnpRoot[];
  readonly dcap?: readonly PinnedRoot[];
  readonly nvidia?: readonly PinnedRoot[];
  readonly nvidiaReference?: readonly PinnedRoot[];
  /** SHA-256 of the SubjectPublicKeyInfo of OCSP responders of one's own. */
  readonly responders?: readonly Uint8Array[];
  /** Nobody, if it is left out: the attestation service has no root of its own. */
  readonly nras?: NrasTrust;
}

export interface Judgement {
  readonly report: EvidenceReport;
  /** Of the verifier and, behind them, of the policy. */
  readonly checks: readonly EvidenceCheck[];
  readonly status: EvidenceStatus;
  readonly code: ReasonCode | null;
}

/**
 * Judges at `asOf` (Unix seconds). Throws `archive/pieces-unfit` or `archive/policy-malformed` for material that is none, and what the verifier of the
 * kind throws for evidence that cannot be read.
 */
export async function judgeEvidence(
  material: Material,
  asOf: number,
  trust: EvidenceTrust = {},
): Promise<Judgement> {
  checkPieces(material.kind, material.pieces);
  const { report, checks } = await JUDGES[material.kind](new Pieces(material.pieces), asOf, trust);
  if (report.kind !== material.kind)
    throw new Failure('archive/pieces-unfit', { field: 'kind', detail: report.kind });
  return { report, checks, status: statusOf(checks), code: decidingCode(checks) };
}

/** Whether a judgement found what a record says that one has found: the same evidence, and check for check the same. */
export function agrees({ report, checks }: Judgement, record: EvidenceRecord): boolean {
  const found = checks.map(keptCheck) as unknown as Json;
  return (
    report.kind === record.kind &&
    toHex(report.signedRegion) === record.signedRegion &&
    toHex(report.whole) === record.whole &&
    sameJson(found, record.checks as unknown as Json)
  );
}

interface Judged {
  readonly report: EvidenceReport;
  readonly checks: readonly EvidenceCheck[];
}

type Judge = (pieces: Pieces, asOf: number, trust: EvidenceTrust) => Promise<Judged>;

const dcap: Judge = async (pieces, asOf, { dcap: roots }) => {
  const policy = parsePolicy('tdx', pieces.one('policy'));
  const report = await verifyDcap({
    quote: pieces.one('quote'),
    collateral: pieces.all('collateral')[0] ?? null,
    asOf,
    ...(roots === undefined ? {} : { roots }),
  });
  return { report, checks: [...report.checks, ...(await checkDcapPolicy(report, policy))] };
};

const JUDGES: Readonly<Record<EvidenceKind, Judge>> = {
  nitro: async (pieces, asOf, { nitro: roots }) => {
    const policy = parsePolicy('nitro', pieces.one('policy'));
    const report = await verifyNitro({
      document: pieces.one('document'),
      asOf,
      ...(roots === undefined ? {} : { roots }),
    });
    return { report, checks: await appraiseNitro(report, asOf, policy) };
  },
  'sev-snp': async (pieces, asOf, { snp: roots }) => {
    const policy = parsePolicy('sev-snp', pieces.one('policy'));
    const kind = pieces.all('vcek').length > 0 ? 'vcek' : 'vlek';
    const [authority, root, revocations] = (['authority', 'root', 'revocation-list'] as const).map(
      role => pieces.all(role)[0],
    );
    const product = pieces.choice<SnpProduct>('product', ['milan', 'genoa', 'turin']);
    const report = await verifySnp({
      report: pieces.one('report'),
      signer: { kind, certificate: pieces.one(kind) },
      asOf,
      ...(authority === undefined ? {} : { authority }),
      ...(root === undefined ? {} : { root }),
      ...(revocations === undefined ? {} : { revocations }),
      ...(product === null ? {} : { product }),
      ...(roots === undefined ? {} : { roots }),
    });
    return { report, checks: await appraiseSnp(report, policy) };
  },
  tdx: dcap,
  sgx: dcap,
  nvidia: async (pieces, asOf, trust) => {
    const policy = parsePolicy('nvidia', pieces.one('policy'));
    const [nonce, driverManifest, firmwareManifest] = (
      ['nonce', 'driver-manifest', 'firmware-manifest'] as const
    ).map(role => pieces.all(role)[0]);
    const architecture = pieces.choice<NvidiaArchitecture>('architecture', [
      'hopper',
      'blackwell',
      'nvswitch',
    ]);
    const report = await verifyNvidia({
      evidence: pieces.one('evidence'),
      certificateChain: pieces.one('chain'),
      asOf,
      revocation: {
        ocsp: pieces.all('ocsp'),
        revocationLists: pieces.all('revocation-list'),
        ...(trust.responders === undefined ? {} : { trustedResponders: trust.responders }),
      },
      ...(nonce === undefined ? {} : { nonce }),
      ...(architecture === null ? {} : { architecture }),
      ...(driverManifest === undefined ? {} : { driverManifest }),
      ...(firmwareManifest === undefined ? {} : { firmwareManifest }),
      ...(trust.nvidia === undefined ? {} : { roots: trust.nvidia }),
      ...(trust.nvidiaReference === undefined ? {} : { referenceRoots: trust.nvidiaReference }),
    });
    return { report, checks: await appraiseNvidia(report, policy) };
  },
  nras: async (pieces, asOf, { nras: trust = {} }) => {
    const policy = parsePolicy('nras', pieces.one('policy'));
    const [nonce] = pieces.all('nonce');
    const issuer = pieces.text('issuer');
    const report = await verifyNras({
      answer: pieces.one('answer'),
      keys: pieces.one('keys'),
      trust,
      asOf,
      ...(nonce === undefined ? {} : { nonce }),
      ...(issuer === null ? {} : { issuer }),
    });
    return { report, checks: await appraiseNras(report, policy) };
  },
};

class Pieces {
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  all(role: PieceRole): readonly Uint8Array[] {
    return this.#pieces.filter(piece => piece.role === role).map(({ bytes }) => bytes);
  }

  one(role: PieceRole): Uint8Array {
    const [bytes] = this.all(role);
    if (bytes === undefined) throw new Failure('archive/pieces-unfit', { field: role, detail: '0 of them' });
    return bytes;
  }

  text(role: PieceRole): string | null {
    const [bytes] = this.all(role);
    if (bytes === undefined) return null;
    const text = fromUtf8(bytes);
    if (text === null) throw new Failure('archive/pieces-unfit', { field: role, detail: 'no text' });
    return text;
  }

  choice<Choice extends string>(role: PieceRole, choices: readonly Choice[]): Choice | null {
    const text = this.text(role);
    if (text === null) return null;
    const choice = choices.find(each => each === text);
    if (choice === undefined)
      throw new Failure('archive/pieces-unfit', { field: role, detail: 'another text' });
    return choice;
  }
}
