/** Where surfaces are: the paths at which clients ask, and those at which an upstream is asked. */
import type { Surface } from './surface.js';

/** What stands in a surface's path for the model's name. */
const MODEL = '{model}';

/** Whether a surface's path names a model. */
export function namesModel({ path }: Surface): boolean {
  return path.includes(MODEL);
}

/**
 * The model, decoded, that a path names if it is one with {@link namesModel | a model in it}; null for any other path. `asked`:
 * percent-encoded as it came; a name that cannot be decoded is taken as it stands. Where a method follows it, a name with an upstream in front may
 * stand there without the folder of models: so Vercel's provider asks for every name with a slash.
 */
export function modelInPath({ base, path }: Pick<Surface, 'base' | 'path'>, asked: string): string | null {
  const place = path.indexOf(MODEL);
  const [folder, after] = [path.slice(0, place), path.slice(place + MODEL.length)];
  const named = between(asked, base + folder, after);
  if (named !== null) return decoded(named);
  if (after === '') return null;
  const short = between(asked, `${base}/`, after);
  return short !== null && UPSTREAM_AND_MODEL.test(short) ? decoded(short) : null;
}

/** Not what stands in Google's own paths in the place of an upstream: models, and what can be asked like them there. */
const UPSTREAM_AND_MODEL = /^(?!(?:models|tunedModels|dynamic)\/)[^/]+\/./;

/** What stands between these two, where it is not nothing; null for a text that is not of that form. */
function between(text: string, before: string, after: string): string | null {
  if (!text.startsWith(before) || !text.endsWith(after)) return null;
  return text.slice(before.length, text.length - after.length) || null;
}

/**
 * Whether a model's name can stand in a path so that every reader finds it there: it has no part that is empty or that would lead to
 * another path.
 */
export function isPathName(model: string): boolean {
  return model.isWellFormed() && model.split('/').every(part => !/^\.{0,2}$/.test(part));
}

/**
 * The path and the query at which an upstream is asked, below its base. `model`: whom to ask, for a path that names it; see
 * {@link isPathName}. Of the client's query, only what means something in the API goes on, and never a key.
 */
export function upstreamTarget(
  { path, clientQuery }: Surface,
  model: string | null,
  query: URLSearchParams,
): string {
  const named = path.includes(MODEL) ? path.replace(MODEL, () => encoded(model ?? '')) : path;
  if (query.size === 0) return named;
  const members = clientQuery.flatMap(member =>
    query.getAll(member).map((value): [string, string] => [member, value]),
  );
  const asked = new URLSearchParams(members).toString();
  return named + (asked === '' ? '' : `?${asked}`);
}

function encoded(model: string): string {
  return model.split('/').map(encodeURIComponent).join('/');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
