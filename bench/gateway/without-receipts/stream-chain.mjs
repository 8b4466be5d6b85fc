/** No hash chain. */
export class StreamChain {
  link = new Uint8Array(32);

  add() {}
}
