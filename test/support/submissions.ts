/** A log of receipts in a test, and what can be submitted to it. */
import { toBase32 } from '../../src/bytes/base32.js';
import { sha256 } from '../../src/bytes/cryptography.js';
import { concat, u64be, utf8 } from '../../src/bytes/octets.js';
import { keyLabel } from '../../src/note/key.js';
import { entryIsByOneOf, entryKeys } from '../../src/receipt/entry.js';
import { type Envelope, envelopeBytes, seal } from '../../src/receipt/envelope.js';
import { epochStatement } from '../../src/receipt/epoch.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../src/receipt/receipt.js';
import { writeStatement } from '../../src/receipt/statement.js';
import type { FileLog } from '../../src/shell/log/file-log.js';
import { openTestLog, openWitnesses, quorumOf } from './log.js';
import { ISSUER, STRANGER } from './parties.js';
import { SAMPLE_RECEIPT } from './sample-receipt.js';

/** The origin of the log. */
export const ORIGIN = 'log.example/test';
const LABEL = keyLabel(ISSUER.key);

/** A receipt of another exchange for each number. */
export function receiptOf(
  number: number,
  changes: Partial<Receipt> = {},
  by = ISSUER,
  label = LABEL,
): Envelope {
  const predicate: Receipt = {
    ...SAMPLE_RECEIPT,
    exchange: toBase32(sha256(u64be(number)).slice(0, 16)),
    counter: number + 1,
    previous: null,
    log: { ...SAMPLE_RECEIPT.log, origin: ORIGIN },
    policy: { ...SAMPLE_RECEIPT.policy, index: 0 },
    seen: { ...SAMPLE_RECEIPT.seen, size: 1 },
    ...changes,
  };
  const payload = writeStatement(RECEIPT, { subject: receiptSubject('a'.repeat(64), null), predicate });
  return seal(payload, label, by.signer);
}

/** A log with three witnesses, of which two are asked for. */
export async function openReceiptLog(folder: string): Promise<FileLog> {
  return openTestLog(folder, {
    witnesses: await openWitnesses(folder),
    quorum: quorumOf(2),
    accepts: entry => entryIsByOneOf([ISSUER.key], entry),
    keysOf: entryKeys,
  });
}

/** Two entries that receipts can refer to. */
export async function logEpochs(log: FileLog): Promise<void> {
  const epochs = [1, 2].map(number =>
    epochStatement(ISSUER.key, toBase32(sha256(u64be(number)).slice(0, 16)), number),
  );
  for (const epoch of epochs) await log.append(envelopeBytes(seal(epoch, LABEL, ISSUER.signer))).included;
  await log.reached(1, 'witnessed', 5000);
}

const other = (text: string, envelope: Envelope) =>
  utf8(
    Buffer.from(envelopeBytes(envelope))
      .toString('utf8')
      .replace(/"sig":"[^"]*"/, `"sig":"${text}"`),
  );

/** What a log with two entries refuses, each with its code and its status alone. */
export const REFUSED: readonly [string, () => Uint8Array, string, number][] = [
  ['nothing', () => new Uint8Array(), 'json/malformed', 400],
  ['no JSON', () => utf8('{'), 'json/malformed', 400],
  [
    'an envelope with a space',
    () => concat(envelopeBytes(receiptOf(1)), utf8(' ')),
    'json/not-canonical',
    400,
  ],
  ['an array', () => utf8('[]'), 'envelope/malformed', 400],
  [
    'a stranger’s receipt',
    () => envelopeBytes(receiptOf(1, {}, STRANGER, keyLabel(STRANGER.key))),
    'envelope/issuer-unknown',
    403,
  ],
  [
    'a forged signature',
    () => other(Buffer.alloc(64, 1).toString('base64'), receiptOf(1)),
    'envelope/signature-invalid',
    403,
  ],
  [
    'another issuer’s name within',
    () => envelopeBytes(receiptOf(1, { issuer: keyLabel(STRANGER.key) })),
    'envelope/issuer-mismatch',
    403,
  ],
  [
    'a receipt of another log',
    () => envelopeBytes(receiptOf(1, { log: { ...SAMPLE_RECEIPT.log, origin: 'log.example/other' } })),
    'receipt/log-mismatch',
    403,
  ],
  [
    'a receipt that has seen more than there is',
    () => envelopeBytes(receiptOf(1, { seen: { ...SAMPLE_RECEIPT.seen, size: 3 } })),
    'receipt/order-impossible',
    400,
  ],
  [
    'a receipt whose times run backwards',
    () => envelopeBytes(receiptOf(1, { time: { ...SAMPLE_RECEIPT.time, completed: 1 } })),
    'receipt/time-order',
    400,
  ],
  [
    'a statement of no known type',
    () => envelopeBytes(seal(utf8('{"predicateType":"urn:example"}'), LABEL, ISSUER.signer)),
    'entry/type-unknown',
    400,
  ],
  ['65,536 bytes', () => new Uint8Array(65_536).fill(0x20), 'log/entry-too-large', 413],
];
