import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import type { Service } from '../../model/service.ts';
import type { Ground } from './ground.ts';

export interface NewsParts {
  ground: Ground;
  deployed(): Iterable<Service>;
  /** The image that a service serves. */
  serving(name: string): string | undefined;
  /** The image of the service with this name is another one now. */
  onImage(name: string): Promise<void>;
  /** The engine was away, or may have been. */
  mend(): Promise<void>;
  onChange(): void;
  log: Log;
}

/** Hears what happens on the engine until it is told to stop: a name that means another image now is served anew. */
export function listen({ ground, deployed, serving, onImage, mend, onChange, log }: NewsParts): () => void {
  const { engine, images, errands, marks } = ground;
  const control = new AbortController();
  let looking: Promise<unknown> | undefined;
  let again = false;

  const lookAt = async ({ name, definition }: Service): Promise<void> => {
    try {
      const before = serving(name);
      // One that is not here any more is fetched when it is needed.
      const now = await engine.image(definition.image);
      if (!now || !before || now.id === before) return;
      await onImage(name);
      onChange();
    } catch (error) {
      log.warn('an image could not be looked at', { service: name, error: String(error) });
    }
  };
  // One that takes long keeps no other from its image.
  const look = () => Promise.all([...deployed()].map(lookAt));
  const lookAnew = (): void => {
    images.doubt();
    again = looking !== undefined;
    looking ??= look().finally(() => {
      looking = undefined;
      if (again) lookAnew();
    });
  };

  const on: Parameters<Engine['events']>[1] = {
    event: ({ kind }) => {
      if (kind === 'image') lookAnew();
    },
    gap: () => {
      errands.again();
      errands.add(mend());
      lookAnew();
      onChange();
    },
  };
  engine.events(marks.all, on, control.signal);
  return () => control.abort();
}
