/** One row for each code that verifying can give: what is wrong, which check says so, and what is left to rely on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { removed, replaced } from '../../test/support/edit.js';
import { reasonOf } from '../../test/support/failure.js';
import {
  ISSUER,
  LOG,
  STRANGE_WITNESS,
  STRANGER,
  TRUST_FILE,
  trustWith,
  WITNESSES,
} from '../../test/support/parties.js';
import { cosignatures, INDEX, make, type Recipe, SIZE } from '../../test/support/sample-exchange.js';
import { COMPLETED, COSIGNED, DEADLINE, OPENING, RECEIVED } from '../../test/support/sample-receipt.js';
import { toHex } from '../bytes/hex.js';
import { concat, u64be, utf8 } from '../bytes/octets.js';
import { formatVerifierKey, keyLabel } from '../note/key.js';
import type { NoteSignature } from '../note/signature-line.js';
import { signNote } from '../note/signed-note.js';
import type { ReasonCode } from '../reason.js';
import { MAX_BUNDLE_BYTES } from '../receipt/bundle.js';
import { commit, parseOpening } from '../receipt/opening.js';
import type { Receipt } from '../receipt/receipt.js';
import type { CheckName } from './check.js';
import { parseTrust } from './trust.js';
import { type Outcome, verify } from './verify.js';

interface Row {
  readonly code: ReasonCode;
  readonly what: string;
  readonly recipe: Recipe;
  readonly outcome: Outcome;
  /** The check that gives the code. */
  readonly check: CheckName;
  /** The grade that the record is left with; the other facts have theirs exactly when it has one. */
  readonly record: 'none' | 'signed' | 'included' | 'witnessed';
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesEdited = (edit: (whole: string) => string) => (bytes: Uint8Array) => utf8(edit(text(bytes)));
const stranger = { keyId: keyLabel(STRANGER.key), signer: STRANGER.signer };

function failing(check: CheckName, code: ReasonCode, what: string, recipe: Recipe): Row {
  return { check, code, what, recipe, outcome: 'fail', record: 'none' };
}
function malformed(check: CheckName, code: ReasonCode, what: string, recipe: Recipe): Row {
  return { check, code, what, recipe, outcome: 'malformed', record: 'none' };
}
/** Not checked, and something that was needed for a pass. */
function missing(
  check: CheckName,
  code: ReasonCode,
  what: string,
  record: Row['record'],
  recipe: Recipe,
): Row {
  return { check, code, what, recipe, outcome: 'inconclusive', record };
}
/** Not checked, and nothing that a pass needs. */
function unasked(check: CheckName, code: ReasonCode, what: string, recipe: Recipe): Row {
  return { check, code, what, recipe, outcome: 'pass', record: 'witnessed' };
}

const [SEAL, HERON] = [utf8('a seal'), utf8('a heron')];
const withImages = (images: readonly Uint8Array[]) => (receipt: Receipt) => ({
  ...receipt,
  response: {
    ...receipt.response,
    images: { commitments: images.map((image, at) => toHex(commit(OPENING, `image/${at}`, image))) },
  },
});

const lineOf = (signatures: readonly NoteSignature[], at: number) => signatures[at] as NoteSignature;
const withLine = (signatures: readonly NoteSignature[], at: number, change: Partial<NoteSignature>) =>
  signatures.map((line, index) => (index === at ? { ...line, ...change } : line));

