/**
 * Attested Inference Receipts, judged. The receipt and the attestation that it names are two things: a perfect receipt can point at evidence that nobody can verify, and
 * then what it says about its hardware is refuted.
 */
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import {
  type AirClaims,
  type AirReceipt,
  isAirSignature,
  parseAirReceipt,
} from '../../evidence/air/receipt.js';
import type { TdReport } from '../../evidence/dcap/body.js';
import type { NitroFields } from '../../evidence/nitro/document.js';
import { type EvidenceCheck, failed, made, notMade, relying } from '../../evidence/report.js';
import { Failure } from '../../reason.js';
import { type Appraised, appraiseEvidence } from '../evidence/appraised.js';
import { bodyChecks } from './body-checks.js';
import { missing, tdReportOf } from './dstack.js';
import {
  hardwareCheck,
  type ImportCircumstances,
  type Imported,
  imported,
  placeFact,
  type Statement,
} from './imported.js';

export interface AirInput {
  readonly receipt: Uint8Array;
  /** The Ed25519 key, 32 bytes; null for the one that the attestation document has in it, which only Nitro's have. */
  readonly key: Uint8Array | null;
  /** The document or the quote; null for what was not given. */
  readonly attestation: Uint8Array | null;
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
  /** What whoever asked has chosen. */
  readonly nonce: Uint8Array | null;
  readonly collateral: Uint8Array | null;
}

export type AirCheckName =
  | 'signature'
  | 'mode'
  | 'time'
  | 'request'
  | 'response'
  | 'nonce'
  | 'attestation-hash'
  | 'hardware'
  | 'key-attested'
  | 'measurements';

const ATTESTED = ['signature', 'attestation-hash', 'hardware', 'key-attested'] as const;
const STATEMENTS: readonly Statement<AirCheckName>[] = [
  {
    says: 'The key has signed the digests of exactly this request and this response.',
    needs: ['signature', 'request', 'response'],
  },
  { says: 'The receipt was made for this nonce.', needs: ['signature', 'nonce'] },
  { says: 'Genuine hardware has attested a workload that holds this key.', needs: ATTESTED },
  {
    says: 'The measurements in the receipt are those of that workload.',
    needs: [...ATTESTED, 'measurements'],
  },
  { says: 'The workload loaded the weights of this digest.', needs: [], otherwise: 'asserted' },
  { says: 'The answer is what these weights give for the request.', needs: [] },
  {
    says: 'It was made when it says, and no receipt is missing between two numbers.',
    needs: [],
    otherwise: 'asserted',
  },
];

/** By how much the workload's clock may be ahead, in seconds. */
const MAX_AHEAD = 300;

/** Throws `air/malformed` or `air/profile-unsupported`; also `collateral/malformed`. An attestation that cannot be read is a check that failed. */
export async function importAir(input: AirInput, circumstances: ImportCircumstances): Promise<Imported> {
  const receipt = parseAirReceipt(input.receipt);
  const { claims } = receipt;
  const attestation =
    input.attestation === null
      ? null
      : await attestationOf(claims, input.attestation, input.collateral, circumstances);
  const appraised = attestation instanceof Failure ? null : attestation;
  const nitro = appraised?.report.kind === 'nitro' ? appraised.report.fields : null;
  const td = appraised === null ? null : tdReportOf(appraised);
  const key = input.key ?? nitro?.publicKey ?? null;
  const checks = [
    ...(await ownChecks(receipt, key, input, circumstances.asOf)),
    ...(await attestedChecks({ claims, input, attestation, nitro, td, key })),
  ];
  return imported<AirCheckName>({
    format: 'air',
    statements: STATEMENTS,
    checks,
    facts: {
      model: {
        grade: checks.some(({ name, status }) => name === 'signature' && status === 'pass')
          ? 'provider-signed'
          : 'none',
        because:
          'whoever signed names the model and a digest of its weights; nothing shows that they were loaded',
      },
      place: placeFact(checks, [...ATTESTED, 'request', 'response'], {
        handoff: 'an attested workload has signed what came in and what went out',
        asserted: 'the receipt says it; no verified evidence does',
      }),
    },
    evidence: appraised === null ? [] : [appraised],
    stated: {
      issuer: claims.issuer,
      id: toHex(claims.id),
      issuedAt: claims.issuedAt,
      model: {
        id: claims.model.id,
        version: claims.model.version,
        digest: toHex(claims.model.digest),
        scheme: claims.model.scheme,
      },
      securityMode: claims.securityMode,
      sequence: claims.sequence,
      measurements: claims.measurements.kind,
    },
  });
}

/** The evidence, appraised as what the receipt calls it; a failure where those bytes are none. */
async function attestationOf(
  { measurements }: AirClaims,
  bytes: Uint8Array,
  collateral: Uint8Array | null,
  { asOf, roots, policies }: ImportCircumstances,
): Promise<Appraised | Failure> {
  try {
    return await appraiseEvidence(
      measurements.kind === 'nitro-pcr'
        ? { kind: 'nitro', input: { document: bytes, asOf, roots: roots.nitro }, policy: policies.nitro }
        : {
            kind: 'dcap',
            input: { quote: bytes, collateral, asOf, roots: roots.dcap },
            policy: policies.dcap,
          },
    );
  } catch (error) {
    if (error instanceof Failure && error.code !== 'collateral/malformed') return error;
    throw error;
  }
}

