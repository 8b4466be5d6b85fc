/**
 * Who has to cosign a house's log. Its own witnesses, unless its owner has put a C2SP tlog-policy into the data folder, in which witnesses
 * of others have the URLs under which they are asked.
 *
 * What stands in that folder is the owner's word. It goes into the trust file, where everybody can read it.
 */
import * as v from 'valibot';
import { policyText, type TrustFile, TrustSchema } from '../../appraise/trust.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { formatVerifierKey, parseVerifierKey, sameKey, type VerifierKey } from '../../note/key.js';
import { parsePolicy, type WitnessPolicy } from '../../note/policy.js';
import { Failure } from '../../reason.js';
import { readIfPresent } from '../files/durable.js';
import type { DataFolder } from './data-folder.js';
import type { HouseKeys } from './house-keys.js';

export interface HousePolicy {
  /** As it stands in the trust file. */
  readonly text: string;
  readonly policy: WitnessPolicy;
  /** Who controls the keys of others, as far as the owner has said. */
  readonly controllers: NonNullable<TrustFile['controllers']>;
  /** What keys of others say beyond a consistent tree, as far as the owner has said. */
  readonly statements: NonNullable<TrustFile['statements']>;
}

/** Throws `policy/…`, naming the line, or `trust/member-malformed` for the file of controllers or of statements. */
export async function readHousePolicy(folder: DataFolder, keys: HouseKeys): Promise<HousePolicy> {
  const bytes = await readIfPresent(folder.policy);
  const own = policyText(
    keys.log.key,
    keys.witnesses.map(({ key }) => key),
    'all',
  );
  const written = bytes === null ? own : fromUtf8(bytes);
  if (written === null) throw new Failure('policy/malformed', { field: folder.policy, detail: 'not UTF-8' });
  const text = withPresentKeys(written, keys);
  const policy = parseNamed(folder.policy, text);
  const ofLog: readonly VerifierKey[] = [keys.log.key, keys.logCosigner.key];
  if (policy.logs.some(({ key }) => !ofLog.some(known => sameKey(known, key)))) {
    throw new Failure('policy/malformed', { field: folder.policy, detail: 'a log line of another log' });
  }
  const { controllers, statements } = TrustSchema.entries;
  return {
    text,
    policy,
    controllers: await readMember(folder.controllers, controllers),
    statements: await readMember(folder.statements, statements),
  };
}

/** Says in which file the line is that cannot be read. */
function parseNamed(file: string, text: string): WitnessPolicy {
  try {
    return parsePolicy(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, field, detail } = error;
    const where = field === undefined ? file : `${file}, ${field}`;
    throw new Failure(code, { field: where, ...(detail !== undefined && { detail }) });
  }
}

/** A verifier key as it may stand in a policy. */
const KEY = /[^\s+]+\+[0-9a-f]{8}\+[0-9A-Za-z+/]+=*/g;

/**
 * A policy in which the house's own keys are those of today: its owner wrote it once, and a key that rotates keeps its name. Whatever else
 * stands in it stays.
 */
function withPresentKeys(text: string, { log, logCosigner, witnesses }: HouseKeys): string {
  const own = [log, logCosigner, ...witnesses].map(({ key }) => key);
  return text.replaceAll(KEY, written => {
    const key = readKey(written);
    const present = own.find(({ name, type }) => name === key?.name && type === key.type);
    return present === undefined ? written : formatVerifierKey(present);
  });
}

/** What is no key is left for the policy's own parser to refuse. */
function readKey(text: string): VerifierKey | null {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

/** A member of the trust file that the owner keeps in a file of its own; its default when there is no such file. */
async function readMember<Member extends v.GenericSchema>(
  file: string,
  schema: Member,
): Promise<v.InferOutput<Member>> {
  const bytes = await readIfPresent(file);
  const malformed = (detail: string) => new Failure('trust/member-malformed', { field: file, detail });
  let value: unknown;
  try {
    value = bytes === null ? undefined : JSON.parse(fromUtf8(bytes) ?? '');
  } catch {
    throw malformed('not JSON');
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) throw malformed(v.getDotPath(result.issues[0]) ?? 'not a list as in the trust file');
  return result.output;
}
