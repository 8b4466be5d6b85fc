/**
 * Runs that are forged in one way each, and who refutes them by which code: whoever verifies the bundle with its evidence, the gateway before it sends anything
 * to such a machine, and a validator. Where one of them cannot see it, it says why.
 */

import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { keyLabel } from '../../src/note/key.js';
import type { ReasonCode } from '../../src/reason.js';
import { envelopeBytes, seal } from '../../src/receipt/envelope.js';
import { defaultPolicy, policyStatement } from '../../src/receipt/policy.js';
import type { RevocationField } from '../../src/receipt/revocation-words.js';
import {
  type AttestedRun,
  attestedRun,
  RUN_POLICY,
  RUN_RELEASES,
  RUN_SOFTWARE,
  type RunChanges,
} from './attested-runs.js';
import { AT, ISSUED } from './evidence/dcap.js';
import { measurement } from './evidence/nitro.js';
import { CHIP_ID, tcbOctets } from './evidence/snp.js';
import { ISSUER, STRANGER } from './parties.js';
import { upstreamRun } from './upstream-runs.js';

/** What refutes it, and the code; or in words why nothing there can. */
export type Cell = Refutation | string;
type Refutation = readonly [where: string, code: ReasonCode];

/** How a machine answers the gateway that asks what it is, and by what it is judged. */
export interface AskedForgery {
  readonly code: ReasonCode;
  readonly changes: RunChanges;
  /** What the upstream's configuration says of evidence, beyond the software that it names. */
  readonly evidence?: Readonly<Record<string, Json>>;
}

export interface ForgedRun {
  readonly what: string;
  readonly run: AttestedRun;
  /** By which it is appraised; the usual one, where it is left out. */
  readonly policy?: Json;
  /** The entry of the gateway's policy that is handed in with the bundle. */
  readonly policyEntry?: Uint8Array;
  /** What the log has revoked, and the trust file lists. */
  readonly revoked?: { readonly field: RevocationField; readonly value: string };
  /** The check. */
  readonly verify: Refutation;
  readonly gateway: AskedForgery | string;
  /** The clause of the verdict. */
  readonly validator: Cell;
}

const NONCE = new Uint8Array(32).fill(7);
const OTHER_NONCE = new Uint8Array(32).fill(8);
const HOUR = 3_600_000;
const policyWith = (change: Readonly<Record<string, Json>>): Json => ({ ...RUN_POLICY, ...change });
/** Of an upstream it is known who took the request, and no more. */
const HANDOFF = policyWith({ requires: { place: 'handoff', record: 'witnessed' } });

/** One that is forged in the same way wherever it is shown. */
function everywhere(
  what: string,
  changes: RunChanges,
  code: ReasonCode,
  more: Partial<ForgedRun> & { readonly asked?: Partial<AskedForgery> } = {},
): ForgedRun {
  const { asked, ...rest } = more;
  const cell = ['evidence', code] as const;
  return {
    what,
    run: attestedRun(changes),
    verify: cell,
    gateway: { code, changes, ...asked },
    validator: cell,
    ...rest,
  };
}

/** One whose parts are of different runs. */
function unbound(
  what: string,
  run: AttestedRun,
  code: ReasonCode,
  gateway: ForgedRun['gateway'],
  policy?: Json,
): ForgedRun {
  const cell = ['binding', code] as const;
  return { what, run, verify: cell, gateway, validator: cell, ...(policy === undefined ? {} : { policy }) };
}

const LEAST_OF_AMD = { milan: { bootLoader: 200, tee: 0, snp: 0, microcode: 0 } };
const NO_RECEIPT_YET = 'before anything is sent there is no receipt that could be somebody else’s';
const POLICY_OF_ANOTHER_GATEWAY = envelopeBytes(
  seal(
    policyStatement(defaultPolicy(['another']), keyLabel(ISSUER.key)),
    keyLabel(ISSUER.key),
    ISSUER.signer,
  ),
);

