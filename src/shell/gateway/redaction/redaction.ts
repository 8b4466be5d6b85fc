/**
 * One request with what the rules name taken out of it, and the way back into its answer. Whatever goes wrong here, nothing of the request is sent: it
 * ends with a failure that says nothing of what stood in it.
 */
import { concatAll, fromUtf8, utf8 } from '../../../bytes/octets.js';
import { type FormPart, readForm } from '../../../exchange/multipart.js';
import type { RequestFacts, Surface } from '../../../exchange/surface.js';
import { ANSWER_TEXTS } from '../../../exchange/texts/answers.js';
import { FORM_TEXTS, REQUEST_TEXTS } from '../../../exchange/texts/requests.js';
import { Failure } from '../../../reason.js';
import { AnswerRestorer } from './answer-restorer.js';
import { Finder } from './finder.js';
import { Placeholders } from './placeholders.js';
import { JsonRedactor } from './redact-json.js';
import type { RedactionRules } from './rules.js';

/** What a client asks, as far as redaction needs to know. */
export interface ReadRequest {
  readonly surface: Surface;
  readonly facts: RequestFacts;
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** A request from which something may have been taken. */
export interface RedactedRequest {
  /** The very bytes that came, where nothing was found. */
  readonly body: Uint8Array;
  /** What a receipt names as transforms, in a fixed order: the kinds of what was taken out, and that there were parts nobody looked into. */
  readonly transforms: readonly string[];
  /** Puts it back into the answer of one attempt, up to so many bytes of it; null where nothing is to be put back. */
  newRestorer(limit: number): AnswerRestorer | null;
}

/** That parts of the request which are no text, such as images, went on as they came. */
const UNREAD = 'attachments-unread';
const TRANSFORMS = ['email', 'phone', 'card', 'iban', 'national-id', 'name'] as const;

/**
 * Throws `redaction/unreadable` for a request that cannot be looked through, and `redaction/failed` for a fault of ours, of which `onProblem` is told
 * without any content.
 */
export function redact(
  rules: RedactionRules,
  request: ReadRequest,
  onProblem: (message: string) => void,
): RedactedRequest {
  try {
    return redacted(rules, request);
  } catch (error) {
    if (error instanceof Failure) throw error;
    // The message of an error can have content in it: engines quote what they cannot parse.
    onProblem(`redaction failed: ${error instanceof Error ? error.name : typeof error}`);
    throw new Failure('redaction/failed');
  }
}

function redacted(
  rules: RedactionRules,
  { surface, facts, body, contentType }: ReadRequest,
): RedactedRequest {
  const placeholders = new Placeholders();
  const redactor = new JsonRedactor(finderOf(rules), placeholders);
  const shape = REQUEST_TEXTS[surface.name];
  const fields = FORM_TEXTS[surface.name] ?? [];
  const without =
    shape === null
      ? redactForm(redactor, body, contentType, fields)
      : utf8(redactor.redact(textOf(body), shape));
  const found = TRANSFORMS.filter(kind => placeholders.kinds.includes(kind));
  const texts = ANSWER_TEXTS[surface.name];
  return {
    body: found.length === 0 ? body : without,
    transforms: [...found.map(kind => `redacted-${kind}`), ...(facts.attachments.length > 0 ? [UNREAD] : [])],
    newRestorer: limit =>
      texts === null || !rules.restore || found.length === 0
        ? null
        : new AnswerRestorer(texts, surface.newReader(), placeholders, limit),
  };
}

/** The rules of a policy are those of many requests, and what is made of their names takes its time. */
const finders = new WeakMap<RedactionRules, Finder>();

function finderOf(rules: RedactionRules): Finder {
  let finder = finders.get(rules);
  if (finder === undefined) {
    finder = new Finder(rules);
    finders.set(rules, finder);
  }
  return finder;
}

/** The form with these fields redacted; each part between its own bytes. */
function redactForm(
  redactor: JsonRedactor,
  body: Uint8Array,
  contentType: string,
  fields: readonly string[],
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let copied = 0;
  const isText = ({ name, isFile }: FormPart) => !isFile && fields.includes(name);
  for (const { bytes } of readForm(body, contentType).filter(isText)) {
    const at = bytes.byteOffset - body.byteOffset;
    pieces.push(body.subarray(copied, at), utf8(redactor.redactText(textOf(bytes))));
    copied = at + bytes.length;
  }
  return concatAll([...pieces, body.subarray(copied)]);
}

function textOf(bytes: Uint8Array): string {
  const text = fromUtf8(bytes);
  if (text === null) throw new Failure('redaction/unreadable', { detail: 'not UTF-8' });
  return text;
}
