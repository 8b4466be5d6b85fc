/** A call of a tool that a model asks for, in the one form in which receipts commit to calls of every API. */
import { canonicalize, type Json } from '../bytes/json.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';

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
