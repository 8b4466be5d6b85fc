/**
 * The configuration in force: what the file says, and over it what the environment says. Everything wrong is said with the line and the column, or
 * with the variable, and with a hint; nothing is used of a configuration that is wrong anywhere.
 */
import * as v from 'valibot';
import { parse } from 'yaml';
import { UsageError } from '../exit-code.js';
import { readStored } from '../files.js';
import { CONFIG_MEMBERS } from './config-members.js';
import { type Config, ConfigSchema } from './config-schema.js';
import { sentence } from './problem-words.js';
import { readDocument } from './read-document.js';

const MAX_BYTES = 1024 * 1024;

/** Reads a configuration file; null for none. Throws a usage error that names the first thing that is wrong. */
export async function readConfig(
  file: string | null,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Config> {
  const fromFile =
    file === null ? {} : readDocument(file, await readStored(file, MAX_BYTES), ConfigSchema, 'setting').value;
  return withEnvironment(fromFile, environment);
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
