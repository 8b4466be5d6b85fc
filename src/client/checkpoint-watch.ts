/**
 * Comparing the checkpoints of a log that a client has been shown: with its receipts, by its gateways, by its mirrors, today and before. Two
 * that are not of one history are a fork.
 */
import { countingFor } from '../appraise/standing.js';
import type { Trust } from '../appraise/trust.js';
import { equal, fromUtf8, utf8 } from '../bytes/octets.js';
import { type EvidenceJson, formatEvidence } from '../court/misbehaviour/evidence.js';
import { judgeEvidence } from '../court/misbehaviour/judge.js';
import { knownKeys } from '../court/misbehaviour/known-keys.js';
import { makeLogFork } from '../court/misbehaviour/log-fork.js';
import { makeRewrittenLog } from '../court/misbehaviour/rewritten-log.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import type { VerifierKey } from '../note/key.js';
import { formatNote, parseNote, type SignedNote, verifyNote } from '../note/signed-note.js';
import { Failure, says } from '../reason.js';
import { verifyConsistency } from '../tree/merkle.js';
import { proveConsistency, rootHash } from '../tree/prove.js';
import type { Finding } from './finding.js';
import type { KeptExchanges } from './kept-exchanges.js';
import { hashesOf } from './log-hashes.js';
import { type Ask, askPeer, MAX_CHECKPOINT_BYTES } from './peer.js';

/** A checkpoint that the trusted log has signed. */
interface Shown {
  readonly note: SignedNote;
  readonly checkpoint: Checkpoint;
  /** Where the log whose tree it is can be read. */
  readonly log: string;
}

export class CheckpointWatch {
  readonly #trust: Trust;
  readonly #ask: Ask;
  readonly #shown = new Map<string, Shown>();

  constructor(trust: Trust, ask: Ask) {
    this.#trust = trust;
    this.#ask = ask;
  }

  /** Adds a checkpoint that came from `log`, an address below which a log is read. What the trusted log has not signed is nobody's, and is left out. */
  async add(noteText: string, log: string): Promise<void> {
    try {
      const note = parseNote(utf8(noteText));
      const checkpoint = parseCheckpoint(note.text);
      if (checkpoint.origin !== this.#trust.log.name || this.#shown.has(note.text)) return;
      const { verified } = await verifyNote(note, this.#logKeys(checkpoint.size));
      if (verified.length > 0) this.#shown.set(note.text, { note, checkpoint, log });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** Adds what a log, or a mirror's copy of it, shows at its address. One that cannot be reached shows nothing. */
  async look(log: string): Promise<void> {
    try {
      const { status, bytes } = await askPeer(this.#ask, `${log}/checkpoint`, MAX_CHECKPOINT_BYTES);
      if (status === 200) await this.add(fromUtf8(bytes) ?? '', log);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** Compares all of them with one another and with the largest of before, and keeps the largest of one history. */
  async compare(kept: KeptExchanges): Promise<readonly Finding[]> {
    const origin = this.#trust.log.name;
    const before = await kept.checkpoint(origin);
    const [first] = this.#shown.values();
    if (first === undefined) return [];
    if (before !== null) await this.add(before, first.log);
    const ascending = [...this.#shown.values()].sort((a, b) => a.checkpoint.size - b.checkpoint.size);
    const findings: Finding[] = [];
    let [latest] = ascending;
    for (const shown of ascending.slice(1)) {
      const finding = await this.#compare(latest as Shown, shown);
      if (finding === null) latest = shown;
      else findings.push(finding);
    }
    // What is kept is what the log will be held to: never a tree that does not go on from the one before.
    if (latest !== undefined && findings.length === 0)
      await kept.keepCheckpoint(origin, fromUtf8(formatNote(latest.note)) as string);
    return findings;
  }

  /** What a key that has ended signs above its end, or a stolen one anywhere, says nothing about the log. */
  #logKeys(size: number): readonly VerifierKey[] {
    return [this.#trust.log, ...countingFor(this.#trust, 'log', size)];
  }

  /** Null when the second goes on from the first. */
  async #compare(older: Shown, newer: Shown): Promise<Finding | null> {
    if (older.checkpoint.size === newer.checkpoint.size) {
      if (equal(older.checkpoint.root, newer.checkpoint.root)) return null;
      return this.#forked(newer, key => makeLogFork([older.note, newer.note], key));
    }
    if (older.checkpoint.size === 0) return null;
    try {
      const read = hashesOf(this.#ask, newer.log, newer.checkpoint.size);
      const [root, proof] = await Promise.all([
        rootHash(older.checkpoint.size, read),
        proveConsistency(older.checkpoint.size, newer.checkpoint.size, read),
      ]);
      // That root is the larger tree's own; the smaller checkpoint has to have the same.
      verifyConsistency(older.checkpoint.size, newer.checkpoint.size, root, newer.checkpoint.root, proof);
      if (equal(root, older.checkpoint.root)) return null;
      return this.#forked(newer, key => makeRewrittenLog([older.note, newer.note], { root, proof }, key));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return unreconciled(`sizes ${older.checkpoint.size} and ${newer.checkpoint.size}: ${error.code}`);
    }
  }

  async #forked({ checkpoint }: Shown, make: (key: VerifierKey) => EvidenceJson | null): Promise<Finding> {
    for (const key of this.#logKeys(checkpoint.size)) {
      const made = make(key);
      if (made === null) continue;
      const evidence = formatEvidence(made);
      const { outcome, code, says: what } = await judgeEvidence(evidence, knownKeys(this.#trust));
      if (outcome === 'proven')
        return { kind: 'fork', code, says: what, exchange: null, evidence, held: null };
    }
    return { ...unreconciled('two roots, under two keys'), kind: 'fork' };
  }
}

function unreconciled(detail: string): Finding {
  const code = 'client/checkpoints-unreconciled';
  const what = `${says(code)} (${detail})`;
  return { kind: 'unresolved', code, says: what, exchange: null, evidence: null, held: null };
}
