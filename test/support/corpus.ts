/** The corpus in `spec/corpus`, and what our code says to its inputs. */
import { readdirSync, readFileSync } from 'node:fs';
import { fromBase64, toBase64 } from '../../src/bytes/base64.js';
import { toHex } from '../../src/bytes/hex.js';
import { concatAll, fromUtf8, parseDecimal, utf8 } from '../../src/bytes/octets.js';
import { parseAddCheckpoint, parseCosignatures, parseTreeSize } from '../../src/note/add-checkpoint.js';
import { parseCheckpoint } from '../../src/note/checkpoint.js';
import { keyLabel, parseVerifierKey } from '../../src/note/key.js';
import { parsePolicyBytes, type Quorum, satisfies, type WitnessPolicy } from '../../src/note/policy.js';
import { parseSignSubtree } from '../../src/note/sign-subtree.js';
import { type NoteSignature, parseSignatureLine } from '../../src/note/signature-line.js';
import { parseNote, verifyNote } from '../../src/note/signed-note.js';
import { Failure, type ReasonCode } from '../../src/reason.js';
import {
  ALLOW_UNPROTECTED,
  type CoseOptions,
  type Proven,
  parseCoseReceipt,
  verifyCoseConsistency,
  verifyCoseInclusion,
} from '../../src/tree/cose-receipt.js';
import { leafHash } from '../../src/tree/hash.js';
import { verifyConsistency, verifyInclusion } from '../../src/tree/merkle.js';
import { verifySubtree } from '../../src/tree/subtree.js';
import { parseTilePath, readBundle } from '../../src/tree/tile.js';
import { parseTlogProof } from '../../src/tree/tlog-proof.js';

export type Octets = { readonly text: string } | { readonly base64: string };
export type Claim = Readonly<Record<string, string | readonly string[]>>;
export type Input =
  | Octets
  | { readonly parts: readonly (Octets & { readonly times?: number })[] }
  | { readonly claim: Claim };

export interface Context {
  readonly keys?: readonly string[];
  readonly width?: number;
  readonly unprotected?: boolean;
  readonly entry?: string;
  readonly oldSize?: number;
  readonly oldRoot?: string;
}

/** `code` is null where a refusal has none. */
export type Verdict =
  | { readonly verdict: 'accepted'; readonly value: unknown }
  | { readonly verdict: 'refused'; readonly code: ReasonCode | null };

export interface CorpusCase {
  readonly id: string;
  readonly what: string;
  readonly source: string;
  readonly input: Input;
  readonly context?: Context;
  readonly expect: Verdict;
}

export interface CorpusFile {
  readonly kind: string;
  readonly what: string;
  readonly cases: readonly CorpusCase[];
}

export const CORPUS_FOLDER = new URL('../../spec/corpus/', import.meta.url);

export function readCorpus(): CorpusFile[] {
  return readdirSync(CORPUS_FOLDER)
    .filter(name => name.endsWith('.json'))
    .map(name => JSON.parse(readFileSync(new URL(name, CORPUS_FOLDER), 'utf8')) as CorpusFile);
}

/** The octets of an input that is not a claim. */
export function octetsOf(input: Exclude<Input, { readonly claim: Claim }>): Uint8Array {
  if ('text' in input) return utf8(input.text);
  if ('base64' in input) return decoded(input.base64);
  return concatAll(input.parts.map(part => repeated(octetsOf(part), part.times ?? 1)));
}

function repeated(octets: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(octets.length * times);
  for (let time = 0; time < times; time++) all.set(octets, time * octets.length);
  return all;
}

/** What our code says. Anything that it throws and that is not a Failure passes through. */
export async function judge(kind: string, input: Input, context: Context = {}): Promise<Verdict> {
  const judgeKind = JUDGES.get(kind);
  if (judgeKind === undefined) throw new Error(`no judge for ${kind}`);
  try {
    const value = await judgeKind(input, context);
    return value === undefined ? { verdict: 'refused', code: null } : { verdict: 'accepted', value };
  } catch (error) {
    if (error instanceof Failure) return { verdict: 'refused', code: error.code };
    throw error;
  }
}

