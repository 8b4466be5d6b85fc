/**
 * Verifies a quote of Intel SGX or TDX up to Intel's root, and what Intel has published about the platform where that comes along. Judges
 * nothing: which status is good enough, whether debugging counts and which measurements may be are policy, in `appraise/evidence/dcap-policy.ts`.
 * Source: Intel SGX and TDX DCAP Quote Verification Library, §4.1.2; Intel's Provisioning Certification Service, API documentation.
 */
import { sha256 } from '../../bytes/cryptography.js';
import type { EvidenceReport } from '../report.js';
import type { PinnedRoot } from '../x509/chain.js';
import type { EnclaveReport, TdReport } from './body.js';
import type { SignerChain } from './chains.js';
import { Checklist, type DcapCheckName } from './checklist.js';
import { parseCollateral } from './collateral.js';
import type { Platform } from './pck.js';
import { checkPublished, QE_IDENTITY, TCB_INFO } from './published.js';
import { readQeIdentity } from './qe-identity.js';
import { parseQuote, type Quote } from './quote.js';
import { checkQuote } from './quote-checks.js';
import { checkRevocation } from './revocation.js';
import { INTEL_ROOTS } from './roots.js';
import { checkTcb } from './tcb-checks.js';
import { readTcbInfo } from './tcb-info.js';
import type { Tcb } from './tcb-level.js';

export interface DcapInput {
  readonly quote: Uint8Array;
  /** JSON, as `parseCollateral` reads it; null where there is none, and then nothing is known about the platform's security versions. */
  readonly collateral: Uint8Array | null;
  /** Unix seconds. */
  readonly asOf: number;
  /** By default Intel's. */
  readonly roots?: readonly PinnedRoot[];
}

export interface DcapFields {
  readonly version: Quote['version'];
  readonly tee: Quote['tee'];
  readonly userData: Uint8Array;
  readonly body: EnclaveReport | TdReport;
  readonly quotingEnclave: EnclaveReport;
  /** What the processor's certificate says; null where that could not be believed. */
  readonly platform: Platform | null;
  /** Null without collateral, and where some of it could not be believed or is of something else. */
  readonly tcb: Tcb | null;
  /** When Intel publishes the next of anything that was used, in Unix seconds; null without collateral that could be believed. */
  readonly nextUpdate: number | null;
}

export type DcapReport = EvidenceReport<Quote['tee'], DcapFields, DcapCheckName>;

/**
 * Throws what `parseQuote` throws, or `collateral/malformed`; all else is in the checks of the report. Those that need collateral are
 * `not-checked` with `collateral/missing` where there is none, and with `evidence/prerequisite-failed` where they would rest on what was refused.
 */
export async function verifyDcap(input: DcapInput): Promise<DcapReport> {
  const { asOf, roots = INTEL_ROOTS } = input;
  const whole = sha256(input.quote);
  const quote = parseQuote(input.quote);
  const collateral = input.collateral === null ? null : parseCollateral(input.collateral);
  const list = new Checklist();
  const { root, chain, platform } = await checkQuote(list, quote, roots, asOf);

  // One root for everything: what Intel publishes says nothing about somebody else's hardware, nor the other way round.
  const under = {
    roots: root === null ? roots : [root],
    asOf,
    chains: new Map<string, Promise<SignerChain>>(),
  };
  const info = await checkPublished(list, TCB_INFO, collateral?.tcbInfo ?? null, readTcbInfo, under);
  const identity = await checkPublished(
    list,
    QE_IDENTITY,
    collateral?.qeIdentity ?? null,
    readQeIdentity,
    under,
  );
  const signers =
    info.chain === null || identity.chain === null ? null : new Set([info.chain, identity.chain]);
  const lists = await checkRevocation(list, collateral, chain, signers, under);
  const tcb = await checkTcb(
    list,
    { quote, platform, info: info.content, identity: identity.content },
    collateral === null ? 'collateral/missing' : 'evidence/prerequisite-failed',
  );

  return {
    kind: quote.tee,
    signedRegion: sha256(quote.signedBytes),
    whole,
    uncovered: quote.uncovered,
    checks: list.checks,
    fields: {
      version: quote.version,
      tee: quote.tee,
      userData: quote.userData,
      body: quote.body,
      quotingEnclave: quote.qeReport,
      platform,
      tcb,
      nextUpdate:
        lists === null || info.content === null || identity.content === null
          ? null
          : Math.min(
              ...[info.content, identity.content, ...lists].map(({ nextUpdate }) => nextUpdate ?? Infinity),
            ),
    },
    root: root === null ? null : { name: root.name, simulated: root.simulated === true },
  };
}
