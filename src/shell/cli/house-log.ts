/**
 * The part of a house that signs for ever: its log with its witnesses, under the keys that the log itself says are in force.
 *
 * Everything here belongs to one operator; the data folder is trusted, and locked by the caller. What the log holds of key changes is
 * checked again at every start, so that a folder into which somebody has written is noticed.
 */
import { join } from 'node:path';
import { formatTrust } from '../../appraise/trust.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { type Cosigner, cosignerOf } from '../../note/cosignature.js';
import {
  formatVerifierKey,
  KEY_TYPE,
  keyLabel,
  parseVerifierKey,
  sameKey,
  type VerifierKey,
} from '../../note/key.js';
import type { WitnessPolicy } from '../../note/policy.js';
import type { Witness } from '../../note/witness.js';
import { Failure } from '../../reason.js';
import { entryIsByOneOf, entryKeys, keyChangeKey, readEntry } from '../../receipt/entry.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { type KeyChange, keyChangePayload, readKeyChange } from '../../receipt/key-change.js';
import {
  initialKeys,
  KeyHistory,
  type KeyInRole,
  type LoggedEntry,
  readKeyHistory,
} from '../../receipt/key-history.js';
import { readIfPresent, writeDurably } from '../files/durable.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';
import type { FileLog } from '../log/file-log.js';
import { openLog } from '../log/open-log.js';
import { Retention } from '../log/retention.js';
import { ThreadCosigner } from '../log/thread-cosigner.js';
import { mirrorFiller } from '../mirror/fill-mirror.js';
import { openLocalWitness } from '../witness/local-witness.js';
import { remoteWitnessesOf } from '../witness/remote-witness.js';
import { retiredKeys } from './at-rest.js';
import type { DataFolder } from './data-folder.js';
import { readPreviousTrust } from './former-witnesses.js';
import { type HouseKeys, LOG_COSIGNER_FILE, openKeys, slotsOf } from './house-keys.js';
import { readHousePolicy } from './house-policy.js';
import { trustFile } from './house-trust.js';
import { compareKeys, succeed } from './key-succession.js';
import { type IssuerStanding, listedRevocations, readRevocations } from './revocation/book.js';

/** A log, and what may be read of it. */
export interface ReadableLog {
  readonly log: FileLog;
  readonly retention: Retention;
}

export interface HouseLog extends ReadableLog {
  readonly keys: HouseKeys;
  /** Of all its key changes. */
  readonly history: KeyHistory;
  /**
   * The size up to which it has to be witnessed before the house opens: what it held when it was opened. At its start a witness may have said no more
   * than that it has yet to read that.
   */
  readonly mustBeWitnessed: number;
  close(): Promise<void>;
}

export interface HouseLogOptions {
  readonly folder: DataFolder;
  /** The name under which the keys count as one controller in the trust file. */
  readonly operator: string;
  readonly onProblem: (message: string) => void;
  /** As {@link LogOptions} has it. */
  readonly onChange?: () => void;
  /**
   * Told of the log as soon as it may be read, which witnesses that check entries wait for, and of null when it may not be any more. Left out
   * where nobody serves it.
   */
  readonly onReadable?: (readable: ReadableLog | null) => void;
  /** Whether to open it although one of its keys has ended and its successor is not here: to name a new one, and for nothing else. */
  readonly allowEnded?: boolean;
}

/**
 * Opens log and witnesses, finishes a key change that was interrupted, names the recovery key in a log that has none, and writes the
 * trust file. Throws `data/…`, `log/…` or `key/…` when what is on disk forbids it, and `log/unwitnessed` when a key change in it does not
 * become witnessed.
 */
