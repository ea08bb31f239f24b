import type { Engine } from '../../engine/engine.ts';
import type { Marks } from './labels.ts';

/** The sandbox's own network, so that what it runs meets nothing else on the engine. */
export interface Network {
  /** Its name; made when it is not there. */
  name(): Promise<string>;
  /** It may be gone. */
  forget(): void;
  remove(): Promise<void>;
}

/** The network of one sandbox. */
export function createNetwork(engine: Engine, marks: Marks): Network {
  const name = marks.name();
  let made: Promise<string> | undefined;
  return {
    name: () => {
      made ??= engine.network(name, marks.of('network')).then(
        () => name,
        (error: unknown) => {
          made = undefined;
          throw error;
        },
      );
      return made;
    },
    forget: () => {
      made = undefined;
    },
    remove: async () => {
      made = undefined;
      for (const { id } of await engine.networks(marks.of('network'))) await engine.removeNetwork(id);
    },
  };
}
