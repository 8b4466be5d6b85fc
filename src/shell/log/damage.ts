/** What an examination of a log at rest finds, in words for whoever has to repair it. */

export interface Damage {
  /** Relative to the log's folder. */
  readonly file: string;
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
}

export const ADVICE = {
  checkpoint:
    'Bring it back from a mirror: countersign log restore --from <url> --mirror <its key>. Or put the newest copy back that you have; without it, nothing says how much this log has promised.',
  restore:
    'Bring it back from a mirror: countersign log restore --from <url> --mirror <its key>. Or put back a copy from a backup.',
  remake: 'Remove the file: the log makes it again from the entries when it starts.',
  itself: 'Nothing: the log makes it again when it starts.',
  undecided:
    'Bring both back from a mirror or a backup; what is left of them cannot tell which of the two is right.',
  beyond:
    'No kept checkpoint covers this, so it may be what a crash has left, which the log cuts off when it starts. If the log has not crashed, bring the file back from a mirror or a backup first.',
} as const;
