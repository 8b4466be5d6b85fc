import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf, reasonOfAsync } from '../../test/support/failure.js';
import { testCosigner, testKey, testMlDsaCosigner } from '../../test/support/keys.js';
import {
  assertOneTextPerValue,
  assertRefusedOrWrittenBack,
  neighbours,
  parseOrRefuse,
  type TextFormat,
} from '../../test/support/mutation.js';
import { concat, equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { Failure } from '../reason.js';
import { formatCheckpoint } from './checkpoint.js';
import { cosign } from './cosignature.js';
import { parseVerifierKey, type VerifierKey, verifierKey } from './key.js';
import { formatSignatureLine, type NoteSignature } from './signature-line.js';
import { formatNote, parseNote, type SignedNote, signNote, verifyNote } from './signed-note.js';

/** The vector of signed-note. */
const VECTOR_KEY = parseVerifierKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
const VECTOR =
  'This is an example message.\n\n' +
  '\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

const FORMAT: TextFormat<SignedNote> = {
  parse: text => parseNote(utf8(text)),
  format: note => fromUtf8(formatNote(note)) ?? '',
  codes: ['note/malformed'],
};

const CHECKPOINT = formatCheckpoint({ origin: 'example.com/log', size: 7, root: new Uint8Array(32).fill(1) });
const LOG = testKey('example.com/log', 1);
const WITNESS = testCosigner('witness.example/w1', 2);
const STRANGER = testCosigner('stranger.example', 3);
const LINE = formatSignatureLine(signNote('a\n', LOG.key, LOG.signer));

function note(...signatures: NoteSignature[]): SignedNote {
  return { text: CHECKPOINT, signatures };
}

describe('signed-note, "Format"', () => {
  it('the vector: text and one signature', () => {
    const parsed = parseNote(utf8(VECTOR));
    expect(parsed.text).toBe('This is an example message.\n');
    expect(parsed.signatures).toHaveLength(1);
    expect(FORMAT.format(parsed)).toBe(VECTOR);
  });

  it('the text may hold blank lines, for the last one splits', () => {
    expect(FORMAT.parse(`a\n\nb\n\n${LINE}`).text).toBe('a\n\nb\n');
  });

  it('what looks like a signature before the last blank line is text', () => {
    expect(FORMAT.parse(`a\n\n${LINE}\n${LINE}`).text).toBe(`a\n\n${LINE}`);
  });

  it('"MUST accept at least up to 16 signatures"', () => {
    expect(FORMAT.parse(`a\n\n${LINE.repeat(16)}`).signatures).toHaveLength(16);
    expect(FORMAT.parse(`a\n\n${LINE.repeat(100)}`).signatures).toHaveLength(100);
  });
});

describe('signed-note, "Format": control characters', () => {
  it('below U+0020 all but the line break are refused, in the text and in a name', () => {
    for (let code = 0; code < 0x20; code++) {
      if (code === 0x0a) continue;
      const character = String.fromCharCode(code);
      expect(reasonOf(() => FORMAT.parse(`a${character}b\n\n${LINE}`))).toBe('note/malformed');
      expect(reasonOf(() => FORMAT.parse(`a\n\n\u2014 b${character} AAAAAAA=\n`))).toBe('note/malformed');
    }
  });

  it('from DEL on they are characters like others', () => {
    const text = 'a\u007f\u0080\u0085\u009f\ufeffb\n';
    expect(FORMAT.parse(`${text}\n${LINE}`).text).toBe(text);
    expect(FORMAT.parse('a\n\n\u2014 b\u007f\u0090\ufeff AAAAAAA=\n').signatures[0]?.name).toBe(
      'b\u007f\u0090\ufeff',
    );
  });
});

describe('note/malformed', () => {
  it.each([
    ['nothing', ''],
    ['a text alone', 'a\n'],
    ['no signature', 'a\n\n'],
    ['no blank line', `a\n${LINE}`],
    ['no text', LINE],
    ['no final line break', `a\n\n${LINE}`.slice(0, -1)],
    ['a blank line at the end', `a\n\n${LINE}\n`],
    ['a blank line between signatures', `a\n\n${LINE}\n\n`],
    ['a line that is no signature', `a\n\n${LINE}b\n`],
    ['carriage returns', `a\n\n${LINE}`.replaceAll('\n', '\r\n')],
    ['a tab in the text', `a\tb\n\n${LINE}`],
    ['a NUL in the text', `a\0b\n\n${LINE}`],
    ['an escape sequence in the text', `a\u001b[2J\n\n${LINE}`],
    ['101 signatures', `a\n\n${LINE.repeat(101)}`],
    ['over 1 MiB', `${'a\n'.repeat(1 << 19)}\n${LINE}`],
  ])('%s', (_, text) => {
    expect(reasonOf(() => parseNote(utf8(text)))).toBe('note/malformed');
  });

  it('ill-formed UTF-8', () => {
    for (const bytes of [[0x80], [0xed, 0xa0, 0x80], [0xc0, 0x8a]])
      expect(reasonOf(() => parseNote(concat(Uint8Array.from(bytes), utf8(`\n\n${LINE}`))))).toBe(
        'note/malformed',
      );
  });

  it('two signatures by one key, which could tell different stories', async () => {
    const first = cosign(CHECKPOINT, 1, WITNESS.key, WITNESS.signer);
    const second = cosign(CHECKPOINT, 2, WITNESS.key, WITNESS.signer);
    expect(await reasonOfAsync(() => verifyNote(note(first, second), [WITNESS.key]))).toBe('note/malformed');
    expect(await reasonOfAsync(() => verifyNote(note(first, first), [WITNESS.key]))).toBe('note/malformed');
  });
});

describe('signed-note, "Signatures"', () => {
  const own = signNote(CHECKPOINT, LOG.key, LOG.signer);
  const cosigned = cosign(CHECKPOINT, 77, WITNESS.key, WITNESS.signer);
  const strange = cosign(CHECKPOINT, 78, STRANGER.key, STRANGER.signer);

  it('the vector verifies', async () => {
    const { verified, unknown } = await verifyNote(parseNote(utf8(VECTOR)), [VECTOR_KEY]);
    expect(verified).toEqual([{ key: VECTOR_KEY, time: null }]);
    expect(unknown).toEqual([]);
  });

  it('the documented note of another implementation verifies', async () => {
    const key = parseVerifierKey('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
    const text =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
      '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
    expect((await verifyNote(parseNote(utf8(text)), [key])).verified).toHaveLength(1);
  });

  it('known keys are reported in the order in which they are known, with the time that a cosigner states', async () => {
    const { verified, unknown } = await verifyNote(note(cosigned, strange, own), [LOG.key, WITNESS.key]);
    expect(verified).toEqual([
      { key: LOG.key, time: null },
      { key: WITNESS.key, time: 77 },
    ]);
    expect(unknown).toEqual([strange]);
  });

  it('"MUST ignore signatures from unknown keys, even if they share a name or ID"', async () => {
    const sameName = { ...strange, name: LOG.key.name };
    const sameId = { ...strange, keyId: LOG.key.id };
    const { verified, unknown } = await verifyNote(note(sameName, own, sameId), [LOG.key]);
    expect(verified).toHaveLength(1);
    expect(unknown).toEqual([sameName, sameId]);
  });

  it('a note by unknown keys alone verifies nobody, and says so', async () => {
    expect(await verifyNote(note(strange), [LOG.key, WITNESS.key])).toEqual({
      verified: [],
      unknown: [strange],
    });
  });

  it('note/signature-invalid: one failing line by a known key condemns the note, however many are good', async () => {
    const forged = { ...cosigned, signature: cosigned.signature.toReversed() };
    for (const signatures of [
      [own, forged],
      [forged, own],
      [forged, strange, own],
    ])
      expect(await reasonOfAsync(() => verifyNote(note(...signatures), [LOG.key, WITNESS.key]))).toBe(
        'note/signature-invalid',
      );
  });

  it('note/signature-invalid names the key', async () => {
    const failure = await verifyNote(note({ ...own, signature: new Uint8Array(64) }), [LOG.key]).catch(
      e => e,
    );
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).field).toMatch(/^example\.com\/log\+[0-9a-f]{8}$/);
  });

  it('a plain signature under a cosigner key does not verify, nor the reverse', async () => {
    const cosignerKey = verifierKey(LOG.key.name, 4, LOG.key.publicKey);
    const asCosigner = { ...own, keyId: cosignerKey.id };
    expect(await reasonOfAsync(() => verifyNote(note(asCosigner), [cosignerKey]))).toBe(
      'note/signature-invalid',
    );
    const plainKey = verifierKey(WITNESS.key.name, 1, WITNESS.key.publicKey);
    const asPlain = { ...cosigned, keyId: plainKey.id };
    expect(await reasonOfAsync(() => verifyNote(note(asPlain), [plainKey]))).toBe('note/signature-invalid');
  });

  describe('a cosigner with an ML-DSA-44 key', () => {
    const MODERN = testMlDsaCosigner('witness.example/w2', 4);
    const modern = cosign(CHECKPOINT, 79, MODERN.key, MODERN.signer);
    const known = [LOG.key, WITNESS.key, MODERN.key];

    it('is verified beside the others, with the time that it states', async () => {
      const text = formatNote(note(own, modern, cosigned));
      expect((await verifyNote(parseNote(text), known)).verified).toEqual([
        { key: LOG.key, time: null },
        { key: WITNESS.key, time: 77 },
        { key: MODERN.key, time: 79 },
      ]);
    });

    it('that is not known is ignored, and kept', async () => {
      expect((await verifyNote(note(own, modern), [LOG.key])).unknown).toEqual([modern]);
    });

    it.each([
      ['reversed', modern.signature.toReversed()],
      ['cut to the length of Ed25519', modern.signature.slice(0, 72)],
      ['of another time', concat(Uint8Array.of(1), modern.signature.slice(1))],
    ])('note/signature-invalid: known, and its signature is %s', async (_, signature) => {
      const forged = note(own, { ...modern, signature });
      expect(await reasonOfAsync(() => verifyNote(forged, known))).toBe('note/signature-invalid');
    });

    it('note/signature-invalid: its signature stands under another name that the key has', async () => {
      const other = verifierKey('witness.example/w3', MODERN.key.type, MODERN.key.publicKey);
      const lifted = { ...modern, name: other.name, keyId: other.id };
      expect(await reasonOfAsync(() => verifyNote(note(own, lifted), [LOG.key, other]))).toBe(
        'note/signature-invalid',
      );
    });
  });

  it('a key that is known twice still counts once, in one object or in two', async () => {
    for (const again of [LOG.key, { ...LOG.key }, testKey(LOG.key.name, 1).key]) {
      expect((await verifyNote(note(own), [LOG.key, again])).verified).toEqual([
        { key: LOG.key, time: null },
      ]);
      expect(await reasonOfAsync(() => verifyNote(note(own, own), [LOG.key, again]))).toBe('note/malformed');
    }
  });
});

