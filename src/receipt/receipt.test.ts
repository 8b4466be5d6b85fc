import { describe, expect, it } from 'vitest';
import { removed, replaced } from '../../test/support/edit.js';
import { failureOf } from '../../test/support/failure.js';
import { ISSUER } from '../../test/support/parties.js';
import { SAMPLE_RECEIPT } from '../../test/support/sample-receipt.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { type Envelope, seal } from './envelope.js';
import {
  RECEIPT,
  type ReceiptSubject,
  receiptSubject,
  requestCommitment,
  responseDigest,
} from './receipt.js';
import { glanceAtStatement, predicateTypeOf, readStatement, writeStatement } from './statement.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const sealed = (value: Json): Envelope => seal(canonicalize(value), 'issuer', ISSUER.signer);
const written = (subject: ReceiptSubject) => writeStatement(RECEIPT, { subject, predicate: SAMPLE_RECEIPT });
const statement = parseCanonical(written(receiptSubject(A, { form: 'body', commitment: B })));
const read = (value: Json) => readStatement(RECEIPT, sealed(value));

/** What spec/receipt.md §5 allows to be null, to be left out, or to be a list of any length. */
const FREEDOM = {
  nullable: [
    'attempts.0.reason',
    'attempts.0.status',
    'model.digest',
    'model.requested',
    'model.served',
    'previous',
    'request.sent',
    'response.reason',
    'response.usage',
    'responsibility.0.key',
    'responsibility.1.key',
    'time.firstByte',
    'upstream',
    'upstream.requestId',
    'upstream.tlsSpki',
  ].map(path => `predicate.${path}`),
  optional: [
    'request.nonce',
    'request.parameters.max_tokens',
    'request.parameters.reasoning_effort',
    'request.parameters.stream',
    'request.parameters.temperature',
    'request.surface',
    'response.usage.completion_tokens',
    'response.usage.prompt_tokens',
    'response.usage.total_tokens',
  ].map(path => `predicate.${path}`),
  lists: [
    'predicate.attempts',
    'predicate.claims',
    'predicate.evidence',
    'predicate.price.lines',
    'predicate.request.attachments.commitments',
    'predicate.request.transforms',
    'predicate.response.finish',
    'predicate.responsibility',
    'subject',
  ],
};

describe('spec/receipt.md §5: the statement', () => {
  it.each([
    ['a body', { form: 'body', commitment: B } as const],
    ['a stream', { form: 'stream', link: B } as const],
    ['no response', null],
  ])('is read as it was written, with %s', (_, digest) => {
    const subject = receiptSubject(A, digest);
    const envelope = seal(written(subject), 'issuer', ISSUER.signer);
    const found = readStatement(RECEIPT, envelope);
    expect(found).toEqual({
      _type: expect.any(String),
      predicateType: RECEIPT.predicateType,
      subject,
      predicate: SAMPLE_RECEIPT,
    });
    expect(requestCommitment(found.subject)).toBe(A);
    expect(responseDigest(found.subject)).toEqual(digest);
    expect(predicateTypeOf(envelope)).toBe('urn:countersign:receipt:v1');
  });

  it.each([...wrongs(statement, FREEDOM)].map(({ what, ...wrong }) => [what, wrong] as const))(
    'receipt/malformed: %s',
    (_, { path, value }) => {
      const { code, field } = failureOf(() => read(value));
      expect(code).toBe('receipt/malformed');
      if (path.includes('.')) expect(isAbout(field, path), `${field} for ${path}`).toBe(true);
    },
  );

  it.each(['predicate.request.parameters', 'predicate.response.usage'])(
    'receipt/malformed: %s is an empty array, which a schema of optional members lets through',
    path => {
      const { code, field } = failureOf(() => read(replaced(statement, path, [])));
      expect({ code, field }).toEqual({ code: 'receipt/malformed', field: 'payload' });
    },
  );

  it('a request without a response is a receipt; a response without a request is none', () => {
    expect(() => read(removed(statement, 'subject.1'))).not.toThrow();
    expect(failureOf(() => read(removed(statement, 'subject.0'))).code).toBe('receipt/malformed');
  });

  it('what may be null, may be left out and may be empty', () => {
    for (const path of FREEDOM.nullable)
      expect(() => read(replaced(statement, path, null)), path).not.toThrow();
    for (const path of FREEDOM.lists.slice(0, -1))
      expect(() => read(replaced(statement, path, [])), path).not.toThrow();
    for (const path of ['predicate.request.parameters', 'predicate.response.usage'])
      expect(() => read(replaced(statement, path, {})), path).not.toThrow();
  });
});

