/** The description of the HTTP API, and whether an answer is one that it describes. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Answer, ask, type Question } from '../end-to-end/client.js';

interface Described {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
export interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Described>>;
}
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly headers: Readonly<Record<string, { readonly schema: object }>> };
}

const URI = 'urn:countersign:openapi';
export const DESCRIPTION: Description & object = JSON.parse(
  readFileSync(new URL('../../spec/openapi.json', import.meta.url), 'utf8'),
);
const ajv = new Ajv2020({ strict: false }).addSchema({ $id: URI, ...DESCRIPTION });

/** Each answer that is described, as `GET /healthz 200`. */
export const DESCRIBED: readonly string[] = Object.entries(DESCRIPTION.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { responses }]) =>
    Object.keys(responses)
      .filter(status => status !== 'default')
      .map(status => `${method.toUpperCase()} ${path} ${status}`),
  ),
);

/** Answers that were seen, in the same form. */
export const SEEN = new Set<string>();

/** What is wrong with an answer; null where it is one that the description has. */
export function wrongWith(method: string, path: string, { status, headers, body }: Answer): string | null {
  const operation = DESCRIPTION.paths[path]?.[method.toLowerCase()];
  const described = operation?.responses[String(status)];
  if (described === undefined) return `${status} is not described: ${body.toString().slice(0, 300)}`;
  for (const [name, { $ref }] of Object.entries(described.headers ?? {})) {
    const { schema } = DESCRIPTION.components.headers[$ref.split('/').at(-1) as string] as { schema: object };
    if (!ajv.validate(schema, headers[name])) return `header ${name}: ${headers[name]}`;
  }
  const type = (headers['content-type'] ?? '').split(';')[0] as string;
  if (described.content === undefined) return null;
  const content = described.content[type];
  if (content === undefined) return `${status} with ${type} is not described`;
  if (type !== 'application/json') return null;
  const validate = ajv.compile(absolute(content.schema));
  return validate(JSON.parse(body.toString())) ? null : ajv.errorsText(validate.errors);
}

/** A schema whose references are to the description. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${URI}#/`)) as object;
}

/**
 * Asks, and remembers that this answer was seen. Throws when the status is another than `status`, or the answer is none that the description has.
 *
 * @param path as the description has it; `at`: with its parameters put in
 */
export async function see(
  address: string,
  method: 'GET' | 'POST',
  path: string,
  status: number,
  question: Question & { readonly at?: string } = {},
): Promise<Answer> {
  const got = await ask(address, {
    ...question,
    method: question.method ?? method,
    path: question.at ?? path,
  });
  const where = `${method} ${path}`;
  if (got.status !== status)
    throw new Error(`${where}: ${got.status} in place of ${status}: ${got.body.toString().slice(0, 300)}`);
  const wrong = wrongWith(method, path, got);
  if (wrong !== null) throw new Error(`${where} ${status}: ${wrong}`);
  SEEN.add(`${where} ${status}`);
  return got;
}