const BUNDLE: readonly Row[] = [
  malformed('bundle', 'bundle/too-large', 'one byte over the limit', {
    bytes: () => new Uint8Array(MAX_BUNDLE_BYTES + 1).fill(0x20),
  }),
  malformed('bundle', 'json/malformed', 'no bytes', { bytes: () => new Uint8Array() }),
  malformed('bundle', 'json/malformed', 'not JSON', { bytes: bytes => bytes.slice(0, -1) }),
  malformed('bundle', 'json/malformed', 'not UTF-8', { bytes: bytes => concat(bytes, Uint8Array.of(0xff)) }),
  malformed('bundle', 'json/malformed', 'a byte order mark', {
    bytes: bytesEdited(whole => `\ufeff${whole}`),
  }),
  malformed('bundle', 'json/not-canonical', 'a newline at the end', {
    bytes: bytesEdited(whole => `${whole}\n`),
  }),
  malformed('bundle', 'json/not-canonical', 'a member twice', {
    bytes: bytesEdited(whole => `${whole.slice(0, -1)},"proof":null}`),
  }),
  malformed('bundle', 'json/not-canonical', 'deeper than any bundle', {
    bytes: () => utf8('['.repeat(50_000) + ']'.repeat(50_000)),
  }),
  malformed('bundle', 'bundle/malformed', 'an array', { bundle: bundle => [bundle] }),
  malformed('bundle', 'bundle/malformed', 'no proof', { bundle: bundle => removed(bundle, 'proof') }),
  malformed('bundle', 'bundle/malformed', 'a member more', {
    bundle: bundle => replaced(bundle, 'note', ''),
  }),
  malformed('bundle', 'bundle/malformed', 'a member named like an inherited one', {
    bundle: bundle => replaced(bundle, 'constructor', ''),
  }),
  malformed('bundle', 'envelope/malformed', 'no envelope', {
    bundle: bundle => replaced(bundle, 'envelope', null),
  }),
  malformed('bundle', 'envelope/malformed', 'no signature', {
    bundle: bundle => replaced(bundle, 'envelope.signatures', []),
  }),
  malformed('bundle', 'envelope/malformed', 'a short signature', {
    bundle: bundle => replaced(bundle, 'envelope.signatures.0.sig', 'AAAA'),
  }),
  malformed('bundle', 'envelope/type-unknown', 'another payload', {
    envelope: envelope => replaced(envelope, 'payloadType', 'application/json'),
  }),
];

const SIGNED: readonly Row[] = [
  missing('signature', 'trust/missing', 'nobody is trusted', 'none', { trust: null }),
  failing('signature', 'envelope/issuer-unknown', 'an issuer whom nobody knows', { seal: () => stranger }),
  failing('signature', 'envelope/signature-invalid', "another key under the issuer's name", {
    seal: ({ keyId }) => ({ keyId, signer: STRANGER.signer }),
  }),
  failing('signature', 'envelope/signature-invalid', 'a payload changed after it was signed', {
    envelope: envelope => replaced(envelope, 'payload', btoa('{}')),
  }),
  failing('receipt', 'envelope/issuer-mismatch', 'a receipt in the name of another issuer', {
    receipt: receipt => ({ ...receipt, issuer: stranger.keyId }),
  }),
  malformed('receipt', 'receipt/malformed', 'signed, but not JSON', { payload: () => utf8('receipt') }),
  malformed('receipt', 'receipt/malformed', 'signed, but not canonical', {
    payload: payload => concat(payload, utf8(' ')),
  }),
  malformed('receipt', 'receipt/malformed', 'signed, but of another type', {
    statement: statement => replaced(statement, 'predicateType', 'urn:countersign:receipt:v2'),
  }),
  malformed('receipt', 'receipt/malformed', 'signed, but with a member more', {
    statement: statement => replaced(statement, 'predicate.verified', true),
  }),
  malformed('receipt', 'receipt/malformed', 'signed by nobody in particular', {
    trust: null,
    statement: statement => removed(statement, 'predicate.time'),
  }),
  failing('time', 'receipt/time-order', 'an answer before its request', {
    receipt: receipt => ({ ...receipt, time: { ...receipt.time, received: COMPLETED + 1 } }),
  }),
  failing('time', 'receipt/time-order', 'a first byte before the request', {
    receipt: receipt => ({ ...receipt, time: { ...receipt.time, firstByte: RECEIVED - 1 } }),
  }),
  failing('time', 'receipt/time-order', 'a first byte after the last', {
    receipt: receipt => ({ ...receipt, time: { ...receipt.time, firstByte: COMPLETED + 1 } }),
  }),
  failing('time', 'receipt/time-order', 'an attempt that ended before it started', {
    receipt: receipt => ({
      ...receipt,
      attempts: receipt.attempts.map(attempt => ({ ...attempt, ended: attempt.started - 1 })),
    }),
  }),
  failing('time', 'receipt/time-order', 'a promise that was broken when it was made', {
    receipt: receipt => ({ ...receipt, log: { ...receipt.log, deadline: COMPLETED - 1 } }),
  }),
  failing('time', 'receipt/time-future', 'a receipt from the future', { asOf: COMPLETED - 60_001 }),
];

