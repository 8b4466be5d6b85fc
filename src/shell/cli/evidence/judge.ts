/** Files of evidence, judged each on its own and then as parts of one run. */
import { type CarryingField, carriersOf } from '../../../appraise/binding/conventions.js';
import type { Carrying, Edge, Run } from '../../../appraise/binding/run.js';
import { judgeRun, type PieceOfRun } from '../../../appraise/binding/whole-run.js';
import type { EvidencePart, HardwareReport } from '../../../appraise/evidence/appraised.js';
import { utf8 } from '../../../bytes/octets.js';
import type { EvidenceItem } from '../../../evidence/nvidia/evidence-file.js';
import { parseSnpReport } from '../../../evidence/snp/layout.js';
import { Failure } from '../../../reason.js';
import type { ConformanceAnswer } from '../conformance/answer.js';
import { judgeEvidence } from '../conformance/evidence.js';
import {
  type Circumstances,
  certificatesIn,
  dcapPart,
  nitroPart,
  nvidiaPart,
  snpPart,
} from '../conformance/evidence-input.js';
import { type Detected, detect } from './detect.js';
import type { EvidencePolicies } from './policies.js';

export interface GivenFiles {
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Certificates of those that come without, in their order. */
  readonly chains: readonly Uint8Array[];
  /** Intel's, for a quote. */
  readonly collateral: Uint8Array | null;
  readonly policies: EvidencePolicies;
  /** Of every piece that has the field. */
  readonly carries: readonly Carrying[];
  readonly others: Omit<Run, 'quote' | 'gpus'>;
}

export interface JudgedPiece {
  /** The file, and of several devices in it which one. */
  readonly name: string;
  readonly answer: ConformanceAnswer;
}

export interface JudgedFiles {
  readonly pieces: readonly JudgedPiece[];
  /** Null where there is nothing that could be bound to something. */
  readonly edges: readonly Edge[] | null;
  readonly status: ConformanceAnswer['status'];
  readonly code: ConformanceAnswer['code'];
}

/** Throws `binding/several-machines`, and what reading a statement or a receipt throws. */
export async function judgeFiles(given: GivenFiles, circumstances: Circumstances): Promise<JudgedFiles> {
  const chains = [...given.chains];
  const pieces: JudgedPiece[] = [];
  const ofRun: PieceOfRun[] = [];
  for (const { path, bytes } of given.files)
    for (const { name, part } of partsIn(path, bytes, { given, chains, circumstances })) {
      const { answer, appraised } = await judgeEvidence(part);
      pieces.push({ name, answer });
      if (appraised !== null) ofRun.push({ appraised, carries: carriesOf(appraised.report, given.carries) });
    }
  const unreadable = pieces.find(({ answer }) => answer.evidenceDigest === null);
  if (unreadable !== undefined)
    return { pieces, edges: null, status: unreadable.answer.status, code: unreadable.answer.code };
  const others = Object.values(given.others).filter(other => other !== null);
  if (ofRun.length + others.length > 1) return { pieces, ...(await judgeRun(ofRun, given.others)) };
  const [only] = pieces;
  return { pieces, edges: null, status: only?.answer.status ?? 'malformed', code: only?.answer.code ?? null };
}

interface Context {
  readonly given: GivenFiles;
  /** Those that are left: each is for one piece. */
  readonly chains: Uint8Array[];
  readonly circumstances: Circumstances;
}

interface NamedPart {
  readonly name: string;
  readonly part: () => EvidencePart;
}

function partsIn(path: string, bytes: Uint8Array, context: Context): readonly NamedPart[] {
  let detected: Detected;
  try {
    detected = detect(bytes);
  } catch (error) {
    return [
      {
        name: path,
        part: () => {
          throw error;
        },
      },
    ];
  }
  if (detected.kind !== 'nvidia-file') return [{ name: path, part: partOf(detected, context) }];
  const { devices } = detected;
  return devices.map((device, at) => ({
    name: devices.length === 1 ? path : `${path}[${at}]`,
    part: () => deviceIn(device, context),
  }));
}

function partOf(
  { kind, bytes }: Exclude<Detected, { readonly kind: 'nvidia-file' }>,
  { given: { policies, collateral, others, carries }, chains, circumstances }: Context,
): () => EvidencePart {
  const chain = kind === 'snp' || kind === 'spdm' ? chains.shift() : undefined;
  return () => {
    switch (kind) {
      case 'nitro':
        return nitroPart({ document: bytes, ...withPolicy(policies.nitro) }, circumstances);
      case 'dcap':
        return dcapPart(
          { quote: bytes, ...(collateral === null ? {} : { collateral }), ...withPolicy(policies.tdx) },
          circumstances,
        );
      case 'snp':
        return snpPart(
          { report: bytes, ...snpChain(bytes, chain), ...withPolicy(policies.snp) },
          circumstances,
        );
      case 'spdm':
        if (chain === undefined) throw new Failure('evidence/certificates-missing');
        return nvidiaPart(
          {
            evidence: bytes,
            certificateChain: chain,
            ...nonceOf(others.nonce, carries),
            ...withPolicy(policies.nvidia),
          },
          circumstances,
        );
    }
  };
}

function deviceIn(
  { evidence, certificateChain }: EvidenceItem,
  { given, circumstances }: Context,
): EvidencePart {
  const chain = utf8(certificateChain);
  const nonce = nonceOf(given.others.nonce, given.carries);
  return nvidiaPart(
    { evidence, certificateChain: chain, ...nonce, ...withPolicy(given.policies.nvidia) },
    circumstances,
  );
}

/** Certificates in DER, or in PEM from the signer's on. Which kind of key it is, the report says, and the verifier checks it. */
function snpChain(
  report: Uint8Array,
  chain: Uint8Array | undefined,
): {
  readonly vcek?: Uint8Array;
  readonly vlek?: Uint8Array;
  readonly ask?: Uint8Array;
  readonly ark?: Uint8Array;
} {
  if (chain === undefined) throw new Failure('evidence/certificates-missing');
  const [signer, ask, ark] = certificatesIn(chain, 3);
  const { signingKey } = parseSnpReport(report).stated;
  return {
    [signingKey === 'vlek' ? 'vlek' : 'vcek']: signer,
    ...(ask === undefined ? {} : { ask }),
    ...(ark === undefined ? {} : { ark }),
  };
}

const withPolicy = <Policy>(policy: Policy | undefined) => (policy === undefined ? {} : { policy });

/** Where a GPU was asked with something else, the nonce is the quote's to carry. */
function nonceOf(nonce: Uint8Array | null, carries: readonly Carrying[]): { readonly nonce?: Uint8Array } {
  const isElse = carries.some(({ field, convention }) => field === 'nonce' && convention !== 'plain-nonce');
  return nonce === null || isElse ? {} : { nonce };
}

/** Null where none of them is about a field of it. */
function carriesOf(report: HardwareReport, all: readonly Carrying[]): readonly Carrying[] | null {
  const fields = Object.keys(carriersOf(report)) as CarryingField[];
  const own = all.filter(({ field }) => fields.includes(field));
  return own.length === 0 ? null : own;
}
