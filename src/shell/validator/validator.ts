/**
 * A validator: it follows a log from its tiles, appraises every receipt under a policy that it has logged before, and publishes the verdicts in batches, each
 * of them one signed entry, with everything that they were made from in a package of its own.
 *
 * Trusted: its policy, its trust file, its key and its disk. Not trusted: the log, and whoever brings proofs against it. Nobody has to believe the validator
 * either: its verdicts can be judged again by anybody who has a package.
 */

import { join } from 'node:path';
import type { AppraisalPolicy } from '../../appraise/verdict/appraisal-policy.js';
import type { Question } from '../../appraise/verdict/appraise-logged.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import type { Json } from '../../bytes/json.js';
import { canonicalize } from '../../bytes/json.js';
import { equal } from '../../bytes/octets.js';
import { knownKeys } from '../../court/misbehaviour/known-keys.js';
import { keyLabel, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import {
  appraisalPolicyStatement,
  isLoggable,
  type LoggablePolicy,
} from '../../receipt/appraisal-policy-entry.js';
import { type Bundle, formatBundle } from '../../receipt/bundle.js';
import { type Envelope, seal } from '../../receipt/envelope.js';
import { MAX_LOGGED_BYTES } from '../../receipt/logged-policy.js';
import { batchStatement } from '../../receipt/verdict-batch.js';
import type { SubtreeReader } from '../../tree/prove.js';
import { type Disk, nodeDisk } from '../files/disk.js';
import { makeFoldersDurably, writeDurably } from '../files/durable.js';
import type { SigningKey } from '../files/keys.js';
import { acquireLock, type Lock } from '../files/lock.js';
import { LogReader, type ReadEntry } from '../tiles/log-reader.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { readSigned, type Seen } from '../tiles/signed-checkpoints.js';
import { proverOf } from './block-prover.js';
import { timeOf, withoutFuture } from './checkpoint-time.js';
import { unchecked, type ValidatorEvent } from './events.js';
import { EvidencePatience } from './evidence-patience.js';
import { type EvidenceSource, judgeReceipts } from './judge-receipts.js';
import { type KeptTree, openTree } from './kept-tree.js';
import { batchAfter, type Judged, NOTHING_JUDGED } from './next-batch.js';
import { type Brought, OverturnedRecord } from './overturned.js';
import { lastOf, Packages } from './packages.js';
import { type LastBatch, readState, type ValidatorState, writeState } from './state.js';

/** Where the log has an entry, with the `tlog-proof` of that. */
export interface Submitted {
  readonly index: number;
  readonly proof: string;
}

/** Hands an entry in at the log, and resolves to where the log has proven to have it. Throws `peer/…`, `proof/…` or `verdict/entry-refused`. */
export type Submit = (envelope: Envelope) => Promise<Submitted>;

export interface ValidatorOptions {
  /** Where the log is read, as C2SP tlog-tiles has it. */
  readonly url: string;
  readonly trust: NonNullable<Question['trust']>;
  readonly policy: AppraisalPolicy;
  /** The same as its author wrote it. */
  readonly policyText: Json;
  readonly key: SigningKey;
  /** Keys of the validator's that came before this one: it answers for what they signed as well. */
  readonly formerKeys?: readonly VerifierKey[];
  /** Where it keeps what it knows; made when it is missing. One log and one key to a folder. */
  readonly folder: string;
  /** Null for one that keeps its verdicts to itself. */
  readonly submit: Submit | null;
  readonly evidence?: EvidenceSource | null;
  /** Whether to go on where the log no longer serves entries. */
  readonly skipMissing?: boolean;
  /** The bytes of a package from which on another is begun; half of what one may have, when it is left out. */
  readonly enoughBytes?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onEvent: (event: ValidatorEvent) => void;
  /** Told how many entries of how many have been looked at. */
  readonly onProgress?: (done: number, all: number) => void;
  readonly disk?: Disk;
}

export class Validator {
  readonly #options: ValidatorOptions;
  readonly #disk: Disk;
  readonly #lock: Lock;
  readonly #label: string;
  readonly #trustDigest: string;
  readonly #reader: LogReader;
  readonly #remote: RemoteLog;
  readonly #closing = new AbortController();
  readonly record: OverturnedRecord;
  readonly packages: Packages;
  #tree: KeptTree;
  /** Whether everything in the tree has been judged, but for what is being judged. */
  #isKnown = true;
  /** The tree as the state on disk has it: everything in it has been judged. */
  #kept: ValidatorState['tree'] | null;
  #last: LastBatch | null;
  #policy: ValidatorState['policy'];
  #submitted: number;
  readonly #evidence: EvidencePatience;
  #running: Promise<unknown> = Promise.resolve();

  /**
   * Throws `data/locked`, `verdict/state-corrupt`, `verdict/submission-mixed`, `appraisal/policy-excessive`, or `log/corrupt` for a folder that is damaged.
   */
  static async open(options: ValidatorOptions): Promise<Validator> {
    const { folder, disk = nodeDisk, policyText, submit } = options;
    if (submit !== null && !(isLoggable(policyText) && canonicalize(policyText).length <= MAX_LOGGED_BYTES))
      throw new Failure('appraisal/policy-excessive');
    await makeFoldersDurably(folder, disk);
    const lock = acquireLock(folder);
    try {
      const identity = [logIdentity(options), keyLabel(options.key.key)] as const;
      const state = await readState(folder, ...identity);
      const packages = await Packages.open(join(folder, 'batches'), disk);
      const record = await OverturnedRecord.open(join(folder, 'record'), disk);
      const tree = await openTree(folder, disk, state?.tree ?? null);
      const last = await packages.lastFrom(state?.last ?? null);
      await checkChainGoesOn(packages, last, submit !== null);
      const validator = new Validator(options, disk, lock, { packages, record, tree, last, state });
      await validator.#keepArtefacts();
      return validator;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(
    options: ValidatorOptions,
    disk: Disk,
    lock: Lock,
    opened: {
      readonly packages: Packages;
      readonly record: OverturnedRecord;
      readonly tree: KeptTree;
      readonly last: LastBatch | null;
      readonly state: ValidatorState | null;
    },
  ) {
    this.#options = options;
    this.#disk = disk;
    this.#lock = lock;
    this.#label = keyLabel(options.key.key);
    this.#trustDigest = toHex(sha256(options.trust.bytes));
    this.#evidence = new EvidencePatience(options.evidence ?? null, options.now);
    this.#remote = new RemoteLog(options.url);
    this.#reader = new LogReader(this.#remote, options.skipMissing ?? false, this.#closing.signal);
    this.packages = opened.packages;
    this.record = opened.record;
    this.#tree = opened.tree;
    this.#kept = opened.state?.tree ?? null;
    this.#last = opened.last;
    this.#policy = opened.state?.policy ?? null;
    this.#submitted = opened.state?.submitted ?? 0;
  }

  /** How it stands. */
  get standing() {
    return {
      validator: this.#label,
      origin: this.#options.trust.trust.log.name,
      size: this.#tree.own.size,
      batches: (this.#last?.sequence ?? -1) + 1,
      submitted: this.#submitted,
      policy: { digest: this.#options.policy.digest, index: this.#policyIndex },
      trust: this.#trustDigest,
      overturned: this.record.names,
    };
  }

  /** Looks at everything that there is now. Resolves to whether all could be appraised and, where it hands in, is in the log. Rejects only for faults of its own. */
  round(): Promise<boolean> {
    const running = this.#round();
    this.#running = running.catch(() => undefined);
    return running;
  }

  /** Takes a proof against this validator into its record; the next batch owns up to it. */
  overturn(bytes: Uint8Array): Promise<Brought> {
    return this.record.bring(bytes, [this.#options.key.key, ...(this.#options.formerKeys ?? [])]);
  }

  /** Stops after the batch that is under way, and lets go of the folder. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#lock.release();
  }

  get #policyIndex(): number | null {
    return this.#policy?.digest === this.#options.policy.digest ? this.#policy.index : null;
  }

  async #round(): Promise<boolean> {
    try {
      await this.#handInWhatIsLeft();
      await this.#logPolicy();
      const seen = await this.#checkpoint();
      await this.#checkExtends(seen);
      await this.#follow(seen);
      while (!this.#closing.signal.aborted && this.record.names.length > (this.#last?.overturned ?? 0))
        await this.#sign(seen, this.#tree.own.size, NOTHING_JUDGED, await this.#asOf(seen));
      // One that was told to stop has not looked at all of it.
      return this.#tree.own.size >= seen.checkpoint.size;
    } catch (error) {
      if (!(error instanceof Failure) || OWN_FAULTS.has(error.code)) throw error;
      if (!this.#closing.signal.aborted) this.#options.onEvent(unchecked(error));
      return false;
    } finally {
      await this.#save();
      this.#options.onEvent({
        kind: 'appraised',
        origin: this.#options.trust.trust.log.name,
        size: this.#tree.own.size,
        batches: (this.#last?.sequence ?? -1) + 1,
        overturned: this.record.names.length,
      });
    }
  }

  /** What everybody needs to judge again: the policy and the trust file, each under its digest. */
  async #keepArtefacts(): Promise<void> {
    const { folder, policyText, policy, trust } = this.#options;
    const artefacts = join(folder, 'artefacts');
    await makeFoldersDurably(artefacts, this.#disk);
    await makeFoldersDurably(join(folder, 'entries'), this.#disk);
    await writeDurably(join(artefacts, policy.digest), canonicalize(policyText), 0o644, this.#disk);
    await writeDurably(join(artefacts, this.#trustDigest), trust.bytes, 0o644, this.#disk);
  }

  /** Before the first verdict under it. */
  async #logPolicy(): Promise<void> {
    const { submit, policy, policyText, key, onEvent } = this.#options;
    if (submit === null || this.#policyIndex !== null) return;
    const payload = appraisalPolicyStatement(policyText as LoggablePolicy, this.#label);
    const envelope = seal(payload, this.#label, key.signer);
    const { index, proof } = await submit(envelope);
    await this.#keepProof(`policy-${policy.digest}`, { envelope, proof });
    this.#policy = { digest: policy.digest, index };
    await this.#save();
    onEvent({ kind: 'policy', digest: policy.digest, index });
  }

  async #checkpoint(): Promise<Seen> {
    const { trust } = this.#options;
    const note = await this.#remote.checkpoint(this.#closing.signal);
    if (note === null)
      throw new Failure('peer/checkpoint-missing', { field: `${this.#remote.url}/checkpoint` });
    const seen = await readSigned(note, trust.trust.log.name, knownKeys(trust.trust));
    if (seen.byLog.length === 0) throw new Failure('checkpoint/log-signature-missing');
    return { ...seen, ...(await withoutFuture(seen.note, trust.trust, this.#options.now())) };
  }

  /** What the log shows now begins with what was read of it. */
  async #checkExtends({ checkpoint }: Seen): Promise<void> {
    const { own } = this.#tree;
    // A run that was killed may have judged more than it had noted.
    const seen = Math.max(own.size, this.#last?.end ?? 0);
    if (checkpoint.size < seen)
      throw new Failure('monitor/checkpoint-older', { detail: `size ${checkpoint.size}, after ${seen}` });
    if (own.size === 0) return;
    const hashes = this.#reader.hashesOf(checkpoint);
    const { root } = await this.#reader.prefix(own.size, checkpoint, hashes);
    if (!equal(root, await own.root()))
      throw new Failure('monitor/checkpoint-contradicted', { detail: `size ${own.size}` });
  }

  async #follow(seen: Seen): Promise<void> {
    const { checkpoint } = seen;
    const { own, frontier } = this.#tree;
    const hashes = this.#reader.hashesOf(checkpoint);
    while (own.size < checkpoint.size && !this.#closing.signal.aborted) {
      const start = own.size;
      const entries = await this.#reader.next(frontier, checkpoint, hashes);
      try {
        for (const { leaf } of entries) this.#tree.push(leaf);
        await this.#judge(seen, entries, start, hashes);
      } catch (error) {
        await this.#forgetUnjudged();
        throw error;
      }
      this.#options.onProgress?.(own.size, checkpoint.size);
    }
  }

  /** Back to what the state has: what was read, and could not be judged, is read again, and never passed over. */
  async #forgetUnjudged(): Promise<void> {
    this.#isKnown = false;
    this.#tree = await openTree(this.#options.folder, this.#disk, this.#kept);
    this.#isKnown = true;
  }

  async #asOf({ note }: Seen): Promise<number> {
    const { trust, now } = this.#options;
    return (await timeOf(note, trust.trust)) ?? now();
  }

  /** All of it, in as many batches as that takes. What is on disk says that it was judged once the last of them is signed. */
  async #judge(
    seen: Seen,
    entries: readonly ReadEntry[],
    start: number,
    hashes: SubtreeReader,
  ): Promise<void> {
    // What an earlier run has judged, and had not yet noted, is only read again.
    const judged = this.#last?.end ?? 0;
    const evidence = this.#evidence.sourceFor(Math.max(start, judged));
    let unjudged = entries.flatMap(({ entry }, at) =>
      entry === null || start + at < judged ? [] : [{ entry, index: start + at }],
    );
    const { trust, policy, enoughBytes } = this.#options;
    const asOf = await this.#asOf(seen);
    while (unjudged.length > 0) {
      const { lines, tree, counts, next } = await judgeReceipts(
        unjudged,
        seen.text,
        first => proverOf(this.#tree.own, seen.checkpoint, first, hashes),
        { trust, policy, asOf },
        evidence,
        enoughBytes,
      );
      unjudged = next === null ? [] : unjudged.filter(({ index }) => index >= next);
      if (lines.count === 0) return;
      const found = { counts, lines, root: toHex(tree.root()) };
      await this.#sign(seen, next ?? this.#tree.own.size, found, asOf, next === null);
    }
  }

  /**
   * Makes the next batch: first its package is durable, then it is handed in. `isAll`: whether everything that was read has been judged by then; where it was
   * not, a run that is killed reads from there once more.
   */
  async #sign(seen: Seen, end: number, judged: Judged, asOf: number, isAll = true): Promise<void> {
    const { key, now, policy: inForce } = this.#options;
    const policy = { digest: inForce.digest, index: this.#policyIndex };
    const question = { asOf, end, policy, trust: this.#trustDigest };
    const batch = batchAfter(this.#last, judged, question, seen.checkpoint, this.record);
    const envelope = seal(batchStatement(batch, this.#label, now()), this.#label, key.signer);
    await this.packages.write(batch.sequence, judged.lines.format(envelope, seen.text));
    this.#last = lastOf({ envelope, batch });
    if (isAll) await this.#save();
    await this.#handIn(batch.sequence, envelope);
    const { sequence, start, counts, overturned } = batch;
    this.#options.onEvent({ kind: 'batch', sequence, start, end, counts, overturned: overturned.count });
  }

  /** A batch comes after the one before it; the same one again gets the place that it has. */
  async #handIn(sequence: number, envelope: Envelope): Promise<void> {
    const { submit } = this.#options;
    if (submit === null) return;
    const { proof } = await submit(envelope);
    await this.#keepProof(`batch-${sequence}`, { envelope, proof });
    this.#submitted = sequence + 1;
  }

  /** That the log has what was handed in, for everybody to see. */
  #keepProof(name: string, bundle: Bundle): Promise<void> {
    const path = join(this.#options.folder, 'entries', `${name}.json`);
    return writeDurably(path, formatBundle(bundle), 0o644, this.#disk);
  }

  async #handInWhatIsLeft(): Promise<void> {
    if (this.#options.submit === null) return;
    for (let sequence = this.#submitted; sequence <= (this.#last?.sequence ?? -1); sequence++) {
      const kept = await this.packages.read(sequence);
      // One that was made when nothing was handed in names no policy, and no log takes it.
      if (kept === null || kept.batch.policy.index === null) {
        this.#submitted = sequence + 1;
        continue;
      }
      await this.#handIn(sequence, kept.envelope);
    }
  }

  async #save(): Promise<void> {
    if (!this.#isKnown) return;
    const tree = await this.#tree.kept();
    const state: ValidatorState = {
      key: this.#label,
      last: this.#last,
      log: logIdentity(this.#options),
      policy: this.#policy,
      submitted: this.#submitted,
      tree,
    };
    await writeState(this.#options.folder, state, this.#disk);
    this.#kept = tree;
  }
}

/** What no other look can change. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['verdict/state-corrupt', 'log/corrupt']);

/** Every batch names the one before it, so that a log which has one has to have all: of a chain that is partly in it a monitor says that verdicts are missing. */
async function checkChainGoesOn(packages: Packages, last: LastBatch | null, handsIn: boolean): Promise<void> {
  const before = last === null ? null : await packages.read(last.sequence);
  if (before === null || (before.batch.policy.index !== null) === handsIn) return;
  const detail = handsIn ? 'they are not in the log' : 'they are in the log';
  throw new Failure('verdict/submission-mixed', { detail });
}

/** A log keeps its name when its keys change. */
function logIdentity({ trust }: ValidatorOptions): string {
  return trust.trust.log.name;
}
