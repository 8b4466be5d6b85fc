/**
 * A log of receipts as a gateway publishes it, tiles and entry bundles and a cosigned checkpoint, made in memory and served over loopback. Some hundred
 * receipts stand in it again and again: to sign all would take longer than to judge them, and every signature is verified each time.
 */
import { createServer } from 'node:http';
import { fromUtf8 } from '../../dist/bytes/octets.js';
import { formatCheckpoint } from '../../dist/note/checkpoint.js';
import { cosign } from '../../dist/note/cosignature.js';
import { formatNote, signNote } from '../../dist/note/signed-note.js';
import { envelopeBytes, parseEnvelope } from '../../dist/receipt/envelope.js';
import { RECEIPT } from '../../dist/receipt/receipt.js';
import { readStatement } from '../../dist/receipt/statement.js';
import { leafHash, nodeHash } from '../../dist/tree/hash.js';
import { TILE_WIDTH, tilePath, writeBundle } from '../../dist/tree/tile.js';
import { firstEntries } from '../log/first-entries.mjs';
import { logKey, logSigner } from '../log/keys.mjs';
import { receiptMaker } from '../log/receipt-bodies.mjs';

const DIFFERENT_RECEIPTS = 512;
/** The witnesses cosign so long after the exchange, in milliseconds. */
const SOON = 2000;

/** What is served, by path; `receipts` of them behind the first entries. */
export function receiptLog(receipts, witnesses) {
  const make = receiptMaker();
  const different = Array.from({ length: DIFFERENT_RECEIPTS }, () => envelopeBytes(make()));
  const size = firstEntries.length + receipts;
  const entryAt = index => firstEntries[index] ?? different[index % DIFFERENT_RECEIPTS];
  const hashes = new Map([...firstEntries, ...different].map(entry => [entry, leafHash(entry)]));
  const files = new Map();
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    const entries = Array.from({ length: width }, (_, at) => entryAt(index * TILE_WIDTH + at));
    files.set(tilePath({ level: 'entries', index, width }), () => writeBundle(entries));
  }
  const leaves = Array.from({ length: size }, (_, index) => hashes.get(entryAt(index)));
  const root = addTiles(files, leaves);
  const { completed } = readStatement(RECEIPT, parseEnvelope(different[0])).predicate.time;
  const text = formatCheckpoint({ origin: logKey.name, size, root });
  const time = Math.floor((completed + SOON) / 1000);
  const cosignatures = witnesses.map(({ key, signer }) => cosign(text, time, key, signer));
  const note = formatNote({ text, signatures: [signNote(text, logKey, logSigner), ...cosignatures] });
  files.set('checkpoint', () => note);
  return { files, note: fromUtf8(note), different, completed };
}

/** Adds the hash tiles, and returns the root. */
function addTiles(files, leaves) {
  for (let [level, row] = [0, leaves]; row.length > 0; level++) {
    const above = [];
    for (let index = 0; index * TILE_WIDTH < row.length; index++) {
      const tile = row.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      const bytes = Buffer.concat(tile);
      files.set(tilePath({ level, index, width: tile.length }), () => bytes);
      if (tile.length === TILE_WIDTH) above.push(rootOf(tile));
    }
    row = above;
  }
  return rootOf(leaves);
}

/** RFC 6962 §2.1. */
function rootOf(hashes) {
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** Serves it; resolves to its address and a way to stop. */
export async function serveFiles(files) {
  const server = createServer((request, response) => {
    const file = files.get(request.url.replace(/^\/log\//, ''));
    response.writeHead(file === undefined ? 404 : 200).end(file?.());
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/log`, close: () => server.close() };
}
