/** The keys of one operator's house. */
import { join } from 'node:path';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { KEY_TYPE, type KeyType } from '../../note/key.js';
import type { KeyRole } from '../../receipt/key-change.js';
import { type KeyNaming, openSigningKey, readSigningKey, type SigningKey } from '../files/keys.js';
import { openSecret } from '../files/secret.js';

/** How many witness keys the operator runs itself. They show how witnessing works; they do not make the operator two people. */
const LOCAL_WITNESSES = 3;

const LOG_COSIGNER = 'log-ml-dsa';
/** Among the key files: the one that a thread of the log's reads for itself. */
export const LOG_COSIGNER_FILE = `${LOG_COSIGNER}.key`;

/** Among the key files: the one that a thread of the gateway's reads for itself. */
export const ISSUER_FILE = 'issuer.key';

export interface HouseKeys {
  readonly log: SigningKey;
  /** With which the log states when it signed. */
  readonly logCosigner: SigningKey;
  readonly issuer: SigningKey;
  readonly witnesses: readonly SigningKey[];
  readonly vaultKey: Uint8Array;
  readonly clientSecret: Uint8Array;
}

/** Opens the key files in a folder, which exists, and makes those that are missing. */
export async function openKeys(folder: string): Promise<HouseKeys> {
  const at = (name: string) => join(folder, name);
  const log = await openFirstKey(at('log.key'), originOf, KEY_TYPE.ed25519);
  const numbers = Array.from({ length: LOCAL_WITNESSES }, (_, index) => index + 1);
  return {
    log,
    logCosigner: await openSigningKey(at(LOG_COSIGNER_FILE), log.key.name, KEY_TYPE.mlDsaCosignature),
    issuer: await openSigningKey(at(ISSUER_FILE), `${log.key.name}/issuer`, KEY_TYPE.ed25519),
    witnesses: await Promise.all(
      numbers.map(number =>
        openSigningKey(
          at(`witness-${number}.key`),
          `${log.key.name}/witness-${number}`,
          KEY_TYPE.cosignature,
        ),
      ),
    ),
    vaultKey: await openSecret(at('vault.key')),
    clientSecret: await openSecret(at('clients.key')),
  };
}

/** A log keeps its name when its key changes, so that the name follows from the first key alone. */
async function openFirstKey(path: string, naming: KeyNaming, type: KeyType): Promise<SigningKey> {
  return (await readSigningKey(path, type)) ?? openSigningKey(path, naming, type);
}

/** One place for a key that can be rotated and revoked: who fills it changes, the file does not. */
export interface KeySlot {
  /** As the command line has it; the file is `<name>.key`. */
  readonly name: string;
  readonly role: Exclude<KeyRole, 'recovery' | 'validator'>;
  readonly signingKey: SigningKey;
}

export function slotsOf({ log, logCosigner, issuer, witnesses }: HouseKeys): KeySlot[] {
  return [
    { name: 'log', role: 'log', signingKey: log },
    { name: LOG_COSIGNER, role: 'log', signingKey: logCosigner },
    { name: 'issuer', role: 'issuer', signingKey: issuer },
    ...witnesses.map((signingKey, index) => ({
      name: `witness-${index + 1}`,
      role: 'witness' as const,
      signingKey,
    })),
  ];
}

/** The file of the key in a slot, and that of the key that waits to take its place. */
export function slotFiles(
  folder: string,
  { name }: KeySlot,
): { readonly key: string; readonly next: string } {
  return { key: join(folder, `${name}.key`), next: join(folder, `${name}.key.next`) };
}

/** The origin of a log that nobody has named yet: under a domain that can never be anybody's (RFC 2606). */
function originOf(publicKey: Uint8Array): string {
  return `countersign.invalid/${toHex(sha256(publicKey).subarray(0, 8))}`;
}