describe('spec/receipt.md §5: what may stand in the log', () => {
  const long = (length: number) => 'a'.repeat(length);
  it.each<[path: string, what: string, value: Json]>([
    ['_type', 'another version of statements', 'https://in-toto.io/Statement/v0.1'],
    ['predicateType', 'another version of receipts', 'urn:countersign:receipt:v2'],
    ['subject', 'nothing', []],
    ['subject.0.name', 'a response first', 'response'],
    ['subject.0.digest', 'a plain digest', { sha256: A }],
    ['subject.0.digest', 'a stream as the request', { 'countersign-stream-v1': A }],
    [
      'subject.1.digest',
      'both forms at once',
      { 'countersign-commitment-v1': A, 'countersign-stream-v1': A },
    ],
    ['predicate.previous', 'upper case', 'A'.repeat(64)],
    ['predicate.previous', '63 digits', A.slice(1)],
    ['predicate.previous', 'a line end', `${A}\n`],
    ['predicate.client', 'upper case', 'A'.repeat(26)],
    ['predicate.client', '25 characters', long(25)],
    ['predicate.client', 'a digit that base32 has not', `${long(25)}1`],
    ['predicate.counter', 'zero', 0],
    ['predicate.counter', 'below zero', -1],
    ['predicate.counter', 'over 2^53 - 1', 2 ** 53],
    ['predicate.time.completed', 'after the last day of ECMAScript', 8.64e15 + 1],
    ['predicate.time.received', 'before 1970', -1],
    ['predicate.time.clock', 'another clock', 'client'],
    ['predicate.issuer', 'no key id', 'issuer.example'],
    ['predicate.issuer', 'upper case in the key id', 'issuer.example+ABCDEF01'],
    ['predicate.issuer', 'white space in the name', 'issuer example+abcdef01'],
    ['predicate.issuer', 'a second plus', 'issuer+example+abcdef01'],
    ['predicate.issuer', 'too long', `${long(256)}+abcdef01`],
    ['predicate.log.origin', 'nothing', ''],
    ['predicate.request.nonce', 'the nonce itself', 'A'.repeat(22)],
    ['predicate.request.nonce', 'nothing', null],
    ['predicate.log.origin', 'white space', 'log example'],
    ['predicate.log.origin', 'a plus', 'log+example'],
    ['predicate.log.origin', 'an escape character', 'log\u001b[2J'],
    ['predicate.log.origin', 'a control character of C1', 'log\u009b2J'],
    ['predicate.log.origin', 'a change of direction', 'log\u202egpj'],
    ['predicate.issuer', 'an escape character', 'issuer\u001b[2J+abcdef01'],
    ['predicate.issuer', 'a control character of C1', 'issuer\u009b2J+abcdef01'],
    ['predicate.issuer', 'a change of direction', 'issuer\u202e+abcdef01'],
    ['predicate.responsibility.0.key', 'a change of direction', 'issuer\u202e+abcdef01'],
    ['predicate.responsibility.0.party', 'an escape character', 'A\u001b[2J'],
    ['predicate.responsibility.0.party', 'a change of direction', 'A\u202eB'],
    ['predicate.log.origin', 'too long', long(256)],
    ['predicate.model.served', 'a name and a commitment', { name: 'a', commitment: A }],
    ['predicate.model.served', 'neither', {}],
    ['predicate.model.served.name', 'nothing', ''],
    ['predicate.model.served.name', 'a line end', 'a\nb'],
    ['predicate.model.served.name', 'a letter of another script', 'modèle'],
    ['predicate.model.served.name', 'markup', '<b>'],
    ['predicate.model.served.name', 'too long', long(129)],
    ['predicate.response.status', 'another word', 'verified'],
    ['predicate.response.reason', 'a code that is none', 'response/invented'],
    ['predicate.response.reason', 'a name that every object has', 'toString'],
    ['predicate.attempts.0.outcome', 'another word', 'refused'],
    ['predicate.claims.0.status', 'what only others can say', 'verified'],
    ['predicate.claims.0.about', 'a fact that is none', 'record'],
    ['predicate.evidence.0.type', 'a word with a space', 'aws nitro'],
    ['predicate.request.transforms.0', 'free text', 'Changed it.'],
    ['predicate.request.parameters.max_tokens', 'below zero', -1],
    ['predicate.request.surface', 'none that there is', 'chat'],
    ['predicate.request.parameters.temperature', 'beyond the range', 2.5],
    ['predicate.request.parameters.reasoning_effort', 'free text', 'please'],
    ['predicate.request.attachments', '33 commitments', { commitments: Array.from({ length: 33 }, () => A) }],
    ['predicate.request.unstated', 'none', []],
    ['predicate.request.unstated', 'free text', ['my-own']],
    ['predicate.request.unstated', 'what the gateway acts on', ['stream']],
    ['predicate.request.unstated', 'a name twice', ['seed', 'seed']],
    ['predicate.request.unstated', 'out of order', ['top_p', 'seed']],
    [
      'predicate.request',
      'what is stated as well',
      { ...SAMPLE_RECEIPT.request, unstated: ['temperature'] } as Json,
    ],
    ['predicate.response.tools', 'a root over 32', { count: 32, root: A }],
    ['predicate.response.images', 'nothing', null],
    ['predicate.response.transforms', 'none', []],
    ['predicate.response.transforms', 'free text', ['Said otherwise.']],
    ['predicate.response.images', 'a root over 32', { count: 32, root: A }],
    ['predicate.response.tools', 'both', { count: 33, root: A, commitments: [] }],
    ['predicate.response.usage.total_tokens', 'below zero', -1],
    ['predicate.price', 'neither lines nor reason', { lines: null }],
    ['predicate.price', 'another reason', { lines: null, reason: 'cheap' }],
    ['predicate.price', 'lines and a reason', { currency: 'EUR', lines: [], reason: 'free' }],
    ['predicate.price.currency', 'lower case', 'eur'],
    ['predicate.responsibility.0.role', 'another role', 'user'],
    ['predicate.responsibility.0.party', 'a line end', 'A\nB'],
    ['predicate.upstream.origin', 'no scheme', 'provider.example'],
    ['predicate.upstream.origin', 'white space', 'https://provider.example/ a'],
    ['predicate.upstream.signature', 'one that nobody checks', 'signature'],
  ])('receipt/malformed: %s: %s', (path, _, value) => {
    const { code, field } = failureOf(() => read(replaced(statement, path, value)));
    expect(code).toBe('receipt/malformed');
    expect(isAbout(field, path), `${field} for ${path}`).toBe(true);
  });

  it.each<[path: string, value: Json]>([
    ['predicate.price', { lines: null, reason: 'free' }],
    ['predicate.response.tools', { commitments: Array.from({ length: 32 }, () => A) }],
    ['predicate.response.images', { commitments: [A] }],
    ['predicate.response.images', { count: 33, root: A }],
    ['predicate.response.transforms', ['error-restated']],
    ['predicate.request.unstated', ['max_completion_tokens', 'seed', 'service_tier']],
    ['predicate.counter', Number.MAX_SAFE_INTEGER],
    ['predicate.issuer', `${'a'.repeat(255)}+abcdef01`],
    ['predicate.model.served', { commitment: A }],
    ['predicate.upstream.origin', 'built-in:'],
  ])('is read: %s: %j', (path, value) => {
    expect(() => read(replaced(statement, path, value))).not.toThrow();
  });
});

