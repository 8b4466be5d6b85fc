/** Where a request has its key: as a bearer's, or alone. */
export type KeyHeader = 'authorization' | 'x-api-key' | 'api-key' | 'x-goog-api-key';
