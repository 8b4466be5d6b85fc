/** Every single write of a log's and a witness's life, failing in every way. */
import { describe } from 'vitest';
import { every, itBreaksNoPromise } from '../support/fault-table.js';

describe('a disk that fails at any one call', () => itBreaksNoPromise(every));