describe('predicateTypeOf', () => {
  it.each<[string, Json]>([
    ['null', null],
    ['a text', 'a'],
    ['no type', {}],
    ['a type that is no text', { predicateType: 1 }],
  ])('of %s is null', (_, value) => {
    expect(predicateTypeOf(sealed(value))).toBeNull();
  });

  it('of bytes that are not canonical JSON is null', () => {
    const payload = new TextEncoder().encode('{ "predicateType": "urn:countersign:receipt:v1" }');
    expect(predicateTypeOf(seal(payload, 'issuer', ISSUER.signer))).toBeNull();
  });
});

describe('a glance at a statement', () => {
  it('sees what reading it gives', () => {
    const envelope = sealed(statement);
    expect(glanceAtStatement(RECEIPT, envelope)).toEqual(readStatement(RECEIPT, envelope));
  });

  it.each<[string, string]>([
    ['no JSON', '{'],
    ['another type', '{"predicateType":"x"}'],
    ['a list', '[]'],
  ])('sees nothing in %s', (_, payload) => {
    expect(glanceAtStatement(RECEIPT, seal(utf8(payload), 'issuer', ISSUER.signer))).toBeNull();
  });

  it('sees nothing in what is no text', () => {
    expect(glanceAtStatement(RECEIPT, seal(Uint8Array.of(0xff), 'issuer', ISSUER.signer))).toBeNull();
  });
});
