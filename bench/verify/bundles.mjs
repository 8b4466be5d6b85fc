/** Receipts with genuine proofs: each hash beside the way to the root is random, and the log and its witnesses sign the root. */
import { randomBytes, randomInt } from 'node:crypto';
import { parseTrust } from '../../dist/appraise/trust.js';
import { fromUtf8, utf8 } from '../../dist/bytes/octets.js';
import { formatCheckpoint } from '../../dist/note/checkpoint.js';
import { cosign } from '../../dist/note/cosignature.js';
import { formatVerifierKey, KEY_TYPE, verifierKey } from '../../dist/note/key.js';
import { formatNote, signNote } from '../../dist/note/signed-note.js';
import { formatBundle } from '../../dist/receipt/bundle.js';
import { envelopeBytes } from '../../dist/receipt/envelope.js';
import { RECEIPT } from '../../dist/receipt/receipt.js';
import { readStatement } from '../../dist/receipt/statement.js';
import { mlDsaSignerFromSeed, signerFromSeed } from '../../dist/shell/node.js';
import { leafHash } from '../../dist/tree/hash.js';
import { inclusionRoot } from '../../dist/tree/merkle.js';
import { formatTlogProof } from '../../dist/tree/tlog-proof.js';
import { issuerKey, logKey, logSigner } from '../log/keys.mjs';
import { receiptMaker } from '../log/receipt-bodies.mjs';

const HEIGHT = 20;
const SIZE = 2 ** HEIGHT;
/** The witnesses cosign so long after the exchange, and the receipt is judged so long after that, in milliseconds. */
const SOON = 2000;

export function ed25519Witnesses(count) {
  return witnessesOf(count, KEY_TYPE.cosignature, signerFromSeed);
}

export function mlDsaWitnesses(count) {
  return witnessesOf(count, KEY_TYPE.mlDsaCosignature, mlDsaSignerFromSeed);
}

function witnessesOf(count, type, signerOf) {
  return Array.from({ length: count }, (_, at) => {
    const signer = signerOf(new Uint8Array(32).fill(100 + at));
    return { key: verifierKey(`witness-${at}.example`, type, signer.publicKey), signer };
  });
}

/** Whoever wants all of the witnesses. */
export function trustIn(witnesses) {
  const names = witnesses.map((_, at) => `w${at}`);
  const lines = witnesses.map(({ key }, at) => `witness ${names[at]} ${formatVerifierKey(key)}`);
  const policy = [...lines, `group all-of-them all ${names.join(' ')}`, 'quorum all-of-them', ''].join('\n');
  const file = { log: formatVerifierKey(logKey), issuers: [formatVerifierKey(issuerKey)], policy };
  return parseTrust(utf8(JSON.stringify(file)));
}

export function witnessedBundles(count, witnesses) {
  const make = receiptMaker();
  const envelopes = Array.from({ length: count }, make);
  const { completed } = readStatement(RECEIPT, envelopes[0]).predicate.time;
  const bundles = envelopes.map(envelope => {
    const index = 2 + randomInt(SIZE - 2);
    const hashes = Array.from({ length: HEIGHT }, () => new Uint8Array(randomBytes(32)));
    const root = inclusionRoot(index, SIZE, leafHash(envelopeBytes(envelope)), hashes);
    const checkpoint = note({ origin: logKey.name, size: SIZE, root }, witnesses, completed + SOON);
    return formatBundle({ envelope, proof: formatTlogProof({ index, hashes, checkpoint }) });
  });
  return { bundles, asOf: completed + 2 * SOON };
}

function note(checkpoint, witnesses, time) {
  const text = formatCheckpoint(checkpoint);
  const cosignatures = witnesses.map(({ key, signer }) => cosign(text, Math.floor(time / 1000), key, signer));
  return fromUtf8(formatNote({ text, signatures: [signNote(text, logKey, logSigner), ...cosignatures] }));
}
