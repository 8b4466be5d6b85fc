/**
 * What the entries of a log have to be together: epochs begin before their receipts, no number is given twice, each receipt names the one
 * before it, the tree that it had seen and the policy that was in force, an epoch is closed once, with as many receipts as there were, and validators judge
 * under policies that were logged before, in one chain of batches. What each entry has to be by itself is in
 * `receipt/entry-rules.ts`.
 */
import { fromHex, toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { APPRAISAL_POLICY } from '../../receipt/appraisal-policy-entry.js';
import { CLOSING, type Closing, receiptsNamed } from '../../receipt/closing.js';
import { readEntry } from '../../receipt/entry.js';
import { checkEntry } from '../../receipt/entry-rules.js';
import { type Envelope, payloadDigest } from '../../receipt/envelope.js';
import { EPOCH } from '../../receipt/epoch.js';
import { ERASURE, type Erasure } from '../../receipt/erasure.js';
import { KEY_CHANGE } from '../../receipt/key-change.js';
import type { KeyHistory } from '../../receipt/key-history.js';
import { POLICY_V2 } from '../../receipt/logged-policy.js';
import { POLICY } from '../../receipt/policy.js';
import { RECEIPT, type Receipt } from '../../receipt/receipt.js';
import { REVOCATION } from '../../receipt/revocation.js';
import { predicateTypeOf, readStatement } from '../../receipt/statement.js';
import { VERDICT } from '../../receipt/verdict.js';
import { MAX_OVERTURNED_AT_ONCE, VERDICT_BATCH, type VerdictBatch } from '../../receipt/verdict-batch.js';
import type { OwnTree } from '../tiles/own-tree.js';
import { Recent } from '../tiles/recent.js';
import { type KeyTable, tableKey } from './key-table.js';

export interface Finding {
  readonly code: ReasonCode;
  readonly index: number;
  readonly detail: string | null;
  /** The earlier entry that this one contradicts, where the two together may be evidence. */
  readonly against: number | null;
}

/** What has been counted so far. */
export interface Tallies {
  readonly receipts: number;
  readonly epochs: number;
  readonly closings: number;
  readonly openNumbers: number;
  readonly withheld: number;
}

export const NO_TALLIES: Tallies = { receipts: 0, epochs: 0, closings: 0, openNumbers: 0, withheld: 0 };

/** An entry that changes keys, and where it stands. */
export interface ReadChange {
  readonly index: number;
  readonly entry: Uint8Array;
}

/** What the entries before the next one come to. */
export interface Standing {
  readonly history: KeyHistory;
  /** The entries that made the history what it is. */
  readonly keyChanges: readonly ReadChange[];
  readonly tallies: Tallies;
}

const REMEMBERED_EPOCHS = 64;

interface EpochStanding {
  readonly receipts: number;
  readonly isClosed: boolean;
}

export class Ledger {
  readonly #table: KeyTable;
  readonly #tree: OwnTree;
  #history: KeyHistory;
  readonly #keyChanges: ReadChange[];
  #tallies: Tallies;
  #found: Finding[] = [];
  /** Those of late. */
  readonly #epochs = new Recent<EpochStanding>(REMEMBERED_EPOCHS);

  constructor(table: KeyTable, tree: OwnTree, { history, keyChanges, tallies }: Standing) {
    this.#table = table;
    this.#tree = tree;
    this.#history = history;
    this.#keyChanges = [...keyChanges];
    this.#tallies = tallies;
  }

  get tallies(): Tallies {
    return this.#tallies;
  }

  get keyChanges(): readonly ReadChange[] {
    return this.#keyChanges;
  }

  /** The number of entries that it has taken. */
  get size(): number {
    return this.#table.size;
  }

  /** Takes the next entry, or null when the log does not serve it, and says what is wrong with it. The tree has all before it. */
  async take(entry: Uint8Array | null): Promise<readonly Finding[]> {
    this.#found = [];
    if (entry === null) this.#count({ withheld: 1 });
    this.#table.add(entry === null ? [] : await this.#check(entry));
    return this.#found;
  }

  /** The keys under which the entry is filed: none when it counts for nothing. */
  async #check(entry: Uint8Array): Promise<readonly Uint8Array[]> {
    let envelope: Envelope;
    try {
      envelope = await this.#checkAlone(entry);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#find(
        error.code,
        [error.field, error.detail].filter(part => part !== undefined).join(': ') || null,
      );
      return [];
    }
    const digest = payloadDigest(envelope);
    const payload = tableKey('payload', toHex(digest));
    const before = await this.#table.find(payload);
    if (before !== null) {
      this.#find('monitor/payload-repeated', `also entry ${before}`);
      return [];
    }
    return [payload, ...(await this.#checkAmongOthers(envelope, toHex(digest)))];
  }

  async #checkAlone(entry: Uint8Array): Promise<Envelope> {
    const index = this.size;
    const envelope = readEntry(entry);
    if (predicateTypeOf(envelope) === KEY_CHANGE.predicateType) {
      this.#history = await this.#history.after(index, entry);
      // A copy: the entry is a part of its bundle's memory.
      this.#keyChanges.push({ index, entry: entry.slice() });
      return envelope;
    }
    const place = { origin: this.#history.origin, index };
    const [issuers, validators] = [this.#history.at('issuer', index), this.#history.at('validator', index)];
    return (await checkEntry(entry, issuers, place, validators)).envelope;
  }

  async #checkAmongOthers(envelope: Envelope, digest: string): Promise<readonly Uint8Array[]> {
    switch (predicateTypeOf(envelope)) {
      case EPOCH.predicateType: {
        const { issuer, epoch } = readStatement(EPOCH, envelope).predicate;
        const key = tableKey('epoch', issuer, epoch);
        if ((await this.#table.find(key)) !== null) this.#find('monitor/epoch-repeated', epoch);
        this.#count({ epochs: 1 });
        return [key];
      }
      case POLICY.predicateType: {
        const { subject, predicate } = readStatement(POLICY, envelope);
        return [tableKey('policy', predicate.issuer, subject[0].digest.sha256, this.size)];
      }
      case POLICY_V2.predicateType: {
        const { subject, predicate } = readStatement(POLICY_V2, envelope);
        return [tableKey('policy', predicate.issuer, subject[0].digest.sha256, this.size)];
      }
      case RECEIPT.predicateType: {
        this.#count({ receipts: 1 });
        return this.#checkReceipt(readStatement(RECEIPT, envelope).predicate, digest);
      }
      case CLOSING.predicateType:
        return this.#checkClosing(readStatement(CLOSING, envelope).predicate.closing);
      case ERASURE.predicateType:
        await this.#checkErasure(readStatement(ERASURE, envelope).predicate.erasure);
        return [];
      case REVOCATION.predicateType:
        return this.#checkRevocation(readStatement(REVOCATION, envelope).predicate.sequence);
      case APPRAISAL_POLICY.predicateType: {
        const { subject, predicate } = readStatement(APPRAISAL_POLICY, envelope);
        return [tableKey('appraisal-policy', predicate.issuer, subject[0].digest.sha256, this.size)];
      }
      case VERDICT.predicateType: {
        const { issuer, policyIndex = null, verdict } = readStatement(VERDICT, envelope).predicate;
        await this.#checkAppraisalPolicy(issuer, verdict.policy, policyIndex);
        return [];
      }
      case VERDICT_BATCH.predicateType: {
        const { issuer, batch } = readStatement(VERDICT_BATCH, envelope).predicate;
        return this.#checkBatch(issuer, batch, digest);
      }
      default:
        return [];
    }
  }

  /** The validator's policy stands where its verdict says, and so before it. */
  async #checkAppraisalPolicy(issuer: string, digest: string, index: number | null): Promise<void> {
    const isKnown = this.#tallies.withheld === 0;
    if (isKnown && !(await this.#has('appraisal-policy', issuer, digest, index ?? '')))
      this.#find('verdict/policy-unlogged', `entry ${index}`);
  }

  /** A validator's batches are one chain without gaps, under trees that the log had, and none forgets what the one before it owned up to. */
  async #checkBatch(issuer: string, batch: VerdictBatch, digest: string): Promise<readonly Uint8Array[]> {
    const { sequence, previous, start, end, checkpoint, policy, overturned } = batch;
    await this.#checkAppraisalPolicy(issuer, policy.digest, policy.index);
    await this.#checkSeen({ seen: checkpoint });
    const number = tableKey('batch', issuer, sequence);
    const before = await this.#table.find(number);
    if (before !== null) this.#find('monitor/batch-repeated', `number ${sequence}, also entry ${before}`);
    const isKnown = this.#tallies.withheld === 0;
    // The first begins with the log: what it left out nobody else has judged.
    if (previous === null && start > 0) this.#find('monitor/batch-missing', `entries below ${start}`);
    if (isKnown && previous !== null) {
      const place = [issuer, previous, sequence - 1] as const;
      if (!(await this.#has('batch-end', ...place, start))) this.#find('monitor/batch-missing', previous);
      else if (!(await this.#hasRecordUpTo(place, overturned.count)))
        this.#find('monitor/record-contradicted', `${overturned.count} overturned verdicts`);
    }
    const place = [issuer, digest, sequence] as const;
    return [
      number,
      tableKey('batch-end', ...place, end),
      tableKey('batch-record', ...place, overturned.count),
    ];
  }

  /** Whether a batch had owned up to as many wrong verdicts, or to some fewer. */
  async #hasRecordUpTo(place: readonly [string, string, number], count: number): Promise<boolean> {
    for (let earlier = count; earlier >= Math.max(0, count - MAX_OVERTURNED_AT_ONCE); earlier--)
      if (await this.#has('batch-record', ...place, earlier)) return true;
    return false;
  }

  /** What is erased was there: an erasure of a receipt that the log does not have hides that one was left out. */
  async #checkErasure({ receipt }: Erasure): Promise<void> {
    const isKnown = this.#tallies.withheld === 0;
    if (isKnown && receipt !== null && !(await this.#has('payload', receipt)))
      this.#find('monitor/erasure-unknown', receipt);
  }

  /** Whoever looks for revocations by their numbers finds them all: one that is missing, or there twice, would hide another. */
  async #checkRevocation(sequence: number): Promise<readonly Uint8Array[]> {
    const isKnown = this.#tallies.withheld === 0;
    const isRepeated = await this.#has('revocation', sequence);
    const isNext = sequence === 0 || (await this.#has('revocation', sequence - 1));
    if (isRepeated || (isKnown && !isNext))
      this.#find('monitor/revocation-misnumbered', `number ${sequence}`);
    return [tableKey('revocation', sequence)];
  }

  async #checkReceipt(receipt: Receipt, digest: string): Promise<readonly Uint8Array[]> {
    const { issuer, epoch, client, counter, previous, policy } = receipt;
    const thread = [issuer, epoch, client] as const;
    // Behind entries that nobody could read, what is missing may be among them.
    const isKnown = this.#tallies.withheld === 0;
    if (isKnown && !(await this.#has('epoch', issuer, epoch))) this.#find('monitor/epoch-missing', epoch);
    if (isKnown && !(await this.#has('policy', issuer, policy.digest, policy.index)))
      this.#find('monitor/policy-unknown', `entry ${policy.index}`);
    if (isKnown && previous !== null && !(await this.#has('receipt', ...thread, previous)))
      this.#find('monitor/previous-unknown', previous);
    await this.#checkSeen(receipt);
    const number = tableKey('number', ...thread, counter);
    const first = await this.#table.find(number);
    if (first !== null)
      this.#find('monitor/counter-repeated', `number ${counter}, also entry ${first}`, first);
    else await this.#countOpenNumbers(receipt);
    const next = tableKey('next', ...thread, previous ?? 'first');
    const other = await this.#table.find(next);
    // A number given twice says it all.
    if (other !== null && first === null) this.#find('monitor/previous-repeated', `also entry ${other}`);
    const inEpoch = [issuer, epoch] as const;
    const { receipts, isClosed } = await this.#standingOf(...inEpoch);
    if (isClosed && (await this.#has('most', ...inEpoch, receipts)))
      this.#find('monitor/receipt-after-closing', epoch);
    const nth = receipts + 1;
    this.#epochs.set(inEpoch.join(' '), { receipts: nth, isClosed });
    return [number, tableKey('receipt', ...thread, digest), next, tableKey('nth', ...inEpoch, nth)];
  }

  /** A closing comes after its epoch, once, and counts the receipts that stand before it. */
  async #checkClosing(closing: Closing): Promise<readonly Uint8Array[]> {
    const { issuer, epoch, ending, statuses } = closing;
    this.#count({ closings: 1 });
    const isKnown = this.#tallies.withheld === 0;
    if (isKnown && !(await this.#has('epoch', issuer, epoch))) this.#find('monitor/epoch-missing', epoch);
    const key = tableKey('closing', issuer, epoch);
    const before = await this.#table.find(key);
    if (before !== null) {
      this.#find('monitor/closing-repeated', `also entry ${before}`);
      return [];
    }
    const { receipts: logged } = await this.#standingOf(issuer, epoch);
    this.#epochs.set(`${issuer} ${epoch}`, { receipts: logged, isClosed: true });
    const named = receiptsNamed(closing);
    if (isKnown && named !== logged)
      this.#find('monitor/closing-contradicted', `${named} receipts, where the log has ${logged}`);
    // What was lost with a process may come back from those who hold it, and nobody knows how much that is.
    return ending === 'complete' ? [key, tableKey('most', issuer, epoch, logged + statuses.open)] : [key];
  }

  /** How an epoch stands so far: in memory for those of late, and else looked up, as the largest number of receipts that is filed. */
  async #standingOf(issuer: string, epoch: string): Promise<EpochStanding> {
    const known = this.#epochs.get(`${issuer} ${epoch}`);
    if (known !== undefined) return known;
    let [low, high] = [0, 1];
    while (await this.#has('nth', issuer, epoch, high)) [low, high] = [high, 2 * high];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await this.#has('nth', issuer, epoch, middle)) low = middle;
      else high = middle;
    }
    return { receipts: low, isClosed: await this.#has('closing', issuer, epoch) };
  }

  /** The tree's root depends on all that it holds: a receipt that names another one was shown another tree, or made it up. */
  async #checkSeen({ seen }: Pick<Receipt, 'seen'>): Promise<void> {
    const root = await this.#tree.root(seen.size);
    if (!equal(root, fromHex(seen.root) as Uint8Array))
      this.#find('monitor/seen-unknown', `size ${seen.size}, root ${seen.root}`);
  }

  /** Missing numbers stand in front of one that is there: a number opens such a gap, or closes the one behind it, or both. */
  async #countOpenNumbers({ issuer, epoch, client, counter }: Receipt): Promise<void> {
    const has = (number: number) => this.#has('number', issuer, epoch, client, number);
    const opens = counter > 1 && !(await has(counter - 1)) ? 1 : 0;
    const closes = (await has(counter + 1)) ? 1 : 0;
    this.#count({ openNumbers: opens - closes });
  }

  async #has(kind: string, ...parts: readonly (string | number)[]): Promise<boolean> {
    return (await this.#table.find(tableKey(kind, ...parts))) !== null;
  }

  #find(code: ReasonCode, detail: string | null, against: number | null = null): void {
    this.#found.push({ code, index: this.size, detail, against });
  }

  #count(more: Partial<Tallies>): void {
    const { receipts = 0, epochs = 0, closings = 0, openNumbers = 0, withheld = 0 } = more;
    this.#tallies = {
      receipts: this.#tallies.receipts + receipts,
      epochs: this.#tallies.epochs + epochs,
      closings: this.#tallies.closings + closings,
      openNumbers: this.#tallies.openNumbers + openNumbers,
      withheld: this.#tallies.withheld + withheld,
    };
  }
}
