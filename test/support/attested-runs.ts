/**
 * Answers of a machine in an enclave or a confidential VM, under receipts by the key that its evidence binds: honest in every way, unless a test changes
 * one thing before whatever covers it is signed.
 */

import type { EvidenceTrust } from '../../src/appraise/kept/material.js';
import type { Piece, PieceRole } from '../../src/appraise/kept/roles.js';
import type { EvidenceArtefact } from '../../src/appraise/verdict/weighed-evidence.js';
import type { Cbor } from '../../src/bytes/cbor.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { formatAttestationAnswer } from '../../src/evidence/countersign/answer.js';
import { type AttestedStatement, formatAttested } from '../../src/evidence/countersign/statement.js';
import type { ProviderEvidence } from '../../src/evidence/providers/provider.js';
import type { Receipt } from '../../src/receipt/receipt.js';
import {
  AT,
  type CollateralChanges,
  makeCollateral,
  makeQuote,
  type QuoteChanges,
  ROOT,
} from './evidence/dcap.js';
import { MADE_AT, makeNitro, measurement, NITRO_TEST_ROOTS } from './evidence/nitro.js';
import { makeSnp, type SnpOptions, snpTestRoots } from './evidence/snp.js';
import { ISSUER } from './parties.js';
import type { Recipe } from './sample-exchange.js';
import { COMPLETED, SAMPLE_RECEIPT } from './sample-receipt.js';

export type AttestingMachine = 'nitro' | 'sev-snp' | 'tdx';
export const ATTESTING_MACHINES: readonly AttestingMachine[] = ['nitro', 'sev-snp', 'tdx'];

/** One thing that differs from an honest run. */
export interface RunChanges {
  readonly machine?: AttestingMachine;
  /** The statement that is handed in. */
  readonly statement?: Partial<AttestedStatement>;
  /** That whose digest the evidence carries, where it is another. */
  readonly carried?: Partial<AttestedStatement>;
  readonly nitro?: Readonly<Record<string, Cbor | undefined>>;
  readonly snp?: SnpOptions;
  readonly quote?: QuoteChanges;
  readonly collateral?: CollateralChanges;
  readonly pieces?: (pieces: readonly Piece[]) => readonly Piece[];
  readonly receipt?: (receipt: Receipt) => Receipt;
  readonly seal?: NonNullable<Recipe['seal']>;
  /** Milliseconds from the making of the evidence to the end of the answer; five seconds unless this differs. */
  readonly later?: number;
}

export interface AttestedRun {
  readonly recipe: Recipe;
  readonly evidence: EvidenceArtefact;
}

/** The roots under which the evidence of all of them is. */
export const RUN_ROOTS = {
  nitro: NITRO_TEST_ROOTS,
  snp: snpTestRoots('milan'),
  dcap: [ROOT],
} satisfies EvidenceTrust;

const repeated = (octet: string) => octet.repeat(48);

/** The software of all of them: a release for each kind of machine, with all that it has to name. */
export const RUN_RELEASES = [
  { name: 'in an enclave', measurements: [toHex(measurement(0))] },
  { name: 'in a virtual machine', measurements: [repeated('33')] },
  { name: 'in a trust domain', measurements: [repeated('d0'), repeated('a1'), repeated('a2')] },
];

/** The same software, as the policy of an upstream names it, by kind. */
export const RUN_SOFTWARE = {
  nitro: { pcrs: { '0': [toHex(measurement(0))] } },
  'sev-snp': { measurements: [repeated('33')], minimumTcb: null },
  tdx: { measurements: { mrTd: [repeated('d0')], rtMr1: [repeated('a1')], rtMr2: [repeated('a2')] } },
} satisfies Readonly<Record<AttestingMachine, Json>>;

/** Asks for all that an honest run shows. */
export const RUN_POLICY = {
  name: 'only on machines that we know',
  requires: { place: 'hardware', record: 'witnessed', model: 'asserted' },
  evidence: { 'sev-snp': { minimumTcb: null } },
  releases: RUN_RELEASES,
} satisfies Json;

/** What is stated by the machine that signs the sample's receipt, to nobody's question. */
const UNASKED: AttestedStatement = {
  issuer: ISSUER.key,
  tls: null,
  epoch: SAMPLE_RECEIPT.epoch,
  nonce: null,
};

