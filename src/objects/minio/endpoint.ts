import type { ObjectStore, ObjectsChoice, OutsideParts } from '../store.ts';
import { createListeningFeed } from './listening.ts';
import { createOutside } from './outside.ts';
import { createScanner } from './scan.ts';

// Amazon's clock of an object that comes in parts is that of its first part.
const lateMs = 24 * 3_600_000;

/** A store of objects that somebody else runs: any MinIO, or what speaks S3. */
export function createEndpoint(parts: OutsideParts, choice: ObjectsChoice & { kind: 'endpoint' }): ObjectStore {
  const { url, accessKey, secretKey } = choice;
  return createOutside(parts, {
    keys: { accessKey, secretKey },
    arrive: async (_, hearing) => {
      const scanner = createScanner({ ...parts, ...hearing, principal: accessKey, lateMs });
      const feed = createListeningFeed({ ...parts, ...hearing, scanner, lateMs });
      return { url: url.replace(/\/+$/, ''), feed };
    },
    leave: async () => undefined,
  });
}
