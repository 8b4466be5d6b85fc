import fc from 'fast-check';

/** Every character that UTF-8 can hold, small ones more often. What fast-check calls `binary` is the same but takes a second to set up. */
export const characters: fc.Arbitrary<string> = fc
  .oneof(fc.nat(0x7f), fc.nat(0xffff), fc.nat(0x10ffff))
  .filter(code => code < 0xd800 || code > 0xdfff)
  .map(code => String.fromCodePoint(code));
