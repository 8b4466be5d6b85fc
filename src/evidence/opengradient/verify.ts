/**
 * Checks an answer of OpenGradient's gateway, and a batch of its settlements: what was signed, whether it is this request and this answer, and whether the key is
 * the one that an attestation document names. The document itself is checked elsewhere (`evidence/nitro`).
 */
import { keccak256, sha256 } from '../../bytes/cryptography.js';
import { equal, utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { NitroFields } from '../nitro/document.js';
import { type EvidenceCheck, made, notMade } from '../report.js';
import type { SignedAnswer } from './answer.js';
import { type Batch, type BatchItem, checkLeaves, checkTree } from './batch.js';
import type { SignedRequest } from './request.js';
import { isSignedBy, messageHash, type SigningKey } from './signing-key.js';
import { attestedDigests } from './user-data.js';

export type OpenGradientCheckName =
  | 'key'
  | 'signature'
  | 'request'
  | 'output'
  | 'time'
  | 'key-attested'
  | 'tls';

export interface OpenGradientParts {
  readonly answer: SignedAnswer;
  /** Each null where it was not given. */
  readonly request: SignedRequest | null;
  readonly key: SigningKey | null;
  /** What the attestation document states. */
  readonly attested: NitroFields | null;
  /** The certificate, in DER, that the TLS connection has shown. */
  readonly tlsCertificate: Uint8Array | null;
  /** Unix seconds. */
  readonly asOf: number;
}

/** By how much the enclave's clock may be ahead, in seconds. Source: `TEEInferenceVerifier.sol`, `FUTURE_TOLERANCE`. */
const MAX_AHEAD = 300;

/**
 * In their order, each whether the others pass or not. Codes: `opengradient/key-mismatch`, `opengradient/signature-invalid`, `opengradient/request-mismatch`,
 * `opengradient/output-mismatch`, `opengradient/stream-unsupported`, `opengradient/from-the-future`, `opengradient/user-data-malformed`,
 * `opengradient/key-unattested`, `opengradient/certificate-mismatch`; `import/part-missing` for what was not given.
 */
export async function checkAnswer(
  parts: OpenGradientParts,
): Promise<readonly EvidenceCheck<OpenGradientCheckName>[]> {
  const { answer, key, request, attested, tlsCertificate, asOf } = parts;
  const checks: EvidenceCheck<OpenGradientCheckName>[] = [];
  checks.push(
    key === null
      ? missing('key', 'signing key')
      : await made('key', 'The key is the one that the answer names.', () => {
          if (!equal(key.teeId, answer.teeId))
            throw new Failure('opengradient/key-mismatch', { field: 'tee_id' });
        }),
    key === null
      ? missing('signature', 'signing key')
      : await made('signature', 'The key has signed the two digests and the time.', () =>
          checkSignature(answer, key),
        ),
    request === null
      ? missing('request', 'request')
      : await made('request', 'What it has signed is this request, as far as the gateway hashes it.', () => {
          if (!equal(keccak256(request.bytes), answer.requestHash))
            throw new Failure('opengradient/request-mismatch', { field: 'tee_request_hash' });
        }),
    answer.output === null
      ? notMade('output', 'opengradient/stream-unsupported', 'tee_output_hash')
      : await made('output', 'What it has signed is the text of this answer, or its tool calls.', () => {
          if (!equal(keccak256(utf8(answer.output ?? '')), answer.outputHash))
            throw new Failure('opengradient/output-mismatch', { field: 'tee_output_hash' });
        }),
    await made('time', 'The time that the enclave states has come.', () => {
      if (!(answer.timestamp <= asOf + MAX_AHEAD))
        throw new Failure('opengradient/from-the-future', {
          field: 'tee_timestamp',
          detail: `${answer.timestamp}`,
        });
    }),
    await attestedCheck('key-attested', key === null ? null : sha256(key.spki), attested),
  );
  if (tlsCertificate !== null) checks.push(await attestedCheck('tls', sha256(tlsCertificate), attested));
  return checks;
}

async function attestedCheck(
  name: 'key-attested' | 'tls',
  digest: Uint8Array | null,
  attested: NitroFields | null,
): Promise<EvidenceCheck<OpenGradientCheckName>> {
  if (attested === null) return missing(name, 'attestation document');
  if (digest === null) return missing(name, 'signing key');
  const what =
    name === 'tls' ? 'The enclave names this TLS certificate.' : 'The enclave names this signing key.';
  return made(name, what, () => {
    const { tlsCertificate, signingKey } = attestedDigests(attested.userData);
    if (name === 'tls' && !equal(tlsCertificate, digest))
      throw new Failure('opengradient/certificate-mismatch', { field: 'user_data' });
    if (name === 'key-attested' && !equal(signingKey, digest))
      throw new Failure('opengradient/key-unattested', { field: 'user_data' });
  });
}

async function checkSignature(
  {
    requestHash,
    outputHash,
    timestamp,
    signature,
  }: Pick<SignedAnswer, 'requestHash' | 'outputHash' | 'timestamp' | 'signature'>,
  key: SigningKey,
  field = 'tee_signature',
): Promise<void> {
  if (!(await isSignedBy(key, messageHash(requestHash, outputHash, timestamp), signature)))
    throw new Failure('opengradient/signature-invalid', { field });
}

export type BatchCheckName = 'tree' | 'leaves' | 'root' | 'signatures';

export interface BatchParts {
  readonly batch: Batch;
  /** What was published as the root, 32 bytes; null where nobody has said. */
  readonly root: Uint8Array | null;
  /** Of the enclaves whose items are to be checked. */
  readonly keys: readonly SigningKey[];
}

/**
 * Codes: `opengradient/tree-mismatch`, `opengradient/leaf-mismatch`, `opengradient/leaves-incomplete`, `opengradient/root-mismatch`, `opengradient/signature-absent`,
 * `opengradient/signature-invalid`; `import/part-missing` for a root or keys that were not given.
 */
export async function checkBatch({
  batch,
  root,
  keys,
}: BatchParts): Promise<readonly EvidenceCheck<BatchCheckName>[]> {
  return [
    await made('tree', 'Every node is the hash of the two below it.', () => checkTree(batch)),
    await made('leaves', 'The leaves are these items, each once.', () => checkLeaves(batch)),
    root === null
      ? missing('root', 'root')
      : await made('root', 'The root is the one that was published.', () => {
          if (!equal(batch.tree[0] as Uint8Array, root))
            throw new Failure('opengradient/root-mismatch', { field: 'tree[0]' });
        }),
    await signaturesCheck(batch.items, keys),
  ];
}

/** What a key of RSA signs has at least as many bytes as its modulus. Facilitators put in `0x` where they were handed no signature. */
const LEAST_SIGNATURE = 256;

async function signaturesCheck(
  items: readonly BatchItem[],
  keys: readonly SigningKey[],
): Promise<EvidenceCheck<BatchCheckName>> {
  const check = await made<BatchCheckName>(
    'signatures',
    'Every item is signed by the key that it names.',
    async () => {
      for (const [at, item] of items.entries()) {
        const field = `values[${at}]`;
        if (item.signature.length < LEAST_SIGNATURE)
          throw new Failure('opengradient/signature-absent', {
            field,
            detail: `${item.signature.length} bytes`,
          });
        const key = keys.find(({ teeId }) => equal(teeId, item.teeId));
        if (key !== undefined) await checkSignature(item, key, field);
      }
    },
  );
  const isKnown = items.every(item => keys.some(({ teeId }) => equal(teeId, item.teeId)));
  return check.status !== 'pass' || isKnown ? check : missing('signatures', 'signing keys');
}

function missing<Name extends string>(name: Name, part: string): EvidenceCheck<Name> {
  return notMade(name, 'import/part-missing', part);
}
