/** OTLP's data model as JSON. Source: https://opentelemetry.io/docs/specs/otlp/ and opentelemetry-proto 1.x. */

export type AttributeValue = string | number | boolean | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue | null | undefined>>;

/** Those that have a value. */
export function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  // 64-bit integers are text in JSON.
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map(anyValue) } };
}

/** Milliseconds since 1970 as nanoseconds, which no JavaScript number can hold. */
export function nanoseconds(milliseconds: number): string {
  return `${Math.floor(milliseconds)}000000`;
}
