/** Signed responses of NEAR AI's, judged: the signature over request and response, and the trust domain that holds the key. */
import { toHex } from '../../bytes/hex.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import {
  carriedReportData,
  type DstackReport,
  type DstackReports,
  parseDstackReports,
} from '../../evidence/dstack/report.js';
import {
  isNearSignature,
  isSameSigner,
  type NearSignature,
  parseNearSignature,
} from '../../evidence/near/signature.js';
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

export interface NearInput {
  /** Of `/v1/signature/<id>`. */
  readonly signature: Uint8Array;
  /** The exact bytes that went over the wire; null for what was not given. */
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
  /** Of `/v1/attestation/report`. */
  readonly report: Uint8Array | null;
  /** What the report was asked with, 32 bytes. */
  readonly nonce: Uint8Array | null;
  /** What Intel has published about the platform. */
  readonly collateral: Uint8Array | null;
}

export type NearCheckName =
  | 'signature'
  | 'request'
  | 'response'
  | 'model'
  | 'kind'
  | 'signer'
  | 'hardware'
  | 'report-data'
  | 'deployment';

const ATTESTED = ['signature', 'signer', 'hardware', 'report-data'] as const;
const STATEMENTS: readonly Statement<NearCheckName>[] = [
  {
    says: 'The key has signed the digests of exactly this request and this response.',
    needs: ['signature', 'request', 'response'],
  },
  {
    says: 'The trust domain in the report holds that key, and answered this nonce with it.',
    needs: ATTESTED,
  },
  { says: 'That trust domain runs the compose file in the report.', needs: [...ATTESTED, 'deployment'] },
  {
    says: 'It was the serving side of the model that has signed, and it names the model that was asked for.',
    needs: ['signature', 'kind', 'model'],
  },
  { says: 'The weights are those of that model.', needs: [], otherwise: 'asserted' },
  { says: 'The GPUs that may be in the report are those of this machine.', needs: [] },
  {
    says: 'The report was made before the answer: it is asked for afterwards, and is of the key.',
    needs: [],
  },
];

/** Throws `near/signature-malformed`, `near/report-malformed`, and what reading a quote or collateral throws. */
export async function importNear(input: NearInput, circumstances: ImportCircumstances): Promise<Imported> {
  const signature = parseNearSignature(input.signature);
  const reports = input.report === null ? null : parseDstackReports(input.report, 'near/report-malformed');
  const report = reports === null ? null : componentOf(reports, signature);
  const appraised =
    report === null
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
    ...(await ownChecks(signature, input)),
    ...(await attestedChecks({ reports, report, appraised, nonce: input.nonce })),
  ];
  const isOfModel =
    signature.kind === 'provider_tee' &&
    ['signature', 'request', 'response', 'model'].every(name =>
      checks.some(check => check.name === name && check.status === 'pass'),
    );
  return imported<NearCheckName>({
    format: 'near',
    statements: STATEMENTS,
    checks,
    facts: {
      model: isOfModel
        ? {
            grade: 'provider-signed',
            because:
              'the serving side has signed the name of the model with the answer; no digest of weights',
          }
        : {
            grade: 'asserted',
            because: 'who has signed does not name the model, or is the gateway in front of it',
          },
      place: placeFact(checks, [...ATTESTED, 'request', 'response'], {
        handoff: 'an attested trust domain has signed what went in and what came out',
        asserted: 'somebody has signed; no evidence ties the key to a trust domain',
      }),
    },
    evidence: appraised === null ? [] : [appraised],
    stated: {
      signer: toHex(signature.signer.algorithm === 'ecdsa' ? signature.signer.address : signature.signer.key),
      algorithm: signature.signer.algorithm,
      kind: signature.kind,
      model: signature.model,
      requestHash: toHex(signature.requestHash),
      responseHash: toHex(signature.responseHash),
    },
  });
}

