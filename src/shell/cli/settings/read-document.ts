/**
 * Files that operators write, as YAML or JSON, read by a schema. Whatever is wrong is said with the line and the column, and with a hint; nothing is
 * used of a file that is wrong anywhere.
 */
import * as v from 'valibot';
import { fromUtf8 } from '../../../bytes/octets.js';
import { UsageError } from '../exit-code.js';
import { type ConfigDocument, type ConfigPath, parseConfig } from './config-document.js';
import { nearestOf } from './near-names.js';
import { sentence } from './problem-words.js';
import { namesIn } from './schema-names.js';

/** A file that fits its schema. */
export interface ReadDocument<Value> {
  readonly value: Value;
  readonly place: ConfigDocument['place'];
}

/** `member`: what a member of the file is called, such as `setting`. Throws a usage error that names the first thing that is wrong. */
export function readDocument<Schema extends v.GenericSchema>(
  file: string,
  bytes: Uint8Array,
  schema: Schema,
  member: string,
): ReadDocument<v.InferOutput<Schema>> {
  const text = fromUtf8(bytes);
  if (text === null) throw new UsageError(`${file} is not UTF-8.`);
  const document = parseConfig(file, text);
  const { place } = document;
  if (Array.isArray(document.value))
    throw new UsageError(`${place([])}: the file is a list. It takes ${member}s by their names.`);
  // A file of comments alone sets nothing.
  const parsed = v.safeParse(schema, document.value ?? {}, { abortEarly: true });
  if (parsed.success) return { value: parsed.output, place };
  throw new UsageError(describe(document, parsed.issues[0], schema, member));
}

type Issue = Pick<v.BaseIssue<unknown>, 'message' | 'type' | 'expected' | 'path' | 'issues'>;

/** Of the forms that a member may have, the one that fits furthest: what is wrong in that is what is wrong. */
function deepest(issue: Issue, above: ConfigPath = []): { readonly issue: Issue; readonly path: ConfigPath } {
  const path = [...above, ...(issue.path ?? []).map(({ key }) => key as string | number)];
  const forms = (issue.issues ?? []).map(form => deepest(form, path));
  return forms.reduce((best, form) => (form.path.length > best.path.length ? form : best), { issue, path });
}

function describe(document: ConfigDocument, found: Issue, schema: v.GenericSchema, member: string): string {
  const { issue, path } = deepest(found);
  const where = path.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = namesIn(schema, path.slice(0, -1)) ?? [];
    const nearest = nearestOf(String(path.at(-1)), known);
    const others = known.length > 0 ? `Known here: ${known.join(', ')}.` : '';
    const hint = nearest === null ? others : `Did you mean "${nearest}"?`;
    return `${document.place(path, true)}: there is no ${member} "${where}". ${hint}`.trimEnd();
  }
  return `${document.place(path)}: ${where || 'the file'}: ${sentence(issue.message)}`;
}
