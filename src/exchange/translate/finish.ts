/** Why an answer ended, in either dialect. A reason that only one of them has passes as it is: none is ever made up. */

const TO_CHAT: ReadonlyMap<string, string> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);
const TO_MESSAGES: ReadonlyMap<string, string> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['content_filter', 'refusal'],
]);

/** OpenAI's finish reason for Anthropic's stop reason. */
export function finishReasonOf(stopReason: string): string {
  return TO_CHAT.get(stopReason) ?? stopReason;
}

/**
 * Anthropic's stop reason for OpenAI's finish reason. There, an answer that calls a tool has stopped for that, where OpenAI says `stop` when
 * the tool was named in the request; and one that the model refused has stopped for that, where OpenAI has a member of its own.
 */
export function stopReasonOf(
  finishReason: string,
  { calls, refused }: { calls: boolean; refused: boolean },
): string {
  if (finishReason === 'stop' && refused) return 'refusal';
  if (finishReason === 'stop' && calls) return 'tool_use';
  return TO_MESSAGES.get(finishReason) ?? finishReason;
}

/** How a response of OpenAI's ends. */
export interface ResponseEnd {
  readonly status: 'completed' | 'incomplete';
  readonly incomplete_details: { readonly reason: string } | null;
}

/**
 * The end of a response for a finish reason of chat completions. There, a model that has refused has completed its answer, and only one that was
 * filtered from without has not.
 */
export function responseEndOf(finishReason: string | null, refused: boolean): ResponseEnd {
  const incomplete = (reason: string): ResponseEnd => ({
    status: 'incomplete',
    incomplete_details: { reason },
  });
  switch (finishReason) {
    case null:
    case 'stop':
    case 'tool_calls':
      return { status: 'completed', incomplete_details: null };
    case 'length':
      return incomplete('max_output_tokens');
    case 'content_filter':
      return refused ? { status: 'completed', incomplete_details: null } : incomplete(finishReason);
    default:
      return incomplete(finishReason);
  }
}
