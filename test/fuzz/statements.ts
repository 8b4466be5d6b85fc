/** The readers of what is signed as JSON: envelopes, every statement in them, entries of a log, bundles, evidence of misbehaviour. */
import fc from 'fast-check';
import { publishedPolicy } from '../../src/appraise/policy/publish.js';
import { toBase64 } from '../../src/bytes/base64.js';
import { toHex } from '../../src/bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../src/bytes/json.js';
import { equal, fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { CHALLENGE_WINDOW, makeBrokenPromise } from '../../src/court/misbehaviour/broken-promise.js';
import { type EvidenceJson, formatEvidence } from '../../src/court/misbehaviour/evidence.js';
import { judgeEvidence } from '../../src/court/misbehaviour/judge.js';
import { knownKeys } from '../../src/court/misbehaviour/known-keys.js';
import { makeLogFork } from '../../src/court/misbehaviour/log-fork.js';
import { makeReceiptFork } from '../../src/court/misbehaviour/receipt-fork.js';
import { makeReceiptWithheld } from '../../src/court/misbehaviour/receipt-withheld.js';
import { makeRewrittenLog } from '../../src/court/misbehaviour/rewritten-log.js';
import { makeTimeFault } from '../../src/court/misbehaviour/witness-fault.js';
import { makeWrongBill } from '../../src/court/misbehaviour/wrong-bill.js';
import { keyLabel } from '../../src/note/key.js';
import type { ReasonCode } from '../../src/reason.js';
import { ACCEPTANCE } from '../../src/receipt/acceptance.js';
import { formatBundle, parseBundle } from '../../src/receipt/bundle.js';
import { CLOSING, checkClosing, closingStatement } from '../../src/receipt/closing.js';
import { envelopeKeys, readEntry } from '../../src/receipt/entry.js';
import { checkEntry, checkLoggedEntry } from '../../src/receipt/entry-rules.js';
import { type Envelope, envelopeBytes, payloadDigest, seal } from '../../src/receipt/envelope.js';
import { EPOCH, epochStatement } from '../../src/receipt/epoch.js';
import { ERASURE, erasureStatement } from '../../src/receipt/erasure.js';
import { checkProofs, KEY_CHANGE, readKeyChange } from '../../src/receipt/key-change.js';
import { loggedPolicyStatement, POLICY_V2, PolicyNames } from '../../src/receipt/logged-policy.js';
import { defaultPolicy, POLICY, policyStatement } from '../../src/receipt/policy.js';
import { type PriceList, priceListDigest } from '../../src/receipt/price/price-list.js';
import { RECEIPT, receiptSubject } from '../../src/receipt/receipt.js';
import { ACCESS, accessStatement, RETENTION, retentionStatement } from '../../src/receipt/retention.js';
import { REVOCATION, revocationStatement } from '../../src/receipt/revocation.js';
import { readStamp, STAMP, stampStatement } from '../../src/receipt/stamp.js';
import {
  predicateTypeOf,
  readStatement,
  type StatementType,
  writeStatement,
} from '../../src/receipt/statement.js';
import { decompose } from '../../src/tree/range.js';
import { clientNamed, closeEpoch, leaf } from '../support/closings.js';
import { branch, copyOf, signed } from '../support/histories.js';
import { ADD_RECOVERY, beginning, changePayload, nextKey } from '../support/key-changes.js';
import { type TestKey, testKey } from '../support/keys.js';
import { jsonMutants, mutants } from '../support/mutation.js';
import {
  FULL_TRUST_FILE,
  ISSUER,
  LOG,
  LOG_COSIGNER,
  ORIGIN,
  trustWith,
  WITNESSES,
} from '../support/parties.js';
import { policyOf, SURROUNDINGS } from '../support/policies.js';
import { make } from '../support/sample-exchange.js';
import { DEADLINE, RECEIVED, SAMPLE_RECEIPT } from '../support/sample-receipt.js';
import type { Reader } from './reader.js';

const STAMPER = testKey('mirror.example/stamps', 120);
const label = keyLabel(ISSUER.key);
const by = (payload: Uint8Array, key: TestKey = ISSUER) => seal(payload, keyLabel(key.key), key.signer);
const receiptPayload = (change: Partial<typeof SAMPLE_RECEIPT> = {}) =>
  writeStatement(RECEIPT, {
    subject: receiptSubject('a'.repeat(64), { form: 'body', commitment: 'b'.repeat(64) }),
    predicate: { ...SAMPLE_RECEIPT, issuer: label, ...change },
  });
const { client, counter, epoch, exchange } = SAMPLE_RECEIPT;
const closed = closeEpoch([leaf('a', 1), leaf('a', 2, 'open'), leaf('b', 1, 'aborted'), leaf('z', 5)]);
const OTHER_EXCHANGE = 'bbbbbbbbbbbbbbbbbbbbbbbbba';

/** A policy in which every member that may hold something holds something. */
const RULES = publishedPolicy(
  policyOf([
    {
      for: { keys: ['a'], teams: ['b'], models: ['c*'] },
      upstreams: { names: ['one', 'two'] },
      require: { place: 'asserted' },
      checks: [
        { check: 'model-pinned', stage: 'final', onFailure: 'flag', digests: ['a'.repeat(64)] },
        { check: 'usage-known', stage: 'final', onFailure: 'refund' },
      ],
      redact: { kinds: ['email'], names: { file: 'names.txt' } },
      responsibility: [
        { role: 'human-gate', person: 'A' },
        { role: 'policy-author', party: 'B' },
      ],
      diversity: [{ of: 'controller', atMost: 50, ofLast: 10, onFailure: 'reroute' }],
    },
    {},
  ]),
  SURROUNDINGS,
  { names: new Map([['names.txt', ['A']]]), trust: new Map([['far.json', utf8('{}')]]) },
  new PolicyNames(new Uint8Array(32), utf8('')),
);

/** A payload of every type that there is. */
const PAYLOADS = {
  receipt: receiptPayload(),
  acceptance: writeStatement(ACCEPTANCE, {
    subject: [{ digest: { 'countersign-commitment-v1': 'a'.repeat(64) }, name: 'request' }],
    predicate: {
      client,
      counter,
      epoch,
      exchange,
      issuer: label,
      log: { origin: ORIGIN },
      nonce: 'b'.repeat(64),
      received: RECEIVED,
    },
  }),
  epoch: epochStatement(ISSUER.key, epoch, RECEIVED),
  policy: policyStatement(defaultPolicy(['provider', 'another']), label),
  rules: loggedPolicyStatement(RULES, label),
  retention: retentionStatement({ minimumDays: 365, prunes: 'oldest-entries' }, label, 5),
  access: accessStatement({ act: 'deny', index: 7, reason: 'court-order' }, label, 5),
  revocation: revocationStatement(
    { field: 'tcb', reason: 'vulnerable', since: 3, value: 'driver:550.90.07' },
    label,
    5,
    0,
  ),
  erasure: erasureStatement({ exchange, receipt: 'a'.repeat(64) }, label, 5),
  closing: closingStatement(closed.closing, label, 5),
  stamp: stampStatement(payloadDigest(by(receiptPayload())), ORIGIN, RECEIVED, STAMPER.key),
  'key change': changePayload(beginning(), {
    change: { action: 'rotate', role: 'issuer' },
    key: ISSUER,
    successor: nextKey('issuer', 1),
    by: ISSUER,
  }),
};
const SIGNED_JSON = Object.values(PAYLOADS).map(payload => parseCanonical(payload));
const JSON_CODES: readonly ReasonCode[] = ['json/malformed', 'json/not-canonical'];
const ENVELOPE_CODES: readonly ReasonCode[] = [...JSON_CODES, 'envelope/malformed', 'envelope/type-unknown'];

/** A statement of one type as the payload of an envelope that says who has signed. */
function statement(
  name: keyof typeof PAYLOADS,
  type: StatementType<never, never>,
  codes: readonly ReasonCode[],
  also: (envelope: Envelope) => unknown = () => undefined,
): Reader {
  const genuine = [PAYLOADS[name]];
  return {
    name: `${name} statement`,
    genuine,
    others: Object.values(PAYLOADS).filter(payload => payload !== PAYLOADS[name]),
    codes,
    damage: jsonMutants(genuine.map(payload => parseCanonical(payload))),
    cost: 2,
    writeBack: async payload => {
      const envelope = { payload, keyId: label, signature: new Uint8Array(64) };
      await also(envelope);
      return writeStatement(type, readStatement(type, envelope));
    },
  };
}

/** Payloads with something wrong in them, and all the same signed by one who may: the worst that an issuer can hand in. */
const wronglySigned: fc.Arbitrary<Uint8Array> = jsonMutants(SIGNED_JSON).map(payload =>
  envelopeBytes(by(payload)),
);
const ENTRIES = Object.values(PAYLOADS).map(payload => envelopeBytes(by(payload)));
const ENTRY_CODES: readonly ReasonCode[] = [
  ...ENVELOPE_CODES,
  'envelope/issuer-unknown',
  'envelope/issuer-mismatch',
  'envelope/signature-invalid',
  'entry/type-unknown',
  'entry/malformed',
  'receipt/malformed',
  'acceptance/malformed',
  'closing/malformed',
  'key/change-malformed',
];

/** Evidence of every kind. */
const [left, right] = [branch('left', 5), branch('right', 5)];
const seen = branch('seen', 11);
const promised = by(receiptPayload({ seen: { size: 5, root: toHex(seen.hash(0, 5)) } }));
const witness = WITNESSES[0] as TestKey;
const PRICES: PriceList = { currency: 'EUR', dated: '2026-11-21', entries: [] };
const line = {
  amount: '0.03',
  payee: 'provider',
  quantity: 30,
  unitPrice: '0.001',
  what: 'completion-token',
};
const OVERPRICED = { currency: 'EUR', lines: [{ ...line, amount: '0.3' }] };
const UNLISTED = { currency: 'EUR', lines: [line], list: { digest: priceListDigest(PRICES), index: 0 } };
const EVIDENCE = [
  makeLogFork([signed(left, 3, { by: [LOG] }), signed(right, 3, { by: [LOG] })], LOG.key),
  makeRewrittenLog(
    [signed(left, 3, { by: [LOG] }), signed(right, 5, { by: [LOG] })],
    { root: right.hash(0, 3), proof: right.proof(3, 5) },
    LOG.key,
  ),
  makeTimeFault(
    [signed(left, 3, { by: [witness], time: 9 }), signed(left, 5, { by: [witness], time: 8 })],
    witness.key,
  ),
  makeReceiptFork([by(receiptPayload()), by(receiptPayload({ exchange: OTHER_EXCHANGE }))]),
  makeReceiptWithheld({
    closing: closed.envelope,
    held: by(receiptPayload({ client: clientNamed('b'), counter: 2 })),
    leaf: closed.prove(clientNamed('b'), 2),
  }),
  makeBrokenPromise({
    receipt: promised,
    stamp: by(stampStatement(payloadDigest(promised), ORIGIN, DEADLINE - 1000, STAMPER.key), STAMPER),
    note: signed(seen, 11, {
      by: [LOG, LOG_COSIGNER],
      time: Math.ceil((DEADLINE - 1000 + CHALLENGE_WINDOW) / 1000),
    }),
    logCosigner: LOG_COSIGNER.key,
    frontier: await Promise.all(decompose(0, 5).map(seen.read)),
  }),
  makeWrongBill(by(receiptPayload({ price: OVERPRICED })), null),
  makeWrongBill(by(receiptPayload({ price: UNLISTED })), PRICES),
].map(evidence => formatEvidence(evidence as EvidenceJson));
const KNOWN = knownKeys(trustWith(FULL_TRUST_FILE), [], [STAMPER.key]);
const COPY = copyOf(seen.entries);

const bundles = (await Promise.all((['body', 'stream', 'nothing'] as const).map(form => make({ form })))).map(
  ({ bundle }) => bundle,
);

export const STATEMENT_READERS: readonly Reader[] = [
  statement('receipt', RECEIPT as never, ['receipt/malformed']),
  statement('acceptance', ACCEPTANCE as never, ['acceptance/malformed']),
  statement('epoch', EPOCH as never, ['entry/malformed']),
  statement('policy', POLICY as never, ['entry/malformed']),
  statement('rules', POLICY_V2 as never, ['entry/malformed']),
  statement('retention', RETENTION as never, ['entry/malformed']),
  statement('access', ACCESS as never, ['entry/malformed']),
  statement('erasure', ERASURE as never, ['entry/malformed']),
  statement('revocation', REVOCATION as never, ['entry/malformed']),
  statement('closing', CLOSING as never, ['closing/malformed'], envelope =>
    checkClosing(readStatement(CLOSING, envelope).predicate.closing),
  ),
  statement('stamp', STAMP as never, ['stamp/malformed', 'envelope/issuer-mismatch'], envelope =>
    readStamp({ ...envelope, keyId: keyLabel(STAMPER.key) }),
  ),
  statement(
    'key change',
    KEY_CHANGE as never,
    ['key/change-malformed', 'envelope/issuer-mismatch', 'key/proof-invalid'],
    envelope => checkProofs(readKeyChange(envelope)),
  ),
  {
    name: 'envelope',
    genuine: ENTRIES,
    codes: [
      ...ENVELOPE_CODES,
      'entry/malformed',
      'receipt/malformed',
      'closing/malformed',
      'key/change-malformed',
    ],
    damage: jsonMutants(ENTRIES.map(entry => parseCanonical(entry))),
    cost: 2,
    writeBack: bytes => {
      const envelope = readEntry(bytes);
      predicateTypeOf(envelope);
      envelopeKeys(envelope);
      return envelopeBytes(envelope);
    },
  },
  {
    name: 'entry, checked',
    // A stamp is never logged, and a key change is checked against those before it.
    genuine: (['receipt', 'epoch', 'policy', 'retention', 'access', 'closing'] as const).map(name =>
      envelopeBytes(by(PAYLOADS[name])),
    ),
    others: ENTRIES,
    codes: ENTRY_CODES,
    damage: fc.oneof(wronglySigned, jsonMutants(ENTRIES.map(entry => parseCanonical(entry)))),
    cost: 8,
    writeBack: async bytes => envelopeBytes((await checkEntry(bytes, [ISSUER.key])).envelope),
  },
  {
    name: 'entry of a log with a history of keys',
    genuine: [
      envelopeBytes(by(PAYLOADS['key change'])),
      envelopeBytes(by(changePayload(beginning(), ADD_RECOVERY))),
      envelopeBytes(by(PAYLOADS.receipt)),
    ],
    others: ENTRIES,
    codes: [
      ...ENTRY_CODES,
      'key/proof-invalid',
      'key/change-out-of-order',
      'key/signer-unknown',
      'key/unknown',
      'key/reused',
      'key/change-forbidden',
    ],
    damage: wronglySigned,
    cost: 8,
    writeBack: async bytes => {
      await checkLoggedEntry(beginning(), 9, bytes);
      return envelopeBytes(readEntry(bytes));
    },
  },
  {
    name: 'bundle',
    genuine: bundles,
    codes: [...ENVELOPE_CODES, 'bundle/malformed', 'bundle/too-large'],
    damage: jsonMutants(bundles.map(bundle => parseCanonical(bundle))),
    cost: 2,
    writeBack: bytes => formatBundle(parseBundle(bytes)),
  },
  {
    name: 'evidence of misbehaviour',
    genuine: EVIDENCE,
    codes: [],
    damage: fc.oneof(jsonMutants(EVIDENCE.map(evidence => parseCanonical(evidence))), damagedNotes()),
    cost: 12,
    writeBack: async bytes => {
      const { outcome, accused } = await judgeEvidence(bytes, KNOWN, COPY);
      if (outcome !== 'proven') return null;
      if (!EVIDENCE.some(known => equal(known, bytes)))
        throw new Error(`${accused} is found guilty by what nobody has signed: ${toBase64(bytes)}`);
      return canonicalize(parseCanonical(bytes));
    },
  },
];

/** Evidence in which a note or an envelope is damaged on its own, so that the JSON around it stays right. */
function damagedNotes(): fc.Arbitrary<Uint8Array> {
  const places = EVIDENCE.flatMap(evidence => {
    const value = parseCanonical(evidence);
    return textsOf(value).map(text => ({ value, text }));
  });
  return fc
    .constantFrom(...places)
    .chain(({ value, text }) =>
      mutants([utf8(text)]).map(damaged => canonicalize(withText(value, text, fromUtf8(damaged) ?? ''))),
    );
}

function textsOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function withText(value: Json, text: string, other: string): Json {
  if (value === text) return other;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(member => withText(member, text, other));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withText(member, text, other)]),
  );
}