/** The stream with its acceptance, which the issuer has signed too, where the receipt should be. */
function withAcceptanceAsReceipt(response: Uint8Array | null): Uint8Array {
  const stream = Buffer.from(response ?? new Uint8Array()).toString('latin1');
  const [, acceptance] = /^: countersign-acceptance (.*)\n/m.exec(stream) ?? [];
  return Buffer.from(
    stream.replace(/^: countersign-receipt .*\n/m, `: countersign-receipt ${acceptance}\n`),
    'latin1',
  );
}

const CONTENT: readonly Row[] = [
  unasked('request', 'content/not-given', 'no request', {
    content: content => ({ ...content, request: null }),
  }),
  unasked('response', 'content/not-given', 'no response', {
    content: content => ({ ...content, response: null }),
  }),
  {
    ...unasked('request', 'content/opening-needed', 'a request without opening', {
      content: content => ({ ...content, opening: null, response: null }),
    }),
    outcome: 'inconclusive',
  },
  {
    ...unasked('response', 'content/opening-needed', 'a response without opening', {
      content: content => ({ ...content, opening: null, request: null }),
    }),
    outcome: 'inconclusive',
  },
  unasked('request', 'content/request-partial', 'a request of which the gateway had only a part', {
    receipt: receipt => ({ ...receipt, request: { ...receipt.request, complete: false } }),
  }),
  failing('request', 'content/request-mismatch', 'another request', {
    content: content => ({ ...content, request: utf8('{}') }),
  }),
  failing('request', 'content/request-mismatch', "another exchange's opening", {
    content: content => ({ ...content, opening: new Uint8Array(32) }),
  }),
  failing('response', 'content/response-mismatch', "another exchange's opening", {
    content: content => ({ ...content, opening: new Uint8Array(32) }),
  }),
  failing('response', 'content/response-mismatch', 'another answer', { response: () => utf8('{}') }),
  failing('response', 'content/response-mismatch', 'the request as the answer', {
    content: content => ({ ...content, response: content.request }),
  }),
  failing('response', 'content/response-mismatch', 'a stream without its last event', {
    form: 'stream',
    response: bytesEdited(stream => stream.slice(0, stream.indexOf(': countersign-receipt'))),
  }),
  failing('response', 'content/response-unsigned', 'an answer where none was sent', {
    form: 'nothing',
    content: content => ({ ...content, response: utf8('an answer') }),
  }),
  failing('image', 'content/image-mismatch', 'another image', {
    receipt: withImages([SEAL, HERON]),
    content: content => ({ ...content, image: utf8('another') }),
  }),
  failing('image', 'content/image-mismatch', 'an image where the answer has none', {
    content: content => ({ ...content, image: SEAL }),
  }),
  failing('image', 'content/image-mismatch', "an image with another exchange's opening", {
    receipt: withImages([SEAL]),
    content: content => ({
      ...content,
      image: SEAL,
      opening: new Uint8Array(32),
      request: null,
      response: null,
    }),
  }),
  failing('image', 'content/image-mismatch', 'an image under the label of a tool call', {
    receipt: receipt => ({
      ...receipt,
      response: {
        ...receipt.response,
        images: { commitments: [toHex(commit(OPENING, 'tool/0', SEAL))] },
      },
    }),
    content: content => ({ ...content, image: SEAL }),
  }),
  {
    ...unasked('image', 'content/opening-needed', 'an image without opening', {
      receipt: withImages([SEAL]),
      content: () => ({ opening: null, request: null, response: null, image: SEAL }),
    }),
    outcome: 'inconclusive',
  },
  {
    ...unasked('image', 'content/image-unlisted', 'one image of very many', {
      receipt: receipt => ({
        ...receipt,
        response: { ...receipt.response, images: { count: 33, root: 'ab'.repeat(32) } },
      }),
      content: content => ({ ...content, image: SEAL }),
    }),
    outcome: 'inconclusive',
  },
  failing('response', 'content/inline-mismatch', 'something else of the issuer in the place of the receipt', {
    form: 'stream',
    content: content => ({ ...content, response: withAcceptanceAsReceipt(content.response) }),
  }),
  failing('response', 'content/inline-invalid', 'a receipt inside the stream that somebody has altered', {
    form: 'stream',
    receiptComment: bytesEdited(comment => comment.replace('"payload":"', '"payload":"AAAA')),
  }),
  failing('response', 'content/response-mismatch', 'a stream of one event without end', {
    form: 'stream',
    response: () => new Uint8Array((1 << 26) + 1).fill(0x20),
  }),
];

