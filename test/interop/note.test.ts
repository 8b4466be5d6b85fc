import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { concat, utf8 } from '../../src/bytes/octets.js';
import { formatCheckpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { cosign } from '../../src/note/cosignature.js';
import { keyLabel } from '../../src/note/key.js';
import { formatSignatureLine } from '../../src/note/signature-line.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../src/note/signed-note.js';
import { Failure } from '../../src/reason.js';
import { type Deviation, deviantSignature, GROUP_ORDER, littleEndian } from '../support/ed25519.js';
import { peerCosigner, peerKey, peerMlDsaCosigner } from './keys.js';
import { accepts, ask, askAll, missing } from './peer.js';

const LOG = peerKey('example.com/log', 1);
const WITNESS = peerCosigner('witness.example/w1', 2);
const ML_DSA_WITNESS = peerMlDsaCosigner('witness.example/w1', 4);
const STRANGER = peerCosigner('stranger.example', 3);
const KNOWN = [LOG, WITNESS, ML_DSA_WITNESS];
const CHECKPOINT = formatCheckpoint({ origin: 'example.com/log', size: 7, root: new Uint8Array(32).fill(1) });
const TEXTS = [
  'a\n',
  'a\n\nb\n',
  '\n',
  '\u2014 a b\n',
  '\u00e9\u{1f511}\u2028\n',
  'a\u007f\u0080\u0085\ufeff\n',
  CHECKPOINT,
  'long line '.repeat(1000).concat('\n'),
];

/** Whether we read a note and find at least one good signature by a known key in it, which is what Go asks for. */
async function weAccept(bytes: Uint8Array): Promise<boolean> {
  try {
    return (
      (
        await verifyNote(
          parseNote(bytes),
          KNOWN.map(({ key }) => key),
        )
      ).verified.length > 0
    );
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

const goAccepts = (bytes: Uint8Array): boolean =>
  accepts('note/open', { note: toBase64(bytes), known: KNOWN.map(({ verifierKey }) => verifierKey) });

describe.skipIf(missing !== null)(`golang.org/x/mod/sumdb/note ${missing ?? ''}`, () => {
  it('what Go signs, we verify, and write back as the same bytes', async () => {
    const signed = askAll(
      'note/sign',
      TEXTS.map(text => ({ text, secretKey: LOG.secretKey })),
    );
    for (const [i, text] of TEXTS.entries()) {
      const bytes = utf8((signed[i] as { value: string }).value);
      const note = parseNote(bytes);
      expect(note.text).toBe(text);
      expect((await verifyNote(note, [LOG.key])).verified).toEqual([{ key: LOG.key, time: null }]);
      expect(formatNote(note)).toEqual(bytes);
    }
  });

  it('what we sign, Go verifies; and both write the same bytes', () => {
    const notes = TEXTS.map(text => formatNote({ text, signatures: [signNote(text, LOG.key, LOG.signer)] }));
    const opened = askAll(
      'note/open',
      notes.map(note => ({ note: toBase64(note), known: [LOG.verifierKey] })),
    );
    expect(opened).toEqual(
      TEXTS.map(text => ({ value: { text, verified: [{ key: keyLabel(LOG.key), time: 0 }], unknown: 0 } })),
    );
    for (const [i, text] of TEXTS.entries())
      expect(utf8(ask('note/sign', { text, secretKey: LOG.secretKey }))).toEqual(notes[i]);
  });

  it('both judge a signature alike that deviates from RFC 8032 as no honest one does', async () => {
    const message = utf8(CHECKPOINT);
    const seed = new Uint8Array(32).fill(1);
    const deviations: [Deviation, boolean][] = [
      [{}, true],
      [{ surplus: GROUP_ORDER }, false],
      [{ surplus: 8n * GROUP_ORDER }, false],
      [{ nonce: 0n, encodedPoint: littleEndian(2n ** 255n - 18n) }, false],
    ];
    for (let smallPoint = 1; smallPoint < 8; smallPoint++)
      deviations.push([{ smallPoint }, false], [{ nonce: 0n, smallPoint }, false]);
    for (const [deviation, good] of deviations) {
      const signature = deviantSignature(seed, message, deviation);
      const bytes = formatNote({
        text: CHECKPOINT,
        signatures: [{ name: LOG.key.name, keyId: LOG.key.id, signature }],
      });
      expect(goAccepts(bytes)).toBe(good);
      expect(await weAccept(bytes)).toBe(good);
    }
  });

  it('both refuse a forged signature by a known key and ignore one by a stranger', async () => {
    const own = signNote(CHECKPOINT, LOG.key, LOG.signer);
    const strange = cosign(CHECKPOINT, 5, STRANGER.key, STRANGER.signer);
    const forged = { ...own, signature: own.signature.toReversed() };
    for (const [signatures, good] of [
      [[own, strange], true],
      [[strange, own], true],
      [[strange], false],
      [[forged], false],
    ] as const) {
      const bytes = formatNote({ text: CHECKPOINT, signatures });
      expect(goAccepts(bytes)).toBe(good);
      expect(await weAccept(bytes)).toBe(good);
    }
  });
});

describe.skipIf(missing !== null).each([WITNESS, ML_DSA_WITNESS])(
  `github.com/transparency-dev/formats/note, type 0$key.type ${missing ?? ''}`,
  witness => {
    it('what we cosign, Go verifies, and it reads the same time', () => {
      for (const time of [0, 1, 1_679_315_147, 2 ** 32, 253_402_300_799]) {
        const bytes = formatNote({
          text: CHECKPOINT,
          signatures: [cosign(CHECKPOINT, time, witness.key, witness.signer)],
        });
        const { verified } = ask('note/open', { note: toBase64(bytes), known: [witness.verifierKey] });
        expect(verified).toEqual([{ key: keyLabel(witness.key), time }]);
      }
    });

    it('what Go cosigns, we verify, beside the signature of the log', async () => {
      const bytes = formatNote({ text: CHECKPOINT, signatures: [signNote(CHECKPOINT, LOG.key, LOG.signer)] });
      const before = Math.floor(Date.now() / 1000);
      const cosigned = ask('note/cosign', {
        note: toBase64(bytes),
        known: [LOG.verifierKey],
        secretKey: witness.secretKey,
      });
      const { verified, unknown } = await verifyNote(parseNote(utf8(cosigned)), [LOG.key, witness.key]);
      expect(unknown).toEqual([]);
      expect(verified.map(({ key }) => key)).toEqual([LOG.key, witness.key]);
      expect(verified[1]?.time).toBeGreaterThanOrEqual(before);
      expect(verified[1]?.time).toBeLessThanOrEqual(before + 60);
    });

    it('both refuse a cosignature whose time was changed', async () => {
      const cosignature = cosign(CHECKPOINT, 5, witness.key, witness.signer);
      const changed = cosignature.signature.with(7, 6);
      const bytes = formatNote({ text: CHECKPOINT, signatures: [{ ...cosignature, signature: changed }] });
      expect(goAccepts(bytes)).toBe(false);
      expect(await weAccept(bytes)).toBe(false);
    });

    it('both refuse a cosignature of another tree, and take it for its own', async () => {
      const other = formatCheckpoint({
        origin: 'example.com/log',
        size: 8,
        root: new Uint8Array(32).fill(1),
      });
      const signatures = [cosign(other, 5, witness.key, witness.signer)];
      for (const [text, good] of [
        [other, true],
        [CHECKPOINT, false],
      ] as const) {
        const bytes = formatNote({ text, signatures });
        expect(goAccepts(bytes)).toBe(good);
        expect(await weAccept(bytes)).toBe(good);
      }
    });
  },
);

describe.skipIf(missing !== null)(`notes on which we differ from Go, all by design ${missing ?? ''}`, () => {
  const line = formatSignatureLine(signNote('a\n', LOG.key, LOG.signer));
  const named = (name: string) =>
    formatSignatureLine({ name, keyId: new Uint8Array(4), signature: new Uint8Array(1) });
  const cases: { name: string; note: Uint8Array; go: boolean; ours: boolean }[] = [
    { name: 'a plain note', note: utf8(`a\n\n${line}`), go: true, ours: true },
    { name: 'a blank line at the end', note: utf8(`a\n\n${line}\n`), go: false, ours: false },
    { name: 'a tab in the text', note: utf8(`a\tb\n\n${line}`), go: false, ours: false },
    {
      name: 'ill-formed UTF-8',
      note: concat(Uint8Array.of(0x80), utf8(`\n\n${line}`)),
      go: false,
      ours: false,
    },
    { name: 'a trailing field', note: utf8(`a\n\n${line.trim()} b\n`), go: false, ours: false },
    { name: 'DEL in a name', note: utf8(`a\n\n${line}${named('b\u007f')}`), go: true, ours: true },
    {
      name: 'a byte order mark in a name',
      note: utf8(`a\n\n${line}${named('b\ufeff')}`),
      go: true,
      ours: true,
    },
    { name: 'a C1 control in a name', note: utf8(`a\n\n${line}${named('b\u0090')}`), go: true, ours: true },
    {
      name: 'a next-line character in a name',
      note: utf8(`a\n\n${line}${named('b\u0085')}`),
      go: false,
      ours: false,
    },
    {
      name: 'a name of 1,000 characters',
      note: utf8(`a\n\n${line}${named('b'.repeat(1000))}`),
      go: true,
      ours: true,
    },
    { name: '101 signatures', note: utf8(`a\n\n${line}${named('b').repeat(100)}`), go: false, ours: false },
    // Differences. Each is stricter than Go, for one reason: no two notes may stand for one, and nothing unseen may ride along.
    { name: 'one signature twice', note: utf8(`a\n\n${line}${line}`), go: true, ours: false },
    {
      name: 'set bits under the padding of a stranger',
      note: utf8(`a\n\n${line}\u2014 b AAAAAAB=\n`),
      go: true,
      ours: false,
    },
  ];

  it.each(cases)('$name: Go $go, ours $ours', async ({ note, go, ours }) => {
    expect(goAccepts(note)).toBe(go);
    expect(await weAccept(note)).toBe(ours);
  });

  it('two differences in this table, and no other', () => {
    expect(cases.filter(({ go, ours }) => go !== ours)).toHaveLength(2);
  });
});

describe.skipIf(missing !== null)(
  `github.com/transparency-dev/formats/log, checkpoints ${missing ?? ''}`,
  () => {
    const root = toBase64(new Uint8Array(32).fill(1));
    const cases: { name: string; text: string; go: boolean; ours: boolean }[] = [
      { name: 'ours', text: CHECKPOINT, go: true, ours: true },
      { name: 'the empty tree', text: `a\n0\n${root}\n`, go: true, ours: true },
      { name: 'no origin', text: `\n1\n${root}\n`, go: false, ours: false },
      { name: 'no size', text: `a\n\n${root}\n`, go: false, ours: false },
      { name: 'a hexadecimal size', text: `a\n0x10\n${root}\n`, go: false, ours: false },
      { name: 'a signed size', text: `a\n+1\n${root}\n`, go: false, ours: false },
      { name: 'a root that is not base64', text: 'a\n1\n!\n', go: false, ours: false },
      { name: 'no final line break', text: `a\n1\n${root}`, go: false, ours: false },
      { name: 'an origin with a space', text: `a b\n1\n${root}\n`, go: true, ours: true },
      { name: 'an origin with a plus sign', text: `a+b\n1\n${root}\n`, go: true, ours: true },
      // Differences. The first is what the specification allows; Go's reader is lax about the rest.
      { name: 'an extension line', text: `a\n1\n${root}\nextension\n`, go: true, ours: false },
      { name: 'a size over 2^53', text: `a\n9007199254740993\n${root}\n`, go: true, ours: false },
      { name: 'a size with a leading zero', text: `a\n01\n${root}\n`, go: true, ours: false },
      { name: 'a root of 31 bytes', text: `a\n1\n${toBase64(new Uint8Array(31))}\n`, go: true, ours: false },
      {
        name: 'set bits under the padding',
        text: `a\n1\n${root.replace('E=', 'F=')}\n`,
        go: true,
        ours: false,
      },
    ];

    it.each(cases)('$name: Go $go, ours $ours', ({ text, go, ours }) => {
      expect(accepts('checkpoint/parse', { text })).toBe(go);
      if (ours)
        expect(ask('checkpoint/parse', { text })).toMatchObject({
          origin: parseCheckpoint(text).origin,
          rest: '',
        });
      else expect(() => parseCheckpoint(text)).toThrow('checkpoint/malformed');
    });

    it('five differences, and no other', () => {
      expect(cases.filter(({ go, ours }) => go !== ours)).toHaveLength(5);
    });
  },
);
