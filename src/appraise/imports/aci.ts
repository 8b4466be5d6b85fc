/** Receipts of Attested Confidential Inference, judged: the receipt, the report that its key comes from, and the session that it cites. */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { concat, equal } from '../../bytes/octets.js';
import { type AciReport, aciReportData, parseAciReport } from '../../evidence/aci/keyset.js';
import { type AciReceipt, checkReceiptSignature, parseAciReceipt } from '../../evidence/aci/receipt.js';
import { type AciSession, parseAciSession } from '../../evidence/aci/session.js';
import { type EvidenceCheck, made, notMade, relying } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type Appraised, appraiseEvidence } from '../evidence/appraised.js';
import { bodyChecks } from './body-checks.js';
import { deploymentCheck, missing, tdReportOf } from './dstack.js';
import {
  hardwareCheck,
  type ImportCircumstances,
  type Imported,
  imported,
  placeFact,
  type Statement,
} from './imported.js';

export interface AciInput {
  readonly receipt: Uint8Array;
  /** Of `/v1/aci/attestation`; null for what was not given. */
  readonly report: Uint8Array | null;
  /** Of `/v1/aci/sessions/<id>`. */
  readonly sessions: readonly Uint8Array[];
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
  /** What the report was asked with, 32 bytes. */
  readonly nonce: Uint8Array | null;
  readonly collateral: Uint8Array | null;
  /** SHA-256 of the SubjectPublicKeyInfo that the connection has shown. */
  readonly tls: Uint8Array | null;
}

export type AciCheckName =
  | 'signature'
  | 'keyset'
  | 'request'
  | 'response'
  | 'expiry'
  | 'hardware'
  | 'report-data'
  | 'deployment'
  | 'tls'
  | 'upstream'
  | 'session';

const ATTESTED = ['signature', 'keyset', 'hardware', 'report-data'] as const;
const STATEMENTS: readonly Statement<AciCheckName>[] = [
  {
    says: 'A key of this keyset has signed that exactly this request came in and this response went out.',
    needs: ['signature', 'keyset', 'request', 'response'],
  },
  {
    says: 'A trust domain of Intel TDX has put this keyset into its quote, for this nonce.',
    needs: ATTESTED,
  },
  { says: 'That trust domain runs the compose file in the report.', needs: [...ATTESTED, 'deployment'] },
  {
    says: 'The workload says that it has checked the upstream before it handed the request on, and cites what it has kept of that.',
    needs: ['signature', 'keyset', 'upstream'],
  },
  {
    says: 'What it has kept is the session that was given.',
    needs: ['signature', 'keyset', 'upstream', 'session'],
  },
  {
    says: 'The upstream is what the session claims: its evidence was not looked at here.',
    needs: [],
    otherwise: 'asserted',
  },
  { says: 'The answer is of the model that was asked for.', needs: [], otherwise: 'asserted' },
  { says: 'The private keys never leave the trust domain.', needs: [], otherwise: 'asserted' },
  { says: 'It was served when it says, and no receipt is missing.', needs: [] },
];

/** Throws `aci/…-malformed`, `aci/version-unsupported`, and what reading a quote or collateral throws. */
export async function importAci(input: AciInput, circumstances: ImportCircumstances): Promise<Imported> {
  const receipt = parseAciReceipt(input.receipt);
  const report = input.report === null ? null : parseAciReport(input.report);
  const sessions = input.sessions.map(parseAciSession);
  const appraised =
    report?.quote == null
      ? null
      : await appraiseEvidence({
          kind: 'dcap',
          input: {
            quote: report.quote,
            collateral: input.collateral,
            asOf: circumstances.asOf,
            roots: circumstances.roots.dcap,
          },
          policy: circumstances.policies.dcap,
        });
  const checks = [
    ...(await receiptChecks(receipt, report, input)),
    ...(await reportChecks(report, appraised, input, circumstances.asOf)),
    ...(await upstreamChecks(receipt, report, sessions)),
  ];
  return imported<AciCheckName>({
    format: 'aci',
    statements: STATEMENTS,
    checks,
    facts: {
      model: {
        grade: 'asserted',
        because: 'the workload signs the name that was asked for; no digest of weights is in any of it',
      },
      place: placeFact(checks, [...ATTESTED, 'request', 'response'], {
        handoff: 'an attested workload has signed what came in and what went out',
        asserted: 'somebody has signed; no evidence ties the key to a trust domain',
      }),
    },
    evidence: appraised === null ? [] : [appraised],
    stated: {
      receipt: receipt.id,
      model: receipt.model,
      servedAt: receipt.servedAt,
      keyset: receipt.keysetDigest,
      rewritten: receipt.forwarded === null ? null : receipt.forwarded !== receipt.received,
      upstreams: receipt.upstreams.map(({ result, required, model, session }) => ({
        result,
        required,
        model,
        session,
      })),
      ...(report === null ? {} : { serving: report.serving, subject: report.keyset.subject }),
      sessions: sessions.map(({ id, upstream, claims }) => ({ id, upstream, claims })),
    },
  });
}

