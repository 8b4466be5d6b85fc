/** The `traceparent` header: which trace a request is a part of. Source: W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/). */

export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly trace: string;
  /** Of the gateway's own span: 16 hexadecimal digits, not all zero. */
  readonly span: string;
  /** The caller's span; null where the trace begins here. */
  readonly parent: string | null;
  /** Whether the caller records what it does, so that this should too. */
  readonly isSampled: boolean;
}

/** What a `traceparent` says. */
export interface TraceParent {
  readonly trace: string;
  readonly span: string;
  readonly isSampled: boolean;
}

const VERSION_0 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
/** Of a later version only the first four fields are known, and the fourth ends the header or is followed by a hyphen (§4.3). */
const LATER = /^(?!ff|00)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const LONGEST = 512;

/** Null for a header that is none, which is then as if it were not there (§3.2). */
export function parseTraceparent(header: string): TraceParent | null {
  if (header.length > LONGEST) return null;
  const [, trace, span, flags] = VERSION_0.exec(header) ?? LATER.exec(header) ?? [];
  if (trace === undefined || span === undefined || flags === undefined) return null;
  if (/^0+$/.test(trace) || /^0+$/.test(span)) return null;
  return { trace, span, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The header for whoever is asked next. */
export function formatTraceparent({ trace, span, isSampled }: TraceParent): string {
  return `00-${trace}-${span}-${isSampled ? '01' : '00'}`;
}
