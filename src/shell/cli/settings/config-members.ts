/** The members of the configuration, as the schema has them: their paths, their variables in the environment, and what they mean. */
import * as v from 'valibot';
import { ConfigSchema } from './config-schema.js';

export interface ConfigMember {
  /** Such as `listen.port`. */
  readonly path: readonly string[];
  /** Such as `COUNTERSIGN_LISTEN_PORT`. */
  readonly variable: string;
  readonly says: string;
  readonly schema: v.GenericSchema;
}

/** Members that are no section. */
export const CONFIG_MEMBERS: readonly ConfigMember[] = membersOf(ConfigSchema, []);

function membersOf(schema: v.GenericSchema, path: readonly string[]): ConfigMember[] {
  return Object.entries(entriesOf(schema) ?? {}).flatMap(([name, entry]) => {
    const inner = innerOf(entry);
    const here = [...path, name];
    if (inner === null) return [];
    if (entriesOf(inner) !== null) return membersOf(inner, here);
    const wrapped = 'wrapped' in entry ? (entry.wrapped as v.GenericSchema) : entry;
    return [
      { path: here, variable: variableOf(here), says: v.getDescription(wrapped) ?? '', schema: wrapped },
    ];
  });
}

function variableOf(path: readonly string[]): string {
  const words = path.map(name => name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase());
  return `COUNTERSIGN_${words.join('_')}`;
}

/** What an optional member is when it is there. */
function innerOf(entry: v.GenericSchema | null): v.GenericSchema | null {
  if (entry === null) return null;
  const wrapped = 'wrapped' in entry ? (entry.wrapped as v.GenericSchema) : entry;
  return 'pipe' in wrapped ? ((wrapped.pipe as readonly v.GenericSchema[])[0] ?? null) : wrapped;
}

function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | null {
  return 'entries' in schema ? (schema.entries as Record<string, v.GenericSchema>) : null;
}
