/** A log with entries of every type, some of them such as no honest log has: in memory, or as the files of a data folder. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toHex } from '../../src/bytes/hex.js';
import { utf8 } from '../../src/bytes/octets.js';
import { formatCheckpoint } from '../../src/note/checkpoint.js';
import { keyLabel } from '../../src/note/key.js';
import { formatNote, signNote } from '../../src/note/signed-note.js';
import { loggedAppraisalPolicyDigest } from '../../src/receipt/appraisal-policy-entry.js';
import { closingStatement } from '../../src/receipt/closing.js';
import { envelopeBytes, parseEnvelope, payloadDigest, seal } from '../../src/receipt/envelope.js';
import { epochStatement } from '../../src/receipt/epoch.js';
import { erasureStatement } from '../../src/receipt/erasure.js';
import { defaultPolicy, policyStatement } from '../../src/receipt/policy.js';
import { priceListStatement } from '../../src/receipt/price-list.js';
import { RECEIPT, type Receipt, receiptSubject } from '../../src/receipt/receipt.js';
import { refundStatement } from '../../src/receipt/refund.js';
import { accessStatement, retentionStatement } from '../../src/receipt/retention.js';
import { revocationStatement } from '../../src/receipt/revocation.js';
import { writeStatement } from '../../src/receipt/statement.js';
import { type Verdict, verdictStatement } from '../../src/receipt/verdict.js';
import type { ViewedLog } from '../../src/shell/views/views.js';
import { Frontier } from '../../src/tree/frontier.js';
import { leafHash } from '../../src/tree/hash.js';
import { TILE_WIDTH, tilePath, writeBundle } from '../../src/tree/tile.js';
import { closeEpoch, leaf } from './closings.js';
import { copyOf } from './histories.js';
import { ADD_RECOVERY, beginning, changePayload } from './key-changes.js';
import { ISSUER, LOG, ORIGIN, TRUST_FILE } from './parties.js';
import { RECEIVED, SAMPLE_RECEIPT } from './sample-receipt.js';
import { batchEntry, POLICY, policyEntry, VALIDATOR } from './test-validator.js';

const label = keyLabel(ISSUER.key);
const signed = (payload: Uint8Array) => envelopeBytes(seal(payload, label, ISSUER.signer));

/** A receipt as the log has it, with some members of the sample's replaced. */
export function receiptEntry(change: Partial<Receipt> = {}): Uint8Array {
  return signed(
    writeStatement(RECEIPT, {
      subject: receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) }),
      predicate: { ...SAMPLE_RECEIPT, ...change },
    }),
  );
}

/** The id of an exchange, one for each number below 32. */
export function exchangeId(number: number): string {
  return 'abcdefghijklmnopqrstuvwxyz234567'.charAt(number).repeat(26);
}

const { epoch } = SAMPLE_RECEIPT;

/** What would end a statement of SQL, if any text of ours were made of it. */
export const HOSTILE_TYPE = `urn:x');DROP/**/TABLE/**/receipts;--"`;

/** Of the receipt that is entry 3 of {@link EVERY_TYPE}. */
export const FAILED: Verdict = {
  asOf: RECEIVED + 8,
  bundle: '1'.repeat(64),
  checker: 'some-rules',
  clauses: [
    { clause: 'bundle', code: null, decidedBy: 'check', status: 'pass' },
    { clause: 'age', code: 'appraisal/receipt-old', decidedBy: 'receipt-time', status: 'fail' },
  ],
  evidence: [],
  outcome: 'fail',
  policy: loggedAppraisalPolicyDigest(POLICY),
  receipt: toHex(payloadDigest(parseEnvelope(receiptEntry()))),
  trust: null,
};

