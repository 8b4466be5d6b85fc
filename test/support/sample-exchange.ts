/**
 * Genuine bundles, made in this process from real keys in the order in which a house makes them. Each step can be changed, and what
 * comes after it is made from the change: a test can get one thing wrong and nothing else.
 */
import type { Content } from '../../src/appraise/content.js';
import type { Trust } from '../../src/appraise/trust.js';
import type { VerifyInput } from '../../src/appraise/verify.js';
import type { Signer } from '../../src/bytes/cryptography.js';
import { toHex } from '../../src/bytes/hex.js';
import { canonicalize, type Json } from '../../src/bytes/json.js';
import { concat, utf8 } from '../../src/bytes/octets.js';
import { eventBytes } from '../../src/exchange/server-sent-events.js';
import { type Checkpoint, formatCheckpoint } from '../../src/note/checkpoint.js';
import { cosign } from '../../src/note/cosignature.js';
import { keyLabel } from '../../src/note/key.js';
import type { NoteSignature } from '../../src/note/signature-line.js';
import { formatNote, signNote } from '../../src/note/signed-note.js';
import { ACCEPTANCE } from '../../src/receipt/acceptance.js';
import { envelopeJson, seal } from '../../src/receipt/envelope.js';
import { ACCEPTANCE_COMMENT, RECEIPT_COMMENT } from '../../src/receipt/inline.js';
import { commit } from '../../src/receipt/opening.js';
import { RECEIPT, type Receipt, type ResponseDigest, receiptSubject } from '../../src/receipt/receipt.js';
import { writeStatement } from '../../src/receipt/statement.js';
import { StreamChain } from '../../src/receipt/stream-chain.js';
import { leafHash } from '../../src/tree/hash.js';
import { proveInclusion } from '../../src/tree/prove.js';
import { merkleRoot } from '../../src/tree/root.js';
import { formatTlogProof, type TlogProof } from '../../src/tree/tlog-proof.js';
import { ISSUER, LOG, ORIGIN, trustWith, WITNESSES } from './parties.js';
import { AS_OF, COSIGNED, OPENING, SAMPLE_RECEIPT } from './sample-receipt.js';

/** What a step made, as it goes on; the identity where a recipe says nothing. */
type Change<Value> = (genuine: Value) => Value;

/** Who signs an envelope, under which name. */
export interface Sealing {
  readonly keyId: string;
  readonly signer: Signer;
}

/** Every step of the making, in order. */
export interface Recipe {
  /** How the answer came: whole, as events, or not at all. */
  readonly form?: 'body' | 'stream' | 'nothing';
  /** The request's bytes, before anything is committed to. */
  readonly request?: Change<Uint8Array>;
  readonly receipt?: Change<Receipt>;
  /** The receipt's statement as JSON. */
  readonly statement?: Change<Json>;
  readonly payload?: Change<Uint8Array>;
  readonly seal?: Change<Sealing>;
  readonly envelope?: Change<Json>;
  /** The entry that the log holds in the receipt's place. */
  readonly entry?: Change<Uint8Array>;
  readonly checkpoint?: Change<Checkpoint>;
  /** The checkpoint's text, before it is signed. */
  readonly checkpointText?: Change<string>;
  /** The signature lines: the log's, then those of the three witnesses. Called with what they sign. */
  readonly signatures?: (genuine: readonly NoteSignature[], text: string) => readonly NoteSignature[];
  /** The checkpoint with its signatures. */
  readonly note?: Change<string>;
  readonly proof?: Change<TlogProof>;
  readonly proofText?: Change<string | null>;
  readonly bundle?: Change<Json>;
  readonly bytes?: Change<Uint8Array>;
  /** The statement of the acceptance in the stream. */
  readonly acceptance?: Change<Json>;
  readonly acceptanceSeal?: Change<Sealing>;
  readonly acceptanceEnvelope?: Change<Json>;
  /** What follows the prefix in the stream's comments: the envelope's canonical JSON. */
  readonly acceptanceComment?: Change<Uint8Array>;
  readonly receiptComment?: Change<Uint8Array>;
  /** The response's bytes as the relying party holds them, after everything was signed. */
  readonly response?: Change<Uint8Array>;
  readonly content?: Change<Content>;
  readonly trust?: Trust | null;
  readonly asOf?: number;
}

/** The receipt's place in the sample log, and the log's size. */
export const INDEX = 5;
export const SIZE = 7;

export const REQUEST = utf8(
  '{"model":"sample-1","messages":[{"role":"user","content":"What is a receipt?"}]}',
);
export const RESPONSE = utf8(
  '{"model":"sample-1","choices":[{"index":0,"message":{"content":"Proof of it."}}]}',
);
/** The data of the sample's events, the last of which ends the stream. */
export const EVENTS = ['{"delta":"Proof"}', '{"delta":" of"}', '{"delta":" it."}', '[DONE]'].map(utf8);

