import type { Engine } from '../../engine/engine.ts';
import { type Agent, type Channel, createAgent } from '../agent.ts';
import type { ScriptEnd, Work, Worker } from '../crew.ts';
import { endingOf } from './ending.ts';
import type { Errands } from './errands.ts';
import { killUntil } from './kill.ts';
import type { Opened } from './shelf.ts';

export interface WorkerParts extends Opened {
  engine: Engine;
  errands: Errands;
  onFailure(error: unknown): void;
}

/** A warm worker: a container whose first process is the agent. */
export function startWorker(parts: WorkerParts): Worker {
  const { engine, cell, streams, errands, onFailure } = parts;
  let outOfMemory = false;
  const over = new AbortController();
  const how = async (): Promise<string> => {
    try {
      const ending = await endingOf(engine, cell.id);
      outOfMemory = ending?.outOfMemory ?? false;
      if (!ending) return 'it was removed';
      return ending.exitCode === 137 ? 'SIGKILL' : `exit code ${ending.exitCode}`;
    } catch (error) {
      onFailure(error);
      return 'the container engine does not answer';
    }
  };
  const channel: Channel = {
    input: streams.input,
    output: streams.output,
    control: streams.errors,
    kill: () => void killUntil(engine, cell.id, over.signal).catch(onFailure),
    ended: closed(streams.output).then(how),
  };
  const agent = createAgent(channel);
  void agent.ended.then(() => over.abort());
  const run = runOn(agent, parts, () => outOfMemory);
  return {
    alive: agent.alive,
    ended: agent.ended,
    run,
    leftBehind: () => false,
    stop: () => errands.persist(cell.remove),
  };
}

const closed = (output: Opened['streams']['output']): Promise<void> =>
  new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) output.once(event, () => resolve());
  });

function runOn(agent: Agent, { engine, cell }: WorkerParts, diedOfMemory: () => boolean): Worker['run'] {
  let kills = 0;
  const { berth, mounted } = cell;
  const call = async (work: Work, signal: AbortSignal): Promise<ScriptEnd> => {
    const ran = await agent.run({ ...work, signal });
    // What a call leaves running ends with its worker, before anybody looks at the files.
    if (ran.left) {
      await engine.kill(cell.id);
      await agent.ended;
    }
    const oom = (ran.oomKills ?? 0) > kills;
    kills = ran.oomKills ?? kills;
    return { exitCode: oom ? ran.exitCode || 137 : ran.exitCode, oom };
  };
  return async (work, signal) => {
    await mounted?.refresh();
    await berth.bring(cell.id, work);
    try {
      const end = await call(work, signal);
      await berth.fetch(cell.id, work, work.onSkip);
      await mounted?.flush();
      return end;
    } catch (error) {
      berth.drop(work);
      if (diedOfMemory()) return { exitCode: 137, oom: true };
      throw error;
    }
  };
}
