/**
 * The bytes that OpenGradient's gateway has hashed of a request. It commits to a few members in a form of its own, and to nothing else: other parameters,
 * and the contents of attachments, are outside what it signs. Source: `OpenGradient/OpenGradient-SDK`, `client/tee_verify.py`; `OpenGradient/tee-gateway`,
 * `controllers/chat_controller.py` and `completions_controller.py`.
 */
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { parseForeign } from '../foreign-json.js';
import { floatOf, isMap, PythonNumber, type PythonValue, readPython, writePython } from './python-json.js';

export interface SignedRequest {
  /** What is hashed. */
  readonly bytes: Uint8Array;
  readonly model: string;
  /** Members of the request that the gateway has hashed nothing of, in order. */
  readonly uncovered: readonly string[];
}

/** What the gateway itself takes, with its images. */
const MAX_REQUEST_BYTES = 20 * 1024 * 1024;
const CODE = 'opengradient/request-malformed';
const COVERED = [
  'model',
  'messages',
  'prompt',
  'temperature',
  'max_tokens',
  'stop',
  'tools',
  'response_format',
  'web_search',
];

/** A request to `/v1/chat/completions` or `/v1/completions`, as it was sent. Throws `opengradient/request-malformed`. */
export function signedRequest(bytes: Uint8Array): SignedRequest {
  const { text } = parseForeign(bytes, { code: CODE, maxBytes: MAX_REQUEST_BYTES });
  const body = readPython(text);
  if (!isMap(body)) throw malformed('no object');
  const model = body.get('model');
  if (typeof model !== 'string' || model === '') throw malformed('no model');
  const isChat = body.has('messages');
  const signed = new Map<string, PythonValue>([['model', model]]);
  if (isChat) signed.set('messages', messagesOf(body.get('messages')));
  else signed.set('prompt', textMember(body, 'prompt'));
  signed.set('temperature', temperatureOf(body.get('temperature')));
  if (body.get('max_tokens') != null) signed.set('max_tokens', body.get('max_tokens') as PythonValue);
  const optional = isChat ? ['stop', 'tools', 'response_format'] : ['stop'];
  for (const name of optional) if (isTrue(body.get(name))) signed.set(name, body.get(name) as PythonValue);
  if (isChat && isTrue(body.get('web_search'))) signed.set('web_search', true);
  return {
    bytes: utf8(writePython(signed)),
    model,
    uncovered: [...body.keys()].filter(name => !COVERED.includes(name)),
  };
}

/** Always with a fraction, and zero where the request has none. */
function temperatureOf(value: PythonValue | undefined): PythonValue {
  if (value === undefined || value === null) return new PythonNumber('0.0');
  if (!(value instanceof PythonNumber)) throw malformed('a temperature that is no number');
  return floatOf(value);
}

function messagesOf(value: PythonValue | undefined): PythonValue {
  if (!Array.isArray(value) || value.length === 0) throw malformed('no messages');
  return (value as readonly PythonValue[]).map(message => {
    if (!isMap(message)) throw malformed('a message that is no object');
    return messageOf(message);
  });
}

function messageOf(message: ReadonlyMap<string, PythonValue>): PythonValue {
  const content = message.get('content') ?? null;
  const role = message.get('role');
  const shaped = (...members: [string, PythonValue][]) => new Map([['role', role as string], ...members]);
  switch (role) {
    case 'system':
    case 'developer':
      return new Map<string, PythonValue>([
        ['role', 'system'],
        ['content', content],
      ]);
    case 'user':
      return shaped(['content', userContent(content)]);
    case 'assistant': {
      const calls = message.get('tool_calls');
      const text: [string, PythonValue] = ['content', isTrue(content) ? content : ''];
      return isTrue(calls) ? shaped(text, ['tool_calls', toolCalls(calls)]) : shaped(text);
    }
    case 'tool':
      return shaped(['content', content], ['tool_call_id', message.get('tool_call_id') ?? null]);
    case 'function':
      return shaped(['content', content], ['name', message.get('name') ?? null]);
    default:
      throw malformed('a message of a role that the gateway does not have');
  }
}

/** Texts stay; of every attachment only its kind is left, and its file name where it has one. */
function userContent(content: PythonValue): PythonValue {
  if (typeof content === 'string') return content;
  // The gateway takes Python's own notation of anything else, which nobody can rebuild for certain.
  if (!Array.isArray(content)) throw malformed('a message of a user without text');
  return (content as readonly PythonValue[]).map(part => {
    if (!isMap(part)) throw malformed('a part of a message that is no object');
    const type = part.get('type') ?? null;
    const shaped = new Map<string, PythonValue>([['type', type]]);
    if (type === 'text') {
      const text = part.get('text');
      return shaped.set('text', isTrue(text) ? (text as PythonValue) : '');
    }
    const file = part.get('file');
    const name =
      (isMap(file) && isTrue(file.get('filename')) ? file.get('filename') : part.get('filename')) ?? null;
    return isTrue(name) ? shaped.set('filename', name) : shaped;
  });
}

function toolCalls(value: PythonValue | undefined): PythonValue {
  if (!Array.isArray(value)) throw malformed('tool calls that are no list');
  return (value as readonly PythonValue[]).map(call => {
    if (!isMap(call)) throw malformed('a tool call that is no object');
    const called = call.get('function') ?? new Map<string, PythonValue>();
    if (!isMap(called)) throw malformed('a tool call without a function');
    return new Map<string, PythonValue>([
      ['id', call.has('id') ? (call.get('id') as PythonValue) : ''],
      ['type', call.has('type') ? (call.get('type') as PythonValue) : 'function'],
      [
        'function',
        new Map<string, PythonValue>([
          ['name', called.has('name') ? (called.get('name') as PythonValue) : ''],
          ['arguments', called.has('arguments') ? (called.get('arguments') as PythonValue) : ''],
        ]),
      ],
    ]);
  });
}

function textMember(body: ReadonlyMap<string, PythonValue>, name: string): string {
  const value = body.get(name);
  if (typeof value !== 'string') throw malformed(`no ${name}`);
  return value;
}

/** What Python takes for true. */
function isTrue(value: PythonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (value instanceof PythonNumber) return Number(value.spelling) !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return !(value instanceof Map) || value.size > 0;
}

function malformed(detail: string): Failure {
  return new Failure(CODE, { detail });
}