/** Makes what a relying party checks. Without a recipe every check of it passes. */
export async function make(recipe: Recipe = {}): Promise<VerifyInput> {
  const form = recipe.form ?? 'body';
  const request = apply(recipe.request, REQUEST);
  const commitment = toHex(commit(OPENING, 'request', request));
  const receipt = apply(recipe.receipt, SAMPLE_RECEIPT);
  const written = writeStatement(RECEIPT, {
    subject: receiptSubject(commitment, responseDigestOf(form)),
    predicate: receipt,
  });
  const statement = apply(recipe.statement, parse(written));
  const payload = apply(recipe.payload, canonicalize(statement));
  const { keyId, signer } = apply(recipe.seal, ISSUES);
  const envelope = apply(recipe.envelope, envelopeJson(seal(payload, keyId, signer)));
  const proof = await makeProof(recipe, canonicalize(envelope));
  const bundle = canonicalize(apply(recipe.bundle, { envelope, proof }));
  const response =
    form === 'stream'
      ? makeStream(recipe, commitment, canonicalize(envelope))
      : form === 'body'
        ? RESPONSE
        : null;
  return {
    bundle: apply(recipe.bytes, bundle),
    trust: recipe.trust === undefined ? trustWith() : recipe.trust,
    content: apply(recipe.content, {
      opening: OPENING,
      request,
      response: response === null ? null : apply(recipe.response, response),
    }),
    asOf: recipe.asOf ?? AS_OF,
  };
}

/** Cosignatures of a checkpoint by these witnesses at one time, in Unix seconds. */
export function cosignatures(text: string, witnesses = WITNESSES, time = COSIGNED): NoteSignature[] {
  return witnesses.map(({ key, signer }) => cosign(text, time, key, signer));
}

const ISSUES: Sealing = { keyId: keyLabel(ISSUER.key), signer: ISSUER.signer };

/** The proof that an entry stands at a place, the sample's unless another is named, in a tree that the sample log has signed. */
export async function makeProof(recipe: Recipe, envelope: Uint8Array, place = INDEX): Promise<string | null> {
  const entries = Array.from({ length: SIZE }, (_, at) => utf8(`another entry, ${at}`));
  entries[place] = apply(recipe.entry, envelope);
  const hashes = await proveInclusion(place, SIZE, async ({ level, index }) => {
    const leaves = entries.slice(index * 2 ** level, (index + 1) * 2 ** level);
    return level === 0 ? leafHash(leaves[0] as Uint8Array) : merkleRoot(leaves);
  });
  const checkpoint = apply(recipe.checkpoint, { origin: ORIGIN, size: SIZE, root: merkleRoot(entries) });
  const text = apply(recipe.checkpointText, formatCheckpoint(checkpoint));
  const genuine = [signNote(text, LOG.key, LOG.signer), ...cosignatures(text)];
  const signatures = recipe.signatures?.(genuine, text) ?? genuine;
  const note = apply(recipe.note, new TextDecoder().decode(formatNote({ text, signatures })));
  const proof = apply(recipe.proof, { index: place, hashes, checkpoint: note });
  return apply(recipe.proofText, formatTlogProof(proof));
}

/** The sample's events, with the acceptance in front of the first and the receipt in front of the last. */
function makeStream(recipe: Recipe, commitment: string, envelope: Uint8Array): Uint8Array {
  const { client, counter, epoch, exchange, issuer, log, request, time } = SAMPLE_RECEIPT;
  const written = writeStatement(ACCEPTANCE, {
    subject: [{ digest: { 'countersign-commitment-v1': commitment }, name: 'request' }],
    predicate: {
      client,
      counter,
      epoch,
      exchange,
      issuer,
      log: { origin: log.origin },
      ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
      received: time.received,
    },
  });
  const payload = canonicalize(apply(recipe.acceptance, parse(written)));
  const { keyId, signer } = apply(recipe.acceptanceSeal, ISSUES);
  const accepted = apply(recipe.acceptanceEnvelope, envelopeJson(seal(payload, keyId, signer)));
  const comments = [
    comment(ACCEPTANCE_COMMENT, apply(recipe.acceptanceComment, canonicalize(accepted))),
    ...EVENTS.slice(2).map(() => new Uint8Array()),
    comment(RECEIPT_COMMENT, apply(recipe.receiptComment, envelope)),
  ];
  return concat(
    ...EVENTS.flatMap((data, at) => [comments[at] as Uint8Array, utf8('data: '), data, utf8('\n\n')]),
  );
}

function comment(prefix: string, text: Uint8Array): Uint8Array {
  return concat(utf8(`:${prefix}`), text, utf8('\n'));
}

function responseDigestOf(form: NonNullable<Recipe['form']>): ResponseDigest | null {
  if (form === 'nothing') return null;
  if (form === 'body') return { form, commitment: toHex(commit(OPENING, 'response', RESPONSE)) };
  const chain = new StreamChain(OPENING);
  for (const data of EVENTS) chain.add(eventBytes({ event: null, id: null, data: [data] }));
  return { form, link: toHex(chain.link) };
}

function parse(bytes: Uint8Array): Json {
  return JSON.parse(new TextDecoder().decode(bytes)) as Json;
}

function apply<Value>(change: Change<Value> | undefined, genuine: Value): Value {
  return change === undefined ? genuine : change(genuine);
}
