/** Where each file of `src/` lives, and which rooms it may import. */

/** From the top down: imports point only up this list, or stay in the room. */
export const ROOMS = [
  'reason',
  'bytes',
  'note',
  'tree',
  'exchange',
  'receipt',
  'evidence',
  'appraise',
  'court',
  'economy',
  'client',
  'shell',
] as const;

/** A path below `src/`, with slashes. */
export type SourcePath = string;

/** The room's place in {@link ROOMS}, or -1 for a file that belongs to none. */
export function room(path: SourcePath): number {
  const first = path.split('/')[0]?.replace(/\.ts$/, '');
  const name = first?.startsWith('reason-') ? 'reason' : first;
  return (ROOMS as readonly (string | undefined)[]).indexOf(name);
}

export function isShell(path: SourcePath): boolean {
  return path.startsWith('shell/');
}

/** What all shells may use: durable files, tiles of a tree on disk, HTTP, and two files of their own. */
const SHARED: readonly string[] = ['files', 'http', 'tiles', 'node.ts', 'random.ts'];

/** The shell that a file below `shell/` is part of; null for what all shells share. */
export function shellOf(path: SourcePath): string | null {
  const [, name, ...rest] = path.split('/');
  if (name === undefined || SHARED.includes(name)) return null;
  return rest.length === 0 ? name.replace(/\.ts$/, '') : name;
}