export async function openHouseLog(options: HouseLogOptions): Promise<HouseLog> {
  const { folder, operator, allowEnded = false, onReadable = () => undefined } = options;
  const keys = await openKeys(folder.keys);
  const retention = await Retention.open(folder.log);
  const policy = await readHousePolicy(folder, keys);
  const cosigner = new ThreadCosigner(join(folder.keys, LOG_COSIGNER_FILE), keys.logCosigner.key);
  const log = await closingOnFailure(cosigner, () =>
    openWitnessedLog(options, keys, cosigner, policy.policy, retention),
  );
  const mustBeWitnessed = policy.policy.quorum.kind === 'none' ? 0 : log.size;
  onReadable({ log, retention });
  const both = {
    close: async () => {
      onReadable(null);
      await log.close();
      await cosigner.close();
    },
  };
  const pending = await closingOnFailure(both, async () => {
    const found = await readHistory(log, keys);
    await untilWitnessed(log, found, mustBeWitnessed);
    const history = await withRecoveryKey(folder, keys, log, found);
    const { successions, ended } = await compareKeys(folder.keys, keys, history);
    const [first] = ended;
    if (first !== undefined && !allowEnded) {
      throw new Failure('data/key-ended', { field: first.name, detail: keyLabel(first.signingKey.key) });
    }
    if (successions.length > 0) return successions;
    const standing: IssuerStanding = (label, index) =>
      history.at('issuer', index).some(key => keyLabel(key) === label);
    const revocations = listedRevocations(await readRevocations(log, standing));
    const before = { previous: await readPreviousTrust(folder.trust), size: log.size, revocations };
    const trust = formatTrust(trustFile(keys, operator, history, policy, before));
    await writeDurably(folder.trust, utf8(trust), 0o644);
    return history;
  });
  if (pending instanceof KeyHistory)
    return { keys, log, retention, history: pending, mustBeWitnessed, close: both.close };
  await both.close();
  for (const succession of pending) await succeed(folder, keys, succession);
  return openHouseLog(options);
}

/** What a witness of others may take to answer, in milliseconds; a round of the log waits for less, except at its start. */
const WITNESS_PATIENCE = 10_000;

/** How long a key change may take to be witnessed, in milliseconds. */
const CHANGE_WITNESS_TIME = 10_000;

/** Nothing follows from a key change before it is witnessed: no key takes its place by it, and the trust file does not know of it. */
async function untilWitnessed(log: FileLog, { changes }: KeyHistory, mustBeWitnessed: number): Promise<void> {
  const last = changes.at(-1);
  if (last === undefined || last.index >= mustBeWitnessed) return;
  if (await log.reached(last.index, 'witnessed', CHANGE_WITNESS_TIME)) return;
  const detail = `the key change in entry ${last.index} is not witnessed`;
  throw new Failure('log/unwitnessed', { detail });
}

