/** Runs whose parts belong together, each from a seed: no two seeds have a part in common. */
import {
  CONVENTIONS,
  type ConventionName,
  type Ingredient,
  valueBy,
} from '../../src/appraise/binding/conventions.js';
import type { BoundEvidence, Run } from '../../src/appraise/binding/run.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import { utf8 } from '../../src/bytes/octets.js';
import { formatAttested } from '../../src/evidence/countersign/statement.js';
import { keyLabel } from '../../src/note/key.js';
import { seal } from '../../src/receipt/envelope.js';
import { commit } from '../../src/receipt/opening.js';
import { RECEIPT, receiptSubject } from '../../src/receipt/receipt.js';
import { writeStatement } from '../../src/receipt/statement.js';
import { testKey } from './keys.js';
import { SAMPLE_RECEIPT } from './sample-receipt.js';

export type Machine = 'nitro' | 'sev-snp' | 'tdx' | 'sgx';
export const MACHINES: readonly Machine[] = ['nitro', 'sev-snp', 'tdx', 'sgx'];

export interface RunOptions {
  readonly machine?: Machine;
  readonly gpus?: number;
  /** What the quote carries, and what the GPUs are asked with. */
  readonly quote?: ConventionName;
  readonly gpu?: ConventionName;
}

/** Our own convention unless the options have another. */
export function makeRun(seed: number, options: RunOptions = {}): Run {
  const { machine = 'tdx', gpus = 1 } = options;
  const conventions = { quote: 'sha-256-statement', gpu: 'sha-256-statement', ...options } as const;
  const fill = (length: number, what: number) =>
    Uint8Array.from({ length }, (_, at) => (seed * 31 + what * 7 + at * 3) & 0xff);
  const { key, signer } = testKey('issuer.example', seed + 1);
  const epoch = `${String.fromCharCode(97 + (seed % 26)).repeat(25)}2`;
  const [nonce, tls, opening] = [fill(32, 1), sha256(fill(32, 2)), fill(32, 3)];
  const statement = formatAttested({ issuer: key, tls, epoch, nonce });
  const ingredients: Partial<Record<Ingredient, Uint8Array>> = {
    key: key.publicKey,
    tls,
    nonce,
    statement,
    'gpu-nonce': fill(32, 4),
  };
  const carriedBy = (convention: ConventionName) => {
    const value = valueBy(CONVENTIONS[convention], ingredients);
    if (value === null) throw new Error(`${convention} of nothing`);
    return value;
  };
  const reportData = new Uint8Array(64);
  reportData.set(carriedBy(conventions.quote));
  ingredients['report-data'] = machine === 'nitro' ? carriedBy(conventions.quote) : reportData;
  // A GPU whose nonce goes into the quote is asked before.
  const usesNonce = CONVENTIONS[conventions.quote].of.some(name => name === 'gpu-nonce');
  const gpuNonce = usesNonce
    ? (ingredients['gpu-nonce'] as Uint8Array)
    : carriedBy(conventions.gpu).slice(0, 32);
  const field = machine === 'nitro' ? 'userData' : 'reportData';
  const [request, response] = [utf8(`a question, ${seed}`), utf8(`an answer, ${seed}`)];
  const payload = writeStatement(RECEIPT, {
    subject: receiptSubject(toHex(commit(opening, 'request', request)), {
      form: 'body',
      commitment: toHex(commit(opening, 'response', response)),
    }),
    predicate: { ...SAMPLE_RECEIPT, issuer: keyLabel(key), epoch },
  });
  return {
    quote: {
      name: machine,
      status: 'accepted',
      carriers:
        machine === 'nitro'
          ? { userData: { value: carriedBy(conventions.quote), size: 'free' } }
          : { reportData: { value: reportData, size: 'fixed' } },
      carries: [{ field, convention: conventions.quote }],
    },
    gpus: Array.from(
      { length: gpus },
      (_, at): BoundEvidence => ({
        name: `nvidia ${at + 1}`,
        status: 'accepted',
        carriers: { nonce: { value: gpuNonce, size: 'fixed' } },
        carries: usesNonce ? [] : [{ field: 'nonce', convention: conventions.gpu }],
      }),
    ),
    nonce,
    key: { kind: 'issuer', key },
    tls,
    epoch,
    statement,
    receipt: seal(payload, keyLabel(key), signer),
    body: { opening, request, response },
  };
}

/** The parts of {@link makeRun} that a run can do without. */
export const NO_PARTS = {
  quote: null,
  gpus: [],
  nonce: null,
  key: null,
  tls: null,
  epoch: null,
  statement: null,
  receipt: null,
  body: null,
} as const satisfies Run;
