/**
 * The file of a policy, and the files that it names. The operator's own word, but read as if it were not: what is too large, too deep or no policy is
 * refused with its place before anything of it is used.
 */
import { dirname, resolve } from 'node:path';
import { type Policy, PolicySchema } from '../../../appraise/policy/language.js';
import { lintPolicy } from '../../../appraise/policy/lint.js';
import { NO_FILES, type PolicyFiles, publishedPolicy } from '../../../appraise/policy/publish.js';
import type { Surroundings } from '../../../appraise/policy/surroundings.js';
import { parseTrust, type Trust } from '../../../appraise/trust.js';
import { canonicalize, type Json } from '../../../bytes/json.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';
import { type LoggedPolicy, MAX_LOGGED_BYTES, PolicyNames } from '../../../receipt/logged-policy.js';
import { UsageError } from '../exit-code.js';
import { readStored } from '../files.js';
import { type ReadDocument, readDocument } from '../settings/read-document.js';
import { type PolicyProblem, PolicyRefused } from './problem.js';

const MAX_BYTES = 1024 * 1024;
/** For those who log nothing, so that nothing has to be committed to. */
export const NO_SECRET = new Uint8Array(32);

const MAX_LISTED_NAMES = 100_000;

/** A policy that can be used. */
export interface ReadPolicy {
  readonly policy: Policy;
  readonly surroundings: Surroundings;
  readonly files: PolicyFiles;
  readonly names: PolicyNames;
  /** By the names of upstreams. */
  readonly trust: ReadonlyMap<string, Trust>;
  /** As the log has it. */
  readonly logged: LoggedPolicy;
}

/**
 * Reads and lints a policy. `secret`: the operator's, by which names in it are committed to. Throws a {@link PolicyRefused} that names everything that is wrong, or the
 * first thing where it cannot be read.
 */
export async function readPolicy(
  file: string,
  surroundings: Surroundings,
  secret: Uint8Array,
): Promise<ReadPolicy> {
  const { source, document } = await read(file);
  const { value: policy, place } = document;
  const names = new PolicyNames(secret, source);
  refuseLarge(policy, surroundings, names, place);
  const problems = lintPolicy(policy, surroundings).map(
    ({ code, path, detail, ofName = false }): PolicyProblem => ({ code, where: place(path, ofName), detail }),
  );
  if (problems.length > 0) throw new PolicyRefused(problems);
  const { files, trust } = await readNamedFiles(dirname(resolve(file)), document);
  const logged = publishedPolicy(policy, surroundings, files, names);
  return { policy, surroundings, files, names, trust, logged };
}

/** What could not be logged is not looked at any further: to compare all rules with each other takes its time. */
function refuseLarge(
  policy: Policy,
  surroundings: Surroundings,
  names: PolicyNames,
  place: ReadDocument<Policy>['place'],
): void {
  const { length } = canonicalize(publishedPolicy(policy, surroundings, NO_FILES, names) as Json);
  if (length <= MAX_LOGGED_BYTES) return;
  const detail = `${length} bytes as the log would have it; ${MAX_LOGGED_BYTES} at most`;
  throw new PolicyRefused([{ code: 'clause/too-large', where: place(['rules']), detail }]);
}

async function read(file: string): Promise<{ source: Uint8Array; document: ReadDocument<Policy> }> {
  try {
    const source = await readStored(file, MAX_BYTES);
    return { source, document: readDocument(file, source, PolicySchema, 'member') };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const [, where = file, detail = error.message] = /^(.*?:\d+:\d+): (.*)$/s.exec(error.message) ?? [];
    throw new PolicyRefused([{ code: 'clause/malformed', where, detail }]);
  }
}

/** Paths are taken from the policy's folder. */
async function readNamedFiles(
  folder: string,
  { value: { rules, upstreams }, place }: ReadDocument<Policy>,
): Promise<{ readonly files: PolicyFiles; readonly trust: ReadonlyMap<string, Trust> }> {
  const names = new Map<string, readonly string[]>();
  const bytes = new Map<string, Uint8Array>();
  const trust = new Map<string, Trust>();
  const problems: PolicyProblem[] = [];
  const using = async (path: readonly (string | number)[], use: () => Promise<void>) => {
    try {
      await use();
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof Failure)) throw error;
      problems.push({ code: 'clause/file-unreadable', where: place(path), detail: error.message });
    }
  };
  for (const [name, { trust: named }] of Object.entries(upstreams)) {
    if (named === undefined) continue;
    await using(['upstreams', name, 'trust', 'file'], async () => {
      const read = await readStored(resolve(folder, named.file), MAX_BYTES);
      bytes.set(named.file, read);
      trust.set(name, parseTrust(read));
    });
  }
  for (const [at, { redact }] of rules.entries()) {
    const named = redact?.names;
    if (named === undefined) continue;
    await using(['rules', at, 'redact', 'names', 'file'], async () => {
      names.set(named.file, readNames(await readStored(resolve(folder, named.file), MAX_BYTES)));
    });
  }
  if (problems.length > 0) throw new PolicyRefused(problems);
  return { files: { names, trust: bytes }, trust };
}

/** One name a line; lines without one are none. */
function readNames(bytes: Uint8Array): readonly string[] {
  const text = fromUtf8(bytes);
  if (text === null) throw new UsageError('it is not UTF-8.');
  const names = text
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '');
  if (names.length === 0 || names.length > MAX_LISTED_NAMES)
    throw new UsageError(`it has ${names.length} names; one a line, up to ${MAX_LISTED_NAMES}.`);
  return [...new Set(names)];
}
