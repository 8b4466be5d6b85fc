/** A mirror, put together: keys, copies of logs, what fills them, stamps, and the server. */
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseTrust, type Trust } from '../../appraise/trust.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { cosignerOf } from '../../note/cosignature.js';
import { KEY_TYPE, type KeyType, parseVerifierKey, sameKey, type VerifierKey } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { openSigningKey, readSigningKey, type SigningKey } from '../files/keys.js';
import { acquireLock } from '../files/lock.js';
import { HttpServer } from '../http/server.js';
import { Follower } from '../mirror/follow.js';
import { Forwarder } from '../mirror/forward.js';
import { originHash } from '../mirror/kept-notes.js';
import { MirroredLog } from '../mirror/mirrored-log.js';
import { mirrorRoutes, mirrorStatus } from '../mirror/serve.js';
import { Stamps } from '../mirror/stamps.js';
import { UploadSlots } from '../mirror/upload-slots.js';
import { RemoteLog } from '../tiles/remote-log.js';
import { bindStatement } from '../witness/statement.js';
import { UsageError } from './exit-code.js';
import { readInput } from './files.js';
import type { ListenAddress } from './listen.js';

export interface MirrorSettings {
  readonly listen: ListenAddress;
  readonly data: string;
  /** The Ed25519 key's file; `<data>/mirror.key` when it is left out. */
  readonly key?: string;
  readonly mlDsaKey?: string;
  readonly name?: string;
  /** Verifier keys of logs. */
  readonly log: readonly string[];
  /** Where the logs are read, in the order in which they were named. */
  readonly logUrl: readonly string[];
  /** Trust files, each of which names a log and its issuers. */
  readonly trust: readonly string[];
  readonly onProblem: (message: string) => void;
  /** Told how many entries of a log are here, of how many. */
  readonly onProgress: (here: number, size: number) => void;
}

export interface RunningMirror {
  /** Such as `http://127.0.0.1:8900`. */
  readonly address: string;
  readonly data: string;
  readonly keys: readonly VerifierKey[];
  /** Null when the mirror stamps nothing. */
  readonly stampKey: VerifierKey | null;
  readonly logs: readonly MirroredLog[];
  close(): Promise<void>;
}

interface LogSource {
  /** All under one origin. */
  readonly keys: readonly VerifierKey[];
  /** The keys that it had before, as far as the trust files say. */
  readonly retired: readonly VerifierKey[];
  readonly url: string | null;
  /** Whose submissions are stamped, where the mirror knows the log's address; none for a log without a trust file. */
  readonly issuers: readonly VerifierKey[];
}

const MAX_TRUST_BYTES = 1 << 20;
const MAX_CONNECTIONS = 512;
/** Between two looks at a log, in milliseconds. */
const INTERVAL = 2000;

