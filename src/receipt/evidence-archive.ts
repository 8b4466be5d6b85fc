/** What the gateway needs of the archive, where evidence is kept by the digest of its bytes. Evidence is no content: whoever knows a digest may have it. */
export interface EvidenceArchive {
  /** Keeps evidence under the SHA-256 of its bytes, hexadecimal. Throws `archive/unavailable`. */
  put(digest: string, bytes: Uint8Array): void;
  /** Throws `archive/unknown`, `archive/corrupt` or `archive/unavailable`. */
  get(digest: string): Uint8Array;
}
