/** The keys of one operator's house, and the trust file that says what they are. */
import { join } from 'node:path';
import { policyText, type TrustFile } from '../../appraise/trust.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { formatVerifierKey, KEY_TYPE, keyLabel } from '../../note/key.js';
import { openSigningKey, type SigningKey } from '../files/keys.js';
import { openSecret } from '../files/secret.js';

/** How many witness keys the operator runs itself. They show how witnessing works; they do not make the operator two people. */
const LOCAL_WITNESSES = 3;

export interface HouseKeys {
  readonly log: SigningKey;
  readonly issuer: SigningKey;
  readonly witnesses: readonly SigningKey[];
  readonly vaultKey: Uint8Array;
  readonly clientSecret: Uint8Array;
}

/** Opens the key files in a folder, which exists, and makes those that are missing. */
export async function openKeys(folder: string): Promise<HouseKeys> {
  const at = (name: string) => join(folder, name);
  const log = await openSigningKey(at('log.key'), originOf, KEY_TYPE.ed25519);
  const numbers = Array.from({ length: LOCAL_WITNESSES }, (_, index) => index + 1);
  return {
    log,
    issuer: await openSigningKey(at('issuer.key'), `${log.key.name}/issuer`, KEY_TYPE.ed25519),
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

/** The origin of a log that nobody has named yet: under a domain that can never be anybody's (RFC 2606). */
function originOf(publicKey: Uint8Array): string {
  return `countersign.invalid/${toHex(sha256(publicKey).subarray(0, 8))}`;
}

/** Whom the operator's own receipts ask to be believed. `operator`: the name under which all these keys count as one controller. */
export function trustFile({ log, issuer, witnesses }: HouseKeys, operator: string): TrustFile {
  const witnessKeys = witnesses.map(({ key }) => key);
  return {
    log: formatVerifierKey(log.key),
    issuers: [formatVerifierKey(issuer.key)],
    policy: policyText(log.key, witnessKeys, 'all'),
    controllers: [{ name: operator, keys: [log.key, issuer.key, ...witnessKeys].map(keyLabel) }],
  };
}