async function ownChecks(
  receipt: AirReceipt,
  key: Uint8Array | null,
  { request, response, nonce }: AirInput,
  asOf: number,
): Promise<readonly EvidenceCheck<AirCheckName>[]> {
  const { claims } = receipt;
  return [
    key === null
      ? missing('signature', 'public key')
      : await made('signature', 'The key has signed the receipt.', async () => {
          if (!(await isAirSignature(receipt, key)))
            throw new Failure('air/signature-invalid', { field: 'signature' });
        }),
    await modeCheck(claims.securityMode),
    await made('time', 'The time that the workload states has come.', () => {
      if (!(claims.issuedAt <= asOf + MAX_AHEAD))
        throw new Failure('air/from-the-future', { field: 'iat', detail: `${claims.issuedAt}` });
    }),
    ...(await bodyChecks('The receipt', {
      request: {
        body: request,
        has: digest => equal(digest, claims.requestHash),
        code: 'air/request-mismatch',
      },
      response: {
        body: response,
        has: digest => equal(digest, claims.responseHash),
        code: 'air/response-mismatch',
      },
    })),
    ...(nonce === null
      ? []
      : [
          await made<AirCheckName>('nonce', 'The receipt has the nonce that was asked with.', () => {
            if (claims.nonce === null || !equal(claims.nonce, nonce))
              throw new Failure('air/nonce-mismatch', { field: 'eat_nonce' });
          }),
        ]),
  ];
}

/** The draft has a closed list; receipts of earlier drafts, and its own published vectors, have words that are not on it. */
async function modeCheck(mode: string): Promise<EvidenceCheck<AirCheckName>> {
  if (mode !== 'production' && mode !== 'evaluation')
    return notMade('mode', 'air/mode-unknown', 'security_mode');
  return made('mode', 'It is of a workload in production.', () => {
    if (mode === 'evaluation') throw new Failure('air/evaluation', { field: 'security_mode' });
  });
}

interface Attested {
  readonly claims: AirClaims;
  readonly input: AirInput;
  readonly attestation: Appraised | Failure | null;
  readonly nitro: NitroFields | null;
  readonly td: TdReport | null;
  readonly key: Uint8Array | null;
}

async function attestedChecks({
  claims,
  input,
  attestation,
  nitro,
  td,
  key,
}: Attested): Promise<readonly EvidenceCheck<AirCheckName>[]> {
  const bytes = input.attestation;
  if (attestation === null || bytes === null)
    return (['attestation-hash', 'hardware', 'key-attested', 'measurements'] as const).map(name =>
      missing(name, 'attestation'),
    );
  const hash = await made<AirCheckName>(
    'attestation-hash',
    'The attestation is the one that the receipt names.',
    () => {
      if (!equal(sha256(bytes), claims.attestationHash))
        throw new Failure('air/attestation-mismatch', { field: 'attestation_doc_hash' });
    },
  );
  if (attestation instanceof Failure) {
    // Of the bytes that the receipt itself names; other bytes say nothing about it.
    const stub = new Failure('air/attestation-stub', {
      field: 'attestation_doc_hash',
      detail: attestation.code,
    });
    return [
      hash,
      hash.status === 'pass' ? failed('hardware', stub) : failed('hardware', attestation),
      ...(['key-attested', 'measurements'] as const).map(name =>
        notMade<AirCheckName>(name, 'evidence/prerequisite-failed'),
      ),
    ];
  }
  const hardware = hardwareCheck<AirCheckName>('hardware', attestation);
  const isGenuine = hardware.status !== 'fail';
  const keyCheck: EvidenceCheck<AirCheckName> =
    key === null
      ? missing('key-attested', 'public key')
      : await made<AirCheckName>('key-attested', 'The attestation names the key that has signed.', () => {
          const carried = nitro === null ? td?.reportData.subarray(0, 32) : nitro.publicKey;
          if (carried == null || !equal(carried, nitro === null ? sha256(key) : key))
            throw new Failure('air/key-unattested');
        });
  return [
    hash,
    hardware,
    relying(isGenuine, keyCheck),
    relying(
      isGenuine,
      await made<AirCheckName>(
        'measurements',
        'The receipt has the registers that the attestation has.',
        () => checkMeasurements(claims, nitro, td),
      ),
    ),
  ];
}

function checkMeasurements(
  { measurements: { registers } }: AirClaims,
  nitro: NitroFields | null,
  td: TdReport | null,
): void {
  const ofTd = td === null ? [] : [td.mrTd, ...td.rtMr];
  for (const [slot, stated] of registers) {
    const number = Number(slot.slice('pcr'.length));
    const found = nitro === null ? ofTd[number] : nitro.pcrs.get(number);
    if (found === undefined || !equal(found, stated))
      throw new Failure('air/measurement-mismatch', { field: slot });
  }
}
