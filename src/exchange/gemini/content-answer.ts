/**
 * Answers of Gemini's generateContent: one object, or several that each bring a part, as a stream or as the elements of an array. What an
 * upstream leaves out or gets wrong is simply not in the receipt.
 */
import { type AnswerImage, imageIn } from '../answer-image.js';
import { saysError } from '../host-error.js';
import { isFilled, type Members, membersOf, parsedMembers, textOf } from '../members.js';
import type { Usage } from '../parameters.js';
import { inOrder } from '../places.js';
import type { AnswerFacts, AnswerReader, StreamEvent } from '../surface.js';
import { argumentsText, calledWithMembers, type ToolCall } from '../tool-call.js';
import { readUsage } from '../usage.js';
import { listOf } from './proto-json.js';

/** A hostile upstream could send ever more candidates, parts and calls; past this they are not read. */
const MAX_ITEMS = 4096;

export class ContentAnswer implements AnswerReader {
  begun = false;
  failed = false;
  #model: string | null = null;
  #counts: Usage | null = null;
  /** Why no candidate is there at all. */
  #blocked: string | null = null;
  /** The candidates that there have been. */
  readonly #candidates = new Set<number>();
  readonly #finish = new Map<number, string>();
  /** The calls of each candidate. */
  readonly #calls = new Map<number, ToolCall[]>();
  #callCount = 0;
  /** The images of each candidate. */
  readonly #images = new Map<number, AnswerImage[]>();
  #imageCount = 0;

  body(value: object | null): boolean {
    const parts = Array.isArray(value) ? value : [value];
    return parts.length > 0 && parts.every((part, at) => this.#add(membersOf(part), at > 0));
  }

  /** No event is the last by itself: the upstream closes the stream. */
  event({ type, data }: StreamEvent): boolean {
    const part = parsedMembers(data);
    this.begun ||= data !== '' && (part === null || hasContent(part));
    const isPart = this.#add(part, true);
    this.failed ||= !isPart && type === 'error';
    return false;
  }

  get finished(): boolean {
    const isWhole = this.#finish.size > 0 && this.#finish.size === this.#candidates.size;
    return isWhole || this.#blocked !== null;
  }

  get answer(): AnswerFacts {
    const finish = inOrder(this.#finish);
    return {
      model: this.#model,
      finish: finish.length === 0 && this.#blocked !== null ? [this.#blocked] : finish,
      usage: this.#counts === null ? null : withThoughts(this.#counts),
      toolCalls: inOrder(this.#calls).flat(),
      images: inOrder(this.#images).flat(),
    };
  }

  /** Takes a part of the answer. `mayFail`: whether an error can stand in its place. Returns whether it is one. */
  #add(part: Members | null, mayFail: boolean): boolean {
    if (part === null) return false;
    const { candidates, promptFeedback, usageMetadata, modelVersion } = part;
    if (saysError(part)) {
      this.failed ||= mayFail;
      return mayFail;
    }
    const counts = membersOf(usageMetadata);
    const feedback = membersOf(promptFeedback);
    if (!Array.isArray(candidates) && counts === null && feedback === null) return false;
    this.#model = textOf(modelVersion) || this.#model;
    this.#blocked = textOf(feedback?.blockReason) || this.#blocked;
    if (counts !== null) this.#counts = { ...this.#counts, ...readUsage(counts, COUNTS) };
    for (const candidate of listOf(candidates).slice(0, MAX_ITEMS))
      this.#addCandidate(membersOf(candidate) ?? {});
    return true;
  }

  #addCandidate({ index, finishReason, content }: Members): void {
    const place = index ?? 0;
    if (!isPlace(place)) return;
    this.#candidates.add(place);
    const reason = textOf(finishReason);
    if (reason !== '') this.#finish.set(place, reason);
    for (const value of listOf(membersOf(content)?.parts)) {
      const part = membersOf(value) ?? {};
      const call = callIn(part);
      if (call !== null && this.#callCount < MAX_ITEMS) {
        this.#callCount++;
        append(this.#calls, place, call);
      }
      const image = imageOf(part);
      if (image !== null && this.#imageCount < MAX_ITEMS) {
        this.#imageCount++;
        append(this.#images, place, image);
      }
    }
  }
}

/** Whether a part of an answer says more than that there will be one. */
function hasContent({ candidates, promptFeedback, usageMetadata, error }: Members): boolean {
  const feedback = membersOf(promptFeedback);
  const isKnown = Array.isArray(candidates) || feedback !== null || membersOf(usageMetadata) !== null;
  if (!isKnown || isFilled(error) || isFilled(feedback?.blockReason)) return true;
  return listOf(candidates).some(candidate => {
    const { content, finishReason } = membersOf(candidate) ?? {};
    return isFilled(finishReason) || isFilled(membersOf(content)?.parts);
  });
}

const COUNTS = {
  prompt_tokens: ['promptTokenCount'],
  completion_tokens: ['candidatesTokenCount'],
  reasoning_tokens: ['thoughtsTokenCount'],
  cached_tokens: ['cachedContentTokenCount'],
  total_tokens: ['totalTokenCount'],
} as const;

/** Here thoughts are counted apart from the candidates; in receipts a completion is all that the model has written. */
function withThoughts(counts: Usage): Usage {
  const { completion_tokens: said, reasoning_tokens: thought } = counts;
  if (thought === undefined) return counts;
  const whole = (said ?? 0) + thought;
  return Number.isSafeInteger(whole) ? { ...counts, completion_tokens: whole } : counts;
}

/** A call of the client's functions, of a tool that the host runs, or of code that it runs; null for a part that is none. */
function callIn({ functionCall, toolCall, executableCode }: Members): ToolCall | null {
  const ofClient = membersOf(functionCall);
  if (ofClient !== null) return callOf('functionCall', textOf(ofClient.name), ofClient);
  const ofHost = membersOf(toolCall);
  if (ofHost !== null) return callOf('toolCall', textOf(ofHost.toolType), ofHost);
  const code = membersOf(executableCode);
  return code === null ? null : callOf('executableCode', '', code);
}

function callOf(type: string, name: string, call: Members): ToolCall {
  const text = call.args === undefined ? calledWithMembers(call) : (argumentsText(call.args) ?? '');
  return { id: textOf(call.id), type, name, arguments: text };
}

/** Data of other types are no images. */
function imageOf({ inlineData, fileData }: Members): AnswerImage | null {
  const data = membersOf(inlineData) ?? membersOf(fileData);
  if (data === null || !textOf(data.mimeType).startsWith('image/')) return null;
  return imageIn(data, 'data', 'fileUri');
}

function append<Value>(places: Map<number, Value[]>, place: number, value: Value): void {
  const before = places.get(place);
  if (before === undefined) places.set(place, [value]);
  else before.push(value);
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < MAX_ITEMS;
}