type Judge = (input: Input, context: Context) => unknown;

/** A text keeps what JSON can carry and UTF-8 cannot: lone surrogates. */
function ofText(parse: (text: string) => unknown): Judge {
  return input => {
    if ('claim' in input) throw new Error('a claim is no text');
    const text = 'text' in input ? input.text : fromUtf8(octetsOf(input));
    // Whoever reads a file refuses what is not UTF-8 before it is a text.
    return text === null ? undefined : parse(text);
  };
}

function ofOctets(parse: (octets: Uint8Array, context: Context) => unknown): Judge {
  return (input, context) => {
    if ('claim' in input) throw new Error('a claim is no octets');
    return parse(octetsOf(input), context);
  };
}

function ofClaim(check: (claim: ClaimReader) => void): Judge {
  return input => {
    if (!('claim' in input)) throw new Error('only a claim can be checked');
    check(new ClaimReader(input.claim));
    return {};
  };
}

class ClaimReader {
  readonly #claim: Claim;

  constructor(claim: Claim) {
    this.#claim = claim;
  }

  /** What is no decimal that a number holds becomes a number that is no size, as it would for a caller who does not look. */
  size(name: string): number {
    const text = this.#claim[name] as string;
    return parseDecimal(text) ?? Number(text);
  }

  hash(name: string): Uint8Array {
    return decoded(this.#claim[name] as string);
  }

  hashes(name: string): Uint8Array[] {
    return (this.#claim[name] as readonly string[]).map(decoded);
  }
}

const proofLines = (proof: readonly Uint8Array[]) => proof.map(toBase64);

const JUDGES: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  [
    'vkey',
    ofText(text => {
      const { name, type, id, publicKey } = parseVerifierKey(text);
      return { name, type, id: toHex(id), publicKey: toBase64(publicKey) };
    }),
  ],
  ['signature-line', ofText(text => describeLine(parseSignatureLine(text)))],
  [
    'note',
    ofOctets(octets => {
      const { text, signatures } = parseNote(octets);
      return { text, signatures: signatures.map(describeLine) };
    }),
  ],
  ['verified-note', ofOctets(verified)],
  ['cosignature', ofOctets(verified)],
  [
    'checkpoint',
    ofText(text => {
      const { origin, size, root } = parseCheckpoint(text);
      return { origin, size, root: toBase64(root) };
    }),
  ],
  ['policy', ofOctets(octets => describePolicy(parsePolicyBytes(octets)))],
  [
    'quorum',
    ofOctets((octets, { keys = [] }) => ({
      satisfied: satisfies(parsePolicyBytes(octets).quorum, keys.map(parseVerifierKey)),
    })),
  ],
  ['tile-path', ofText(text => parseTilePath(text) ?? undefined)],
  [
    'entry-bundle',
    ofOctets((octets, { width }) => {
      const { entries, length } = readBundle(octets);
      // What every reader of a published bundle asks for.
      if (entries.length !== width || length !== octets.length) throw new Failure('peer/answer-malformed');
      return { entries: entries.map(toBase64) };
    }),
  ],
  [
    'tlog-proof',
    ofText(text => {
      const { index, hashes, checkpoint } = parseTlogProof(text);
      return { index, hashes: proofLines(hashes), checkpoint };
    }),
  ],
  [
    'inclusion',
    ofClaim(claim =>
      verifyInclusion(
        claim.size('index'),
        claim.size('size'),
        claim.hash('leaf'),
        claim.hashes('proof'),
        claim.hash('root'),
      ),
    ),
  ],
  [
    'consistency',
    ofClaim(claim =>
      verifyConsistency(
        claim.size('oldSize'),
        claim.size('newSize'),
        claim.hash('oldRoot'),
        claim.hash('newRoot'),
        claim.hashes('proof'),
      ),
    ),
  ],
  [
    'subtree',
    ofClaim(claim =>
      verifySubtree(
        { start: claim.size('start'), end: claim.size('end') },
        claim.size('size'),
        claim.hashes('proof'),
        claim.hash('hash'),
        claim.hash('root'),
      ),
    ),
  ],
  [
    'add-checkpoint',
    ofOctets(octets => {
      const { oldSize, proof, checkpoint } = parseAddCheckpoint(octets);
      return { oldSize, proof: proofLines(proof), checkpoint: fromUtf8(checkpoint) };
    }),
  ],
  [
    'sign-subtree',
    ofOctets(octets => {
      const { start, end, hash, proof, checkpoint } = parseSignSubtree(octets);
      return {
        start,
        end,
        hash: toBase64(hash),
        proof: proofLines(proof),
        checkpoint: fromUtf8(checkpoint),
      };
    }),
  ],
  ['cosignatures', ofOctets(octets => ({ signatures: parseCosignatures(octets).map(describeLine) }))],
  ['tree-size', ofOctets(octets => ({ size: parseTreeSize(octets) }))],
  [
    'cose-receipt',
    ofOctets((octets, context) => {
      const { protectedHeader, signature, origin, keyId, proof } = parseCoseReceipt(octets, options(context));
      return {
        protectedHeader: toBase64(protectedHeader),
        signature: toBase64(signature),
        origin,
        keyId: keyId === null ? null : toBase64(keyId),
        proof: { ...proof, hashes: proofLines(proof.hashes) },
      };
    }),
  ],
  [
    'cose-inclusion',
    ofOctets(async (octets, context) => {
      const leaf = leafHash(decoded(context.entry as string));
      return describeProven(await verifyCoseInclusion(octets, leaf, onlyKey(context), options(context)));
    }),
  ],
  [
    'cose-consistency',
    ofOctets(async (octets, context) => {
      const old = { size: context.oldSize as number, root: decoded(context.oldRoot as string) };
      return describeProven(await verifyCoseConsistency(octets, old, onlyKey(context), options(context)));
    }),
  ],
]);

