/** A process that begins jobs on an engine, and is killed in the midst of them. */
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { never, openDocker } from './place.ts';

const [, , folder = '', input = '{}', ids = '', delivery = 'bound'] = process.argv;
const { executor } = await openDocker({ folder, delivery: delivery === 'copied' ? 'copied' : 'bound' });
const service = declared(JSON.parse(input));
await executor.deploy(service);
if (service.definition.synchronous.min_scale > 0) console.log('deployed');
for (const id of ids.split(',')) {
  const task = taskOf(service, 'some input!', { id, kind: 'job' });
  void executor.run(task, (line) => console.log(line), never).then(() => console.log('over'));
}
