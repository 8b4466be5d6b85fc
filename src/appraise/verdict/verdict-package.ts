/**
 * What a validator keeps of a batch, and gives to everybody: the signed batch, the checkpoint that its receipts were proven under, and every verdict with
 * the entry, the proof and the evidence that it was made from. So each can be judged again without asking anybody. Lines of canonical JSON; normative:
 * spec/verdict.md §6.
 */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { fromHex, toHex } from '../../bytes/hex.js';
import { canonicalize, type Json, parseCanonical } from '../../bytes/json.js';
import { concatAll, equal, fromUtf8, utf8 } from '../../bytes/octets.js';
import { type Checkpoint, parseCheckpoint } from '../../note/checkpoint.js';
import { parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { bundleOfEntry } from '../../receipt/bundle.js';
import {
  type Envelope,
  EnvelopeSchema,
  envelopeBytes,
  envelopeJson,
  readEnvelope,
} from '../../receipt/envelope.js';
import { Count } from '../../receipt/shapes.js';
import { readStatement } from '../../receipt/statement.js';
import { MAX_EVIDENCE, type Verdict, Verdict as VerdictSchema } from '../../receipt/verdict.js';
import {
  checkBatch,
  VERDICT_BATCH,
  type VerdictBatch,
  verdictLeaf,
  verdictsIn,
} from '../../receipt/verdict-batch.js';
import { Frontier } from '../../tree/frontier.js';
import { leafHash } from '../../tree/hash.js';
import { verifyInclusion } from '../../tree/merkle.js';
import { tlogProofText } from '../../tree/tlog-proof.js';
import { type EvidenceJson, EvidenceJsonSchema } from './evidence-json.js';

/** Verdicts of one batch: as many as four bundles of entries have. */
export const MAX_VERDICTS = 1024;
/** A thousand receipts as they are, with room for some evidence. */
export const MAX_PACKAGE_BYTES = 1 << 26;
const LINE_END = Uint8Array.of(0x0a);

/** A verdict with what it was made from. */
export interface PackedVerdict {
  /** The entry of the log. */
  readonly entry: Uint8Array;
  readonly evidence: readonly EvidenceJson[];
  /** Of the proof that the entry is in the log, in base64, from its sibling to the root's child. */
  readonly hashes: readonly string[];
  /** Where in the log it stands. */
  readonly index: number;
  readonly verdict: Verdict;
}

export interface VerdictPackage {
  readonly envelope: Envelope;
  readonly batch: VerdictBatch;
  /** A signed note: of the log, and with the cosignatures that counted. */
  readonly checkpoint: string;
  readonly verdicts: readonly PackedVerdict[];
}

/**
 * A package as it grows, verdict by verdict. Many receipts rest on the same evidence, which is long: each piece stands in the first line, once, and the others
 * name it by its place there.
 */
export class PackageWriter {
  readonly #lines: Uint8Array[] = [];
  readonly #places = new Map<string, number>();
  readonly #evidence: Uint8Array[] = [];
  #size = 0;

  /** How many verdicts. */
  get count(): number {
    return this.#lines.length;
  }

  /** Bytes so far, but for the batch and the checkpoint. */
  get size(): number {
    return this.#size;
  }

  /** `written`: the verdict's canonical JSON, from whoever has it. */
  add(
    { entry, evidence, hashes, index, verdict }: PackedVerdict,
    written: Uint8Array = canonicalize(verdict as Json),
  ): void {
    const places = evidence.map(each => this.#placeOf(each));
    const line = concatAll([
      utf8('{"entry":'),
      entry,
      utf8(
        `,"evidence":${JSON.stringify(places)},"hashes":${JSON.stringify(hashes)},"index":${index},"verdict":`,
      ),
      written,
      utf8('}'),
    ]);
    this.#lines.push(line);
    this.#size += line.length + 1;
  }

  /** The whole package. */
  format(envelope: Envelope, checkpoint: string): Uint8Array {
    const comma = utf8(',');
    const evidence = this.#evidence.flatMap((each, at) => (at === 0 ? [each] : [comma, each]));
    return concatAll([
      utf8('{"batch":'),
      canonicalize(envelopeJson(envelope)),
      utf8(`,"checkpoint":${JSON.stringify(checkpoint)}`),
      ...(evidence.length === 0 ? [] : [utf8(',"evidence":['), ...evidence, utf8(']')]),
      utf8('}'),
      LINE_END,
      ...this.#lines.flatMap(line => [line, LINE_END]),
    ]);
  }

  #placeOf(evidence: EvidenceJson): number {
    const written = canonicalize(evidence as unknown as Json);
    const digest = toHex(sha256(written));
    const known = this.#places.get(digest);
    if (known !== undefined) return known;
    this.#places.set(digest, this.#evidence.length);
    this.#size += written.length + 1;
    return this.#evidence.push(written) - 1;
  }
}

/** The bytes of the bundle that a verdict is about. */
export function packedBundle({ entry, hashes, index }: PackedVerdict, checkpoint: string): Uint8Array {
  return bundleOfEntry(entry, tlogProofText(index, hashes, checkpoint));
}

const Head = v.strictObject({
  batch: EnvelopeSchema,
  checkpoint: v.string(),
  evidence: v.optional(
    v.pipe(v.array(EvidenceJsonSchema), v.minLength(1), v.maxLength(MAX_VERDICTS * MAX_EVIDENCE)),
  ),
});
const Line = v.strictObject({
  entry: EnvelopeSchema,
  /** By their places in the first line. */
  evidence: v.pipe(v.array(Count), v.maxLength(MAX_EVIDENCE)),
  hashes: v.pipe(v.array(v.pipe(v.string(), v.length(44))), v.maxLength(63)),
  index: Count,
  verdict: VerdictSchema,
});

/**
 * Reads a package, and checks that its verdicts are those of its batch, that the batch says of them what they say, and that each is about an entry of the tree
 * that the batch names. Who has signed batch and checkpoint, and whether the verdicts are right, nobody has looked at. Throws `verdict/batch-malformed`,
 * `verdict/malformed` or `envelope/…`.
 */
export function readPackage(bytes: Uint8Array): VerdictPackage {
  if (bytes.length > MAX_PACKAGE_BYTES) throw malformed('over 64 MiB');
  const lines = linesOf(bytes);
  const [first = new Uint8Array(), ...others] = lines;
  const head = readLine(Head, first);
  const envelope = readEnvelope(head.batch as Json);
  const { batch } = readStatement(VERDICT_BATCH, envelope).predicate;
  checkBatch(batch);
  const checkpoint = checkpointOf(head.checkpoint, batch);
  if (others.length !== verdictsIn(batch) || others.length > MAX_VERDICTS)
    throw malformed('another number of verdicts');
  const tree = new Frontier();
  let next = batch.start;
  const shelf = new EvidenceShelf(head.evidence ?? []);
  const verdicts = others.map((line): PackedVerdict => {
    const { entry, evidence: named, ...read } = readLine(Line, line);
    const rest = { ...read, evidence: named.map(each => shelf.take(each)) };
    if (rest.index < next || rest.index >= batch.end) throw malformed('an entry out of order');
    next = rest.index + 1;
    checkSaid(rest.verdict, batch);
    tree.push(verdictLeaf(rest.verdict));
    const bytes = envelopeBytes(readEnvelope(entry as Json));
    checkProven(bytes, rest, checkpoint);
    return { ...rest, entry: bytes };
  });
  shelf.checkUsed();
  if (!equal(tree.root(), fromHex(batch.root) as Uint8Array)) throw malformed('verdicts of another batch');
  for (const [outcome, count] of Object.entries(batch.counts))
    if (verdicts.filter(({ verdict }) => verdict.outcome === outcome).length !== count)
      throw malformed(`another number of verdicts with the outcome ${outcome}`);
  return { envelope, batch, checkpoint: head.checkpoint, verdicts };
}

/** The evidence of the first line: each is used, for the first time in the order in which it stands there. */
class EvidenceShelf {
  readonly #all: readonly EvidenceJson[];
  #used = 0;

  constructor(all: readonly EvidenceJson[]) {
    this.#all = all;
  }

  take(named: number): EvidenceJson {
    const found = this.#all[named];
    if (found === undefined || named > this.#used) throw malformed('evidence out of order');
    if (named === this.#used) this.#used++;
    return found;
  }

  checkUsed(): void {
    if (this.#used < this.#all.length) throw malformed('evidence of no verdict');
  }
}

/** Of the tree that the batch names: verdicts under another one would be about another log than everybody sees. */
function checkpointOf(text: string, { log, checkpoint: { root, size } }: VerdictBatch): Checkpoint {
  try {
    const checkpoint = parseCheckpoint(parseNote(utf8(text)).text);
    if (checkpoint.origin === log && checkpoint.size === size && toHex(checkpoint.root) === root)
      return checkpoint;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw malformed(`checkpoint: ${error.code}`);
  }
  throw malformed('another checkpoint than the batch names');
}

/** A batch is one question, which whoever reads it alone has to know. */
function checkSaid({ asOf, checker, policy, trust }: Verdict, batch: VerdictBatch): void {
  if (
    asOf !== batch.asOf ||
    checker !== batch.checker ||
    policy !== batch.policy.digest ||
    trust !== batch.trust
  )
    throw malformed('a verdict on another question than the batch');
}

/** An entry that the log does not have, or a proof that is none, would make an honest issuer fail. */
function checkProven(
  entry: Uint8Array,
  { hashes, index }: Pick<PackedVerdict, 'hashes' | 'index'>,
  { size, root }: Checkpoint,
): void {
  try {
    const proof = hashes.map(text => fromBase64(text) ?? new Uint8Array());
    verifyInclusion(index, size, leafHash(entry), proof, root);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw malformed(`entry ${index}: ${error.code}`);
  }
}

function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.at(-1) !== LINE_END[0] || fromUtf8(bytes) === null) throw malformed('not lines of text');
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (lines.length > MAX_VERDICTS) throw malformed('more verdicts than a batch has');
    const end = bytes.indexOf(LINE_END[0] as number, start);
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

function readLine<S extends v.GenericSchema>(schema: S, line: Uint8Array): v.InferOutput<S> {
  let value: Json;
  try {
    value = parseCanonical(line);
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'a line');
  return result.output;
}

function malformed(detail: string): Failure {
  return new Failure('verdict/batch-malformed', { detail });
}
