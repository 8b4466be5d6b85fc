/**
 * Requests to Gemini: what path, query and body say together. What the path says is also what the body must say where it says it, because
 * readers differ in which of both they believe.
 */
import { Failure } from '../../reason.js';
import { type Members, membersOf } from '../members.js';
import { MAX_MODEL_NAME, malformed, parseText } from '../request-object.js';
import { NOTHING_SET, type SetParameters } from '../set-parameters.js';
import type { RequestFacts, RequestTarget } from '../surface.js';
import { isPathName } from '../target.js';
import { attachedData } from './contents.js';
import { readDimensions, readGenerationConfig } from './generation-config.js';
import { listOf, member, memberText, refuseAmbiguous } from './proto-json.js';

/** What a key may be, so that it can stand in a header. */
const KEY = /^[!-~]{1,1024}$/;
/** The forms of an answer that can be read here. */
const FORMS: ReadonlySet<string> = new Set(['json', 'sse']);

/** A request for content. Throws `request/malformed` and `request/parameter-invalid`, each naming the member. */
export function readContentRequest(body: Uint8Array, target: RequestTarget, stream: boolean): RequestFacts {
  const { text, value, model } = readObject(
    body,
    target,
    ['contents', 'generationConfig', 'model', 'systemInstruction'],
    stream,
  );
  const contents = contentsOf(value);
  if (contents.length === 0) throw malformed('contents');
  return {
    model,
    stream,
    ...readConfig(text, value),
    attachments: attachedData(contents, 'contents'),
  };
}

/** A request to count: contents, or a whole request for content. Throws `request/malformed`, naming the member. */
export function readCountRequest(body: Uint8Array, target: RequestTarget): RequestFacts {
  const { value, model } = readObject(body, target, ['contents', 'generateContentRequest', 'model']);
  const whole = membersOf(member(value, 'generateContentRequest')) ?? {};
  checkModel(whole, model);
  const contents = [...contentsOf(value), ...contentsOf(whole)];
  if (contents.length === 0) throw malformed('contents');
  return { model, stream: false, ...NOTHING_SET, attachments: attachedData(contents, 'contents') };
}

/** A request for one embedding. Throws `request/malformed`, naming the member. */
export function readEmbedRequest(body: Uint8Array, target: RequestTarget): RequestFacts {
  const { value, model } = readObject(body, target, ['content', 'model', 'outputDimensionality']);
  const attachments = attachedData([value.content], 'content');
  return { model, stream: false, ...readDimensions(value), attachments };
}

/** A request for several embeddings, each as a request of its own has it. Throws `request/malformed`, naming the member. */
export function readBatchRequest(body: Uint8Array, target: RequestTarget): RequestFacts {
  const { value, model } = readObject(body, target, ['requests']);
  const requests = listOf(value.requests).map(request => membersOf(request) ?? {});
  if (requests.length === 0) throw malformed('requests');
  for (const request of requests) checkModel(request, model);
  const attachments = attachedData(
    requests.map(({ content }) => content),
    'requests.content',
  );
  return { model, stream: false, ...NOTHING_SET, attachments };
}

/** What all requests have in common. `read`: the members of the body whose meaning a receipt states. */
function readObject(
  body: Uint8Array,
  { model, query }: RequestTarget,
  read: readonly string[],
  stream = false,
): { readonly text: string; readonly value: Members; readonly model: string } {
  if (model === null || model.length > MAX_MODEL_NAME || !isPathName(model)) throw malformed('model');
  checkQuery(query, stream);
  const { text, value } = parseText(body);
  refuseAmbiguous(text, read);
  checkModel(value, model);
  return { text, value, model };
}

/** A key is given at most once, and an answer is asked for in one form. */
function checkQuery(query: URLSearchParams, stream: boolean): void {
  const [keys, forms] = [query.getAll('key'), query.getAll('alt')];
  if (keys.length > 1 || !keys.every(key => KEY.test(key))) throw malformed('key');
  const [form = 'json'] = forms;
  if (forms.length > 1 || !FORMS.has(form) || (form === 'sse' && !stream)) {
    throw new Failure('request/parameter-invalid', { field: 'alt' });
  }
}

function checkModel(value: Members, model: string): void {
  const named = member(value, 'model') ?? null;
  if (named !== null && named !== model && named !== `models/${model}`) throw malformed('model');
}

/** Contents, with the system's instruction in front: it is a content too. */
function contentsOf(value: Members): readonly unknown[] {
  return [...listOf(member(value, 'systemInstruction')), ...listOf(member(value, 'contents'))];
}

function readConfig(text: string, value: Members): SetParameters {
  const config = member(value, 'generationConfig') ?? null;
  if (config === null) return NOTHING_SET;
  const members = membersOf(config);
  if (members === null) throw malformed('generationConfig');
  return readGenerationConfig(memberText(text, 'generationConfig'), members);
}
