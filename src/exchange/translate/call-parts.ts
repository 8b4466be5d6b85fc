/** Which call a part of one in a stream of OpenAI's chunks belongs to. */
import type { Place } from './place.js';

/** A hostile host could call ever more tools. */
const MAX_CALLS = 4096;

export class CallParts {
  /** How many calls have begun. */
  count = 0;
  /** The index that the host gave to the last call, and its id. */
  #last: { readonly index: number; readonly id: string } = { index: -1, id: '' };

  /**
   * Whether a part is the first of a call. Throws for one that goes on after the next has begun, which would be two at once.
   *
   * @param at where in its chunk it stands, for hosts that give no index
   * @param isOpen whether the last call may go on
   */
  begins(part: Place, at: number, isOpen: boolean): boolean {
    part.member('type').mayBe('function');
    const index = part.member('index').optionalNumber() ?? at;
    const id = part.member('id').optionalText() ?? '';
    const { index: last, id: lastId } = this.#last;
    // Some hosts give one index to all calls, and some an id with every part, even a new one: a call begins with an id and a name.
    const isNamed = id !== '' && part.member('function').member('name').isSet;
    const isSame = index === last && (!isNamed || id === lastId);
    if (isSame && isOpen) return false;
    const isNext = index === last + 1 || (index === last && !isSame);
    if (!isNext || this.count === MAX_CALLS) throw part.member('index').untranslatable();
    this.count++;
    this.#last = { index, id: part.member('id').text() };
    return true;
  }
}
