/** Parses the messages of a chat request: texts from the system, the user and the assistant. */

import { Refusal } from './refusal.js';
import type { ChatMessage, Role } from './tokenizer.js';

export type { ChatMessage } from './tokenizer.js';

/** `developer` is the newer name for `system`. */
const ROLES = new Map<string, Role>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/** Fields that an assistant's message carries when a client sends an earlier answer back; null or empty. */
const ECHOED = new Set([
  'refusal',
  'audio',
  'function_call',
  'tool_calls',
  'annotations',
  'reasoning_content',
]);

/** @throws Refusal that names the field */
export function parseMessages(value: unknown): readonly ChatMessage[] {
  if (value === undefined)
    throw new Refusal('missing_required_parameter', 'messages', 'messages is missing.');
  if (!Array.isArray(value)) throw new Refusal('invalid_type', 'messages', 'messages must be an array.');
  if (value.length === 0) throw new Refusal('invalid_value', 'messages', 'messages must not be empty.');
  return value.map((message: unknown, at) => parseMessage(message, `messages[${at}]`));
}

function parseMessage(value: unknown, path: string): ChatMessage {
  if (!isObject(value)) throw new Refusal('invalid_type', path, `${path} must be an object.`);
  const fields = new Map(Object.entries(value));
  for (const [name, field] of fields) {
    if (name === 'role' || name === 'content') continue;
    const nothing = field === null || (Array.isArray(field) && field.length === 0);
    if (!(ECHOED.has(name) && nothing)) throw unsupported(`${path}.${name}`);
  }
  return {
    role: parseRole(fields.get('role'), `${path}.role`),
    text: parseContent(fields.get('content'), `${path}.content`),
  };
}

function parseRole(value: unknown, path: string): Role {
  if (value === undefined) throw new Refusal('missing_required_parameter', path, `${path} is missing.`);
  if (typeof value !== 'string') throw new Refusal('invalid_type', path, `${path} must be a string.`);
  if (value === 'tool' || value === 'function') throw unsupported(path);
  const role = ROLES.get(value);
  if (role === undefined)
    throw new Refusal('invalid_value', path, `${path} must be one of ${[...ROLES.keys()].join(', ')}.`);
  return role;
}

function parseContent(value: unknown, path: string): string {
  if (value === undefined) throw new Refusal('missing_required_parameter', path, `${path} is missing.`);
  if (typeof value === 'string') return value;
  if (!Array.isArray(value))
    throw new Refusal('invalid_type', path, `${path} must be a string or an array of parts.`);
  return value.map((part: unknown, at) => parsePart(part, `${path}[${at}]`)).join('');
}

function parsePart(value: unknown, path: string): string {
  if (!isObject(value)) throw new Refusal('invalid_type', path, `${path} must be an object.`);
  const fields = new Map(Object.entries(value));
  if (fields.get('type') !== 'text') throw unsupported(`${path}.type`);
  for (const name of fields.keys()) {
    if (name !== 'type' && name !== 'text') throw unsupported(`${path}.${name}`);
  }
  const text = fields.get('text');
  if (typeof text !== 'string')
    throw new Refusal('invalid_type', `${path}.text`, `${path}.text must be a string.`);
  return text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unsupported(path: string): Refusal {
  return new Refusal(
    'unsupported_parameter',
    path,
    `The model does not support ${path}: it reads and writes text only.`,
  );
}