/** Opens everything and listens. Throws a usage error, `data/…`, `witness/statement-changed` or `log/corrupt`. */
export async function openMirror(settings: MirrorSettings): Promise<RunningMirror> {
  const sources = await readSources(settings);
  const data = resolve(settings.data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const lock = acquireLock(data);
  const closers: (() => Promise<void>)[] = [async () => lock.release()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openLocked(settings, sources, data, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openLocked(
  settings: MirrorSettings,
  sources: readonly LogSource[],
  data: string,
  closers: (() => Promise<void>)[],
): Promise<Omit<RunningMirror, 'close'>> {
  const { onProblem, onProgress } = settings;
  const keys = await openKeys(settings, data);
  checkKeys(sources, keys);
  const stamps = new Map<string, Stamps>();
  const logs: MirroredLog[] = [];
  let stampKey: SigningKey | null = null;
  for (const { keys: logKeys, retired, url, issuers } of sources) {
    const [{ name: origin }] = logKeys as [VerifierKey];
    const folder = join(data, 'logs', originHash(origin));
    const log = await MirroredLog.open({
      folder,
      keys: logKeys,
      retired,
      cosigners: keys.map(({ key, signer }) => cosignerOf(key, signer)),
      now: Date.now,
    });
    logs.push(log);
    closers.push(() => log.ended());
    if (url !== null) {
      const follower = new Follower({
        log,
        remote: new RemoteLog(url),
        interval: INTERVAL,
        onProblem,
        onProgress,
      });
      follower.start();
      closers.push(() => follower.close());
    }
    // A stamp counts against a log that had time to learn of the submission: where nobody would tell it, nothing is stamped.
    if (issuers.length === 0 || url === null) continue;
    stampKey ??= await openKey(join(data, 'stamps.key'), stampName(keys), KEY_TYPE.ed25519);
    const stamper = await Stamps.open({
      folder: join(data, 'stamps', originHash(origin)),
      origin,
      issuers,
      ...stampKey,
      now: Date.now,
    });
    stamps.set(origin, stamper);
    closers.push(() => stamper.ended());
    const forwarder = new Forwarder(stamper, `${url.replace(/\/+$/, '')}/entries`, onProblem);
    forwarder.start();
    closers.push(() => forwarder.close());
  }
  const cosigningKeys = keys.map(({ key }) => key);
  const slots = new UploadSlots();
  const subtreeCosigners = keys.filter(({ key }) => key.type === KEY_TYPE.mlDsaCosignature);
  const server = new HttpServer({
    ...settings.listen,
    routes: mirrorRoutes({ keys: cosigningKeys, logs, stamps, subtreeCosigners, slots }),
    statusOf: mirrorStatus,
    onProblem,
    connections: MAX_CONNECTIONS,
  });
  const address = await server.listen();
  closers.push(async () => {
    slots.close();
    await server.close();
  });
  return { address, data, keys: cosigningKeys, stampKey: stampKey?.key ?? null, logs };
}

/** The logs that were named, one for each origin, in the order in which they were named first. */
async function readSources({ log, logUrl, trust }: MirrorSettings): Promise<LogSource[]> {
  const trusts = await Promise.all(trust.map(readTrust));
  const keys = [
    ...log.map(parseLogKey),
    ...trusts.flatMap(({ log: key, logCosigner }) => (logCosigner === null ? [key] : [key, logCosigner])),
  ];
  const origins = [...new Set(keys.map(({ name }) => name))];
  if (origins.length === 0)
    throw new UsageError('A mirror needs to know what to mirror: pass --log <vkey>, or --trust <file>.');
  if (logUrl.length > origins.length)
    throw new UsageError(`${logUrl.length} log URLs were given for ${origins.length} logs.`);
  for (const url of logUrl)
    if (!/^https?:\/\/./.test(url) || !URL.canParse(url))
      throw new UsageError(`A log's URL is an http: or https: URL, and this is none: ${url}`);
  return origins.map((origin, index) => {
    const own = keys.filter(({ name }) => name === origin);
    const retired = trusts
      .flatMap(file => file.retired)
      .flatMap(({ role, key }) => (role === 'log' && key.name === origin ? [key] : []));
    return {
      keys: own.filter((key, at) => own.findIndex(other => sameKey(other, key)) === at),
      retired,
      url: logUrl[index] ?? null,
      issuers: trusts.filter(file => file.log.name === origin).flatMap(file => file.issuers),
    };
  });
}

export function parseLogKey(text: string): VerifierKey {
  let key: VerifierKey;
  try {
    key = parseVerifierKey(text);
  } catch {
    throw new UsageError(`--log takes a verifier key (<name>+<hash>+<base64>), and this is none: ${text}`);
  }
  if (key.type === KEY_TYPE.cosignature)
    throw new UsageError(`${key.name} is a witness's key (type 04): a log signs with type 01 or 06.`);
  return key;
}

async function readTrust(path: string): Promise<Trust> {
  try {
    return parseTrust(await readInput(path, MAX_TRUST_BYTES));
  } catch (error) {
    if (error instanceof Failure) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

/** Its keys, bound for ever to what they say: a witness's key would say something else. */
async function openKeys({ key, mlDsaKey, name }: MirrorSettings, data: string): Promise<SigningKey[]> {
  const path = key ?? join(data, 'mirror.key');
  const first = await openKey(path, name, KEY_TYPE.cosignature);
  await bindStatement(path, 'mirrored');
  if (mlDsaKey === undefined) return [first];
  const second = await openKey(mlDsaKey, name ?? first.key.name, KEY_TYPE.mlDsaCosignature);
  await bindStatement(mlDsaKey, 'mirrored');
  return [first, second];
}

/** The key in a file, which is made when there is none, under `name` or after itself. */
async function openKey(path: string, name: string | undefined, type: KeyType): Promise<SigningKey> {
  const existing = await readSigningKey(path, type);
  if (existing === null) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return openSigningKey(path, name ?? unnamed, type);
  }
  if (name === undefined || existing.key.name === name) return existing;
  throw new UsageError(
    `${path} is the key of ${existing.key.name}, and a key keeps its name. Leave --name out, or pass another file.`,
  );
}

/** The name of a mirror that nobody has named: under a domain that can never be anybody's (RFC 2606). */
function unnamed(publicKey: Uint8Array): string {
  return `countersign.invalid/mirror/${toHex(sha256(publicKey).subarray(0, 8))}`;
}

function stampName([first]: readonly SigningKey[]): string {
  return `${first?.key.name}/stamps`;
}

function checkKeys(sources: readonly LogSource[], own: readonly SigningKey[]): void {
  for (const log of sources.flatMap(({ keys }) => keys))
    if (own.some(({ key }) => equal(key.publicKey, log.publicKey)))
      throw new UsageError(
        `${log.name} is a log under this mirror's own key: a mirror needs one of its own.`,
      );
}