async function receiptChecks(
  receipt: AciReceipt,
  report: AciReport | null,
  { request, response }: AciInput,
): Promise<readonly EvidenceCheck<AciCheckName>[]> {
  return [
    report === null
      ? missing('signature', 'attestation report')
      : await made('signature', 'A receipt key of the keyset has signed the receipt.', () =>
          checkReceiptSignature(receipt, report.keyset),
        ),
    report === null
      ? missing('keyset', 'attestation report')
      : await made('keyset', 'Receipt and report name this keyset by its digest.', () => {
          if (report.statedDigest !== report.keysetDigest || receipt.keysetDigest !== report.keysetDigest)
            throw new Failure('aci/keyset-mismatch', { field: 'workload_keyset_digest' });
        }),
    ...(await bodyChecks(
      'The receipt',
      {
        request: {
          body: request,
          has: digest => `sha256:${toHex(digest)}` === receipt.received,
          code: 'aci/request-mismatch',
        },
        response: {
          body: response,
          has: digest => `sha256:${toHex(digest)}` === receipt.returned,
          code: 'aci/response-mismatch',
        },
      },
      'event_log',
    )),
  ];
}

async function reportChecks(
  report: AciReport | null,
  appraised: Appraised | null,
  { nonce, tls }: AciInput,
  asOf: number,
): Promise<readonly EvidenceCheck<AciCheckName>[]> {
  if (report === null)
    return (['expiry', 'hardware', 'report-data', 'deployment'] as const).map(name =>
      missing(name, 'attestation report'),
    );
  const expiry = await made<AciCheckName>('expiry', 'The keyset has not run out.', () => {
    if (!(asOf < report.keyset.notAfter))
      throw new Failure('aci/keyset-expired', { field: 'not_after', detail: `${report.keyset.notAfter}` });
  });
  const channel =
    tls === null
      ? []
      : [
          await made<AciCheckName>('tls', 'The key of the connection is in the keyset.', () => {
            if (!report.keyset.tlsKeys.some(({ spki }) => equal(spki, tls)))
              throw new Failure('aci/tls-unlisted', { field: 'tls_public_keys' });
          }),
        ];
  if (appraised === null)
    return [
      expiry,
      notMade('hardware', 'aci/evidence-unsupported', 'attestation.evidence'),
      ...(['report-data', 'deployment'] as const).map(name =>
        notMade<AciCheckName>(name, 'evidence/prerequisite-failed'),
      ),
      ...channel,
    ];
  const hardware = hardwareCheck<AciCheckName>('hardware', appraised);
  const body = tdReportOf(appraised);
  const isGenuine = hardware.status !== 'fail';
  const reportData: EvidenceCheck<AciCheckName> =
    nonce === null
      ? missing('report-data', 'nonce')
      : await made<AciCheckName>(
          'report-data',
          'The quote carries the digest of the keyset and the nonce.',
          () => {
            const expected = aciReportData(report.keysetDigest, nonce);
            if (
              !equal(expected, report.statedReportData) ||
              body === null ||
              !equal(body.reportData, concat(expected, new Uint8Array(32)))
            )
              throw new Failure('aci/report-data-mismatch', { field: 'report_data' });
          },
        );
  return [
    expiry,
    hardware,
    relying(isGenuine, reportData),
    relying(isGenuine, await deploymentCheck('deployment', body, report.deployment)),
    ...channel,
  ];
}

/** A workload that hands nothing on has no upstream: what there is to say about one is said where the report or the receipt speaks of one. */
async function upstreamChecks(
  receipt: AciReceipt,
  report: AciReport | null,
  sessions: readonly AciSession[],
): Promise<readonly EvidenceCheck<AciCheckName>[]> {
  if (report?.serving === 'direct' && receipt.upstreams.length === 0) return [];
  // The last one is of the upstream that has answered; those before it are of others that were tried.
  const last = receipt.upstreams.at(-1);
  const upstream = await made<AciCheckName>(
    'upstream',
    'The workload states that it has verified the upstream, and had to.',
    () => {
      if (last?.result !== 'verified' || !last.required || last.session === null)
        throw new Failure('aci/upstream-unverified', { field: 'event_log' });
    },
  );
  if (upstream.status !== 'pass') return [upstream, notMade('session', 'evidence/prerequisite-failed')];
  const cited = sessions.find(({ id }) => id === last?.session);
  if (cited === undefined && sessions.length === 0) return [upstream, missing('session', 'session')];
  return [
    upstream,
    await made('session', 'The session is the one that is cited, with its evidence, and was in force.', () =>
      checkSession(cited, receipt),
    ),
  ];
}

function checkSession(session: AciSession | undefined, { servedAt }: AciReceipt): void {
  if (session === undefined) throw new Failure('aci/session-mismatch', { field: 'session_id' });
  const { evidence, evidenceDigest, establishedAt, expiresAt } = session;
  if (evidence !== null && `sha256:${toHex(sha256(evidence))}` !== evidenceDigest)
    throw new Failure('aci/session-evidence-mismatch', { field: 'evidence.digest' });
  if (servedAt < establishedAt || servedAt >= expiresAt)
    throw new Failure('aci/session-outdated', { field: 'served_at' });
}