/** What a validator has published that is forged: only who audits it is shown that. */
export const FORGED_VERDICTS = {
  policy: {
    what: 'an appraisal policy that the validator has logged only after its verdicts',
    code: 'verdict/policy-unlogged',
  },
  collateral: {
    what: 'a verdict shown with other collateral than it was made from',
    code: 'misbehaviour/artefact-mismatch',
  },
} as const satisfies Readonly<Record<string, { readonly what: string; readonly code: ReasonCode }>>;

/** Why the others cannot see it. */
export const NO_VERDICT = {
  verify: 'a bundle carries no verdict: that is for compare, verify-misbehaviour and validator audit',
  gateway: 'before anything is sent there is nothing to give a verdict on',
} as const;

export const FORGED_RUNS: readonly ForgedRun[] = [
  unbound(
    'a nonce that was another',
    attestedRun({ statement: { nonce: NONCE }, carried: { nonce: OTHER_NONCE } }),
    'binding/value-mismatch',
    { code: 'provider/nonce-mismatch', changes: { statement: { nonce: OTHER_NONCE } } },
  ),
  unbound(
    'swapped halves: the evidence of one run beside the statement of another',
    { recipe: attestedRun().recipe, evidence: attestedRun({ carried: { issuer: STRANGER.key } }).evidence },
    'binding/value-mismatch',
    { code: 'provider/binding-mismatch', changes: { carried: { issuer: STRANGER.key } } },
  ),
  unbound(
    'evidence and statement of a machine that did not sign the receipt',
    attestedRun({ statement: { issuer: STRANGER.key } }),
    'binding/receipt-key-mismatch',
    NO_RECEIPT_YET,
  ),
  everywhere(
    'evidence that is older than the policy allows',
    { machine: 'nitro', later: 2.4 * HOUR },
    'nitro/stale',
    {
      policy: policyWith({ evidence: { nitro: { maximumAge: 3600 } } }),
      asked: { evidence: { nitro: { maximumAge: 3600 } } },
    },
  ),
  everywhere(
    'evidence whose certificate had expired before the answer',
    { machine: 'nitro', later: 4 * HOUR },
    'certificate/expired',
  ),
  everywhere(
    'collateral that had expired before the answer',
    { later: 40 * 24 * HOUR },
    'collateral/tcb-info-expired',
  ),
  everywhere(
    'a processor that its maker has revoked',
    { collateral: { pckCrl: { revoked: [{ serial: 3, at: ISSUED - 60 }] } } },
    'certificate/revoked',
  ),
  everywhere('a chip that the log has revoked', { machine: 'sev-snp' }, 'revocation/chip', {
    revoked: { field: 'chip', value: toHex(CHIP_ID) },
  }),
  everywhere('a TCB level that the log has revoked', { machine: 'sev-snp' }, 'revocation/tcb', {
    revoked: { field: 'tcb', value: `milan:${toHex(tcbOctets('milan'))}` },
  }),
  everywhere('software that the log has revoked', { machine: 'nitro' }, 'revocation/measurement', {
    revoked: { field: 'measurement', value: toHex(measurement(0)) },
  }),
  everywhere(
    'an enclave in debug mode',
    {
      machine: 'nitro',
      nitro: { pcrs: new Map([0, 1, 2, 3].map(register => [register, new Uint8Array(48)])) },
    },
    'nitro/debug',
  ),
  everywhere(
    'a virtual machine in debug mode',
    { machine: 'sev-snp', snp: { edit: view => view.setBigUint64(0x08, 0xb001fn, true) } },
    'snp/debug',
  ),
  everywhere(
    'a trust domain in debug mode',
    { quote: { body: body => body.set([1], AT.td.tdAttributes) } },
    'quote/debug',
  ),
  everywhere(
    'the TCB of a trust domain set back',
    { quote: { body: body => body.set([4], AT.td.teeTcbSvn) } },
    'quote/tcb-status-refused',
  ),
  everywhere('the TCB of a virtual machine behind the least', { machine: 'sev-snp' }, 'snp/tcb-refused', {
    policy: policyWith({ evidence: { 'sev-snp': { minimumTcb: LEAST_OF_AMD } } }),
    asked: { evidence: { 'sev-snp': { ...RUN_SOFTWARE['sev-snp'], minimumTcb: LEAST_OF_AMD } } },
  }),
  everywhere('another release in the enclave', { machine: 'nitro' }, 'appraisal/release-unknown', {
    policy: policyWith({ releases: RUN_RELEASES.slice(1) }),
    asked: { code: 'nitro/measurement-refused', evidence: { nitro: { pcrs: { '0': ['34'.repeat(48)] } } } },
  }),
  everywhere(
    'another release in the virtual machine',
    { machine: 'sev-snp', snp: { edit: (_, bytes) => bytes.fill(0x34, 0x90, 0xc0) } },
    'appraisal/release-unknown',
    { asked: { code: 'snp/measurement-refused' } },
  ),
  everywhere(
    'another kernel in the trust domain',
    { quote: { body: body => body.fill(0xa9, 328 + 48, 376 + 48) } },
    'appraisal/release-unknown',
    { asked: { code: 'quote/measurement-refused' } },
  ),
  {
    what: 'the receipt of an issuer whom nobody knows',
    run: attestedRun({
      seal: () => ({ keyId: keyLabel(STRANGER.key), signer: STRANGER.signer }),
      receipt: receipt => ({ ...receipt, issuer: keyLabel(STRANGER.key) }),
    }),
    verify: ['signature', 'envelope/issuer-unknown'],
    gateway: NO_RECEIPT_YET,
    validator: ['signature', 'envelope/issuer-unknown'],
  },
  unbound(
    'a connection that ended at another TLS key than the one that was attested',
    upstreamRun({ connected: OTHER_NONCE }),
    'provider/tls-mismatch',
    { code: 'provider/tls-mismatch', changes: { statement: { tls: OTHER_NONCE } } },
    HANDOFF,
  ),
  unbound(
    'evidence of an earlier epoch, replayed',
    attestedRun({ statement: { epoch: 'anotheranotheranotherother' } }),
    'binding/epoch-mismatch',
    // What was answered before answers the nonce of then.
    { code: 'provider/nonce-mismatch', changes: { statement: { nonce: NONCE } } },
  ),
  unbound(
    'the attestation of an upstream of two days before, replayed',
    upstreamRun({ askedBefore: 48 * HOUR, machine: 'sev-snp' }),
    'appraisal/attestation-old',
    { code: 'provider/nonce-mismatch', changes: { machine: 'sev-snp', statement: { nonce: NONCE } } },
    HANDOFF,
  ),
  {
    what: 'a policy that the gateway has logged only after the answer',
    run: attestedRun({ receipt: receipt => ({ ...receipt, policy: { ...receipt.policy, index: 6 } }) }),
    verify: ['inclusion', 'receipt/order-impossible'],
    gateway:
      'it acts under the policy that is in force, and what is logged later is not yet there to be seen',
    validator: ['inclusion', 'receipt/order-impossible'],
  },
  {
    what: 'another policy shown after the fact than the one that the receipt names',
    run: attestedRun(),
    policyEntry: POLICY_OF_ANOTHER_GATEWAY,
    verify: ['policy', 'clause/policy-mismatch'],
    gateway: 'nobody shows it a policy of its own: it has the one that is in force',
    validator:
      'it holds receipts against its own policy, which it has logged before, and is shown no gateway’s',
  },
  everywhere(
    'collateral of another platform beside the evidence',
    { collateral: { tcbInfo: info => Object.assign(info, { fmspc: 'ffffffffffff' }) } },
    'collateral/tcb-info-mismatch',
  ),
];
