/** A value in the JSON of a stranger, and where it stands: what cannot be read or said in another dialect is refused by its place. */
import { JsonAllowance, REQUEST_EXTENT } from '../../bytes/json-extent.js';
import { Failure } from '../../reason.js';
import { type Members, membersOf } from '../members.js';

export type Untranslatable = 'request/untranslatable' | 'upstream/untranslatable';

/** Of a number that would be another one after it has been read and written anew. */
const INEXACT = {
  'request/untranslatable': 'request/number-inexact',
  'upstream/untranslatable': 'upstream/number-inexact',
} as const;

/** What a stranger may make us look at: how deep a value may be nested, which also bounds the recursion of whoever writes it. */
const MAX_DEPTH = 128;
/** Names that may be repeated to whoever wrote them. */
const PRINTABLE = /^[A-Za-z0-9_.-]{1,64}$/;

/** What all places of one JSON have in common. */
interface Whole {
  readonly code: Untranslatable;
  /** The values of the numbers that stand in it and are not what was read of them. */
  readonly inexact: ReadonlySet<number>;
  /** What the texts of JSON inside may stand for, all of them together. */
  readonly inside: JsonAllowance;
}

export class Place {
  readonly value: unknown;
  /** Where it stands, of which the words are made only when somebody is to be told. */
  readonly #above: Place | null;
  readonly #name: string | number;
  readonly #whole: Whole;

  private constructor(value: unknown, above: Place | null, name: string | number, whole: Whole) {
    this.value = value;
    this.#above = above;
    this.#name = name;
    this.#whole = whole;
  }

  /**
   * The outermost value. Throws when it is nested too deep to be looked at.
   *
   * @param inexact the `inexactNumbers` of the text that it was read from
   */
  static outermost(value: unknown, code: Untranslatable, inexact: ReadonlySet<number>): Place {
    const place = new Place(value, null, '', { code, inexact, inside: new JsonAllowance(REQUEST_EXTENT) });
    if (isDeeper(value, MAX_DEPTH)) throw place.untranslatable(`nested deeper than ${MAX_DEPTH}`);
    return place;
  }

  /** Whether there is anything: JSON's null is how both dialects write nothing. */
  get isSet(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** A member of an object; of what is none, and where it has no such member, a place without a value. */
  member(name: string): Place {
    const members = membersOf(this.value);
    const value = members !== null && Object.hasOwn(members, name) ? members[name] : undefined;
    return new Place(value, this, name, this.#whole);
  }

  /** The members of an object. Throws for what is none. */
  members(): Members {
    const members = membersOf(this.value);
    if (members === null) throw this.untranslatable();
    return members;
  }

  /** {@link members}, for an object that is handed on whole. Throws for a number in it, however deep, that is not what was read of it. */
  carried(): Members {
    const members = this.members();
    if (this.#whole.inexact.size > 0) this.#checkNumbers();
    return members;
  }

  #checkNumbers(): void {
    const { value } = this;
    if (typeof value === 'number' && this.#whole.inexact.has(value)) throw this.inexact();
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value))
      new Place(inner, this, name, this.#whole).#checkNumbers();
  }

  /** The elements of a list, or none where nothing is set. Throws for what is no list. */
  elements(): Place[] {
    if (!this.isSet) return [];
    if (!Array.isArray(this.value)) throw this.untranslatable();
    return this.value.map((element, at) => new Place(element, this, at, this.#whole));
  }

  /** Throws for a member that is set and not among these. */
  knows(...names: readonly string[]): this {
    for (const [name, value] of Object.entries(this.members())) {
      if (value === null || names.includes(name)) continue;
      throw this.member(name).untranslatable();
    }
    return this;
  }

  /** Throws for what is no text. */
  text(): string {
    if (typeof this.value !== 'string') throw this.untranslatable();
    return this.value;
  }

  /** Null where nothing is set. Throws for what is no text. */
  optionalText(): string | null {
    return this.isSet ? this.text() : null;
  }

  /** What a text that belongs here is the JSON of. Throws for what is no JSON, and for texts that stand for too much together. */
  parsed(text: string): unknown {
    if (!this.#whole.inside.takes(text)) throw this.untranslatable('too many values');
    try {
      return JSON.parse(text);
    } catch {
      throw this.untranslatable('no JSON');
    }
  }

  /** Null where nothing is set. Throws for what is no boolean. */
  optionalBoolean(): boolean | null {
    if (!this.isSet) return null;
    if (typeof this.value !== 'boolean') throw this.untranslatable();
    return this.value;
  }

  /** Null where nothing is set. Throws for what is no number, and for one that is not what was read of it. */
  optionalNumber(): number | null {
    if (!this.isSet) return null;
    if (typeof this.value !== 'number') throw this.untranslatable();
    if (this.#whole.inexact.has(this.value)) throw this.inexact();
    return this.value;
  }

  /** Throws unless nothing is set, or exactly one of these. */
  mayBe(...values: readonly unknown[]): void {
    if (this.isSet && !values.includes(this.value)) throw this.untranslatable();
  }

  /** The failure of whoever finds that this has no counterpart. */
  untranslatable(detail?: string): Failure {
    return new Failure(this.#whole.code, { ...this.#field, ...(detail === undefined ? {} : { detail }) });
  }

  /** The failure of whoever finds a number here that cannot be handed on as it is. */
  inexact(): Failure {
    return new Failure(INEXACT[this.#whole.code], this.#field);
  }

  get #field(): { readonly field?: string } {
    const path = this.#path;
    return path === '' ? {} : { field: path };
  }

  get #path(): string {
    if (this.#above === null) return '';
    const name = String(this.#name);
    const above = this.#above.#path;
    const shown = PRINTABLE.test(name) ? name : '*';
    return above === '' ? shown : `${above}.${shown}`;
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some(inner => isDeeper(inner, depth - 1));
}