describe('properties', () => {
  const SAMPLE = FORMAT.format(
    note(
      signNote(CHECKPOINT, LOG.key, LOG.signer),
      cosign(CHECKPOINT, 77, WITNESS.key, WITNESS.signer),
      cosign(CHECKPOINT, 78, STRANGER.key, STRANGER.signer),
    ),
  );
  const known: readonly VerifierKey[] = [LOG.key, WITNESS.key];

  it('what is signed verifies, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'ab\n\u2014 \u00e9\u{1f511}') }), async line => {
        const text = `${line}\n`;
        const signed = { text, signatures: [signNote(text, LOG.key, LOG.signer)] };
        expect((await verifyNote(parseNote(formatNote(signed)), known)).verified).toHaveLength(1);
        expect(parseNote(formatNote(signed)).text).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it.each([VECTOR, SAMPLE])('one text per note: the neighbours of %j', sample => {
    assertOneTextPerValue(FORMAT, sample);
  });

  it('no neighbour of a note keeps its text and every signature that was verified', async () => {
    for (const neighbour of neighbours(utf8(VECTOR))) {
      const parsed = parseOrRefuse(() => parseNote(neighbour), FORMAT.codes);
      if (parsed === undefined) continue;
      const outcome = await verifyNote(parsed, [VECTOR_KEY]).catch(error => {
        if (error instanceof Failure && error.code === 'note/signature-invalid') return null;
        throw error;
      });
      expect(outcome?.verified ?? []).toEqual([]);
    }
  });

  it('mutants are refused or written back as they were', () => {
    assertRefusedOrWrittenBack(FORMAT, [VECTOR, SAMPLE], 3000);
  });

  it('arbitrary bytes are refused or written back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
        const parsed = parseOrRefuse(() => parseNote(bytes), FORMAT.codes);
        return parsed === undefined || equal(formatNote(parsed), bytes);
      }),
    );
  });
});
