/** Answers and batches of OpenGradient's, judged: what an enclave's signature over them shows, and what it leaves open. */
import { toHex } from '../../bytes/hex.js';
import { parseAnswer } from '../../evidence/opengradient/answer.js';
import { parseBatch } from '../../evidence/opengradient/batch.js';
import { signedRequest } from '../../evidence/opengradient/request.js';
import { parseSigningKey } from '../../evidence/opengradient/signing-key.js';
import {
  type BatchCheckName,
  checkAnswer,
  checkBatch,
  type OpenGradientCheckName,
} from '../../evidence/opengradient/verify.js';
import { type EvidenceCheck, notMade, relying } from '../../evidence/report.js';
import { appraiseEvidence } from '../evidence/appraised.js';
import {
  hardwareCheck,
  type ImportCircumstances,
  type Imported,
  imported,
  placeFact,
  type Statement,
} from './imported.js';

/** Bytes as they were sent, came, or were served. Null for what was not given. */
export interface OpenGradientInput {
  readonly response: Uint8Array;
  readonly request: Uint8Array | null;
  /** Of `/signing-key`, or the key itself. */
  readonly key: Uint8Array | null;
  /** Of `/enclave/attestation`, decoded. */
  readonly attestation: Uint8Array | null;
  /** DER. */
  readonly tlsCertificate: Uint8Array | null;
}

type CheckName = OpenGradientCheckName | 'attestation';

const STATEMENTS: readonly Statement<CheckName>[] = [
  {
    says: 'The text of this answer, or its tool calls, is what the key has signed.',
    needs: ['key', 'signature', 'output'],
  },
  { says: 'It was signed as the answer to this request.', needs: ['key', 'signature', 'request'] },
  {
    says: 'An AWS Nitro enclave with these measurements holds the key that has signed it.',
    needs: ['key', 'signature', 'attestation', 'key-attested'],
  },
  {
    says: 'The answer comes from the provider and the model that were asked for.',
    needs: [],
    otherwise: 'asserted',
  },
  { says: 'It was signed when it says.', needs: [], otherwise: 'asserted' },
  {
    says: 'Finish reason, usage, price, images, citations, reasoning, and the text beside tool calls are as the enclave made them.',
    needs: [],
    otherwise: 'asserted',
  },
  { says: 'Attachments are the ones that were sent, and other parameters had their effect.', needs: [] },
  { says: 'It was made for you, and is not an old answer to the same words.', needs: [] },
];

/** Throws `opengradient/response-malformed`, `opengradient/request-malformed`, `opengradient/key-malformed` or `nitro/malformed`. */
export async function importOpenGradient(
  input: OpenGradientInput,
  { asOf, roots, policies }: ImportCircumstances,
): Promise<Imported> {
  const answer = parseAnswer(input.response);
  const request = input.request === null ? null : signedRequest(input.request);
  const key = input.key === null ? null : parseSigningKey(input.key);
  const appraised =
    input.attestation === null
      ? null
      : await appraiseEvidence({
          kind: 'nitro',
          input: { document: input.attestation, asOf, roots: roots.nitro },
          policy: policies.nitro,
        });
  const attested = appraised?.report.kind === 'nitro' ? appraised.report.fields : null;
  const own = await checkAnswer({
    answer,
    request,
    key,
    attested,
    tlsCertificate: input.tlsCertificate,
    asOf,
  });
  const attestation: EvidenceCheck<CheckName> =
    appraised === null
      ? notMade('attestation', 'import/part-missing', 'attestation document')
      : hardwareCheck('attestation', appraised);
  // What a document states counts for nothing where it is not genuine.
  const checks = [
    ...own.map(check =>
      check.name === 'key-attested' || check.name === 'tls'
        ? relying<CheckName>(attestation.status === 'pass', check)
        : check,
    ),
    attestation,
  ];
  return imported({
    format: 'opengradient',
    statements: STATEMENTS,
    checks,
    facts: {
      model: {
        grade: 'asserted',
        because: 'the enclave says whom it asked; it keeps nothing of what the provider has signed or sent',
      },
      place: placeFact(checks, ['key', 'signature', 'attestation', 'key-attested'], {
        handoff:
          'an attested enclave handed the request on and the answer back; where the model ran it does not show',
        asserted: 'somebody signed for it; no evidence ties the key to an enclave',
      }),
    },
    evidence: appraised === null ? [] : [appraised],
    stated: {
      tee: toHex(answer.teeId),
      time: answer.timestamp,
      form: answer.form,
      requestHash: toHex(answer.requestHash),
      outputHash: toHex(answer.outputHash),
      ...(request === null ? {} : { model: request.model, notHashed: request.uncovered }),
    },
  });
}

const BATCH_STATEMENTS: readonly Statement<BatchCheckName>[] = [
  { says: 'These items, and no others, are under the root of this tree.', needs: ['tree', 'leaves'] },
  { says: 'The tree is the one that was published.', needs: ['tree', 'leaves', 'root'] },
  { says: 'Each item is signed by the key that it names.', needs: ['signatures'] },
  { says: 'The keys are of enclaves.', needs: [], otherwise: 'asserted' },
  { says: 'Nothing that was answered has been left out.', needs: [] },
  { says: 'The requests and answers are the ones that anybody was shown.', needs: [] },
];

export interface OpenGradientBatchInput {
  readonly batch: Uint8Array;
  /** 32 bytes. */
  readonly root: Uint8Array | null;
  readonly keys: readonly Uint8Array[];
}

/** Throws `opengradient/batch-malformed` or `opengradient/key-malformed`. */
export async function importOpenGradientBatch({
  batch,
  root,
  keys,
}: OpenGradientBatchInput): Promise<Imported> {
  const parsed = parseBatch(batch);
  const checks = await checkBatch({ batch: parsed, root, keys: keys.map(parseSigningKey) });
  return imported({
    format: 'opengradient-batch',
    statements: BATCH_STATEMENTS,
    checks,
    facts: {
      model: { grade: 'none', because: 'a batch has only digests' },
      place: { grade: 'none', because: 'a batch has no evidence of hardware' },
    },
    evidence: [],
    stated: {
      root: toHex(parsed.tree[0] as Uint8Array),
      items: parsed.items.map(({ teeId, requestHash, outputHash, timestamp }) => ({
        tee: toHex(teeId),
        requestHash: toHex(requestHash),
        outputHash: toHex(outputHash),
        time: timestamp,
      })),
    },
  });
}