function options({ unprotected = false }: Context): CoseOptions {
  return unprotected ? { [ALLOW_UNPROTECTED]: true } : {};
}

function onlyKey({ keys = [] }: Context) {
  return parseVerifierKey(keys[0] as string);
}

function describeProven({ checkpoint: { origin, size, root }, proof }: Proven) {
  const place = proof.kind === 'inclusion' ? { index: proof.index } : { oldSize: proof.oldSize };
  return { origin, size, root: toBase64(root), ...place };
}

async function verified(octets: Uint8Array, { keys = [] }: Context) {
  const note = await verifyNote(parseNote(octets), keys.map(parseVerifierKey));
  return {
    verified: note.verified.map(({ key, time }) => ({ key: keyLabel(key), time })),
    unknown: note.unknown.length,
  };
}

function describeLine({ name, keyId, signature }: NoteSignature) {
  return { name, keyId: toHex(keyId), signature: toBase64(signature) };
}

function describePolicy({ logs, witnesses, quorum }: WitnessPolicy) {
  const listed = (
    members: Iterable<{ readonly key: WitnessPolicy['logs'][number]['key']; url: string | null }>,
  ) => Array.from(members, ({ key, url }) => ({ key: keyLabel(key), url }));
  return { logs: listed(logs), witnesses: listed(witnesses.values()), quorum: describeQuorum(quorum) };
}

function describeQuorum(quorum: Quorum): unknown {
  if (quorum.kind === 'none') return 'none';
  if (quorum.kind === 'witness') return { witness: keyLabel(quorum.key) };
  return { threshold: quorum.threshold, members: quorum.members.map(describeQuorum) };
}

function decoded(base64: string): Uint8Array {
  const octets = fromBase64(base64);
  if (octets === null) throw new Error('the corpus has base64 that is none');
  return octets;
}
