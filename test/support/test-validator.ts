/** A validator in a test's log: let in by an issuer, with a policy, and as honest as it is asked to be. */

import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { keyLabel } from '../../src/note/key.js';
import {
  appraisalPolicyStatement,
  type LoggablePolicy,
  loggedAppraisalPolicyDigest,
} from '../../src/receipt/appraisal-policy-entry.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../src/receipt/envelope.js';
import { keyChangePayload } from '../../src/receipt/key-change.js';
import type { KeyHistory } from '../../src/receipt/key-history.js';
import { batchStatement, type VerdictBatch } from '../../src/receipt/verdict-batch.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { emptyRoot } from '../../src/tree/hash.js';
import { type TestKey, testKey } from './keys.js';

export const VALIDATOR = testKey('validator.example', 201);
export const POLICY = { name: 'sample', requires: { record: 'included' } } satisfies Json;

/** The entry by which an issuer lets a validator in, next in this history. */
export function admission(history: KeyHistory, validator: TestKey, by: TestKey): Envelope {
  const signer = keyLabel(by.key);
  const change = { action: 'add', role: 'validator', successor: null, from: null, time: 1, signer } as const;
  const payload = keyChangePayload(
    { ...change, ...history.next, origin: history.origin, key: validator.key },
    { key: validator.signer, successor: null },
  );
  return seal(payload, signer, by.signer);
}

export function policyEntry(policy: LoggablePolicy, by: TestKey): Envelope {
  const label = keyLabel(by.key);
  return seal(appraisalPolicyStatement(policy, label), label, by.signer);
}

/** A batch of no verdicts, but for the changes. */
export function batchEntry(
  log: Pick<FileLog, 'signed'>,
  changes: Partial<VerdictBatch>,
  by = VALIDATOR,
): Envelope {
  const { size, root } = log.signed;
  const empty = toHex(emptyRoot());
  const batch: VerdictBatch = {
    asOf: 1,
    checker: 'some-rules',
    checkpoint: { root: toHex(root), size },
    counts: { fail: 0, inconclusive: 0, pass: 0 },
    end: size,
    log: log.signed.origin,
    overturned: { count: 0, root: empty },
    policy: { digest: loggedAppraisalPolicyDigest(POLICY), index: 0 },
    previous: null,
    root: empty,
    sequence: 0,
    start: 0,
    trust: '0'.repeat(64),
    ...changes,
  };
  const label = keyLabel(by.key);
  return seal(batchStatement(batch, label, 1), label, by.signer);
}

export function digestOf(envelope: Envelope): string {
  return toHex(payloadDigest(envelope));
}

/** Appends and waits; resolves to the index. */
export async function logged(log: FileLog, envelope: Envelope): Promise<number> {
  const { index, included } = log.append(envelopeBytes(envelope));
  await included;
  return index;
}
