import { expect, it } from 'vitest';
import { bucketsContract } from '../../contracts/buckets.ts';
import { createWorld } from './world.ts';

bucketsContract('embedded', async () => {
  const world = await createWorld();
  return { buckets: world.embedded, close: world.close };
});

// MinIO leaves out what lies below.
it('lists an object that is called like a folder, and what lies in that folder', async () => {
  const { embedded, close } = await createWorld();
  try {
    await embedded.create('both', {});
    for (const key of ['in', 'in/a']) await embedded.put('both', key, { bytes: Buffer.from(key) }, {});
    const { objects } = await embedded.objects('both', { limit: 10 });
    expect(objects.map(({ key }) => key)).toEqual(['in', 'in/a']);
  } finally {
    await close();
  }
});