/** One entry of each type, and some that nobody can read. */
export const EVERY_TYPE: readonly Uint8Array[] = [
  signed(epochStatement(ISSUER.key, epoch, RECEIVED)),
  signed(policyStatement(defaultPolicy(['provider']), label)),
  signed(priceListStatement('c'.repeat(64), { currency: 'EUR', dated: '2026-11-21' }, label)),
  receiptEntry(),
  receiptEntry({
    exchange: exchangeId(1),
    attempts: [],
    model: { digest: null, requested: { commitment: 'd'.repeat(64) }, served: null },
    price: { lines: null, reason: 'nothing-served' },
    request: { ...SAMPLE_RECEIPT.request, sent: null },
    response: { ...SAMPLE_RECEIPT.response, status: 'failed', reason: 'upstream/unreachable', usage: null },
    upstream: null,
  }),
  signed(closingStatement(closeEpoch([leaf('a', 1), leaf('a', 2, 'open')]).closing, label, RECEIVED + 9)),
  signed(erasureStatement({ exchange: SAMPLE_RECEIPT.exchange, receipt: null }, label, RECEIVED + 5)),
  signed(
    refundStatement(
      {
        amount: '0.01',
        currency: 'EUR',
        exchange: exchangeId(1),
        reason: 'goodwill',
        receipt: 'e'.repeat(64),
      },
      label,
      RECEIVED + 6,
    ),
  ),
  signed(changePayload(beginning(), ADD_RECOVERY)),
  signed(retentionStatement({ minimumDays: 365, prunes: 'oldest-entries' }, label, RECEIVED)),
  signed(accessStatement({ act: 'deny', index: 7, reason: 'court-order' }, label, RECEIVED)),
  signed(accessStatement({ act: 'prune', minimum: 0 }, label, RECEIVED)),
  utf8('no envelope'),
  new Uint8Array(0),
  Uint8Array.of(0xff, 0x00, 0xfe),
  signed(utf8(JSON.stringify({ predicateType: HOSTILE_TYPE }))),
  signed(utf8(JSON.stringify({ predicateType: 'urn:\u0000\u202e' }))),
  signed(utf8('{"predicateType":"urn:countersign:receipt:v1"}')),
  signed(utf8('{')),
  signed(
    revocationStatement(
      { field: 'model', reason: 'withdrawn', since: null, value: '3'.repeat(64) },
      label,
      RECEIVED + 7,
      0,
    ),
  ),
  envelopeBytes(policyEntry(POLICY, VALIDATOR)),
  envelopeBytes(
    seal(
      verdictStatement(FAILED, keyLabel(VALIDATOR.key), RECEIVED + 9, { log: ORIGIN, policyIndex: 20 }),
      keyLabel(VALIDATOR.key),
      VALIDATOR.signer,
    ),
  ),
  envelopeBytes(
    batchEntry(
      { signed: { origin: ORIGIN, size: 20, root: Uint8Array.from({ length: 32 }) } },
      {
        ...{ counts: { fail: 1, inconclusive: 0, pass: 1 }, root: '5'.repeat(64), asOf: RECEIVED + 8 },
        ...{ overturned: { count: 1, root: '6'.repeat(64) }, policy: { digest: FAILED.policy, index: 20 } },
      },
    ),
  ),
];

/** A log of so many entries: those of every type, again and again, with other exchanges each time. */
export function viewedEntries(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, at) =>
    at % 7 === 0
      ? receiptEntry({ exchange: exchangeId(at % 32), counter: at + 1 })
      : (EVERY_TYPE[at % EVERY_TYPE.length] as Uint8Array),
  );
}

/** What the log has signed of its first entries. */
export function viewed(entries: readonly Uint8Array[], size = entries.length): ViewedLog {
  const tree = new Frontier();
  for (const entry of entries.slice(0, size)) tree.push(leafHash(entry));
  return { checkpoint: { origin: ORIGIN, size, root: tree.root() }, copy: copyOf(entries) };
}

/** Writes the log and the trust file of a gateway that has logged these entries. */
export function writeDataFolder(folder: string, entries: readonly Uint8Array[]): void {
  const put = (path: string, bytes: Uint8Array | string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, `${path}.new`), bytes);
    renameSync(join(folder, `${path}.new`), join(folder, path));
  };
  for (let start = 0; start < entries.length; start += TILE_WIDTH)
    put(
      `log/${tilePath({ level: 'entries', index: start / TILE_WIDTH, width: TILE_WIDTH })}`,
      writeBundle(entries.slice(start, start + TILE_WIDTH)),
    );
  const text = formatCheckpoint(viewed(entries).checkpoint);
  put('log/checkpoint', formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] }));
  put('trust.json', JSON.stringify(TRUST_FILE));
}
