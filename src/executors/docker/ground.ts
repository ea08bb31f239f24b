import { join } from 'node:path';
import type { Service } from '../../model/service.ts';
import type { Access } from '../workspace/bay.ts';
import { createWorkspace } from '../workspace/workspace.ts';
import { TASKS } from './berth.ts';
import { createContainers } from './containers.ts';
import { findDelivery } from './delivery.ts';
import { createErrands } from './errands.ts';
import { createExposed } from './exposed/exposed.ts';
import { accessOf } from './identity.ts';
import { createImages } from './images.ts';
import { createMarks } from './labels.ts';
import { limitsFor } from './needs.ts';
import { createNetwork } from './network.ts';
import type { DockerOptions } from './options.ts';
import { createRecords } from './records.ts';
import { hardening } from './spec.ts';
import { createStores } from './stores.ts';

/** All that tasks stand on: images, containers, networks, folders. */
export type Ground = ReturnType<typeof createGround>;

/** The parts, in the order in which they need each other. */
export function createGround(options: DockerOptions) {
  const { engine, folder, log } = options;
  const ourUid = process.getuid?.() ?? 0;
  const marks = createMarks(options.id);
  const errands = createErrands(log);
  const images = createImages({ engine, marks, pull: options.pull });
  const network = createNetwork(engine, marks);
  const stores = createStores({ ...options, marks });
  const delivery = findDelivery({ engine, marks, folder, forced: options.delivery });
  const places = join(folder, 'places');
  const containers = createContainers({
    ...options,
    marks,
    images,
    network,
    stores,
    errands,
    delivery: delivery.find,
    places,
    ourUid,
  });
  const exposed = createExposed({
    ...options,
    marks,
    network: network.name,
    folder: join(folder, 'exposed'),
    mountable: async (image) => (await delivery.find(image)) === 'bound',
    hold: stores.hold,
    hardening,
    size: limitsFor,
  });
  const access = ({ definition }: Service): Access =>
    delivery.found() === 'copied' ? 'anyone' : accessOf(images.known(definition.image)?.user, ourUid);
  const workspace = createWorkspace({
    ...options,
    access,
    inside: (path) => path.replace(join(folder, 'tasks'), TASKS),
    links: 'inside',
  });
  const records = createRecords(join(folder, 'running'));
  const lower = { closing: new AbortController(), engine, marks, errands, images, network, stores, delivery };
  return { ...lower, ...containers, places, exposed, workspace, records };
}
