/** How few parties it takes, in words that a person understands. */
import {
  ATTACKS,
  type Attack,
  type Concentration,
  type Count,
  type Fewest,
} from '../../appraise/concentration/concentration.js';
import type { Dimension } from '../../appraise/concentration/holders.js';
import { hang } from './print.js';

/** More names than a line can hold say less than their number. */
const MAX_NAMES = 4;

const NAMES: Readonly<Record<Attack, string>> = {
  fabricate: 'fabricate',
  split: 'split',
  block: 'block',
  blockByWitnesses: 'block by witnesses',
};

/** The three headlines about controllers on one line, such as `fabricate 1 (A), split 2 (A, B), block 1 (A)`. */
export function briefly(concentration: Concentration): string {
  return (['fabricate', 'split', 'block'] as const)
    .map(attack => `${NAMES[attack]} ${phrase(concentration.controller[attack])}`)
    .join(', ');
}

/** `1 controller can fabricate, 2 can split, 1 can block.` */
export function headline({ controller }: Concentration): string {
  const parts = (['fabricate', 'split', 'block'] as const).map((attack, index) => {
    const { worst } = controller[attack];
    const number = worst === null ? 'nobody' : String(worst.atLeast);
    const noun = index > 0 || worst === null ? '' : worst.atLeast === 1 ? ' controller' : ' controllers';
    return `${number}${noun} can ${attack}`;
  });
  return `${parts.join(', ')}.`;
}

/** A line for each attack along a dimension. */
export function attackLines(concentration: Concentration, dimension: Dimension): string[] {
  return ATTACKS.map(attack => {
    const count = concentration[dimension][attack];
    const number = `${numberOf(count.worst)}${upTo(count)}`.padEnd(8);
    const names = count.worst === null ? '' : who(count.worst);
    return `  ${NAMES[attack].padEnd(18)}  ${number}  ${hang(names, 32)}`.trimEnd();
  });
}

/** `2 (A, B)`, with the better end of the range where there is one. */
function phrase(count: Count): string {
  const names = count.worst === null ? '' : ` (${who(count.worst)})`;
  return `${numberOf(count.worst)}${upTo(count)}${names}`;
}

function numberOf(fewest: Fewest | null): string {
  if (fewest === null) return 'nobody';
  return fewest.atLeast === fewest.atMost ? `${fewest.atMost}` : `${fewest.atLeast} or more`;
}

function upTo({ worst, best }: Count): string {
  if (worst === null || best?.atMost === worst.atMost) return '';
  return best === null ? ', or nobody' : ` to ${best.atMost}`;
}

function who({ names, withUnattributed }: Fewest): string {
  const unattributed = withUnattributed ? ['unattributed keys'] : [];
  const shown = names.slice(0, MAX_NAMES);
  const more = names.length > MAX_NAMES ? [`${names.length - MAX_NAMES} more`] : [];
  return [...shown, ...more, ...unattributed].join(', ');
}
