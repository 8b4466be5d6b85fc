/**
 * Answers of a machine in an enclave or a confidential VM, under receipts by the key that its evidence binds: honest in every way, unless a test changes
 * one thing before whatever covers it is signed.
 */

import type { EvidenceTrust } from '../../src/appraise/kept/material.js';
import type { Piece } from '../../src/appraise/kept/roles.js';
import type { EvidenceArtefact } from '../../src/appraise/verdict/weighed-evidence.js';
import type { Cbor } from '../../src/bytes/cbor.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { type AttestedStatement, formatAttested } from '../../src/evidence/countersign/statement.js';
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
export const RUN_ROOTS: EvidenceTrust = {
  nitro: NITRO_TEST_ROOTS,
  snp: snpTestRoots('milan'),
  dcap: [ROOT],
};

const repeated = (octet: string) => octet.repeat(48);

/** The software of all of them: a release for each kind of machine, with all that it has to name. */
export const RUN_RELEASES = [
  { name: 'in an enclave', measurements: [toHex(measurement(0))] },
  { name: 'in a virtual machine', measurements: [repeated('33')] },
  { name: 'in a trust domain', measurements: [repeated('d0'), repeated('a1'), repeated('a2')] },
];

/** Asks for all that an honest run shows. */
export const RUN_POLICY: Json = {
  name: 'only on machines that we know',
  requires: { place: 'hardware', record: 'witnessed', model: 'asserted' },
  evidence: { 'sev-snp': { minimumTcb: null } },
  releases: RUN_RELEASES,
};

export function attestedRun({ machine = 'tdx', ...changes }: RunChanges = {}): AttestedRun {
  const honest: AttestedStatement = {
    issuer: ISSUER.key,
    tls: null,
    epoch: SAMPLE_RECEIPT.epoch,
    nonce: null,
  };
  const statement = formatAttested({ ...honest, ...changes.statement });
  const carried = formatAttested({ ...honest, ...changes.statement, ...changes.carried });
  const pieces = MAKERS[machine](sha256(carried), changes);
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
    evidence: { kind: machine, pieces: changes.pieces?.(pieces) ?? pieces, statement },
  };
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
