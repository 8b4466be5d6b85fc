/** What a witness signs with, and whose logs it cosigns, as its operator names them on the command line. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal, fromUtf8 } from '../../bytes/octets.js';
import { KEY_TYPE, type KeyType, parseVerifierKey, sameKey, type VerifierKey } from '../../note/key.js';
import { parsePolicy } from '../../note/policy.js';
import { Failure } from '../../reason.js';
import { openSigningKey, readSigningKey, type SigningKey } from '../files/keys.js';
import { UsageError } from './exit-code.js';
import { readInput } from './files.js';

const MAX_POLICY_BYTES = 1 << 18;

/** The key in a file, which is made when there is none, under `name` or after itself. */
export async function openWitnessKey(
  path: string,
  name: string | undefined,
  type: KeyType,
): Promise<SigningKey> {
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

/** The name of a witness that nobody has named: under a domain that can never be anybody's (RFC 2606). */
function unnamed(publicKey: Uint8Array): string {
  return `countersign.invalid/witness/${toHex(sha256(publicKey).subarray(0, 8))}`;
}

/** The keys of the logs to cosign: those that were given, and those of the policy's `log` lines. At least one. */
export async function readLogKeys(
  vkeys: readonly string[],
  policyFile: string | undefined,
): Promise<VerifierKey[]> {
  const given = vkeys.map(vkey => {
    try {
      return parseVerifierKey(vkey);
    } catch {
      throw new UsageError(`--log takes a verifier key (<name>+<hash>+<base64>), and this is none: ${vkey}`);
    }
  });
  const keys = [...given, ...(policyFile === undefined ? [] : await readPolicyLogs(policyFile))];
  if (keys.length === 0)
    throw new UsageError(
      'A witness needs to know which logs to cosign: pass --log <vkey>, or --policy <file>.',
    );
  return keys.filter((key, index) => keys.findIndex(other => sameKey(other, key)) === index);
}

async function readPolicyLogs(path: string): Promise<VerifierKey[]> {
  const text = fromUtf8(await readInput(path, MAX_POLICY_BYTES));
  if (text === null) throw new UsageError(`${path} is not UTF-8.`);
  try {
    const { logs } = parsePolicy(text);
    if (logs.length > 0) return logs.map(({ key }) => key);
  } catch (error) {
    if (error instanceof Failure) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
  throw new UsageError(`${path} has no log line.`);
}

/** Throws a usage error for a key that cannot be a log's, or that is the witness's own. */
export function checkLogKeys(logs: readonly VerifierKey[], own: readonly VerifierKey[]): void {
  for (const log of logs) {
    if (log.type === KEY_TYPE.cosignature)
      throw new UsageError(`${log.name} is a witness's key (type 04): a log signs with type 01 or 06.`);
    if (own.some(({ publicKey }) => equal(publicKey, log.publicKey)))
      throw new UsageError(
        `${log.name} is a log under this witness's own key: a witness needs one of its own.`,
      );
  }
}