const streamed = (code: ReasonCode, what: string, recipe: Recipe) =>
  failing('response', code, what, { form: 'stream', ...recipe });
const ACCEPTANCE: readonly Row[] = [
  streamed('json/malformed', 'an acceptance that is not JSON', { acceptanceComment: () => utf8('{') }),
  streamed('json/not-canonical', 'an acceptance that was written again', {
    acceptanceComment: bytesEdited(comment => comment.replace(':', ': ')),
  }),
  streamed('envelope/malformed', 'an acceptance without signature', {
    acceptanceEnvelope: envelope => replaced(envelope, 'signatures', []),
  }),
  streamed('envelope/type-unknown', 'an acceptance of another payload', {
    acceptanceEnvelope: envelope => replaced(envelope, 'payloadType', 'text/plain'),
  }),
  streamed('acceptance/signature-invalid', 'an acceptance that somebody else signed', {
    acceptanceSeal: ({ keyId }) => ({ keyId, signer: STRANGER.signer }),
  }),
  streamed('acceptance/malformed', 'something else that the issuer signed', {
    acceptance: statement => replaced(statement, 'predicateType', 'urn:countersign:receipt:v1'),
  }),
  streamed('acceptance/malformed', 'a member more', {
    acceptance: statement => replaced(statement, 'predicate.price', 0),
  }),
  streamed('acceptance/mismatch', 'another client', {
    acceptance: statement => replaced(statement, 'predicate.client', 'a'.repeat(26)),
  }),
  streamed('acceptance/mismatch', 'another counter', {
    acceptance: statement => replaced(statement, 'predicate.counter', 8),
  }),
  streamed('acceptance/mismatch', 'another epoch', {
    acceptance: statement => replaced(statement, 'predicate.epoch', 'a'.repeat(26)),
  }),
  streamed('acceptance/mismatch', 'another exchange', {
    acceptance: statement => replaced(statement, 'predicate.exchange', 'b'.repeat(26)),
  }),
  streamed('acceptance/mismatch', 'another issuer', {
    acceptance: statement => replaced(statement, 'predicate.issuer', stranger.keyId),
  }),
  streamed('acceptance/mismatch', 'another nonce', {
    acceptance: statement => replaced(statement, 'predicate.nonce', '0'.repeat(64)),
  }),
  streamed('acceptance/mismatch', 'another request', {
    acceptance: statement =>
      replaced(statement, 'subject.0.digest.countersign-commitment-v1', '0'.repeat(64)),
  }),
];

