import { bucketsContract } from '../../contracts/buckets.ts';
import { createWorld } from './world.ts';

bucketsContract('embedded', async () => {
  const world = await createWorld();
  return { buckets: world.embedded, close: world.close };
});