export function attestedRun(changes: RunChanges = {}): AttestedRun {
  const evidence = attestedBy(UNASKED, changes);
  const since = MADE_AT + (changes.later ?? 5000) - COMPLETED;
  const moved = (receipt: Receipt): Receipt => ({
    ...receipt,
    upstream: { origin: 'built-in:', requestId: null, signature: null, tlsSpki: null },
    attempts: receipt.attempts.map(each => ({
      ...each,
      ended: each.ended + since,
      started: each.started + since,
    })),
    time: {
      ...receipt.time,
      completed: receipt.time.completed + since,
      firstByte: (receipt.time.firstByte ?? 0) + since,
      received: receipt.time.received + since,
    },
  });
  return {
    recipe: {
      receipt: receipt => changes.receipt?.(moved(receipt)) ?? moved(receipt),
      ...(changes.seal === undefined ? {} : { seal: changes.seal }),
    },
    evidence,
  };
}

/** Hardware evidence with its statement and all that it is judged with. */
export type MachineArtefact = Extract<EvidenceArtefact, { readonly pieces: unknown }>;

/** `honest`: what would be stated, were nothing changed. */
function attestedBy(honest: AttestedStatement, { machine = 'tdx', ...changes }: RunChanges): MachineArtefact {
  const statement = formatAttested({ ...honest, ...changes.statement });
  const carried = formatAttested({ ...honest, ...changes.statement, ...changes.carried });
  const pieces = MAKERS[machine](sha256(carried), changes);
  return { kind: machine, pieces: changes.pieces?.(pieces) ?? pieces, statement };
}

/** What a machine answers the gateway that asks it before it sends anything: forged by the same changes as a run. */
export interface AttestedAnswer {
  readonly answer: Uint8Array;
  /** What its maker is said to have published about it; null where nothing is needed. */
  readonly collateral: Uint8Array | null;
}

/** `asked`: the nonce, and SHA-256 of the key at which the machine's TLS ends. */
export function attestedAnswer(
  asked: Pick<AttestedStatement, 'nonce' | 'tls'>,
  changes: RunChanges = {},
): AttestedAnswer {
  const made = attestedBy({ ...UNASKED, ...asked }, changes);
  const answer = formatAttestationAnswer({
    evidence: providerEvidence(made),
    statement: made.statement as Uint8Array,
  });
  return { answer, collateral: pieceOf(made, 'collateral') };
}

/** Evidence of such a machine that carries these 32 bytes, as the machine gives it. */
export function machineEvidence(
  machine: AttestingMachine,
  carried: Uint8Array,
  changes: RunChanges = {},
): ProviderEvidence {
  return providerEvidence({ kind: machine, pieces: MAKERS[machine](carried, changes), statement: null });
}

function providerEvidence(made: MachineArtefact): ProviderEvidence {
  const piece = (role: PieceRole) => pieceOf(made, role) as Uint8Array;
  switch (made.kind) {
    case 'nitro':
      return { kind: 'nitro', document: piece('document') };
    case 'tdx':
      return { kind: 'tdx', quote: piece('quote') };
    case 'sev-snp':
      return {
        kind: 'sev-snp',
        report: piece('report'),
        signer: { kind: 'vcek', certificate: piece('vcek') },
        authority: piece('authority'),
        root: piece('root'),
        revocations: null,
      };
    default:
      throw new Error(`no gateway of ours runs on ${made.kind}`);
  }
}

export function pieceOf({ pieces }: MachineArtefact, wanted: PieceRole): Uint8Array | null {
  return pieces.find(({ role }) => role === wanted)?.bytes ?? null;
}

const REPORT_DATA_OF_SNP = 0x50;

/** `digest`: what the evidence carries of its statement, 32 bytes. */
const MAKERS: Readonly<
  Record<AttestingMachine, (digest: Uint8Array, changes: RunChanges) => readonly Piece[]>
> = {
  nitro: (digest, { nitro = {} }) => [
    { role: 'document', bytes: makeNitro({ members: { user_data: digest, ...nitro } }) },
  ],
  'sev-snp': (digest, { snp = {} }) => {
    const { report, signer, authority, root } = makeSnp({
      ...snp,
      edit: (view, bytes) => {
        bytes.fill(0, REPORT_DATA_OF_SNP, REPORT_DATA_OF_SNP + 64);
        bytes.set(digest, REPORT_DATA_OF_SNP);
        snp.edit?.(view, bytes);
      },
    });
    return [
      { role: 'report', bytes: report },
      { role: signer.kind, bytes: signer.certificate },
      { role: 'authority', bytes: authority as Uint8Array },
      { role: 'root', bytes: root as Uint8Array },
    ];
  },
  tdx: (digest, { quote = {}, collateral = {} }) => [
    {
      role: 'quote',
      bytes: makeQuote({
        ...quote,
        body: body => {
          body.fill(0, AT.td.reportData, AT.td.reportData + 64);
          body.set(digest, AT.td.reportData);
          quote.body?.(body);
        },
      }),
    },
    { role: 'collateral', bytes: makeCollateral(collateral) },
  ],
};