const unproven = (code: ReasonCode, what: string, recipe: Recipe) => failing('inclusion', code, what, recipe);
const strange = (checkpoint: string) => cosignatures(checkpoint, [STRANGE_WITNESS]);
const RECORD: readonly Row[] = [
  missing('inclusion', 'proof/absent', 'no proof yet', 'signed', { proofText: () => null }),
  missing('witnesses', 'proof/absent', 'no proof yet', 'signed', { proofText: () => null }),
  missing('inclusion', 'proof/absent', 'the last moment of the promise', 'signed', {
    proofText: () => null,
    asOf: DEADLINE,
  }),
  missing('inclusion', 'proof/overdue', 'no proof, and the promise is broken', 'signed', {
    proofText: () => null,
    asOf: DEADLINE + 1,
  }),
  missing('inclusion', 'trust/missing', 'a proof, but nobody is trusted', 'none', { trust: null }),
  missing('witnesses', 'trust/missing', 'a proof, but nobody is trusted', 'none', { trust: null }),
  unproven('proof/malformed', 'no proof at all', { proofText: () => 'proof' }),
  unproven('proof/malformed', 'data that nobody has signed', {
    proofText: proof => proof?.replace('\nindex', '\nextra AAAA\nindex') ?? null,
  }),
  unproven('note/malformed', 'a checkpoint without signatures', {
    note: note => note.split('\n\n')[0] ?? '',
  }),
  unproven('note/malformed', "two signatures by the log's key", {
    signatures: lines => [lineOf(lines, 0), ...lines],
  }),
  unproven('note/signature-invalid', 'a checkpoint that the log did not sign', {
    signatures: (lines, checkpoint) => withLine(lines, 0, signNote(checkpoint, LOG.key, STRANGER.signer)),
  }),
  unproven('note/signature-invalid', 'a cosignature with another time', {
    signatures: lines =>
      withLine(lines, 1, { signature: concat(u64be(COSIGNED - 1), lineOf(lines, 1).signature.slice(8)) }),
  }),
  unproven('note/signature-invalid', 'a cosignature without time', {
    signatures: lines => withLine(lines, 1, { signature: lineOf(lines, 1).signature.slice(8) }),
  }),
  unproven('checkpoint/malformed', 'a checkpoint with an extension line', {
    checkpointText: checkpoint => `${checkpoint}extension\n`,
  }),
  unproven('checkpoint/origin-mismatch', "another log's checkpoint, signed by this log", {
    checkpoint: checkpoint => ({ ...checkpoint, origin: 'log.example/other' }),
  }),
  unproven('receipt/log-mismatch', "another log's receipt", {
    receipt: receipt => ({ ...receipt, log: { ...receipt.log, origin: 'log.example/other' } }),
  }),
  unproven('checkpoint/log-signature-missing', 'witnesses without the log', {
    signatures: lines => lines.slice(1),
  }),
  unproven('proof/surplus-signature', 'a line that nobody vouches for', {
    signatures: (lines, checkpoint) => [...lines, ...strange(checkpoint)],
  }),
  unproven('tree/index-out-of-range', 'an index beyond the tree', {
    proof: proof => ({ ...proof, index: SIZE }),
  }),
  unproven('tree/inclusion-invalid', "another entry's place", {
    proof: proof => ({ ...proof, index: INDEX - 1 }),
  }),
  unproven('tree/inclusion-invalid', 'an entry that is not in the log', {
    entry: () => utf8('something else'),
  }),
  unproven('tree/inclusion-invalid', 'a hash less', {
    proof: proof => ({ ...proof, hashes: proof.hashes.slice(1) }),
  }),
  unproven('tree/inclusion-invalid', "another tree's root", {
    checkpoint: checkpoint => ({ ...checkpoint, root: new Uint8Array(32) }),
  }),
  unproven('receipt/order-impossible', 'a receipt that had seen a log with itself in it', {
    receipt: receipt => ({ ...receipt, seen: { ...receipt.seen, size: INDEX + 1 } }),
  }),
  unproven('receipt/order-impossible', 'a policy that was logged after the receipt', {
    receipt: receipt => ({ ...receipt, policy: { ...receipt.policy, index: INDEX } }),
  }),
  {
    ...missing('witnesses', 'proof/invalid', 'cosignatures of a proof that fails', 'none', {
      entry: () => utf8('something else'),
    }),
    outcome: 'fail',
  },
  missing('witnesses', 'witness/quorum-not-met', 'no cosignature', 'included', {
    signatures: lines => lines.slice(0, 1),
  }),
  missing('witnesses', 'witness/quorum-not-met', 'one cosignature too few', 'included', {
    signatures: lines => lines.slice(0, -1),
  }),
  missing('witnesses', 'witness/quorum-not-met', 'one cosignature that came later', 'included', {
    signatures: (lines, checkpoint) => [
      ...lines.slice(0, -1),
      ...cosignatures(checkpoint, WITNESSES.slice(-1), COSIGNED + 3600),
    ],
  }),
  {
    ...missing(
      'witnesses',
      'witness/not-asked',
      'a policy that asks for nobody, and nobody signed',
      'included',
      {
        trust: trustWith({ policy: 'quorum none\n' }),
        signatures: lines => lines.slice(0, 1),
      },
    ),
    outcome: 'pass',
  },
  missing('witnesses', 'receipt/time-contradicted', 'a cosignature of long before the receipt', 'included', {
    signatures: (lines, checkpoint) => [
      ...lines.slice(0, -1),
      ...cosignatures(checkpoint, WITNESSES.slice(-1), COSIGNED - 7200),
    ],
  }),
  unasked('epoch', 'epoch/not-checked', 'always, offline', {}),
];

