/** Puts back into an answer what was taken out of its request: into one body, or into the events of a stream. */
import { fromUtf8, utf8 } from '../../../bytes/octets.js';
import { parsedAnswer } from '../../../exchange/members.js';
import { type EventBlock, eventData, type ServerSentEvent } from '../../../exchange/server-sent-events.js';
import type { AnswerReader } from '../../../exchange/surface.js';
import type { AnswerTexts } from '../../../exchange/texts/answers.js';
import { findTexts } from '../../../exchange/texts/find-texts.js';
import type { Shape } from '../../../exchange/texts/shape.js';
import { type Edit, editsOfJson, spliced } from '../../../exchange/texts/splice.js';
import { Failure } from '../../../reason.js';
import { editedEvent } from './edited-event.js';
import type { Placeholders } from './placeholders.js';
import { type Piece, RestoredTexts } from './restored-texts.js';

/** What may be held back at most, of a stream whose texts begin placeholders and never end them. */
const MAX_HELD_EVENTS = 1024;
const MAX_HELD_BYTES = 1 << 20;

/** A part of an answer: the body, or an event. */
interface Part {
  readonly json: string;
  readonly pieces: readonly Piece[];
}

interface HeldEvent extends Part {
  readonly number: number;
  readonly block: EventBlock;
}

export class AnswerRestorer {
  readonly #texts: AnswerTexts;
  readonly #reader: AnswerReader;
  readonly #placeholders: Placeholders;
  readonly #limit: number;
  readonly #streamed: RestoredTexts;
  /** Events that wait for what follows, or for one before them. */
  #held: HeldEvent[] = [];
  #heldBytes = 0;
  #count = 0;
  #changed = false;

  /** `reader`: one of the client's surface, for this alone. `limit`: the most that is put back, in UTF-16 code units. */
  constructor(texts: AnswerTexts, reader: AnswerReader, placeholders: Placeholders, limit: number) {
    this.#texts = texts;
    this.#reader = reader;
    this.#placeholders = placeholders;
    this.#limit = limit;
    this.#streamed = new RestoredTexts(placeholders, limit);
  }

  /** Whether the client gets other bytes than came. */
  get changed(): boolean {
    return this.#changed;
  }

  /** A whole answer. Throws `upstream/oversized`. */
  body(body: Uint8Array): Uint8Array {
    const text = fromUtf8(body);
    if (text === null) return body;
    const value = parsedAnswer(text);
    const texts = new RestoredTexts(this.#placeholders, this.#limit);
    const edits =
      typeof value === 'object'
        ? editsOfPart(partOf(text, value, this.#texts.body, 0, texts))
        : editsOfText(text, texts);
    if (edits.length === 0) return body;
    this.#changed = true;
    return utf8(spliced(text, edits));
  }

  /** The events that can go on to the client when this one has come. Throws `upstream/oversized` and what the surface's reader throws. */
  event(block: EventBlock): readonly EventBlock[] {
    const event = block.event as ServerSentEvent;
    const [type, data] = [event.event === null ? null : fromUtf8(event.event), fromUtf8(eventData(event))];
    const isLast = this.#reader.event({ type, data });
    const number = this.#count++;
    const value = data === null || this.#texts.event === null ? undefined : parsedAnswer(data);
    const part =
      typeof value === 'object' && this.#texts.event !== null
        ? partOf(data as string, value, this.#texts.event, number, this.#streamed)
        : { json: '', pieces: [] };
    this.#held.push({ ...part, number, block });
    this.#heldBytes += block.raw.length;
    const { finished, failed } = this.#reader;
    const isTooMuch = this.#held.length > MAX_HELD_EVENTS || this.#heldBytes > MAX_HELD_BYTES;
    if (isLast || finished || failed || isTooMuch) this.#streamed.settle();
    return this.#settled();
  }

  /** The upstream has closed the stream: what was held back. */
  end(): readonly EventBlock[] {
    this.#streamed.settle();
    return this.#settled();
  }

  #settled(): readonly EventBlock[] {
    const first = this.#streamed.firstUnsettled(this.#count - 1);
    const count = this.#held.findIndex(({ number }) => number >= first);
    const settled = this.#held.splice(0, count < 0 ? this.#held.length : count);
    return settled.map(event => {
      this.#heldBytes -= event.block.raw.length;
      const edits = editsOfPart(event);
      if (edits.length === 0) return event.block;
      this.#changed = true;
      return editedEvent(event.block, edits);
    });
  }
}

/** The texts of a part of an answer. What is nested too deep for anybody's answer is left as it is. */
function partOf(json: string, value: unknown, shape: Shape, number: number, texts: RestoredTexts): Part {
  const pieces: Piece[] = [];
  try {
    findTexts(json, value, shape, true, place => pieces.push({ place, part: number, edits: [] }));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { json, pieces: [] };
  }
  for (const piece of pieces) texts.add(piece);
  return { json, pieces };
}

function editsOfPart({ json, pieces }: Part): Edit[] {
  return pieces.flatMap(({ place, edits }) => editsOfJson(json, place, edits));
}

/** An answer that is a text and nothing else, as a transcript can be. */
function editsOfText(text: string, texts: RestoredTexts): Edit[] {
  const place = { start: 0, end: text.length, form: 'text', text, lane: null } as const;
  const piece: Piece = { place, part: 0, edits: [] };
  texts.add(piece);
  return piece.edits;
}
