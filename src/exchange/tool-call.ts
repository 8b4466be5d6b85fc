/** A call of a tool that a model asks for, in the one form in which receipts commit to calls of every API. */
import { canonicalize, type Json } from '../bytes/json.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import type { Members } from './members.js';

export interface ToolCall {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly arguments: string;
}

/** The bytes of a tool call that a receipt commits to: JSON with its members sorted. */
export function toolCallBytes(call: ToolCall): Uint8Array {
  return utf8(JSON.stringify({ arguments: call.arguments, id: call.id, name: call.name, type: call.type }));
}

/** Arguments that an API has as a value, as canonical JSON; null for what is not there, or what canonical JSON cannot carry. */
export function argumentsText(value: unknown): string | null {
  if (value === undefined) return null;
  try {
    return fromUtf8(canonicalize(value as Json));
  } catch {
    return null;
  }
}

/** What stands in a call beside what it is called with: what it is, how far it has come, and what has come of it where the same object says so. */
const ASIDE: ReadonlySet<string> = new Set([
  ...['id', 'call_id', 'index', 'type', 'name', 'status'],
  ...['output', 'outputs', 'result', 'results'],
]);

/** What a tool is called with where an API has a text for it: that text, or as canonical JSON a value that stands in its place. */
export function calledWith(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? (argumentsText(value) ?? '') : '';
}

/**
 * What a tool is called with that has members of its own for it, such as `action` or `code`: canonical JSON of all there are, so that nothing
 * of a call that nobody here knows stays outside its commitment. Empty where there are none.
 */
export function calledWithMembers(call: Members): string {
  const own = Object.entries(call).filter(([name, value]) => value != null && !ASIDE.has(name));
  return own.length === 0 ? '' : (argumentsText(Object.fromEntries(own)) ?? '');
}
