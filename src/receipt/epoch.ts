/** The epoch entry: logged before the first receipt of every run of an issuer, it says which key signs and which epoch begins. */
import * as v from 'valibot';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { formatVerifierKey, keyLabel, type VerifierKey } from '../note/key.js';
import { Hash, Identifier, KeyLabel, Time } from './shapes.js';
import { statementType, writeStatement } from './statement.js';

const Subject = v.strictTuple([
  v.strictObject({ digest: v.strictObject({ sha256: Hash }), name: v.literal('issuer-key') }),
]);

const Predicate = v.strictObject({
  epoch: Identifier,
  issuer: KeyLabel,
  /** The verifier key in full, as C2SP signed-note writes it. */
  key: v.pipe(v.string(), v.maxLength(512)),
  started: Time,
});

export const EPOCH = statementType({
  predicateType: 'urn:countersign:epoch:v1',
  subject: Subject,
  predicate: Predicate,
  malformed: 'entry/malformed',
});

/** The statement that `key` begins `epoch` at `started` (milliseconds). */
export function epochStatement(key: VerifierKey, epoch: string, started: number): Uint8Array {
  return writeStatement(EPOCH, {
    subject: [{ digest: { sha256: toHex(sha256(key.publicKey)) }, name: 'issuer-key' }],
    predicate: { epoch, issuer: keyLabel(key), key: formatVerifierKey(key), started },
  });
}
