/** A witness, put together: keys, state, what it checks, and the server. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beginningOf } from '../../appraise/standing.js';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { cosignerOf } from '../../note/cosignature.js';
import { KEY_TYPE, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { acquireLock } from '../files/lock.js';
import { HttpServer } from '../http/server.js';
import { checkedFile } from '../witness/checked-file.js';
import { EntryFollower } from '../witness/entry-follower.js';
import { EvidenceFolder } from '../witness/evidence.js';
import { originHash } from '../witness/kept-state.js';
import { type LocalWitness, openLocalWitness } from '../witness/local-witness.js';
import { remoteEntries } from '../witness/remote-entries.js';
import { witnessRoutes, witnessStatus } from '../witness/serve.js';
import { bindStatement, type StatementName } from '../witness/statement.js';
import { SubtreeCosigner } from '../witness/subtree-cosigner.js';
import { UsageError } from './exit-code.js';
import { readInput } from './files.js';
import type { ListenAddress } from './listen.js';
import { checkLogKeys, openWitnessKey, readLogKeys } from './witness-keys.js';

export interface WitnessSettings {
  readonly listen: ListenAddress;
  readonly data: string;
  /** The Ed25519 key's file; `<data>/witness.key` when it is left out. */
  readonly key?: string;
  readonly mlDsaKey?: string;
  readonly name?: string;
  readonly log?: readonly string[];
  readonly policy?: string;
  readonly checksEntries?: true;
  readonly logUrl?: string;
  readonly trust?: string;
  readonly onProblem: (message: string) => void;
}

export interface RunningWitness {
  /** Such as `http://127.0.0.1:8899`. */
  readonly address: string;
  readonly witness: LocalWitness;
  readonly statement: StatementName;
  readonly data: string;
  close(): Promise<void>;
}

/** Each may hold a request of 64 KiB. */
const MAX_CONNECTIONS = 512;
const MAX_TRUST_BYTES = 1 << 20;

/** Opens everything and listens. Throws a usage error, `data/…` or `witness/…`. */
export async function openWitness(settings: WitnessSettings): Promise<RunningWitness> {
  const watched = await readWatched(settings);
  const data = resolve(settings.data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const lock = acquireLock(data);
  const closers: (() => Promise<void>)[] = [async () => lock.release()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openLocked(settings, watched, data, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Which logs it cosigns; with the trust file and the address of the one whose entries it checks. */
interface Watched {
  readonly logs: readonly VerifierKey[];
  /** Keys under which it may have cosigned a log before. */
  readonly formerLogs: readonly VerifierKey[];
  readonly entries: { readonly trust: Trust; readonly url: string } | null;
}

async function readWatched(settings: WitnessSettings): Promise<Watched> {
  const { checksEntries, logUrl, trust: trustPath, log = [], policy } = settings;
  if (!checksEntries) {
    if (logUrl !== undefined || trustPath !== undefined)
      throw new UsageError('--log-url and --trust go with --checks-entries.');
    return { logs: await readLogKeys(log, policy), formerLogs: [], entries: null };
  }
  if (logUrl === undefined || trustPath === undefined)
    throw new UsageError(
      '--checks-entries needs --log-url <url>, to read the log, and --trust <file>, to judge it.',
    );
  if (log.length > 0 || policy !== undefined)
    throw new UsageError('With --checks-entries the trust file names the log: leave --log and --policy out.');
  if (!/^https?:\/\//.test(logUrl) || !URL.canParse(logUrl))
    throw new UsageError(`--log-url takes an http: or https: URL, and this is none: ${logUrl}`);
  const trust = await readTrust(trustPath);
  return {
    logs: trust.logCosigner === null ? [trust.log] : [trust.log, trust.logCosigner],
    formerLogs: trust.retired.flatMap(({ role, key }) => (role === 'log' ? [key] : [])),
    entries: { trust, url: logUrl },
  };
}

async function readTrust(path: string): Promise<Trust> {
  try {
    return parseTrust(await readInput(path, MAX_TRUST_BYTES));
  } catch (error) {
    if (error instanceof Failure) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

async function openLocked(
  settings: WitnessSettings,
  { logs, formerLogs, entries }: Watched,
  data: string,
  closers: (() => Promise<void>)[],
): Promise<Omit<RunningWitness, 'close'>> {
  const { onProblem } = settings;
  const statement: StatementName = entries === null ? 'consistent' : 'entries-checked';
  const keys = await openKeys(settings, data, statement);
  checkLogKeys(
    logs,
    keys.map(({ key }) => key),
  );
  const folder = join(data, 'cosigned');
  const follower = entries === null ? null : await follow(entries.trust, entries.url, data, onProblem);
  if (follower !== null) closers.push(() => follower.close());
  const witness = await openLocalWitness({
    folder,
    cosigners: keys.map(({ key, signer }) => cosignerOf(key, signer)),
    logs,
    formerLogs,
    now: Date.now,
    evidence: new EvidenceFolder(join(data, 'evidence'), onProblem),
    ...(follower !== null && { check: follower }),
  });
  closers.push(() => witness.close());
  const server = new HttpServer({
    ...settings.listen,
    routes: witnessRoutes(witness, statement, new SubtreeCosigner(keys, witness.origins)),
    statusOf: witnessStatus,
    onProblem,
    connections: MAX_CONNECTIONS,
  });
  const address = await server.listen();
  closers.push(() => server.close());
  return { address, witness, statement, data };
}

/** Its keys, bound for ever to what they say. */
async function openKeys(settings: WitnessSettings, data: string, statement: StatementName) {
  const { key = join(data, 'witness.key'), mlDsaKey, name } = settings;
  const first = await openWitnessKey(key, name, KEY_TYPE.cosignature);
  await bindStatement(key, statement);
  if (mlDsaKey === undefined) return [first];
  const second = await openWitnessKey(mlDsaKey, name ?? first.key.name, KEY_TYPE.mlDsaCosignature);
  await bindStatement(mlDsaKey, statement);
  return [first, second];
}

async function follow(
  trust: Trust,
  url: string,
  data: string,
  onProblem: (message: string) => void,
): Promise<EntryFollower> {
  const folder = join(data, 'checked');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const origin = trust.log.name;
  return EntryFollower.start({
    source: remoteEntries(url, origin),
    beginning: beginningOf(trust),
    kept: checkedFile(join(folder, originHash(origin)), origin),
    onProblem,
  });
}