async function closingOnFailure<Value>(
  opened: { close(): Promise<void> },
  use: () => Promise<Value>,
): Promise<Value> {
  try {
    return await use();
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openWitnessedLog(
  { folder, onProblem, onChange = () => undefined }: HouseLogOptions,
  keys: HouseKeys,
  cosigner: Cosigner,
  policy: WitnessPolicy,
  retention: Retention,
): Promise<FileLog> {
  const local = await openLocalWitnesses(folder, keys, policy);
  const recovery = await readRecoveryKey(folder);
  // What the log has taken it keeps, whatever has become of the key since: cutting it would make a second history. A new key signs nothing
  // before the change that names it is witnessed, and what is witnessed is not asked about.
  const known = [
    keys.issuer.key,
    ...(recovery === null ? [] : [recovery]),
    ...(await knownValidators(folder)),
  ];
  return openLog({
    folder: folder.log,
    key: keys.log.key,
    signer: keys.log.signer,
    cosigner,
    witnesses: [...local, ...remoteWitnessesOf(policy, WITNESS_PATIENCE, mirrorFiller)],
    quorum: policy.quorum,
    accepts: entry => entryIsByOneOf(known, entry),
    keysOf: entryKeys,
    isDenied: index => retention.denialOf(index) !== null,
    onProblem,
    onChange,
    commitSpacing: COMMIT_SPACING,
  });
}

/**
 * Whose verdicts the log may have taken. Its house has written them into the trust file before it took the first of them; a log that has lost that
 * file keeps of them what was witnessed.
 */
async function knownValidators({ trust }: DataFolder): Promise<readonly VerifierKey[]> {
  const previous = await readPreviousTrust(trust);
  return previous === null ? [] : [...previous.validators, ...retiredKeys(previous, 'validator')];
}

/**
 * No answer waits for its receipt to be included, and each commit signs the whole tree: made one by one, they would take half as long as the
 * exchanges. In milliseconds.
 */
const COMMIT_SPACING = 10;

/** The house's own witnesses, as far as the policy has them without a URL. */
function openLocalWitnesses(folder: DataFolder, keys: HouseKeys, policy: WitnessPolicy): Promise<Witness[]> {
  const local = [...policy.witnesses.values()].filter(({ url }) => url === null);
  const asked = keys.witnesses
    .map((signingKey, index) => ({ ...signingKey, number: index + 1 }))
    .filter(({ key }) => local.some(known => sameKey(known.key, key)));
  return Promise.all(
    asked.map(({ key, signer, number }) =>
      openLocalWitness({
        folder: join(folder.witnesses, `${number}`),
        cosigners: [cosignerOf(key, signer)],
        logs: [keys.log.key],
        now: Date.now,
      }),
    ),
  );
}

/** The history that the log holds; the keys in the files are those of today, or of yesterday when a change was interrupted. */
async function readHistory(log: FileLog, keys: HouseKeys): Promise<KeyHistory> {
  const entries: LoggedEntry[] = [];
  for (;;) {
    const index = await log.find(keyChangeKey(entries.length));
    if (index === null) break;
    entries.push({ index, entry: await log.entry(index) });
  }
  const changes = entries.map(({ entry }) => readKeyChange(readEntry(entry)));
  checkIssuer(keys.issuer.key, changes);
  const known = slotsOf(keys).map(({ role, signingKey }): KeyInRole => ({ role, key: signingKey.key }));
  const beginning = KeyHistory.begin(keys.log.key.name, initialKeys(known, changes));
  return readKeyHistory(beginning, async sequence => entries[sequence] ?? null);
}

/**
 * The first change is signed by the issuer that the log began with; every other one stands in a change. A file that was lost and made anew
 * holds neither, and what it signed would count for nothing.
 */
function checkIssuer(issuer: VerifierKey, changes: readonly KeyChange[]): void {
  const label = keyLabel(issuer);
  const [first] = changes;
  const isKnown = changes.some(({ successor }) => successor !== null && sameKey(successor, issuer));
  if (first === undefined || first.signer === label || isKnown) return;
  throw new Failure('data/key-unknown', { field: 'issuer', detail: label });
}

/** The recovery key is named before anything else is: whoever steals a key later cannot name one of his own. */
async function withRecoveryKey(
  folder: DataFolder,
  keys: HouseKeys,
  log: FileLog,
  history: KeyHistory,
): Promise<KeyHistory> {
  const [known] = history.inForce('recovery');
  if (known !== undefined) await keepRecoveryPublic(folder, known);
  if (history.changes.length > 0) return history;
  const { issuer } = keys;
  const recovery = await makeRecoveryKey(folder, log.origin);
  const payload = keyChangePayload(
    {
      action: 'add',
      role: 'recovery',
      origin: log.origin,
      ...history.next,
      key: recovery.key,
      successor: null,
      from: null,
      signer: keyLabel(issuer.key),
      time: Date.now(),
    },
    { key: recovery.signer, successor: null },
  );
  const entry = envelopeBytes(seal(payload, keyLabel(issuer.key), issuer.signer));
  const { index, included } = log.append(entry);
  await included;
  return history.after(index, entry);
}

/** The private key lies beside the others until its owner moves it away. */
async function makeRecoveryKey(folder: DataFolder, origin: string): Promise<SigningKey> {
  const made = await openSigningKey(folder.recoveryKey, `${origin}/recovery`, KEY_TYPE.ed25519);
  await keepRecoveryPublic(folder, made.key);
  return made;
}

/** The public key stays, so that a log knows its entries before it can look for the one that names it. */
async function keepRecoveryPublic(folder: DataFolder, key: VerifierKey): Promise<void> {
  const kept = await readRecoveryKey(folder);
  if (kept !== null && sameKey(kept, key)) return;
  await writeDurably(folder.recoveryPublic, utf8(`${formatVerifierKey(key)}\n`), 0o644);
}

async function readRecoveryKey({ recoveryPublic }: DataFolder): Promise<VerifierKey | null> {
  const bytes = await readIfPresent(recoveryPublic);
  if (bytes === null) return null;
  try {
    return parseVerifierKey((fromUtf8(bytes) ?? '').trimEnd());
  } catch {
    throw new Failure('data/key-malformed', { field: recoveryPublic });
  }
}
