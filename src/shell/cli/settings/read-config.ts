/**
 * The configuration in force: what the file says, and over it what the environment says. Everything wrong is said with the line and the column, or
 * with the variable, and with a hint; nothing is used of a configuration that is wrong anywhere.
 */
import * as v from 'valibot';
import { parse } from 'yaml';
import { UsageError } from '../exit-code.js';
import { readInput } from '../files.js';
import { type ConfigDocument, type ConfigPath, parseConfig } from './config-document.js';
import { CONFIG_MEMBERS, namesIn } from './config-members.js';
import { type Config, ConfigSchema } from './config-schema.js';

const MAX_BYTES = 1024 * 1024;

/** Reads a configuration file; null for none. Throws a usage error that names the first thing that is wrong. */
export async function readConfig(
  file: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const fromFile = file === null ? {} : readText(file, await readInput(file, MAX_BYTES));
  return withEnvironment(fromFile, environment);
}

function readText(file: string, bytes: Uint8Array): Config {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not UTF-8.`);
  }
  const document = parseConfig(file, text);
  if (Array.isArray(document.value))
    throw new UsageError(`${document.place([])}: the file is a list. It takes settings by their names.`);
  // A file of comments alone sets nothing.
  const parsed = v.safeParse(ConfigSchema, document.value ?? {}, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new UsageError(describe(document, parsed.issues[0]));
}

type Issue = Pick<v.BaseIssue<unknown>, 'message' | 'type' | 'expected' | 'path' | 'issues'>;

/** Of the forms that a setting may have, the one that fits furthest: what is wrong in that is what is wrong. */
function deepest(issue: Issue, above: ConfigPath = []): { readonly issue: Issue; readonly path: ConfigPath } {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => key as string | number)];
  const forms = (issue.issues ?? []).map(form => deepest(form, path));
  return forms.reduce((best, form) => (form.path.length > best.path.length ? form : best), { issue, path });
}

function describe(document: ConfigDocument, found: Issue): string {
  const { issue, path } = deepest(found);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const name = String(path.at(-1));
    const known = namesIn(path.slice(0, -1).map(String)) ?? [];
    const nearest = known.find(candidate => isNear(candidate, name));
    const hint =
      nearest === undefined
        ? known.length > 0
          ? `Known here: ${known.join(', ')}.`
          : ''
        : `Did you mean "${nearest}"?`;
    return `${document.place(path, true)}: there is no setting "${path.join('.')}". ${hint}`.trimEnd();
  }
  return `${document.place(path)}: ${path.join('.') || 'the file'}: ${sentence(issue.message)}`;
}

/** The environment wins: it is what a container or a unit changes of a file that it was given. */
function withEnvironment(config: Config, environment: Readonly<Record<string, string | undefined>>): Config {
  const result = structuredClone(config) as Record<string, unknown>;
  for (const { path, variable, schema } of CONFIG_MEMBERS) {
    const text = environment[variable];
    if (text === undefined || text === '') continue;
    let section = result;
    for (const name of path.slice(0, -1)) {
      section[name] ??= {};
      section = section[name] as Record<string, unknown>;
    }
    section[path.at(-1) as string] = settingOf(variable, text, schema);
  }
  return result as Config;
}

/** The text itself where text is asked for, and otherwise what it is in YAML: a number, or a list such as `[openai, groq]`. */
function settingOf(variable: string, text: string, schema: v.GenericSchema): unknown {
  const asText = v.safeParse(schema, text, { abortEarly: true });
  if (asText.success) return asText.output;
  let value: unknown;
  try {
    value = parse(text, { uniqueKeys: true, maxAliasCount: 0 });
  } catch {
    throw new UsageError(`${variable}: it is no YAML. Put it in quotes, or see docs/configuration.md.`);
  }
  const parsed = v.safeParse(schema, value, { abortEarly: true });
  if (parsed.success) return parsed.output;
  throw new UsageError(`${variable}: ${sentence(parsed.issues[0].message)}`);
}

function sentence(message: string): string {
  return `${message.replace(/\.$/, '')}.`;
}

/** Whether two names differ by no more than a letter or two: a slip of the finger, or another spelling. */
function isNear(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase().replaceAll(/[-_]/g, ''), other.toLowerCase().replaceAll(/[-_]/g, '')];
  return distance(a, b) <= (a.length > 3 ? 2 : 1);
}

/** How many letters have to be put in, taken out or changed (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
