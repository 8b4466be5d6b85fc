import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import { utf8 } from '../../src/bytes/octets.js';
import { formatCheckpoint, parseCheckpoint } from '../../src/note/checkpoint.js';
import { cosign } from '../../src/note/cosignature.js';
import { formatNote, parseNote, signNote } from '../../src/note/signed-note.js';
import { Failure } from '../../src/reason.js';
import { leafHash } from '../../src/tree/hash.js';
import { verifyInclusion } from '../../src/tree/merkle.js';
import { proveInclusion } from '../../src/tree/prove.js';
import { formatTlogProof, parseTlogProof } from '../../src/tree/tlog-proof.js';
import { entryAt, ReferenceTree } from '../support/reference-tree.js';
import { peerCosigner, peerKey } from './keys.js';
import { accepts, ask, askAll, encode, missing } from './peer.js';

const SIZE = 37;
const tree = new ReferenceTree(Array.from({ length: SIZE }, (_, i) => entryAt(i)));
const LOG = peerKey('example.com/log', 1);
const WITNESS = peerCosigner('witness.example/w1', 2);
const POLICY = `witness A ${WITNESS.verifierKey} https://a.example/\nquorum A\n`;
const text = formatCheckpoint({ origin: 'example.com/log', size: SIZE, root: tree.hash(0, SIZE) });
const own = signNote(text, LOG.key, LOG.signer);
const signed = new TextDecoder().decode(formatNote({ text, signatures: [own] }));
const witnessed = new TextDecoder().decode(
  formatNote({ text, signatures: [own, cosign(text, 77, WITNESS.key, WITNESS.signer)] }),
);

async function proofOf(index: number, checkpoint = witnessed): Promise<string> {
  return formatTlogProof({ index, hashes: await proveInclusion(index, SIZE, tree.read), checkpoint });
}

const question = (proof: string, entry: Uint8Array) => ({
  proof,
  logKey: LOG.verifierKey,
  policy: POLICY,
  entry: toBase64(entry),
});

describe.skipIf(missing !== null)(`github.com/transparency-dev/formats/proof ${missing ?? ''}`, () => {
  it('a holder with Go verifies our proofs from the entry to the quorum', async () => {
    const proofs = await Promise.all(tree.entries.map((_, index) => proofOf(index)));
    const answers = askAll(
      'proof/verify',
      proofs.map((proof, index) => question(proof, entryAt(index))),
    );
    expect(answers).toEqual(proofs.map(() => ({ value: true })));
  });

  it('and refuses another entry, another index, a changed hash and a missing witness', async () => {
    const proof = await proofOf(5);
    const refused = [
      question(proof, entryAt(6)),
      question(proof.replace('index 5', 'index 4'), entryAt(5)),
      question(proof.replace(/\n[A-Za-z0-9]/, '\n/'), entryAt(5)),
      question(await proofOf(5, signed), entryAt(5)),
    ];
    for (const answer of askAll('proof/verify', refused)) expect(answer.error).toBeDefined();
  });

  it('what Go writes is what we write, and both read the same from it', async () => {
    for (const index of [0, 5, 36]) {
      const ours = await proofOf(index);
      const hashes = encode(await proveInclusion(index, SIZE, tree.read));
      expect(ask('proof/format', { index, hashes, checkpoint: witnessed })).toBe(ours);
      expect(ask('proof/parse', { text: ours })).toEqual({ index, hashes, checkpoint: witnessed });
      const parsed = parseTlogProof(ours);
      expect(encode(parsed.hashes)).toEqual(hashes);
      const { size, root } = parseCheckpoint(parseNote(utf8(parsed.checkpoint)).text);
      verifyInclusion(parsed.index, size, leafHash(entryAt(index)), parsed.hashes, root);
    }
  });

  const header = 'c2sp.org/tlog-proof@v1';
  const hash = toBase64(new Uint8Array(32));
  const cases: { name: string; proof: string; go: boolean; ours: boolean }[] = [
    { name: 'no hashes', proof: `${header}\nindex 0\n\n${signed}`, go: true, ours: true },
    {
      name: 'another version',
      proof: `c2sp.org/tlog-proof@v2\nindex 0\n\n${signed}`,
      go: false,
      ours: false,
    },
    { name: 'no index', proof: `${header}\n${hash}\n\n${signed}`, go: false, ours: false },
    { name: 'a negative index', proof: `${header}\nindex -1\n\n${signed}`, go: false, ours: false },
    { name: 'a short hash', proof: `${header}\nindex 0\nAAAA\n\n${signed}`, go: false, ours: false },
    {
      name: 'a hash that is not base64',
      proof: `${header}\nindex 0\n!\n\n${signed}`,
      go: false,
      ours: false,
    },
    // Differences. The first is what the specification allows and we refuse; Go's reader is lax about the rest.
    { name: 'extra data', proof: `${header}\nextra AAAA\nindex 0\n\n${signed}`, go: true, ours: false },
    {
      name: 'an index with a leading zero',
      proof: `${header}\nindex 01\n\n${signed}`,
      go: true,
      ours: false,
    },
    { name: 'carriage returns', proof: `${header}\r\nindex 0\r\n\r\n${signed}`, go: true, ours: false },
    { name: 'no checkpoint', proof: `${header}\nindex 0`, go: true, ours: false },
    {
      name: '64 hashes',
      proof: `${header}\nindex 0\n${`${hash}\n`.repeat(64)}\n${signed}`,
      go: true,
      ours: false,
    },
  ];

  it.each(cases)('$name: Go $go, ours $ours', ({ proof, go, ours }) => {
    expect(accepts('proof/parse', { text: proof })).toBe(go);
    let accepted = true;
    try {
      parseTlogProof(proof);
    } catch (error) {
      expect(error).toBeInstanceOf(Failure);
      accepted = false;
    }
    expect(accepted).toBe(ours);
  });

  it('five differences, and no other', () => {
    expect(cases.filter(({ go, ours }) => go !== ours)).toHaveLength(5);
  });
});
