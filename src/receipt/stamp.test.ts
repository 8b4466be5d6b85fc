import { describe, expect, it } from 'vitest';
import { replaced } from '../../test/support/edit.js';
import { failureOf, reasonOf, reasonOfAsync } from '../../test/support/failure.js';
import { testKey } from '../../test/support/keys.js';
import { isAbout, wrongs } from '../../test/support/strictness.js';
import { sha256 } from '../bytes/cryptography.js';
import { toHex } from '../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../bytes/json.js';
import { utf8 } from '../bytes/octets.js';
import { keyLabel } from '../note/key.js';
import { seal } from './envelope.js';
import { readStamp, stampStatement, verifyStamp } from './stamp.js';

const STAMPER = testKey('mirror.example/stamps', 91);
const STRANGER = testKey('mirror.example/stamps', 92);
const DIGEST = sha256(utf8('a payload'));
const payload = stampStatement(DIGEST, 'log.example/test', 1_795_000_000_000, STAMPER.key);
const label = keyLabel(STAMPER.key);
const sealed = (value: Json) => seal(canonicalize(value), label, STAMPER.signer);

describe('spec/mirror.md §2: the stamp', () => {
  it('says what was submitted, for which log, when, and to whom', async () => {
    const stamp = {
      digest: toHex(DIGEST),
      origin: 'log.example/test',
      received: 1_795_000_000_000,
      stamper: label,
    };
    const envelope = seal(payload, label, STAMPER.signer);
    expect(readStamp(envelope)).toEqual(stamp);
    expect(await verifyStamp(envelope, [STRANGER.key, STAMPER.key])).toEqual(stamp);
  });

  it.each([...wrongs(parseCanonical(payload))].map(({ what, ...wrong }) => [what, wrong] as const))(
    'stamp/malformed: %s',
    (_, { path, value }) => {
      const { code, field } = failureOf(() => readStamp(sealed(value)));
      expect(code).toBe('stamp/malformed');
      if (path.includes('.')) expect(isAbout(field, path)).toBe(true);
    },
  );

  it.each<[string, Json]>([
    ['predicate.received', 0.5],
    ['predicate.received', -1],
    ['predicate.received', 9e15],
    ['predicate.stamper', 'stamper'],
    ['predicate.log.origin', ''],
    ['predicate.log.origin', 'two words'],
    ['predicateType', 'urn:countersign:stamp:v2'],
    ['subject.0.name', 'receipt'],
    ['subject.0.digest.sha256', toHex(DIGEST).toUpperCase()],
    ['subject.0.digest.sha256', toHex(DIGEST).slice(2)],
    ['subject', []],
  ])('stamp/malformed: %s is %j', (path, value) => {
    expect(reasonOf(() => readStamp(sealed(replaced(parseCanonical(payload), path, value))))).toBe(
      'stamp/malformed',
    );
  });

  it('stamp/malformed: the envelope names another key than the statement', () => {
    const other = seal(payload, keyLabel(STRANGER.key), STRANGER.signer);
    expect(failureOf(() => readStamp(other))).toMatchObject({
      code: 'stamp/malformed',
      field: 'signatures.0.keyid',
    });
  });

  it('stamp/stamper-unknown: a key that nobody has named', async () => {
    const envelope = seal(payload, label, STAMPER.signer);
    expect(await reasonOfAsync(() => verifyStamp(envelope, [STRANGER.key]))).toBe('stamp/stamper-unknown');
  });

  it('stamp/signature-invalid: a known name under another signature', async () => {
    const envelope = seal(payload, label, STRANGER.signer);
    expect(await reasonOfAsync(() => verifyStamp(envelope, [STAMPER.key]))).toBe('stamp/signature-invalid');
  });
});