const ROWS = [...BUNDLE, ...SIGNED, ...CONTENT, ...ACCEPTANCE, ...RECORD];

/** Codes that say why a check was not made; all others say that it failed. */
const NOT_MADE: ReadonlySet<ReasonCode> = new Set<ReasonCode>([
  'trust/missing',
  'content/not-given',
  'content/image-unlisted',
  'content/opening-needed',
  'content/request-partial',
  'proof/absent',
  'proof/overdue',
  'proof/invalid',
  'witness/quorum-not-met',
  'witness/not-asked',
  'receipt/time-contradicted',
  'epoch/not-checked',
]);

const named = <Named extends { readonly code: ReasonCode; readonly what: string }>(rows: readonly Named[]) =>
  rows.map(row => [`${row.code}: ${row.what}`, row] as const);

describe('what verifying a bundle says', () => {
  it.each(named(ROWS))('%s', async (_, { recipe, check, code, outcome, record }) => {
    const verification = await verify(await make(recipe));
    const status = NOT_MADE.has(code) ? 'not-checked' : 'fail';
    expect(verification.checks.find(({ name }) => name === check)).toMatchObject({ code, status });
    expect(verification.outcome).toBe(outcome);
    const { facts } = verification;
    expect(facts.record.grade).toBe(record);
    expect(facts.model.grade).toBe(record === 'none' ? 'none' : 'asserted');
    expect(facts.place.grade).toBe(record === 'none' ? 'none' : 'asserted');
    expect(facts.answer.grade).toBe(record === 'none' ? 'none' : 'not-recomputed');
  });

  const alone = ROWS.filter(row => !NOT_MADE.has(row.code) && row.recipe.content === undefined);
  it.each(named(alone))('and nothing else fails: %s', async (_, { recipe, check, code }) => {
    const { checks } = await verify(await make(recipe));
    const failures = checks.filter(({ status }) => status === 'fail');
    expect(failures).toEqual([expect.objectContaining({ name: check, code })]);
  });
});

const vkey = formatVerifierKey;
const [FIRST, SECOND] = WITNESSES.map(({ key }) => vkey(key)) as [string, string];
const file = (change: object) => utf8(JSON.stringify({ ...TRUST_FILE, ...change }));
const TRUST: readonly { code: ReasonCode; what: string; bytes: Uint8Array }[] = [
  { code: 'trust/malformed', what: 'not JSON', bytes: utf8('trust') },
  { code: 'trust/malformed', what: 'no issuer', bytes: file({ issuers: [] }) },
  {
    code: 'trust/malformed',
    what: 'two policies',
    bytes: utf8(JSON.stringify(TRUST_FILE).replace('{', '{"policy":"quorum none\\n",')),
  },
  {
    code: 'policy/malformed',
    what: "a witness's key that is none",
    bytes: file({ policy: 'witness A key\nquorum A\n' }),
  },
  { code: 'policy/malformed', what: 'no quorum', bytes: file({ policy: '' }) },
  {
    code: 'policy/name-duplicate',
    what: 'one name for two witnesses',
    bytes: file({ policy: `witness A ${FIRST}\nwitness A ${SECOND}\nquorum A\n` }),
  },
  {
    code: 'policy/key-duplicate',
    what: 'one key for two witnesses',
    bytes: file({ policy: `witness A ${FIRST}\nwitness B ${FIRST}\nquorum A\n` }),
  },
  {
    code: 'policy/name-unknown',
    what: 'a quorum that is nowhere defined',
    bytes: file({ policy: 'quorum A\n' }),
  },
  {
    code: 'policy/member-reused',
    what: 'one witness in two groups',
    bytes: file({ policy: `witness A ${FIRST}\ngroup B any A\ngroup C any A\nquorum C\n` }),
  },
];

