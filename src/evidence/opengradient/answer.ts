/**
 * What OpenGradient's gateway answers with: an answer in OpenAI's form, whole or as a stream, with what the enclave has signed beside it. Source:
 * `OpenGradient/tee-gateway`, `controllers/chat_controller.py`; `OpenGradient/OpenGradient-SDK`, `client/tee_verify.py`.
 */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { type EventBlock, EventSplitter, eventData } from '../../exchange/server-sent-events.js';
import { Failure } from '../../reason.js';
import { type ForeignForm, hexBytes, parseForeign, readMember } from '../foreign-json.js';
import { isMap, type PythonValue, readPython, writePython } from './python-json.js';

export interface SignedAnswer {
  readonly form: 'body' | 'stream';
  /** What the enclave has hashed of the answer; null where that cannot be told: of a stream that ends in tool calls. */
  readonly output: string | null;
  /** What it says that it has hashed and signed: two digests (Keccak-256) and a time of its own, in Unix seconds. */
  readonly requestHash: Uint8Array;
  readonly outputHash: Uint8Array;
  readonly timestamp: number;
  readonly signature: Uint8Array;
  /** The enclave's name for its key. */
  readonly teeId: Uint8Array;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const CODE = 'opengradient/response-malformed';

const Signed: ForeignForm<v.GenericSchema<unknown, Omit<SignedAnswer, 'form' | 'output'>>> = {
  code: CODE,
  maxBytes: MAX_ANSWER_BYTES,
  schema: v.pipe(
    v.object({
      tee_signature: v.pipe(
        v.string(),
        v.maxLength(1024),
        v.transform(text => fromBase64(text) ?? new Uint8Array()),
        v.check(signature => signature.length > 0, 'not base64'),
      ),
      tee_request_hash: hexBytes(32),
      tee_output_hash: hexBytes(32),
      tee_timestamp: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      tee_id: hexBytes(32),
    }),
    v.transform(signed => ({
      requestHash: signed.tee_request_hash,
      outputHash: signed.tee_output_hash,
      timestamp: signed.tee_timestamp,
      signature: signed.tee_signature,
      teeId: signed.tee_id,
    })),
  ),
};

/** Whether a text is of a stream: its first character is none that JSON begins with. */
const STREAM = /^\s*(?:data|event|id|retry|:)/;

/** Throws `opengradient/response-malformed`. */
export function parseAnswer(bytes: Uint8Array): SignedAnswer {
  if (bytes.length > MAX_ANSWER_BYTES) throw malformed('too long');
  const beginning = fromUtf8(bytes.subarray(0, 64)) ?? '';
  return STREAM.test(beginning) ? streamed(bytes) : whole(bytes);
}

function whole(bytes: Uint8Array): SignedAnswer {
  const { text, value } = parseForeign(bytes, Signed);
  const choice = firstChoice(readPython(text));
  return { form: 'body', output: choice === null ? '' : outputOf(choice), ...readMember(value, Signed) };
}

/** Of tool calls Python's notation, members sorted; otherwise the text. Which of the two it is, a member says that nobody has signed. */
function outputOf(choice: ReadonlyMap<string, PythonValue>): string {
  const message = choice.get('message');
  if (!isMap(message)) {
    const text = choice.get('text');
    return typeof text === 'string' ? text : '';
  }
  const calls = message.get('tool_calls');
  if (choice.get('finish_reason') === 'tool_calls' && Array.isArray(calls)) return writePython(calls);
  return textIn(message.get('content'));
}

function textIn(content: PythonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return (content as readonly PythonValue[])
    .map(part => {
      const text = isMap(part) ? part.get('text') : '';
      return typeof text === 'string' ? text : '';
    })
    .join('');
}

const MAX_EVENTS = 500_000;

function streamed(bytes: Uint8Array): SignedAnswer {
  const texts: string[] = [];
  let hasCalls = false;
  let signed: Omit<SignedAnswer, 'form' | 'output'> | null = null;
  for (const data of eventsOf(bytes)) {
    const { text, value } = parseForeign(data, Signed);
    const choice = firstChoice(readPython(text));
    const delta = choice?.get('delta');
    if (isMap(delta)) {
      texts.push(textIn(delta.get('content')));
      hasCalls ||= delta.has('tool_calls') && delta.get('tool_calls') !== null;
    }
    hasCalls ||= choice?.get('finish_reason') === 'tool_calls';
    if (typeof value === 'object' && value !== null && 'tee_signature' in value) {
      if (signed !== null) throw malformed('two signatures');
      signed = readMember(value, Signed);
    }
  }
  if (signed === null) throw malformed('a stream without a signature: it broke off, or nothing was signed');
  return { form: 'stream', output: hasCalls ? null : texts.join(''), ...signed };
}

function eventsOf(bytes: Uint8Array): readonly Uint8Array[] {
  const blocks = blocksOf(bytes);
  if (blocks.length > MAX_EVENTS) throw malformed('too many events');
  return blocks.flatMap(({ event }) => {
    const data = event === null ? null : eventData(event);
    return data === null || data.length === 0 || fromUtf8(data) === '[DONE]' ? [] : [data];
  });
}

function blocksOf(bytes: Uint8Array): readonly EventBlock[] {
  const splitter = new EventSplitter(MAX_ANSWER_BYTES);
  try {
    return splitter.push(bytes).concat(splitter.end());
  } catch (error) {
    if (error instanceof Failure) throw malformed(error.code);
    throw error;
  }
}

function firstChoice(body: PythonValue): ReadonlyMap<string, PythonValue> | null {
  const choices = isMap(body) ? body.get('choices') : null;
  const [first] = Array.isArray(choices) ? (choices as readonly PythonValue[]) : [];
  return isMap(first) ? first : null;
}

function malformed(detail: string): Failure {
  return new Failure(CODE, { detail });
}
