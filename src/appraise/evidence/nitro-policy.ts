/**
 * What somebody requires of an attestation document of a Nitro enclave, beyond that it is genuine. An enclave in debug mode is always refused: its
 * measurements are zero, and its host can read what it prints, so that no other requirement would mean anything.
 */
import { equal } from '../../bytes/octets.js';
import type { NitroFields } from '../../evidence/nitro/document.js';
import type { NitroCheckName, NitroReport } from '../../evidence/nitro/verify.js';
import { type EvidenceCheck, made, notMade } from '../../evidence/report.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { type Development, type HardwareCheckName, hardwareChecks } from './simulation.js';

export interface NitroPolicy extends Development {
  /** The oldest that the document may be at the time asked about, in seconds. */
  readonly maximumAge: number;
  /** By how many seconds the hypervisor's clock may be ahead. */
  readonly maximumAhead: number;
  /** For each register the measurements (48 bytes) that are accepted. One that is not named may be any; one that is named must be there. */
  readonly pcrs: ReadonlyMap<number, readonly Uint8Array[]>;
  /** What the document must have in it; null for anything, also for nothing. */
  readonly nonce: Uint8Array | null;
  readonly publicKey: Uint8Array | null;
  readonly userData: Uint8Array | null;
}

/** As old as the signer's certificate gets, so that a document counts as long as that; with a minute between two clocks. Any software. */
export const SAFE_NITRO_POLICY: NitroPolicy = {
  maximumAge: 3 * 3600,
  maximumAhead: 60,
  pcrs: new Map(),
  nonce: null,
  publicKey: null,
  userData: null,
};

/** The last four are made where the policy has something to compare with. */
export type NitroPolicyCheckName =
  | HardwareCheckName
  | 'debug'
  | 'freshness'
  | 'measurements'
  | 'nonce'
  | 'public-key'
  | 'user-data';

/** The registers that are zero in debug mode: the image, its kernel and start, and the application. Source: Nitro Enclaves user guide. */
const MEASURED = [0, 1, 2];

/**
 * The report's checks and the policy's behind them, at `asOf` (Unix seconds). Codes of those that fail: `evidence/simulated`, `nitro/debug`, `nitro/stale`,
 * `nitro/from-the-future`, `nitro/measurement-refused`, `nitro/nonce-mismatch`, `nitro/public-key-mismatch`, `nitro/user-data-mismatch`.
 * Nothing is judged that nobody has signed: without a good chain and signature none is made (`evidence/prerequisite-failed`).
 */
export async function appraiseNitro(
  { checks, fields, root }: NitroReport,
  asOf: number,
  policy: NitroPolicy = SAFE_NITRO_POLICY,
): Promise<readonly EvidenceCheck<NitroCheckName | NitroPolicyCheckName>[]> {
  const attempts: [NitroPolicyCheckName, string, () => void][] = [
    ['debug', 'The enclave does not run in debug mode.', () => checkDebug(fields)],
    ['freshness', 'It is as fresh as the policy requires.', () => checkFreshness(fields, asOf, policy)],
  ];
  if (policy.pcrs.size > 0)
    attempts.push(['measurements', 'The policy accepts what was measured.', () => checkPcrs(fields, policy)]);
  const bindings: [NitroPolicyCheckName, Uint8Array | null, Uint8Array | null, ReasonCode][] = [
    ['nonce', policy.nonce, fields.nonce, 'nitro/nonce-mismatch'],
    ['public-key', policy.publicKey, fields.publicKey, 'nitro/public-key-mismatch'],
    ['user-data', policy.userData, fields.userData, 'nitro/user-data-mismatch'],
  ];
  for (const [name, expected, found, code] of bindings)
    if (expected !== null)
      attempts.push([name, 'It is what was expected.', () => checkSame(expected, found, code)]);
  const isSigned = checks.every(({ name, status }) => name === 'current' || status === 'pass');
  const own = await Promise.all(
    attempts.map(([name, what, attempt]) =>
      isSigned ? made(name, what, attempt) : notMade(name, 'evidence/prerequisite-failed'),
    ),
  );
  return [...checks, ...hardwareChecks(root, policy), ...own];
}

function checkDebug({ pcrs }: NitroFields): void {
  // One that is missing shows as little as one that is zero.
  for (const number of MEASURED)
    if (!(pcrs.get(number)?.some(octet => octet !== 0) ?? false))
      throw new Failure('nitro/debug', { field: `PCR${number}` });
}

function checkFreshness({ timestamp }: NitroFields, asOf: number, policy: NitroPolicy): void {
  const age = asOf - timestamp / 1000;
  // Turned round, so that a time that is no number is neither.
  if (!(age >= -policy.maximumAhead)) throw new Failure('nitro/from-the-future', { field: 'timestamp' });
  if (!(age <= policy.maximumAge))
    throw new Failure('nitro/stale', { field: 'timestamp', detail: `${Math.floor(age)} seconds old` });
}

function checkPcrs({ pcrs }: NitroFields, policy: NitroPolicy): void {
  for (const [number, accepted] of policy.pcrs) {
    const found = pcrs.get(number);
    if (found === undefined || !accepted.some(each => equal(each, found)))
      throw new Failure('nitro/measurement-refused', { field: `PCR${number}` });
  }
}

function checkSame(expected: Uint8Array, found: Uint8Array | null, code: ReasonCode): void {
  if (found === null || !equal(found, expected)) throw new Failure(code);
}
