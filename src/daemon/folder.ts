import type { Declare } from '../declare/declare.ts';
import { formatDiagnostic } from '../declare/positions.ts';
import { createWatch, type Watch, type WatchEvent } from '../declare/watch.ts';
import type { Log } from '../log.ts';
import type { Service } from '../model/service.ts';
import type { Store } from '../store/store.ts';
import type { Tell } from './bus.ts';

export interface FolderParts {
  folder: string;
  store: Store;
  declare: Declare;
  tell: Tell;
  now(): number;
  log: Log;
}

/** Serves a folder of FDL files through the one door: what is saved is declared, what is deleted is withdrawn. */
export function serveFolder({ folder, store, declare, tell, now, log }: FolderParts): Watch {
  const { services, settings } = store;

  return createWatch({
    folder,
    now,
    // Unlike the time of day, nobody sets it back.
    elapsed: () => performance.now(),
    log,
    declareFile: async (path, declared) => {
      for (const { input } of declared) await declare.apply(input, { kind: 'file', path });
    },
    servicesOf: (path) => {
      const isFrom = ({ source }: Service) => source.kind === 'file' && source.path === path;
      return services
        .list()
        .filter(isFrom)
        .map(({ name }) => name);
    },
    withdraw: async (path, names) => {
      for (const name of names) await declare.remove(name, { buckets: false, from: path });
    },
    seen: {
      get: settings.seen,
      set: settings.see,
      forget: settings.forget,
      paths: settings.seenPaths,
    },
    onEvent: (event) => tellOf(event, tell),
  });
}

function tellOf(event: WatchEvent, tell: Tell): void {
  if (event.kind === 'refused') {
    for (const problem of event.problems) {
      const { file, line, column } = problem;
      tell({ kind: 'file-refused', text: formatDiagnostic(problem), details: { file, line, column } });
    }
  }
  if (event.kind === 'declared') {
    for (const warning of event.warnings) {
      const { file, line, column } = warning;
      tell({ kind: 'file-warning', text: formatDiagnostic(warning), details: { file, line, column } });
    }
  }
  if (event.kind === 'waiting') tell({ kind: 'file-warning', text: event.text, details: { file: event.path } });
}