describe('what reading a trust file says', () => {
  it.each(named(TRUST))('%s', (_, { code, bytes }) => {
    expect(reasonOf(() => parseTrust(bytes))).toBe(code);
  });
});

/** Codes of the same families that verifying cannot give, and why. */
const ELSEWHERE: Partial<Record<ReasonCode, string>> = {
  'content/opening-malformed': 'given by parseOpening, before verifying begins; see below',
  'checkpoint/log-key-retired': 'needs a trust file with retired keys: see verify.retired.test.ts',
  'cosignature/malformed': "given by a log about a witness's answer",
  'epoch/journal-damaged': 'given by a gateway to its operator',
  'epoch/journal-unavailable': 'given by a gateway that takes no requests',
  'note/key-malformed': 'given by the reader of one key; a trust file names the member or the line instead',
  'note/signer-unknown': 'given about a note alone, by countersign conformance',
  'receipt/not-included': 'given by the gateway, about a COSE receipt that cannot exist yet',
  'receipt/pending': 'given by the gateway, about a receipt that does not exist yet',
  'receipt/unknown': 'given by the gateway, about a receipt that never existed',
  'tree/consistency-invalid': 'given by those who follow a log: a bundle has one checkpoint',
  'tree/interval-invalid': 'given by those who sign subtrees: a bundle proves one entry',
  'tree/subtree-invalid': 'given by those who sign subtrees: a bundle proves one entry',
  'trust/member-malformed': 'given by a gateway about a file of its owner',
  'witness/busy': 'given by a witness to a log',
  'witness/closing': 'given by a witness to a log',
  'witness/consistency-invalid': 'given by a witness to a log',
  'witness/cosignature-missing': 'given by a witness to a log',
  'witness/entries-mismatch': 'given by a semantic witness to a log',
  'witness/entries-unchecked': 'given by a semantic witness to a log',
  'witness/entry-refused': 'given by a semantic witness to a log',
  'witness/old-size-too-large': 'given by a witness to a log',
  'witness/stale': 'given by a witness to a log',
  'witness/state-corrupt': 'given by a witness to its operator',
  'witness/statement-changed': 'given by a witness to its operator',
};

it('content/opening-malformed: text that is not an opening', () => {
  expect(reasonOf(() => parseOpening('opening'))).toBe('content/opening-malformed');
});

describe('the rows', () => {
  const families = new Set(
    'acceptance bundle checkpoint content cosignature envelope epoch json note policy proof receipt tree trust witness'.split(
      ' ',
    ),
  );
  const reasons: object = JSON.parse(
    readFileSync(new URL('../../spec/reasons.json', import.meta.url), 'utf8'),
  );
  const codes = Object.keys(reasons).filter(code => families.has(code.split('/')[0] ?? ''));
  const covered = new Set<string>([...ROWS, ...TRUST].map(({ code }) => code));

  it('cover every code of these families, but for those that are given elsewhere', () => {
    expect(codes.filter(code => !covered.has(code) && !Object.hasOwn(ELSEWHERE, code))).toEqual([]);
  });

  it('give no code that is said to be given elsewhere, and none of those is gone', () => {
    for (const code of Object.keys(ELSEWHERE)) {
      expect(covered).not.toContain(code);
      expect(codes).toContain(code);
    }
  });

  it('the issuer of the sample is not the log: a failure of one is not taken for one of the other', () => {
    expect(keyLabel(ISSUER.key)).not.toBe(keyLabel(LOG.key));
  });
});