/** Of the kind that the answer names, whoever has this key. */
function componentOf(
  { gateway, models }: DstackReports,
  { signer, kind }: NearSignature,
): DstackReport | null {
  const ofKind = kind === 'gateway' ? [] : models;
  const candidates = kind === 'provider_tee' || gateway === null ? ofKind : [...ofKind, gateway];
  return candidates.find(report => isSameSigner(report.signer, signer)) ?? null;
}

async function ownChecks(
  signature: NearSignature,
  { request, response }: NearInput,
): Promise<readonly EvidenceCheck<NearCheckName>[]> {
  return [
    await made('signature', 'The key that is named has signed the text.', async () => {
      if (!(await isNearSignature(signature)))
        throw new Failure('near/signature-invalid', { field: 'signature' });
    }),
    ...(await bodyChecks(
      'The text',
      {
        request: {
          body: request,
          has: digest => equal(digest, signature.requestHash),
          code: 'near/request-mismatch',
        },
        response: {
          body: response,
          has: digest => equal(digest, signature.responseHash),
          code: 'near/response-mismatch',
        },
      },
      'text',
    )),
    ...(signature.model === null ? [] : [await modelCheck(signature.model, request)]),
    signature.kind === null
      ? notMade<NearCheckName>('kind', 'near/kind-unstated', 'signature_kind')
      : await made<NearCheckName>(
          'kind',
          `The signature says that it is of the ${signature.kind === 'gateway' ? 'gateway' : 'serving side of the model'}.`,
          () => {
            if ((signature.kind === 'gateway') !== (signature.model === null))
              throw new Failure('near/kind-mismatch', { field: 'text' });
          },
        ),
  ];
}

async function modelCheck(model: string, request: Uint8Array | null): Promise<EvidenceCheck<NearCheckName>> {
  if (request === null) return missing('model', 'request');
  return made('model', 'The signature names the model that was asked for.', () => {
    let asked: unknown = null;
    try {
      asked = (Object(JSON.parse(fromUtf8(request) ?? '')) as { readonly model?: unknown }).model;
    } catch {
      // What is no JSON asks for no model.
    }
    if (asked !== model) throw new Failure('near/model-mismatch', { field: 'text' });
  });
}

interface Attestation {
  readonly reports: DstackReports | null;
  readonly report: DstackReport | null;
  readonly appraised: Appraised | null;
  readonly nonce: Uint8Array | null;
}

async function attestedChecks({
  reports,
  report,
  appraised,
  nonce,
}: Attestation): Promise<readonly EvidenceCheck<NearCheckName>[]> {
  if (reports === null)
    return (['signer', 'hardware', 'report-data', 'deployment'] as const).map(name =>
      missing(name, 'attestation report'),
    );
  const signer = await made<NearCheckName>('signer', 'The report is about the key that has signed.', () => {
    if (report === null) throw new Failure('near/signer-unattested', { field: 'signing_address' });
  });
  if (report === null || appraised === null)
    return [
      signer,
      ...(['hardware', 'report-data', 'deployment'] as const).map(name =>
        notMade<NearCheckName>(name, 'evidence/prerequisite-failed'),
      ),
    ];
  const hardware = hardwareCheck<NearCheckName>('hardware', appraised);
  const body = tdReportOf(appraised);
  const reportData: EvidenceCheck<NearCheckName> =
    nonce === null
      ? missing('report-data', 'nonce')
      : await made<NearCheckName>(
          'report-data',
          'The quote carries the key, the TLS key if there is one, and the nonce.',
          () => {
            if (body === null || !equal(body.reportData, carriedReportData(report, nonce)))
              throw new Failure('near/report-data-mismatch', { field: 'reportData' });
          },
        );
  const isGenuine = hardware.status !== 'fail';
  return [
    signer,
    hardware,
    relying(isGenuine, reportData),
    relying(isGenuine, await deploymentCheck('deployment', body, report.deployment)),
  ];
}
